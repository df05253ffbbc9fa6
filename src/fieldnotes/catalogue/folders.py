"""From a run folder to rows: reads what is there, and says what could not be read."""

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from fieldnotes.catalogue.tables import OWNERS
from fieldnotes.errors import CorruptFile
from fieldnotes.files import read_json, to_json
from fieldnotes.project import Project
from fieldnotes.query.conditions import as_number, forms
from fieldnotes.runs import MANIFEST, STATUS, Run, read_run, run_folders
from fieldnotes.runs.records import ACCEPTED, FIGURES, MODELS, SCRAPS
from fieldnotes.runs.run import listed
from fieldnotes.values import digest, flatten, spelled

WATCHED = ("", MANIFEST, STATUS, SCRAPS, ACCEPTED, MODELS, FIGURES)
SETTLED = 2.0  # [s] a younger file may change again within one tick of its clock
LARGEST = 2**53  # beyond it a float no longer tells integers apart

NO_OWNER = dict.fromkeys(OWNERS)

Row = dict[str, Any]


@dataclass
class Rows:
    """The rows that one source gives, by table, and what was wrong with it."""

    source: str
    root: Path
    tables: dict[str, list[Row]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def problem(self, error: Any) -> None:
        """List what could not be read, with paths as seen from the project."""
        self.problems.append(str(error).replace(f"{self.root}/", ""))

    def add(self, table: str, **row: Any) -> None:
        self.tables.setdefault(table, []).append(row)

    def link(self, relation: str, origin: str, target: Any) -> None:
        self.add(
            "wanted",
            source=self.source,
            relation=relation,
            origin=origin,
            target=str(target),
        )

    def parameters(self, owner: str, of: str, values: Mapping[str, Any]) -> None:
        """One row for each dotted name; `owner` is the column, `of` its value."""
        rows = self.tables.setdefault("parameters", [])
        shared = {**NO_OWNER, owner: of}
        rows += [
            {**shared, "position": position, "name": name, **_written(value)}
            for position, (name, value) in enumerate(flatten(values).items())
        ]


def _written(value: Any) -> Row:
    """A value's type, its exact JSON and its forms; most values come many times."""
    # Zeros are equal whatever their sign, and lists cannot be told by their hash.
    if isinstance(value, str | int | float) and value != 0:
        return _remembered(value)
    return _row_of(value)


def _row_of(value: Any) -> Row:
    number, text, letters = forms(value)
    return {
        "type": type(value).__name__,
        "value": to_json(value),
        "number": number,
        "text": text,
        "spelled": letters,
    }


_remembered = lru_cache(maxsize=10_000, typed=True)(_row_of)


def scan(project: Project) -> dict[str, str]:
    """Every source there is, with a fingerprint that changes when its files do.

    The fingerprint is empty for what changed a moment ago: a second change could
    hide in the same tick of the clock, so it is read again the next time.
    """
    return dict(_scan(project))


def _scan(project: Project) -> Iterator[tuple[str, str]]:
    for folder in run_folders(project):
        place = f"catalogue/runs/{folder.parent.name}/{folder.name}"
        yield place, _fingerprint(str(folder), WATCHED)
    evaluations = project.cache / "evaluations"
    for path in listed(evaluations, ".json"):
        place = f"catalogue/cache/evaluations/{path.name}"
        yield place, _fingerprint(str(path), ("",))


def _fingerprint(folder: str, names: tuple[str, ...]) -> str:
    parts = []
    newest = 0.0
    for name in names:
        try:
            found = os.stat(f"{folder}/{name}" if name else folder)  # noqa: PTH116 (fast)
        except OSError:
            parts.append("-")
            continue
        newest = max(newest, found.st_mtime)
        parts.append(f"{found.st_mtime_ns}:{found.st_size}")
    return "" if newest > time.time() - SETTLED else " ".join(parts)


def read_source(project: Project, source: str) -> Rows:
    """The rows of one source; never fails, whatever lies there."""
    rows = Rows(source, project.root)
    path = project.root / source
    try:
        if path.suffix == ".json":
            _read_evaluation(rows, path)
        else:
            _read_run(rows, path)
    except CorruptFile as error:
        rows.tables.clear()
        rows.problem(error)
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        rows.tables.clear()
        rows.problem(f"{path}: {type(error).__name__}: {error}")
    return rows


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and abs(value) < LARGEST else None


def _read_run(rows: Rows, folder: Path) -> None:
    run = read_run(folder)
    if run is None:
        rows.problem(f"{rows.source}: holds no {MANIFEST}.")
        return
    rows.add("runs", **_run_row(rows.source, run))
    rows.parameters("run", run.key, run.parameters)
    for needed in run.manifest.needs:
        rows.link("run needs", run.key, needed)
    for model in run.manifest.models:
        rows.link("run models", run.key, model.path or model.identity)
    _add_models(rows, run)
    _add_figures(rows, run)
    _add_scraps(rows, run)
    for problem in run.problems:
        rows.problem(problem)


def _run_row(source: str, run: Run) -> Row:
    manifest, status = run.manifest, run.status
    error = status.error or {}
    return {
        "key": run.key,
        "folder": source,
        "study": run.study,
        **{
            name: getattr(manifest, name) or None
            for name in ("notebook", "spread", "stage", "title", "case")
        },
        "interactive": manifest.interactive,
        "error": _text(error.get("name")),
        "error_message": _text(error.get("message")),
        "reason": status.reason or None,
        **{
            name: getattr(status, name)
            for name in ("state", "started", "ended", "commit", "dirty", "host")
        },
        **{
            name: as_number(getattr(status, name))
            for name in ("duration_s", "peak_memory_mb")
        },
        "attempt": _whole(status.attempt),
    }


def _add_models(rows: Rows, run: Run) -> None:
    for model in run.models:
        name = f"{rows.source}/models/{model.path.name}"
        values = model.hyperparameters
        rows.add(
            "models",
            path=name,
            identity=model.identity,
            kind=model.kind,
            run=run.key,
            signature=digest([run.manifest.notebook, model.kind, spelled(values)]),
            **{
                column: getattr(model, column)
                for column in ("outcome", "checksum", "created", "missing")
            },
            **{
                column: _whole(getattr(model, column))
                for column in ("diverged_at", "bytes")
            },
        )
        rows.parameters("model", name, values)


def _add_figures(rows: Rows, run: Run) -> None:
    for figure in run.figures:
        name = f"{rows.source}/figures/{figure.path.name}"
        rows.add(
            "figures",
            path=name,
            name=figure.name,
            kind=figure.kind,
            caption=figure.caption or None,
            run=run.key,
        )
        rows.parameters("figure", name, figure.parameters)
        for identity in figure.models:
            rows.link("figure models", name, identity)
        for shown in figure.evaluations:
            rows.link("figure evaluations", name, shown)


def _add_scraps(rows: Rows, run: Run) -> None:
    key, kept = run.key, rows.tables.setdefault("scraps", [])
    members: dict[str, str] = {}  # each has many values
    for position, scrap in enumerate(run.scraps):
        row = {
            **_row_of(scrap.value),
            "run": key,
            "position": position,
            "name": scrap.name,
            "unit": scrap.unit,
            "meaning": scrap.meaning or None,
            "member": None,
        }
        del row["type"]
        if scrap.member:
            letters = repr(scrap.member)
            if letters not in members:
                members[letters] = name = f"{key}#{len(members)}"
                rows.add("members", id=name, run=key, told=to_json(scrap.member))
                rows.parameters("member", name, scrap.member)
            row["member"] = members[letters]
        kept.append(row)


def _read_evaluation(rows: Rows, path: Path) -> None:
    record = read_json(path)
    if record is None:
        return
    key = path.stem
    rows.add(
        "evaluations",
        hash=key,
        path=rows.source,
        name=str(record["name"]),
        bytes=_whole(record.get("bytes")),
        created=_text(record.get("created")),
    )
    rows.parameters("evaluation", key, record.get("parameters") or {})
    for identity in record.get("models") or ():
        rows.link("evaluation models", key, identity)
    if record.get("run"):
        rows.link("evaluation runs", key, record["run"])
