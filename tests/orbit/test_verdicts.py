"""Sentences say what the numbers say."""

import pandas as pd
import pytest

from studies.orbit import verdicts

SCORES = pd.DataFrame(
    {
        "group": ["good", "good", "good", "poor", "poor"],
        "100": [1.0, 2.0, 3.0, 10.0, 20.0],
    }
)
CLOSE = SCORES.assign(**{"100": [1.0, 2.0, 12.0, 10.0, 20.0]})
ALONE = SCORES.head(1)
NONE = SCORES.head(0)
UNSCORED = SCORES.drop(columns="100")
ROW = {"output_layer": "signed", "orbits": 10, "rate": 1e-3, "seed": 3, "data_seed": 1}


def test_a_label_holds_what_varies_and_a_group_leaves_chance_out():
    varied = ["output_layer", "orbits", "seed"]
    assert verdicts.label(ROW, varied) == "signed, orbits 10, seed 3"
    assert verdicts.group_label(ROW, varied) == "signed, orbits 10"
    assert verdicts.label(ROW | {"features": "rtn"}, []) == "rtn, signed"
    assert verdicts.spelled("learning_rates", [0.001]) == "learning_rates 0.001"


def test_a_label_leaves_out_what_tells_nothing_more():
    rows = [
        {"features": "rtn", "output_layer": "rtn", "steps": 1, "orbits": 1, "seed": 0},
        {"features": "pos", "output_layer": "abs", "steps": 2, "orbits": 1, "seed": 0},
        {"features": "pos", "output_layer": "abs", "steps": 2, "orbits": 9, "seed": 1},
    ]
    varied = ["orbits", "features", "output_layer", "steps", "seed"]
    told = ["features", "output_layer", "orbits", "seed"]
    assert verdicts.telling(rows, varied) == told
    labels = {verdicts.label(row, told) for row in rows}
    assert len(labels) == 3


def test_groups_are_ranked_by_their_median_with_their_range():
    ranks = verdicts.ranking(SCORES.iloc[[4, 3, 2, 1, 0]], "100")
    assert list(ranks.index) == ["good", "poor"]
    assert list(ranks.loc["good"]) == [2.0, 1.0, 3.0, 3.0]
    assert list(ranks.loc["poor"]) == [15.0, 10.0, 20.0, 2.0]
    assert verdicts.overall(SCORES, "100") == {
        "median": 3.0,
        "lowest": 1.0,
        "highest": 20.0,
    }


def test_the_verdict_names_best_and_worst_with_their_ratio():
    text = verdicts.verdict(verdicts.ranking(SCORES, "100"), "100 orbits")
    assert "**good** errs by 2 % (1 to 3 % over 3 models)" in text
    assert "poor, errs by 15 % (10 to 20 % over 2 models), 7.5 times" in text
    alone = verdicts.verdict(verdicts.ranking(ALONE, "100"), "100 orbits")
    assert alone == "On 100 orbits **good** errs by 1 %."


def test_a_difference_counts_only_where_ranges_do_not_overlap():
    assert "do not overlap" in verdicts.overlap(verdicts.ranking(SCORES, "100"))
    close = verdicts.overlap(verdicts.ranking(CLOSE, "100"))
    assert "overlap: these seeds do not tell them apart" in close
    assert "train more seeds" in verdicts.overlap(verdicts.ranking(ALONE, "100"))


def test_the_worst_real_object_is_named():
    objects = pd.DataFrame({"good": [1.0, 5.0]}, index=pd.Index(["GEO", "ISS"]))
    text = verdicts.of_objects(objects, verdicts.ranking(SCORES, "100"))
    assert "worst object is ISS with 5 %" in text
    assert "best GEO with 1 %" in text
    assert "1.5 times" in text
    assert "harder than" in text


def test_a_rollout_is_told_for_each_length():
    row = {
        f"{name}_{number}": float(number * value)
        for number in (1, 3)
        for name, value in (("final_position", 2), ("energy_drift", 1), ("lost", 0))
    }
    text = verdicts.of_rollouts({"m": {"100": row}}, ["m"], [1, 3])
    assert "After one period the best group is 2 %" in text
    assert "After 3 periods the best group is 6 %" in text


@pytest.mark.parametrize(
    "text",
    [
        verdicts.verdict(verdicts.ranking(UNSCORED, "100"), "100 orbits"),
        verdicts.overlap(verdicts.ranking(UNSCORED, "100")),
        verdicts.of_objects(pd.DataFrame(), verdicts.ranking(NONE, "100")),
        verdicts.of_rollouts({}, [], [1]),
    ],
)
def test_without_a_trained_model_nothing_is_claimed(text):
    assert text == verdicts.NOTHING
