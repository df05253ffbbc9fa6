"""The phases of a training: how long, how fast, what trains, with which arguments."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from studies.training.errors import TrainingError
from studies.training.trees import members_of, named, parameters_of

RESERVED = {"hyper", "phase_key", "key", "step", "data", "model"}


@dataclass(frozen=True)
class Phase:
    """One stretch of a training.

    Args:
        steps: number of optimiser steps, at least one.
        learning_rate: a number, an array with one number per member, or a schedule:
            a function of the step within the phase (from 0). A schedule that names
            `hyper` receives the hyperparameters of its member too.
        trainable: function from one model to a tree of booleans (a prefix will do):
            the parameters that train. None: all floating-point arrays.
        arguments: extra arguments by name for the batch, loss and validation
            functions; each goes to those that name it. Arrays are traced; all else
            (a segment length, a switch) is static and may change shapes.
        data: replaces the data of the training during this phase, when given.
        reset_optimiser: start with a fresh optimiser state. Otherwise the moments of
            the parameters that were trained before and still are go on.
        reset_at: steps within the phase before which the optimiser state is renewed.
        clip: largest global norm of a gradient; None: as the training says.
    """

    steps: int
    learning_rate: Any
    trainable: Callable[[Any], Any] | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    data: Any = None
    reset_optimiser: bool = True
    reset_at: Sequence[int] = ()
    clip: float | None = None

    def __post_init__(self):
        if isinstance(self.steps, bool) or not isinstance(self.steps, int | np.integer):
            message = f"Phase: `steps` must be an integer; got {self.steps!r}."
            raise TrainingError(message)
        if self.steps < 1:
            message = f"Phase: `steps` must be at least 1; got {self.steps}."
            raise TrainingError(message)
        outside = [step for step in self.reset_at if not 0 <= step < self.steps]
        if outside:
            message = (
                f"Phase: `reset_at` {outside} lies outside the phase of {self.steps} "
                "steps; steps count from 0 within the phase."
            )
            raise TrainingError(message)


def check_arguments(phase: Phase, functions: dict[str, Callable | None]) -> None:
    """Refuse an argument that is reserved, or that no function names.

    Raises:
        TrainingError: with the nearest name that is taken.
    """
    taken = [parameters_of(function) for function in functions.values() if function]
    if None in taken:  # a function that takes **kwargs takes all
        return
    allowed = set().union(*(names for names in taken if names)) - RESERVED
    for name in phase.arguments:
        if name in allowed:
            continue
        near = difflib.get_close_matches(name, sorted(allowed), n=1)
        hint = f" Did you mean `{near[0]}`?" if near else ""
        message = (
            f"Phase: none of {', '.join(functions)} takes the argument `{name}`.{hint} "
            f"They take: {', '.join(sorted(allowed)) or 'no extra argument'}."
        )
        raise TrainingError(message)


def learning_rates(phase: Phase, members: int, hyper: Any) -> np.ndarray:
    """The learning rate of each member at each step, shape (members, steps).

    Raises:
        TrainingError: the shape is neither one number nor one for each member.
    """
    rate = phase.learning_rate
    if callable(rate):
        return _scheduled(rate, phase.steps, members, hyper)
    values = np.asarray(rate, dtype=float)
    if values.shape not in ((), (members,)):
        message = (
            f"Phase: `learning_rate` has shape {values.shape}; give one number, one "
            f"for each of the {members} members, or a schedule of the step."
        )
        raise TrainingError(message)
    return np.broadcast_to(values.reshape(-1, 1), (members, phase.steps))


def _scheduled(
    schedule: Callable[..., Any], steps: int, members: int, hyper: Any
) -> np.ndarray:
    def at_all_steps(own: Any) -> jax.Array:
        extra = {} if hyper is None else named(schedule, {"hyper": own})
        return jax.vmap(lambda step: jnp.asarray(schedule(step, **extra)))(count)

    count = jnp.arange(steps)
    with jax.numpy_dtype_promotion("standard"):  # optax's schedules mix int and float
        rows = jax.jit(jax.vmap(at_all_steps, axis_size=members))(hyper)
    return np.asarray(rows, dtype=float)


def trainable_filter(phase: Phase, models: Any) -> Any:
    """A tree of booleans: which leaves of the stacked `models` train in `phase`.

    Raises:
        TrainingError: nothing would train.
    """
    floats = jax.tree.map(eqx.is_inexact_array, models)
    if phase.trainable is None:
        wanted = floats
    else:
        chosen = phase.trainable(members_of(models, 0))
        whole = jax.tree.map(
            lambda flag, below: jax.tree.map(lambda _: bool(flag), below),
            chosen,
            models,
        )
        wanted = jax.tree.map(lambda a, b: a and b, whole, floats)
    if not any(jax.tree.leaves(wanted)):
        message = (
            "Phase: no parameter would train. `trainable` must be true for at least "
            "one floating-point array of the model."
        )
        raise TrainingError(message)
    return wanted
