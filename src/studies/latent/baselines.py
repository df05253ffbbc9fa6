"""The stimulus-only model trained: what needs no memory of the circuit at all.

It is given every row of the training recording, more than any model of sparse data, so
that what it explains is no achievement of a map or of an acquisition.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int

from studies.latent.models import StimulusOnly, build_stimulus_only
from studies.latent.recordings import Recording
from studies.training import Phase, Result, initialise, train

HELD_OUT = 512  # rows that validate


class BaselineError(ValueError):
    """A recording that is shorter than the history of stimulus it is to be read by."""


class Rows(NamedTuple):
    """Frames of stimulus that end at some rows, and the voltages one step later."""

    frames: Float[Array, "row history s"]
    voltage: Float[Array, "row neuron"]


class Source(NamedTuple):
    """A recording on the device."""

    stimulus: Float[Array, "time s"]
    voltage: Float[Array, "time neuron"]


def rows_at(data: Source, last: Int[Array, " row"], history: int) -> Rows:
    """The frames up to and with each row `last`, and the voltages they lead to."""
    frames = jax.vmap(
        lambda row: jax.lax.dynamic_slice_in_dim(
            data.stimulus, row - history + 1, history
        )
    )(last)
    return Rows(frames, data.voltage[last + 1])


def draw(key, step, data: Source, history: int, batch_size: int) -> Rows:
    """The trainer's `batch`: random rows."""
    del step
    rows = len(data.voltage)
    last = jax.random.randint(key, (batch_size,), history - 1, rows - 1)
    return rows_at(data, last, history)


def squared_error(model: StimulusOnly, batch: Rows) -> tuple[Array, dict[str, Array]]:
    """The trainer's `loss`: mean over rows and neurons [squared voltage]."""
    predicted = jax.vmap(model_of_one(model))(batch.frames)
    error = ((predicted - batch.voltage) ** 2).mean()
    return error, {"error": error}


def model_of_one(model: StimulusOnly) -> Any:
    """The model of one history, each frame encoded by itself."""

    def predict(frames: Array) -> Array:
        return model.head(jax.vmap(model.stimulus_encoder)(frames).reshape(-1))

    return predict


def batch_loss(model, batch, key):
    """The trainer's `loss`, which draws nothing."""
    del key
    return squared_error(model, batch)


def validate(model, data, held_out: Rows):
    """The trainer's `validation`: the same on rows of another recording."""
    del data
    return squared_error(model, held_out)


def source(recording: Recording, history: int) -> Source:
    """A recording as training reads it.

    Raises:
        BaselineError: it is shorter than the history.
    """
    if recording.steps < history + 2:
        msg = (
            f"{recording.name}: {recording.steps} rows are too few for a history of "
            f"{history} steps; take a longer recording or a shorter `history`."
        )
        raise BaselineError(msg)
    return Source(jnp.asarray(recording.stimulus), jnp.asarray(recording.voltage))


def fresh(key, **sizes: Any) -> StimulusOnly:
    """An untrained model; a function of this module, so that it compiles once."""
    return build_stimulus_only(**sizes, key=key)


def fit(
    training: Recording,
    validation: Recording,
    seeds: Sequence[int],
    *,
    history: int = 20,
    width: int = 256,
    stimulus_latent: int = 32,
    updates: int = 2000,
    batch: int = 64,
    learning_rate: float = 1e-3,
    **options: Any,
) -> Result:
    """Train stimulus-only models as one program: a member for each seed.

    Args:
        training: recording whose rows are drawn.
        validation: recording that says which parameters are best.
        seeds: of weights and rows, one for each member.
        history: frames that a prediction is made of [steps].
        width: of the two hidden layers.
        stimulus_latent: dimensions that a frame is encoded in.
        updates: of the optimiser; the rate falls to zero over them (cosine).
        batch: rows in an update.
        learning_rate: at the beginning.
        options: handed on to `studies.training.train`.

    Raises:
        BaselineError: a recording is shorter than the history.
    """
    data, other = source(training, history), source(validation, history)
    rows = np.linspace(history - 1, validation.steps - 2, HELD_OUT).astype(int)
    held_out = rows_at(other, jnp.asarray(np.unique(rows)), history)
    sizes = {"neurons": training.neurons, "stimuli": training.stimuli}
    sizes |= {"width": width, "stimulus_latent": stimulus_latent, "history": history}
    rate = optax.cosine_decay_schedule(learning_rate, updates)
    arguments = {"history": history, "batch_size": batch, "held_out": held_out}
    return train(
        initialise(partial(fresh, **sizes), seeds),
        batch_loss,
        draw,
        [Phase(updates, rate, arguments=arguments)],
        data=data,
        seeds=seeds,
        optimiser=optax.adam,
        validation=validate,
        validate_every=max(1, updates // 10),
        **options,
    )
