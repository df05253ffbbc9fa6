"""The database that holds the index: a file, or PostgreSQL by its URL."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    MetaData,
    NullPool,
    StaticPool,
    Table,
    bindparam,
    create_engine,
    event,
    func,
    insert,
    inspect,
    make_url,
    select,
)
from sqlalchemy.exc import ArgumentError, DatabaseError, SQLAlchemyError
from sqlalchemy.schema import CreateIndex, CreateTable

from fieldnotes.catalogue import tables as t
from fieldnotes.errors import CatalogueError

VARIABLE = "FIELDNOTES_DATABASE"
MEMORY = "sqlite://"
BUSY = 30.0  # [s] how long a statement waits for another process's transaction
ANSWER = "10"  # [s] how long a server may take to answer
CACHE = 100_000  # [kB] pages kept in memory: indexes are filled in random order
ROOM = "fieldnotes"  # the PostgreSQL schema that is ours; others in it are let alone
LOCK = 0x6669656C64  # the advisory lock of the one who writes; any number would do
DEADLOCK = "40P01"  # the SQLSTATE
ASKED_AGAIN = 0.02  # [s] between two tries for the lock
WITHOUT = f"Without {VARIABLE} the index is the file catalogue/index.sqlite."


def read_url(given: str) -> URL:
    """A database URL with the driver that this project has tests for.

    Raises:
        CatalogueError: no URL, or one of another kind of database.
    """
    allowed = "postgresql://USER:PASSWORD@HOST/DATABASE or sqlite:///FILE"
    try:
        url = make_url(given)
    except ArgumentError as error:
        message = f"{VARIABLE}: this is no URL of a database. Allowed: {allowed}."
        raise CatalogueError(message) from error
    kind = url.get_backend_name()
    if kind in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if kind != "sqlite":
        message = f"{VARIABLE}: {url}: {kind} is not known. Allowed: {allowed}."
        raise CatalogueError(message)
    return url


def make_engine(url: URL) -> Engine:
    """An engine that keeps no connection open; SQLite with foreign keys on.

    Raises:
        CatalogueError: the driver is not installed.
    """
    if url.get_backend_name() != "sqlite":
        return _server(url)
    pool = StaticPool if not url.database else NullPool
    engine = create_engine(url, poolclass=pool, connect_args={"timeout": BUSY})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        # Python's driver would leave CREATE and DROP outside of the transaction.
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA cache_size = -{CACHE}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def _server(url: URL) -> Engine:
    if "connect_timeout" not in url.query:
        url = url.update_query_dict({"connect_timeout": ANSWER})
    try:
        engine = create_engine(url, poolclass=NullPool)
    except ImportError as error:
        message = (
            f"{VARIABLE}: {url}: the driver of PostgreSQL is not installed ({error}). "
            f"Install it: pip install 'fieldnotes[postgres]'. {WITHOUT}"
        )
        raise CatalogueError(message) from error

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(f"SET LOCAL search_path TO {ROOM}")

    return engine


def is_server(engine: Engine) -> bool:
    return engine.dialect.name != "sqlite"


def unreachable(engine: Engine, error: DatabaseError) -> CatalogueError:
    """What a failed statement means to someone who gave a server's URL."""
    reason = " ".join(str(error.orig).split())
    return CatalogueError(
        f"{VARIABLE}: {engine.url}: the database cannot be used: {reason}. Start the "
        f"server or mend the URL. Nothing is lost: the run folders hold it all. "
        f"{WITHOUT}"
    )


def ask_twice(question: Callable[[], Any]) -> Any:
    """An answer; asked again when a writer that makes the tables anew stood across."""
    try:
        return question()
    except DatabaseError as error:
        if getattr(error.orig, "sqlstate", "") != DEADLOCK:
            raise
        return question()


