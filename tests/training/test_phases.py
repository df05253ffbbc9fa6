"""Phases: what trains, what is kept, what is compiled."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from studies.training import Phase, TrainingError, compilations, train
from tiny_training import Points, close, parabola, points, same


def momentum(learning_rate):
    return optax.sgd(learning_rate, momentum=0.9)


def only_left(model):
    return Points(True, False, False)  # type: ignore[arg-type]  # a filter, no model


def go(phases, **more):
    return train(points(1), parabola, None, phases, seeds=[0], **more)


def test_frozen_parameters_do_not_move():
    result = go(Phase(10, 0.1, trainable=only_left))
    assert same(result.member(0).right, points(1).right[0])
    assert np.all(np.asarray(result.member(0).left) < 1)


def test_frozen_parameters_do_not_decay():
    def decaying(learning_rate):
        return optax.adamw(learning_rate, weight_decay=0.5)

    result = go(Phase(10, 0.1, trainable=only_left), optimiser=decaying)
    assert same(result.member(0).right, points(1).right[0])


def test_a_phase_that_keeps_the_optimiser_goes_on_as_if_there_were_no_phase():
    whole = go(Phase(20, 0.01), optimiser=momentum)
    split = go(
        [Phase(8, 0.01), Phase(12, 0.01, reset_optimiser=False)], optimiser=momentum
    )
    close(split.final, whole.final, 0)


def test_a_phase_that_resets_the_optimiser_begins_at_rest():
    after = go(Phase(8, 0.01), optimiser=momentum).final
    alone = train(after, parabola, None, Phase(12, 0.01), seeds=[0], optimiser=momentum)
    split = go([Phase(8, 0.01), Phase(12, 0.01)], optimiser=momentum)
    close(split.final, alone.final, 0)
    kept = go(Phase(20, 0.01), optimiser=momentum)
    assert not np.allclose(split.final.left, kept.final.left, rtol=1e-3)


def test_a_reset_inside_a_phase_is_that_between_two():
    inside = go(Phase(20, 0.01, reset_at=[8]), optimiser=momentum)
    between = go([Phase(8, 0.01), Phase(12, 0.01)], optimiser=momentum)
    close(inside.final, between.final, 0)


def test_what_still_trains_keeps_its_moments_when_the_rest_is_frozen():
    # The two places do not know of each other, so left must go as if nothing happened.
    phases = [Phase(8, 0.01), Phase(12, 0.01, only_left, reset_optimiser=False)]
    result = go(phases, optimiser=momentum)
    whole = go(Phase(20, 0.01), optimiser=momentum)
    close(result.member(0).left, whole.member(0).left, 0)
    stopped = go(Phase(8, 0.01), optimiser=momentum)
    assert same(result.member(0).right, stopped.member(0).right)


def test_what_begins_to_train_begins_at_rest_beside_what_goes_on():
    phases = [Phase(8, 0.01, only_left), Phase(12, 0.01, reset_optimiser=False)]
    result = go(phases, optimiser=momentum)
    close(
        result.member(0).left, go(Phase(20, 0.01), optimiser=momentum).member(0).left, 0
    )
    late = go(Phase(12, 0.01), optimiser=momentum)
    close(result.member(0).right, late.member(0).right, 0)


def test_nothing_to_train_is_refused():
    with pytest.raises(TrainingError, match="no parameter would train"):
        go(Phase(3, 0.1, trainable=lambda model: False))


@pytest.mark.parametrize("change", [{"steps": 0}, {"steps": True}, {"reset_at": [9]}])
def test_an_impossible_phase_is_refused(change):
    with pytest.raises(TrainingError, match="steps|reset_at"):
        Phase(**({"steps": 9, "learning_rate": 0.1} | change))


# Arguments and data -----------------------------------------------------------------


def window(key, step, data, length):
    return jax.lax.dynamic_slice_in_dim(data, step, length)


def weighted(model, batch, key, weight):
    loss = weight * jnp.sum((model.left[0] - batch) ** 2)
    return loss, {"length": jnp.float32(len(batch))}


def windows(phases, data=None, **more):
    data = np.arange(40, dtype=np.float32) if data is None else data
    return train(points(1), weighted, window, phases, data=data, seeds=[0], **more)


def arguments(length, weight=1.0):
    return {"length": length, "weight": np.float32(weight)}


def test_each_function_gets_the_arguments_it_names():
    phases = [
        Phase(3, 0.0, arguments=arguments(4)),
        Phase(2, 0.0, arguments=arguments(6)),
    ]
    result = windows(phases)
    history = result.history(0)
    np.testing.assert_array_equal(history["loss.length"], [4, 4, 4, 6, 6])
    first = [np.sum((1 - np.arange(k, k + 4)) ** 2) for k in range(3)]
    np.testing.assert_allclose(history["loss"][:3], first)


def test_an_argument_that_nobody_takes_is_refused_with_the_nearest_name():
    phase = Phase(3, 0.1, arguments=arguments(4) | {"wieght": 1.0})
    with pytest.raises(TrainingError, match="Did you mean `weight`"):
        windows(phase)
    with pytest.raises(TrainingError, match="`step`"):
        windows(Phase(3, 0.1, arguments=arguments(4) | {"step": 1}))


def test_the_data_of_a_phase_replace_those_of_the_training():
    other = np.full(40, 1.0, np.float32)  # where left stands already
    phases = [
        Phase(2, 0.0, arguments=arguments(4)),
        Phase(2, 0.0, arguments=arguments(4), data=other),
    ]
    loss = windows(phases).history(0)["loss"]
    assert np.all(loss[:2] > 0)
    np.testing.assert_array_equal(loss[2:], 0)


def test_a_step_is_compiled_once_for_each_shape():
    before = compilations()
    lengths = [4, 6, 4, 6, 4]
    phases = [Phase(3, 0.1, arguments=arguments(length)) for length in lengths]
    windows(phases, chunk=2)
    assert compilations() == before + 2


def test_a_second_training_of_the_same_shape_compiles_nothing():
    def heavy():
        return functools.partial(optax.sgd, momentum=0.9)  # equal, not the same

    phase = Phase(3, 0.1, arguments=arguments(5))
    windows(phase, chunk=2, optimiser=heavy())
    before = compilations()
    phases = [
        Phase(17, optax.cosine_decay_schedule(0.3, 17), arguments=arguments(5, 2.0)),
        Phase(1, 0.2, arguments=arguments(5, 0.5), reset_optimiser=False),
    ]
    ones = np.ones(40, np.float32)
    windows(phases, data=ones, chunk=2, divergence=10.0, optimiser=heavy())
    assert compilations() == before


def test_the_key_of_a_phase_is_the_same_at_every_step():
    def batch(key, step, data, phase_key):
        return jax.random.uniform(phase_key), jax.random.uniform(key)

    def loss(model, batch, key):
        total = jnp.sum(model.left**2)
        return total, {"of_phase": batch[0], "of_step": batch[1]}

    phases = [Phase(4, 0.1), Phase(4, 0.1)]
    result = train(points(1), loss, batch, phases, seeds=[5])
    history = result.history(0)
    assert len(np.unique(history["loss.of_phase"][:4])) == 1
    assert len(np.unique(history["loss.of_phase"])) == 2
    assert len(np.unique(history["loss.of_step"])) == 8
