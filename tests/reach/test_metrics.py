"""Measures on trajectories made by hand, signs and units included."""

import jax.numpy as jnp
import numpy as np
import pytest

from studies.reach import metrics
from studies.reach.loop import Course, Loop

LOOP = Loop(steps=41, dt=0.05)
LENGTH = 0.5  # [m]


def rotated(angle):
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def course(position, force):
    """A course along these positions, velocities by differences."""
    position, force = np.asarray(position, float), np.asarray(force, float)
    velocity = np.gradient(position, LOOP.dt, axis=0)
    controls = len(force)
    zeros = jnp.zeros((controls, 2), jnp.float32)
    return Course(
        jnp.asarray(position, jnp.float32),
        jnp.asarray(velocity, jnp.float32),
        jnp.asarray(force, jnp.float32),
        zeros,
        jnp.zeros((controls, 3), jnp.float32),
        jnp.zeros((controls, 4), jnp.float32),
        zeros,
        jnp.zeros((controls, 4), jnp.float32),
    )


def bowed(side, angle=0.0, start=(0.2, -0.1)):
    """A reach bowed to the left (side +1) or right (-1) by a fifth of its length.

    It moves steadily for 30 steps and then rests; the force is 2 N forward in the first
    ten steps and 1 N against the bow in the next ten.
    """
    share = np.minimum(np.arange(LOOP.steps) / 30, 1.0)
    path = np.stack(
        [LENGTH * share, side * 0.2 * LENGTH * np.sin(np.pi * share)], axis=-1
    )
    force = np.zeros((LOOP.controls, 2))
    force[:10, 0], force[10:20, 1] = 2.0, -side
    turn = rotated(angle).T
    start = np.asarray(start)
    goal = start + np.array([LENGTH, 0]) @ turn
    made = course(start + path @ turn, force @ turn)
    vectors = (jnp.asarray(x, jnp.float32) for x in (start, goal))
    return metrics.align(made, LOOP, *vectors)


def values(a, names=tuple(metrics.MEASURES)):
    return {name: float(value) for name, value in metrics.measure(a, names).items()}


@pytest.mark.parametrize("angle", [0.0, 0.7, 2.5, -1.9])
def test_a_path_bowed_to_the_left_is_positive_whatever_the_direction(angle):
    left, right = values(bowed(1, angle)), values(bowed(-1, angle))
    assert left["max_orthogonal_distance_left"] == pytest.approx(20, rel=1e-4)
    assert left["max_orthogonal_distance_right"] == pytest.approx(0, abs=1e-3)
    assert left["largest_orthogonal_distance"] == pytest.approx(20, rel=1e-4)
    assert right["largest_orthogonal_distance"] == pytest.approx(-20, rel=1e-4)
    assert right["max_orthogonal_distance_right"] == pytest.approx(20, rel=1e-4)
    assert left["sum_orthogonal_distance"] > 0 > right["sum_orthogonal_distance"]
    assert left["max_orthogonal_vel_signed"] > 0 > right["max_orthogonal_vel_signed"]


@pytest.mark.parametrize("angle", [0.0, 1.1, -2.4])
def test_a_force_to_the_right_corrects_a_path_to_the_left(angle):
    left, right = values(bowed(1, angle)), values(bowed(-1, angle))
    assert left["max_orthogonal_force_right"] == pytest.approx(1, rel=1e-4)
    assert left["max_orthogonal_force_left"] == pytest.approx(0, abs=1e-5)
    assert right["max_orthogonal_force_left"] == pytest.approx(1, rel=1e-4)


def test_forces_of_known_size_and_length():
    found = values(bowed(1, 0.4))
    dt = LOOP.dt
    expected = {
        "max_net_force": 2.0,
        "sum_net_force": (10 * 2 + 10 * 1) * dt,
        "max_parallel_force_forward": 2.0,
        "sum_parallel_force": 10 * 2 * dt,
        "sum_orthogonal_force_abs": 10 * 1 * dt,
        "initial_force_direction": 0.0,
    }
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-4), name


def test_sums_are_integrals_and_do_not_depend_on_the_time_step():
    """∫ 0.2 L sin(πs) dt over the 30 steps of movement is 0.2 L · 1.5 s · 2/π."""
    found = values(bowed(1))
    expected = 0.2 * LENGTH * 30 * LOOP.dt * 2 / np.pi
    assert found["sum_orthogonal_distance"] == pytest.approx(expected, rel=5e-3)
    assert found["sum_orthogonal_distance_abs"] == pytest.approx(expected, rel=5e-3)


