r"""Rollouts of a trained map from many starts, and the baselines to compare with.

A *latent* rollout encodes once, $z_{k+1} = z_k + f(z_k, u_k)$, and decodes every step;
an *activity* rollout goes through the voltages at every step. Step k (from 0) predicts
row `start + k + 1`. Everything is reduced to means where it is computed: of the
predictions of all starts, shape (start, step, neuron), only one part is ever in memory.
"""

from typing import Any, NamedTuple, Protocol, runtime_checkable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from studies.latent.metrics import CAP, finite
from studies.latent.models import LatentModel, StimulusOnly
from studies.latent.recordings import Recording
from studies.latent.stimuli import reduce_stimulus

PART = 256  # [steps] decoded at a time, at most


class RolloutError(ValueError):
    """A rollout that its recording is too short for."""


@runtime_checkable
class Map(Protocol):
    """What can be rolled out: a trained model, or the true circuit."""

    def encode(self, voltage: Any, /) -> Any: ...
    def decode(self, latent: Any, /) -> Any: ...
    def encode_stimulus(self, stimulus: Any, /) -> Any: ...
    def step(self, latent: Any, stimulus: Any, /) -> Any: ...


class Rolled(NamedTuple):
    """What is kept of the rollouts from several starts."""

    mse: Float[np.ndarray, "start step"]  # mean over neurons [squared voltage]
    total: Float[np.ndarray, "start neuron"]  # variance of the truth over the rollout
    unexplained: Float[np.ndarray, "start neuron"]  # variance of prediction - truth


def start_rows(
    recording: Recording, steps: int, count: int, margin: int = 0, seed: int = 0
) -> Int[np.ndarray, " start"]:
    """Rows at which rollouts start, drawn without repetition.

    Args:
        recording: what is rolled out along.
        steps: of each rollout.
        count: number of starts.
        margin: rows left out at both ends.
        seed: of the draw.

    Raises:
        RolloutError: the recording has too few rows.
    """
    free = recording.steps - steps - 1 - 2 * margin
    if free < count:
        msg = (
            f"{recording.name}: {recording.steps} rows leave {max(free, 0)} starts for "
            f"rollouts of {steps} steps; {count} are asked for. Take a longer "
            "recording, shorter rollouts or fewer starts."
        )
        raise RolloutError(msg)
    rows = np.random.default_rng(seed).choice(free, count, replace=False)
    return np.sort(rows + margin)


# One rollout -----------------------------------------------------------------------


def ready(model: Map) -> Map:
    """The same map, with its skip projections multiplied into its layers."""
    if not isinstance(model, LatentModel):
        return model

    def networks(which: LatentModel) -> tuple[Any, ...]:
        return which.encoder, which.decoder, which.stimulus_encoder, which.evolver

    return eqx.tree_at(
        networks, model, [network.merged() for network in networks(model)]
    )


def inputs_of(
    model: Map, stimulus: Float[Array, "rows s"], mode: str, time_units: int
) -> Float[Array, "steps u"]:
    """Encoded stimulus of each step in a stimulus mode; the last row is a knot only."""
    encoded = jax.vmap(model.encode_stimulus)(stimulus)
    upsampler = getattr(model, "upsampler", None)  # the true circuit has none
    return reduce_stimulus(encoded, mode, time_units, upsampler)


def latents(
    model: Map, initial: Float[Array, " neuron"], inputs: Float[Array, "steps u"]
) -> Float[Array, "steps latent"]:
    """Latent states after each step, from encoded voltages."""

    def step(z: Array, u: Array) -> tuple[Array, Array]:
        after = model.step(z, u)
        return after, after

    return jax.lax.scan(step, model.encode(initial), inputs)[1]


@eqx.filter_jit
def latent_rollout(
    model: Map,
    initial: Float[Array, " neuron"],
    stimulus: Float[Array, "rows s"],
    mode: str = "all",
    time_units: int = 1,
) -> Float[Array, "steps neuron"]:
    """Predicted voltages after each step; one more row of stimulus than steps."""
    model = ready(model)
    inputs = inputs_of(model, stimulus, mode, time_units)
    return jax.vmap(model.decode)(latents(model, initial, inputs))


