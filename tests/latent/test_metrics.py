"""Errors by step on tables made by hand."""

import numpy as np
import pytest
from jaxtyping import TypeCheckError

from studies.latent import metrics


def table(*rows: list[float]) -> np.ndarray:
    return np.array(rows, float)


def test_divergence_is_the_first_step_at_which_the_worst_start_exceeds_one():
    mse = table([0.1, 0.2, 0.3, 5.0], [0.1, 0.9, 1.1, 0.0])
    assert metrics.divergence_step(mse) == 2


def test_a_rollout_that_never_exceeds_the_limit_reaches_the_number_of_steps():
    assert metrics.divergence_step(table([0.1, 1.0, 0.3])) == 3


@pytest.mark.parametrize("bad", [np.inf, np.nan, 1e30], ids=str)
def test_overflow_counts_as_divergence_and_becomes_a_number(bad):
    mse = table([0.1, 0.1, bad, 0.1])
    found = metrics.errors(mse, time_units=2, horizon=4)
    assert found.divergence == 2
    assert found.window == pytest.approx((0.1 + metrics.CAP) / 2)
    assert np.isfinite(found.final)


def test_loss_points_are_the_last_steps_of_the_windows():
    np.testing.assert_array_equal(metrics.loss_points(20, 100), [19, 39, 59, 79, 99])
    np.testing.assert_array_equal(metrics.loss_points(1, 3), [0, 1, 2])
    assert metrics.intervening_points(20, 100).size == 95


def test_one_time_unit_has_no_intervening_step():
    found = metrics.errors(table([0.1, 0.2, 0.3]), time_units=1, horizon=2)
    assert np.isnan(found.intervening)
    assert np.isnan(found.window)
    assert found.loss_points == pytest.approx(0.15)
    assert found.beyond == pytest.approx(0.3)
    assert np.isnan(metrics.max_intervening(table([0.1, 0.2]), 1))


def test_means_stop_at_divergence_but_the_window_goes_on():
    mse = table([0.0, 0.1, 0.2, 0.3, 2.0, 0.5, 9.0])  # tu 2, T_h 6: points 1, 3, 5
    found = metrics.errors(mse, time_units=2, horizon=6)
    assert found.divergence == 4
    assert found.loss_points == pytest.approx((0.1 + 0.3) / 2)
    assert found.intervening == pytest.approx((0.0 + 0.2) / 2)
    assert np.isnan(found.beyond)
    assert found.window == pytest.approx((0.0 + 0.2 + 2.0) / 3)
    assert found.final == 9.0


def test_means_are_over_starts_and_the_worst_case_over_the_worst_start():
    mse = table([0.1, 0.1, 0.1], [0.3, 0.1, 0.5])
    assert metrics.errors(mse, 1, 3).loss_points == pytest.approx(1.2 / 6)
    assert metrics.worst_case(mse, 1, 3).loss_points == pytest.approx(0.9 / 3)


def test_the_largest_intervening_error_stops_before_the_first_loss_point():
    mse = table([0.1, 0.2, 9.0, 9.0], [0.4, 0.1, 9.0, 9.0])
    assert metrics.max_intervening(mse, 3) == pytest.approx(0.4)


def test_horizons_count_from_one_and_those_beyond_the_rollout_are_left_out():
    assert metrics.mean_by_horizon(table([0.1, 0.2]), [1, 2, 3]) == {1: 0.1, 2: 0.2}


def test_total_variance_is_the_error_of_the_mean_and_constants_explain_nothing():
    voltage = np.random.default_rng(0).normal(size=(400, 3)) * [1.0, 2.0, 0.0] + 5.0
    error = ((voltage - voltage.mean(0)) ** 2).mean()
    assert metrics.total_variance(voltage) == pytest.approx(error)
    total = voltage.var(axis=0)
    total[2] = 0.0
    share = metrics.explained(total, total)
    np.testing.assert_allclose(share[:2], 0.0)
    assert np.isnan(share[2])


def test_types_are_averaged_and_an_empty_type_is_missing():
    values, kinds = np.array([1.0, 3.0, 5.0]), np.array([0, 0, 2])
    np.testing.assert_allclose(metrics.by_type(values, kinds), [2.0, np.nan, 5.0])


def test_stopping_waits_while_the_error_still_falls():
    falling = [0.8**k for k in range(12)]
    assert metrics.stopping_place(falling, patience=3) is None


def test_stopping_happens_after_patience_values_without_improvement():
    history = [1.0, 0.5, 0.25, 0.24, 0.24, 0.24, 0.24]
    # 0.25 stands at place 2; three newer values within 10 % of it: place 5.
    assert metrics.stopping_place(history, patience=3) == 5


def test_a_flat_start_alone_does_not_stop_before_patience_is_over():
    assert not metrics.should_stop([1.0, 1.0, 1.0], patience=3)
    assert metrics.should_stop([1.0, 1.0, 1.0, 1.0], patience=3)


def test_an_unstable_model_does_not_stop():
    flat = [1.0] * 8
    assert not metrics.should_stop(flat, 3, divergence=200)
    assert metrics.should_stop(flat, 3, divergence=2000)


def test_shapes_are_checked():
    with pytest.raises(TypeCheckError):
        metrics.divergence_step(np.zeros(3))
