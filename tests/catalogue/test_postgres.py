"""The index in PostgreSQL answers as the file does, and errors say what to do."""

import math
import os
import sys
import threading
from contextlib import ExitStack
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError

from fieldnotes.catalogue import Catalogue, CatalogueError
from fieldnotes.catalogue import tables as t
from fieldnotes.catalogue.database import LOCK, make_engine, read_url
from fieldnotes.clusters.places import run_on
from fieldnotes.project import Project
from postgres_server import missing, postgres

from .conftest import connected, everything, settle

if TYPE_CHECKING:
    from fieldnotes.runner import Plan

needed = pytest.mark.skipif(bool(missing()), reason=missing())
ODD = [0, 1.0, True, None, math.inf, math.nan, "B", "a", "Ä", "nul\0l", [1, "x"], 2**70]
QUERIES = [
    {"seed": {">": 0}},
    {"layer": {"contains": "sign"}},
    {"optimiser.rate": 1e-3},
    {"word": {">": "Z"}},  # an upper-case letter comes first, as in Python
    {"list": {"=": list(range(1000))}},
    {"reason": None},
    {"interactive": False, "seed": [0, 2]},
    {"duration_s": {">=": 2.5}},
    {"state": {"not in": ["done"]}},
    {"parameters.error": 0.5},
]


def test_it_says_what_the_file_says(populated, make, project, url):
    make.scraps(
        populated[0],
        *({"name": f"odd_{at}", "value": value} for at, value in enumerate(ODD)),
        {"name": "long", "value": list(range(5000))},
    )
    folder = make.run("huge000011112222", {"many": [0.1] * 3000})
    path = make.model(folder, "huge", {"seed": 1}, bytes=3_000_000_000)
    os.truncate(path, 3_000_000_000)  # a hole: it takes no room on the disk
    assert everything(Catalogue(project, url)) == everything(Catalogue(project))


def test_a_query_finds_what_it_finds_in_the_file(populated, make, project, url):
    for word in ("Ärger", "Zorn", "angst", "\N{GREEK SMALL LETTER ALPHA}"):
        make.run(f"{word}0000", {"word": word, "list": list(range(1000))})
    served, filed = Catalogue(project, url), Catalogue(project)
    for where in QUERIES:
        found, expected = served.runs(where), filed.runs(where)
        assert len(expected), where
        assert str(found.to_dict("records")) == str(expected.to_dict("records")), where


def test_the_variable_names_it_and_an_export_has_every_table(
    populated, project, url, monkeypatch
):
    monkeypatch.setenv("FIELDNOTES_DATABASE", url)
    catalogue = Catalogue(project)
    assert len(catalogue.models()) == 3
    assert not (project.catalogue / "index.sqlite").exists()
    folder = catalogue.export()
    assert {path.stem for path in folder.iterdir()} == set(t.Base.metadata.tables)
    assert (folder / "models.csv").read_text().count("\n") == 4


def test_only_what_changed_is_read_again(populated, project, make, url):
    for folder in [*project.runs.glob("*/*"), project.cache / "evaluations"]:
        settle(folder)
    assert Catalogue(project, url).sync().read == 6
    assert Catalogue(project, url).sync().read == 0
    make.trained(7)
    report = Catalogue(project, url).sync()
    assert (report.read, report.unchanged) == (1, 6)


def test_foreign_keys_and_owners_are_kept(populated, project, url):
    catalogue = Catalogue(project, url)
    catalogue.sync()
    row = {"position": 0, "name": "n", "type": "int", "value": "1", "spelled": "1"}
    for values in ({}, {"run": "nobody"}, {"run": populated[0].name, "model": "m"}):
        with (
            pytest.raises(IntegrityError),
            catalogue.index.engine.begin() as connection,
        ):
            connection.execute(insert(t.Parameter), [{**row, **values}])


def test_what_else_is_in_the_database_stays(populated, project, url):
    with connected(url) as other:
        other.execute(text("CREATE TABLE runs (mine INT)"))
        other.execute(text("INSERT INTO runs VALUES (7)"))
        catalogue = Catalogue(project, url)
        catalogue.restore()
        assert len(catalogue.runs()) == 5
        assert other.execute(text("SELECT mine FROM runs")).scalar() == 7


