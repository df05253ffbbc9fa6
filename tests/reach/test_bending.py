"""Curvature at rest, against the identities that it has to obey."""

import numpy as np
import pytest

from reach_models import at_rest
from studies.reach import bending


@pytest.fixture(scope="module")
def bent() -> bending.Bending:
    return bending.Bending(at_rest(), 4)


def test_the_speeds_hessian_is_the_squared_slope_at_rest_only(bent):
    assert bent.apart < 1e-10
    shares = [bent.away(distance) for distance in (1e-4, 1e-2, 1.0)]
    assert shares[0] < 1e-3
    assert shares[0] < shares[1] < shares[2]


def test_eigenvalues_of_the_speed_are_squared_singular_values(bent):
    value, vector = bent.slow
    slope = bent.jacobian - np.eye(12)
    singular = np.linalg.svd(slope, compute_uv=False)[:, ::-1]
    assert np.allclose(value, singular**2, atol=1e-10)
    slowest = vector[1][:, 0]
    assert np.linalg.norm(slope[1] @ slowest) == pytest.approx(singular[1, 0])


def test_the_linear_picture_errs_in_proportion_to_the_distance(bent):
    """Its error is of second order, and what it is relative to is of the first."""
    near, far = (bent.linear_error(distance) for distance in (1e-3, 2e-3))
    assert np.allclose(far / near, 2, rtol=0.02)


def test_within_the_radius_the_linear_picture_errs_by_less_than_itself(bent):
    """At a tenth of the radius the worst direction errs by 5 % of the largest slope."""
    radius = bent.through["readout"].radius.min(axis=-1)
    assert np.all(bent.linear_error(0.1 * radius.min()) < 0.2)
    assert np.all(radius > 0)
    assert bent.through["slow modes"].spectral.shape == (2, bending.LEADING)
