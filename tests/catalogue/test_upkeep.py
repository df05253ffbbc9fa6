"""Upkeep finds what is out of order in both directions, and deletes nothing."""

import csv
import sqlite3

import pytest

from fieldnotes.catalogue import Catalogue
from fieldnotes.files import read_json


@pytest.fixture
def messy(make, project):
    """One sound run, and one of each thing that can be out of order."""
    sound = make.trained(0)
    make.model(sound, "m.x", {"seed": 0}, kind="best")
    (sound / "models/m.npz").write_bytes(b"history")
    make.model(sound, "m", {"seed": 0})
    make.figure(sound, "loss")
    make.evaluation("good", "unseen", {})
    folder = make.run("k1", {"seed": 1})
    for name in ("fileless", "cut", "sound"):
        make.model(folder, name, {"seed": 1})
    models = folder / "models"
    (models / "fileless.eqx").unlink()
    (models / "fileless.npz").write_bytes(b"history")
    (models / "cut.eqx").write_bytes(b"c")
    (models / "recordless.eqx").write_bytes(b"x")
    (models / "recordless.npz").write_bytes(b"x")
    (models / ".half.eqx").write_bytes(b"x")
    make.figure(folder, "gone").unlink()
    make.figure(folder, "stray").with_name("stray.record.json").unlink()
    make.evaluation("e1", "unseen", {}).unlink()
    make.evaluation("e2", "unseen", {}).with_suffix(".json").unlink()
    (project.run_folder("toy", "k2") / "models").mkdir(parents=True)
    return folder


EXPECTED = {
    "runs/toy/k1/models/fileless.json": "mark",
    "runs/toy/k1/models/cut.eqx": "move",
    "runs/toy/k1/models/recordless.eqx": "move",
    "runs/toy/k1/models/recordless.npz": "move",
    "runs/toy/k1/models/.half.eqx": "move",
    "runs/toy/k1/figures/gone.record.json": "mark",
    "runs/toy/k1/figures/stray.json": "move",
    "runs/toy/k2": "move",
    "cache/evaluations/e1.json": "mark",
    "cache/evaluations/e2.npz": "move",
}


def contents(project) -> dict[str, bytes]:
    return {
        path.relative_to(project.root).as_posix(): path.read_bytes()
        for path in project.catalogue.rglob("*")
        if path.is_file() and not path.name.startswith("index.")
    }


def found(table) -> dict[str, str]:
    names = [path.removeprefix("catalogue/") for path in table["path"]]
    return dict(zip(names, table["action"], strict=True))


def test_a_dry_run_finds_both_directions_and_touches_nothing(messy, project, catalogue):
    before = contents(project)
    assert found(catalogue.tidy(older_than=-1)) == EXPECTED
    assert contents(project) == before


def test_applied_everything_still_exists_and_nothing_is_left_to_do(
    messy, project, catalogue
):
    before = contents(project)
    table = catalogue.tidy(apply=True, older_than=-1)
    assert found(table) == EXPECTED
    after = contents(project)
    marked = {"catalogue/" + name for name, act in EXPECTED.items() if act == "mark"}
    marked |= {"catalogue/runs/toy/k1/models/cut.json"}
    for name, content in before.items():
        if name in marked:
            assert read_json(project.root / name)["missing"]
        elif name in after:
            assert after[name] == content
        else:
            row = next(r for r in table.itertuples() if name.startswith(r.path))
            inside = name.removeprefix(row.path)
            assert after[row.archived + inside] == content
    assert len(after) == len(before)
    assert len(catalogue.tidy(older_than=-1)) == 0
    # What was marked is passed over in silence (warnings are errors here).
    assert "sound" in set(Catalogue(project).models(every=True)["identity"])


def test_what_is_running_or_young_is_left_alone(messy, project, catalogue, make):
    assert found(catalogue.tidy()) == {}
    from fieldnotes.runs.locks import Lock

    assert Lock(messy).take()
    left = found(catalogue.tidy(older_than=-1))
    assert {name for name in left if "k1" in name} == set()


def test_an_export_holds_every_row_and_a_readable_copy(make, project, catalogue):
    folder = make.trained(0)
    make.scraps(folder, {"name": "quote", "value": 'a,"b"\nc', "unit": "-"})
    place = catalogue.export()
    assert place == project.catalogue / "export/latest"
    with (place / "scraps.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["name"], row["value"]) == ("quote", '"a,\\"b\\"\\nc"')
    with (place / "parameters.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 8
    copy = sqlite3.connect(place / "index.sqlite")
    assert copy.execute("SELECT count(*) FROM models").fetchone() == (1,)
    copy.close()
    make.trained(1)
    catalogue.sync()
    catalogue.export()
    with (place / "models.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 2
