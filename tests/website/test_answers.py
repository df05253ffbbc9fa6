"""The best setting of a spread: a median over its repeats, whoever judges them."""

import re
from pathlib import Path
from typing import Any

from fieldnotes.runs import Scrap
from fieldnotes.website.answers import answer, declared, finding, said, sentence, told
from fieldnotes.website.cases import Case, Comparison
from fieldnotes.website.overview import home
from fieldnotes.website.published import answer_data, published_answer
from fieldnotes.website.spreadpage import spread_page
from website.run_folders import case, scrap

SEEDS = [{"values": {"seed": seed}} for seed in range(3)]


def test_seeds_repeat_a_setting_also_in_the_stage_that_judges_the_models():
    trained = [
        case([], varied={"layer": layer, "seed": [0, 1, 2]}, members=SEEDS)
        for layer in ("good", "lucky")
    ]
    # The lucky setting holds the smallest error of all, the good one the best median.
    errors = {"good": [1.0, 2.0, 3.0], "lucky": [0.5, 8.0, 9.0]}
    judged = [
        scrap("error", value, "%", member={"layer": layer, "seed": seed})
        for layer, values in errors.items()
        for seed, value in enumerate(values)
    ]
    stages = {"train": trained, "judge": [case(judged)]}
    chosen = {"value": "error", "order": "min"}
    found = answer(Comparison("toy/layers", "Layers", answer=chosen, stages=stages))
    assert found is not None
    assert found.best.values == {"layer": "good"}
    assert (found.best.middle, found.best.numbers) == (2.0, [1.0, 2.0, 3.0])
    assert found.settings == 2 and found.over == ["seed"]


def test_a_spread_says_what_repeats_where_more_than_seeds_run_together():
    members = [{"values": {"std": std, "seed": s}} for std in (0, 1) for s in (0, 1)]
    run = case([], varied={"std": [0, 0, 1, 1], "seed": [0, 1, 0, 1]}, members=members)
    judged = [
        scrap("error", 1.0 + std, "%", member={"std": std, "seed": seed})
        for std in (0, 1)
        for seed in (0, 1)
    ]
    stages = {"train": [run], "judge": [case(judged)]}
    chosen = {"value": "error", "order": "min", "over": ["seed"]}
    found = answer(Comparison("toy/fields", "Fields", answer=chosen, stages=stages))
    assert found is not None
    assert found.best.values == {"std": 0}
    assert [setting.middle for setting in found.ranked] == [1.0, 2.0]
    together = answer(
        Comparison(
            "toy/fields", "Fields", answer=dict(list(chosen.items())[:2]), stages=stages
        )
    )
    assert together is not None
    assert (together.best.middle, together.settings) == (1.5, 1)


def test_a_recorded_text_answers_where_the_spread_says_so():
    judged = [scrap("error", 2.0, "%"), scrap("verdict", "3 of 3 *targets*", "-")]
    stages = {"judge": [case([scrap("verdict", 1.0, "1")]), case(judged)]}
    item = Comparison("toy/end", "End", answer={"text": "verdict"}, stages=stages)
    assert sentence("index.qmd", item).endswith(" 3 of 3 \\*targets\\* *(toy/end)*")
    item.stages["judge"][1] = Case(stages["judge"][1].run, {}, stale=True)
    # No number answers in the place of a text: it would be one that nobody chose.
    assert "No answer by today's code yet." in sentence("index.qmd", item)
    item.answer = {"value": "error", "order": "min"}
    assert "Error: **2 %**" in sentence("index.qmd", item)
    assert "3 of 3" not in sentence("index.qmd", item)


def test_every_stage_that_recorded_a_text_answers_with_its_last():
    stages = {
        name: [case([scrap("verdict", text, "-")], title=name) for text in texts]
        for name, texts in {"one": ["a.", "b."], "two": ["c."], "three": [""]}.items()
    }
    item = Comparison("toy/end", "End", answer={"text": "verdict"}, stages=stages)
    assert said(item) == [("one", "b."), ("two", "c.")]
    assert finding(item) == "c\\. 1 more answer on its page."
    del stages["two"]
    assert said(item) == [("one", "b.")]
    assert finding(item) == "b\\."


def judged(values: dict[str, list[float]], **more: Any) -> dict[str, list[Case]]:
    """One stage: a run for each layer and each of its values, as seeds."""
    runs = [
        case(
            [scrap("error", value, "%", meaning="error on unseen orbits")],
            varied={"layer": layer, "seed": seed},
            **more,
        )
        for layer, column in values.items()
        for seed, value in enumerate(column)
    ]
    for place, each in enumerate(runs):
        each.run.folder = Path(f"toy/{place}")
    return {"judge": runs}


ERROR = {"value": "error", "order": "min"}
THREE = {"good": [1.0, 3.0, 2.0], "fair": [5.0, 4.0, 6.0], "bad": [60.0, 70.0, 80.0]}


def test_an_answer_is_a_sentence_with_unit_replicates_and_what_it_is_compared_with():
    item = Comparison("toy/l", "Layers", answer=ERROR, stages=judged(THREE))
    assert finding(item) == (
        "Of 3 settings, layer = good comes lowest, with **2 %** (error on unseen "
        "orbits; median of 3 over seed, 1 to 3). The next best has 5 % with layer = "
        "fair, the worst of 3 settings 70 %."
    )
    item.answer = {"value": "error", "order": "max"}
    assert "comes highest, with **70 %** (error on unseen orbits;" in finding(item)