def test_readers_use_the_index_as_it_is_while_another_writes(
    populated, project, make, url
):
    Catalogue(project, url).sync()
    make.trained(7)
    with connected(url) as other:
        other.execute(text(f"SELECT pg_advisory_lock({LOCK})"))
        catalogue = Catalogue(project, url)
        assert "another process" in catalogue.sync().as_is
        assert len(catalogue.models()) == 3
        other.invalidate()  # as when its process is killed
    assert not catalogue.index.sync(wait=10).as_is
    assert len(Catalogue(project, url).models()) == 4


def test_a_database_of_another_project_is_refused_until_it_is_taken(
    populated, project, url, tmp_path
):
    Catalogue(project, url).sync()
    (tmp_path / "other").mkdir()
    other = Catalogue(Project(tmp_path / "other"), url)
    with pytest.raises(CatalogueError, match="fieldnotes restore"):
        other.runs()
    assert len(Catalogue(project, url).runs()) == 5
    other.restore()
    assert len(other.runs()) == 0
    with pytest.raises(CatalogueError, match="index of .*other"):
        Catalogue(project, url).runs()


def test_readers_and_a_writer_that_makes_the_tables_anew_do_not_meet(
    populated, project, url
):
    catalogue = Catalogue(project, url)
    catalogue.sync()
    ended = threading.Event()
    failures: list[Exception] = []

    def ask() -> None:
        reader = Catalogue(project, url)
        reader.reader.synced = True
        while not ended.is_set():
            try:
                assert len(reader.models()) == 3
            except Exception as error:
                failures.append(error)
                return

    readers = [threading.Thread(target=ask) for _ in range(3)]
    for each in readers:
        each.start()
    for _ in range(10):
        catalogue.restore()
    ended.set()
    for each in readers:
        each.join(60)
    assert failures == []


@needed
def test_a_server_that_does_not_answer_is_named_without_its_password(project):
    url = "postgresql://me:s3cret@127.0.0.1:1/results?connect_timeout=2"
    for ask in (Catalogue(project, url).runs, Catalogue(project, url).restore):
        with pytest.raises(CatalogueError, match="Start the server") as caught:
            ask()
        assert "me:***@127.0.0.1:1/results" in str(caught.value)
        assert "s3cret" not in str(caught.value)
    assert not (project.catalogue / "index.sqlite").exists()


@needed
def test_a_server_that_stops_is_told_of(populated, project):
    with postgres() as server:
        catalogue = Catalogue(project, server.format(database="postgres"))
        assert len(catalogue.runs()) == 5
    with pytest.raises(CatalogueError, match="cannot be used"):
        catalogue.runs()


NOWHERE = "postgresql://me@127.0.0.1:1/results?connect_timeout=2"


def watched(project, monkeypatch, url, execute):
    """The exit code of `fieldnotes run` where `execute` stands for the runner."""
    monkeypatch.setenv("FIELDNOTES_DATABASE", url)
    monkeypatch.setattr("fieldnotes.runner.execute", execute)
    plan = cast("Plan", SimpleNamespace(runs=[]))
    options = {"jobs": 1, "chunk": None, "dry_run": False, "wait": False, "then": ""}
    return run_on(project, plan, "local", **options)


@needed
def test_nothing_is_run_for_an_index_that_cannot_be_used(project, monkeypatch):
    with pytest.raises(CatalogueError, match="Start the server"):
        watched(project, monkeypatch, NOWHERE, lambda *_, **__: pytest.fail("it ran"))


@needed
def test_a_server_that_stops_costs_no_run(populated, project, monkeypatch, capsys):
    night = ExitStack()

    def execute(_project, _plan, *, on_finished, **_options):
        on_finished(populated[0])
        night.close()
        on_finished(populated[1])
        return SimpleNamespace(exit_code=1, record=None)

    with night:
        address = night.enter_context(postgres()).format(database="postgres")
        assert watched(project, monkeypatch, address, execute) == 1
    assert "The runs are kept" in capsys.readouterr().err


def test_a_missing_driver_is_named_with_what_to_install(project, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("psycopg")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(CatalogueError, match=r"fieldnotes\[postgres\]") as caught:
        Catalogue(project, "postgresql://me:s3cret@lab/results")
    assert "me:***@lab/results" in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("url", ["nonsense", "mysql://me:s3cret@lab/results"])
def test_a_url_that_is_no_such_database_is_refused(project, url):
    with pytest.raises(CatalogueError, match="Allowed: postgresql://") as caught:
        Catalogue(project, url)
    assert "s3cret" not in str(caught.value)


def test_only_a_server_has_no_file(project):
    assert Catalogue(project, f"sqlite:///{project.root}/x.db").index.is_file
    assert not make_engine(read_url("sqlite://")).url.database
