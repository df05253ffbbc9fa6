"""Losses: against plain definitions, and blind to every entry that is not observed."""

import dataclasses
from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latent_tasks import NEURONS, SIZES, STEPS, STIMULI, TASKS, blinded, recording
from studies.latent import batches, losses
from studies.latent.acquisition import Observation
from studies.latent.losses import Weights, window_loss
from studies.latent.models import build

WEIGHTS = Weights(total_variation=jnp.float32(0.1), l1=jnp.float32(0.01))


def model_of(task):
    """A small model that moves; with a bank where the task has one."""
    rows = len(batches.source(recording(), task).observed.values)
    return built(rows if task.treatment == "bank" else 0, task.stimulus_mode)


@cache
def built(bank, stimulus_mode="all"):
    return build(
        neurons=NEURONS,
        stimuli=STIMULI,
        zero_init=False,
        stimulus_decoder=True,
        bank=bank,
        stimulus_mode=stimulus_mode,
        **SIZES,
    )


def loud(name, **changes):
    """A task with every penalty; one program serves all tests of the same task."""
    own = {"batch": 8, "total_variation": True, "l1": True}
    return dataclasses.replace(TASKS[name], **own, **changes)


@partial(jax.jit, static_argnames="task")
def graded(model, data, key, task):
    """Of the dynamics and of the reconstruction before them, in one program."""

    def total(model):
        sums, terms = [], {}
        for objective in ("dynamics", "reconstruction"):
            own = dataclasses.replace(task, objective=objective)
            batch = batches.draw(key, 0, data, own)
            value, terms[objective] = window_loss(model, batch, own, WEIGHTS, data, key)
            sums.append(value)
        return sum(sums), terms

    return jax.value_and_grad(total, has_aux=True)(model)


def value_and_gradient(whole, task, seed=0):
    """((total, terms), gradient) of one drawn batch of either objective."""
    data = batches.source(whole, task)
    return graded(model_of(task), data, jax.random.key(seed), task)


@pytest.mark.parametrize("name", TASKS)
def test_unobserved_entries_change_neither_loss_nor_gradients(name):
    task = loud(name)
    whole = recording()
    hidden = blinded(whole, task.observation)
    assert np.isnan(hidden.voltage).any() == (name != "all")
    expected, found = (value_and_gradient(own, task) for own in (whole, hidden))
    pairs = zip(jax.tree.leaves(expected), jax.tree.leaves(found), strict=True)
    for one, other in pairs:
        assert np.isfinite(one).all()
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", ["naive", "bank", "acausal"])
def test_observed_entries_do_change_it(name):
    task = loud(name)
    whole, other = recording(), recording()
    other.voltage[task.observation.mask(STEPS, NEURONS)] += 1.0
    (_, one), _ = value_and_gradient(whole, task)
    (_, two), _ = value_and_gradient(other, task)
    for objective, terms in one.items():
        name = "evolution" if objective == "dynamics" else objective
        assert not np.allclose(terms[name], two[objective][name])


@pytest.mark.parametrize("mode", ["none", "constant", "interpolate", "learned"])
def test_stimulus_between_knots_changes_neither_loss_nor_gradients(mode):
    task = loud("aligned", stimulus_mode=mode)
    whole, hidden = recording(), recording()
    kept = slice(0, 0) if mode == "none" else slice(None, None, 4)
    stimulus = np.full_like(whole.stimulus, np.nan)
    stimulus[kept] = whole.stimulus[kept]
    object.__setattr__(hidden, "stimulus", stimulus)
    expected, found = (value_and_gradient(own, task) for own in (whole, hidden))
    pairs = zip(jax.tree.leaves(expected), jax.tree.leaves(found), strict=True)
    for one, other in pairs:
        np.testing.assert_array_equal(one, other)


# Against plain definitions ---------------------------------------------------------


drawn = jax.jit(batches.draw, static_argnames="task")
loss_of = jax.jit(window_loss, static_argnames="task")


def prepared(name, batch=6):
    task = dataclasses.replace(TASKS[name], batch=batch)
    data = jax.tree.map(jnp.asarray, batches.source(recording(), task))
    windows = drawn(jax.random.key(1), 0, data, task)
    return model_of(task), windows, task, data


@jax.jit
def rolled(model, initial, stimulus):
    """States of one batch, step by step, and what they decode to."""

    def step(z, frame):
        after = model.step(z, model.encode_stimulus(frame))
        return after, after

    _, after = jax.lax.scan(step, initial, stimulus)
    z = jnp.concatenate([initial[None], after])
    return z, model.decode(z)


@jax.jit
def encoded(model, windows, stimulus):
    """The same from encoded initial states."""
    return rolled(model, model.encode(windows), stimulus)


