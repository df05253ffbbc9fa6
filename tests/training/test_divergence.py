"""Divergence: found at the step at which it happens, and nobody else's trouble."""

import jax.numpy as jnp
import numpy as np
import optax
import pytest

from studies.training import Outcome, Phase, train
from tiny_training import close, parabola, points, same


def breaks(model, batch, key, hyper):
    """A parabola whose loss breaks at a step of its own; `batch` is the step."""
    total, terms = parabola(model, batch, key)
    return jnp.where(batch == hyper["at"], hyper["value"], total), terms


def this_step(key, step, data):
    return step


def go(at, value, steps=30, **more):
    count = len(at)
    hyper = {"at": np.array(at), "value": np.array(value, np.float32)}
    return train(
        points(count),
        breaks,
        this_step,
        Phase(steps, 0.1),
        seeds=list(range(count)),
        optimiser=optax.sgd,
        hyper=hyper,
        **more,
    )


@pytest.mark.parametrize("mapping", ["vmap", "map"])
def test_divergence_is_found_at_its_step_and_freezes_its_member_alone(mapping):
    at, value = [3, 12, 99], [np.nan, np.inf, 0.0]
    result = go(at, value, mapping=mapping, chunk=5)
    assert [result.outcome(k) for k in range(3)] == [
        Outcome("diverged", 3),
        Outcome("diverged", 12),
        Outcome("trained"),
    ]
    for member, steps in enumerate([3, 12, 30]):
        np.testing.assert_allclose(result.member(member).left, 0.9**steps, rtol=1e-5)


@pytest.mark.parametrize("mapping", ["vmap", "map"])
def test_the_history_of_a_diverged_member_ends_with_the_step_that_broke(mapping):
    result = go([3, 12, 99], [np.nan, np.inf, 0.0], mapping=mapping, validate_every=2)
    history = result.history(0)
    np.testing.assert_array_equal(history["step"], [0, 1, 2, 3])
    assert np.isfinite(history["loss"][:3]).all()
    assert np.isnan(history["loss"][3])
    assert np.isposinf(result.history(1)["loss"][12])
    assert len(result.history(2)["loss"]) == 30
    assert np.isnan(result.columns["loss"][0, 4:]).all()


def test_growth_past_the_bound_is_divergence():
    # With a rate of 3 each step doubles every place, so the loss grows fourfold:
    # 4⁴ = 256 is within a bound of 1000, 4⁵ = 1024 is not.
    result = train(
        points(1), parabola, None, Phase(30, 3.0), seeds=[0], optimiser=optax.sgd
    )
    assert result.outcome(0) == Outcome("diverged", 5)
    np.testing.assert_allclose(np.abs(result.member(0).left), 2.0**5)


def test_without_a_bound_only_what_is_not_finite_is_divergence():
    result = train(
        points(1),
        parabola,
        None,
        Phase(30, 3.0),
        seeds=[0],
        optimiser=optax.sgd,
        divergence=None,
    )
    assert result.outcome(0) == Outcome("trained")


def test_parameters_that_stop_being_finite_are_not_kept():
    # The loss is finite all along: the first step throws the places to infinity.
    result = train(
        points(1), parabola, None, Phase(5, np.inf), seeds=[0], optimiser=optax.sgd
    )
    assert result.outcome(0) == Outcome("diverged", 0)
    assert same(result.member(0), result.best(0))
    np.testing.assert_array_equal(result.member(0).left, 1)


def test_a_phase_with_a_larger_loss_is_no_divergence():
    def scaled(model, batch, key, scale):
        total, _ = parabola(model, batch, key)
        return scale * total, {}

    phases = [
        Phase(5, 0.01, arguments={"scale": np.float32(scale)}) for scale in (1e-6, 1.0)
    ]
    result = train(
        points(1), scaled, None, phases, seeds=[0], optimiser=optax.sgd, divergence=10.0
    )
    assert result.outcome(0) == Outcome("trained")


def test_a_training_ends_when_all_have_diverged():
    seen = []
    result = go(
        [3, 7],
        [np.nan, np.nan],
        chunk=5,
        report=lambda step, *_, **__: seen.append(step),
    )
    assert seen == [5, 10]
    np.testing.assert_array_equal(result.columns["step"], np.arange(8))
    assert len(result) == 2


def test_later_phases_leave_a_diverged_member_as_it_is():
    phases = [Phase(10, np.array([0.1, 3.0])), Phase(10, 0.1)]
    result = train(points(2), parabola, None, phases, seeds=[0, 1], optimiser=optax.sgd)
    assert result.outcome(1) == Outcome("diverged", 5)
    assert result.last_phase(1) == 0
    np.testing.assert_allclose(np.abs(result.member(1).left), 2.0**5)
    close(result.member(0).left, 0.9**20 * jnp.ones(3), 1e-5)
    alone = train(
        points(1), parabola, None, Phase(10, 3.0), seeds=[1], optimiser=optax.sgd
    )
    close(result.best(1), alone.best(0), 0)
