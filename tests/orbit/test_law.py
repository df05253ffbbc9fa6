"""The law in words: the truth gives one term, noise gives none."""

import numpy as np
import pytest

from studies.orbit import law


@pytest.fixture(scope="module")
def states() -> tuple[np.ndarray, np.ndarray]:
    """Positions and velocities of bound planar orbits, radii from 1.05 to 10."""
    rng = np.random.default_rng(0)
    r = rng.uniform(1.05, 10, 2_000)
    angle, way = rng.uniform(0, 2 * np.pi, (2, 2_000))
    position = r[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    speed = np.sqrt(1 / r) * rng.uniform(0.7, 1.2, 2_000)
    velocity = speed[:, None] * np.stack([np.cos(way), np.sin(way)], axis=1)
    return position, velocity


def newton(position: np.ndarray, mu: float = 1.0) -> np.ndarray:
    return -mu * position / np.linalg.norm(position, axis=-1, keepdims=True) ** 3


@pytest.mark.parametrize("threshold", [0.02, 0.05, 0.2])
def test_the_true_field_is_exactly_one_term(states, threshold):
    found = law.regress(states[0], states[1], newton(states[0]), threshold)
    assert found.is_newton
    assert found.coefficients[0] == pytest.approx(-1, abs=1e-6)
    assert found.explained == pytest.approx(1, abs=1e-9)
    assert found.words == "a = -1 r⁻² R̂"


def test_the_true_field_has_exponent_minus_two_and_mu_one(states):
    found = law.power_law(states[0], newton(states[0]))
    assert found.exponent == pytest.approx(-2, abs=1e-6)
    assert found.mu == pytest.approx(1, abs=1e-6)


def test_shuffled_accelerations_are_no_law(states):
    order = np.random.default_rng(1).permutation(len(states[0]))
    found = law.regress(states[0], states[1], newton(states[0])[order])
    assert found.names == ()
    assert found.words == "a = 0"
    assert not found.is_newton
    assert np.all(found(states[0], states[1]) == 0)


def test_drag_and_another_power_are_told_from_newton(states):
    position, velocity = states
    drag = newton(position) - 0.1 * velocity
    found = law.regress(position, velocity, drag, 0.02)
    assert found.names == ("r⁻² R̂", "v")
    assert np.allclose(found.coefficients, [-1, -0.1], atol=1e-8)
    r = np.linalg.norm(position, axis=-1, keepdims=True)
    cubed = law.regress(position, velocity, -2 * position / r**4)
    assert cubed.names == ("r⁻³ R̂",)
    assert cubed.coefficients[0] == pytest.approx(-2)
    repelled = law.regress(position, velocity, -newton(position))
    assert not repelled.is_newton


def test_a_law_holds_far_outside_the_radii_it_was_read_from(states):
    found = law.regress(states[0], states[1], newton(states[0]))
    far = states[0] * 4
    assert np.allclose(found(far, states[1]), newton(far), rtol=1e-6)


def test_noise_of_a_percent_leaves_the_law(states):
    rng = np.random.default_rng(2)
    exact = newton(states[0])
    noisy = exact * (1 + 0.01 * rng.normal(size=exact.shape))
    found = law.regress(states[0], states[1], noisy)
    assert found.is_newton
    assert found.coefficients[0] == pytest.approx(-1, abs=2e-3)


def test_no_power_law_where_nothing_is_attracted(states):
    with pytest.raises(ValueError, match="0 of 2000 states are attracted"):
        law.power_law(states[0], -newton(states[0]))


def test_the_library_has_nineteen_terms(states):
    assert len(law.library(states[0], states[1])) == 19
