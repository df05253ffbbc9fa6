"""The index: an SQL database kept in step with the run folders by one writer."""

import os
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, delete, insert, make_url, or_, select, update
from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from fieldnotes.catalogue import database
from fieldnotes.catalogue import tables as t
from fieldnotes.catalogue.folders import Rows, read_source, scan
from fieldnotes.errors import CatalogueError, CatalogueWarning
from fieldnotes.project import Project
from fieldnotes.runs.states import RUNNING
from fieldnotes.runs.status import known_status

PATIENCE = 60.0  # [s] how long the first reader waits for another's first index
Answer = TypeVar("Answer")
CHUNK = 500  # sources in one statement
# Parents before children, so that every foreign key finds its row.
ORDER = ("runs", "models", "evaluations", "figures", "members", "scraps")
ORDER += ("parameters", "wanted")


@dataclass
class Report:
    """What `sync` or `restore` did; `str` of it is for people."""

    read: int = 0
    removed: int = 0
    unchanged: int = 0
    problems: dict[str, str] = field(default_factory=dict)  # by folder
    as_is: str = ""  # why the index was used as it is
    notes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [
            f"{self.read} read, {self.unchanged} unchanged, {self.removed} removed."
        ]
        if self.as_is:
            lines = [f"The index is used as it is: {self.as_is}."]
        lines += self.notes
        lines += [f"Not read: {place}: {why}" for place, why in self.problems.items()]
        return "\n".join(lines)


class Index:
    """The database of one project, at a URL of its own or in its catalogue."""

    def __init__(self, project: Project, url: str | None = None) -> None:
        self.project = project
        self.file = project.catalogue / "index.sqlite"
        given = url or os.environ.get(database.VARIABLE)
        here = URL.create("sqlite", database=str(self.file))
        self.url = database.read_url(given) if given else here
        if self.is_file:
            self.file = Path(self.url.database or "")
        self.engine = database.make_engine(self.url)

    @property
    def is_file(self) -> bool:
        return self.url.get_backend_name() == "sqlite" and bool(self.url.database)

    def check(self) -> None:
        """Refuse a server that does not answer and an index that is not ours to use.

        A file that is broken or not there yet is none of these: it is made.
        """
        try:
            with self.engine.connect() as connection:
                database.is_current(connection, self.project.root)
        except DatabaseError as error:
            if database.is_server(self.engine):
                raise database.unreachable(self.engine, error) from error

    def sync(self, wait: float = 1.0) -> Report:
        """Read the folders whose files changed, forget those that are gone.

        Where another process is writing, or the folder cannot be written, the index
        stays as it is; where there is none yet, one is made in memory.

        Args:
            wait: how long to wait for another writer [s].
        """
        with self._writing(wait) as refused:
            if not refused:
                return self._guarded(fresh=False)
        if self._usable():
            return Report(as_is=refused)
        if refused.startswith("another"):
            with self._writing(PATIENCE) as refused:
                if not refused:
                    return self._guarded(fresh=False)
        return self._in_memory(refused)

    def restore(self) -> Report:
        """Build the index anew from the folders.

        Raises:
            CatalogueError: another process keeps writing, or the folder is read-only.
        """
        with self._writing(PATIENCE) as refused:
            if refused:
                place = self.file if self.is_file else self.url
                message = f"{place}: not restored: {refused}."
                raise CatalogueError(message)
            return self._guarded(fresh=True)

    def ask(self, question: Callable[[Connection], Answer]) -> Answer:
        """What `question` reads; a file found broken meanwhile is rebuilt first."""

        def answer() -> Answer:
            with self.engine.connect() as connection:
                return question(connection)

        try:
            return database.ask_twice(answer)
        except DatabaseError as error:
            if database.is_server(self.engine):
                raise database.unreachable(self.engine, error) from error
            if not self.is_file or not database.is_broken(error):
                raise
        report = self._rebuild()
        warnings.warn("\n".join(report.notes), CatalogueWarning, stacklevel=4)
        return answer()

    def _writing(self, wait: float) -> AbstractContextManager[str]:
        """Hold the writer's lock; gives why not, "" when it is held."""
        return database.writers_lock(self.engine, self.project.catalogue, wait)

    def _guarded(self, *, fresh: bool) -> Report:
        """Write; a broken database file is set aside and the index made anew."""
        try:
            return self._write(fresh=fresh)
        except DatabaseError as error:
            if not self.is_file or not database.is_broken(error):
                return self._after(error)
        return self._rebuild()

    def _rebuild(self) -> Report:
        try:
            aside = self._set_aside()
        except OSError as error:
            return self._in_memory(f"it is unreadable and cannot be moved ({error})")
        report = self._write(fresh=True)
        note = (
            f"The index was unreadable and is now {self.project.relative(aside)}; "
            "a new one was made from the run folders. Nothing is lost."
        )
        report.notes.append(note)
        return report

    def _after(self, error: DatabaseError) -> Report:
        """What a failed write means: read on where that is possible."""
        reason = str(error.orig)
        if self._usable():
            return Report(as_is=f"it could not be written ({reason})")
        if database.is_server(self.engine):
            raise database.unreachable(self.engine, error) from error
        return self._in_memory(reason)

    def _set_aside(self) -> Path:
        self.engine.dispose()
        stamp = time.strftime("%Y%m%d-%H%M%S")
        aside = self.file.with_name(f"{self.file.stem}-broken-{stamp}.sqlite")
        self.file.replace(aside)
        self.file.with_name(f"{self.file.name}-journal").unlink(missing_ok=True)
        return aside

    def _usable(self) -> bool:
        """Whether the database can be read and has today's tables."""
        try:
            with self.engine.connect() as connection:
                return database.is_current(connection, self.project.root)
        except SQLAlchemyError:
            return False

    def _in_memory(self, reason: str) -> Report:
        self.engine = database.make_engine(make_url(database.MEMORY))
        report = self._write(fresh=True)
        report.notes.append(f"The index is kept in memory only: {reason}.")
        return report

    def _write(self, *, fresh: bool) -> Report:
        """One transaction: readers see the index before it or after it."""
        found = scan(self.project)
        with self.engine.begin() as connection:
            root = self.project.root
            empty = not database.is_current(connection, root, taken=fresh) or fresh
            if empty:
                database.make_tables(connection, root)
            return self._update(connection, found, empty=empty)

    def _update(
        self, connection: Connection, found: dict[str, str], *, empty: bool
    ) -> Report:
        known = _mapping(connection, t.Source.path, t.Source.fingerprint)
        gone = [path for path in known if path not in found]
        changed = [
            path for path, mark in found.items() if not mark or known.get(path) != mark
        ]
        for paths in _chunks([*gone, *(path for path in changed if path in known)]):
            # Everything that came from a source goes with it.
            connection.execute(delete(t.Source).where(t.Source.path.in_(paths)))
        taken = _mapping(connection, t.Run.key, t.Run.folder)
        for paths in _chunks(changed):
            sources = [read_source(self.project, path) for path in paths]
            _insert(connection, sources, found, taken)
        if empty:
            database.make_indexes(connection)
        if gone or changed:
            _link(connection)
        _settle_running(connection, self.project)
        problems = _mapping(connection, t.Source.path, t.Source.problem)
        return Report(
            read=len(changed),
            removed=len(gone),
            unchanged=len(found) - len(changed),
            problems={path: why for path, why in sorted(problems.items()) if why},
        )


