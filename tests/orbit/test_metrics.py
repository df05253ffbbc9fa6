"""Measures of a learned field, each against numbers worked out by hand or by scipy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from studies.orbit import (
    distributions,
    inside,
    metrics,
    reports,
    slopes,
    tasks,
)
from studies.orbit.systems import TwoBody, gravity


@pytest.fixture(scope="module")
def orbits() -> tasks.OrbitSet:
    return tasks.orbit_set("complex", 12, seed=1, points=60)


def field(change):
    """Newton's acceleration put through `change(acceleration, state)`."""
    return lambda state: change(gravity(state[:3]), state)


# One vector ------------------------------------------------------------------------


def test_error_and_angle_of_a_known_pair():
    true, predicted = jnp.array([0.0, 2.0, 0.0]), jnp.array([2.0, 2.0, 0.0])
    assert metrics.percent_error(true, predicted) == pytest.approx(100.0)
    assert metrics.angle(true, predicted) == pytest.approx(45.0)
    assert metrics.angle(true, -true) == pytest.approx(180.0)
    assert metrics.radial_component(true, predicted) == pytest.approx(2.0)


def test_a_small_angle_is_not_lost_to_rounding():
    """arccos of a cosine near one would give 0 or 0.02° in float32."""
    tilted = jnp.array([1.0, 1e-5, 0.0])
    angle = metrics.angle(jnp.array([1.0, 0.0, 0.0]), tilted)
    assert float(angle) == pytest.approx(np.degrees(1e-5), rel=1e-5)


# Sets ------------------------------------------------------------------------------


def test_the_true_field_has_no_error_and_slope_minus_two(orbits):
    row = reports.table_row(metrics.predict(TwoBody().acceleration, orbits))
    assert row["p95"] < 1e-4  # [%], a few roundings of float32
    assert row["angle"] < 1e-5
    assert row["collinearity"] == pytest.approx(180.0, abs=1e-4)
    assert row["slope"] == pytest.approx(-2.0, abs=1e-6)
    assert row["critical_radius"] == float("inf")
    assert row["radial_sign"] == row["direction_flips"] == row["not_finite"] == 0


def test_every_entry_of_a_row_has_a_unit(orbits):
    row = reports.table_row(metrics.predict(TwoBody().acceleration, orbits))
    row |= inside.field_row(inside.jacobians(TwoBody(), orbits))
    assert {reports.unit_of(name) for name in row} <= {"%", "deg", "1", "R_E", "1/TU"}


def test_a_field_scaled_by_one_tenth_is_wrong_by_ten_percent_everywhere(orbits):
    given = metrics.predict(field(lambda a, _: 1.1 * a), orbits)
    row = reports.table_row(given)
    for name in ("mean", "median", "q1", "q3", "p95", "orbit_mean", "orbit_median"):
        assert row[name] == pytest.approx(10.0, abs=1e-4)
    assert row["angle"] < 1e-5
    assert row["slope"] == pytest.approx(-2.0, abs=1e-6)


def test_the_mean_inside_a_training_is_the_mean_of_the_table(orbits):
    wrong = field(lambda a, state: a * (1 + 0.1 * state[0]))
    states = jnp.asarray(orbits.states, jnp.float32).at[0, 40:].set(jnp.nan)
    true = jnp.asarray(orbits.acceleration, jnp.float32)
    error = jax.jit(lambda s: metrics.acceleration_error(wrong, s, true))
    inside_training = error(states)
    cut = orbits.states.copy()
    cut[0, 40:] = np.nan
    padded = tasks.OrbitSet(
        "cut", orbits.time, cut, orbits.elements, orbits.names, "complex"
    )
    given = metrics.predict(wrong, padded)
    assert np.isnan(given.errors).sum() == 20
    assert float(inside_training) == pytest.approx(
        reports.table_row(given)["mean"], rel=1e-5
    )


def test_orbits_count_once_in_their_pool_however_many_samples_they_have():
    position = np.ones((2, 4, 3))
    true = np.broadcast_to([1.0, 0, 0], (2, 4, 3)).copy()
    predicted = true.copy()
    predicted[0] *= 1.5  # 50 % on the four samples of the first orbit
    for array in (position, true, predicted):
        array[1, 1:] = np.nan  # one sample, without error, in the second
    mask = np.asarray(np.isfinite(true).all(axis=-1))
    given = metrics.Predictions(position, true, predicted, mask)
    row = reports.table_row(given)
    assert row["mean"] == pytest.approx(40.0)
    assert row["orbit_mean"] == pytest.approx(25.0)


