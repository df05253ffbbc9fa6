"""What a training computes: against closed forms and a loop written by hand."""

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from studies.training import Phase, TrainingError, initialise, train
from tiny_training import ROWS, Points, close, draw, noisy, parabola, points


def test_gradient_descent_on_a_parabola_is_a_geometric_series():
    rates = np.array([0.01, 0.1, 0.5])
    result = train(
        points(3),
        parabola,
        None,
        Phase(20, rates),
        seeds=[0, 1, 2],
        optimiser=optax.sgd,
    )
    for member, rate in enumerate(rates):
        expected = (1 - rate) ** 20
        np.testing.assert_allclose(result.member(member).left, expected, rtol=1e-5)
        left = result.history(member)["loss.left"]
        series = 1.5 * (1 - rate) ** (2 * np.arange(20))
        np.testing.assert_allclose(left, series, rtol=1e-5)


def test_a_schedule_counts_the_steps_of_its_phase():
    schedule = optax.linear_schedule(0.1, 0.0, 10)
    result = train(
        points(1),
        parabola,
        None,
        [Phase(5, 0.2), Phase(10, schedule)],
        seeds=[0],
        optimiser=optax.sgd,
    )
    expected = [0.2] * 5 + [0.1 * (1 - k / 10) for k in range(10)]
    history = result.history(0)
    np.testing.assert_allclose(history["learning_rate"], expected, rtol=1e-6)
    place = np.prod(1 - np.array(expected))
    np.testing.assert_allclose(result.member(0).left, place, rtol=1e-5)
    np.testing.assert_array_equal(history["step"], np.arange(15))
    np.testing.assert_array_equal(history["phase"], [0] * 5 + [1] * 10)


def test_a_schedule_may_use_the_hyperparameters_of_its_member():
    def schedule(step, hyper):
        return hyper["rate"] / (1 + step)

    result = train(
        points(2),
        parabola,
        None,
        Phase(4, schedule),
        seeds=[0, 0],
        optimiser=optax.sgd,
        hyper={"rate": np.array([0.1, 0.4])},
    )
    rates = np.array([[0.1], [0.4]]) / (1 + np.arange(4))
    np.testing.assert_allclose(result.columns["learning_rate"], rates, rtol=1e-6)


def by_hand(model, optimiser, steps, data, loss):
    """The plainest training: a Python loop around optax, rows in turn."""
    state = optimiser.init(eqx.filter(model, eqx.is_array))

    @jax.jit
    def update(model, state, row):
        gradient = jax.grad(lambda model: loss(model, row, None)[0])(model)
        updates, state = optimiser.update(gradient, state, model)
        return eqx.apply_updates(model, updates), state

    with jax.numpy_dtype_promotion("standard"):
        for step in range(steps):
            model, state = update(model, state, data[step % len(data)])
    return model


def squares(model, batch, key):
    error = jnp.sum((model.left - batch) ** 2) + jnp.sum(model.right**2)
    return error, {}


@pytest.mark.parametrize(
    "optimiser",
    [optax.adam, optax.adabelief, functools.partial(optax.adamw, weight_decay=0.1)],
    ids=["adam", "adabelief", "adamw"],
)
def test_a_training_equals_a_loop_written_by_hand(optimiser):
    def in_turn(key, step, data):
        return data[step % len(data)]

    model = Points(jnp.ones(3), jnp.array([-2.0, 0.5]))
    stacked = jax.tree.map(lambda x: x[None] if eqx.is_array(x) else x, model)
    result = train(
        stacked,
        squares,
        in_turn,
        Phase(25, 0.02),
        data=ROWS,
        seeds=[0],
        optimiser=optimiser,
        clip=1.0,
    )
    chain = optax.chain(optax.clip_by_global_norm(1.0), optimiser(learning_rate=0.02))
    arrays = eqx.filter(model, eqx.is_array)
    close(
        result.member(0), by_hand(arrays, chain, 25, jnp.asarray(ROWS), squares), 1e-5
    )


