"""Learning: from a recipe and sets of orbits to a trained ensemble of models.

Two ways of asking: *trajectories* (integrate the model over a segment and compare the
states) and *acceleration matching* (compare the model's acceleration with an estimate
made from three neighbouring samples; nothing is integrated). Both go through the one
trainer, as phases; the optimiser starts afresh in every phase. Data come as float64 and
are learned from in float32.
"""

import math
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from studies.orbit.batches import (
    Accelerations,
    Trajectories,
    strided_rows,
    task_of,
)
from studies.orbit.losses import Terms, acceleration_matching
from studies.orbit.metrics import acceleration_error
from studies.orbit.models import OrbitModel, build
from studies.orbit.penalties import trajectory_terms
from studies.orbit.recipes import OPTIMISERS, Recipe, learning_rate_schedule
from studies.orbit.tasks import OrbitSet, TaskError
from studies.training import Phase, Result, initialise, train

Scalar = Float[Array, ""]

VALIDATE_EVERY = 100  # steps


class HeldOut(NamedTuple):
    """What judges a training: orbits drawn independently of those it learns from."""

    task: Trajectories | Accelerations  # the same question as in training
    states: Float[Array, "samples 6"]  # where the field is compared with the true one
    accelerations: Float[Array, "samples 3"]  # the true ones there [R_E/TU²]


def draw_batch(key, step, data, phase_key, batch_size: int):
    """The trainer's `batch`: rows of segments or of states."""
    del key
    count = jax.tree.leaves(data)[0].shape[0]
    rows = strided_rows(phase_key, step, count, batch_size)
    return data if batch_size >= count else jax.tree.map(lambda x: x[rows], data)


# Objectives ------------------------------------------------------------------------


def objective(
    model: OrbitModel,
    task: Trajectories | Accelerations,
    loss: str,
    solver: str,
    nmse_weight: Scalar,
    penalty: Scalar | float = 1.0,
    adjoint: str = "plain",
    key: PRNGKeyArray | None = None,
) -> tuple[Scalar, Terms]:
    """(total, terms) of a loss by name on segments or on labelled states.

    Without a `key` losses with chance in them take their expected form.
    """
    if isinstance(task, Accelerations):
        predicted = jax.vmap(model)(task.states)
        terms = acceleration_matching(
            predicted, task.states, task.labels, with_velocity=model.learns_velocity
        )
    else:
        how = {"nmse_weight": nmse_weight, "penalty": penalty, "adjoint": adjoint}
        terms = trajectory_terms(loss, model, solver, *task, **how, key=key)
    return sum(terms.values(), start=jnp.zeros(())), terms


def batch_loss(
    model, batch, key, loss: str, solver: str, nmse_weight, penalty, adjoint: str
):
    """The trainer's `loss`."""
    return objective(model, batch, loss, solver, nmse_weight, penalty, adjoint, key)


def validate(
    model, data, held_out: HeldOut, loss: str, solver: str, nmse_weight, penalty
):
    """The trainer's `validation`: the loss on held-out orbits.

    Beside its terms stands the mean acceleration error [%] on them, against the truth.
    """
    del data
    total, terms = objective(model, held_out.task, loss, solver, nmse_weight, penalty)
    _, states, accelerations = held_out
    error = acceleration_error(model.acceleration, states, accelerations)
    return total, terms | {"acceleration_error": error}


# Training --------------------------------------------------------------------------


def training_phases(
    recipe: Recipe, training: Sequence[OrbitSet], validation: OrbitSet, stacked: bool
) -> list[Phase]:
    """The trainer's phases, each with its own segments and schedule."""
    phases = []
    for plan in recipe.phases():
        tasks = [task_of(orbits, recipe.loss, plan) for orbits in training]
        data = jax.tree.map(lambda *x: jnp.stack(x), *tasks) if stacked else tasks[0]
        keep = validation.mask
        held_out = HeldOut(
            task_of(validation, recipe.loss, plan),
            jnp.float32(validation.states[keep]),
            jnp.float32(validation.acceleration[keep]),
        )
        rate = learning_rate_schedule(recipe.schedule, plan.learning_rate, plan.steps)
        arguments = {
            "batch_size": recipe.batch,
            "loss": recipe.loss,
            "solver": recipe.solver,
            "nmse_weight": np.float32(recipe.nmse_weight),
            "penalty": np.float32(recipe.penalty),
            "adjoint": recipe.adjoint,
            "held_out": held_out,
        }
        phases.append(Phase(plan.steps, rate, arguments=arguments, data=data))
    return phases


def fresh(key: PRNGKeyArray, **sizes: Any) -> OrbitModel:
    """An untrained model; a function of this module, so that it compiles once."""
    return build(**sizes, key=key)


def fit(
    recipe: Recipe,
    architecture: dict[str, Any],
    training: OrbitSet | Sequence[OrbitSet],
    validation: OrbitSet,
    seeds: Sequence[int],
    **options: Any,
) -> Result:
    """Train an ensemble as one program: a member for each seed (and set of orbits).

    Args:
        recipe: how to train.
        architecture: what `models.build` needs; other entries are ignored.
        training: orbits for all members, or one set of equal size for each member.
        validation: orbits drawn independently; they judge which parameters are best.
        seeds: of initial weights and order of batches, one for each member.
        options: handed on to `studies.training.train` (report, checkpoint, chunk…).
    """
    stacked = not isinstance(training, OrbitSet)
    sets = list(training) if stacked else [training]
    if stacked and len(sets) != len(seeds):
        message = (
            f"{len(sets)} training sets for {len(seeds)} seeds; give one for each."
        )
        raise TaskError(message)
    sizes = {name: x for name, x in architecture.items() if name not in {"seed", "key"}}
    phases = training_phases(recipe, sets, validation, stacked)
    return train(
        initialise(partial(fresh, **sizes), seeds),
        batch_loss,
        draw_batch,
        phases,
        data=phases[0].data,
        seeds=seeds,
        optimiser=OPTIMISERS[recipe.optimiser],
        validation=validate,
        validate_every=VALIDATE_EVERY,
        per_member_data=stacked,
        divergence=recipe.divergence,
        **options,
    )


class Stopwatch:
    """A `report` that passes on what it is told, and tells compiling from training.

    The first chunk of a phase contains its compilation; the others give the rate.
    """

    def __init__(self, report: Callable[..., None] | None = None):
        self.report = report
        self.began = time.perf_counter()
        self.marks: list[tuple[float, int, Any]] = [(self.began, 0, None)]

    def __call__(self, step: int, loss: Any = None, **terms: Any) -> None:
        self.marks.append((time.perf_counter(), step, terms.get("phase", 0)))
        if self.report is not None:
            self.report(step, loss, **terms)

    @property
    def seconds(self) -> float:
        """From the start to the last report [s]."""
        return self.marks[-1][0] - self.began

    @property
    def rate(self) -> float:
        """Steps a second without compilation; NaN when all was over in one chunk."""
        pairs = zip(self.marks, self.marks[1:], strict=False)
        kept = [
            (after[0] - before[0], after[1] - before[1])
            for before, after in pairs
            if after[2] == before[2]
        ]
        seconds, steps = (
            (sum(column) for column in zip(*kept, strict=True)) if kept else (0, 0)
        )
        return steps / seconds if seconds else math.nan

    @property
    def compile_seconds(self) -> float:
        """What the steps at that rate leave of the whole time [s]."""
        return self.seconds - self.marks[-1][1] / self.rate
