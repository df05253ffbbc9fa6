"""Surveys and what is concluded from them, on tables whose answers are known."""

import numpy as np
import pandas as pd
import pytest

from fieldnotes.orbit import december, findings, surveys
from fieldnotes.orbit.models import build


def table(errors, **columns) -> pd.DataFrame:
    """A survey with these errors on 100 orbits; other columns are alike for all."""
    count = len(errors)
    plain = {name: surveys.plain(value) for name, value in december.SETTING.items()}
    plain |= {
        "group": "one",
        "seed": [k % 5 for k in range(count)],
        "draw": [k // 5 + 1 for k in range(count)],
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
    said = surveys.not_well(own)
    assert "one: seed 3 draw 1 stuck (1 %); seed 4 draw 1 diverged" in said
    assert "seed 1" not in said


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
            row | {"draw": [1], "seed": 0, "space": False, "outcome": "trained"},
            row | {"draw": [1], "seed": 1, "space": False, "outcome": "diverged"},
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
            [1, 20, 3],
            [2, 10, 4],
            "not reproduced: within the spread of seeds and draws",
        ),
    ],
)
def test_a_ranking_needs_nearly_all_pairs(first, other, verdict):
    (claim,) = [x for x in december.CLAIMS if x.name == "signed beats abs"]
    both = pd.concat([table(first), table(other, output_layer="abs")])
    assert december.tested(both, claim)["verdict"] == verdict
    assert "no model" in december.tested(table(first), claim)["verdict"]


def test_every_published_row_is_another_training():
    wheres = [str(sorted(row.where.items(), key=str)) for row in december.TABLE]
    assert len(set(wheres)) == len(wheres)
    names = [row.name for row in december.TABLE]
    assert len(set(names)) == len(names)


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
        ([0.05] * 5, 5.0, "not comparable: 5 seeds and 1 draws, 5 and 3 needed"),
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


def test_seed_variance_is_the_distance_of_quartiles_over_the_median():
    setting = {"output_layer": "unit_softplus", "depth": 3, "segment_lengths": [4]}
    setting |= {"batch": 64, "steps": [1000, 500], "learning_rates": [1e-3, 1e-4]}
    row = findings.seed_variance(table([8, 9, 10, 11, 12], **setting))
    assert row["value"] == pytest.approx(0.2)
    assert row["verdict"] == "reproduced"
    wide = findings.seed_variance(table([2, 5, 10, 15, 50], **setting))
    assert wide["verdict"].startswith("not reproduced")
