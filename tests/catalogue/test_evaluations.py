"""An evaluation is computed once, until something that it depends on changes."""

import os

import numpy as np
import pytest

from fieldnotes.catalogue import CatalogueError, CatalogueWarning, cached


@pytest.fixture
def count(batch):
    """Enter a run; gives a computation that counts its calls."""
    batch()
    calls: list[int] = []

    def compute():
        calls.append(1)
        return {"error": np.arange(4.0), "file": 3, "names": ["a", "b"]}

    compute.calls = calls  # pyright: ignore[reportFunctionMemberAccess]
    return compute


def test_the_second_time_it_comes_from_the_disk_as_it_was(count):
    first = cached("unseen", {"n": 3}, count)
    second = cached("unseen", {"n": 3}, count)
    assert len(count.calls) == 1
    assert first.hash == second.hash
    assert list(first) == list(second)
    for name in first:
        assert np.array_equal(first[name], second[name])
        assert first[name].dtype == second[name].dtype


@pytest.mark.parametrize("change", ["name", "parameters", "models", "code"])
def test_a_change_of_anything_it_depends_on_computes_again(
    count, project, change, monkeypatch
):
    from fieldnotes.catalogue import evaluations

    cached("unseen", {"n": 3}, count, models=["m1"])
    asked = {"name": "unseen", "parameters": {"n": 3}, "models": ["m1"]}
    other = {"name": "other", "parameters": {"n": 4}, "models": ["m1", "m2"]}
    if change == "code":
        monkeypatch.setattr(evaluations, "code_key", lambda *_: "another")
    else:
        asked[change] = other[change]
    cached(asked["name"], asked["parameters"], count, models=asked["models"])
    assert len(count.calls) == 2


@pytest.mark.parametrize("ending", [".npz", ".json"])
def test_a_damaged_evaluation_is_computed_again(count, project, ending):
    cached("unseen", {}, count)
    (path,) = (project.cache / "evaluations").glob(f"*{ending}")
    path.write_bytes(path.read_bytes()[:20]) if ending == ".npz" else path.unlink()
    cached("unseen", {}, count)
    cached("unseen", {}, count)
    assert len(count.calls) == 2


def test_the_least_recently_used_goes_first(count, project, monkeypatch):
    monkeypatch.setenv("FIELDNOTES_CACHE_LIMIT", "2e-6")  # room for two
    keys = {}
    for number, name in enumerate(("a", "b")):
        keys[name] = cached(name, {}, count).hash
        path = project.cache / f"evaluations/{keys[name]}.npz"
        os.utime(path, (1e9 + number, 1e9 + number))
        assert 700 < path.stat().st_size < 1000
    cached("a", {}, count)  # used just now
    keys["c"] = cached("c", {}, count).hash
    left = {path.stem for path in (project.cache / "evaluations").iterdir()}
    assert left == {keys["a"], keys["c"]}
    assert len(list((project.cache / "evaluations").iterdir())) == 4


def test_a_full_disk_costs_the_file_and_not_the_result(count, project, monkeypatch):
    from fieldnotes.catalogue import evaluations

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(evaluations, "write_arrays", full)
    with pytest.warns(CatalogueWarning, match="No space"):
        assert cached("unseen", {}, count)["error"][3] == 3.0
    assert list((project.cache / "evaluations").iterdir()) == []


@pytest.mark.parametrize("result", [None, [1], {"a": ...}], ids=str)
def test_what_is_no_array_is_refused(count, result):
    with pytest.raises(CatalogueError, match="unseen"):
        cached("unseen", {}, lambda: result)


def evaluate(by_hand_names, text, **values):
    """Run a cell of the notebook: define `compute` in its namespace, and use it."""
    scope = {**by_hand_names, **values, "__name__": "__main__"}
    exec(text, scope)
    return cached("by-hand", {}, scope["compute"]).hash


CELL = "def helper(x): return x + 1\ndef compute(): return {'y': helper(offset)}"


def test_by_hand_an_edited_cell_computes_again_and_the_same_one_does_not(by_hand):
    names = by_hand()
    first = evaluate(names, CELL, offset=1)
    assert evaluate(names, f"# a remark\n\n{CELL}", offset=1) == first
    assert evaluate(names, CELL.replace("x + 1", "x + 2"), offset=1) != first
    assert evaluate(names, CELL, offset=2) != first


MODULE = "def scale():\n    return 2\n"


def test_a_module_edit_computes_again_but_not_one_that_only_draws(
    count, project, monkeypatch, batch
):
    package = project.src / "toyscience/toy"
    package.mkdir(parents=True)
    for name in ("__init__", "metrics", "figures"):
        (package / f"{name}.py").write_text(MODULE)
    notebook = project.notebooks / "toy/1-train.py"
    text = notebook.read_text()
    imports = "\n# %%\nfrom toyscience.toy import figures, metrics\n"
    notebook.write_text(text + imports + '\n# %% tags=["figure"]\nprint(figures)\n')

    def key() -> str:
        from fieldnotes.catalogue import this_run
        from fieldnotes.code import read_code
        from fieldnotes.spreads.scripts import code_cells

        code = read_code(project, code_cells(notebook))
        this_run._session = None
        batch(
            notebook_file="notebooks/toy/1-train.py",
            code={"notebook": code.notebook, "modules": code.modules},
        )
        return cached("unseen", {}, count).hash

    first = key()
    (package / "figures.py").write_text(MODULE.replace("2", "3"))
    notebook.write_text(notebook.read_text().replace("print(figures)", "print(1)"))
    assert key() == first
    (package / "metrics.py").write_text(MODULE.replace("2", "4"))
    assert key() != first
