"""Surveys and the claims that are tested on them, on tables whose answers are known."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

from claims_of import claims_in
from lent import Lent
from studies.evidence import Group, Verdict, where
from studies.orbit import december, published, surveys, targets, tasks
from studies.orbit.models import build
from studies.orbit.outputs import OUTPUT_LAYERS


def table(errors, **columns) -> pd.DataFrame:
    """A survey with these errors on 100 orbits; other columns are alike for all."""
    count = len(errors)
    plain = {name: [value] * count for name, value in published.SETTING.items()}
    plain |= {
        "group": "one",
        "seed": [k % 5 for k in range(count)],
        "data_seed": [k // 5 + 1 for k in range(count)],
        "state": "trained",
        "prior": "neutral",
        "training_error": 1.0,
        "angle_100": 1.0,
    }
    lists = {n: [x] * count if isinstance(x, list) else x for n, x in columns.items()}
    rows = pd.DataFrame({"mean_100": np.asarray(errors, float)}).assign(**plain | lists)
    rows["model"] = [f"model {k}" for k in range(count)]
    return rows.assign(mean_1=rows["mean_100"], mean_10=rows["mean_100"])


def test_stuck_is_as_bad_as_a_field_of_zero_or_far_from_its_group():
    own = table([1.0] * 6)
    own["training_error"] = [5.0, 4.0, 6.0, 5.0, 19.0, 120.0]
    assert surveys.states(own) == [*["trained"] * 4, "stuck", "stuck"]
    own["training_error"] = [110.0, 99.0, 120.0, 120.0, 110.0, 120.0]  # like its group
    assert surveys.states(own) == ["stuck", "trained", *["stuck"] * 4]
    own["training_error"] = [1.0, 1.0, 1.0, 1.0, 9.0, 1.0]  # nine times, but below 10 %
    own.loc[0, "mean_100"] = np.inf
    assert surveys.states(own) == ["diverged", *["trained"] * 5]


def test_no_model_is_averaged_away():
    own = table([1.0, 2.0, 3.0, 400.0, np.inf])
    own["state"] = ["trained", "trained", "trained", "stuck", "diverged"]
    span = Group(own).summary("mean_100")
    assert (span.median, span.lowest, span.highest, span.n) == (3.0, 1.0, np.inf, 5)
    two = pd.concat([own.assign(group="worse"), table([2.0], group="better")])
    assert list(surveys.ranked(two, "group")) == ["better", "worse"]
    assert "| worse | 3 (1 to ∞) | 5 |" in surveys.ranking(two, "group")
    by = surveys.ranked(two.assign(orbits=[1, 1, 1, 1, 1, 10]), "orbits", "group")
    assert list(by) == ["10, better", "1, worse"]
    said = surveys.not_well(own)
    assert "one: seed 3 data seed 1 stuck (1 %); seed 4 data seed 1 diverged" in said
    assert "seed 1 data seed" not in said  # trained, and in the average
    assert "<details>" not in said


def test_a_long_list_of_what_did_not_end_well_is_folded_and_whole():
    own = table([400.0] * (surveys.LISTED + 1)).assign(state="stuck")
    said = surveys.not_well(own)
    assert said.startswith(f"{len(own)} of {len(own)} models did not end well.")
    opening = said.index("<details><summary>")
    assert opening < said.index("\n\n- one: seed 0 data seed 1 stuck")
    assert said.count("stuck (1 %)") == len(own)
    assert said.endswith("\n\n</details>")


def test_models_are_chosen_by_parameters_written_as_lists_or_not():
    models = table([1.0, 2.0], steps=[1000])
    assert len(where(models, steps=1000)) == 2
    assert len(where(models, steps=[1000], orbits=(1, 10))) == 2
    assert not where(models, steps=[1000, 500])
    assert not where(models, nowhere=3)
    whole = {"windows": [[0.0, 1.0]]}
    assert len(where(table([1.0], **whole), **whole)) == 1
    growing = published.where("2 Dec, 100, HiFi abs")
    assert len(where(table([1.0, 2.0], **growing), **growing)) == 2


def test_the_middle_model_is_one_of_the_group_that_did_not_diverge():
    models = table([5.0, 1.0, 9.0])
    assert surveys.middles({"": Group(models)})[""]["model"] == "model 0"
    lost = models.assign(state=["diverged", "trained", "trained"])
    assert surveys.middles({"": Group(lost)})[""]["model"] == "model 1"
    assert surveys.middle(Group(models.assign(state="diverged"))) is None
    assert list(surveys.middles({"a": Group(models), "b": Group(lost[:1])})) == ["a"]


def test_a_survey_asks_every_model_and_marks_what_diverged():
    sizes = {"activation": "tanh", "width": 4, "depth": 1, "orbits": 2, "points": 36}
    row = {"features": "rtn", "output_layer": "rtn_r2", "family": "complex"} | sizes
    row |= {"data_seed": [1], "space": False}
    asked = []

    def load(one):
        asked.append(one["seed"])
        return build(**one)

    rows = [
        row | {"seed": k, "outcome": x} for k, x in enumerate(("trained", "diverged"))
    ]
    judged = surveys.survey(Lent(rows, load), {}, points=36).table
    assert asked == [0]
    assert judged["mean_100"].tolist()[1] == np.inf
    assert 0 < judged["training_error"].iloc[0] < np.inf
    assert judged["model"].tolist() == ["the setting, seed 0", "the setting, seed 1"]
    assert judged["prior"].tolist() == ["law given"] * 2
    assert judged["data_seed"].tolist() == [1, 1]
    assert judged["state"].tolist()[1] == "diverged"
    other = [x | {"features": "pos", "output_layer": "abs"} for x in rows[1:]]
    names = surveys.survey(Lent([*rows, *other], load), {}, points=36).groups
    assert list(names) == ["rtn, rtn_r2", "pos, abs"]


class Weakening(eqx.Module):
    """Newton's pull, too weak by a tenth of the distance: it errs by 10 r per cent."""

    def acceleration(self, state):
        position = state[:3]
        radius = jnp.linalg.norm(position)
        return -position / radius**3 * (1 - radius / 10)


