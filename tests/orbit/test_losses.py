"""Losses against arrays worked out by hand, with padding and with failures."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from studies.orbit.losses import (
    TRAJECTORY_LOSSES,
    acceleration_matching,
    mean_squared_error,
    percent_error,
    percent_error_plus_nmse,
    trajectory_loss,
)

# Two segments of three samples; sizes 1, 2, 4 and 1, 10, then one sample missing.
TRUE = np.zeros((2, 3, 6), np.float32)
TRUE[0, :, 0] = [1, 2, 4]
TRUE[1, :, 3] = [1, 10, np.nan]
PREDICTED = np.nan_to_num(TRUE)
PREDICTED[:, 0, 1] = 5.0  # the start: counts for the mean square only
PREDICTED[0, 1, 1] = 0.5  # 25 % of 2
PREDICTED[0, 2, 2] = 0.4  # 10 % of 4
PREDICTED[1, 1, 3] = 11.0  # 10 % of 10
PREDICTED[1, 2] = 99.0  # no true sample there


def total(terms):
    return float(sum(terms.values()))


def test_percent_error_is_the_mean_of_relative_errors_without_the_start():
    terms = percent_error(jnp.array(PREDICTED), jnp.array(TRUE))
    assert set(terms) == {"percent_error"}
    assert total(terms) == pytest.approx((25 + 10 + 10) / 3, rel=1e-6)


def test_the_normalised_term_is_a_root_mean_square_ratio_with_its_weight():
    terms = percent_error_plus_nmse(
        jnp.array(PREDICTED), jnp.array(TRUE), nmse_weight=10.0
    )
    error = (0.5**2 + 0.4**2 + 1.0**2) / 18  # 3 samples of 6 components
    size = (2**2 + 4**2 + 10**2) / 18
    expected = 10.0 * 100 * np.sqrt(error / size)
    assert set(terms) == {"percent_error", "nmse"}
    assert float(terms["nmse"]) == pytest.approx(expected, rel=1e-5)
    assert float(terms["percent_error"]) == pytest.approx(15, rel=1e-6)


def test_the_weight_of_the_normalised_term_reaches_the_loss_that_is_asked_for():
    both = jnp.array(PREDICTED), jnp.array(TRUE)
    name = "percent_error_plus_nmse"
    once, thrice = (trajectory_loss(name, nmse_weight=w)(*both) for w in (1.0, 3.0))
    assert float(thrice["nmse"]) == pytest.approx(3 * float(once["nmse"]), rel=1e-6)
    assert float(thrice["percent_error"]) == float(once["percent_error"])


def test_mean_squared_error_counts_the_start_and_every_component():
    terms = mean_squared_error(jnp.array(PREDICTED), jnp.array(TRUE))
    squares = 5.0**2 + 5.0**2 + 0.5**2 + 0.4**2 + 1.0**2
    assert total(terms) == pytest.approx(squares / (5 * 6), rel=1e-6)


@pytest.mark.parametrize("percent", [0.1, 1.0, 10.0])
def test_a_prediction_larger_by_p_percent_has_percent_error_p(percent, seed=2):
    true = np.random.default_rng(seed).normal(size=(4, 5, 6)).astype(np.float32)
    terms = percent_error(jnp.array(true * (1 + percent / 100)), jnp.array(true))
    # float32: the difference of numbers 0.1 % apart keeps four digits
    assert total(terms) == pytest.approx(percent, rel=1e-3)


@pytest.mark.parametrize("name", TRAJECTORY_LOSSES)
def test_padding_changes_neither_the_loss_nor_the_finiteness_of_its_gradient(name):
    loss = trajectory_loss(name)
    long = np.full((2, 7, 6), np.nan, np.float32)
    long[:, :3] = TRUE
    guess = np.zeros((2, 7, 6), np.float32)
    guess[:, :3] = PREDICTED

    def value(predicted, true):
        return sum(loss(predicted, true).values())

    short = value(jnp.array(PREDICTED), jnp.array(TRUE))
    padded, slope = jax.value_and_grad(value)(jnp.array(guess), jnp.array(long))
    assert float(padded) == pytest.approx(float(short), rel=1e-6)
    assert jnp.all(jnp.isfinite(slope))


@pytest.mark.parametrize("name", TRAJECTORY_LOSSES)
def test_a_prediction_that_is_not_a_number_is_never_hidden(name):
    broken = PREDICTED.copy()
    broken[0, 1, 0] = np.nan
    assert np.isnan(total(trajectory_loss(name)(jnp.array(broken), jnp.array(TRUE))))


@pytest.mark.parametrize("name", TRAJECTORY_LOSSES)
def test_a_perfect_prediction_has_a_finite_gradient(name):
    true = jnp.array(np.nan_to_num(TRUE) + 1.0)
    slope = jax.grad(lambda p: sum(trajectory_loss(name)(p, true).values()))(true)
    assert jnp.all(jnp.isfinite(slope))


def test_acceleration_matching_is_relative_to_the_labels_and_skips_missing_ones():
    labels = np.array([[3.0, 4.0, 0], [0, 0, 2.0], [np.nan] * 3], np.float32)
    derivative = np.zeros((3, 6), np.float32)
    derivative[:, 3:] = np.nan_to_num(labels, nan=7.0)
    derivative[0, 3] += 0.5  # 10 % of 5
    derivative[1, 4] += 0.6  # 30 % of 2
    states = np.ones((3, 6), np.float32)
    derivative[:, :3] = 1.1
    rows = [jnp.array(array) for array in (derivative, states, labels)]
    terms = acceleration_matching(*rows)
    assert set(terms) == {"acceleration"}
    assert total(terms) == pytest.approx(20, rel=1e-6)
    both = acceleration_matching(*rows, with_velocity=True)
    assert float(both["velocity"]) == pytest.approx(10, rel=1e-5)


def test_an_unknown_loss_is_refused_by_name():
    with pytest.raises(
        ValueError, match="`percentage` is unknown; choose from percent"
    ):
        trajectory_loss("percentage")
