"""Opening models whose inside is known."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array, Float

from latent_maps import Decay, recording
from studies.latent import inside, interpolation, truth
from studies.latent.circuit import hexeye


class Linear(eqx.Module):
    """z → A z + s, on the voltages themselves."""

    matrix: Float[Array, "n n"]

    def encode(self, voltage):
        return voltage

    def decode(self, latent):
        return latent

    def encode_stimulus(self, stimulus):
        return stimulus

    def step(self, latent, stimulus):
        return self.matrix @ latent + stimulus


@pytest.fixture
def noise():
    rng = np.random.default_rng(0)
    voltage = rng.normal(size=(300, 4)) * [3.0, 1.0, 0.1, 0.0]
    return recording(voltage, rng.normal(size=(300, 4)))


def test_a_rotation_has_its_eigenvalues_on_the_unit_circle(noise):
    angle = 0.3
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = np.zeros((4, 4))
    matrix[:2, :2], matrix[2, 2], matrix[3, 3] = turn, 0.5, -0.2
    model = Linear(jnp.asarray(matrix, jnp.float32))
    found = inside.spectrum(model, noise, np.array([0, 5]))
    assert found.shape == (2, 4)
    expected = [np.exp(1j * angle), np.exp(-1j * angle), 0.5, -0.2]
    for row in found:
        np.testing.assert_allclose(
            np.sort_complex(row), np.sort_complex(expected), atol=1e-5
        )
        assert (np.diff(np.abs(row)) <= 1e-6).all()


def test_time_scales_are_those_of_exponential_decay():
    values = np.exp(-0.02 / np.array([0.05, 0.2])).astype(complex)
    np.testing.assert_allclose(inside.time_scales(values, 0.02), [0.05, 0.2])
    assert inside.time_scales(np.array([1.1 + 0j]), 0.02)[0] == np.inf


def test_latent_states_are_what_the_encoder_says(noise):
    states = inside.latent_states(Decay(0.5), noise, every=3)
    np.testing.assert_allclose(states, 2 * noise.voltage[::3])


def test_components_carry_the_variance_and_its_dimension(noise):
    shape = inside.geometry(noise.voltage)
    assert shape.variance.sum() == pytest.approx(noise.voltage.var(axis=0).sum(), 1e-4)
    assert 1.0 < shape.dimension < 2.0  # one direction carries 90 %
    assert inside.participation(np.ones(5)) == pytest.approx(5.0)
    assert inside.participation(np.array([1.0, 0.0])) == pytest.approx(1.0)


def test_shared_components_keep_distances_within_their_plane():
    rng = np.random.default_rng(1)
    plane = rng.normal(size=(50, 2)) @ rng.normal(size=(2, 6))
    found = inside.on_shared_components({"a": plane[:20], "b": plane[20:]})
    whole = np.concatenate([found["a"], found["b"]])
    np.testing.assert_allclose(
        np.linalg.norm(whole[0] - whole[30]), np.linalg.norm(plane[0] - plane[30])
    )


def test_the_probe_sees_a_connectome_that_is_respected(noise):
    """Neuron 1 hears 0, neuron 0 hears 1; neurons 2 and 3 are heard by nobody."""
    parents = np.zeros((4, 4), bool)
    parents[0, 1] = parents[1, 0] = True
    matrix = jnp.asarray(0.5 * parents, jnp.float32)
    at, neurons = np.arange(50), np.array([0, 1])
    kept = inside.probe(Linear(matrix), noise, parents, at, neurons)
    np.testing.assert_allclose(kept.without_others, 0.0, atol=1e-10)
    assert (kept.without_parents > 0.01).all()
    broken = inside.probe(Linear(matrix.at[0, 2].set(5.0)), noise, parents, at, neurons)
    assert broken.without_others[0] > 0.01
    np.testing.assert_allclose(broken.without_others[1], 0.0, atol=1e-10)


def test_the_true_spectrum_is_that_of_the_true_map():
    circuit = hexeye(radius=1)
    rng = np.random.default_rng(0)
    voltage = rng.normal(size=(2, circuit.neurons))
    own = recording(voltage, np.zeros((2, circuit.columns)))
    learned = inside.spectrum(truth.true_map(circuit), own, np.array([0]))[0]
    closed = inside.true_spectrum(circuit, own.voltage[:1])
    sizes = [np.sort(np.abs(x)) for x in (learned, closed)]
    np.testing.assert_allclose(
        sizes[0], sizes[1], atol=2e-2
    )  # defective eigenvalues, float32
    assert learned.sum() == pytest.approx(closed.sum(), abs=1e-3)  # the trace


# Interpolation ---------------------------------------------------------------------


def driven(steps: int, seed: int):
    """Two neurons that integrate a stimulus that jumps at random at every step."""
    rng = np.random.default_rng(seed)
    stimulus = rng.normal(size=(steps, 2))
    voltage = np.zeros((steps, 2))
    for t in range(steps - 1):
        voltage[t + 1] = 0.9 * voltage[t] + stimulus[t]
    return recording(voltage, stimulus)


def test_a_fit_that_knows_every_step_of_the_stimulus_is_exact():
    """The truth is linear in the first state and the stimulus."""
    fitted = interpolation.fit(driven(2000, 0), 5, "all", components=2)
    other = driven(1000, 1)
    line = interpolation.straight_line(other, 5)
    assert fitted.errors(other).shape == (4,)
    assert fitted.errors(other).max() < 1e-3 * line.min()


def test_a_fit_with_knots_alone_is_between_the_line_and_the_truth():
    other = driven(2000, 1)
    line = interpolation.straight_line(other, 5)
    knots = interpolation.fit(driven(4000, 0), 5, "knots", components=2).errors(other)
    assert 0.2 * line.mean() < knots.mean() < 1.02 * line.mean()


def test_a_straight_line_through_a_ramp_has_no_error():
    ramp = recording(np.outer(np.arange(40), [1.0, 2.0]), np.zeros((40, 1)))
    np.testing.assert_allclose(interpolation.straight_line(ramp, 4), 0.0, atol=1e-8)


def test_nothing_lies_between_neighbouring_rows():
    with pytest.raises(ValueError, match="at least 2"):
        interpolation.fit(driven(50, 0), 1)