PLANAR = {"family": "complex", "orbits": 2, "data_seed": 3, "points": 24}


def mean_radius(orbits: tasks.OrbitSet) -> float:
    """Ten times the mean distance: the error of `Weakening` [%]."""
    return 10 * float(np.linalg.norm(orbits.states[..., :3], axis=-1).mean())


def test_each_size_and_the_training_orbits_have_an_error_of_their_own():
    row = surveys.measured(Weakening(), PLANAR, points=36)
    for size in surveys.SIZES:
        expected = mean_radius(tasks.unseen_set(size, points=36))
        assert row[f"mean_{size}"] == pytest.approx(expected, rel=1e-4)
    own = mean_radius(tasks.orbit_set("complex", 2, 3, points=24))
    assert row["training_error"] == pytest.approx(own, rel=1e-4)


def test_a_model_of_a_users_file_has_no_error_on_its_training_orbits():
    row = surveys.measured(Weakening(), PLANAR | {"data_file": "own.csv"}, points=36)
    assert np.isnan(row["training_error"])
    assert row["mean_100"] > 0


def test_a_model_is_judged_in_its_own_system_place_and_where_asked_family(monkeypatch):
    asked = []
    real = surveys.unseen

    def unseen(*args):
        asked.append(args)
        return real("complex", False, 36)

    monkeypatch.setattr(surveys, "unseen", unseen)
    more = {"system": "j2", "strength": 3.0, "space": True, "family": "simple"}
    row = PLANAR | more | {"data_file": "own.csv"}
    surveys.measured(Weakening(), row, points=36)
    surveys.measured(Weakening(), row, points=36, family="own")
    system = tasks.System("j2", 3.0)
    assert asked == [("complex", True, 36, system), ("simple", True, 36, system)]


# December --------------------------------------------------------------------------

