"""What the catalogue's folders hold already, read once for a plan."""

import os
import re
import statistics
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from fieldnotes.errors import CorruptFile
from fieldnotes.files import read_json
from fieldnotes.project import Project
from fieldnotes.runner.folder import FINISHED, ORDER, STATUS, read_order, whole

_HEAD = 1000  # bytes of params.json that hold the case and the notebook
_CASE = re.compile(r'"case": "([0-9a-f]+)"')
_NOTEBOOK = re.compile(r'"notebook": "([^"]+)"')
_SAMPLE = 100  # newest runs of a notebook that an estimate rests on


class History:
    """Run folders by key and case, models by identity, times by notebook."""

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
    def _heads(self) -> list[tuple[float, str, str, str]]:
        """Time, case, notebook and folder of every run, the oldest first."""
        found = []
        for folder in self.folders:
            try:
                with Path(folder, ORDER).open(encoding="utf-8") as file:
                    head, time = file.read(_HEAD), os.fstat(file.fileno()).st_mtime
            except (OSError, UnicodeDecodeError):
                continue
            case, notebook = _CASE.search(head), _NOTEBOOK.search(head)
            if notebook:
                found.append((time, case[1] if case else "", notebook[1], folder))
        return sorted(found)

    @cached_property
    def _by_case(self) -> dict[str, str]:
        return {case: folder for _, case, _, folder in self._heads}

    def earlier(self, case: str) -> tuple[Path, dict[str, Any]] | None:
        """The newest run of the same case, with its order."""
        folder = self._by_case.get(case)
        try:
            order = read_order(Path(folder)) if folder else None
        except CorruptFile:
            order = None
        return (Path(folder), order) if folder and order else None

    @cached_property
    def durations(self) -> dict[str, float]:
        """Median duration [s] of the finished runs of each notebook."""
        times: dict[str, list[float]] = defaultdict(list)
        for _, _, notebook, folder in reversed(self._heads):
            if len(times[notebook]) < _SAMPLE:
                try:
                    status = read_json(Path(folder, STATUS)) or {}
                    if status.get("state") in FINISHED:
                        times[notebook].append(status["duration_s"])
                except (CorruptFile, KeyError, AttributeError):
                    continue
        return {name: statistics.median(many) for name, many in times.items() if many}

    def catalogued(self) -> Iterator[dict[str, Any]]:
        """One row for each model there is: identity, path, run, and its parameters."""
        held = {folder for many in self.models.values() for folder in many}
        for _, _, _, folder in self._heads:
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


def _runs(project: Project) -> Iterator[str]:
    try:
        studies = [entry.path for entry in os.scandir(project.runs) if entry.is_dir()]
    except OSError:
        return
    for study in sorted(studies):
        yield from sorted(entry.path for entry in os.scandir(study) if entry.is_dir())
