"""Upkeep: what lies around without a record, and every table for other programs."""

import csv
import shutil
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import select

from fieldnotes.catalogue import tables as t
from fieldnotes.catalogue.index import Index
from fieldnotes.catalogue.reading import Reader
from fieldnotes.errors import CorruptFile
from fieldnotes.files import read_json, write_json
from fieldnotes.project import Project
from fieldnotes.runs import now, run_folders
from fieldnotes.runs.locks import locked
from fieldnotes.runs.states import RUNNING
from fieldnotes.runs.status import known_status

if TYPE_CHECKING:
    import pandas as pd

AGE = 600.0  # [s] younger files may belong to something that is still being written
COLUMNS = ("path", "problem", "action", "bytes", "archived")


@dataclass
class Finding:
    """One thing out of order; `action` is "move" or "mark"."""

    path: str
    problem: str
    action: str
    bytes: int | None = None
    archived: str | None = None


def tidy(
    reader: Reader, *, apply: bool = False, older_than: float = AGE
) -> "pd.DataFrame":
    """Files without a record, and records without a file, one row each.

    Nothing is ever deleted. With `apply`, files without a record (and files that are
    not what their record says) move to `catalogue/archive/<date>/`, keeping their
    path; a record whose file is gone is marked with `missing` and the date, so that
    queries pass over it in silence. Runs that are running are left alone.

    Args:
        older_than: files younger than this are left alone [s].
    """
    import pandas as pd

    project = reader.index.project
    findings = sorted(_findings(project, older_than), key=lambda item: item.path)
    if apply:
        stamp = datetime.now(UTC).strftime("%Y-%m-%d")
        archive = project.catalogue / "archive" / stamp
        for finding in findings:
            _settle(project, archive, finding)
        if findings:
            reader.sync()
    rows = [list(asdict(finding).values()) for finding in findings]
    return pd.DataFrame(rows, columns=pd.Index(list(COLUMNS)))


def _findings(project: Project, older_than: float) -> Iterator[Finding]:
    before = time.time() - older_than
    for folder in run_folders(project):
        if locked(folder) or known_status(folder).state == RUNNING:
            continue
        if not (folder / "params.json").is_file():
            if folder.stat().st_mtime <= before:
                yield Finding(
                    _inside(project, folder), "a run without an order", "move"
                )
            continue
        yield from _pairs(project, folder / "models", ".eqx", ".json", before)
        yield from _pairs(project, folder / "figures", ".json", ".record.json", before)
    evaluations = project.cache / "evaluations"
    yield from _pairs(project, evaluations, ".npz", ".json", before)


def _pairs(
    project: Project, folder: Path, ending: str, record: str, before: float
) -> Iterator[Finding]:
    """What is out of order among files `x<ending>` and records `x<record>`."""
    if not folder.is_dir():
        return
    names = {path.name for path in folder.iterdir() if path.is_file()}
    records = {name for name in names if name.endswith(record)}
    files = {name for name in names - records if name.endswith(ending)}
    for name in sorted(names):
        path = folder / name
        place = _inside(project, path)
        if path.stat().st_mtime > before:
            continue
        size = path.stat().st_size
        if name in records:
            stem = name.removesuffix(record)
            if f"{stem}{ending}" not in files and not _marked(path):
                yield Finding(place, f"a record without its {ending}", "mark", size)
        elif name in files:
            about = f"{name.removesuffix(ending)}{record}"
            if about not in records:
                yield Finding(place, "a file without a record", "move", size)
            elif _other_size(folder / about, size):
                yield Finding(place, "not the size that its record says", "move", size)
        elif f"{path.stem}{record}" not in records:
            yield Finding(place, "a companion without a record", "move", size)


def _marked(record: Path) -> bool:
    try:
        return bool((read_json(record) or {}).get("missing"))
    except (CorruptFile, AttributeError):
        return False


def _other_size(record: Path, size: int) -> bool:
    try:
        known = (read_json(record) or {}).get("bytes")
    except (CorruptFile, AttributeError):
        return False
    return known is not None and known != size


def _inside(project: Project, path: Path) -> str:
    return path.relative_to(project.root).as_posix()


def _settle(project: Project, archive: Path, finding: Finding) -> None:
    path = project.root / finding.path
    if finding.action == "mark":
        _mark(path)
        return
    if finding.problem.startswith("not the size"):
        _mark(path.with_suffix(".json"))
    target = archive / path.relative_to(project.catalogue)
    while target.exists():
        target = target.with_name(f"{target.name}.{uuid4().hex[:4]}")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(path, target)
    finding.archived = _inside(project, target)


def _mark(record: Path) -> None:
    try:
        known = read_json(record)
    except CorruptFile:
        return
    if isinstance(known, dict):
        write_json(record, {**known, "missing": now()})


def export(reader: Reader, folder: Path | None = None) -> Path:
    """Write every table as CSV, and a copy of the database, to a folder.

    Args:
        folder: default `catalogue/export/latest`, which is replaced.
    """
    target = folder or reader.index.project.catalogue / "export" / "latest"
    reader.ask(select(t.About.name))  # brings the index up to date
    target.mkdir(parents=True, exist_ok=True)
    for name, table in t.Base.metadata.tables.items():
        order = list(table.primary_key.columns)
        rows = reader.ask(select(table).order_by(*order))
        _write_csv(target / f"{name}.csv", list(table.columns.keys()), rows)
    _copy_database(reader.index, target / "index.sqlite")
    return target


def _write_csv(path: Path, names: list[str], rows: list[dict[str, Any]]) -> None:
    temporary = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(rows)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _copy_database(index: Index, path: Path) -> None:
    """A whole copy, also while another process writes; SQLite files only."""
    if index.engine.dialect.name != "sqlite":
        return
    temporary = path.with_name(f".{path.name}.{uuid4().hex}")
    copy = sqlite3.connect(temporary)
    try:
        with index.engine.connect() as connection:
            source: Any = connection.connection.driver_connection
            source.backup(copy)
    finally:
        copy.close()
    temporary.replace(path)
