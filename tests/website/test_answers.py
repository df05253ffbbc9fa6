"""The best setting of a spread: a median over its repeats, whoever judges them."""

from fieldnotes.website.answers import answer, said, sentence
from fieldnotes.website.cases import Case, Comparison
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
    assert found.values == {"layer": "good"}
    assert (found.value, found.members, found.cases) == (2.0, 3, 2)


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
    assert found.values == {"std": 0}
    assert (found.value, found.worst, found.cases) == (1.0, 2.0, 2)
    together = answer(
        Comparison(
            "toy/fields", "Fields", answer=dict(list(chosen.items())[:2]), stages=stages
        )
    )
    assert together is not None
    assert (together.value, together.cases) == (1.5, 1)


def test_a_recorded_text_answers_where_the_spread_says_so():
    judged = [scrap("error", 2.0, "%"), scrap("verdict", "3 of 3 *targets*", "-")]
    stages = {"judge": [case([scrap("verdict", 1.0, "1")]), case(judged)]}
    item = Comparison("toy/end", "End", answer={"text": "verdict"}, stages=stages)
    assert sentence("index.qmd", item).endswith(": 3 of 3 \\*targets\\*")
    item.stages["judge"][1] = Case(stages["judge"][1].run, {}, stale=True)
    # No number answers in the place of a text: it would be one that nobody chose.
    assert sentence("index.qmd", item).endswith(": no answer by today's code yet.")
    item.answer = {"value": "error", "order": "min"}
    assert "smallest error **2 %**" in sentence("index.qmd", item)
    plain = Comparison("toy/end", "End", stages=stages)
    assert "3 of 3" not in sentence("index.qmd", plain)


def test_every_stage_that_recorded_a_text_answers_with_its_last():
    stages = {
        name: [case([scrap("verdict", text, "-")], title=name) for text in texts]
        for name, texts in {"one": ["a.", "b."], "two": ["c."], "three": [""]}.items()
    }
    item = Comparison("toy/end", "End", answer={"text": "verdict"}, stages=stages)
    assert said(item) == "one: b. two: c."
    del stages["two"]
    assert said(item) == "b."


def test_the_page_of_a_spread_opens_with_its_answer():
    layers = [case([scrap("error", x, "%")], varied={"layer": x}) for x in (2.0, 1.0)]
    item = Comparison(
        "toy/layers", "Layers", question="Which?", stages={"judge": layers}
    )
    lines = spread_page(item, set()).split("---", 2)[2].strip().split("\n\n")
    assert lines[0] == "Which?"
    assert lines[1].startswith("**Answer:** smallest error **1 %** with layer = 1;")
    assert lines[2].startswith("2 runs: 2 done.")
    item.missing = 3
    assert "**Answer so far:** smallest error" in spread_page(item, set())
    nothing = Comparison("toy/none", "None", stages={"judge": [case([])]})
    assert "Answer" not in spread_page(nothing, set())