def test_speeds_and_errors_at_the_end():
    found = values(bowed(1))
    assert found["end_position_error"] == pytest.approx(0, abs=1e-3)
    assert found["end_velocity_error"] == pytest.approx(0, abs=1e-5)
    speed = LENGTH / (30 * LOOP.dt)
    assert found["max_parallel_vel_forward"] == pytest.approx(speed, rel=1e-4)
    lateral = 0.2 * LENGTH * np.pi / (30 * LOOP.dt)  # at the start, to the left
    assert found["max_orthogonal_vel_left"] == pytest.approx(lateral, rel=0.02)


def test_a_reach_that_stops_short_misses_by_what_is_left():
    steps = LOOP.steps
    path = np.stack([np.full(steps, 0.8 * LENGTH), np.zeros(steps)], axis=-1)
    start, goal = jnp.zeros(2, jnp.float32), jnp.array([LENGTH, 0], jnp.float32)
    a = metrics.align(course(path, np.zeros((steps - 1, 2))), LOOP, start, goal)
    assert values(a)["end_position_error"] == pytest.approx(20, rel=1e-5)


def test_backward_motion_counts_as_reverse():
    steps = LOOP.steps
    path = np.stack([-0.3 * np.arange(steps) * LOOP.dt, np.zeros(steps)], axis=-1)
    force = np.tile([-1.5, 0.0], (steps - 1, 1))
    start, goal = jnp.zeros(2, jnp.float32), jnp.array([LENGTH, 0], jnp.float32)
    found = values(metrics.align(course(path, force), LOOP, start, goal))
    assert found["max_parallel_vel_reverse"] == pytest.approx(0.3, rel=1e-4)
    assert found["max_parallel_force_reverse"] == pytest.approx(1.5)
    assert found["max_parallel_vel_forward"] == pytest.approx(-0.3, rel=1e-4)
    assert abs(found["initial_force_direction"]) == pytest.approx(np.pi)


def test_deviation_from_a_steady_position_has_the_units_of_the_path():
    steps = LOOP.steps
    path = np.tile([0.3, 0.4], (steps, 1))
    zero = jnp.zeros(2, jnp.float32)
    along = jnp.array([0, 1], jnp.float32)
    a = metrics.align(course(path, np.zeros((steps - 1, 2))), LOOP, zero, zero, along)
    found = values(a, ("max_deviation", "sum_deviation"))
    assert found["max_deviation"] == pytest.approx(0.5)
    assert found["sum_deviation"] == pytest.approx(0.5 * steps * LOOP.dt)
    assert np.allclose(a.position[0], [0.4, -0.3]), "along y, +x is to the right"


def test_impulse_windows_hold_the_steps_they_name():
    """Net force is the number of its step, so a largest value names its last step."""
    force = np.zeros((LOOP.controls, 2))
    force[:, 0] = np.arange(LOOP.controls)
    zero, along = jnp.zeros(2, jnp.float32), jnp.array([1, 0], jnp.float32)
    made = course(np.zeros((LOOP.steps, 2)), force)
    a = metrics.align(made, LOOP, zero, zero, along)
    found = metrics.measure_impulse(a, start=20, duration=5)
    assert float(found["max_net_force_during"]) == 24
    assert float(found["max_net_force_after"]) == LOOP.controls - 1
    assert float(found["max_parallel_force_forward_just_after"]) == 29


def test_output_correlation_of_aligned_and_orthogonal_readouts():
    time = np.linspace(0, 1, 50)
    direction = np.array([3.0, 4.0, 0.0, 0.0]) / 5
    hidden = jnp.asarray(np.sin(5 * time)[:, None] * direction + 2.0, jnp.float32)
    along = jnp.asarray(np.stack([direction, 0 * direction]), jnp.float32)
    across = jnp.asarray([[0, 0, 1, 0], [0, 0, 0, 1]], jnp.float32)
    assert float(metrics.output_correlation(hidden, along)) == pytest.approx(1)
    assert float(metrics.output_correlation(hidden, across)) == pytest.approx(0)
    both = along + jnp.asarray([[0, 0, 1, 0], [0, 0, 0, 0]], jnp.float32)
    expected = 1 / np.sqrt(2)
    assert float(metrics.output_correlation(hidden, both)) == pytest.approx(expected)


def test_every_set_of_measures_is_defined():
    sets = (*metrics.PLANT, *metrics.FEEDBACK, *metrics.PLANT_WITH_CONTEXT)
    assert set(sets) <= set(metrics.MEASURES)
    assert all(metrics.unit(name) and metrics.words(name) for name in sets)
    assert metrics.unit("max_net_force_during") == "N"
