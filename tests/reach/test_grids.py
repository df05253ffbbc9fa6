"""What follows from the fixed points at rest: gains, offsets and derivatives."""

import numpy as np
import pytest

from reach_models import at_rest
from studies.reach import grids


@pytest.fixture(scope="module")
def resting() -> grids.Resting:
    return at_rest()


def test_the_gain_of_a_small_held_error_is_that_of_the_derivative(resting):
    """A small error moves the force by W (I − J)⁻¹ B times the error."""
    size = 1e-4
    found = resting.offset(grids.SPEED, [size], directions=4)
    exact = resting.model.readout @ resting.by(grids.SPEED)
    way = np.array([[1.0, 0], [0, 1], [-1, 0], [0, -1]])
    against = -np.einsum("dx,cpxy,dy->cpd", way, exact, way)
    assert np.allclose(found.force[:, :, 0] / size, against, atol=1e-4)
    assert np.allclose(found.gain[:, 0], np.median(against, axis=(1, 2)), atol=1e-4)
    assert found.missing == 0
    assert found.reasons == {"slow point": 0, "far from rest": 0, "no number": 0}


def test_implicit_derivatives_are_differences_of_points_found_again(resting):
    assert max(resting.difference(part) for part in resting.parts) < 1e-6
    assert resting.parts == ("target_position", "context")
    wrong = grids.Resting(resting.model, resting.steady)
    wrong.__dict__["moves"] = 1.01 * resting.moves  # as if they were one percent off
    assert wrong.difference("context") == pytest.approx(0.01 / 1.01, rel=1e-3)


def test_a_fresh_evaluation_of_every_point_is_at_rest(resting):
    assert resting.residual.shape == (2, 9)
    assert np.max(resting.residual) <= 1e-10


def test_medians_leave_out_what_is_not_known():
    values = np.array([[1.0, 3.0, np.nan], [np.nan, np.nan, np.nan]])
    assert np.array_equal(grids.over_places(values), [2.0, np.nan], equal_nan=True)
