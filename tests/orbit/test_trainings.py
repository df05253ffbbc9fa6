"""What is said of one training, whatever its orbits are and however it ended."""

import re
from dataclasses import replace

import numpy as np
import pytest

from studies.orbit import tasks, trainings
from studies.orbit.batches import Sets

TRAINING = tasks.orbit_set("complex", 2, 1, points=36)
DRAWN = Sets(
    TRAINING,
    TRAINING,
    tasks.orbit_set("complex", 2, 0, points=36, stream="validation"),
)
ALONE = Sets(*[DRAWN.true.take(np.array([0]))] * 3, independent=False)


def said(errors, held_out, sets=DRAWN) -> str:
    return trainings.of_training(errors, held_out, sets, 5.0, "neutral")


def test_the_factor_between_other_orbits_and_those_that_trained_is_judged():
    assert "as predicted, below the 5 % expected" in said([2.0], [6.0])
    text = said([2.0], [6.0])
    assert "drawn independently it is **6 %**, 3 times as large: at least" in text
    assert "1.5 times as large: against the prediction less" in said([4.0], [6.0])
    own = DRAWN._replace(validation=replace(DRAWN.validation, seed=None))
    assert "On other orbits of the file it is **6 %**" in said([2.0], [6.0], own)


def test_without_other_orbits_nothing_is_said_of_them():
    text = said([2.0], [2.0], ALONE)
    assert "as predicted, below" in text
    assert "cannot be judged: no other orbit is left for validation" in text
    assert "times as large" not in text and "independently" not in text


def test_a_training_that_learned_nothing_is_neither_as_predicted_nor_against():
    for errors in ([100.0], [120.0, np.inf]):
        text = said(errors, errors)
        assert text.startswith("**No training learned anything.**")
        assert "Try another learning rate" in text and "predict" not in text
    assert "1 model learned nothing" in said([2.0, 3.0, 100.0], [6.0] * 3)
    assert said([], []).startswith("**Every training diverged**")


@pytest.mark.parametrize(
    ("state", "error", "found"),
    [
        ("trained", 99.9, "trained"),
        ("trained", 100.0, "stuck"),
        ("trained", np.inf, "stuck"),
        ("diverged", 400.0, "diverged"),
    ],
)
def test_a_model_no_better_than_a_field_of_zero_is_stuck(state, error, found):
    assert trainings.outcome(state, error) == found


def test_the_orbits_of_training_and_validation_are_told_of_every_source():
    assert trainings.of_data(DRAWN, "", 2) == (
        "2 orbits with 72 samples are for training, 2 others for validation."
    )
    text = trainings.of_data(DRAWN, "mine/two.csv", 10, space=False)
    others = " and ".join(DRAWN.validation.names)
    assert f"Validation uses {others}." in text
    assert "turned about the centre into the plane z = 0" in text
    assert "energy" not in text  # two bodies keep it
    states = DRAWN.true.states * np.where(np.arange(6) < 3, 1.0, 1.001)
    states[:, ::2] = DRAWN.true.states[:, ::2]
    text = trainings.of_data(
        DRAWN._replace(true=replace(DRAWN.true, states=states)), "mine/two.csv", 10
    )
    assert re.search(r"energy of two bodies varies by up to 0\.\d+ %, by noise", text)
    text = trainings.of_data(ALONE, "mine/one.csv", 10)
    assert text.startswith("1 orbit with 36 samples is for training; no other orbit is")
    assert "read from one.csv, so that `family`, `orbits` (10) and `points`" in text


def test_a_rollout_ends_where_the_file_does():
    whole = DRAWN.true.take(np.array([0]))
    assert trainings.of_reference(whole, "") == "After one period"
    half = whole.until(19)
    assert "At the last sample of complex 0 (0.5 periods on)" == (
        trainings.of_reference(half, "own.csv")
    )
