"""Differences of positions: their order, and what they refuse."""

import numpy as np
import pytest

from studies.orbit import differences
from studies.orbit.orbit_sets import TaskError, orbit_set


def worst(points: int, order: int) -> tuple[float, ...]:
    """Largest errors of velocity and acceleration on a Kepler orbit [1]."""
    orbits = orbit_set("simple", 1, 3, space=True, points=points)
    step = float(orbits.time[0, 1])
    half = order // 2
    seen = differences.motion(orbits.states[0, :, :3], step, order)
    true = orbits.states[0, half:-half, 3:], orbits.acceleration[0, half:-half]
    gaps = (seen.velocity - true[0], seen.acceleration - true[1])
    return tuple(float(np.abs(gap).max()) for gap in gaps)


@pytest.mark.parametrize("order", [4, 6])
def test_half_the_step_divides_the_error_by_two_to_the_order(order):
    coarse, fine = np.array(worst(60, order)), np.array(worst(120, order))
    assert np.allclose(np.log2(coarse / fine), order, atol=0.15)


def test_at_360_points_a_revolution_the_error_is_below_that_of_any_network():
    assert max(worst(360, 4)) < 7e-6
    assert max(worst(360, 6)) < 1e-6


def test_a_polynomial_of_the_order_is_differentiated_exactly():
    time = np.linspace(-1, 1, 21)[:, None]
    seen = differences.motion(time**6 - time**3, 0.1, 6)
    inner = time[3:-3]
    assert np.allclose(seen.velocity, 6 * inner**5 - 3 * inner**2, atol=1e-12)
    assert np.allclose(seen.acceleration, 30 * inner**4 - 6 * inner, atol=1e-11)


def test_a_set_of_positions_carries_what_was_estimated():
    orbits = orbit_set("simple", 2, 3, points=90)
    paths = [orbits.states[0, :, :3], orbits.states[1, :50, :3]]
    steps = [float(orbits.time[row, 1]) for row in (0, 1)]
    seen = differences.set_of_positions("mine", ("a", "b"), paths, steps)
    assert seen.mask.sum(axis=1).tolist() == [84, 44]
    assert seen.estimated is not None
    keep = seen.mask
    assert np.allclose(seen.estimated[keep], seen.acceleration[keep], atol=1e-6)
    assert np.allclose(seen.elements[:, 0], orbits.elements[:, 0], rtol=1e-6)


@pytest.mark.parametrize(
    ("position", "step", "order", "words"),
    [
        (np.zeros((9, 3)), 1.0, 5, "must be 4 or 6"),
        (np.zeros((9, 3)), 0.0, 4, "must be positive"),
        (np.zeros((9, 3)), np.nan, 4, "must be positive"),
        (np.zeros((6, 3)), 1.0, 6, "at least 7 samples; got 6"),
        (np.full((9, 3), np.inf), 1.0, 4, "Position 0 of 9 is not finite"),
    ],
)
def test_what_cannot_be_differentiated_is_refused(position, step, order, words):
    with pytest.raises(TaskError, match=words):
        differences.motion(position, step, order)
