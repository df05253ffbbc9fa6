r"""A latent ODE: an orbit as a linear readout of a learned motion in a latent space.

An encoder makes a latent state of the first samples, $h_0=E(y_0,\dots)$; a learned
drift moves it, $\dot h=\tanh(f(h))$; a linear decoder reads states off it,
$\hat y=Ch+b$. No law is asked of the latent motion, so a good reconstruction may come
with an acceleration that has nothing to do with gravity. What the model implies is
$\dot{\hat y}=C\,\tanh(f(h))$: its lower half is the *implied acceleration*, and its
upper half should be the decoded velocity.

After Rubanova, Chen and Duvenaud (2019), Latent ODEs for irregularly sampled time
series, with an encoder that gives the latent state itself and no distribution.
Everything is in the plane, (x, y, v_x, v_y), and written for one segment.
"""

from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, PRNGKeyArray

from studies.orbit.batches import Trajectories, strided_rows
from studies.orbit.features import safe_norm
from studies.orbit.solvers import Times, fast
from studies.training import Phase, Result, initialise, read_model, train

Planar = Float[Array, "samples 4"]  # [R_E, R_E/TU]
Latent = Float[Array, " latent"]
Scalar = Float[Array, ""]
EncoderName = Literal["first", "prefix", "backward"]
ENCODERS: tuple[EncoderName, ...] = get_args(EncoderName)
PLANE = np.array([0, 1, 3, 4])  # x, y, v_x, v_y among the six numbers of a state
VALIDATE_EVERY = 100  # steps


class Encoder(eqx.Module):
    """From the first samples of a segment to the latent state at the first of them.

    `first` sees one sample, through an MLP; `prefix` reads all of them forwards through
    a gated recurrent network, `backward` in reverse, so that the first comes last.
    """

    reader: eqx.nn.GRUCell | None
    head: eqx.nn.MLP
    name: str = eqx.field(static=True)

    def __init__(self, name: str, latent: int, hidden: int, key: PRNGKeyArray):
        """Raises ValueError where the name is not known."""
        if name not in ENCODERS:
            message = f"encoder `{name}` is unknown; choose from {', '.join(ENCODERS)}."
            raise ValueError(message)
        reading, giving = jax.random.split(key)
        first = name == "first"
        self.reader = None if first else eqx.nn.GRUCell(4, hidden, key=reading)
        taken = 4 if first else hidden
        self.head = eqx.nn.MLP(taken, latent, hidden, 1, jax.nn.softplus, key=giving)
        self.name = name

    def __call__(self, samples: Planar) -> Latent:
        if self.reader is None:
            return self.head(samples[0])
        reader = self.reader
        ordered = samples[::-1] if self.name == "backward" else samples

        def read(memory: Array, sample: Array) -> tuple[Array, None]:
            return reader(sample, memory), None

        start = jnp.zeros(reader.hidden_size, samples.dtype)
        return self.head(jax.lax.scan(read, start, ordered)[0])


class LatentODE(eqx.Module):
    """Encoder, drift and decoder."""

    encoder: Encoder
    drift: eqx.nn.MLP
    decoder: eqx.nn.Linear

    def rate(self, latent: Latent) -> Latent:
        r"""$\dot h=\tanh(f(h))$ [1/TU]."""
        return jnp.tanh(self.drift(latent))

    def roll(
        self, times: Times, first: Float[Array, "prefix 4"]
    ) -> Float[Array, "samples latent"]:
        """Latent states at `times` [TU], from an encoding of the first samples."""
        return fast(self.rate, times, self.encoder(first))

    def decode(self, latents: Float[Array, "samples latent"]) -> Planar:
        """States [R_E, R_E/TU] that belong to latent states."""
        return jax.vmap(self.decoder)(latents)

    def implied(self, latents: Float[Array, "samples latent"]) -> Planar:
        """Rate of change of the decoded states [R_E/TU, R_E/TU²], C tanh(f(h))."""
        return jax.vmap(lambda h: self.decoder.weight @ self.rate(h))(latents)


