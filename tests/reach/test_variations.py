"""Settings that differ in loop and network, evaluated each in its own."""

import jax
import numpy as np
import pandas as pd
import pytest

from lent import Lent
from studies.evidence import Group, named
from studies.reach import evaluation, reductions, tasks, variations
from studies.reach.loop import Loop
from studies.reach.models import build
from studies.reach.variations import DISTANCE, Conditions, at, free, gap, knob

TEST = Conditions("curl", 3.0, (0.0, 2.0), grid=1, directions=4, evaluations=1, seed=5)
SETTINGS = ({"hidden": 5, "delay": 0}, {"hidden": 3, "delay": 2})


def listed():
    """Two settings of two stds; the last model diverged."""
    rows = [
        {"field_std": [std], "seed": [4], "steps": 20, "task": "simple", **setting}
        for setting in SETTINGS
        for std in (0.0, 1.5)
    ]
    outcomes = ["trained"] * 3 + ["diverged"]
    return pd.DataFrame(rows).assign(place=range(4), outcome=outcomes)


def model(row):
    key = jax.random.key(int(row["place"]))
    return build(hidden=int(row["hidden"]), context=True, key=key)


class Shelf(Lent):
    """A catalogue of them."""

    def history(self, row, /):
        return {"best_loss": np.array([np.nan if row["place"] == 3 else 0.5])}


@pytest.fixture(scope="module")
def table():
    varied = ["hidden", "delay", "field_std", "seed"]
    survey = named(listed(), varied, replicates=variations.REPLICATES)
    assert list(survey.groups) == ["hidden 5", "hidden 3"]
    return variations.tested(Shelf(load=model), survey, TEST)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_each_model_is_tested_alone_in_the_loop_it_was_trained_in(table, place):
    row = table.iloc[place]
    loop = Loop(steps=20, delay=int(row["delay"]))
    key = jax.random.split(jax.random.key(TEST.seed))[1]
    reduce = reductions.ReachReduction(loop, variations.MEASURES)
    reaches = tasks.centre_out(1, 4)
    told = reaches._replace(context=reaches.context + 2.0)
    trials = evaluation.across_fields(told, "curl", [3.0])
    found = evaluation.evaluate(
        evaluation.stack([model(row)]), loop, trials, 1, key, reduce
    ).measures
    for measure in variations.MEASURES:
        expected = float(np.mean(found[measure]))
        assert row[at(measure, 2.0)] == pytest.approx(expected, rel=1e-5), measure
    assert row[at(DISTANCE, 0.0)] != pytest.approx(row[at(DISTANCE, 2.0)], rel=1e-3)
    assert row[free("max_net_force")] > 0


def test_a_diverged_model_is_counted_and_not_measured(table):
    assert table["diverged"].tolist() == [0, 0, 0, 1]
    last = table.iloc[3]
    assert np.isnan([last[at(DISTANCE, c)] for c in TEST.contexts]).all()
    assert [last["field_std"], last["hidden"]] == [1.5, 3]


def test_where_all_models_diverged_nothing_is_measured():
    rows = listed().iloc[3:].reset_index(drop=True)
    survey = named(rows, ["field_std", "seed"], replicates=variations.REPLICATES)
    lost = variations.tested(Shelf(load=model), survey, TEST)
    assert lost["diverged"].tolist() == [1]
    assert np.isnan(knob(lost, 0.0, 2.0)).all()
    assert np.isnan(lost[free("max_net_force")].to_numpy(float)).all()


def test_a_knob_is_the_share_of_the_distance_that_a_context_saves():
    made = pd.DataFrame(
        {at(DISTANCE, 0.0): [40.0, 30.0], at(DISTANCE, 2.0): [10.0, 33]}
    )
    np.testing.assert_allclose(knob(made, 0.0, 2.0), [0.75, -0.1])


def test_a_gap_compares_the_extreme_training_stds():
    made = pd.DataFrame(
        {
            "field_std": [0.0, 0.0, 0.5, 1.5, 1.5],
            at(DISTANCE, 0.0): [40.0, 60.0, 1.0, 10.0, 20.0],
        }
    )
    assert gap(Group(made), 0.0) == pytest.approx((50 - 15) / 50)
    assert np.isnan(gap(Group(made[made["field_std"] > 0]), 0.0))
    same = made.assign(**{at(DISTANCE, 0.0): 7.0})
    assert gap(Group(same), 0.0) == 0
