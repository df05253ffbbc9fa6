r"""Is the mechanism right, or only the prediction? Three tests of a learned map.

A model may predict a circuit and be built quite otherwise. (a) The *Jacobian* of its
step, carried to the voltages, $D'\,S'\,E'$, beside that of the true step,
$1-\alpha+\alpha W\,\mathrm{relu}'(v)$. (b) *Cut edges*: rollouts beside a circuit that
has lost half of its edges; a model without edges cannot lose them. (c) *Drive off the
manifold*: a movie of white noise, and currents into a few neurons. No rollout has
noise.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from studies.latent import rollouts
from studies.latent.circuit import Circuit
from studies.latent.recordings import Recording
from studies.latent.truth import true_map

STILL = 1e-8  # [raw units²] variance of a neuron that does not move
TINY = 1e-300  # keeps a quotient finite where nothing moves
CUT = 0.5  # share of the edges that are lost
INJECTED = 0.05  # share of the neurons that a current is sent into
CURRENTS = (5.0, 20.0)  # [standard deviations of the voltage of a neuron]


class Agreement(NamedTuple):
    """How well predicted voltages agree with true ones."""

    r2: float  # 1 - squared error over that of each neuron's mean, or of no change [1]
    r: float  # correlation over time, mean over neurons that move [1]
    rmse: float  # root of the mean squared error [voltage]


def agreement(
    predicted: Float[np.ndarray, "*time neuron"],
    true: Float[np.ndarray, "*time neuron"],
    *,
    change: bool = False,
) -> Agreement:
    """Agreement over time; −inf and NaN where predictions do not stay finite.

    Args:
        predicted: by a model.
        true: what happens.
        change: both are changes, so that R² is 0 for whoever foresees none; otherwise
            it is 0 for the mean of each neuron.
    """
    neurons = true.shape[-1]
    p = np.asarray(predicted, float).reshape(-1, neurons)
    t = np.asarray(true, float).reshape(-1, neurons)
    if not np.isfinite(p).all():
        return Agreement(float("-inf"), float("nan"), float("inf"))
    error = np.mean((p - t) ** 2)
    there, here = t - t.mean(axis=0), p - p.mean(axis=0)
    moves = (there**2).mean(axis=0) > STILL
    size = np.sqrt((here**2).mean(axis=0) * (there**2).mean(axis=0))[moves]
    both = (here * there).mean(axis=0)[moves]
    r = both / np.maximum(size, STILL)
    spread = max(float(np.mean((t if change else there) ** 2)), TINY)
    return Agreement(
        float(1 - error / spread),
        float(r.mean()) if r.size else float("nan"),
        float(np.sqrt(error)),
    )


# (a) The Jacobian ------------------------------------------------------------------


def true_jacobian(
    circuit: Circuit, voltage: Float[np.ndarray, " neuron"]
) -> Float[np.ndarray, "neuron neuron"]:
    """Derivative of the true step: row i is what neuron i's next voltage hears."""
    slope = circuit.alpha[:, None] * circuit.matrix() * (voltage > 0)
    return slope + np.diag(1 - circuit.alpha)


@eqx.filter_jit
def step_jacobian(
    model: Any, voltage: Float[Array, " neuron"], frame: Float[Array, " s"]
) -> Float[Array, "neuron neuron"]:
    """Derivative of a learned step, from voltages to voltages."""
    u, z = model.encode_stimulus(frame), model.encode(voltage)
    after = model.step(z, u)
    into = jax.jacrev(model.encode)(voltage)
    ahead = jax.jacfwd(lambda z: model.step(z, u))(z)
    return jax.jacfwd(model.decode)(after) @ (ahead @ into)


class Heard(NamedTuple):
    """Share of the true derivatives that learned ones explain, R² [1]."""

    connected: float  # pairs with an edge
    every: float  # all pairs of two neurons
    own: float  # of each neuron on itself


def jacobian_match(
    model: Any, circuit: Circuit, recording: Recording, rows: Int[np.ndarray, " row"]
) -> Heard:
    """R² of the learned Jacobian against the true one, medians over some rows."""
    edges = circuit.matrix() != 0
    own = np.eye(circuit.neurons, dtype=bool)
    masks = (edges & ~own, ~own, own)
    found = []
    for row in rows:
        voltage, frame = recording.voltage[row], recording.stimulus[row]
        true = true_jacobian(circuit, voltage)
        learned = step_jacobian(model, jnp.asarray(voltage), jnp.asarray(frame))
        ours = np.asarray(learned, float)
        found.append([_explained(ours[mask], true[mask]) for mask in masks])
    return Heard(*np.median(found, axis=0).tolist())


def _explained(predicted: np.ndarray, true: np.ndarray) -> float:
    spread = np.mean((true - true.mean()) ** 2)
    return float(1 - np.mean((predicted - true) ** 2) / max(spread, TINY))


# (b) Cut edges, (c) drive off the manifold -----------------------------------------