@eqx.filter_jit
def activity_rollout(
    model: Map,
    initial: Float[Array, " neuron"],
    stimulus: Float[Array, "rows s"],
    mode: str = "all",
    time_units: int = 1,
) -> Float[Array, "steps neuron"]:
    """The same, decoded and encoded again between any two steps."""

    def step(x: Array, u: Array) -> tuple[Array, Array]:
        after = model.decode(model.step(model.encode(x), u))
        return after, after

    model = ready(model)
    inputs = inputs_of(model, stimulus, mode, time_units)
    return jax.lax.scan(step, initial, inputs)[1]


# Many starts -----------------------------------------------------------------------


class Given(NamedTuple):
    """What rollouts read, on the device."""

    voltage: Float[Array, "time neuron"]
    stimulus: Float[Array, "time s"]
    initial: Float[Array, "start neuron"]
    starts: Int[Array, " start"]

    @classmethod
    def of(cls, recording: Recording, initial: Any, starts: Any) -> "Given":
        """A recording with the states and rows that rollouts start from."""
        arrays = (recording.voltage, recording.stimulus, initial, starts)
        return cls(*map(jnp.asarray, arrays))


def roll(
    model: Map,
    recording: Recording,
    starts: Int[np.ndarray, " start"],
    steps: int,
    *,
    initial: Float[np.ndarray, "start neuron"] | None = None,
    mode: str = "all",
    time_units: int = 1,
) -> Rolled:
    """Latent rollouts along a recording, reduced to errors and variances.

    Args:
        model: what is rolled out.
        recording: gives stimulus and truth.
        starts: rows of the initial states.
        steps: of each rollout, a multiple of `time_units`.
        initial: voltages to start from; None takes the true ones.
        mode: stimulus mode.
        time_units: steps between what a reduced stimulus mode may see.
    """
    part = next(n for n in range(min(PART, steps), 0, -1) if steps % n == 0)
    first = recording.voltage[starts] if initial is None else initial
    given = Given.of(recording, first, starts)
    mse, sums = _roll(model, given, steps, part, mode, time_units)
    mean, square, true_mean, true_square = (
        np.asarray(item, np.float64).mean(axis=0) for item in sums
    )
    mse = np.concatenate(np.asarray(mse), axis=-1)
    unexplained, total = square - mean**2, true_square - true_mean**2
    return Rolled(finite(mse), np.maximum(total, 0.0), finite(unexplained))


@eqx.filter_jit
def _roll(
    model: Map, given: Given, steps: int, part: int, mode: str, time_units: int
) -> tuple[Array, tuple[Array, ...]]:
    voltage, stimulus, initial, starts = given

    def one(x: Array, start: Array) -> Array:
        rows = jax.lax.dynamic_slice_in_dim(stimulus, start, steps + 1)
        return latents(model, x, inputs_of(model, rows, mode, time_units))

    def compare(place: Array) -> tuple[Array, tuple[Array, ...]]:
        z = jax.lax.dynamic_slice_in_dim(found, place, part, axis=1)
        predicted = jax.vmap(jax.vmap(model.decode))(z)
        true = jax.vmap(
            lambda start: jax.lax.dynamic_slice_in_dim(voltage, start + 1 + place, part)
        )(starts)
        error = jnp.clip(jnp.nan_to_num(predicted - true, nan=CAP), -CAP, CAP)
        sums = tuple(x.mean(axis=1) for x in (error, error**2, true, true**2))
        return (error**2).mean(axis=-1), sums

    model = ready(model)
    found = jax.vmap(one)(initial, starts)
    return jax.lax.map(compare, jnp.arange(0, steps, part))


def roll_activity(
    model: Map,
    recording: Recording,
    starts: Int[np.ndarray, " start"],
    steps: int,
    *,
    initial: Float[np.ndarray, "start neuron"] | None = None,
    mode: str = "all",
    time_units: int = 1,
) -> Float[np.ndarray, "start step"]:
    """Errors of activity rollouts along a recording, as `roll`."""
    first = recording.voltage[starts] if initial is None else initial
    given = Given.of(recording, first, starts)
    return finite(np.asarray(_roll_activity(model, given, steps, mode, time_units)))


@eqx.filter_jit
def _roll_activity(
    model: Map, given: Given, steps: int, mode: str, time_units: int
) -> Array:
    voltage, stimulus, initial, starts = given

    def inputs(start: Array) -> Array:
        rows = jax.lax.dynamic_slice_in_dim(stimulus, start, steps + 1)
        return inputs_of(model, rows, mode, time_units)

    def step(x: Array, at: tuple[Array, Array]) -> tuple[Array, Array]:
        u, k = at
        after = jax.vmap(lambda x, u: model.decode(model.step(model.encode(x), u)))(
            x, u
        )
        return after, ((after - voltage[starts + 1 + k]) ** 2).mean(axis=-1)

    model = ready(model)
    rows = jnp.moveaxis(jax.vmap(inputs)(starts), 1, 0)
    return jax.lax.scan(step, initial, (rows, jnp.arange(steps)))[1].T


