"""Adjoints: exact for the steps taken, and normalised only where they should be."""

from typing import Any

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from fieldnotes.orbit import adjoints
from fieldnotes.orbit.models import build
from fieldnotes.orbit.solvers import fast, reference
from fieldnotes.orbit.tasks import orbit_set

EXACT = {"relative": 1e-6, "absolute": 1e-8}


@pytest.fixture(scope="module")
def model():
    layers = {"features": "rinv_vel", "output_layer": "signed", "activation": "tanh"}
    sizes: dict[str, Any] = layers | {"width": 8, "depth": 1}
    return build(**sizes, key=jax.random.key(0))


@pytest.fixture(scope="module")
def segment():
    orbits = orbit_set("complex", 1, 3)
    return jnp.float32(orbits.time[0, :12]), jnp.float32(orbits.states[0, :12])


def loss_of(solver, times, states):
    def loss(model):
        return adjoints.mean_percent_error(solver(model, times, states[0]), states)

    return loss


def test_a_gradient_agrees_with_finite_differences(segment):
    with jax.enable_x64(True):
        times, states = (jnp.asarray(np.asarray(x), jnp.float64) for x in segment)
        layers = {"features": "rinv_vel", "output_layer": "signed"}
        sizes: dict[str, Any] = layers | {"activation": "tanh", "width": 4, "depth": 1}
        small = build(**sizes, key=jax.random.key(1))
        arrays, rest = eqx.partition(small, eqx.is_array)
        flat, back = ravel_pytree(arrays)
        value = loss_of(fast, times, states)

        def at(flat):
            return value(eqx.combine(back(flat), rest))

        slope = jax.grad(at)(flat)
        along = jax.random.normal(jax.random.key(2), flat.shape, flat.dtype)
        step = 1e-6
        difference = (at(flat + step * along) - at(flat - step * along)) / (2 * step)
        assert np.isclose(difference, slope @ along, rtol=1e-6)


def test_both_ways_back_through_an_adaptive_solver_agree(model, segment):
    times, states = (x[None] for x in segment)
    ways = {
        "discrete": diffrax.RecursiveCheckpointAdjoint(),
        "continuous": diffrax.BacksolveAdjoint(),
    }
    slopes = {}
    for name, way in ways.items():

        def solver(field, ts, start, way=way):
            return adjoints.adaptive(field, ts, start, adjoint=way, **EXACT)

        slopes[name] = adjoints.gradient(solver, model, times, states)[1]
    plain = adjoints.gradient(reference, model, times, states)[1]
    assert np.allclose(slopes["discrete"], plain, rtol=1e-4, atol=1e-4)
    gap = np.linalg.norm(slopes["continuous"] - slopes["discrete"])
    assert gap < 1e-2 * np.linalg.norm(slopes["discrete"])


def test_the_adjoint_at_the_first_sample_is_the_gradient_by_the_start(model, segment):
    times, states = segment

    def loss(start):
        return adjoints.mean_percent_error(fast(model, times, start), states)

    found = adjoints.along(model, times, states)
    assert np.allclose(found.adjoint[0], jax.grad(loss)(states[0]), rtol=1e-3)
    assert np.allclose(found.states, fast(model, times, states[0]), rtol=1e-5)


def test_the_gradient_is_the_integral_of_adjoint_times_sensitivity(model, segment):
    """dL/dθ = + ∫ aᵀ ∂f/∂θ dt, by the trapezium rule between the jumps."""
    times, states = segment
    found = adjoints.along(model, times, states)
    jumps = jax.grad(adjoints.mean_percent_error)(found.states, states)
    arrays, rest = eqx.partition(model, eqx.is_array)

    def pulled(state, adjoint):
        _, pull = jax.vjp(lambda x: eqx.combine(x, rest)(state), arrays)
        return ravel_pytree(pull(adjoint)[0])[0]

    after = jax.vmap(pulled)(found.states, found.adjoint - jumps)  # above each sample
    before = jax.vmap(pulled)(found.states, found.adjoint)
    step = jnp.diff(times)[:, None]
    integral = jnp.sum(step * (after[:-1] + before[1:]) / 2, axis=0)
    exact = ravel_pytree(eqx.filter_grad(loss_of(fast, times, states))(model))[0]
    assert np.linalg.norm(integral - exact) < 2e-2 * np.linalg.norm(exact)


def test_local_parts_agree_with_explicit_jacobians(model, segment):
    times, states = segment
    found = adjoints.along(model, times, states)
    arrays, rest = eqx.partition(model, eqx.is_array)
    flat, back = ravel_pytree(arrays)
    state, adjoint = found.states[5], found.adjoint[5]
    by_parameters = jax.jacrev(lambda x: eqx.combine(back(x), rest)(state))(flat)
    assert np.isclose(found.sensitivity[5], np.linalg.norm(by_parameters), rtol=1e-4)
    integrand = np.linalg.norm(adjoint @ by_parameters)
    assert np.isclose(found.integrand[5], integrand, rtol=1e-3)
    trace = np.trace(jax.jacrev(model)(state))
    assert np.isclose(found.divergence[5], trace, atol=1e-5)


@pytest.mark.parametrize("mode", adjoints.NORMALISATIONS)
def test_normalising_changes_the_parameter_gradient_and_nothing_else(mode, model):
    state = jnp.array([1.5, 0.4, 0.0, -0.2, 0.7, 0.0])
    along = jnp.array([0.3, -0.5, 0.1, 0.7, 0.2, -0.4])
    field = adjoints.normalised(model, mode)
    assert np.allclose(field(state), model(state))
    assert np.allclose(jax.jacrev(field)(state), jax.jacrev(model)(state), atol=1e-6)

    def pulled(model, normalise):
        made = adjoints.normalised(model, mode) if normalise else model
        return along @ made(state)

    found = ravel_pytree(eqx.filter_grad(lambda m: pulled(m, True))(model))[0]
    arrays, rest = eqx.partition(model, eqx.is_array)
    flat, back = ravel_pytree(arrays)
    rows = jax.jacrev(lambda x: eqx.combine(back(x), rest)(state))(flat)
    wanted = (along * adjoints.weight(model(state), mode)) @ rows
    assert np.allclose(found, wanted, rtol=1e-4, atol=1e-5)


def test_weights_follow_their_definitions():
    rate = jnp.array([3.0, 4.0, 0.0, 0.0, 0.0, 0.0])
    size = 1 / (5 + adjoints.EPSILON)
    assert np.allclose(adjoints.weight(rate, "magnitude"), size)
    assert np.allclose(adjoints.weight(rate, "plain"), 1)
    own = 1 / (np.abs(rate) + adjoints.EPSILON)
    assert np.allclose(adjoints.weight(rate, "absolute"), own)
    relative = adjoints.weight(rate, "relative")
    assert np.isclose(relative.mean(), size)
    assert np.allclose(relative / relative[0], own / own[0], rtol=1e-5)


def test_an_unknown_normalisation_is_refused():
    with pytest.raises(ValueError, match="choose from plain, magnitude"):
        adjoints.weight(jnp.ones(6), "loud")