def is_current(connection: Connection, root: Path, *, taken: bool = False) -> bool:
    """Whether the tables are there and today's.

    Args:
        root: the project whose index is expected.
        taken: whether another project's may be replaced.

    Raises:
        CatalogueError: a newer version made them; a server holds another project's.
    """
    if not inspect(connection).has_table("about", schema=_room(connection)):
        return False
    about = {row.name: row.value for row in connection.execute(select(t.About))}
    where, made = connection.engine.url, about.get("schema", "")
    if made.isdecimal() and int(made) > t.SCHEMA:
        message = (
            f"{where}: a newer fieldnotes made this index (schema {made}; this one "
            f"knows up to {t.SCHEMA}). Update fieldnotes, or give this version an "
            f"index of its own: {VARIABLE}=sqlite:///FILE. The index was left as it is."
        )
        raise CatalogueError(message)
    holder = about.get("project", str(root))
    if is_server(connection.engine) and holder != str(root) and not taken:
        message = (
            f"{where}: this database holds the index of {holder}, not of {root}. Give "
            f"each project a database of its own; `fieldnotes restore` makes this one "
            f"{root.name}'s."
        )
        raise CatalogueError(message)
    return made == str(t.SCHEMA)


def make_tables(connection: Connection, root: Path) -> None:
    """Empty tables of today's schema in the place of those of any other.

    They have no indexes yet: `make_indexes` makes them of full tables, which is faster.
    """
    room = _room(connection)
    if room:
        connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {room} CASCADE")
        connection.exec_driver_sql(f"CREATE SCHEMA {room}")
    else:
        _drop_tables(connection)
    for table in t.Base.metadata.sorted_tables:
        connection.execute(CreateTable(table))
    about = {"schema": str(t.SCHEMA), "project": str(root)}
    rows = [{"name": name, "value": value} for name, value in about.items()]
    connection.execute(insert(t.About), rows)


def make_indexes(connection: Connection) -> None:
    """The indexes of all tables, and the counts by which a question picks one."""
    for table in t.Base.metadata.sorted_tables:
        for index in table.indexes:
            connection.execute(CreateIndex(index))
    connection.exec_driver_sql("ANALYZE")


def _drop_tables(connection: Connection) -> None:
    """Drop what a file holds, also tables that only an older version had."""
    found = MetaData()
    found.reflect(connection)
    found.drop_all(connection)


def fill(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows that all have the same names, of which there may be a million."""
    if is_server(connection.engine):
        connection.execute(insert(table), rows)
        return
    # SQLite takes the values as they are; a third of the time is SQLAlchemy's.
    names = list(rows[0])
    statement = insert(table).values({name: bindparam(name) for name in names})
    written = statement.compile(dialect=connection.dialect)
    order = written.positiontup or names
    entries = list(map(itemgetter(*order), rows))
    connection.exec_driver_sql(str(written), entries)


def _room(connection: Connection) -> str | None:
    return ROOM if is_server(connection.engine) else None


@contextmanager
def writers_lock(engine: Engine, folder: Path, wait: float) -> Iterator[str]:
    """Hold the lock of the one who writes; yields why not, "" when it is held.

    The lock goes with the process that holds it, however that ends: a server keeps it
    for as long as the connection lasts, else it lies on `folder/index.lock`.

    Args:
        wait: how long to wait for another writer [s].

    Raises:
        CatalogueError: the server does not answer.
    """
    if not is_server(engine):
        with _locked_file(folder / "index.lock", wait) as refused:
            yield refused
        return
    try:
        connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    except DatabaseError as error:
        raise unreachable(engine, error) from error
    try:
        held = select(func.pg_try_advisory_lock(LOCK))
        yield _patiently(lambda: bool(connection.execute(held).scalar()), wait)
    finally:
        connection.close()


@contextmanager
def _locked_file(path: Path, wait: float) -> Iterator[str]:
    import fcntl

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        yield f"the folder cannot be written ({error.strerror})"
        return

    def take() -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            # Some network disks have no locks; SQLite guards each transaction.
            if error.errno not in (37, 38, 95):
                raise
        return True

    try:
        yield _patiently(take, wait)
    finally:
        os.close(handle)


def _patiently(take: Callable[[], bool], wait: float) -> str:
    until = time.monotonic() + wait
    while not take():
        if time.monotonic() > until:
            return "another process is writing it"
        time.sleep(ASKED_AGAIN)
    return ""


def is_broken(error: SQLAlchemyError) -> bool:
    """Whether a file is no database any more, rather than busy or full."""
    text = str(getattr(error, "orig", ""))
    return any(
        sign in text
        for sign in ("not a database", "malformed", "no such", "unsupported file")
    )