AS, IN_PART, DIFFERS = Verdict.AS_REPORTED, Verdict.IN_PART, Verdict.DIFFERS
NOT_TESTED, REACHED, MISSED = Verdict.NOT_TESTED, Verdict.REACHED, Verdict.MISSED


def of_december(*tables: pd.DataFrame):
    """What the page on December says of its claims, given judged models."""
    return claims_in("orbit/4-december", table=pd.concat(tables, ignore_index=True))


def test_a_published_number_is_compared_with_our_range():
    rows = [x for x in published.TABLE if x.name in ("10, signed", "10, abs")]
    beside = december.compared(table([4.0, 6.0, 11.0]), rows)
    signed, absolute = beside.set_index("setting").loc[["10, signed", "10, abs"]].iloc
    assert (signed["ours_100"], signed["low"], signed["high"]) == (6.0, 4.0, 11.0)
    assert (signed["models"], absolute["models"]) == (3, 0)
    assert np.isnan(absolute["ours_100"])
    text = december.errors_table(beside.assign(inside=[True, False]))
    assert (
        "| 10, signed | 4.61 / 5.93 / 5.38 | 6 / 6 / 6 | 4 to 11 | 3 | 0 | 0 | yes"
        in text
    )
    assert "| not trained |" in text


@pytest.mark.parametrize(
    ("first", "other", "verdict", "reason"),
    [
        ([1, 2, 3], [10, 20, 30], AS, ""),
        ([10, 20, 30], [1, 2, 3], DIFFERS, "the other way round"),
        (
            [1, 2, 3, 4, 5, 14],
            [6, 7, 8, 9, 10, 11, 12, 13],
            IN_PART,
            "on average only, single pairs may differ",
        ),
        (
            [6, 7, 8, 9, 10, 11, np.inf],
            [1, 2, 3, 4, 5, 14],
            DIFFERS,
            "the other way round on average",
        ),
        ([1, 20, 3], [2, 10, 4], DIFFERS, "no difference beyond chance"),
    ],
)
def test_a_ranking_needs_nearly_all_pairs(first, other, verdict, reason):
    claims = of_december(table(first), table(other, output_layer="abs"))
    assert claims["signed_beats_abs"].verdict == verdict
    assert claims["signed_beats_abs"].reason == reason
    assert of_december(table(first))["signed_beats_abs"].verdict == NOT_TESTED


@pytest.mark.parametrize(
    ("tanh", "verdict"),
    [
        ([1.0, 2.0, 3.0], AS),  # alike
        ([9.0, 8.0, 7.0], AS),  # worse
        ([0.5, 0.6, 0.7], AS),  # better, but three pairs are too few to tell
        ([0.5] * 9, DIFFERS),
    ],
)
def test_that_something_is_no_better_holds_unless_it_is(tanh, verdict):
    (ranking,) = [x for x in published.RANKINGS if x.name == "final_tanh_is_useless"]
    plain, final = ranking.settings
    claims = of_december(table([1.0, 2.0, 3.0], **plain), table(tanh, **final))
    assert claims["final_tanh_is_useless"].verdict == verdict
    reason = claims["final_tanh_is_useless"].reason
    assert reason == ("a gain" if verdict is DIFFERS else "")


def test_every_claim_of_december_answers_an_empty_question_without_failing():
    claims = of_december(table([1.0], features="pos"))
    assert len(claims) == len(published.RANKINGS) + 5
    assert {claim.verdict for claim in claims.values()} == {NOT_TESTED}


def test_every_published_row_is_another_training():
    wheres = [str(sorted(row.where.items(), key=str)) for row in published.TABLE]
    assert len(set(wheres)) == len(wheres)
    names = [row.name for row in published.TABLE]
    assert len(set(names)) == len(names)