def test_a_field_without_a_value_is_infinitely_wrong_and_never_left_out(orbits):
    broken = field(lambda a, state: jnp.where(state[0] > 0, a, jnp.nan))
    row = reports.table_row(metrics.predict(broken, orbits))
    lost = 100 * np.mean(~(orbits.states[..., 0].astype(np.float32) > 0))
    assert row["not_finite"] == pytest.approx(lost)
    assert row["mean"] == row["orbit_mean"] == float("inf")


def test_a_field_that_pushes_is_counted_by_its_sign(orbits):
    given = metrics.predict(field(lambda a, _: -a), orbits)
    row = reports.table_row(given)
    assert row["radial_sign"] == 100.0
    assert row["mean"] == pytest.approx(200.0, abs=1e-3)
    assert row["angle"] == pytest.approx(180.0, abs=1e-4)
    assert row["direction_flips"] == 0.0


def test_direction_flips_are_counted_between_neighbours():
    up, down = [0.0, 1, 0], [0.0, -1, 0]
    gone = [np.nan] * 3
    predicted = np.array([[up, up, down, down, up], [up, down, gone, gone, gone]])
    assert metrics.direction_flips(predicted) == pytest.approx(100 * 3 / 5)


def test_the_twin_failure_is_a_flip_of_both_outputs_only():
    magnitude = np.array([[1.0, -1.0, -1.0, 1.0, 1.0]])
    side = np.array([1.0, -1.0, 1.0, 1.0, 1.0])
    direction = np.stack([side, 0 * side, 0 * side], axis=-1)[None]
    # pairs: both flip (twin), direction only, magnitude only, nothing
    assert metrics.output_flips(magnitude, direction) == pytest.approx(25.0)
    acceleration = magnitude[..., None] * direction
    assert metrics.direction_flips(acceleration) == pytest.approx(50.0)


def test_outputs_of_a_model_are_read_where_there_are_samples(orbits):
    class Model:
        def output_features(self, state):
            return jnp.linalg.norm(state[:3]), -state[:3]

    magnitude, direction = metrics.output_features(Model(), orbits)
    radius = np.linalg.norm(orbits.states[..., :3], axis=-1)
    assert magnitude == pytest.approx(radius, rel=1e-6)
    assert direction == pytest.approx(-orbits.states[..., :3], abs=1e-6)


# Distributions ---------------------------------------------------------------------

SAMPLE = np.random.default_rng(0).gamma(2.0, size=501)


def test_shapes_agree_with_scipy():
    assert distributions.skewness(SAMPLE) == pytest.approx(stats.skew(SAMPLE))
    q1, q2, q3 = (stats.scoreatpercentile(SAMPLE, p) for p in (25, 50, 75))
    assert distributions.bowley_skewness(SAMPLE) == pytest.approx(
        (q3 + q1 - 2 * q2) / (q3 - q1)
    )
    mean, median, spread = SAMPLE.mean(), np.median(SAMPLE), SAMPLE.std()
    assert distributions.pearson_median_skewness(SAMPLE) == pytest.approx(
        3 * (mean - median) / spread
    )
    mode = distributions.half_sample_mode(SAMPLE)
    assert distributions.pearson_mode_skewness(SAMPLE) == pytest.approx(
        (mean - mode) / spread
    )


def test_the_mode_lies_where_the_sample_is_densest():
    large = np.random.default_rng(1).gamma(3.0, size=20001)  # its density peaks at 2
    assert distributions.half_sample_mode(large) == pytest.approx(2.0, abs=0.5)
    assert distributions.half_sample_mode(np.array([0, 5, 9.0, 9.1, 9.2, 30])) in (
        pytest.approx(9.1, abs=0.1),
    )
    assert distributions.half_sample_mode(np.array([4.0])) == 4.0
    assert distributions.half_sample_mode(np.array([1.0, 2.0, 9.0])) == 1.5


