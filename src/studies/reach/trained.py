"""Trained controllers as the catalogue lists them: chosen, opened and named.

Most notebooks of this study begin with `load_trained(catalogue, models)`. The catalogue
is handed over by the notebook and known here only by what is asked of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import pandas as pd

from studies.evidence import Catalogue, counted
from studies.reach import evaluation, plotting
from studies.reach.loop import Loop
from studies.reach.models import Controller, from_parameters
from studies.training import read_model


@dataclass(frozen=True)
class Trained:
    """Controllers that are tested together, stacked along an axis of members."""

    table: pd.DataFrame  # a row a member
    controllers: Controller
    left_out: int  # replicates that the rule of the notes excludes

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """Hyperparameters of each member."""
        return self.table.to_dict("records")

    @cached_property
    def members(self) -> list[dict[str, Any]]:
        """Training std and seed of each member."""
        return [evaluation.who(row) for row in self.rows]

    @cached_property
    def loop(self) -> Loop:
        """The loop that all of them were trained in."""
        return evaluation.common_loop(self.rows)

    @cached_property
    def stds(self) -> list[float]:
        """Training stds, ascending [N s/m, or N]."""
        return sorted({member["field_std"] for member in self.members})

    @cached_property
    def seeds(self) -> list[int]:
        """Seed of each member."""
        return [member["seed"] for member in self.members]

    @cached_property
    def colours(self) -> dict[float, str]:
        """Colour of each training std."""
        field = evaluation.common(self.rows, "field")
        return {std: plotting.std_colour(std, field) for std in self.stds}

    def of_std(self, std: float) -> list[int]:
        """Places of the members of a training std."""
        return [k for k, own in enumerate(self.members) if own["field_std"] == std]

    def __str__(self) -> str:
        stds = ", ".join(f"{std:g}" for std in self.stds)
        many = "training std" if len(self.stds) == 1 else "training stds"
        were = "was" if self.left_out == 1 else "were"
        return (
            f"{counted(len(self.rows), 'model')}, {many} {stds}; {self.left_out} more "
            f"{were} left out"
        )


def load_trained(catalogue: Catalogue, models: Mapping[str, Any]) -> Trained:
    """The models asked for, without the replicates that `evaluation.counted` excludes.

    How many are tested and how many left out is recorded.

    Raises:
        ValueError: every training diverged.
    """
    given = catalogue.models(models)
    every = given.to_dict("records")
    losses = [float(catalogue.history(row)["best_loss"][-1]) for row in every]
    kept = given.loc[evaluation.counted(every, losses)].reset_index(drop=True)
    if not len(kept):
        msg = (
            f"None of the {len(given)} models of {dict(models)} can be tested: every "
            "training diverged. Train with a lower learning rate, or choose others."
        )
        raise ValueError(msg)
    read = partial(read_model, build=from_parameters)
    opened = [catalogue.load_model(row, read) for row in kept.to_dict("records")]
    catalogue.record("models", len(kept), "1", "models that are tested")
    left, meaning = len(given) - len(kept), "replicates that the rule leaves out"
    catalogue.record("left_out", left, "1", meaning)
    return Trained(kept, evaluation.stack(opened), len(given) - len(kept))