def build(
    *,
    encoder: str = "first",
    latent: int = 8,
    width: int = 16,
    depth: int = 1,
    key: PRNGKeyArray | None = None,
    **others: Any,
) -> LatentODE:
    """An untrained latent ODE; parameters it does not need are ignored.

    Args:
        encoder: "first", "prefix" or "backward".
        latent: dimensions of the latent state [1].
        width: units of each hidden layer, and of a recurrent encoder [1].
        depth: hidden layers of the drift [1].
        key: of the initial weights.

    Raises:
        ValueError: the encoder is not known.
    """
    del others
    keys = jax.random.split(jax.random.key(0) if key is None else key, 3)
    drift = eqx.nn.MLP(latent, latent, width, depth, jax.nn.softplus, key=keys[1])
    reader = eqx.nn.Linear(latent, 4, key=keys[2])
    return LatentODE(Encoder(encoder, latent, width, keys[0]), drift, reader)


def read(path: Path) -> LatentODE:
    """The trained latent ODE in a file.

    Raises:
        ModelFileError: no whole model file, or of another structure.
    """
    return read_model(path, build)


# Training --------------------------------------------------------------------------


class Seen(NamedTuple):
    """Segments in the plane, with the accelerations that the data suggest."""

    times: Float[Array, "segments samples"]  # [TU]
    states: Float[Array, "segments samples 4"]  # [R_E, R_E/TU]


def seen(data: Trajectories) -> Seen:
    """Segments without their third components, each counting time from its start."""
    return Seen(data.times - data.times[:, :1], data.states[..., PLANE])


def relative(predicted: Array, true: Array) -> Scalar:
    """100 · mean ‖true − predicted‖/‖true‖ over samples [%]."""
    return 100 * jnp.mean(safe_norm(true - predicted) / safe_norm(true))


def terms_of(
    model: LatentODE, data: Seen, prefix: int, consistency: Scalar
) -> dict[str, Scalar]:
    r"""Reconstruction of the states, and how far they are from moving by themselves.

    The second term compares the rate at which the decoded position moves with the
    decoded velocity, $\|\dot{\hat p}-\hat v\|/\|v\|$, times `consistency`.
    """

    def one(times: Array, states: Array) -> tuple[Planar, Planar]:
        latents = model.roll(times, states[:prefix])
        return model.decode(latents), model.implied(latents)

    states, rates = jax.vmap(one)(data.times, data.states)
    gap = safe_norm(rates[..., :2] - states[..., 2:])
    stray = 100 * jnp.mean(gap / safe_norm(data.states[..., 2:]))
    return {
        "reconstruction": relative(states, data.states),
        "consistency": consistency * stray,
    }


def draw_batch(key, step, data, phase_key, size: int):
    """The trainer's `batch`: rows of segments."""
    del key
    count = data.states.shape[0]
    rows = strided_rows(phase_key, step, count, size)
    return data if size >= count else jax.tree.map(lambda x: x[rows], data)


def batch_loss(model, batch, key, prefix: int, consistency):
    """The trainer's `loss`."""
    del key
    terms = terms_of(model, batch, prefix, consistency)
    return sum(terms.values(), start=jnp.zeros(())), terms


def validate(model, data, prefix: int, consistency):
    """The trainer's `validation`: the same on held-out segments."""
    return batch_loss(model, data, None, prefix, consistency)


def fresh(key: PRNGKeyArray, **sizes: Any) -> LatentODE:
    """An untrained model; a function of this module, so that it compiles once."""
    return build(**sizes, key=key)


def fit(
    architecture: dict[str, Any],
    training: Seen,
    held_out: Seen,
    seeds: list[int],
    *,
    steps: int,
    learning_rate: float,
    batch: int,
    prefix: int,
    consistency: float,
    **options: Any,
) -> Result:
    """Train an ensemble as one program: a member for each seed.

    Args:
        architecture: `encoder`, `latent`, `width` and `depth`.
        training: segments that are learned from.
        held_out: segments of other orbits; they judge which parameters are best.
        seeds: of the initial weights and the order of batches.
        steps: optimiser steps; the rate falls to zero on a cosine.
        learning_rate: at first.
        batch: segments in a step.
        prefix: samples that the encoder is shown.
        consistency: weight of the consistency of position and velocity [1].
        options: handed on to `studies.training.train`.
    """
    arguments = {
        "size": batch,
        "prefix": prefix,
        "consistency": np.float32(consistency),
    }
    rate = optax.cosine_decay_schedule(learning_rate, steps)
    return train(
        initialise(partial(fresh, **architecture), seeds),
        batch_loss,
        draw_batch,
        Phase(steps, rate, arguments=arguments),
        data=training,
        seeds=seeds,
        optimiser=optax.adam,
        clip=1.0,
        validation=validate,
        validation_data=held_out,
        validate_every=VALIDATE_EVERY,
        **options,
    )
