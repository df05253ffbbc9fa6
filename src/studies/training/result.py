"""What a training leaves behind: parameters, how they came about, how it ended."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from studies.training.trees import members_of


@dataclass(frozen=True)
class Outcome:
    """How the training of one member ended.

    Attributes:
        state: "trained" or "diverged".
        diverged_at: steps done when it diverged, counted over the whole training.
    """

    state: str
    diverged_at: int | None = None


@dataclass(frozen=True)
class Result:
    """A trained ensemble.

    Attributes:
        final: the models with their last (finite) parameters, stacked.
        best_by_phase: for each phase the models with the parameters at which
            `criterion` was lowest in that phase, stacked. Phases differ in what they
            minimise, so they are never compared with one another.
        best_loss: the criterion there, shape (phases, members); inf: never compared.
        best_step: steps done then, same shape, counted over the whole training.
        criterion: what "best" was judged by, in words.
        diverged_at: steps done when a member diverged, or -1; shape (members,).
        columns: the record, one row per step; (steps,) for "step" and "phase" and
            (members, steps) for "learning_rate", "loss" and "loss.<term>".
        validation: the same per validation: "validation_step", "validation_phase",
            "validation", "validation.<term>". Empty without a validation function.
    """

    final: Any
    best_by_phase: tuple[Any, ...]
    best_loss: np.ndarray
    best_step: np.ndarray
    criterion: str
    diverged_at: np.ndarray
    columns: dict[str, np.ndarray]
    validation: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.diverged_at)

    def member(self, index: int) -> Any:
        """The model of one member with its final parameters."""
        return members_of(self.final, index)

    def best(self, index: int, phase: int | None = None) -> Any:
        """One member at the lowest criterion of a phase (default: its last phase).

        The last phase of a diverged member is the one in which it diverged.
        """
        phase = self.last_phase(index) if phase is None else phase
        return members_of(self.best_by_phase[phase], index)

    def outcome(self, index: int) -> Outcome:
        """How the training of one member ended."""
        step = int(self.diverged_at[index])
        return Outcome("trained") if step < 0 else Outcome("diverged", step)

    def last_phase(self, index: int) -> int:
        """The phase that a member was last trained in."""
        step = int(self.diverged_at[index])
        if step < 0:
            return len(self.best_by_phase) - 1
        return int(self.columns["phase"][step])

    def history(self, index: int) -> dict[str, np.ndarray]:
        """The record of one member, up to and with the step at which it diverged."""
        step = int(self.diverged_at[index])
        rows = slice(None) if step < 0 else slice(step + 1)
        record = {k: _own(v, index)[rows] for k, v in self.columns.items()}
        if not self.validation:
            return record
        seen = self.validation["validation_step"]
        kept = np.full(seen.shape, True) if step < 0 else seen <= step
        return record | {k: _own(v, index)[kept] for k, v in self.validation.items()}


def _own(column: np.ndarray, index: int) -> np.ndarray:
    return column[index] if column.ndim == 2 else column