def _mapping(connection: Connection, key: Any, value: Any) -> dict[str, Any]:
    """Two columns of a table as a dictionary."""
    rows = connection.execute(select(key, value))
    return {row[0]: row[1] for row in rows}


def _chunks(paths: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(paths), CHUNK):
        yield paths[start : start + CHUNK]


def _insert(
    connection: Connection,
    sources: Iterable[Rows],
    found: dict[str, str],
    taken: dict[str, str],
) -> None:
    by_table: dict[str, list[dict[str, Any]]] = {}
    for rows in sources:
        for run in rows.tables.get("runs", []):
            holder = taken.setdefault(run["key"], rows.source)
            if holder != rows.source:
                rows.tables.clear()
                rows.problem(f"{rows.source}: the key is taken by {holder}.")
        row = {
            "path": rows.source,
            "fingerprint": found[rows.source],
            "problem": "\n".join(rows.problems) or None,
        }
        by_table.setdefault("sources", []).append(row)
        for name, entries in rows.tables.items():
            by_table.setdefault(name, []).extend(entries)
    for name in ("sources", *ORDER):
        if by_table.get(name):
            database.fill(connection, t.Base.metadata.tables[name], by_table[name])


def _link(connection: Connection) -> None:
    """Work out every link whose two ends are here, from what the folders state."""
    model = or_(t.Wanted.target == t.Model.path, t.Wanted.target == t.Model.identity)
    links: list[tuple[Any, str, Any, Any, Any]] = [
        (t.RunNeeds, "run needs", t.Run.key, t.Wanted.target == t.Run.key, t.Run),
        (t.RunModel, "run models", t.Model.path, model, t.Model),
        (t.EvaluationModel, "evaluation models", t.Model.path, model, t.Model),
        (
            *(t.EvaluationRun, "evaluation runs", t.Run.key),
            *(t.Wanted.target == t.Run.key, t.Run),
        ),
        (
            *(t.FigureEvaluation, "figure evaluations", t.Evaluation.hash),
            *(t.Wanted.target == t.Evaluation.hash, t.Evaluation),
        ),
        (t.FigureModel, "figure models", t.Model.path, model, t.Model),
    ]
    for table, relation, target, condition, other in links:
        columns = list(table.__table__.columns.keys())
        pairs = (
            select(t.Wanted.origin, target)
            .join(other, condition)
            .where(t.Wanted.relation == relation)
            .distinct()
        )
        connection.execute(delete(table))
        connection.execute(insert(table).from_select(columns, pairs))


def _settle_running(connection: Connection, project: Project) -> None:
    """A run whose process is gone without a word is not running any more."""
    query = select(t.Run.key, t.Run.folder).where(t.Run.state == RUNNING)
    for key, folder in connection.execute(query).all():
        status = known_status(project.root / folder)
        if status.state != RUNNING:
            connection.execute(
                update(t.Run)
                .where(t.Run.key == key)
                .values(state=status.state, reason=status.reason or None)
            )
