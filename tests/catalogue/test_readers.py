"""A model names the function that reads it, so that a row is enough to load it."""

import sys
from functools import partial
from importlib import import_module
from pathlib import Path

import pytest

from fieldnotes.catalogue import (
    Catalogue,
    CatalogueError,
    load_model,
    save_model,
    this_run,
)

READER = """\
def read(path):
    return path.read_bytes().decode().upper()
"""


def write(path: Path, model: str, hyperparameters) -> None:
    path.write_text(model)


def read(path: Path) -> str:
    return path.read_text()


@pytest.fixture
def module(project):
    """A module below the project's `src`, where this session finds it for now."""
    before = [*sys.path]
    (project.root / "src/springs_of_a_test.py").write_text(READER)
    sys.path.insert(0, str(project.root / "src"))
    yield import_module("springs_of_a_test")
    sys.path[:] = before
    sys.modules.pop("springs_of_a_test", None)


def saved(project, batch, **how):
    """The row of a model that was just saved."""
    batch({"seed": [0], "layer": "signed"})
    save_model("leaves", write, **how)
    (row,) = Catalogue(project).models({"layer": "signed"}, every=True).itertuples()
    return row


def test_a_row_is_enough(project, batch, module, monkeypatch):
    row = saved(project, batch, read=module.read)
    sys.modules.pop("springs_of_a_test")
    sys.path.remove(str(project.root / "src"))  # as in a session that starts afresh
    monkeypatch.delenv("FIELDNOTES_RUN")
    monkeypatch.delenv("FIELDNOTES_PROJECT")
    monkeypatch.setattr(this_run, "_session", None)
    monkeypatch.chdir(project.root)
    assert load_model(row) == "LEAVES"
    assert Catalogue(project).load_model(row) == "LEAVES"
    assert Catalogue(project).load_model(row, read) == "leaves"


def test_a_row_of_pick_is_enough_and_tells_kinds_apart(project, batch, module):
    saved(project, batch, read=module.read)
    save_model("the best", write, read=module.read, kind="best")
    catalogue = Catalogue(project)
    for kind, content in (("final", "LEAVES"), ("best", "THE BEST")):
        models = catalogue.models({"layer": "signed", "kind": kind}, every=True)
        picked = catalogue.pick(models, ["layer"])
        assert ("kind" in picked) == (kind == "best")
        assert catalogue.load_model(next(iter(picked.itertuples()))) == content
        assert catalogue.load_model(picked.iloc[0]) == content
        assert catalogue.load_model(picked.to_dict("records")[0]) == content


def test_a_model_without_a_reader_says_what_to_do(project, batch):
    row = saved(project, batch)
    with pytest.raises(CatalogueError, match=r"save_model\(\.\.\., read=\.\.\.\)"):
        load_model(row)
    assert load_model(row, read) == "leaves"


def test_a_reader_that_is_gone_is_named(project, batch, module):
    row = saved(project, batch, read=module.read)
    del module.read
    with pytest.raises(
        CatalogueError, match="springs_of_a_test:read` reads this model"
    ):
        load_model(row)


@pytest.mark.parametrize("odd", [lambda path: path, partial(read)])
def test_what_cannot_be_imported_is_refused(project, batch, odd):
    folder = batch({"seed": [0], "layer": "signed"})
    with pytest.raises(CatalogueError, match="another session cannot import"):
        save_model("leaves", write, read=odd)
    assert not list(folder.glob("models/*"))
