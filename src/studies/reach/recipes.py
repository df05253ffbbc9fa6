"""Recipes: how a training goes, and which stretches it falls into.

A training is a baseline without any field (none by default), then the batches under the
field. Batches are counted from the start of the baseline, in the schedule of the
learning rate and wherever a batch is named. No jax here, so that a recipe can be
checked before anything runs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

SCHEDULES = ("constant", "cosine")
TRAINED = ("all", "cell", "readout")


@dataclass(frozen=True)
class Recipe:
    """How an ensemble is trained; each field is a parameter of the notebook."""

    batch: int = 50  # trials in a batch
    batches: int = 3000  # under the field
    learning_rate: float = 0.01  # at first
    schedule: str = "cosine"  # or "constant"
    constant_batches: int = 0  # before the cosine begins
    final_rate: float = 0.0  # at the end of the cosine, as a share of the first [1]
    clip: float = 1.0  # largest global norm of a gradient; 0: none
    baseline_batches: int = 0  # before the field is switched on
    scale_up_batches: int = 0  # over which the field then grows to its strength
    resets: Sequence[int] = ()  # batches before which the optimiser's state is renewed
    trained: Sequence[str] = ("all",)  # what trains ...
    trained_from: Sequence[int] = (0,)  # ... from these batches on
    position_weight: float = 1.0
    velocity_weight: float = 1.0
    control_weight: float = 1e-5
    hidden_weight: float = 1e-5
    fixation_weight: float = 1.0
    control_scale: float = 1.0  # multiplies the weight of the command
    readout_norm_weight: float = 0.0
    divergence: float = 1e3  # growth of the loss past which a training is given up

    def __post_init__(self):
        """Raises ValueError where the entries do not fit together."""
        at_least = {"batch": 1, "batches": 1, "constant_batches": 0, "clip": 0}
        at_least |= {"baseline_batches": 0, "scale_up_batches": 0, "final_rate": 0}
        for name, lowest in at_least.items():
            if not getattr(self, name) >= lowest:
                message = (
                    f"`{name}` must be at least {lowest}; got {getattr(self, name)}."
                )
                raise ValueError(message)
        if self.schedule not in SCHEDULES:
            message = (
                f"`schedule` {self.schedule!r} is unknown; it is one of "
                f"{', '.join(SCHEDULES)}."
            )
            raise ValueError(message)
        self._check_trained()
        self._check_inside("resets", self.resets)
        self._check_inside("trained_from", self.trained_from)

    @classmethod
    def of(cls, **parameters: Any) -> "Recipe":
        """A recipe from a notebook's or a model's parameters; the rest is ignored."""
        own = {field.name for field in fields(cls)}
        return cls(**{name: x for name, x in parameters.items() if name in own})

    @property
    def total(self) -> int:
        """Batches of the whole training."""
        return self.baseline_batches + self.batches

    def stretches(self) -> list["Stretch"]:
        """The stretches in which the same parameters train on the same task."""
        cuts = {0, self.baseline_batches, *self.trained_from, self.total}
        edges = sorted(cuts)
        return [
            self._stretch(first, stop)
            for first, stop in zip(edges[:-1], edges[1:], strict=True)
        ]

    def _stretch(self, first: int, stop: int) -> "Stretch":
        begun = [at for at in self.trained_from if at <= first]
        return Stretch(
            first=first,
            steps=stop - first,
            trained=self.trained[len(begun) - 1],
            disturbed=first >= self.baseline_batches,
            resets=tuple(at - first for at in self.resets if first <= at < stop),
        )

    def _check_trained(self) -> None:
        starts = list(self.trained_from)
        if len(self.trained) != len(starts) or not starts:
            message = (
                f"`trained` has {len(self.trained)} entries and `trained_from` "
                f"{len(starts)}; say for each what trains from which batch on."
            )
            raise ValueError(message)
        if starts[0] != 0 or starts != sorted(set(starts)):
            message = f"`trained_from` must begin with 0 and increase; got {starts}."
            raise ValueError(message)
        unknown = [name for name in self.trained if name not in TRAINED]
        if unknown:
            message = (
                f"`trained` {unknown[0]!r} is unknown; it is one of "
                f"{', '.join(TRAINED)}."
            )
            raise ValueError(message)

    def _check_inside(self, name: str, batches: Iterable[int]) -> None:
        outside = [at for at in batches if not 0 <= at < self.total]
        if outside:
            message = (
                f"`{name}` {outside} lies outside the training of {self.total} "
                "batches; they count from 0, the baseline included."
            )
            raise ValueError(message)


class Stretch(NamedTuple):
    """A part of a training."""

    first: int  # its first batch
    steps: int
    trained: str
    disturbed: bool
    resets: tuple[int, ...]  # counted within the stretch


# The notes' own; theirs with a batch a fifth and a tenth as large, a cosine and clipped
# gradients; and one that shows the trends in a minute.
RECIPES = {
    "notes": Recipe(batch=250, batches=10_000, schedule="constant", clip=0.0),
    "desk": Recipe(batch=50, batches=10_000),
    "tenth": Recipe(batch=25, batches=10_000),
    "tour": Recipe(batch=50, batches=3_000),
}
