r"""Inside a trained model: its latent states, its map, and the connections it uses.

The one-step map $z \mapsto z + f(z, u)$ has at each state a Jacobian; eigenvalues
inside the unit circle are directions in which a rollout forgets its errors. The probe
asks whether a prediction depends only on neurons that the connectome allows.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Complex, Float, Int

from studies.latent.circuit import Circuit
from studies.latent.recordings import Recording


class Geometry(NamedTuple):
    """Principal components of latent states along a recording."""

    scores: Float[np.ndarray, "time component"]  # centred states on the components
    variance: Float[np.ndarray, " latent"]  # of each component, largest first

    @property
    def dimension(self) -> float:
        """Participation ratio of the components."""
        return participation(self.variance)


def participation(variance: Float[np.ndarray, " component"]) -> float:
    """(Σλ)² / Σλ²: how many components share the variance, from 1 to all [1]."""
    own = np.asarray(variance, np.float64)
    return float(own.sum() ** 2 / max((own**2).sum(), 1e-300))


@eqx.filter_jit
def _encode(model: Any, voltage: Float[Array, "time neuron"]) -> Array:
    return jax.lax.map(model.encode, voltage, batch_size=256)


def latent_states(
    model: Any, recording: Recording, every: int = 1
) -> Float[np.ndarray, "time latent"]:
    """Encoded voltages of a recording, one row in `every`."""
    return np.asarray(_encode(model, jnp.asarray(recording.voltage[::every])))


def geometry(states: Float[np.ndarray, "time latent"], components: int = 3) -> Geometry:
    """Principal components of latent states."""
    centred = np.asarray(states, np.float64) - states.mean(axis=0)
    _, size, axes = np.linalg.svd(centred, full_matrices=False)
    return Geometry(centred @ axes[:components].T, size**2 / len(states))


def on_shared_components(
    states: Mapping[str, Float[np.ndarray, "_ latent"]], components: int = 2
) -> dict[str, Float[np.ndarray, "_ component"]]:
    """Several sets of states on the principal components of all of them together."""
    whole = np.concatenate(list(states.values())).astype(np.float64)
    centre = whole.mean(axis=0)
    _, _, axes = np.linalg.svd(whole - centre, full_matrices=False)
    return {name: (own - centre) @ axes[:components].T for name, own in states.items()}


# The map ---------------------------------------------------------------------------


@eqx.filter_jit
def _jacobians(model: Any, voltage: Array, stimulus: Array) -> Array:
    def own(x: Array, s: Array) -> Array:
        u = model.encode_stimulus(s)
        return jax.jacfwd(lambda z: model.step(z, u))(model.encode(x))

    return jax.lax.map(lambda given: own(*given), (voltage, stimulus))


def spectrum(
    model: Any, recording: Recording, rows: Int[np.ndarray, " row"]
) -> Complex[np.ndarray, "row latent"]:
    """Eigenvalues of the one-step map's Jacobian at some rows, largest first [1/step].

    Equals one in every direction for a map that begins as the identity.
    """
    given = jnp.asarray(recording.voltage[rows]), jnp.asarray(recording.stimulus[rows])
    values = np.linalg.eigvals(np.asarray(_jacobians(model, *given)))
    order = np.argsort(-np.abs(values), axis=-1)
    return np.take_along_axis(values, order, axis=-1).astype(complex)


def true_spectrum(
    circuit: Circuit, voltage: Float[np.ndarray, "row neuron"]
) -> Complex[np.ndarray, " eigenvalue"]:
    """Eigenvalues of the true circuit's step at some voltages, 1 - α + α W relu'."""
    weights = np.zeros((circuit.neurons, circuit.neurons))
    np.add.at(weights, (circuit.post, circuit.pre), circuit.weight)
    decay = np.diag(1 - circuit.alpha)
    found = [
        np.linalg.eigvals(decay + circuit.alpha[:, None] * weights * (row > 0))
        for row in voltage
    ]
    return np.concatenate(found).astype(complex)


def time_scales(
    values: Complex[np.ndarray, "*shape"], dt: float
) -> Float[np.ndarray, "*shape"]:
    """Time in which each direction decays by e, -dt/ln|λ| [s]; inf if it does not."""
    size = np.abs(values)
    decays = size < 1
    rate = -np.log(np.where(decays & (size > 0), size, 0.5))
    return np.where(decays, np.where(size > 0, dt / rate, 0.0), np.inf)


# What a prediction listens to ------------------------------------------------------


class Probe(NamedTuple):
    """Change of one-step predictions when neurons are silenced, one entry a neuron."""

    without_others: Float[np.ndarray, " neuron"]  # all but parents and itself silenced
    without_parents: Float[np.ndarray, " neuron"]  # as many of the parents and others
    variance: Float[np.ndarray, " neuron"]  # of the neuron's own voltage

    @property
    def ratio(self) -> float:
        """Median change without others over median change without parents [1]."""
        low = max(float(np.median(self.without_parents)), 1e-12)
        return float(np.median(self.without_others)) / low


def probe(
    model: Any,
    recording: Recording,
    parents: Bool[np.ndarray, "neuron neuron"],
    rows: Int[np.ndarray, " row"],
    neurons: Int[np.ndarray, " probed"],
) -> Probe:
    """Silences those that cannot influence a neuron, or those that can, and compares.

    Silencing is setting a voltage to its mean over the recording, so that the encoder
    sees ordinary values. A model that had found the connectome would not change when
    non-parents are silenced, and change when parents are.

    Args:
        model: the one to open.
        recording: of a circuit whose connectome is known.
        parents: row i is True at every neuron j with an edge j → i.
        rows: rows of the recording to predict from.
        neurons: those whose prediction is asked for.
    """
    mean = recording.voltage.mean(axis=0)
    allowed = parents[neurons] | np.eye(len(mean), dtype=bool)[neurons]
    given = (recording.voltage[rows], recording.stimulus[rows], mean)
    changes = _changes(model, *map(jnp.asarray, (*given, allowed, neurons)))
    others, own = (np.asarray(x, np.float64) for x in changes)
    return Probe(others, own, recording.voltage[:, neurons].var(axis=0))


@eqx.filter_jit
def _changes(
    model: Any, voltage: Array, stimulus: Array, mean: Array, allowed: Array, at: Array
) -> tuple[Array, Array]:
    def ahead(x: Array, s: Array) -> Array:
        return model.decode(model.step(model.encode(x), model.encode_stimulus(s)))

    def one(given: tuple[Array, Array]) -> tuple[Array, Array]:
        keep, neuron = given
        kept = jax.vmap(ahead)(jnp.where(keep, voltage, mean), stimulus)
        lost = jax.vmap(ahead)(jnp.where(keep, mean, voltage), stimulus)
        changed = (kept - base)[:, neuron], (lost - base)[:, neuron]
        return (changed[0] ** 2).mean(), (changed[1] ** 2).mean()

    base = jax.vmap(ahead)(voltage, stimulus)
    return jax.lax.map(one, (allowed, at))
