"""From a run folder to rows: reads what is there, and says what could not be read."""

import math
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fieldnotes.errors import CorruptFile
from fieldnotes.files import read_json, to_json
from fieldnotes.project import Project
from fieldnotes.query import is_number
from fieldnotes.values import digest, flatten, sole, spelled

UNREADABLE = "unreadable"  # the state of a run whose status.json cannot be read
WATCHED = (
    *("", "params.json", "status.json", "metrics.json", "accepted.json"),
    *("models", "figures"),
)
SETTLED = 2.0  # [s] a younger file may change again within one tick of its clock
LARGEST = 2**53  # beyond it a float no longer tells integers apart

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
        empty = dict.fromkeys(("run", "model", "evaluation", "figure", "scrap"))
        for position, (name, value) in enumerate(flatten(values).items()):
            entry = sole(value)
            self.add(
                "parameters",
                **{**empty, owner: of},
                position=position,
                name=name,
                type=type(value).__name__,
                number=as_number(entry),
                text=entry if isinstance(entry, str) else None,
                value=to_json(value),
                spelled=spelled(entry),
            )


def as_number(value: Any) -> float | None:
    """A number as the database compares it; None for what is none, and for NaN."""
    if not is_number(value) or (isinstance(value, float) and math.isnan(value)):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def scan(project: Project) -> dict[str, str]:
    """Every source there is, with a fingerprint that changes when its files do.

    The fingerprint is empty for what changed a moment ago: a second change could
    hide in the same tick of the clock, so it is read again the next time.
    """
    return dict(_scan(project))


def _scan(project: Project) -> Iterator[tuple[str, str]]:
    for study in _folders(project.runs):
        for run in _folders(Path(study.path)):
            path = f"catalogue/runs/{study.name}/{run.name}"
            yield path, _fingerprint(run.path, WATCHED)
    evaluations = project.cache / "evaluations"
    try:
        names = sorted(os.listdir(evaluations))  # noqa: PTH208 (names are enough)
    except OSError:
        return
    for name in names:
        if name.endswith(".json") and not name.startswith("."):
            path = f"catalogue/cache/evaluations/{name}"
            yield path, _fingerprint(str(evaluations / name), ("",))


def _folders(path: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(path) as entries:
            found = [
                entry
                for entry in entries
                if entry.is_dir() and entry.name[0] not in "._"
            ]
    except OSError:
        return []
    return sorted(found, key=lambda entry: entry.name)


def _listed(folder: Path, ending: str) -> list[Path]:
    """The visible files of a folder with this ending, which may not exist."""
    try:
        names = os.listdir(folder)  # noqa: PTH208 (names are enough)
    except (FileNotFoundError, NotADirectoryError):
        return []
    chosen = [name for name in names if name.endswith(ending) and name[0] != "."]
    return [folder / name for name in sorted(chosen)]


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


def _tolerant(rows: Rows, path: Path, kind: type) -> Any:
    """JSON that may be missing or broken; the second is listed, both give None."""
    try:
        value = read_json(path)
    except CorruptFile as error:
        rows.problem(error)
        return None
    if value is not None and not isinstance(value, kind):
        rows.problem(f"{path}: holds no {kind.__name__}.")
        return None
    return value


def _text(value: Any) -> str | None:
    return (
        None if value is None else value if isinstance(value, str) else to_json(value)
    )


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and abs(value) < LARGEST else None


def _read_run(rows: Rows, folder: Path) -> None:
    order = read_json(folder / "params.json")
    if not isinstance(order, dict):
        rows.problems.append(f"{rows.source}: holds no readable params.json.")
        return
    key = folder.name
    status = _tolerant(rows, folder / "status.json", dict)
    if status is None:
        unreadable = (folder / "status.json").exists()
        status = {"state": UNREADABLE if unreadable else "queued"}
    parameters = order.get("parameters") or {}
    rows.add("runs", **_run_row(rows.source, folder, order, status))
    rows.parameters("run", key, parameters)
    for needed in order.get("needs") or ():
        rows.link("run needs", key, needed)
    for given in order.get("models") or ():
        rows.link("run models", key, given.get("path") or given["identity"])
    _read_models(rows, folder, order)
    _read_figures(rows, folder)
    _read_scraps(rows, folder)


def _run_row(source: str, folder: Path, order: Row, status: Row) -> Row:
    error = status.get("error")
    error = error if isinstance(error, dict) else {"message": error}
    dirty = status.get("dirty")
    return {
        "key": folder.name,
        "folder": source,
        "study": folder.parent.name,
        **{
            name: _text(order.get(name))
            for name in ("notebook", "spread", "stage", "title", "case")
        },
        "interactive": order.get("interactive") is True,
        "state": _text(status.get("state")) or "queued",
        "error": _text(error.get("name")),
        "error_message": _text(error.get("message")),
        "dirty": dirty if isinstance(dirty, bool) else None,
        **{
            name: _text(status.get(name))
            for name in ("reason", "started", "ended", "commit", "host")
        },
        **{
            name: as_number(status.get(name))
            for name in ("duration_s", "peak_memory_mb", "process_start")
        },
        **{name: _whole(status.get(name)) for name in ("attempt", "pid")},
    }


def _read_models(rows: Rows, folder: Path, order: Row) -> None:
    for path in _listed(folder / "models", ".json"):
        record = _tolerant(rows, path, dict)
        if record is None:
            continue
        name = f"{rows.source}/models/{path.stem}.eqx"
        hyperparameters = record.get("hyperparameters") or {}
        kind = record.get("kind") or "final"
        rows.add(
            "models",
            path=name,
            identity=str(record["identity"]),
            kind=str(kind),
            run=folder.name,
            signature=digest([order.get("notebook"), kind, spelled(hyperparameters)]),
            **{
                column: _text(record.get(column))
                for column in ("outcome", "checksum", "created", "missing")
            },
            **{
                column: _whole(record.get(column))
                for column in ("diverged_at", "bytes")
            },
        )
        rows.parameters("model", name, hyperparameters)


def _read_figures(rows: Rows, folder: Path) -> None:
    for path in _listed(folder / "figures", ".record.json"):
        record = _tolerant(rows, path, dict)
        if record is None:
            continue
        stem = path.name.removesuffix(".record.json")
        name = f"{rows.source}/figures/{stem}.json"
        rows.add(
            "figures",
            path=name,
            name=stem,
            kind=str(record.get("kind")),
            caption=_text(record.get("caption")),
            run=folder.name,
        )
        rows.parameters("figure", name, record.get("parameters") or {})
        for identity in record.get("models") or ():
            rows.link("figure models", name, identity)
        for shown in record.get("evaluations") or ():
            rows.link("figure evaluations", name, shown)


def _read_scraps(rows: Rows, folder: Path) -> None:
    scraps = _tolerant(rows, folder / "metrics.json", list) or []
    for position, scrap in enumerate(scraps):
        name = f"{folder.name}#{position}"
        member = scrap.get("member") or None
        rows.add(
            "scraps",
            id=name,
            run=folder.name,
            position=position,
            name=str(scrap["name"]),
            value=to_json(scrap["value"]),
            number=as_number(scrap["value"]),
            unit=_text(scrap.get("unit")),
            meaning=_text(scrap.get("meaning")),
            member=None if member is None else to_json(member),
        )
        if member:
            rows.parameters("scrap", name, member)


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
