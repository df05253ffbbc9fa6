"""Solvers: orders of accuracy, and the fast one against the reference."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from studies.orbit import solvers
from studies.orbit.losses import percent_error
from studies.orbit.models import build
from studies.orbit.systems import TwoBody
from studies.orbit.tasks import orbit_set, segments


def batch(length=18, count=20):
    """Times and states of some segments of ten orbits, float32."""
    cut = segments(orbit_set("complex", 10, seed=1), length)
    rows = np.linspace(0, len(cut.states) - 1, count).astype(int)
    return jnp.float32(cut.time[rows]), jnp.float32(cut.states[rows])


@pytest.mark.parametrize("name", ["reference", "fast"])
def test_the_true_field_retraces_kepler_orbits(name):
    times, states = batch()
    solved = eqx.filter_jit(solvers.solve)(name, TwoBody(), times, states[:, 0])
    gap = np.linalg.norm(solved - states, axis=-1)
    error = gap / np.linalg.norm(states, axis=-1)
    # one step a sample: 0.02 % near the periapsis of the most eccentric orbit
    assert 100 * error.max() < 0.05
    assert 100 * error.mean() < 1e-3


def test_the_fast_step_is_of_order_four():
    def oscillator(state):
        return jnp.concatenate([state[3:], -state[:3]])

    start = jnp.array([1.0, 0, 0, 0, 0, 0])
    end = jnp.array([np.cos(4.0), 0, 0, -np.sin(4.0), 0, 0])
    errors = []
    for steps in (16, 32):
        times = jnp.linspace(0.0, 4.0, steps + 1)
        found = solvers.fast(oscillator, times, start)[-1]
        errors.append(float(jnp.linalg.norm(found - end)))
    assert np.log2(errors[0] / errors[1]) == pytest.approx(4, abs=0.3)


def test_a_padded_time_repeats_the_last_state():
    times, states = batch(count=1)
    padded = times[0].at[-3:].set(jnp.nan)
    solved = solvers.fast(TwoBody(), padded, states[0, 0])
    assert jnp.all(jnp.isfinite(solved))
    np.testing.assert_array_equal(solved[-1], solved[-4])


@pytest.fixture(scope="module")
def both():
    """Loss and gradient of one network with either solver."""
    times, states = batch()
    model = build(
        features="rinv_vel",
        output_layer="signed",
        activation="leaky_relu",
        width=64,
        depth=2,
        seed=1,
    )

    @eqx.filter_jit
    @eqx.filter_value_and_grad
    def loss(model, name):
        solved = solvers.solve(name, model, times, states[:, 0])
        return sum(percent_error(solved, states).values())

    return {name: loss(model, name) for name in solvers.SOLVERS}


def test_fast_and_reference_give_the_same_loss_at_the_same_weights(both):
    # the loss is in percent of a state, which the reference knows to its tolerance
    gap = abs(float(both["fast"][0]) - float(both["reference"][0]))
    assert gap < 100 * solvers.RELATIVE


def test_fast_and_reference_give_the_same_gradient_at_the_same_weights(both):
    flat = {
        name: ravel_pytree(eqx.filter(value[1], eqx.is_array))[0]
        for name, value in both.items()
    }
    gap = jnp.linalg.norm(flat["fast"] - flat["reference"])
    assert float(gap / jnp.linalg.norm(flat["reference"])) < 0.02


def test_a_field_that_blows_up_is_nan_and_not_an_error():
    def explosive(state):
        return 1e3 * state**3

    times = jnp.linspace(0.0, 1.0, 5)
    solved = solvers.reference(explosive, times, jnp.ones(6))
    assert jnp.all(jnp.isnan(solved))
