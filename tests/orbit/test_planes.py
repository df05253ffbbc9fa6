"""Fields over the plane and on segments, where the answer is Newton's."""

import jax.numpy as jnp
import numpy as np
import pytest

from studies.orbit import figures, planes
from studies.orbit.batches import trajectories_of
from studies.orbit.recipes import PhasePlan
from studies.orbit.systems import TwoBody
from studies.orbit.tasks import orbit_set, unseen_set


@pytest.fixture(scope="module")
def newton() -> planes.Plane:
    return planes.over_plane(TwoBody(), reach=6.0, count=13)


def test_newtons_field_has_no_residual_divergence_or_sensitivity(newton):
    known = np.isfinite(newton.residual)
    assert known.sum() == 13 * 13 - 1  # the centre is inside the Earth
    assert np.nanmax(newton.residual) < -5
    assert np.nanmax(np.abs(newton.divergence)) < 1e-6
    assert np.nanmax(newton.sensitivity) == 0


def test_newtons_fastest_rate_is_the_root_of_its_radial_gradient(newton):
    # ∂a/∂p has 2/r³ along the radius, so λ = ±√(2/r³) there
    row, column = 6, 12  # y = 0, x = 6
    expected = np.sqrt(2 / 6.0**3)
    assert newton.fastest[row, column] == pytest.approx(expected, rel=1e-4)


def test_grid_points_move_on_prograde_circles():
    (state,) = planes.circular_states(np.array([4.0]), np.array([0.0]))[0]
    np.testing.assert_allclose(state, [4, 0, 0, 0, 0.5, 0], atol=1e-12)


def test_residuals_are_told_apart_by_the_radii_of_the_training(newton):
    single = orbit_set("circular", 1, 1, points=36)
    inside, outside = planes.in_and_out(newton, single)
    assert max(np.nan_to_num([inside, outside])) < 1e-3
    assert np.isfinite(outside)


def test_the_fall_off_of_an_inverse_square_has_slope_minus_two():
    radius = np.geomspace(1, 10, 500)
    own = planes.fall_off(radius, radius**-2.0)
    # windows at the edge reach beyond the samples, so their means are off centre
    middle = slice(5, -5)
    np.testing.assert_allclose(own.local[middle], -2, atol=1e-6)
    np.testing.assert_allclose(
        np.log(own.size[middle] * own.radius[middle] ** 2), 0, atol=0.03
    )


def test_simpler_fields_err_in_the_order_of_what_they_know():
    orbits = unseen_set(10, points=360)
    errors = {
        length: planes.propagator_errors(
            *trajectories_of(orbits, PhasePlan((0.0, 1.0), 1e-3, 1, length))
        )
        for length in (4, 36)
    }
    for found in errors.values():
        constant, linear, newton = (
            float(found[name]) for name in ("constant", "linear", "newton")
        )
        assert newton < 0.1 * linear
        assert linear < constant
    # the linear field's error is of higher order in the length than the parabola's
    gains = [float(x["constant"] / x["linear"]) for x in errors.values()]
    assert gains[0] > 3 * gains[1]


def test_the_constant_field_is_a_parabola():
    times = jnp.array([[0.0, 0.1, 0.2]])
    start = jnp.array([2.0, 0, 0, 0, 0.5, 0])
    field = planes.constant_field(start)
    states = planes.fast(field, times[0], start)
    expected = 2.0 - 0.25 * 0.2**2 / 2
    assert float(states[-1, 0]) == pytest.approx(expected, rel=1e-6)


def test_figures_of_a_field_carry_their_units(newton):
    training = orbit_set("complex", 2, 1, points=36)
    curve = planes.fall_off(np.geomspace(1, 10, 99), np.geomspace(1, 10, 99) ** -2.0)
    for fig in (
        figures.plane_panels(newton, training),
        figures.arrows(newton),
        figures.rate_histogram({"newton": newton}),
        figures.slopes({"newton": curve}, 6.0),
    ):
        assert fig.data
        titles = [axis.title.text for axis in fig.select_xaxes() if axis.title.text]
        assert titles
        assert all("[" in title for title in titles)
