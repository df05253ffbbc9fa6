r"""What is minimised. Errors are means over windows and neurons [squared voltage].

A window gives $z_0 = E(x)$, $z_{k+1} = z_k + f([z_k; u_k])$. Its total is

- *reconstruction*, of $D(z_0)$ against the initial samples;
- *evolution*, of $D(z_{m\,tu})$ against later ones, summed over $m = 1 … ems$;
- *intermediate*, the same at steps between the first two samples, where asked for;
- *total variation*, $\sum_k$ mean $|f|$; *l1*, means of $|p|$ of each parameter;
- *augmentation*, how much the next step of some neurons changes when every neuron that
  is no parent of theirs is silenced;
- with a bank, how far its states lie from the trajectory, and that from $E(D(·))$.

From interpolated states each neuron is compared at its own samples, at every step of
the window at which it has one; the total is the mean over observed entries times ems.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from studies.latent.acquisition import Table
from studies.latent.batches import Batch, Groups, Task
from studies.latent.models import LatentModel, Merged, activation_of, finish, shifted
from studies.latent.stimuli import expand
from studies.latent.unrolling import trajectory

Scalar = Float[Array, ""]
Terms = dict[str, Scalar]
Trajectory = Float[Array, "state window latent"]


class Weights(NamedTuple):
    """Weights of the terms; traced, so that changing one compiles nothing."""

    total_variation: Any = np.float32(0)
    augmentation: Any = np.float32(1)
    l1: Any = np.float32(0)
    bank: Any = np.float32(1)  # of bank against trajectory
    encoder: Any = np.float32(1)  # of trajectory against E(D(trajectory))


def window_loss(
    model: LatentModel,
    batch: Any,
    task: Task,
    weights: Weights,
    data: Any,
    key: PRNGKeyArray | None = None,
) -> tuple[Scalar, Terms]:
    """(total, terms) of a batch of windows.

    Args:
        model: what is trained.
        batch: windows, or frames for the stimulus auto-encoder.
        task: which terms there are.
        weights: of the terms.
        data: the `Source`, for parents and groups.
        key: of the augmentation; without one it is left out.
    """
    if task.objective == "stimulus":
        terms = {"stimulus": stimulus_error(model, batch)}
    elif task.objective == "reconstruction":
        terms = {
            "reconstruction": mse(
                model.decode(model.encode(batch.initial)), batch.initial
            )
        }
    else:
        z = latents(model, batch, task)
        terms = comparison(model, z, batch, task, data)
        terms |= bank_terms(model, z, batch, task, weights)
        if task.total_variation:
            terms["total_variation"] = weights.total_variation * total_variation(z)
        if task.augmentation_neurons and key is not None:
            change = augmentation(model, batch, z, task, data.parents, key)
            terms["augmentation"] = weights.augmentation * change
    if task.l1:
        terms["l1"] = weights.l1 * l1(model)
    return sum(terms.values(), start=jnp.zeros(())), terms


def mse(predicted: Array, true: Array) -> Scalar:
    """The mean squared error."""
    return jnp.mean((predicted - true) ** 2)


def stimulus_error(model: LatentModel, frames: Float[Array, "frame s"]) -> Scalar:
    """The error of the stimulus auto-encoder."""
    assert model.stimulus_decoder is not None
    return mse(model.stimulus_decoder(model.encode_stimulus(frames)), frames)


# The trajectory --------------------------------------------------------------------


def latents(model: LatentModel, batch: Batch, task: Task) -> Trajectory:
    """The latent states of each window, from the initial one on."""
    banked = task.treatment == "bank" and model.bank is not None
    initial = (
        bank_rows(model, batch, task, 0) if banked else model.encode(batch.initial)
    )
    encoder = model.stimulus_encoder.merged()
    seen = encoder(batch.stimulus)
    mode, tu = task.stimulus_mode, task.observation.tu
    stimulus = expand(seen, task.horizon, mode, tu, model.upsampler)
    return trajectory(model, initial, stimulus)


def comparison(
    model: LatentModel, z: Trajectory, batch: Batch, task: Task, data: Any
) -> Terms:
    """Errors of what the trajectory decodes to."""
    if task.interpolates:
        error = masked_error(model, z, batch, task, data.groups)
        return {"evolution": task.ems * error}
    predicted = model.decode(z[task.points])
    errors = jnp.mean((predicted - batch.targets) ** 2, (1, 2))
    last = task.ems + 1
    terms = {"reconstruction": errors[0], "evolution": errors[1:last].sum()}
    if task.intermediate:
        terms["intermediate"] = errors[last:].sum()
    return terms


def masked_error(
    model: LatentModel, z: Trajectory, batch: Batch, task: Task, groups: Groups
) -> Scalar:
    """The mean error over observed entries: ems of each neuron in each window.

    At a step only the neurons whose phase it is are decoded: trajectories are sorted by
    phase, and each phase has its own rows of the decoder's last layer.
    """
    tu, ems = task.observation.tu, task.ems
    first = (jnp.arange(tu)[:, None] - batch.start[None]) % tu  # step of each phase
    steps = first[:, None] + tu * jnp.arange(ems)[None, :, None]  # (phase, ems, window)
    window = jnp.arange(z.shape[1])[None, None]
    at = z.at[steps, window].get(unique_indices=True, mode="promise_in_bounds")
    predicted = decode_groups(
        model.decoder.merged(), at.reshape(tu, -1, z.shape[-1]), groups.neuron
    )
    true = batch.targets[:, :, groups.neuron]  # (ems, window, phase, place)
    true = jnp.moveaxis(true, 2, 0).reshape(predicted.shape)
    error = jnp.where(groups.mask[:, None], predicted - true, 0.0)
    return jnp.sum(error**2) / (groups.mask.sum(dtype=z.dtype) * ems * z.shape[1])


def decode_groups(
    decoder: Merged,
    z: Float[Array, "phase row latent"],
    neuron: Int[Table, "phase place"],
) -> Float[Array, "phase row place"]:
    """Decoded voltages of the neurons of each phase alone."""
    inner = sum(decoder.sizes[:-1])
    direct, bias = decoder.direct[inner:][neuron], decoder.bias[inner:][neuron]
    out = jnp.einsum("prl,pgl->prg", z, direct) + bias[:, None]
    if not decoder.between:
        return out
    front = shifted(z @ decoder.direct[:inner].T, decoder.bias[:inner])
    total, _ = finish(
        front, decoder.between[:-1], decoder.sizes[:-1], decoder.activation
    )
    hidden = activation_of(decoder.activation)(total)
    return out + jnp.einsum("prh,pgh->prg", hidden, decoder.between[-1][neuron])


# Further terms ---------------------------------------------------------------------


def total_variation(z: Trajectory) -> Scalar:
    """The L1 norm of the latent change, mean over windows and summed over steps."""
    return jnp.abs(jnp.diff(z, axis=0)).mean((1, 2)).sum()


def l1(model: LatentModel) -> Scalar:
    """The sum over parameters of their mean size."""
    nets = (model.encoder, model.decoder, model.stimulus_encoder, model.evolver)
    leaves = jax.tree.leaves((nets, model.upsampler))
    return sum((jnp.abs(leaf).mean() for leaf in leaves), start=jnp.zeros(()))


def relevant(
    parents: Bool[Array, "neuron neuron"], chosen: Int[Array, " chosen"]
) -> Bool[Array, " neuron"]:
    """The chosen neurons and all with an edge to one of them."""
    return parents[chosen].any(0).at[chosen].set(True)


def augmentation(
    model: LatentModel,
    batch: Batch,
    z: Trajectory,
    task: Task,
    parents: Bool[Array, "neuron neuron"],
    key: PRNGKeyArray,
) -> Scalar:
    """How much the next step of drawn neurons changes without their non-parents.

    Source: unconnected-to-zero augmentation of the connectome constraint.
    """
    count = (task.augmentation_neurons,)
    chosen = jax.random.randint(key, count, 0, batch.initial.shape[-1])
    kept = jnp.where(relevant(parents, chosen)[None], batch.initial, 0.0)
    frames = model.encode_stimulus(batch.stimulus[:1])
    stimulus = expand(frames, 1, "none" if not len(frames) else "all", 1)[0]
    after = model.decode(model.step(model.encode(kept), stimulus))
    return mse(after[:, chosen], model.decode(z[1])[:, chosen])


# The bank --------------------------------------------------------------------------


def bank_rows(model: LatentModel, batch: Batch, task: Task, unit: int) -> Array:
    """The learned states `unit` time units into each window."""
    assert model.bank is not None
    return model.bank[batch.start // task.observation.tu + unit]


def bank_terms(
    model: LatentModel, z: Trajectory, batch: Batch, task: Task, weights: Weights
) -> Terms:
    """How the bank agrees with the trajectory, and the trajectory with the encoder."""
    if task.treatment != "bank" or model.bank is None:
        return {}
    tu, zero = task.observation.tu, jnp.zeros(())
    inner = range(1, task.ems)
    apart = [mse(z[m * tu], bank_rows(model, batch, task, m)) for m in inner]
    again = z[tu::tu]
    encoded = task.ems * mse(again, model.encode(model.decode(again)))
    return {
        "bank": weights.bank * sum(apart, start=zero),
        "encoder": weights.encoder * encoded,
    }
