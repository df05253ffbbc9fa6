"""How far a training has come: all that must survive an interruption."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from studies.training.parts import State

Columns = dict[str, np.ndarray]


@dataclass
class Progress:
    """The state of a training between two chunks, as NumPy arrays without padding."""

    models: list[Any]  # arrays of the stacked models when the phase began
    diverged_at: np.ndarray  # (members,)
    reference: np.ndarray  # (members,)
    phase: int = 0
    step: int = 0  # within the phase
    state: State | None = None  # of the phase under way; padded and on the devices
    # The optimiser's state by path when a phase ends, for the next one. It is on no
    # checkpoint: one is written while a phase is under way, with its state, or at last.
    moments: dict[str, Any] = field(default_factory=dict)
    best: list[list[Any]] = field(default_factory=list)  # arrays of models, by phase
    best_loss: list[np.ndarray] = field(default_factory=list)
    best_step: list[np.ndarray] = field(default_factory=list)
    columns: list[Columns] = field(default_factory=list)  # one for each chunk
    validation: list[Columns] = field(default_factory=list)

    def finished(self, phases: int) -> bool:
        """Whether nothing is left to do: no phase, or no member that still trains."""
        return self.phase >= phases or bool((self.diverged_at >= 0).all())

    def to_arrays(self) -> tuple[dict[str, int], Columns]:
        """Numbers and named arrays, from which `from_arrays` makes it again."""
        arrays: Columns = {}
        members = len(self.diverged_at)

        def put(name: str, items: list[Any]) -> None:
            arrays.update({f"{name}/{k}": np.asarray(x) for k, x in enumerate(items)})

        put("models", self.models)
        put("best_loss", self.best_loss)
        put("best_step", self.best_step)
        for phase, best in enumerate(self.best):
            put(f"best/{phase}", best)
        for name in ("diverged_at", "reference"):
            arrays[name] = getattr(self, name)
        for name in ("columns", "validation"):
            joined = join_columns(getattr(self, name))
            arrays |= {f"{name}/{column}": x for column, x in joined.items()}
        if self.state is not None:
            for name, value in self.state._asdict().items():
                items = value if isinstance(value, list) else [value]
                put(f"state/{name}", [np.asarray(x)[:members] for x in items])
        return {"phase": self.phase, "step": self.step}, arrays

    @classmethod
    def from_arrays(cls, numbers: dict[str, int], arrays: Columns) -> "Progress":
        """The inverse of `to_arrays`."""

        def below(prefix: str) -> Columns:
            start = prefix + "/"
            return {
                name.removeprefix(start): x
                for name, x in arrays.items()
                if name.startswith(start)
            }

        phases = len(below("best_loss"))
        columns, validation = below("columns"), below("validation")
        state = None
        if below("state"):
            parts: dict[str, Any] = {}
            for name in State._fields:
                parts[name] = list(below(f"state/{name}").values())
                if name not in ("trained", "optimiser", "best"):
                    (parts[name],) = parts[name]
            state = State(**parts)
        return cls(
            models=list(below("models").values()),
            diverged_at=arrays["diverged_at"],
            reference=arrays["reference"],
            state=state,
            best=[list(below(f"best/{k}").values()) for k in range(phases)],
            best_loss=list(below("best_loss").values()),
            best_step=list(below("best_step").values()),
            columns=[columns] if columns else [],
            validation=[validation] if validation else [],
            phase=numbers["phase"],
            step=numbers["step"],
        )


def join_columns(chunks: list[Columns]) -> Columns:
    """Chunks of a record end to end; a column that a chunk lacks is NaN there."""
    if not chunks:
        return {}
    names = dict.fromkeys(name for chunk in chunks for name in chunk)
    return {
        name: np.concatenate([_column(chunk, name) for chunk in chunks], axis=-1)
        for name in names
    }


def _column(chunk: Columns, name: str) -> np.ndarray:
    if name in chunk:
        return chunk[name]
    like = next(x for x in chunk.values() if x.ndim == 2)
    return np.full(like.shape, np.nan, like.dtype)
