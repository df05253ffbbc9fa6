"""What was asked of a training, checked and made ready; the same for all its phases."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from studies.training.errors import TrainingError
from studies.training.parts import Data
from studies.training.phases import Phase, check_arguments
from studies.training.placement import MAPPINGS, Placement
from studies.training.progress import Progress, join_columns
from studies.training.result import Result
from studies.training.trees import Skeleton, is_array


@dataclass(frozen=True)
class Job:
    """The arguments of `train`, in one piece."""

    models: Any
    functions: dict[str, Any]  # batch, loss, validation, optimiser
    phases: tuple[Phase, ...]
    data: Data
    seeds: np.ndarray
    hyper: Any
    per_member_data: bool
    every: int
    divergence: float
    clip: float | None
    mapping: str
    placement: Placement
    capacity: int  # steps that fit in the record of one chunk

    def check(self) -> None:
        """Refuse what does not fit together, before anything is compiled."""
        if not self.phases:
            message = "`phases` is empty; give at least one Phase."
            raise TrainingError(message)
        if self.mapping not in MAPPINGS:
            message = f"`mapping` is {self.mapping!r}; it is one of {MAPPINGS}."
            raise TrainingError(message)
        for name, value in (("validate_every", self.every), ("chunk", self.capacity)):
            if value < 1:
                message = f"`{name}` must be at least 1; got {value}."
                raise TrainingError(message)
        self._check_members("models", self.models)
        self._check_members("hyper", self.hyper)
        if not all(map(is_array, jax.tree.leaves(self.hyper))):
            message = (
                "`hyper` holds arrays, with one entry for each member; write "
                "`np.array([…])` for a list of numbers."
            )
            raise TrainingError(message)
        if self.per_member_data:
            own = [phase.data for phase in self.phases]
            self._check_members("data", [*self.data, *own])
        takers = {k: v for k, v in self.functions.items() if v is not None}
        del takers["optimiser"]
        for phase in self.phases:
            check_arguments(phase, takers)

    def _check_members(self, name: str, tree: Any) -> None:
        members = len(self.seeds)
        for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
            if is_array(leaf) and leaf.shape[:1] != (members,):
                message = (
                    f"`{name}`{jax.tree_util.keystr(path)} has shape {leaf.shape}; "
                    f"each array needs a leading axis of the {members} members, as "
                    "many as there are seeds."
                )
                raise TrainingError(message)

    def identity(self) -> dict[str, Any]:
        """What defines this training: its parts by name, for the checkpoint."""
        return {
            "models": self.models,
            **self.functions,
            "phases": [{**vars(phase), "data": None} for phase in self.phases],
            "data": [*self.data, *(phase.data for phase in self.phases)],
            "seeds": self.seeds,
            "hyper": self.hyper,
            "per_member_data": self.per_member_data,
            "validate_every": self.every,
            "divergence": self.divergence,
            "clip": self.clip,
        }

    def begin(self) -> Progress:
        """The progress of a training that has not begun."""
        members = len(self.seeds)
        return Progress(
            models=Skeleton.split(self.models)[0],
            diverged_at=np.full(members, -1, np.int32),
            reference=np.zeros(members, jnp.result_type(float)),
        )

    def rebuild(self, arrays: list[Any]) -> Any:
        """Stacked models with these arrays, on the default device."""
        return Skeleton.split(self.models)[1].join(map(jnp.asarray, arrays))

    def result(self, progress: Progress) -> Result:
        """What `train` returns."""
        columns = join_columns(progress.columns)
        diverged = progress.diverged_at
        if (diverged >= 0).all():  # the rest of the last chunk is empty
            end = int(diverged.max()) + 1
            columns = {name: x[..., :end] for name, x in columns.items()}
        running = f"running mean of the training loss over about {self.every} steps"
        judge = running if self.functions["validation"] is None else "validation loss"
        return Result(
            final=self.rebuild(progress.models),
            best_by_phase=tuple(self.rebuild(arrays) for arrays in progress.best),
            best_loss=np.stack(progress.best_loss),
            best_step=np.stack(progress.best_step),
            criterion=judge,
            diverged_at=diverged,
            columns=columns,
            validation=join_columns(progress.validation),
        )
