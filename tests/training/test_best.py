"""Which parameters are best: judged on validation, and within a phase only."""

import jax.numpy as jnp
import numpy as np
import optax
import pytest

from studies.training import Phase, train
from tiny_training import ROWS, draw, far_valley, noisy, parabola, points


def go(phases, validation=far_valley, **more):
    more = {"optimiser": optax.sgd, "validation": validation} | more
    return train(points(1), parabola, None, phases, seeds=[0], **more)


def test_best_is_where_the_validation_loss_is_lowest():
    result = go(Phase(40, 0.1), validate_every=1)
    path = 0.9 ** np.arange(1, 41)
    lowest = np.argmin((path - 0.5) ** 2)
    assert result.best_step[0, 0] == lowest + 1
    np.testing.assert_allclose(result.best(0).left, path[lowest], rtol=1e-5)
    np.testing.assert_allclose(
        result.best_loss[0, 0], 3 * (path[lowest] - 0.5) ** 2, rtol=1e-3
    )
    np.testing.assert_allclose(result.member(0).left, path[-1], rtol=1e-5)
    assert result.criterion == "validation loss"


def test_validation_takes_place_every_so_often_and_at_the_last_step_of_a_phase():
    result = go([Phase(25, 0.1), Phase(12, 0.1)], validate_every=10)
    history = result.history(0)
    np.testing.assert_array_equal(history["validation_step"], [10, 20, 25, 35, 37])
    np.testing.assert_array_equal(history["validation_phase"], [0, 0, 0, 1, 1])
    expected = 3 * (0.9 ** history["validation_step"] - 0.5) ** 2
    np.testing.assert_allclose(history["validation"], expected, rtol=1e-4)


def test_best_is_compared_within_a_phase_only():
    # The second phase begins past the valley, and leads on away from it.
    result = go([Phase(10, 0.1), Phase(10, 0.1)], validate_every=1)
    assert result.best_step[:, 0].tolist() == [7, 11]
    assert result.best_loss[0, 0] < result.best_loss[1, 0]
    np.testing.assert_allclose(result.best(0).left, 0.9**11, rtol=1e-5)
    np.testing.assert_allclose(result.best(0, phase=0).left, 0.9**7, rtol=1e-5)


def test_without_validation_a_lucky_batch_is_not_best():
    def lucky(model, batch, key):
        """Nought at one step by luck, else falling to its least at the end."""
        total, terms = parabola(model, batch, key)
        return jnp.where(batch == 3, 0.0, total), terms

    result = train(
        points(1),
        lucky,
        lambda key, step, data: step,
        Phase(30, 0.05),
        seeds=[0],
        optimiser=optax.sgd,
        validate_every=5,
    )
    assert result.best_step[0, 0] == 30
    assert "running mean" in result.criterion
    assert not result.validation


def test_the_running_mean_forgets_as_fast_as_it_says():
    result = go(Phase(12, 0.1), validation=None, validate_every=4)
    losses = result.history(0)["loss"]
    average = 0.0
    for loss in losses:
        average += (loss - average) / 4
    expected = average / (1 - 0.75**12)
    np.testing.assert_allclose(result.best_loss[0, 0], expected, rtol=1e-5)


def test_validation_may_use_noise_that_is_the_same_every_time():
    def shaken(model, data, key):
        return noisy(model, data[0], key)

    result = train(
        points(1),
        noisy,
        draw,
        Phase(30, 0.0),
        data=ROWS,
        seeds=[3],
        validation=shaken,
        validate_every=10,
    )
    shakes = result.history(0)["validation.shake"]
    assert len(np.unique(shakes)) == 1
    assert shakes[0] not in result.history(0)["loss.shake"]


def test_validation_has_data_of_its_own():
    def distance(model, data):
        return jnp.sum(data), {}

    result = train(
        points(1),
        noisy,
        draw,
        Phase(5, 0.01),
        data=ROWS,
        seeds=[3],
        validation=distance,
        validation_data=np.array([1.0, 4.0], np.float32),
    )
    np.testing.assert_allclose(result.validation["validation"], 5)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_validation_that_fails_never_wins(value):
    def fails(model, data):
        left = model.left[0]
        return jnp.where(left < 0.7, value, left), {}

    result = go(Phase(20, 0.1), validation=fails, validate_every=1)
    assert result.outcome(0).state == "trained"
    np.testing.assert_allclose(result.best(0).left, 0.9**3, rtol=1e-5)
