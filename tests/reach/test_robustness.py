"""Sentences and medians that follow from tables of trials."""

import numpy as np
import pandas as pd
import pytest

from studies.reach import robustness


def frame(slope):
    """Three replicates of three stds; the middle replicate's mean is the median."""
    rows = [
        (std, seed, amplitude, amplitude * (10 + slope * std) + seed + trial)
        for std in (0.0, 0.5, 1.5)
        for seed in (0, 1, 5)
        for amplitude in (0.0, 4.0)
        for trial in (-1, 1)
    ]
    names = pd.Index(["field_std", "seed", "amplitude", "distance"])
    return pd.DataFrame(rows, columns=names)


def test_the_median_is_over_replicates_of_the_mean_over_trials():
    found = robustness.summary(frame(-2), "distance", "amplitude")
    row = found.loc[(1.5, 4.0)]
    assert row["median"] == pytest.approx(4 * 7 + 1)
    assert (row["lowest"], row["highest"]) == (28, 33)
    assert row["replicates"] == 3
    assert robustness.at(found, 4.0) == {0.0: 41, 0.5: 37, 1.5: 29}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({0.0: 3.0, 0.5: 2.0, 1.5: 1.0}, -1),
        ({1.5: 3.0, 0.0: 1.0, 0.5: 2.0}, 1),
        ({0.0: 3.0, 0.5: 1.0, 1.5: 2.0}, 0),
        ({0.0: 3.0, 0.5: 3.0, 1.5: 2.0}, 0),
        ({0.0: 3.0}, 0),
    ],
    ids=["falls", "rises", "neither", "flat", "alone"],
)
def test_a_trend_holds_at_every_step(values, expected):
    assert robustness.direction(values) == expected
    sentence = robustness.trend(values, "the deviation", "%")
    words = {-1: "falls at every", 1: "rises at every", 0: "no"}
    assert words[expected] in sentence


def test_ranges_that_overlap_separate_nothing():
    far = robustness.summary(frame(-6), "distance", "amplitude")
    near = robustness.summary(frame(-0.1), "distance", "amplitude")
    assert robustness.separated(far, 4.0)
    assert not robustness.separated(near, 4.0)


def test_a_verdict_says_no_where_the_numbers_do():
    assert robustness.verdict(True, "it falls.").startswith("**Yes**")
    assert robustness.verdict(False, "it falls.").startswith("**No**")
    assert robustness.growth({0.0: 2.0, 1.0: 5.0}) == pytest.approx(2.5)
    unjudged = robustness.verdict(False, "it falls.", judged=False)
    assert unjudged.startswith("**Not judged**, for want of a second training std")


def test_a_grid_has_a_column_for_each_std_and_ranges():
    found = robustness.summary(frame(-2), "distance", "amplitude")
    text = robustness.markdown(robustness.grid(found), "amplitude \\ std")
    lines = text.splitlines()
    assert lines[0] == "| amplitude \\ std | 0 | 0.5 | 1.5 |"
    assert lines[3].startswith("| 4 | 41 (40 to 45) |")
    alone = robustness.summary(frame(-2).query("seed == 0"), "distance", "amplitude")
    assert robustness.said(alone.iloc[0]) == "0"
    assert np.isfinite(alone["median"]).all()