def test_every_measure_of_the_notes_is_compared_with_our_range():
    rows = [x for x in published.TABLE if x.name == "10 Dec, 10, signed"]
    assert rows[0].measures["sk1_100"] == 0.726
    models = table([1.0] * 3, **rows[0].where)
    models["skewness_100"] = [2.0, 3.0, 4.0]  # the notes: 2.64
    models["angle_100"] = [1.0, 1.2, 1.6]  # the notes: 1.75
    beside = december.measured(models, rows)
    assert len(beside) == len(rows[0].measures) == 7
    measures = beside.set_index("measure")
    skewness, angle = measures.loc["skewness_100"], measures.loc["angle_100"]
    assert (skewness["notes"], skewness["value"]) == (2.64, 3.0)
    assert (skewness["low"], skewness["high"]) == (2.0, 4.0)
    assert (skewness["unit"], angle["unit"]) == ("1", "deg")
    assert np.isnan(measures.loc["bowley_100", "value"])
    text = december.measures_table(beside.assign(inside=False))
    assert "| angle [deg] | 1 | 1.75 to 1.75 | 1.2 to 1.2 | 0 |" in text
    assert "sk1" not in text
    none = december.measured(table([1.0], features="pos"), rows).assign(inside=False)
    assert december.measures_table(none) == "No such setting was trained."


def test_a_setting_is_named_by_what_tells_it_from_the_others():
    setting = published.where("10 Dec, 100, unit_softplus")
    assert (setting["steps"], setting["orbits"]) == ([2000, 10], 100)
    assert (setting["output_layer"], setting["batch"]) == ("unit_softplus", 256)
    assert published.where("10 Dec, 10, signed")["steps"] == [500, 2000]
    narrow = published.where("10, signed, 16×2, tanh")
    changed = {"width": 16, "activation": "tanh"}
    assert narrow == published.SETTING | changed
    hifi = published.where("2 Dec, 100, HiFi abs")
    assert (hifi["batch"], hifi["output_layer"]) == (64, "abs")
    assert len(hifi["windows"]) == 10
    layers = {row.where["output_layer"] for row in published.TABLE}
    assert layers <= set(OUTPUT_LAYERS), "a word that is no layer and no change"


def test_more_orbits_help_throughout_or_not():
    def rows(*errors):
        return [
            table([e] * 2, orbits=n) for n, e in zip((1, 10, 100), errors, strict=False)
        ]

    name = "more_orbits_do_not_always_help"
    assert of_december(*rows(9, 5, 2))[name].verdict == DIFFERS
    assert of_december(*rows(9, 5, 6))[name].verdict == AS
    assert of_december(*rows(9, 5))[name].verdict == NOT_TESTED


def test_the_earlier_run_of_one_setting_is_compared_with_the_same_models():
    hifi, name = published.where("2 Dec, 100, HiFi abs"), "earlier_run_of_abs"
    assert of_december(table([4, 5], **hifi))[name].verdict == AS
    assert of_december(table([2, 3], **hifi))[name].verdict == DIFFERS


def test_seeds_vary_little_where_quartiles_are_within_a_quarter_of_the_median():
    setting = published.where("10, unit_softplus, L=4") | published.SEEDS
    claim = of_december(table([8, 9, 10, 11, 12], **setting))["seeds_vary_little"]
    assert claim.ours == "quartiles 9 to 11 about 10 %"
    assert claim.verdict == AS
    wide = of_december(table([2, 5, 10, 15, 50], **setting))["seeds_vary_little"]
    assert wide.verdict == DIFFERS
    few = of_december(table([8, 9, 10, 11], **setting))["seeds_vary_little"]
    assert few.verdict == NOT_TESTED


@pytest.mark.parametrize(
    ("radii", "verdict"),
    [([4.0, 3.5, np.inf], AS), ([4.0, np.inf, np.inf], DIFFERS), ([8.0, 9.0], DIFFERS)],
)
def test_the_fall_off_bends_where_most_models_do_near_four_radii(radii, verdict):
    models = table([1.0] * len(radii)).assign(critical_radius_100=radii)
    assert of_december(models)["the_fall_off_bends"].verdict == verdict


@pytest.mark.parametrize(("skewness", "verdict"), [((2, 4), AS), ((3, 4), DIFFERS)])
def test_tails_are_long_where_the_notes_lie_in_our_range(skewness, verdict):
    models = table([1.0, 2.0], **published.where("10 Dec, 10, signed"))
    models = models.assign(skewness_100=skewness)
    assert of_december(models)["tails_are_long"].verdict == verdict


