"""Preferred directions of synthetic units whose preference is known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from studies.reach import evaluation, preferences, tasks
from studies.reach.loop import Course, Loop
from studies.reach.models import build

ANGLES = np.array([0.0, 0.5, 2.0, -3.0, 3.1])


def synthetic(noise=0.0, seed=0, samples=300):
    """Units that are tuned to the feature, with gains, offsets and noise."""
    rng = np.random.default_rng(seed)
    feature = rng.normal(size=(samples, 2)) * [1.0, 0.3] + [0.2, -0.1]
    tuning = np.stack([np.cos(ANGLES), np.sin(ANGLES)]) * np.linspace(0.2, 2, 5)
    activity = feature @ tuning + rng.normal(size=5)
    activity = activity + noise * rng.normal(size=activity.shape)
    return tuple(jnp.asarray(x, jnp.float32) for x in (feature, activity))


def every(feature):
    return jnp.ones(feature.shape[:-1], jnp.float32)


def test_units_of_known_preference_are_found_exactly():
    feature, activity = synthetic()
    found = preferences.fit(preferences.moments(feature, activity, every(feature)))
    assert np.allclose(preferences.turned(ANGLES, found.angle), 0, atol=1e-3)
    assert np.allclose(np.linalg.norm(found.weight, axis=-1), np.linspace(0.2, 2, 5))
    assert np.allclose(found.explained, 1, atol=1e-3)


def test_the_fit_is_the_least_squares_fit():
    feature, activity = synthetic(noise=0.7)
    found = preferences.fit(preferences.moments(feature, activity, every(feature)))
    z = np.column_stack([np.asarray(feature, float), np.ones(len(feature))])
    h = np.asarray(activity, float)
    solution, left, *_ = np.linalg.lstsq(z, h, rcond=None)
    assert np.allclose(found.weight, solution[:2].T, atol=1e-4)
    explained = 1 - left / np.sum((h - h.mean(axis=0)) ** 2, axis=0)
    assert np.allclose(found.explained, explained, atol=1e-3)


def test_moments_add_up_over_chunks():
    feature, activity = synthetic(noise=0.5)
    whole = preferences.moments(feature, activity, every(feature))
    halves = [
        preferences.moments(feature[k::2], activity[k::2], every(feature[k::2]))
        for k in (0, 1)
    ]
    stacked = jax.tree.map(lambda *parts: jnp.stack(parts), *halves)
    summed = preferences.fit(preferences.total(stacked, (0,)))
    assert np.allclose(summed.weight, preferences.fit(whole).weight, atol=1e-4)


def test_samples_of_weight_zero_do_not_count():
    feature, activity = synthetic()
    weight = jnp.asarray(np.arange(len(feature)) < 150, jnp.float32)
    spoiled = jnp.where(weight[:, None] > 0, activity, -3 * activity + 1)
    found = preferences.fit(preferences.moments(feature, spoiled, weight))
    assert np.allclose(preferences.turned(ANGLES, found.angle), 0, atol=1e-3)


def test_a_silent_unit_has_no_preference():
    feature, activity = synthetic()
    activity = activity.at[:, 2].set(0.7)
    found = preferences.fit(preferences.moments(feature, activity, every(feature)))
    assert np.isnan(found.angle[2])
    assert np.isnan(found.explained[2])
    assert np.isfinite(found.angle[[0, 1, 3, 4]]).all()


def test_an_angle_turns_the_short_way_round():
    before, after = np.array([3.0, -3.0, 0.0, 0.5]), np.array([-3.0, 3.0, 1.0, 0.5])
    short = 2 * np.pi - 6
    found = preferences.turned(before, after)
    assert np.allclose(found, [short, -short, 1.0, 0.0])


def test_epochs_meet_at_peak_speed():
    speed = np.concatenate([np.arange(6), np.arange(5, -9, -1)])[:20]
    velocity = jnp.asarray(np.stack([speed, 0 * speed], axis=-1), jnp.float32)
    velocity = jnp.abs(velocity)
    velocity = velocity.at[15:].set(0)
    speeding, slowing = preferences.epochs(velocity, 19)
    assert np.array_equal(np.flatnonzero(speeding), np.arange(5))
    assert np.array_equal(np.flatnonzero(slowing), np.arange(5, 10))


def test_readout_columns_point_where_they_push():
    weight = np.array([[1.0, 0.0, -2.0], [0.0, 3.0, 0.0]])
    expected = [0, np.pi / 2, np.pi]
    assert np.allclose(preferences.readout_angles(weight), expected)
    assert preferences.agreement(np.array([0.0, np.pi, np.nan])) == pytest.approx(0)
    near = np.array([3.0, -3.0])
    assert abs(preferences.circular_mean(near)) == pytest.approx(np.pi)


def test_where_no_unit_has_a_direction_there_is_no_mean():
    """And nothing warns: an epoch may be empty when peak speed comes at the end."""
    nothing = np.full((2, 3), np.nan)
    for of in (preferences.agreement, preferences.circular_mean, preferences.middle):
        assert np.isnan(of(nothing))
    change = np.array([[[0.0, np.nan], [np.nan, np.nan], [np.pi, 0.0]]])
    found = preferences.agreement_in_time(change)
    assert np.allclose(found, [[1.0, np.nan, 0.0]], equal_nan=True)
    feature, activity = synthetic()
    empty = preferences.moments(feature, activity, 0 * every(feature))
    assert np.isnan(preferences.fit(empty).angle).all()


def tuned_course(trial, loop, tuning):
    """A made-up reach: force towards the goal then away, and units tuned to both."""
    controls = loop.controls
    time = np.arange(controls) * loop.dt
    way = np.asarray(trial.goal - trial.start)
    push = np.cos(np.pi * time / time[-1])
    force = push[None, :, None] * way[:, None]
    speed = np.concatenate([[0], np.cumsum(push)])[None, :, None] * way[:, None]
    hidden = force @ tuning
    zeros = np.zeros_like(force)
    senses = np.zeros((len(way), controls, 4))
    parts = (speed, speed, force, force, hidden, senses, zeros, senses)
    return Course(*(jnp.asarray(part, jnp.float32) for part in parts))


def test_units_tuned_to_force_turn_round_for_the_goal_when_slowing():
    """While slowing, force is opposite to the goal, so goal preferences flip."""
    loop = Loop(steps=40)
    trial = tasks.centre_out(grid=1, directions=8)
    tuning = np.stack([np.cos(ANGLES), np.sin(ANGLES)])
    course = tuned_course(trial, loop, tuning)
    controller = build(hidden=5, key=jax.random.key(0))
    kept = preferences.reach_moments(controller, course, trial, None)
    fits = {name: preferences.fit(getattr(kept, name)) for name in kept._fields}
    for name in ("force_speeding", "force_slowing", "goal_speeding"):
        change = preferences.turned(ANGLES, fits[name].angle)
        assert np.allclose(change, 0, atol=1e-3), name
    flipped = preferences.turned(ANGLES, fits["goal_slowing"].angle)
    assert np.allclose(np.abs(flipped), np.pi, atol=1e-3)
    early, late = fits["goal_in_time"].angle[2], fits["goal_in_time"].angle[-3]
    assert np.allclose(preferences.turned(ANGLES, early), 0, atol=1e-3)
    assert np.allclose(np.abs(preferences.turned(ANGLES, late)), np.pi, atol=1e-3)


def test_moments_of_a_network_equal_a_fit_of_its_whole_activity():
    loop = Loop(steps=16)
    controller = build(hidden=6, key=jax.random.key(3))
    trials = evaluation.across_fields(tasks.centre_out(1, 6), "curl", [0.0, 4.0])
    key, models = jax.random.key(0), evaluation.stack([controller])

    def both(controller, course, trial, probe):
        kept = preferences.steady_moments(controller, course, trial, probe)
        return kept, course.hidden, course.command

    found, hidden, command = evaluation.evaluate(models, loop, trials, 3, key, both)
    fitted = preferences.fit(preferences.total(found.load, (2,)))
    late = preferences.SETTLED
    h, u = (np.asarray(x, float)[0, 1, :, :, -late:] for x in (hidden, command))
    h, u = (x.mean(axis=2).reshape(18, -1) for x in (h, u))
    z = np.column_stack([u, np.ones(18)])
    expected = np.linalg.lstsq(z, h, rcond=None)[0][:2].T
    assert np.allclose(fitted.weight[0, 1], expected, rtol=0.02, atol=0.02)