@pytest.mark.parametrize("name", ["all", "aligned", "naive"])
def test_terms_are_sums_of_mean_squared_errors(name):
    model, windows, task, data = prepared(name)
    _, decoded = encoded(model, windows.initial, windows.stimulus)
    points = np.asarray(decoded)[task.points]
    errors = ((points - np.asarray(windows.targets)) ** 2).mean(axis=(1, 2)).tolist()
    total, terms = loss_of(model, windows, task, Weights(), data)
    last = task.ems + 1
    assert float(terms["reconstruction"]) == pytest.approx(errors[0], rel=1e-5)
    assert float(terms["evolution"]) == pytest.approx(sum(errors[1:last]), rel=1e-5)
    if name == "all":
        expected = sum(errors[last:])
        assert float(terms["intermediate"]) == pytest.approx(expected, rel=1e-5)
    assert float(total) == pytest.approx(sum(errors), rel=1e-5)


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_masked_loss_is_that_of_decoding_everything_under_a_mask(depth):
    task = dataclasses.replace(TASKS["acausal"], batch=6)
    whole = recording()
    _, windows, _, data = prepared("acausal")
    model = build(
        neurons=NEURONS,
        stimuli=STIMULI,
        zero_init=False,
        hidden_layers=depth,
        **SIZES,
    )
    _, decoded = encoded(model, windows.initial, windows.stimulus)
    rows = np.asarray(windows.start) + np.arange(task.horizon)[:, None]
    seen = task.observation.mask(STEPS, NEURONS)[rows]
    squares = np.where(seen, (decoded[:-1] - whole.voltage[rows]) ** 2, 0.0)
    count = seen.sum()
    assert count == task.ems * NEURONS * task.batch
    _, terms = loss_of(model, windows, task, Weights(), data)
    expected = task.ems * squares.sum() / count
    assert float(terms["evolution"]) == pytest.approx(float(expected), rel=1e-5)


def test_total_variation_is_the_mean_change_summed_over_steps():
    z = jnp.asarray(np.random.default_rng(0).normal(size=(5, 3, 2)), jnp.float32)
    expected = sum(np.abs(z[k + 1] - z[k]).mean() for k in range(4))
    assert float(losses.total_variation(z)) == pytest.approx(float(expected), rel=1e-5)


def test_bank_terms_pull_bank_and_trajectory_together():
    model, windows, task, data = prepared("bank")
    unit = np.asarray(windows.start) // task.observation.tu
    assert model.bank is not None
    bank = np.asarray(model.bank)
    z, decoded = map(np.asarray, rolled(model, bank[unit], windows.stimulus))
    tu = task.observation.tu
    apart = [((z[m * tu] - bank[unit + m]) ** 2).mean() for m in range(1, task.ems)]
    again = np.asarray(jax.jit(type(model).encode)(model, decoded[tu::tu]))
    coded = ((z[tu::tu] - again) ** 2).mean(axis=(1, 2))
    _, terms = loss_of(model, windows, task, Weights(), data)
    assert float(terms["bank"]) == pytest.approx(sum(apart), rel=1e-4)
    assert float(terms["encoder"]) == pytest.approx(sum(coded), rel=1e-4)


# Augmentation ----------------------------------------------------------------------


latents_of = jax.jit(losses.latents, static_argnames="task")
change_of = jax.jit(losses.augmentation, static_argnames="task")


def augmented(parents, windows_of=lambda x: x):
    model, windows, task, _ = prepared("aligned")
    task = dataclasses.replace(task, augmentation_neurons=2)
    windows = windows._replace(initial=windows_of(windows.initial))
    z = latents_of(model, windows, task)
    key = jax.random.key(5)
    return float(change_of(model, windows, z, task, parents, key))


def test_augmentation_is_zero_when_every_neuron_is_a_parent():
    everyone = jnp.ones((NEURONS, NEURONS), bool)
    nobody = augmented(jnp.zeros((NEURONS, NEURONS), bool))
    # the same states by two programs: equal to the rounding of float32, squared
    assert augmented(everyone) < jnp.finfo(jnp.float32).eps ** 2
    assert nobody > 1e-6


def test_silenced_neurons_do_not_reach_the_augmented_state():
    parents = jnp.asarray(np.eye(NEURONS, k=-1, dtype=bool))
    chosen = jnp.array([3, 5])
    kept = np.flatnonzero(losses.relevant(parents, chosen))
    assert kept.tolist() == [2, 3, 4, 5]


def test_augmentation_is_unchanged_when_non_parents_change_in_the_silenced_state():
    model, windows, task, _ = prepared("aligned")
    task = dataclasses.replace(task, augmentation_neurons=2)
    parents = jnp.zeros((NEURONS, NEURONS), bool)
    key, z = jax.random.key(5), latents_of(model, windows, task)
    chosen = jax.random.randint(key, (2,), 0, NEURONS)
    others = ~losses.relevant(parents, chosen)
    changed = windows._replace(initial=jnp.where(others, 99.0, windows.initial))
    before, after = (
        float(change_of(model, own, z, task, parents, key))
        for own in (windows, changed)
    )
    assert before == after > 0


def test_augmentation_needs_a_connectome_and_whole_states():
    task = dataclasses.replace(TASKS["naive"], augmentation_neurons=2)
    with pytest.raises(batches.TaskError, match="whole"):
        batches.source(recording(), task)
    own = dataclasses.replace(recording(), pre=None, post=None, weight=None)
    task = dataclasses.replace(TASKS["aligned"], augmentation_neurons=2)
    with pytest.raises(batches.TaskError, match="no connectome"):
        batches.source(own, task)


def test_the_seed_of_the_phases_decides_what_is_seen():
    one, two = (Observation("staggered", 4, seed).phases(50) for seed in (0, 1))
    assert not np.array_equal(one, two)
    np.testing.assert_array_equal(Observation("staggered", 4, 0).phases(50), one)
