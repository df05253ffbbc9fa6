"""Reading a law from a field: the truth gives Newton's, noise nothing."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from studies.orbit import readings
from studies.orbit.law import Law
from studies.orbit.systems import TwoBody
from studies.orbit.tasks import orbit_set

TRUTH = TwoBody()
ROW = {"family": "complex", "orbits": 10, "data_seed": 1, "points": 90}
THRESHOLDS = (0.02, 0.05, 0.1, 0.2)


class Bent(eqx.Module):
    """A network's kind of fault: right between 1 and 11 R_E, constant beyond."""

    def acceleration(self, state: jax.Array) -> jax.Array:
        radius = jnp.linalg.norm(state[:3])
        reach = jnp.clip(radius, 1.0, 11.0)
        return -state[:3] / radius / reach**2


def test_the_true_field_is_read_as_one_term_with_exponent_minus_two_and_mu_one():
    orbits = orbit_set("complex", 20, 3, points=120)
    found = readings.read(TRUTH.acceleration, orbits, THRESHOLDS)
    assert found.newton == dict.fromkeys(THRESHOLDS, True)
    assert found.power.exponent == pytest.approx(-2, abs=1e-6)
    assert found.power.mu == pytest.approx(1, abs=1e-6)
    for law in found.laws.values():
        assert law.coefficients[0] == pytest.approx(-1, abs=1e-6)


def test_shuffled_accelerations_are_read_as_no_law():
    orbits = orbit_set("complex", 20, 3, points=120)
    for seed in range(3):
        law = readings.read_shuffled(TRUTH.acceleration, orbits, 0.02, seed)
        assert law.names == ()


def test_orbits_between_two_radii_stay_there():
    for low, high in (readings.FAR, readings.NEAR):
        radius = np.linalg.norm(
            readings.orbits_between(low, high).states[..., :3], axis=-1
        )
        assert radius.min() >= low * (1 - 1e-9)
        assert radius.max() <= high * (1 + 1e-9)


def test_the_law_of_a_field_that_bends_outside_is_better_there_than_the_field():
    found = readings.judge(Bent(), ROW, (0.05,), 0.05)
    assert found["newton_5"]
    assert found["law_far"] < 0.01 < 10 < found["network_far"]
    assert found["gain_far"] > 1_000
    assert found["network_inside"] < 0.1
    assert found["network_near"] > 10 > 0.01 > found["law_near"]


def test_a_law_without_terms_errs_by_all_there_is():
    nothing = Law((), np.zeros(0), np.zeros(0), 0.0)
    orbits = readings.orbits_between(*readings.FAR)
    assert readings.law_error(nothing, orbits) == pytest.approx(100)


def test_the_profile_over_circles_tells_field_from_law():
    found = readings.judge(Bent(), ROW, (0.05,), 0.05)
    assert found["mu_gap"] < 0.01
    reading = readings.read(Bent().acceleration, readings.training_states(ROW), (0.05,))
    radii = np.array([2.0, 30.0])
    network, law = readings.profile(Bent().acceleration, reading.laws[0.05], radii)
    assert network[0] < 1e-3 < 100 < network[1]
    assert law.max() < 0.01


@pytest.mark.parametrize(
    ("row", "kept"),
    [
        ({}, True),
        ({"space": True}, False),
        ({"system": "j2"}, False),
        ({"outcome": "diverged"}, False),
        ({"data_file": "orbits.csv"}, False),
    ],
)
def test_only_planar_models_of_drawn_orbits_of_two_bodies_are_read(row, kept):
    assert readings.of_newton(row) is kept