def test_names_in_an_answer_are_explained_and_its_verdict_follows():
    item = Comparison("toy/l", "Layers", stages=judged(THREE))
    item.answer = ERROR | {"words": {"good": "a layer | that knows"}, "text": "verdict"}
    said = [scrap("verdict", "The *target* is missed.", "-")]
    item.stages["judge"].append(case(said, varied={"layer": "good", "seed": 3}))
    item.cases[0].run.manifest.meanings["layer"] = "what is known before"
    found = finding(item)
    assert "layer = good (a layer &#124; that knows) comes lowest" in found
    assert found.endswith("(layer: what is known before.) The \\*target\\* is missed.")
    whole = answer(item)
    assert whole is not None and told(whole) == found
    read = published_answer(answer_data(whole))
    assert read is not None and told(read) == found


def test_only_what_is_declared_or_judged_is_an_answer():
    """A spread without an answer of its own got the least of its first scrap."""
    item = Comparison("toy/l", "Layers", stages=judged(THREE))
    assert answer(item) is None and finding(item) == "" and not declared(item)
    home_page = home([item], [each.run for each in item.cases])
    assert "error" not in home_page and "Layers" not in home_page
    told = case([scrap("verdict", "As predicted.", "-")], varied={"seed": 0})
    item.stages["judge"].append(told)
    assert finding(item) == "As predicted." and declared(item)


def test_seeds_that_do_not_run_together_are_replicates_all_the_same():
    found = answer(Comparison("toy/l", "Layers", answer=ERROR, stages=judged(THREE)))
    assert found is not None
    assert found.settings == 3 and found.best.values == {"layer": "good"}
    values = enumerate([3.0, 1.0, 2.0])
    other = [case([scrap("error", v)], varied={"data_seed": n}) for n, v in values]
    found = answer(Comparison("toy/d", "Draws", answer=ERROR, stages={"judge": other}))
    assert found is not None and found.settings == 1 and len(found.best.numbers) == 3


def test_a_setting_that_did_not_hold_is_never_the_best():
    """A recording whose verdict was `failed` stood on the home page as the smallest."""

    def run(layer: str, value: float, held: bool) -> Case:
        scraps = [scrap("error", value, "%"), scrap("held", held, "-")]
        return case(scraps, varied={"layer": layer, "seed": 0})

    one = [run("low", 1.0, False), run("high", 2.0, True)]
    found = answer(Comparison("toy/h", "Held", answer=ERROR, stages={"judge": one}))
    assert found is not None and found.best.values == {"layer": "high"}
    none = [run("low", 1.0, False), run("high", 2.0, False)]
    item = Comparison("toy/h", "Held", answer=ERROR, stages={"judge": none})
    assert finding(item).startswith("**No setting held**: ")


def test_a_comparison_is_complete_when_each_of_its_settings_has_a_value():
    values = THREE | {"lost": [float("nan"), float("nan")]}
    item = Comparison("toy/l", "Layers", answer=ERROR, stages=judged(values))
    assert finding(item).endswith(" 1 of 4 settings has no value.")
    assert "**Answer so far:**" in spread_page(item, {})
    # A seed that was lost leaves its setting with a value, from the others.
    values = THREE | {"fair": [5.0, float("nan")]}
    item = Comparison("toy/l", "Layers", answer=ERROR, stages=judged(values))
    assert "**Answer:**" in spread_page(item, {})


def test_the_page_of_a_spread_opens_with_its_answer_and_the_figure_that_shows_it():
    item = Comparison(
        "toy/layers", "Layers", "Which?", answer=ERROR, stages=judged(THREE)
    )
    parts = spread_page(item, {}).split("---", 2)[2].strip().split("\n\n")
    assert parts[0] == "Which?"
    assert parts[1].startswith("**Answer:** Of 3 settings, layer = good comes")
    assert "<strong>Figure 1.</strong> Error on unseen orbits of 9 cases" in parts[2]
    assert "9 runs: 9 done." in parts[3]
    item.missing = 3
    assert "**Answer so far:** Of 3 settings" in spread_page(item, {})
    nothing = Comparison("toy/none", "None", stages={"judge": [case([])]})
    assert "Answer" not in spread_page(nothing, {})


def test_the_table_begins_with_the_answer_and_with_the_best_case():
    item = Comparison("toy/l", "Layers", answer=ERROR, stages=judged(THREE))
    page = spread_page(item, {})
    heads = re.findall(r'<th scope="col"(?: title="(\w+)")?>([^<]*)</th>', page)
    assert heads[:4] == [
        ("", "run"),
        ("error", "error on unseen orbits [%]"),
        ("", "outcome"),
        ("layer", "layer"),
    ]
    values = re.findall(r'data-value="([^"]+)" title="[^"]+">[^<]+</td><td><span', page)
    assert [float(value) for value in values] == sorted(sum(THREE.values(), []))


def test_a_replicate_is_no_axis_of_a_panel_and_a_constant_has_no_figure():
    stages = judged(THREE)
    for each in stages["judge"]:
        each.run.scraps.append(Scrap("neurons", 64, "1"))
    item = Comparison("toy/l", "Layers", answer=ERROR, stages=stages)
    page = spread_page(item, {})
    assert page.count('<div class="fn-figure"') == 1
    assert '"text":"layer"' in page and '"text":"seed"' not in page
    assert "the dots of a setting differ in seed" in page
