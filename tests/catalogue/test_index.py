"""The index says what the folders say, and nothing is lost with it."""

import os
import shutil
import sqlite3
import subprocess
import sys
import time

import pandas as pd
import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from fieldnotes.catalogue import Catalogue, CatalogueError, CatalogueWarning
from fieldnotes.catalogue import tables as t
from fieldnotes.files import write_json

from .conftest import TABLES, everything, settle


def test_restoring_gives_what_step_by_step_synchronising_gave(populated, make, project):
    first = Catalogue(project)
    analysis = project.run_folder("toy", "eeee000011112222")
    aside = project.root / "aside"
    # The analysis is seen before anything it links to, then changes arrive one by one.
    for folder in populated:
        shutil.move(folder, aside / folder.name)
    first.sync()
    assert everything(first)["run_needs"] == []
    for folder in populated:
        shutil.move(aside / folder.name, folder)
        first.sync()
    make.scraps(analysis, {"name": "drift", "value": float("nan"), "unit": "1"})
    shutil.rmtree(populated[2])
    first.sync()
    step_by_step = everything(first)
    first.restore()
    assert everything(first) == step_by_step
    assert len(step_by_step["run_needs"]) == len(step_by_step["run_models"]) == 2
    assert len(step_by_step["figure_evaluations"]) == 1
    assert len(step_by_step["models"]) == 2


def test_nothing_is_lost_with_the_database(populated, project):
    before = everything(Catalogue(project))
    (project.catalogue / "index.sqlite").unlink()
    assert everything(Catalogue(project)) == before


@pytest.mark.parametrize("damage", ["text", "middle", "empty", "older"])
def test_a_broken_database_is_set_aside_and_made_anew(populated, project, damage):
    before = everything(Catalogue(project))
    path = project.catalogue / "index.sqlite"
    data = path.read_bytes()
    if damage == "text":
        path.write_bytes(b"no database at all, but long enough to be one" * 100)
    elif damage == "middle":
        path.write_bytes(data[:4096] + os.urandom(len(data) - 4096))
    elif damage == "empty":
        path.write_bytes(b"")
    else:
        with sqlite3.connect(path) as older:
            older.execute("UPDATE about SET value = '0'")
            older.execute("ALTER TABLE runs DROP COLUMN reason")
        older.close()
    if damage in ("text", "middle"):
        with pytest.warns(CatalogueWarning, match="Nothing is lost"):
            assert everything(Catalogue(project)) == before
        assert list(project.catalogue.glob("index-broken-*.sqlite"))
    else:
        assert everything(Catalogue(project)) == before


def test_only_what_changed_is_read_again(populated, project, make):
    for folder in [*project.runs.glob("*/*"), project.cache / "evaluations"]:
        settle(folder)
    catalogue = Catalogue(project)
    assert catalogue.sync().read == 6
    assert catalogue.sync().read == 0
    status = populated[0] / "status.json"
    status.write_text(status.read_text().replace('"done"', '"failed"'))
    report = catalogue.sync()
    assert (report.read, report.unchanged) == (1, 5)
    assert (
        list(catalogue.runs({"state": "failed"})["key"]).count(populated[0].name) == 1
    )


def test_a_change_within_one_tick_of_the_clock_is_seen(populated, project):
    catalogue = Catalogue(project)
    catalogue.sync()
    status = populated[0] / "status.json"
    about = status.stat()
    text = status.read_text()
    status.write_text(text.replace('"done"', '"gone"'))
    os.utime(status, ns=(about.st_atime_ns, about.st_mtime_ns))
    catalogue.sync()
    assert len(catalogue.runs({"state": "gone"})) == 1


def test_corrupt_folders_are_listed_and_the_others_are_there(populated, project, make):
    (populated[0] / "status.json").write_text("{")
    (populated[1] / "metrics.json").write_text("[{")
    for key, text in {"x1": "{", "x2": "[]", "x3": '{"needs": 3}'}.items():
        folder = project.run_folder("toy", key)
        folder.mkdir()
        (folder / "params.json").write_text(text)
    project.run_folder("toy", "x4").mkdir()
    odd = make.run("x5", {"a": 1}, models=[{}], limits=[])
    write_json(
        odd / "status.json", {"state": ["done"], "duration_s": "long", "pid": {}}
    )
    catalogue = Catalogue(project)
    report = catalogue.sync()
    broken = {place.rpartition("/")[2] for place in report.problems}
    assert broken == {
        populated[0].name,
        populated[1].name,
        *("x1", "x2", "x3", "x4", "x5"),
    }
    assert len(report.problems) == 7
    assert not any(str(project.root) in text for text in report.problems.values())
    states = catalogue.runs().set_index("key")["state"].to_dict()
    assert states[populated[0].name] == "unreadable"
    assert len(catalogue.models()) == 3
    assert populated[0].name in str(report)


