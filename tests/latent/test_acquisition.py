"""What is observed, where windows start, and interpolated states."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latent_tasks import NEURONS, STEPS, TASKS, recording
from studies.latent import batches
from studies.latent.acquisition import (
    AcquisitionError,
    Observation,
    interpolate,
    observe,
    starts,
)


def drawn(name, count=200):
    """Many windows of a task, and the recording."""
    task = dataclasses.replace(TASKS[name], batch=count)
    whole = recording()
    data = jax.tree.map(jnp.asarray, batches.source(whole, task))
    return batches.draw(jax.random.key(3), 0, data, task), whole, task


def test_all_reads_any_row_and_targets_tu_steps_apart():
    batch, whole, task = drawn("all")
    start = np.asarray(batch.start)
    assert set(start % task.observation.tu) == {0, 1, 2, 3}
    for point, own in zip(task.points, batch.targets, strict=True):
        np.testing.assert_array_equal(own, whole.voltage[start + point])


def test_aligned_reads_multiples_of_tu_alone():
    batch, whole, task = drawn("aligned")
    start = np.asarray(batch.start)
    assert not (start % task.observation.tu).any()
    for m, own in enumerate(batch.targets):
        np.testing.assert_array_equal(own, whole.voltage[start + 4 * m])
    steps = start + np.arange(task.horizon)[:, None]
    np.testing.assert_array_equal(batch.stimulus, whole.stimulus[steps])


def test_naive_shears_each_state_by_the_phases():
    batch, whole, task = drawn("naive")
    phases = task.observation.phases(NEURONS)
    assert set(phases) == {0, 1, 2, 3}
    rows = np.asarray(batch.start)[:, None] + phases
    for m, own in enumerate(batch.targets):
        np.testing.assert_array_equal(
            own, whole.voltage[rows + 4 * m, np.arange(NEURONS)]
        )


def test_interpolated_windows_start_anywhere_but_at_the_ends():
    batch, whole, task = drawn("acausal", 2000)
    start, tu = np.asarray(batch.start), task.observation.tu
    assert set(start % tu) == {0, 1, 2, 3}
    assert start.min() == tu
    assert start.max() + task.horizon <= STEPS - tu
    own = interpolate(whole, task.observation)[start]
    np.testing.assert_allclose(batch.initial, own, rtol=1e-6)


def test_interpolated_targets_are_the_samples_in_the_window():
    batch, whole, task = drawn("acausal")
    phases, tu = task.observation.phases(NEURONS), task.observation.tu
    seen = task.observation.mask(STEPS, NEURONS)
    for window, start in enumerate(np.asarray(batch.start)):
        own = seen[start : start + task.horizon]
        assert (own.sum(axis=0) == task.ems).all()
        first = start + (phases - start) % tu
        for m in range(task.ems):
            true = whole.voltage[first + m * tu, np.arange(NEURONS)]
            np.testing.assert_array_equal(batch.targets[m, window], true)


def test_groups_hold_every_neuron_once_at_its_phase():
    phases = np.array([2, 0, 2, 3, 2], np.int32)
    own = batches.groups(phases, 4)
    assert own.neuron.shape == (4, 3)
    for phase in range(4):
        held = own.neuron[phase][own.mask[phase]]
        np.testing.assert_array_equal(held, np.flatnonzero(phases == phase))


@pytest.mark.parametrize("mode", ["all", "aligned", "staggered"])
def test_the_mask_marks_what_is_in_the_table(mode):
    whole, observation = recording(), Observation(mode, 4, 1)
    observed = observe(whole, observation)
    mask = observation.mask(STEPS, NEURONS)
    assert set(observed.values.ravel()) <= set(whole.voltage[mask])
    share = 1.0 if mode == "all" else 0.25
    assert mask.mean() == pytest.approx(share, abs=0.02)


def test_interpolation_is_exact_on_a_ramp_and_at_samples():
    whole, observation = recording(), Observation("staggered", 4, 1)
    slope = np.linspace(-1, 1, NEURONS)
    ramp = dataclasses.replace(
        whole, voltage=np.arange(STEPS)[:, None] * slope + slope**2
    )
    made = interpolate(ramp, observation)
    inside = slice(4, STEPS - 8)
    np.testing.assert_allclose(made[inside], ramp.voltage[inside], atol=1e-4)
    seen = observation.mask(STEPS, NEURONS)
    seen[STEPS - 8 :] = False
    made = interpolate(whole, observation)
    np.testing.assert_array_equal(made[seen], whole.voltage[seen])


def test_ends_are_given_observed_values_and_hold_looks_back_only():
    whole, observation = recording(), Observation("staggered", 4, 1)
    phases, neuron = observation.phases(NEURONS), np.arange(NEURONS)
    made = interpolate(whole, observation)
    np.testing.assert_array_equal(made[0], whole.voltage[phases, neuron])
    last = len(observe(whole, observation).values) - 1
    np.testing.assert_array_equal(made[-1], whole.voltage[4 * last + phases, neuron])
    held = interpolate(whole, dataclasses.replace(observation, interpolation="hold"))
    rows = 50 - (50 - phases) % 4
    np.testing.assert_array_equal(held[50], whole.voltage[rows, neuron])


def test_what_is_too_short_or_unknown_is_refused():
    with pytest.raises(AcquisitionError, match="unknown"):
        Observation("sometimes")
    with pytest.raises(AcquisitionError, match="at least 1"):
        Observation("aligned", 0)
    with pytest.raises(AcquisitionError, match="2 are needed"):
        observe(recording(steps=10), Observation("aligned", 20))
    observed = observe(recording(), Observation("aligned", 4))
    with pytest.raises(AcquisitionError, match="too short"):
        starts(observed, Observation("aligned", 4), 400, anywhere=False)
    bad = dataclasses.replace(TASKS["aligned"], intermediate=(3,))
    with pytest.raises(AcquisitionError, match="only mode 'all'"):
        batches.held_out(batches.source(recording(), bad), bad)