def cut(circuit: Circuit, share: float = CUT, seed: int = 0) -> Circuit:
    """The circuit without a share of its edges, drawn by lot."""
    kept = np.random.default_rng(seed).random(circuit.weight.size) >= share
    ends = {name: getattr(circuit, name)[kept] for name in ("pre", "post", "weight")}
    return replace(circuit, name=f"{circuit.name}, cut", **ends)


@eqx.filter_jit
def pushed(
    model: Any,
    initial: Float[Array, "start neuron"],
    frames: Float[Array, "start step s"],
    push: Float[Array, "start neuron"],
) -> Float[Array, "start step neuron"]:
    """Rollouts through the voltages, with so much added to them after every step."""

    def one(x: Array, movie: Array, add: Array) -> Array:
        def step(x: Array, frame: Array) -> tuple[Array, Array]:
            u = model.encode_stimulus(frame)
            after = model.decode(model.step(model.encode(x), u)) + add
            return after, after

        return jax.lax.scan(step, x, movie)[1]

    return jax.lax.map(lambda given: one(*given), (initial, frames, push))


@eqx.filter_jit
def ahead(
    model: Any, voltage: Float[Array, "time neuron"], frames: Float[Array, "time s"]
) -> Float[Array, "time neuron"]:
    """One step from each row."""

    def one(given: tuple[Array, Array]) -> Array:
        x, frame = given
        return model.decode(model.step(model.encode(x), model.encode_stimulus(frame)))

    return jax.lax.map(one, (voltage, frames))


def free(
    model: Any,
    initial: Float[Array, "start neuron"],
    frames: Float[Array, "start step s"],
) -> Float[Array, "start step neuron"]:
    """Latent rollouts along frames."""

    def one(given: tuple[Array, Array]) -> Array:
        x, movie = given
        padded = jnp.concatenate([movie, movie[-1:]])
        return rollouts.latent_rollout(model, x, padded)

    return jax.lax.map(one, (initial, frames))


class Mechanism(NamedTuple):
    """What `measure` gives: agreement under each test, by name."""

    heard: Heard
    agreement: Mapping[str, Agreement]


def measure(
    model: Any,
    circuit: Circuit,
    recording: Recording,
    *,
    starts: int = 5,
    steps: int = 200,
    seed: int = 0,
) -> Mechanism:
    """The three tests of one model against the circuit that it was trained on.

    Args:
        model: encoder, decoder, stimulus encoder and map.
        circuit: the true one.
        recording: of it; gives states to start at and ordinary movies.
        starts: rollouts of each test, and rows of the Jacobian [1].
        steps: of a rollout.
        seed: of everything drawn.

    Returns:
        The match of Jacobians, and the agreement by name. `one_step` is of the next
        rows of the recording, noise and all. Of rollouts there are `intact`; `cut`,
        against the cut circuit, and `cut_intact`, that of the intact true circuit with
        the cut one; `white`, on a movie of white noise; `push_5` and `push_20`, of the
        change that currents make in all other neurons.
    """
    rng, truth = np.random.default_rng(seed), true_map(circuit)
    rows = rollouts.start_rows(recording, steps, starts, seed=seed)
    initial = jnp.asarray(recording.voltage[rows])
    ordinary = np.stack([recording.stimulus[row : row + steps] for row in rows])
    frames = jnp.asarray(ordinary)
    white = jnp.asarray(rng.random(ordinary.shape), jnp.float32)
    ours, theirs = free(model, initial, frames), free(truth, initial, frames)
    lost = free(true_map(cut(circuit, seed=seed)), initial, frames)
    stretch = slice(int(rows[0]), int(rows[0]) + steps)
    given = jnp.asarray(recording.voltage[stretch]), jnp.asarray(ordinary[0])
    after = recording.voltage[stretch.start + 1 : stretch.stop + 1]
    pairs = {
        "one_step": (ahead(model, *given), after),
        "intact": (ours, theirs),
        "cut": (ours, lost),
        "cut_intact": (theirs, lost),
        "white": (free(model, initial, white), free(truth, initial, white)),
    }
    for size in CURRENTS:
        pairs[f"push_{size:.0f}"] = _pushes(
            (model, truth), circuit, recording, (initial, frames), size, rng
        )
    agreed = {
        name: agreement(*map(np.asarray, both), change=name.startswith("push"))
        for name, both in pairs.items()
    }
    return Mechanism(jacobian_match(model, circuit, recording, rows), agreed)


def _pushes(
    maps: tuple[Any, Any],
    circuit: Circuit,
    recording: Recording,
    along: tuple[Array, Array],
    size: float,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Change that a current makes in the neurons it is not sent into, by map."""
    count = max(1, round(INJECTED * circuit.neurons))
    chosen = rng.choice(circuit.neurons, count, replace=False)
    push = np.zeros(circuit.neurons)
    deviation = recording.voltage.std(axis=0)
    push[chosen] = size * deviation[chosen] * circuit.alpha[chosen]
    add = jnp.asarray(np.tile(push, (len(along[0]), 1)), jnp.float32)
    others = np.setdiff1d(np.arange(circuit.neurons), chosen)
    ours, theirs = (
        np.asarray(pushed(own, *along, add) - pushed(own, *along, 0 * add))[..., others]
        for own in maps
    )
    return ours, theirs
