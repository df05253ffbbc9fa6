"""What an element of an array is told: its runs as planned, and those before them.

A run may only start when what it needs has ended, which is on a node and hours later.
So the planned runs travel there, and are admitted there as a local batch would.
"""

import pickle
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fieldnotes.clusters.settings import ClusterError
from fieldnotes.runner.admit import Admission
from fieldnotes.runner.planned import TO_RUN, PlannedRun
from fieldnotes.runs import Limits, Manifest, Status
from fieldnotes.spreads import Notebook
from fieldnotes.spreads.problems import Place


@dataclass(frozen=True)
class Told:
    """What a manifest tells of a parameter."""

    annotation: str
    default: Any
    unit: str
    meaning: str


@dataclass(frozen=True)
class Orders:
    """The runs of one element with their limits, and the runs that they come after."""

    runs: list[tuple[PlannedRun, Limits]]
    before: dict[str, PlannedRun]


class Ordering(Admission):
    """Writes the manifests of runs that are sent: each is `queued` from then on."""

    def order(self, run: PlannedRun, limits: Limits) -> tuple[str, str]:
        """("to run", "") for a run that is sent, else its state and why it is not.

        Raises:
            OSError: its folder cannot be written.
        """
        repeated = run.forced or run.broken
        if run.definition.partial and not repeated and self._status(run).finished:
            # What came since its last time is known on the node: until then it stands.
            return TO_RUN, ""
        return self.admit(run, limits)

    def _obstacle(self, run: PlannedRun, manifest: Manifest) -> str:
        return ""  # what is absent now may be there when the run starts

    def _nothing_new(self, run: PlannedRun, manifest: Manifest, before: Status) -> bool:
        return False


def write_orders(
    path: Path,
    elements: Iterable[list[tuple[PlannedRun, Limits]]],
    runs: Mapping[str, PlannedRun],
) -> None:
    """Write the orders of an array's elements; each element reads its own alone."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for number, chunk in enumerate(elements, start=1):
            keys = {key for run, _ in chunk for key in (*run.needs, *run.after)}
            mine = {run.key for run, _ in chunk}
            # What a maker of a needed model comes after may hold that model too.
            keys |= {key for need in keys if need in runs for key in runs[need].after}
            before = {
                key: replace(_light(runs[key]), models=[], members=[])
                for key in keys - mine
                if key in runs
            }
            orders = Orders([(_light(run), limits) for run, limits in chunk], before)
            file.writestr(str(number), pickle.dumps(orders))


def read_orders(path: Path, element: int) -> Orders:
    """The orders of one element, counted from 1.

    Raises:
        ClusterError: they cannot be read, or another version of this code wrote them.
    """
    try:
        with zipfile.ZipFile(path) as file:
            orders = pickle.loads(file.read(str(element)))
    except Exception as error:
        message = (
            f"{path}: the orders of element {element} cannot be read "
            f"({type(error).__name__}: {error}). Plan and send the runs again."
        )
        raise ClusterError(message) from error
    return orders


def _light(run: PlannedRun) -> PlannedRun:
    """A run with what its manifest says and no more; a repetition is one only once."""
    notebook = _told(run.definition.notebook)
    place = Place(run.definition.place.file)
    definition = replace(run.definition, notebook=notebook, place=place, requests=[])
    basis = replace(run.basis, notebook=notebook)
    return replace(run, definition=definition, basis=basis, forced=False, broken=False)


def _told(notebook: Notebook) -> Notebook:
    """A notebook with what is told of its parameters, without their checks and code."""
    told = {
        name: Told(item.annotation, item.default, item.unit, item.meaning)
        for name, item in notebook.parameters.items()
    }
    return replace(notebook, parameters=told, code_cells=(), defaults={})
