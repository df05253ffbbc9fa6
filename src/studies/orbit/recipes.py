"""Recipes: how a training goes, phase by phase, and what makes no sense.

The defaults are those that reach 0.15 % on unseen orbits from ten (see
`params/orbit/reach-the-number.yml`).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, NamedTuple

import optax

from studies.orbit.adjoints import NORMALISATIONS
from studies.orbit.penalties import TRAJECTORY_LOSSES
from studies.orbit.solvers import SOLVERS
from studies.orbit.tasks import TaskError

MATCHING = "acceleration_matching"
OPTIMISERS = {"adabelief": optax.adabelief, "adam": optax.adam}
ScheduleName = Literal["constant", "cosine"]
SCHEDULES: tuple[ScheduleName, ...] = ("constant", "cosine")
WARM_UP = 0.05  # [1] share of a phase over which the cosine schedule rises


@dataclass(frozen=True)
class Recipe:
    """How an ensemble is trained; each field is a parameter of the notebook.

    The four lists have an entry for each phase, or one for all of them. Segment lengths
    and windows do not matter to acceleration matching.
    """

    loss: str = MATCHING
    solver: str = "fast"
    segment_lengths: Sequence[int] = (18,)  # points of a segment
    windows: Sequence[Sequence[float]] = ((0.0, 1.0),)  # share of it that is kept [1]
    learning_rates: Sequence[float] = (6e-3,)
    steps: Sequence[int] = (3000,)
    schedule: str = "cosine"
    optimiser: str = "adabelief"
    batch: int = 512  # segments, or states, in a step
    nmse_weight: float = 1.0
    penalty: float = 1.0  # of the loss's further term, times the notes' weight [1]
    adjoint: str = "plain"  # how a trajectory's gradient is evened out along it
    divergence: float = 1e3  # growth of the loss past which a training is given up [1]

    def __post_init__(self):
        self.phases()
        one_of("schedule", self.schedule, SCHEDULES)
        one_of("optimiser", self.optimiser, OPTIMISERS)
        one_of("solver", self.solver, SOLVERS)
        one_of("adjoint", self.adjoint, NORMALISATIONS)
        one_of("loss", self.loss, (*TRAJECTORY_LOSSES, MATCHING))

    @classmethod
    def of(cls, **parameters: Any) -> "Recipe":
        """A recipe from a notebook's or a model's parameters; the rest is ignored."""
        own = {field.name for field in fields(cls)}
        return cls(**{name: x for name, x in parameters.items() if name in own})

    def phases(self) -> list["PhasePlan"]:
        """The phases, with lists of one entry broadcast.

        Raises:
            TaskError: the lists have different lengths.
        """
        lists = {
            "windows": self.windows,
            "learning_rates": self.learning_rates,
            "steps": self.steps,
            "segment_lengths": self.segment_lengths,
        }
        count = max(len(values) for values in lists.values())
        if any(len(values) not in {1, count} for values in lists.values()):
            given = ", ".join(f"{name} {len(values)}" for name, values in lists.items())
            message = (
                f"The lists of the phases differ in length: {given}. Each needs "
                f"{count} entries, one a phase, or a single one for all phases."
            )
            raise TaskError(message)
        rows = (
            [*values] * (1 if len(values) > 1 else count) for values in lists.values()
        )
        return [PhasePlan(tuple(row[0]), *row[1:]) for row in zip(*rows, strict=True)]

    @property
    def total_steps(self) -> int:
        """Optimiser steps of all phases."""
        return sum(phase.steps for phase in self.phases())


class PhasePlan(NamedTuple):
    """One phase of a recipe."""

    window: tuple[float, float]
    learning_rate: float
    steps: int
    segment_length: int


def one_of(name: str, value: str, allowed: Iterable[str]) -> None:
    """Refuse a value that is not among those allowed.

    Raises:
        TaskError: with the choices.
    """
    if value not in allowed:
        message = f"`{name}` {value!r} is unknown; choose from {', '.join(allowed)}."
        raise TaskError(message)


def learning_rate_schedule(
    name: str, peak: float, steps: int
) -> float | Callable[[Any], Any]:
    """A constant rate, or a rise over the first 5 % and a cosine down to zero."""
    if name == "constant":
        return peak
    warm = max(1, round(WARM_UP * steps))
    start = peak / warm  # the first step learns too
    return optax.warmup_cosine_decay_schedule(start, peak, warm, max(steps, warm + 1))
