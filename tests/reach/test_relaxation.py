"""Networks at rest: a linear state in closed form, and the speed of coming to rest."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from studies.reach import evaluation
from studies.reach.models import build
from studies.reach.relaxation import relaxed, steady_input

PLACES = np.array([[0.0, 0.0], [0.5, -0.25]])
CONTEXTS = np.array([-1.0, 2.0])


@pytest.fixture(scope="module")
def gru():
    return build(hidden=6, context=True, key=jax.random.key(3))


def test_a_cell_without_recurrence_rests_where_its_drive_says_at_its_leak():
    leaky = build(cell="leaky-rnn", leak=0.3, hidden=5, context=True)
    leaky = eqx.tree_at(
        lambda x: x.cell.weight_hh, leaky, jnp.zeros((5, 5), jnp.float32)
    )
    found = relaxed(evaluation.stack([leaky]), PLACES, CONTEXTS)
    for c, context in enumerate(CONTEXTS):
        for p, place in enumerate(PLACES):
            told = [context, *place, 0, 0, *place, 0, 0]
            drive = np.asarray(leaky.cell.weight_ih) @ told + np.asarray(
                leaky.cell.bias
            )
            np.testing.assert_allclose(found.hidden[0, c, p], np.tanh(drive), atol=1e-5)
    np.testing.assert_allclose(found.eigenvalues, 0.7, atol=1e-6)
    assert found.resting.all()


def test_a_network_comes_to_rest_as_fast_as_its_spectral_radius(gru):
    """Distances from the state at rest shrink by the spectral radius at each step."""
    found = relaxed(evaluation.stack([gru]), PLACES, CONTEXTS)
    assert found.resting.all()
    assert (found.radius < 1).all()
    with jax.enable_x64():
        double = jax.tree.map(lambda x: x.astype(jnp.float64), gru)
        told = steady_input(
            double, jnp.asarray(PLACES[1]), jnp.asarray(CONTEXTS[1], jnp.float64)
        )
        step = jax.jit(double.__call__)
        at = jnp.asarray(found.hidden[0, 1, 1])
        for _ in range(500):
            at = step(told, at)
        hidden, away = jnp.zeros_like(at), []
        for _ in range(120):
            hidden = step(told, hidden)
            away.append(float(jnp.linalg.norm(hidden - at)))
    known = np.array(away) > 1e-11  # above the rounding of the state at rest
    last = np.flatnonzero(known)[-1]
    rate = (away[last] / away[last // 2]) ** (1 / (last - last // 2))
    assert rate == pytest.approx(float(found.radius[0, 1, 1]), rel=0.05)


def test_too_few_steps_leave_a_residual_that_is_no_rest(gru):
    found = relaxed(evaluation.stack([gru]), PLACES, CONTEXTS, iterations=2)
    assert not found.resting.any()
