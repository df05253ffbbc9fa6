"""Sentences say what the numbers say."""

import pandas as pd
import pytest

from studies.evidence import Group
from studies.orbit import surveys, verdicts

SCORES = pd.DataFrame(
    {
        "group": ["good", "good", "good", "poor", "poor"],
        "100": [1.0, 2.0, 3.0, 10.0, 20.0],
    }
)
CLOSE = SCORES.assign(**{"100": [1.0, 2.0, 12.0, 10.0, 20.0]})
ALONE = SCORES.head(1)


def ranks(scores: pd.DataFrame) -> dict[str, Group]:
    return surveys.ranked(scores, "group", measure="100")


def test_groups_are_ranked_by_their_median():
    assert list(ranks(SCORES.iloc[::-1])) == ["good", "poor"]
    assert [len(group) for group in ranks(SCORES).values()] == [3, 2]


def test_the_verdict_names_best_and_worst_with_their_ratio():
    text = verdicts.verdict(ranks(SCORES), "100", "100 orbits")
    assert "**good** errs by 2 % (1 to 3) of 3" in text
    assert "poor, errs by 15 % (10 to 20) of 2, 7.5 times" in text
    alone = verdicts.verdict(ranks(ALONE), "100", "100 orbits")
    assert alone == "On 100 orbits **good** errs by 1 %."


def test_a_difference_counts_only_where_ranges_do_not_overlap():
    assert "do not overlap" in verdicts.overlap(ranks(SCORES), "100")
    assert "worst seed errs 3 times as much" in verdicts.overlap(ranks(SCORES), "100")
    close = verdicts.overlap(ranks(CLOSE), "100")
    assert "overlap: these seeds do not tell them apart" in close
    assert "train more seeds" in verdicts.overlap(ranks(ALONE), "100")


def test_the_worst_real_object_is_named():
    objects = pd.DataFrame({"good": [1.0, 5.0]}, index=pd.Index(["GEO", "ISS"]))
    text = verdicts.of_objects(objects, ranks(SCORES), "100")
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
    assert "After one period the position of the best group is wrong by 2 %" in text
    assert "After 3 periods the position of the best group is wrong by 6 %" in text


@pytest.mark.parametrize(
    "text",
    [
        verdicts.verdict({}, "100", "100 orbits"),
        verdicts.overlap({}, "100"),
        verdicts.of_objects(pd.DataFrame(), {}, "100"),
        verdicts.of_rollouts({}, [], [1]),
    ],
)
def test_without_a_trained_model_nothing_is_claimed(text):
    assert text == verdicts.NOTHING