def test_a_training_learns_what_a_network_can():
    def batch(key, step, data):
        rows = jax.random.randint(key, (32,), 0, len(data[0]))
        return data[0][rows], data[1][rows]

    def loss(model, batch, key):
        error = jnp.mean((jax.vmap(model)(batch[0]) - batch[1]) ** 2)
        return error, {}

    seeds = [3, 4]
    x = np.linspace(-1, 1, 100, dtype=np.float32)[:, None]
    result = train(
        initialise(lambda key: eqx.nn.MLP(1, 1, 16, 1, key=key), seeds),
        loss,
        batch,
        Phase(400, 1e-2),
        data=(x, np.sin(3 * x)),
        seeds=seeds,
    )
    variance = np.var(np.sin(3 * x))
    for member in range(2):
        assert result.history(member)["loss"][-10:].mean() < 0.1 * variance


def test_clipping_of_a_phase_goes_before_that_of_the_training():
    phases = [Phase(1, 1.0, clip=0.1), Phase(1, 1.0)]
    result = train(
        points(1), parabola, None, phases, seeds=[0], optimiser=optax.sgd, clip=0.5
    )
    start = np.array([1, 1, 1, -2, -2.0])
    moved = start - 0.1 * start / np.linalg.norm(start)
    moved = moved - 0.5 * moved / np.linalg.norm(moved)
    end = np.concatenate([result.member(0).left, result.member(0).right])
    np.testing.assert_allclose(end, moved, rtol=1e-5)


def test_a_longer_training_begins_as_the_shorter_one():
    short, long = (
        train(points(1), noisy, draw, Phase(steps, 1e-2), data=ROWS, seeds=[7])
        for steps in (30, 70)
    )
    for name, values in short.history(0).items():
        np.testing.assert_array_equal(values, long.history(0)[name][:30])


def test_a_longer_first_phase_leaves_the_keys_of_the_second_alone():
    def shakes(steps):
        phases = [Phase(steps, 1e-2), Phase(20, 1e-2)]
        result = train(points(1), noisy, draw, phases, data=ROWS, seeds=[7])
        return result.history(0)["loss.shake"][-20:]

    np.testing.assert_array_equal(shakes(5), shakes(9))


def test_the_length_of_a_chunk_changes_nothing():
    one, other = (
        train(
            points(1), noisy, draw, Phase(50, 1e-2), data=ROWS, seeds=[7], chunk=chunk
        )
        for chunk in (7, None)
    )
    for name, values in one.columns.items():
        np.testing.assert_array_equal(values, other.columns[name])
    close(one.final, other.final, 0)


def test_seeds_make_members_differ():
    result = train(points(2), noisy, draw, Phase(5, 1e-2), data=ROWS, seeds=[1, 2])
    shakes = result.columns["loss.shake"]
    assert not np.any(np.isclose(shakes[0], shakes[1]))
    assert len(np.unique(shakes)) == shakes.size


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"seeds": [0]}, "leading axis of the 1 members"),
        ({"seeds": [0, -1]}, "from 0 to 4294967295"),
        ({"seeds": np.array([0.5, 1])}, "from 0 to 4294967295"),
        ({"hyper": {"std": np.ones(3)}}, "`hyper`"),
        ({"hyper": {"std": [0.1, 0.2]}}, "np.array"),
        ({"phases": []}, "at least one Phase"),
        ({"phases": Phase(5, np.ones(3))}, "has shape"),
        ({"mapping": "pmap"}, "vmap"),
        ({"validate_every": 0}, "validate_every"),
        ({"loss": lambda model, batch, key: jnp.sum(model.left)}, "two things"),
        ({"loss": lambda model, batch, key: (model.left, {})}, "scalars"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(change, words):
    usual = {"loss": parabola, "phases": Phase(5, 1e-2), "seeds": [0, 1]}
    asked = usual | change
    loss, phases = asked.pop("loss"), asked.pop("phases")
    with pytest.raises(TrainingError, match=words):
        train(points(2), loss, None, phases, **asked)