# What to compare with --------------------------------------------------------------


def constant(
    recording: Recording, starts: Int[np.ndarray, " start"], steps: int
) -> Float[np.ndarray, "start step"]:
    """Errors of holding the voltages of the start."""
    voltage = recording.voltage
    rows = [
        ((voltage[s + 1 : s + 1 + steps] - voltage[s]) ** 2).mean(axis=-1)
        for s in starts
    ]
    return np.stack(rows).astype(float)


def interpolated(
    recording: Recording,
    starts: Int[np.ndarray, " start"],
    horizon: int,
    time_units: int,
) -> Float[np.ndarray, "start step"]:
    """Errors of the straight line through the true rows start, start + tu, ….

    Step k is compared with row start + k + 1, as the model's: zero at loss points.
    """
    offset = np.arange(1, horizon + 1)
    low = (offset - 1) // time_units * time_units
    share = ((offset - low) / time_units)[:, None]
    voltage, rows = recording.voltage, []
    for start in starts:
        line = (1 - share) * voltage[start + low] + share * voltage[
            start + low + time_units
        ]
        rows.append(((line - voltage[start + offset]) ** 2).mean(axis=-1))
    return np.stack(rows).astype(float)


def along(
    errors: Float[np.ndarray, " row"], starts: Int[np.ndarray, " start"], steps: int
) -> Float[np.ndarray, "start step"]:
    """Errors of a prediction of each row, arranged as those of rollouts."""
    return np.stack([errors[s + 1 : s + 1 + steps] for s in starts])


def stimulus_only_errors(
    model: StimulusOnly, recording: Recording
) -> Float[np.ndarray, " row"]:
    """Errors of the stimulus-only model at each row; `CAP` before its first history."""
    errors = (
        (stimulus_only_predictions(model, recording) - recording.voltage) ** 2
    ).mean(1)
    return np.where(np.isnan(errors), CAP, errors.astype(float))


def stimulus_only_predictions(
    model: StimulusOnly, recording: Recording
) -> Float[np.ndarray, "row neuron"]:
    """What the stimulus-only model says of each row; NaN before its first history."""
    predicted = np.full(recording.voltage.shape, np.nan, np.float32)
    answers = _stimulus_only_predictions(model, jnp.asarray(recording.stimulus[:-1]))
    predicted[model.history :] = np.asarray(answers)
    return predicted


@eqx.filter_jit
def _stimulus_only_predictions(model: StimulusOnly, frames: Array) -> Array:
    encoded = jax.vmap(model.stimulus_encoder)(frames)

    def one(row: Array) -> Array:
        seen = jax.lax.dynamic_slice_in_dim(encoded, row, model.history)
        return model.head(seen.reshape(-1))

    rows = jnp.arange(len(frames) - model.history + 1)
    return jax.lax.map(one, rows, batch_size=PART)


class OneStep(NamedTuple):
    """Errors over all rows of a recording, means over neurons [squared voltage]."""

    reconstruction: float  # of D(E(x)) against x
    one_step: float  # of D(E(x) + f) against the next x
    constant: float  # of x against the next x


def one_step(model: Map, recording: Recording) -> OneStep:
    """The error of one step, beside the two it is made of and judged by."""
    arrays = jnp.asarray(recording.voltage), jnp.asarray(recording.stimulus)
    return OneStep(*(float(x) for x in _one_step(model, *arrays)))


@eqx.filter_jit
def _one_step(model: Map, voltage: Array, stimulus: Array) -> tuple[Array, ...]:
    def row(arrays: tuple[Array, Array, Array]) -> tuple[Array, ...]:
        x, s, after = arrays
        z = model.encode(x)
        ahead = model.decode(model.step(z, model.encode_stimulus(s)))
        pairs = ((model.decode(z), x), (ahead, after), (x, after))
        return tuple(((p - q) ** 2).mean() for p, q in pairs)

    model = ready(model)
    rows = (voltage[:-1], stimulus[:-1], voltage[1:])
    return tuple(x.mean() for x in jax.lax.map(row, rows, batch_size=PART))
