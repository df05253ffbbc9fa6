"""What the catalogue's folders hold already, read once for a plan."""

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from fieldnotes.errors import CorruptFile
from fieldnotes.project import Project
from fieldnotes.runner.estimates import Estimates
from fieldnotes.runs import (
    MANIFEST,
    Manifest,
    read_manifest,
    run_folders,
    whole_model,
)
from fieldnotes.runs.records import ACCEPTED, read_accepted

_HEAD = 1000  # bytes of params.json that hold all of a `Head`
_ENTRY = re.compile(r'^ "(case|notebook|spread|stage)": "([^"]+)"', re.MULTILINE)


class Head(NamedTuple):
    """What the beginning of a run's manifest says."""

    time: float  # [s] when the manifest was written
    folder: Path
    notebook: str
    case: str = ""
    spread: str = ""
    stage: str = ""


class History:
    """Run folders by key and case, models by identity, durations by likeness."""

    def __init__(self, project: Project):
        self.project = project
        self.folders = list(run_folders(project))
        self.models: dict[str, list[Path]] = defaultdict(list)  # folders by identity
        self.blessed: dict[str, Path] = {}  # key of today's code → an accepted folder
        self.renamed: dict[str, str] = {}  # identity of today's code → accepted one
        for folder in self.folders:
            self._look_into(folder)

    def _look_into(self, folder: Path) -> None:
        names = {entry.name for entry in os.scandir(folder)}
        if "models" in names:
            for entry in os.scandir(f"{folder}/models"):
                if entry.name.endswith(".json"):
                    self.models[entry.name[:-5]].append(folder)
        if ACCEPTED in names:
            try:
                accepted = read_accepted(folder)
            except CorruptFile:
                return
            self.blessed |= dict.fromkeys(accepted.keys, folder)
            self.renamed |= accepted.identities

    def model(self, identity: str, prefer: Path | None = None) -> Path | None:
        """The whole file of a model, in `prefer` if it is there; None for none."""
        places = sorted(self.models.get(identity, ()), key=lambda f: f != prefer)
        paths = (place / "models" / f"{identity}.eqx" for place in places)
        return next((path for path in paths if whole_model(path)), None)

    @cached_property
    def _heads(self) -> list[Head]:
        """Every run, the oldest first."""
        found = []
        for folder in self.folders:
            try:
                with (folder / MANIFEST).open(encoding="utf-8") as file:
                    head, time = file.read(_HEAD), os.fstat(file.fileno()).st_mtime
            except (OSError, UnicodeDecodeError):
                continue
            known = dict(_ENTRY.findall(head))
            if "notebook" in known:
                found.append(Head(time, folder, **known))
        return sorted(found)

    @cached_property
    def _by_case(self) -> dict[str, Path]:
        return {head.case: head.folder for head in self._heads}

    def earlier(self, case: str) -> Manifest | None:
        """The manifest of the newest run of the same case."""
        folder = self._by_case.get(case)
        try:
            return read_manifest(folder) if folder else None
        except CorruptFile:
            return None

    @cached_property
    def estimates(self) -> Estimates:
        """Durations of runs like one that is planned."""
        names = self.project.settings.work
        return Estimates(
            lambda: (
                (head.notebook, head.spread, head.stage, head.folder)
                for head in reversed(self._heads)
            ),
            names,
        )

    def catalogued(self) -> Iterator[dict[str, Any]]:
        """One row for each model there is: identity, path, run, and its parameters."""
        held = {folder for many in self.models.values() for folder in many}
        for folder in (head.folder for head in self._heads):
            if folder not in held:
                continue
            try:
                manifest = read_manifest(folder)
            except CorruptFile:
                continue
            for member in manifest.members if manifest else ():
                path = folder / "models" / f"{member.identity}.eqx"
                if manifest and path.exists():
                    yield {
                        "identity": member.identity,
                        "path": path,
                        "run": folder.name,
                        "notebook": manifest.notebook,
                        "spread": manifest.spread,
                        "stage": manifest.stage,
                        "parameters": {**manifest.parameters, **member.values},
                    }
