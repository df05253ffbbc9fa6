"""What the catalogue's folders hold already, read once for a plan."""

import os
import re
import statistics
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from fieldnotes.errors import CorruptFile
from fieldnotes.files import read_json
from fieldnotes.project import Project
from fieldnotes.runner.folder import FINISHED, ORDER, STATUS, read_order, whole

_HEAD = 1000  # bytes of params.json that hold all of a `Head`
_ENTRY = re.compile(r'^ "(case|notebook|spread|stage)": "([^"]+)"', re.MULTILINE)
_SAMPLE = 100  # newest runs that an estimate rests on


class Head(NamedTuple):
    """What the beginning of a run's order says."""

    time: float  # [s] when the order was written
    folder: str
    notebook: str
    case: str = ""
    spread: str = ""
    stage: str = ""


class History:
    """Run folders by key and case, models by identity, times by stage."""

    def __init__(self, project: Project):
        self.project = project
        self.folders: list[str] = []
        self.models: dict[str, list[str]] = defaultdict(list)
        self.blessed: dict[str, Path] = {}  # key of today's code → an accepted folder
        self.renamed: dict[str, str] = {}  # identity of today's code → accepted one
        for folder in _runs(project):
            self.folders.append(folder)
            self._look_into(folder)

    def _look_into(self, folder: str) -> None:
        names = {entry.name for entry in os.scandir(folder)}
        if "models" in names:
            for entry in os.scandir(f"{folder}/models"):
                if entry.name.endswith(".json"):
                    self.models[entry.name[:-5]].append(folder)
        if "accepted.json" in names:
            try:
                accepted = read_json(Path(folder) / "accepted.json")
            except CorruptFile:
                return
            self.blessed |= {key: Path(folder) for key in accepted["keys"]}
            self.renamed |= accepted["identities"]

    def model(self, identity: str, prefer: Path | None = None) -> Path | None:
        """The whole file of a model, in `prefer` if it is there; None for none."""
        places = sorted(self.models.get(identity, ()), key=lambda f: f != str(prefer))
        for place in places:
            path = Path(place) / "models" / f"{identity}.eqx"
            if whole(path):
                return path
        return None

    @cached_property
    def _heads(self) -> list[Head]:
        """Every run, the oldest first."""
        found = []
        for folder in self.folders:
            try:
                with Path(folder, ORDER).open(encoding="utf-8") as file:
                    head, time = file.read(_HEAD), os.fstat(file.fileno()).st_mtime
            except (OSError, UnicodeDecodeError):
                continue
            known = dict(_ENTRY.findall(head))
            if "notebook" in known:
                found.append(Head(time, folder, **known))
        return sorted(found)

    @cached_property
    def _by_case(self) -> dict[str, str]:
        return {head.case: head.folder for head in self._heads}

    def earlier(self, case: str) -> tuple[Path, dict[str, Any]] | None:
        """The newest run of the same case, with its order."""
        folder = self._by_case.get(case)
        try:
            order = read_order(Path(folder)) if folder else None
        except CorruptFile:
            order = None
        return (Path(folder), order) if folder and order else None

    def duration(self, notebook: str, spread: str, stage: str) -> float | None:
        """Median duration [s] of finished runs like one that is planned; None for none.

        Alike are the runs of the same stage, else those of the same notebook from the
        same folder of `params/`: another folder is another size.
        """
        alike = (notebook, spread, stage), (notebook, _size(spread))
        return next(
            (self._durations[own] for own in alike if own in self._durations), None
        )

    @cached_property
    def _durations(self) -> dict[tuple[str, ...], float]:
        """Median duration [s] by stage, and by notebook and size."""
        times: dict[tuple[str, ...], list[float]] = defaultdict(list)
        for head in reversed(self._heads):
            stage = (head.notebook, head.spread, head.stage)
            groups = [times[stage], times[head.notebook, _size(head.spread)]]
            if all(len(many) >= _SAMPLE for many in groups):
                continue
            try:
                status = read_json(Path(head.folder, STATUS)) or {}
                if status.get("state") in FINISHED:
                    for many in groups:
                        many.append(status["duration_s"])
            except (CorruptFile, KeyError, AttributeError):
                continue
        return {name: statistics.median(many) for name, many in times.items() if many}

    def catalogued(self) -> Iterator[dict[str, Any]]:
        """One row for each model there is: identity, path, run, and its parameters."""
        held = {folder for many in self.models.values() for folder in many}
        for folder in (head.folder for head in self._heads):
            if folder not in held:
                continue
            try:
                order = read_order(Path(folder)) or {}
            except CorruptFile:
                continue
            for member in order.get("members", ()):
                path = Path(folder, "models", f"{member['identity']}.eqx")
                if path.exists():
                    yield {
                        "identity": member["identity"],
                        "path": path,
                        "run": Path(folder).name,
                        "notebook": order["notebook"],
                        "spread": order.get("spread", ""),
                        "stage": order.get("stage", ""),
                        "parameters": {**order["parameters"], **member["values"]},
                    }


def _size(spread: str) -> str:
    """The folder of a spread: tiny, desk and full ones lie apart."""
    return spread.rpartition("/")[0]


def _runs(project: Project) -> Iterator[str]:
    try:
        studies = [entry.path for entry in os.scandir(project.runs) if entry.is_dir()]
    except OSError:
        return
    for study in sorted(studies):
        yield from sorted(entry.path for entry in os.scandir(study) if entry.is_dir())
