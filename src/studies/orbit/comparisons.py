"""The trained models that a notebook compares: chosen, opened, judged and recorded.

Most notebooks of this study begin alike: `Comparison(catalogue, models)` chooses the
models, `survey` judges them, `record` leaves a number for each. The catalogue is handed
over by the notebook and known here only by what is asked of it.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd

from studies.orbit import surveys
from studies.orbit.models import build
from studies.orbit.tasks import TWO_BODY
from studies.training import read_model

ERRORS = {"error_100": "mean_100"}  # scrap of a model → column of the survey [%]
STATES = ("trained", "stuck", "diverged")


@runtime_checkable
class Catalogue(Protocol):
    """What a comparison asks of the catalogue."""

    def models(self, where: Mapping[str, Any] | None = None, /) -> pd.DataFrame: ...

    def varying(self, table: pd.DataFrame, /) -> list[str]: ...

    def load_model(self, row: Any, read: Callable[[Path], Any], /) -> Any: ...

    def progress(self, total: int, label: str = ..., /) -> Callable[..., None]: ...

    def record(
        self,
        name: str,
        value: Any,
        unit: str = ...,
        /,
        *,
        member: Mapping[str, Any] | None = ...,
    ) -> None: ...


class Comparison:
    """Trained models side by side.

    `given` has a row a model, as the catalogue lists them; `varied` names the
    parameters that differ among them.

    Args:
        catalogue: where models are kept.
        chosen: which of them, as `catalogue.models` takes it.
        newton: only models of two bodies; those of another truth are left out.

    Raises:
        ValueError: with `newton`, when no model is of two bodies.
    """

    def __init__(
        self, catalogue: Catalogue, chosen: Mapping[str, Any], *, newton: bool = False
    ):
        self.catalogue = catalogue
        self.given = catalogue.models(chosen)
        if newton:
            self.given = of_two_bodies(self.given)
        self.varied = catalogue.varying(self.given)

    def load(self, row: Mapping[str, Any]) -> Any:
        """The model of a row, be it of `given` or of a survey."""
        return self.catalogue.load_model(row, lambda path: read_model(path, build))

    def survey(self, points: int, family: str = "complex") -> pd.DataFrame:
        """Every model judged on unseen orbits, with the index of `given`.

        Args:
            points: samples a period of the test orbits [1].
            family: of the test orbits, "own" for that of the training orbits.
        """
        report = self.catalogue.progress(len(self.given), "judging models")
        sizes = {"points": points, "family": family}
        table = surveys.survey(
            self.given, self.load, varied=self.varied, report=report, **sizes
        )
        return table.set_axis(self.given.index)

    def record(self, table: pd.DataFrame, measures: Mapping[str, str] = ERRORS) -> None:
        """Scraps of a survey: the errors of each model, how many ended in which state.

        `measures` is scrap → column [%]; a model without a finite error leaves none.
        """
        rows = self.given.to_dict("records")
        for row, own in zip(rows, table.to_dict("records"), strict=True):
            member = {name: row[name] for name in self.varied}
            for name, column in measures.items():
                if np.isfinite(own[column]):
                    self.catalogue.record(name, own[column], "%", member=member)
        for state in STATES:
            self.catalogue.record(state, list(table["state"]).count(state))


def of_two_bodies(given: pd.DataFrame) -> pd.DataFrame:
    """The models that were trained on orbits of two bodies.

    Raises:
        ValueError: there is none.
    """
    if "system" not in given:
        return given
    kept = pd.DataFrame(given[given["system"] == TWO_BODY.name])
    if not len(kept):
        others = ", ".join(sorted(set(given["system"])))
        msg = (
            f"All {len(given)} models are of `system` {others}, and this notebook asks "
            "for Newton's field: choose models of two_body, or judge these with "
            "16-beyond-two-bodies."
        )
        raise ValueError(msg)
    return kept
