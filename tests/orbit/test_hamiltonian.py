"""The published two-body task: its truth, its networks, and how they are judged."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from studies.orbit import hamiltonian
from studies.orbit.systems import TwoBody

TEST = hamiltonian.trials(5, 1)
TRUTH = hamiltonian.Mirrored(TwoBody())


class Drifting(eqx.Module):
    """A field that adds energy at a known rate, dE/dt = 0.02 (v₁² + v₂²)."""

    def __call__(self, state):
        return TRUTH(state) + 0.02 * jnp.concatenate([jnp.zeros(4), state[4:]])


def test_trials_keep_energy_and_the_centre_at_rest():
    energy = hamiltonian.energy(TEST.states)
    assert np.ptp(energy, axis=1).max() < 1e-12
    assert np.abs(TEST.states[..., :2] + TEST.states[..., 2:4]).max() < 1e-12
    assert TEST.time[-1] == hamiltonian.SPAN


def test_the_rates_are_those_of_the_path():
    step = 1e-4
    moved = TEST.states + step * TEST.rates
    along = hamiltonian.energy(moved) - hamiltonian.energy(TEST.states)
    assert np.abs(along).max() < 10 * step**2
    pull = -(TEST.states[..., :2] - TEST.states[..., 2:4])
    pull /= np.linalg.norm(pull, axis=-1, keepdims=True) ** 3
    assert np.allclose(TEST.rates[..., 4:6], pull, atol=1e-12)


def test_the_true_field_has_no_loss_and_keeps_the_energy():
    found = hamiltonian.judge(TRUTH, TEST)
    assert found["test_loss"] < 1e-14
    assert found["energy_mean"] < 1e-10


def test_a_field_that_adds_energy_is_found_out():
    found = hamiltonian.judge(Drifting(), TEST)
    expected = np.mean((0.02 * TEST.states[..., 4:]) ** 2) / 2
    assert found["test_loss"] == pytest.approx(expected, rel=1e-4)
    assert found["energy_mean"] > 1e-3


def test_a_hamiltonian_network_keeps_its_own_scalar():
    model = hamiltonian.fresh(jax.random.key(0), "Hamiltonian")
    state = jnp.float32(TEST.states[0, 0])
    slope = jax.grad(model.network)(state)
    assert float(jnp.abs(slope @ model(state))) < 1e-6
    assert float(jnp.linalg.norm(model(state))) > 1e-3


@pytest.mark.parametrize("name", hamiltonian.NETWORKS)
def test_every_network_learns(name):
    taught = hamiltonian.trials(20, 0)
    (after,) = hamiltonian.learn(name, taught, [0], 200)
    before = hamiltonian.fresh(jax.random.key(0), name)
    losses = [hamiltonian.judge(x, TEST)["test_loss"] for x in (before, after)]
    assert losses[1] < losses[0] / 2