def test_summary_quartiles_and_outliers_of_a_known_sample():
    values = np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 100, np.nan])
    row = distributions.summary(values)
    assert (row["q1"], row["median"], row["q3"]) == (3.0, 5.0, 7.0)
    assert row["mean"] == pytest.approx(136 / 9)
    assert row["p95"] == pytest.approx(8 + 0.6 * 92)
    assert distributions.outliers(values) == (1, pytest.approx(100 / 9))


@settings(deadline=None)
@given(st.lists(st.floats(0, 1e6), min_size=3, max_size=50), st.floats(0.1, 10))
def test_skewness_does_not_know_the_unit(values, unit):
    sample = np.array(values)
    if sample.std() < 1e-3 * max(sample.max(), 1):
        return
    for name, value in distributions.shape(sample).items():
        scaled = distributions.shape(unit * sample)[name]
        if name in ("skewness", "sk2"):
            assert scaled == pytest.approx(value, rel=1e-6, abs=1e-6)


# Slopes ----------------------------------------------------------------------------


def test_slope_of_a_power_law_is_its_exponent():
    radius = np.geomspace(1, 12, 500)
    size = 0.7 * radius**-1.3
    assert slopes.slope(radius, size) == pytest.approx(-1.3)
    local = slopes.local_slope(radius, size, slopes.radii(radius))
    assert local == pytest.approx(np.full(60, -1.3))


def test_critical_radius_is_where_the_slope_turns_wrong_to_the_end():
    radius = np.geomspace(1, 12, 4000)
    knee = 4.0  # ∝ r⁻² inside, ∝ r⁻¹ outside, as the notes saw
    size = np.where(radius < knee, radius**-2.0, radius**-1.0 / knee)
    found = slopes.critical_radius(radius, size, -size)
    assert found == pytest.approx(knee, rel=0.15)  # half a window of 0.3 in ln r
    assert slopes.critical_radius(radius, radius**-2.0, -size) == float("inf")
    assert slopes.critical_radius(radius, radius**-1.0, -size) == radius[0]


def test_a_field_that_pushes_far_out_has_a_critical_radius():
    radius = np.geomspace(1, 12, 4000)
    size = radius**-2.0
    radial = np.where(radius < 6.0, -size, size)
    assert slopes.critical_radius(radius, size, radial) == pytest.approx(6.0, rel=0.15)


def test_a_slope_needs_samples_and_spread():
    one = np.ones(10)
    assert np.isnan(slopes.slope(one, one))
    few = slopes.local_slope(np.array([1.0, 1.01]), np.array([1.0, 1.0]), np.ones(1))
    assert np.isnan(few).all()


# Inside ----------------------------------------------------------------------------


def test_jacobian_of_newtons_field_is_the_known_matrix(orbits):
    matrices = inside.jacobians(TwoBody(), orbits, every=20)
    position = orbits.states[0, 0, :3]
    r = np.linalg.norm(position)
    tidal = 3 * np.outer(position, position) / r**5 - np.eye(3) / r**3
    expected = np.block([[np.zeros((3, 3)), np.eye(3)], [tidal, np.zeros((3, 3))]])
    assert matrices[0, 0] == pytest.approx(expected, abs=1e-5)


def test_friction_shows_as_divergence_and_velocity_sensitivity(orbits):
    def dragged(state):
        return TwoBody()(state) - 0.1 * jnp.concatenate([jnp.zeros(3), state[3:]])

    row = inside.field_row(inside.jacobians(dragged, orbits))
    assert row["divergence"] == pytest.approx(0.3, abs=1e-5)
    assert row["velocity_sensitivity"] == pytest.approx(0.1 * np.sqrt(3), abs=1e-5)
    true = inside.field_row(inside.jacobians(TwoBody(), orbits))
    assert true["divergence"] == pytest.approx(0.0, abs=1e-6)


def test_the_fastest_rate_of_newtons_field_is_that_of_the_lowest_sample(orbits):
    """Eigenvalues ±√2 r^(-3/2) along the radius, ±i r^(-3/2) across it."""
    row = inside.field_row(inside.jacobians(TwoBody(), orbits, every=1))
    lowest = np.linalg.norm(orbits.states[..., :3], axis=-1).min()
    assert row["fastest_rate"] == pytest.approx(np.sqrt(2) * lowest**-1.5, rel=1e-4)
