"""What a notebook lends to a study: the few functions of its catalogue that it needs.

A notebook hands over the module `fieldnotes.catalogue`, and the studies know it only by
this protocol: they are of use with anything else that offers the same.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import pandas as pd


@runtime_checkable
class Catalogue(Protocol):
    """Models by query, a cache of evaluations, and what a notebook leaves behind."""

    def models(self, where: Mapping[str, Any] | None = None, /) -> pd.DataFrame:
        """Trained models by their hyperparameters, one row each."""
        ...

    def varying(self, table: pd.DataFrame, /) -> list[str]:
        """The hyperparameters in which models differ."""
        ...

    def load_model(self, row: Any, read: Callable[[Path], Any], /) -> Any:
        """The model of a row, from its file."""
        ...

    def history(self, row: Any, /) -> Mapping[str, Any]:
        """The columns that a model's training left, one entry a step."""
        ...

    def cached(
        self,
        name: str,
        parameters: Mapping[str, Any],
        compute: Callable[[], Mapping[str, Any]],
        models: Any = (),
        /,
    ) -> Mapping[str, Any]:
        """What `compute` gives, from the disk where it was computed before."""
        ...

    def progress(self, total: int, label: str = ..., /) -> Callable[..., None]:
        """A bar that is told how many of `total` are done."""
        ...

    def record(
        self,
        name: str,
        value: Any,
        unit: str = ...,
        meaning: str = ...,
        /,
        *,
        member: Any = None,
    ) -> None:
        """Leave a value behind: identifier, value, unit and what it means."""
        ...

    def save_figure(
        self, fig: Any, name: str, /, *, kind: str, caption: str, models: Any = ()
    ) -> Any:
        """Keep a figure with its caption and the models it shows."""
        ...
