"""Adjoints: exact for the steps taken, and normalised only where they should be."""

from functools import partial
from typing import Any

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from studies.orbit import adjoints
from studies.orbit.models import build
from studies.orbit.solvers import fast
from studies.orbit.tasks import orbit_set

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


@pytest.fixture(scope="module")
def found(model, segment):
    """What is followed along the segment; compiled once for all tests of it."""
    return eqx.filter_jit(adjoints.along)(model, *segment)


@pytest.fixture(scope="module")
def exact(model, segment):
    """The gradient of the loss by the parameters, one step a sample."""
    return ravel_pytree(
        eqx.filter_jit(eqx.filter_grad(loss_of(fast, *segment)))(model)
    )[0]


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

        both = jax.jit(jax.value_and_grad(at))  # one program for three places
        _, slope = both(flat)
        along = jax.random.normal(jax.random.key(2), flat.shape, flat.dtype)
        step = 1e-6
        after, before = (both(flat + sign * step * along)[0] for sign in (1, -1))
        difference = (after - before) / (2 * step)
        assert np.isclose(difference, slope @ along, rtol=1e-6)


@pytest.mark.slow
def test_both_ways_back_through_an_adaptive_solver_agree(model, segment, exact):
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
    size = np.linalg.norm(slopes["discrete"])
    # another solver, one step a sample: the gradient of nearly the same loss
    assert np.linalg.norm(slopes["discrete"] - exact) < 1e-3 * size
    gap = np.linalg.norm(slopes["continuous"] - slopes["discrete"])
    assert gap < 1e-2 * size


def test_the_adjoint_at_the_first_sample_is_the_gradient_by_the_start(
    model, segment, found
):
    times, states = segment

    def loss(start):
        rolled = fast(model, times, start)
        return adjoints.mean_percent_error(rolled, states), rolled

    slope, rolled = jax.jit(jax.grad(loss, has_aux=True))(states[0])
    assert np.allclose(found.adjoint[0], slope, rtol=1e-3)
    assert np.allclose(found.states, rolled, rtol=1e-5)


def test_the_gradient_is_the_integral_of_adjoint_times_sensitivity(
    model, segment, found, exact
):
    """dL/dθ = + ∫ aᵀ ∂f/∂θ dt, by the trapezium rule between the jumps."""
    times, states = segment
    jumps = jax.jit(jax.grad(adjoints.mean_percent_error))(found.states, states)
    arrays, rest = eqx.partition(model, eqx.is_array)

    @jax.jit
    @jax.vmap
    def pulled(state, adjoint):
        _, pull = jax.vjp(lambda x: eqx.combine(x, rest)(state), arrays)
        return ravel_pytree(pull(adjoint)[0])[0]

    after = pulled(found.states, found.adjoint - jumps)  # above each sample
    before = pulled(found.states, found.adjoint)
    step = jnp.diff(times)[:, None]
    integral = jnp.sum(step * (after[:-1] + before[1:]) / 2, axis=0)
    assert np.linalg.norm(integral - exact) < 2e-2 * np.linalg.norm(exact)


def test_local_parts_agree_with_explicit_jacobians(model, found):
    arrays, rest = eqx.partition(model, eqx.is_array)
    flat, back = ravel_pytree(arrays)
    state, adjoint = found.states[5], found.adjoint[5]
    asked = jax.jit(jax.jacrev(lambda x, y: eqx.combine(back(x), rest)(y), (0, 1)))
    by_parameters, by_state = asked(flat, state)
    assert np.isclose(found.sensitivity[5], np.linalg.norm(by_parameters), rtol=1e-4)
    integrand = np.linalg.norm(adjoint @ by_parameters)
    assert np.isclose(found.integrand[5], integrand, rtol=1e-3)
    assert np.isclose(found.divergence[5], np.trace(by_state), atol=1e-5)


@pytest.mark.parametrize("mode", adjoints.NORMALISATIONS)
def test_normalising_changes_the_parameter_gradient_and_nothing_else(mode, model):
    state = jnp.array([1.5, 0.4, 0.0, -0.2, 0.7, 0.0])
    along = jnp.array([0.3, -0.5, 0.1, 0.7, 0.2, -0.4])
    arrays, rest = eqx.partition(model, eqx.is_array)
    flat, back = ravel_pytree(arrays)

    def field(x, y, normalise):
        own = eqx.combine(back(x), rest)
        return (adjoints.normalised(own, mode) if normalise else own)(y)

    @partial(jax.jit, static_argnums=0)
    def parts(normalise):
        """The rate, and its Jacobians by the parameters and by the state."""
        slopes = jax.jacrev(field, (0, 1))(flat, state, normalise)
        return field(flat, state, normalise), *slopes

    rate, rows, by_state = parts(False)
    own_rate, own_rows, own_by_state = parts(True)
    assert np.allclose(own_rate, rate)
    assert np.allclose(own_by_state, by_state, atol=1e-6)
    wanted = (along * adjoints.weight(rate, mode)) @ rows
    assert np.allclose(along @ own_rows, wanted, rtol=1e-4, atol=1e-5)


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