# Other notebooks ----------------------------------------------------------------------


def in_space(family: str, errors, **layers) -> pd.DataFrame:
    models = table(errors, family=family, space=True, loss="acceleration_matching")
    return models.assign(**layers)


def test_starts_at_periapsis_are_compared_within_layers_in_space():
    def said(*tables):
        claims = claims_in("orbit/13-space", table=pd.concat(tables))
        return claims["starts_at_periapsis_are_worse"]

    worse = [in_space("fixnu20", [1, 2]), in_space("fixnu0", [3, 4])]
    assert said(*worse).verdict == AS
    assert "in 100% of pairs" in said(*worse).ours
    rtn = {"features": "rtn", "output_layer": "rtn_logmag"}
    better = [in_space("fixnu20", [5, 6], **rtn), in_space("fixnu0", [3, 4], **rtn)]
    assert said(*worse, *better).verdict == IN_PART
    assert said(*better).verdict == DIFFERS
    planar = pd.concat(worse).assign(space=False)
    assert said(planar).verdict == NOT_TESTED


@pytest.mark.parametrize(("worst", "verdict"), [(1.9, AS), (2.1, DIFFERS)])
def test_the_architecture_matters_where_medians_of_sizes_differ_twofold(worst, verdict):
    sizes = [(16, 1, worst), (16, 2, 1.0), (32, 1, 1.5), (32, 2, 1.2)]
    models = [table([e], width=w, depth=d) for w, d, e in sizes]
    name, notebook = "architecture_hardly_matters", "orbit/6-activation-and-size"
    assert claims_in(notebook, table=pd.concat(models))[name].verdict == verdict
    assert claims_in(notebook, table=pd.concat(models[:3]))[name].verdict == NOT_TESTED


# Targets ------------------------------------------------------------------------------

INFORMED = targets.TARGETS[0]


def informed(errors) -> pd.DataFrame:
    return table(errors, **INFORMED.where | {"steps": [3000]})


def aims(models: pd.DataFrame, seconds: float = float("nan")):
    """What the page of findings says of the first target."""
    best = {x.name: targets.best_recipe(models, x.where) for x in targets.TARGETS}
    spent = dict.fromkeys(best, seconds)
    return claims_in("orbit/20-findings", best=best, seconds=spent)[INFORMED.name]


@pytest.mark.parametrize(
    ("errors", "seconds", "verdict"),
    [
        ([0.05] * 15, 5.0, REACHED),
        ([0.05] * 15, 11.0, MISSED),
        ([0.2] * 15, 5.0, MISSED),
        ([0.05] * 15, float("nan"), REACHED),
        ([0.05] * 7 + [50.0] * 8, float("nan"), MISSED),  # stuck models count
        ([0.05] * 5, 5.0, NOT_TESTED),
        ([], 5.0, NOT_TESTED),
    ],
)
def test_a_target_needs_error_time_seeds_and_draws(errors, seconds, verdict):
    claim = aims(informed(errors), seconds)
    assert claim.verdict == verdict
    if len(errors) == 5:
        assert "five seeds and three sets of orbits" in claim.reason


def test_models_in_space_do_not_mix_into_a_target_of_the_plane():
    both = pd.concat([informed([0.05] * 15), informed([50.0] * 30).assign(space=True)])
    assert aims(both).verdict == REACHED
    assert aims(both).ours.startswith("0.05 %")


def test_of_several_recipes_of_a_target_the_best_counts():
    other = informed([0.2] * 15).assign(batch=64)
    models = pd.concat([informed([0.05] * 15), other])
    assert set(targets.best_recipe(models, INFORMED.where).table["batch"]) == {256}


def test_the_clock_goes_without_the_cache_and_leaves_the_setting_as_it_was():
    name = "jax_enable_compilation_cache"
    before = jax.config.values[name]
    with targets.compiled_anew():
        assert jax.config.values[name] is False
    assert jax.config.values[name] is before
    assert np.isnan(targets.clock(Group(table([]))))
