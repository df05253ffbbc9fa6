"""Learning: from a recipe and recordings to a trained ensemble of latent models.

One loop for all: the trainer's, with functions that draw windows and compare them.
How the circuit was observed, what is made of staggered samples, at which steps the
stimulus is seen and what is minimised in a phase are data and static arguments.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PRNGKeyArray

from studies.latent import batches
from studies.latent.acquisition import Table
from studies.latent.batches import Source, Task
from studies.latent.losses import Weights, window_loss
from studies.latent.models import LatentModel, build
from studies.latent.recipes import Part, Recipe, adam
from studies.latent.sources import Sets
from studies.training import Result, initialise, train
from studies.training import write_model as write_any


class Judged(NamedTuple):
    """What validates a phase: windows, and what the task may read besides."""

    windows: Any
    source: Source


def draw(key, step, data: Source, task: Task):
    """The trainer's `batch`: windows, and where they were drawn from."""
    return Judged(batches.draw(key, step, data, task), data)


def batch_loss(model, batch: Judged, key, task: Task, weights: Weights):
    """The trainer's `loss`."""
    return window_loss(model, batch.windows, task, weights, batch.source, key)


def validate(model, data, task: Task, held_out: Judged):
    """The trainer's `validation`: errors on held-out windows, without penalties.

    Initial states are encoded even where training has a bank, which holds no state of
    another recording.
    """
    del data
    plain = replace(task, total_variation=False, l1=False)
    if task.treatment == "bank":
        plain = replace(plain, treatment="naive")
    return window_loss(model, held_out.windows, plain, Weights(), held_out.source)


def fresh(key: PRNGKeyArray, **sizes: Any) -> LatentModel:
    """An untrained model; a function of this module, so that it compiles once."""
    return build(**sizes, key=key)


def fit(
    recipe: Recipe,
    architecture: dict[str, Any],
    sets: Sets,
    seeds: Sequence[int],
    *,
    checkpoint: Path | str | None = None,
    **options: Any,
) -> Result:
    """Train an ensemble as one program: a member for each seed.

    Args:
        recipe: how to train.
        architecture: what `models.build` needs beside the sizes of the circuit; other
            entries are ignored.
        sets: recordings; training reads what is observed of the first, validation what
            is observed of the second.
        seeds: of initial weights and drawn windows, one for each member.
        checkpoint: file to resume from.
        options: handed on to `studies.training.train` (report, chunk, …).

    Raises:
        AcquisitionError: a recording is too short for the recipe.
        TaskError: the augmentation cannot be had.
    """
    seen = batches.source(sets.train, recipe.task)
    unseen = jax.tree.map(jnp.asarray, batches.source(sets.validation, recipe.task))
    sizes = {
        **{name: x for name, x in architecture.items() if name not in ("key", "seed")},
        "neurons": sets.neurons,
        "stimuli": sets.stimuli,
        "stimulus_mode": recipe.stimulus_mode,
        "stimulus_decoder": recipe.stimulus_warm_up > 0,
        "bank": bank_size(seen, recipe),
    }
    models = initialise(partial(fresh, **sizes), seeds)
    parts = recipe.parts()
    ask = partial(_train, recipe, seen, unseen, seeds, checkpoint=checkpoint, **options)
    before = [part for part in parts if part.name != "dynamics"]
    if not (recipe.banked and before):
        return ask(models, parts)
    first = ask(models, before)
    filled = fill_bank(first.final, seen.observed.values)
    return joined(first, ask(filled, parts[len(before) :], begun=len(before)))


def _train(
    recipe: Recipe,
    seen: Source,
    unseen: Source,
    seeds: Sequence[int],
    models: Any,
    parts: Sequence[Part],
    *,
    checkpoint: Path | str | None,
    begun: int = 0,
    **options: Any,
) -> Result:
    """The phases of some parts; `begun` tells a second training's file apart."""
    judged = [Judged(batches.held_out(unseen, part.task), unseen) for part in parts]
    phases = [
        part.phase(recipe.weights, own) for part, own in zip(parts, judged, strict=True)
    ]
    path = checkpoint and f"{checkpoint}.{begun}" if begun else checkpoint
    return train(
        models,
        batch_loss,
        draw,
        phases,
        data=seen,
        seeds=seeds,
        optimiser=adam,
        validation=validate,
        validate_every=recipe.validate_every,
        clip=recipe.clip or None,
        checkpoint=path,
        **options,
    )


# The bank --------------------------------------------------------------------------


def bank_size(seen: Source, recipe: Recipe) -> int:
    """Learned initial states: one for each row of the table of samples."""
    return len(seen.observed.values) if recipe.banked else 0


@eqx.filter_jit
def fill_bank(models: LatentModel, states: Table) -> LatentModel:
    """The models with their bank set to what their encoder makes of sheared states."""

    def one(model: LatentModel) -> LatentModel:
        return eqx.tree_at(
            lambda tree: tree.bank, model, model.encode(jnp.asarray(states))
        )

    return eqx.filter_vmap(one)(models)


def joined(first: Result, second: Result) -> Result:
    """Two trainings, one after the other, as one."""
    steps, phases = len(first.columns["step"]), len(first.best_by_phase)
    shift = {"step": steps, "phase": phases}
    shift |= {f"validation_{name}": value for name, value in shift.items()}

    def chain(one: dict[str, np.ndarray], two: dict[str, np.ndarray]) -> Any:
        names = [*one, *(name for name in two if name not in one)]
        return {name: _chain(one, two, name, shift.get(name, 0)) for name in names}

    late = second.diverged_at
    late = np.where(late >= 0, late + steps, late)
    early = first.diverged_at
    return replace(
        second,
        best_by_phase=first.best_by_phase + second.best_by_phase,
        best_loss=np.concatenate([first.best_loss, second.best_loss]),
        best_step=np.concatenate([first.best_step, second.best_step + steps]),
        diverged_at=np.where(early >= 0, early, late),
        columns=chain(first.columns, second.columns),
        validation=chain(first.validation, second.validation),
    )


def _chain(one: Any, two: Any, name: str, shift: int) -> np.ndarray:
    """One column after the other; NaN where a training did not record it."""

    def part(own: Any, other: Any) -> np.ndarray:
        if name in own:
            return own[name]
        length = next(iter(own.values())).shape[-1]
        return np.full((*other[name].shape[:-1], length), np.nan)

    after = part(two, one)
    after = after + shift if shift else after
    return np.concatenate([part(one, two), after], axis=-1)


# Models in files -------------------------------------------------------------------


def write_model(path: Path, model: LatentModel, hyperparameters: Any) -> None:
    """Write the part of a model that can be used, with the sizes of its circuit."""
    sizes = {
        "neurons": len(model.decoder.layers[-1].bias),
        "stimuli": model.stimulus_encoder.skips[0].weight.shape[1],
    }
    write_any(path, model.bare(), {**hyperparameters, **sizes})


def on_the_way(
    recipe: Recipe, result: Result, place: int
) -> list[tuple[int, LatentModel]]:
    """(update, model) of one member at the end of each stretch but the last.

    Updates count those of the dynamics; stretches after a divergence have no model.
    """
    before = sum(part.name != "dynamics" for part in recipe.parts())
    last = min(result.last_phase(place), before + recipe.checkpoints - 1)
    return [
        ((phase - before + 1) * recipe.stretch, result.best(place, phase))
        for phase in range(before, last)
    ]


def forget(checkpoint: Path | str) -> None:
    """Remove the checkpoint of a training that is over."""
    checkpoint = Path(checkpoint)
    for path in checkpoint.parent.glob(f"{checkpoint.name}*"):
        path.unlink()
