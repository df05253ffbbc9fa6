"""Surveys and what is concluded from them, on tables whose answers are known."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

from studies.orbit import december, findings, published, surveys, tasks
from studies.orbit.models import build
from studies.orbit.outputs import OUTPUT_LAYERS


def table(errors, **columns) -> pd.DataFrame:
    """A survey with these errors on 100 orbits; other columns are alike for all."""
    count = len(errors)
    plain = {name: surveys.plain(value) for name, value in published.SETTING.items()}
    plain |= {
        "group": "one",
        "seed": [k % 5 for k in range(count)],
        "data_seed": [k // 5 + 1 for k in range(count)],
        "state": "trained",
        "prior": "neutral",
        "training_error": 1.0,
        "angle_100": 1.0,
    }
    own = {name: surveys.plain(value) for name, value in columns.items()}
    rows = pd.DataFrame({"mean_100": np.asarray(errors, float)}).assign(**plain | own)
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
    row = surveys.summary(own).loc["one"]
    assert (row["median"], row["low"], row["high"]) == (3.0, 1.0, np.inf)
    assert (row["models"], row["stuck"], row["diverged"]) == (5, 1, 1)
    assert "1 stuck, 1 diverged" in surveys.markdown(surveys.summary(own))
    two = pd.concat([own.assign(group="worse"), table([2.0], group="better")])
    assert surveys.summary(two).index.tolist() == ["better", "worse"]
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
    own = table([1.0, 2.0], steps=[1000])
    assert len(surveys.chosen(own, {"steps": 1000})) == 2
    assert len(surveys.chosen(own, {"steps": [1000], "orbits": (1, 10)})) == 2
    assert not len(surveys.chosen(own, {"steps": [1000, 500]}))
    assert not len(surveys.chosen(own, {"nowhere": 3}))
    whole = {"windows": [[0.0, 1.0]]}
    assert len(surveys.chosen(table([1.0], **whole), whole)) == 1


def test_the_share_of_pairs_counts_ties_half():
    first, other = table([1.0, 3.0]), table([2.0, 3.0])
    assert surveys.win_share(first, other, "mean_100") == pytest.approx(2.5 / 4)


def test_the_middle_model_is_one_of_the_group():
    own = table([5.0, 1.0, 9.0])
    assert surveys.medians(own, ["group"])["model"].tolist() == ["model 0"]


def test_a_survey_asks_every_model_and_marks_what_diverged():
    sizes = {"activation": "tanh", "width": 4, "depth": 1, "orbits": 2, "points": 36}
    row = {"features": "rtn", "output_layer": "rtn_r2", "family": "complex"} | sizes
    given = pd.DataFrame(
        [
            row | {"data_seed": [1], "seed": 0, "space": False, "outcome": "trained"},
            row | {"data_seed": [1], "seed": 1, "space": False, "outcome": "diverged"},
        ]
    )
    asked = []

    def load(one):
        asked.append(one["seed"])
        return build(**one)

    own = surveys.survey(given, load, varied=["seed"], points=36)
    assert asked == [0]
    assert own["mean_100"].tolist()[1] == np.inf
    assert 0 < own["training_error"].iloc[0] < np.inf
    assert own["model"].tolist() == ["rtn, rtn_r2, seed 0", "rtn, rtn_r2, seed 1"]
    assert own["prior"].tolist() == ["law given"] * 2
    assert own["state"].tolist()[1] == "diverged"


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


def test_a_published_number_is_compared_with_our_range():
    rows = [x for x in december.TABLE if x.name in ("10, signed", "10, abs")]
    own = december.compared(table([4.0, 6.0, 11.0]), rows).set_index("setting")
    signed, absolute = own.loc["10, signed"], own.loc["10, abs"]
    assert (signed["ours_100"], signed["low"], signed["high"]) == (6.0, 4.0, 11.0)
    assert signed["verdict"] == "reproduced"  # 5.38 lies inside
    assert absolute["verdict"] == "not trained"
    lower = december.compared(table([1.0, 2.0]), rows[:1])
    assert lower["verdict"].iloc[0] == "not reproduced: ours lower"
    assert "| 10, signed | 4.61 / 5.93 / 5.38 |" in december.markdown(own.reset_index())


@pytest.mark.parametrize(
    ("first", "other", "verdict"),
    [
        ([1, 2, 3], [10, 20, 30], "reproduced"),
        ([10, 20, 30], [1, 2, 3], "not reproduced: the other way round"),
        (
            [1, 2, 3, 4, 5, 14],
            [6, 7, 8, 9, 10, 11, 12, 13],
            "reproduced on average: single pairs may differ",
        ),
        (
            [6, 7, 8, 9, 10, 11, np.inf],
            [1, 2, 3, 4, 5, 14],
            "not reproduced: the other way round on average",
        ),
        (
            [1, 20, 3],
            [2, 10, 4],
            "not reproduced: no difference beyond chance",
        ),
    ],
)
def test_a_ranking_needs_nearly_all_pairs(first, other, verdict):
    (claim,) = [x for x in december.CLAIMS if x.name == "signed beats abs"]
    both = pd.concat([table(first), table(other, output_layer="abs")])
    assert december.tested(both, claim)["verdict"] == verdict
    assert "no model" in december.tested(table(first), claim)["verdict"]


@pytest.mark.parametrize(
    ("share", "p", "verdict"),
    [
        (0.3, 0.06, "reproduced: no gain beyond chance"),
        (0.9, 0.001, "reproduced: no gain beyond chance"),
        (0.3, 0.04, "not reproduced: a gain on average"),
        (0.02, 0.001, "not reproduced: a gain"),
    ],
)
def test_that_something_is_no_better_holds_unless_it_is(share, p, verdict):
    assert december.no_gain(share, p) == verdict


def test_claims_of_no_gain_are_tested_as_such():
    named = {claim.name: claim for claim in december.CLAIMS}
    assert set(published.NO_GAIN) <= set(named)
    claim = named["a final tanh is useless"]
    alike = [table([1.0, 2.0, 3.0], **own) for own in (claim.first, claim.other)]
    row = december.tested(pd.concat(alike), claim)
    assert row["verdict"] == "reproduced: no gain beyond chance"


def test_how_likely_the_pairs_are_without_a_difference_is_counted_exactly():
    lower, higher = table([1.0, 2.0, 3.0]), table([4.0, 5.0, np.nan])
    # of 20 ways to choose 3 of 6 places one has all the lowest, one all the highest
    assert surveys.no_difference(lower, higher, "mean_100") == pytest.approx(2 / 20)
    assert surveys.no_difference(higher, lower, "mean_100") == pytest.approx(2 / 20)
    same = table([1.0, 2.0, 3.0])
    assert surveys.no_difference(lower, same, "mean_100") == pytest.approx(1.0)


def test_every_published_row_is_another_training():
    wheres = [str(sorted(row.where.items(), key=str)) for row in december.TABLE]
    assert len(set(wheres)) == len(wheres)
    names = [row.name for row in december.TABLE]
    assert len(set(names)) == len(names)


def test_every_measure_of_the_notes_is_compared_with_our_range():
    rows = [x for x in december.TABLE if x.name == "10 Dec, 10, signed"]
    assert rows[0].measures["sk1_100"] == 0.726
    own = table([1.0] * 3, **rows[0].where)
    own["skewness_100"] = [2.0, 3.0, 4.0]  # the notes: 2.64
    own["angle_100"] = [1.0, 1.2, 1.6]  # the notes: 1.75
    found = december.measured(own, rows).set_index("measure")
    assert len(found) == len(rows[0].measures) == 7
    skewness, angle = found.loc["skewness_100"], found.loc["angle_100"]
    assert (skewness["notes"], skewness["value"]) == (2.64, 3.0)
    assert (skewness["unit"], angle["unit"]) == ("1", "deg")
    assert skewness["verdict"] == "reproduced"
    assert angle["verdict"] == "not reproduced: ours lower"
    assert found.loc["bowley_100", "verdict"].startswith("not comparable")
    said = december.measured_markdown(found.reset_index())
    assert "| angle [deg] | 1 | 1.75 – 1.75 | 1.2 – 1.2 | 0 |" in said
    assert "sk1" not in said


def test_a_setting_is_named_by_what_tells_it_from_the_others():
    own = published.where("10 Dec, 100, unit_softplus")
    assert (own["steps"], own["orbits"]) == ([2000, 10], 100)
    assert (own["output_layer"], own["batch"]) == ("unit_softplus", 256)
    assert published.where("10 Dec, 10, signed")["steps"] == [500, 2000]
    narrow = published.where("10, signed, 16×2, tanh")
    changed = {"width": 16, "activation": "tanh"}
    assert narrow == published.SETTING | changed
    hifi = published.where("2 Dec, 100, HiFi abs")
    assert (hifi["batch"], hifi["output_layer"], len(hifi["windows"])) == (
        64,
        "abs",
        10,
    )
    layers = {row.where["output_layer"] for row in december.TABLE}
    assert layers <= set(OUTPUT_LAYERS), "a word that is no layer and no change"


# Findings --------------------------------------------------------------------------

INFORMED = findings.TARGETS[0]


def informed(errors) -> pd.DataFrame:
    own = INFORMED.where | {"steps": [3000]}
    return table(errors, **own)


@pytest.mark.parametrize(
    ("errors", "seconds", "verdict"),
    [
        ([0.05] * 15, 5.0, "reached: 5.0 s"),
        ([0.05] * 15, 11.0, "not reached: 11.0 s"),
        ([0.2] * 15, 5.0, "not reached: 5.0 s"),
        ([0.05] * 15, float("nan"), "reached"),
        ([0.05] * 5, 5.0, "not comparable: 5 seeds and 1 data seeds, 5 and 3 needed"),
    ],
)
def test_a_target_needs_error_time_seeds_and_draws(errors, seconds, verdict):
    assert findings.reached(informed(errors), INFORMED, seconds)["verdict"] == verdict


def test_stuck_models_count_in_a_target():
    errors = [0.05] * 7 + [50.0] * 8
    assert findings.reached(informed(errors), INFORMED)["verdict"] == "not reached"


def test_more_orbits_help_throughout_or_not():
    falling = pd.concat(
        [table([e] * 2, orbits=n) for n, e in ((1, 9), (10, 5), (100, 2))]
    )
    rising = pd.concat(
        [table([e] * 2, orbits=n) for n, e in ((1, 9), (10, 5), (100, 6))]
    )
    assert findings.monotone(falling)["verdict"].startswith("not reproduced")
    assert findings.monotone(rising)["verdict"] == "reproduced"
    assert findings.monotone(table([1.0]))["verdict"].startswith("not comparable")


def test_every_other_claim_says_why_it_cannot_be_compared():
    rows = findings.others(table([1.0], features="pos"))
    assert rows["verdict"].str.startswith("not comparable: ").all()
    assert findings.counted(rows) == {"not comparable": len(findings.OTHERS)}


def in_space(family: str, errors, **layers) -> pd.DataFrame:
    own = table(errors, family=family, space=True, loss="acceleration_matching")
    return own.assign(**layers)


def test_starts_at_periapsis_are_compared_within_layers_in_space():
    worse = [in_space("fixnu20", [1, 2]), in_space("fixnu0", [3, 4])]
    row = findings.late_start(pd.concat(worse))
    assert (row["value"], row["verdict"]) == (1.0, "reproduced")
    rtn = {"features": "rtn", "output_layer": "rtn_logmag"}
    better = [in_space("fixnu20", [5, 6], **rtn), in_space("fixnu0", [3, 4], **rtn)]
    row = findings.late_start(pd.concat([*worse, *better]))
    assert row["value"] == 0.5
    assert row["verdict"] == "not reproduced: it depends on the layers"
    planar = pd.concat(worse).assign(space=False)
    assert findings.late_start(planar)["verdict"].startswith("not comparable")


def test_models_in_space_do_not_mix_into_a_target_of_the_plane():
    planar, other = informed([0.05] * 15), informed([50.0] * 30).assign(space=True)
    row = findings.reached(pd.concat([planar, other]), INFORMED)
    assert (row["value"], row["verdict"]) == (0.05, "reached")


def test_the_earlier_run_of_one_setting_is_compared_with_the_same_models():
    hifi = published.where("2 Dec, 100, HiFi abs")
    assert findings.earlier_run(table([4, 5], **hifi))["verdict"] == "reproduced"
    lower = findings.earlier_run(table([2, 3], **hifi))
    assert lower["verdict"] == "not reproduced: ours lower"


def test_seed_variance_is_the_distance_of_quartiles_over_the_median():
    setting = {"output_layer": "unit_softplus", "depth": 3, "segment_lengths": [4]}
    setting |= {"batch": 64, "steps": [1000, 500], "learning_rates": [1e-3, 1e-4]}
    row = findings.seed_variance(table([8, 9, 10, 11, 12], **setting))
    assert row["value"] == pytest.approx(0.2)
    assert row["verdict"] == "reproduced"
    wide = findings.seed_variance(table([2, 5, 10, 15, 50], **setting))
    assert wide["verdict"].startswith("not reproduced")


def test_a_ladder_of_orbits_that_nothing_matched_is_empty():
    retraced = table([1.0], orbits=1, loss="percent_error")
    assert len(findings.ladder(retraced, 1)) == 0


def test_the_clock_goes_without_the_cache_and_leaves_the_setting_as_it_was():
    name = "jax_enable_compilation_cache"
    before = jax.config.values[name]
    with findings.compiled_anew():
        assert jax.config.values[name] is False
    assert jax.config.values[name] is before
