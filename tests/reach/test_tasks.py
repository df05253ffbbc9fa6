"""Trials: where they begin and end, and when the hand may move."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from studies.reach import tasks


def test_random_reaches_fill_the_workspace_evenly():
    trials = tasks.random_reaches(jax.random.key(0), 20_000)
    for ends in (np.asarray(trials.start), np.asarray(trials.goal)):
        assert np.abs(ends).max() <= 1
        assert np.abs(ends.mean()) < 0.02
        assert ends.std() == pytest.approx(1 / np.sqrt(3), rel=0.02)
    distance = np.linalg.norm(np.asarray(trials.goal - trials.start), axis=-1)
    # Mean distance of two points in a unit square, 0.5214, for a side of 2.
    assert distance.mean() == pytest.approx(2 * 0.5214, rel=0.02)


def test_centre_out_reaches_have_one_length_and_all_directions():
    trials = tasks.centre_out(grid=2, directions=24)
    way = np.asarray(trials.goal - trials.start)
    np.testing.assert_allclose(np.linalg.norm(way, axis=-1), 0.5, atol=1e-6)
    angle = np.rad2deg(np.arctan2(way[:24, 1], way[:24, 0])) % 360
    np.testing.assert_allclose(angle, 15 * np.arange(24), atol=1e-3)
    np.testing.assert_allclose(np.unique(np.abs(trials.start)), 1 / 3, atol=1e-6)


def test_steady_states_stay_and_the_middle_one_is_the_origin():
    trials = tasks.steady_states(5)
    np.testing.assert_array_equal(trials.start, trials.goal)
    np.testing.assert_allclose(trials.start[12], 0.0, atol=1e-7)
    np.testing.assert_allclose(np.max(trials.start), 2 / 3, atol=1e-6)


def test_epochs_of_a_delayed_reach_have_lengths_in_their_ranges():
    many = tasks.random_reaches(jax.random.key(1), 2000)
    trials = tasks.delayed(jax.random.key(2), many)
    lengths = np.diff(np.asarray(trials.epochs), axis=-1, prepend=0)
    for column, (low, high) in zip(lengths.T, tasks.EPOCHS, strict=True):
        assert set(column.tolist()) == set(range(low, high))


def test_a_catch_trial_never_asks_for_movement():
    many = tasks.random_reaches(jax.random.key(1), 2000)
    plain = tasks.delayed(jax.random.key(2), many)
    mixed = tasks.delayed(jax.random.key(2), many, catch=0.3)
    ends, same = np.asarray(mixed.epochs), np.asarray(plain.epochs)
    caught = ends[:, 2] == tasks.NEVER
    assert caught.mean() == pytest.approx(0.3, abs=0.04)
    np.testing.assert_array_equal(ends[~caught], same[~caught])
    np.testing.assert_array_equal(ends[:, :2], same[:, :2])
    one = jax.tree.map(lambda x: x[int(np.argmax(caught))], mixed)
    aims = tasks.aims(one, jnp.arange(1, 200))
    np.testing.assert_array_equal(aims, np.tile(one.start, (199, 1)))


def test_a_delayed_hand_should_stay_until_the_delay_ends():
    one = jax.tree.map(lambda x: x[0], tasks.centre_out())
    trial = one._replace(epochs=jnp.array([2, 4, 6]))
    aims = tasks.aims(trial, jnp.arange(10))
    np.testing.assert_array_equal(aims[:6], np.tile(one.start, (6, 1)))
    np.testing.assert_array_equal(aims[6:], np.tile(one.goal, (4, 1)))
    np.testing.assert_array_equal(
        tasks.aims(one, jnp.arange(3)), np.tile(one.goal, (3, 1))
    )
