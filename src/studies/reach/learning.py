"""Learning: from a recipe to an ensemble of controllers, all in one program.

A member has a standard deviation of the field and a seed. Keys come from (seed, phase,
batch) alone, so members of one seed begin with the same weights, and see the same
trials and noise but for the strength of the field. Parameters are judged on centre-out
reaches that are disturbed as in training, the same for all members.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, PRNGKeyArray, UInt32

from studies.reach.disturbances import Disturbance
from studies.reach.loop import (
    STREAMS,
    Course,
    Loop,
    Noise,
    draw_noise,
    follow,
    scaled_noise,
)
from studies.reach.losses import (
    Scalar,
    Terms,
    Weights,
    reach_loss,
    readout_norm,
    readout_norm_loss,
)
from studies.reach.models import Controller, from_parameters
from studies.reach.recipes import Recipe, Stretch
from studies.reach.schedules import learning_rate, scale_up
from studies.reach.tasks import REACH, Trial, centre_out, delayed, random_reaches
from studies.training import Phase, Result, initialise, train

VALIDATE_EVERY = 100  # batches
END = 10  # last states of a trial, over which its end is judged


@dataclass(frozen=True)
class Setting:
    """What is trained on; static under `jit`."""

    loop: Loop = Loop()
    disturbance: Disturbance = Disturbance()
    task: str = "simple"  # or "delayed"
    catch: float = 0.0  # probability of a catch trial in the training of delayed ones

    def __post_init__(self):
        if not 0 <= self.catch < 1:
            message = f"`catch_probability` must be in [0, 1); got {self.catch}."
            raise ValueError(message)
        if self.task not in ("simple", "delayed"):
            message = f"`task` {self.task!r} is unknown; it is simple or delayed."
            raise ValueError(message)

    def disturbed(
        self,
        key: PRNGKeyArray,
        reaches: Trial,
        std: Scalar,
        catch: float = 0.0,
        **how: Any,
    ) -> Trial:
        """Reaches as trials of this setting: with epochs and a field."""
        if self.task == "delayed":
            key, own = jax.random.split(key)
            reaches = delayed(own, reaches, catch=catch)
        draw = self.disturbance.draw
        return draw(key, reaches, std, controls=self.loop.controls, **how)


class HeldOut(NamedTuple):
    """What judges a training, the same for all members."""

    reaches: Trial
    normal: Float[Array, "trial control streams"]  # its noise, not yet scaled
    seed: UInt32[Array, ""]  # of the fields


class Part(NamedTuple):
    """Where a stretch stands in the training, as numbers that change no program."""

    first: Any  # its first batch
    disturbed: Any  # 1, or 0 in the baseline
    ramp_first: Any  # batch at which the field begins to grow
    ramp_length: Any  # batches over which it does


def held_out(loop: Loop, seed: int, grid: int = 2, directions: int = 24) -> HeldOut:
    """Centre-out reaches from grid × grid places into all directions.

    NumPy draws their noise, once: drawn in the program of the training it would be the
    same at every validation, and a tenth of a start would go into compiling it.
    """
    reaches = centre_out(grid, directions)
    shape = (reaches.start.shape[0], loop.controls, STREAMS)
    normal = np.random.default_rng(seed).standard_normal(shape, np.float32)
    return HeldOut(reaches, jnp.asarray(normal), jnp.asarray(seed, jnp.uint32))


# What the trainer calls --------------------------------------------------------------


def draw_batch(key, step, data, hyper, setting: Setting, size: int, part: Part):
    """The trainer's `batch`: random reaches under fields of the member's std."""
    del data
    keys = jax.random.split(key)
    ramp = scale_up(part.first + step, part.ramp_first, part.ramp_length)
    reaches = random_reaches(keys[0], size)
    how = {"catch": setting.catch, "on": part.disturbed, "ramp": ramp}
    return setting.disturbed(keys[1], reaches, hyper["std"], **how)


def batch_loss(model, batch, key, setting: Setting, weights: Weights, norm_weight):
    """The trainer's `loss`: mean over the trials, and the readout's norm.

    The noise of all trials comes from one key: a draw fewer to compile than with a key
    for each, and compiling random draws is most of a start.
    """
    noise = draw_noise(setting.loop, key, batch.start.shape[:1])
    _, terms = simulate(model, setting.loop, batch, noise, weights)
    terms["readout_norm"] = readout_norm_loss(model, norm_weight)
    return total(terms), terms


def validate(model, data: HeldOut, hyper, setting: Setting, weights, part: Part):
    """The trainer's `validation`: the same loss without the readout's norm.

    There are no catch trials among those that judge.

    Beside its terms stands the mean end-position error [% of the reach].
    """
    key, std, on = jax.random.key(data.seed), hyper["std"], part.disturbed
    trials = setting.disturbed(key, data.reaches, std, on=on)
    noise = scaled_noise(setting.loop, data.normal)
    course, terms = simulate(model, setting.loop, trials, noise, weights)
    error = end_error(course, trials)
    return total(terms), terms | {"end_error": error}


def simulate(
    model: Controller, loop: Loop, trials: Trial, noise: Noise, weights: Weights
) -> tuple[Course, Terms]:
    """The courses of the trials, and the means of the terms of their loss."""
    course = jax.vmap(partial(follow, model, loop))(trials, noise)
    each = jax.vmap(lambda own, trial: reach_loss(own, trial, weights))(course, trials)
    return course, {name: jnp.mean(values) for name, values in each.items()}


def total(terms: Terms) -> Scalar:
    """The sum of the terms."""
    return sum(terms.values(), start=jnp.zeros((), jnp.float32))


def end_error(course: Course, trials: Trial) -> Scalar:
    """Mean distance from the goal over the last ten states [% of a reach of 0.5 m]."""
    away = course.position[:, -END:] - trials.goal[:, None]
    return 100 / REACH * jnp.mean(jnp.sqrt(jnp.sum(away**2, axis=-1)))


# Training ----------------------------------------------------------------------------


def trainable(model: Controller, part: str) -> Controller:
    """Which parameters of a controller train: "all", the "cell" or the "readout"."""
    chosen = (part in ("all", "cell"), part in ("all", "readout"))
    return eqx.tree_at(lambda x: (x.cell, x.readout), model, chosen)


def training_phases(recipe: Recipe, setting: Setting) -> list[Phase]:
    """The trainer's phases, one for each stretch; the optimiser's state goes on.

    All that differs between a baseline and what follows is numbers, so both run as one
    program.
    """
    return [_phase(recipe, setting, stretch) for stretch in recipe.stretches()]


def _phase(recipe: Recipe, setting: Setting, stretch: Stretch) -> Phase:
    part = Part(
        first=np.int32(stretch.first),
        disturbed=np.float32(stretch.disturbed),
        ramp_first=np.int32(recipe.baseline_batches),
        ramp_length=np.int32(recipe.scale_up_batches),
    )
    return Phase(
        stretch.steps,
        learning_rate(recipe, stretch.first),
        trainable=partial(trainable, part=stretch.trained),
        arguments={
            "setting": setting,
            "size": recipe.batch,
            "part": part,
            "weights": loss_weights(recipe),
            "norm_weight": np.float32(recipe.readout_norm_weight),
        },
        reset_optimiser=False,
        reset_at=stretch.resets,
    )


def loss_weights(recipe: Recipe) -> Weights:
    """Weights of the terms of the loss."""
    weights = Weights(
        position=recipe.position_weight,
        velocity=recipe.velocity_weight,
        command=recipe.control_scale * recipe.control_weight,
        hidden=recipe.hidden_weight,
        fixation=recipe.fixation_weight,
    )
    return Weights(*(jnp.asarray(x, jnp.float32) for x in weights))


def fresh(key: PRNGKeyArray, **architecture: Any) -> Controller:
    """An untrained controller; a function of this module, so that it compiles once."""
    return from_parameters(**architecture, key=key)


def crossed(stds: Sequence[float], seeds: Sequence[int]) -> list[tuple[float, int]]:
    """A member for each std and seed, seed after seed within a std."""
    return [(std, seed) for std in stds for seed in seeds]


def fit(
    recipe: Recipe,
    architecture: dict[str, Any],
    setting: Setting,
    stds: Sequence[float] | Float[np.ndarray, " member"],
    seeds: Sequence[int],
    *,
    evaluation_seed: int = 0,
    **options: Any,
) -> Result:
    """Train an ensemble as one program.

    Args:
        recipe: how to train.
        architecture: `cell`, `hidden` and `leak`; `models.from_parameters` says more.
        setting: loop, field and task.
        stds: of the field, one for each member [N s/m, or N].
        seeds: of initial weights, trials and noise, one for each member.
        evaluation_seed: of the trials that judge which parameters are best.
        options: handed on to `studies.training.train` (report, checkpoint, chunk…).

    Raises:
        ValueError: not as many seeds as standard deviations.
    """
    if len(stds) != len(seeds):
        message = f"{len(stds)} stds for {len(seeds)} seeds; give one of each a member."
        raise ValueError(message)
    sizes = {name: architecture[name] for name in ("cell", "hidden", "leak")}
    sizes |= {"method": setting.disturbance.method, "task": setting.task}
    return train(
        initialise(partial(fresh, **sizes), seeds),
        batch_loss,
        draw_batch,
        training_phases(recipe, setting),
        seeds=seeds,
        hyper={"std": np.asarray(stds, np.float32)},
        validation=validate,
        validation_data=held_out(setting.loop, evaluation_seed),
        validate_every=VALIDATE_EVERY,
        optimiser=optax.adam,
        clip=recipe.clip or None,
        divergence=recipe.divergence,
        **options,
    )


def summary(result: Result, member: int) -> dict[str, Float[np.ndarray, " one"]]:
    """How the training of one member ended, as arrays of one entry for its history.

    Best loss and step, final validation loss, and of the best parameters the end error
    [%] and the norm of the readout; NaN where a training broke off before.
    """
    phase, history = result.last_phase(member), result.history(member)
    step = result.best_step[phase, member]
    known = bool(np.isfinite(result.best_loss[phase, member]))
    error, final = np.array([np.nan]), history.get("validation", np.array([]))[-1:]
    if known:
        error = history["validation.end_error"][history["validation_step"] == step]
    ended = result.outcome(member).state == "trained" and len(final) > 0
    values = {
        "best_loss": result.best_loss[phase, member] if known else np.nan,
        "best_step": step,
        "final_loss": final[0] if ended else np.nan,
        "end_error": error[-1] if len(error) else np.nan,
        "readout_norm": readout_norm(result.best(member)),
    }
    return {name: np.array([float(value)]) for name, value in values.items()}