def test_a_key_in_two_studies_is_listed_and_counted_once(make, project):
    first = make.run("k1", {"a": 1}, notebook="one/train")
    make.run("k1", {"a": 2}, notebook="two/train")
    catalogue = Catalogue(project)
    report = catalogue.sync()
    assert list(report.problems) == ["catalogue/runs/two/k1"]
    shutil.rmtree(first)
    catalogue.sync()
    catalogue.restore()
    assert list(catalogue.runs()["study"]) == ["two"]


def test_a_run_whose_worker_is_gone_is_not_running(make, catalogue):
    make.run("r1", state="running")
    make.run("hand-1", state="running", interactive=True)
    states = catalogue.runs().set_index("key")["state"].to_dict()
    assert states == {"r1": "killed", "hand-1": "running"}


@pytest.mark.parametrize(
    ("table", "row"),
    [
        (t.RunNeeds, {"run": "nobody", "needed": "nobody"}),
        (t.Figure, {"path": "p", "name": "n", "kind": "k", "run": "nobody"}),
        (t.EvaluationModel, {"evaluation": "nobody", "model": "nobody"}),
        (t.Scrap, {"id": "i", "run": "x", "position": 0, "name": "n", "value": "1"}),
    ],
    ids=lambda value: getattr(value, "__tablename__", ""),
)
def test_foreign_keys_refuse_orphans(catalogue, table, row):
    catalogue.sync()
    with pytest.raises(IntegrityError), catalogue.index.engine.begin() as connection:
        connection.execute(insert(table), [row])


def test_a_parameter_belongs_to_exactly_one_thing(populated, catalogue, project):
    run, model = populated[0].name, project.relative(next(populated[0].glob("*/*.eqx")))
    catalogue.sync()
    row = {"position": 0, "name": "n", "type": "int", "value": "1", "spelled": "1"}
    for owners in ({}, {"run": run, "model": model}):
        with (
            pytest.raises(IntegrityError),
            catalogue.index.engine.begin() as connection,
        ):
            connection.execute(insert(t.Parameter), [{**row, **owners}])


HOLD = """
import fcntl, os, sys, time
handle = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.flock(handle, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def held(project):
    """Another process that is writing the index."""
    project.catalogue.mkdir(exist_ok=True)
    command = [sys.executable, "-c", HOLD, str(project.catalogue / "index.lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        yield other
        other.kill()


def test_readers_use_the_index_as_it_is_while_another_writes(
    populated, project, make, request
):
    Catalogue(project).sync()
    make.trained(7)
    request.getfixturevalue("held")
    catalogue = Catalogue(project)
    report = catalogue.sync()
    assert "another process" in report.as_is
    assert len(catalogue.models()) == 3


def test_the_lock_goes_with_the_process_that_held_it(project, make, held):
    make.trained(0)
    Catalogue(project)
    held.kill()
    held.wait()
    assert Catalogue(project).sync().read == 1


def test_a_folder_that_cannot_be_written_is_read(populated, project, make):
    Catalogue(project).sync()
    make.trained(7)
    (project.catalogue / "index.lock").unlink()
    (project.catalogue / "index.lock").mkdir()  # what only root could write through
    catalogue = Catalogue(project)
    assert "cannot be written" in catalogue.sync().as_is
    assert len(catalogue.models()) == 3
    with pytest.raises(CatalogueError, match="not restored"):
        catalogue.restore()
    (project.catalogue / "index.sqlite").unlink()
    with pytest.warns(CatalogueWarning, match="in memory"):
        assert len(Catalogue(project).models()) == 4


def test_another_url_holds_the_index(populated, project, tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path}/elsewhere.db"
    monkeypatch.setenv("FIELDNOTES_DATABASE", url)
    assert len(Catalogue(project).models()) == 3
    assert (tmp_path / "elsewhere.db").is_file()
    assert not (project.catalogue / "index.sqlite").exists()


def test_an_empty_project_has_empty_tables_with_their_columns(catalogue):
    for name in TABLES:
        table = getattr(catalogue, name)()
        assert isinstance(table, pd.DataFrame)
        assert len(table) == 0
        assert len(table.columns) >= 7
    assert list(catalogue.models().columns)[:3] == ["identity", "kind", "outcome"]


def test_a_thousand_unchanged_folders_take_well_under_two_seconds(project, make):
    values = {f"p{number}": number for number in range(20)}
    for number in range(1000):
        make.run(f"{number:016x}", values)
    for folder in project.runs.glob("*/*"):
        settle(folder)
    catalogue = Catalogue(project)
    assert catalogue.sync().read == 1000
    began = time.perf_counter()
    assert catalogue.sync().unchanged == 1000
    assert time.perf_counter() - began < 1.0
