"""Queries find by any value under its dotted name, and say what is missing."""

import math
import shutil
from itertools import product

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fieldnotes.catalogue import (
    Catalogue,
    CatalogueError,
    CatalogueWarning,
    brief,
    varying,
)
from fieldnotes.query import Query


def seeds(table) -> list:
    return list(table["seed"])


@pytest.fixture
def grid(make):
    """Trainings over two layers, three seeds and two rates."""
    for layer, seed, rate in product(["a", "b"], range(3), [1e-3, 1e-2]):
        make.trained(seed, layer=layer, optimiser={"rate": rate, "name": "adam"})


@pytest.mark.parametrize(
    ("where", "count"),
    [
        ({}, 12),
        ({"seed": 1}, 4),
        ({"seed": 1.0}, 4),
        ({"seed": [0, 2]}, 8),
        ({"seed": range(3)}, 12),
        ({"optimiser.rate": 1e-3}, 6),
        ({"optimiser": {"rate": 1e-3, "name": "adam"}}, 6),
        ({"seed": {">=": 1, "<": 2}}, 4),
        ({"layer": {"!=": "a"}, "seed": {"in": [0, 7]}}, 2),
        ({"layer": {"not in": ["a", "c"]}}, 6),
        ({"layer": {"<": "b"}}, 6),
        ({"optimiser.name": {"contains": "da"}}, 12),
        ({"notebook": "toy/1-train.py", "study": "toy"}, 12),
        ({"spread": "params/toy/layers.yml", "kind": "final"}, 12),
        ({"seed": True}, 0),
        ({"interactive": True}, 0),
        ({"kind": "best"}, 0),
        ({"outcome": "trained", "diverged_at": None}, 12),
    ],
    ids=str,
)
def test_a_query_finds_what_meets_every_condition(grid, catalogue, where, count):
    assert len(catalogue.models(where)) == count


def test_rows_come_in_the_order_of_the_list(grid, catalogue):
    table = catalogue.models({"layer": "a", "seed": [2, 0], "optimiser.rate": 1e-2})
    assert seeds(table) == [2, 0]


def test_one_missing_value_of_a_list_is_an_error_that_tells_how_to_train_it(
    make, catalogue
):
    make.trained(0)
    with pytest.raises(CatalogueError) as caught:
        catalogue.models({"seed": [0, 2], "layer": "signed"})
    text = str(caught.value)
    assert "seed = 2" in text
    assert "`fieldnotes run params/toy/layers.yml --only train`" in text
    with pytest.raises(CatalogueError, match=r"given orbits = 20"):
        catalogue.models({"seed": [0], "orbits": {"=": 20}})


def test_a_misspelt_name_is_told_from_nothing_found(make, catalogue):
    make.trained(0)
    with pytest.raises(CatalogueError, match="Did you mean `orbits`"):
        catalogue.models({"oribts": 10})
    assert len(catalogue.models({"orbits": 11})) == 0


@pytest.mark.parametrize(
    "where",
    [{"a": {"=>": 1}}, {"a": {"<": None}}, {"a": {"in": 3}}, {"a": ...}],
    ids=str,
)
def test_a_query_that_means_nothing_is_refused(catalogue, where):
    with pytest.raises(CatalogueError):
        catalogue.models(where)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(VALUES, min_size=1, max_size=4), VALUES)
def test_sql_and_python_agree_on_every_comparison(make, project, values, asked):
    shutil.rmtree(project.catalogue, ignore_errors=True)
    for number, value in enumerate(values):
        make.run(f"k{number}", {"x": value})
    catalogue = Catalogue(project)
    operators = ["=", "!="]
    if isinstance(asked, int | float | str) and not isinstance(asked, bool):
        # Beyond 2**53 the database's floats cannot order integers.
        if not (isinstance(asked, int) and abs(asked) > 2**53):
            operators += ["<", ">="]
    for operator in operators:
        (condition,) = Query.of({"x": {operator: asked}}).conditions
        expected = [f"k{n}" for n, v in enumerate(values) if condition.holds({"x": v})]
        found = catalogue.runs({"x": {operator: asked}})
        assert sorted(found["key"]) == expected


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(VALUES)
def test_a_parameter_comes_back_exactly_through_the_index(make, project, value):
    shutil.rmtree(project.catalogue, ignore_errors=True)
    make.run("k", {"x": value})
    found = Catalogue(project).runs()["x"].tolist()[0]
    assert repr(found) == repr(value)


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        ([1, None], "[1, None]"),
        (["a", None], "['a', None]"),
        ([True, None], "[True, None]"),
        ([1, True], "[1, True]"),
        ([2**60 + 1, None], f"[{2**60 + 1}, None]"),
        ([1, ...], "[1.0, nan]"),
        (["a", ...], "['a', None]"),
        ([2**60 + 1, ...], f"[{2**60 + 1}, None]"),
    ],
    ids=str,
)
def test_a_column_keeps_each_rows_value(make, catalogue, values, kept):
    for number, value in enumerate(values):
        make.run(f"k{number}", {} if value is ... else {"x": value})
    assert repr(catalogue.runs()["x"].tolist()) == kept


def test_a_list_of_one_is_found_as_its_entry(make, catalogue):
    folder = make.run("k", {"seed": [4]})
    make.model(folder, "m", {"seed": [4], "hidden": [64, 64]})
    assert len(catalogue.models({"seed": 4})) == 1
    assert len(catalogue.models({"seed": {"<": 5}, "hidden": {"=": [64, 64]}})) == 1
    assert len(catalogue.models({"hidden": {"=": [64, 65]}})) == 0


def test_a_parameter_with_the_name_of_a_column_keeps_apart(make, catalogue):
    folder = make.run("k", {"kind": "spring"})
    make.model(folder, "m", {"kind": "spring"})
    assert len(catalogue.models({"parameters.kind": "spring"})) == 1
    assert list(catalogue.models()["kind"]) == ["final"]
    assert list(catalogue.models()["parameters.kind"]) == ["spring"]


def test_of_equal_models_a_finished_batch_run_comes_first_then_the_newest(
    make, catalogue
):
    values = {"seed": 0}
    by = {
        "hand": make.run("hand-1", values, interactive=True),
        "old": make.run("r1", values),
        "new": make.run("r2", values),
        "failed": make.run("r3", values, state="failed"),
    }
    created = {
        "hand": "2030-09",
        "old": "2030-01",
        "new": "2030-02",
        "failed": "2030-08",
    }
    for name, folder in by.items():
        make.model(folder, f"m-{name}", values, created=created[name])
    left = dict(by)
    for expected in ("new", "old", "failed", "hand"):
        catalogue.sync()
        assert list(catalogue.models(values)["run"]) == [by[expected].name]
        assert len(catalogue.models(values, every=True)) == len(left)
        shutil.rmtree(left.pop(expected))


def test_fine_tunings_of_different_models_are_different(make, catalogue, project):
    for seed in (0, 1):
        first = make.trained(seed)
        path = next(first.glob("models/*.eqx"))
        given = [{"identity": path.stem, "path": project.relative(path)}]
        tuned = make.run(f"t{seed}", {"rate": 1}, notebook="toy/tune", models=given)
        make.model(tuned, f"tuned{seed}", {"rate": 1})
    assert len(catalogue.models({"notebook": "toy/tune"})) == 2


@pytest.mark.parametrize("size", [None, 3])
def test_a_model_that_is_gone_or_cut_short_is_left_out_with_a_warning(
    make, catalogue, size
):
    path = next(make.trained(0).glob("models/*.eqx"))
    make.trained(1)
    path.unlink() if size is None else path.write_bytes(b"abc")
    with pytest.warns(CatalogueWarning, match=f"{path.stem}.eqx: left out"):
        assert seeds(catalogue.models()) == [1]


def test_a_scrap_is_found_by_its_members_value_and_not_by_its_runs_list(
    make, catalogue
):
    folder = make.run("k", {"seed": [0, 1], "layer": "a"}, together=["seed"])
    make.scraps(
        folder,
        {"name": "loss", "value": 1, "unit": "%", "member": {"seed": 0}},
        {"name": "loss", "value": math.nan, "unit": "%", "member": {"seed": 1}},
        {"name": "steps", "value": [1, "two", None], "unit": "1"},
    )
    table = catalogue.scraps({"name": "loss"})
    assert list(table["seed"]) == [0, 1]
    assert repr(table["value"].tolist()) == "[1, nan]"
    assert repr(catalogue.scraps({"name": "steps"})["value"][0]) == "[1, 'two', None]"
    assert seeds(catalogue.scraps({"seed": {"!=": 1}, "name": "loss"})) == [0]
    assert len(catalogue.scraps({"value": {">": 0}, "layer": "a"})) == 1


def test_a_figure_is_found_by_what_it_shows(make, catalogue):
    trained = [make.trained(seed, orbits=10 + seed) for seed in (0, 1)]
    identities = [next(f.glob("models/*.eqx")).stem for f in trained]
    folder = make.run("k", {"horizon": 5}, notebook="toy/analyse")
    make.evaluation("ev", "unseen", {"test_orbits": 7})
    make.figure(folder, "one", "paths", models=identities[:1], evaluations=["ev"])
    make.figure(folder, "both", "paths", models=identities, parameters={"zoom": 2})

    def names(**where):
        return sorted(catalogue.figures(where)["name"])

    assert names(orbits=11) == ["both"]
    assert names(orbits=10) == ["both", "one"]
    assert names(test_orbits=7) == ["one"]
    assert names(zoom=2, horizon=5, study="toy") == ["both"]
    assert names(kind="loss") == []
    row = catalogue.figures({"name": "both"}).iloc[0]
    assert row["layer"] == "signed"
    assert "orbits" not in row


def test_varying_tells_false_from_zero_and_absent_from_none():
    table = pd.DataFrame(
        {
            "run": ["a", "b"],
            "same": [1, 1],
            "number": pd.Series([1, 1.0], dtype=object),
            "truth": pd.Series([False, 0], dtype=object),
            "nan": [math.nan, math.nan],
            "none": pd.Series([None, math.nan], dtype=object),
            "list": [[1], [2]],
        }
    )
    assert varying(table) == ["truth", "none", "list"]


def test_a_brief_table_marks_runs_by_hand_and_tells_their_keys_apart(make, catalogue):
    make.run("hand-20260101-120000-17", {"seed": 1}, interactive=True)
    make.run("hand-20260101-120000-18", {"seed": 1}, interactive=True)
    make.run("aaaa000011112222", {"seed": 1})
    table = brief(catalogue.runs())
    marks = dict(zip(table["key"], table["interactive"], strict=True))
    assert sorted(marks.values()) == ["", "by hand", "by hand"]
    assert len(marks) == 3, "each key is another one"
    assert "interactive" not in brief(catalogue.runs({"interactive": False}))


def test_a_brief_table_shows_what_says_something_and_what_varies(make, catalogue):
    keys = [make.trained(seed).name for seed in (0, 1)]
    table = brief(catalogue.runs())
    names = ["key", "notebook", "stage", "state", "duration_s", "seed"]
    assert list(table.columns) == names
    assert sorted(table["key"]) == sorted(key[:8] for key in keys)
    empty = brief(catalogue.runs({"state": "failed"}))
    assert len(empty) == len(empty.columns) == 0


def test_a_difference_is_shown_whatever_its_value(make, catalogue):
    make.run("aaaa1", {"flag": False, "n": 0, "same": 1, "o": {"rate": 1e-3}})
    make.run("bbbb2", {"flag": 0, "n": 1, "same": 1.0, "o": {"rate": 1e-2}})
    make.run(
        "cccc3",
        {"flag": False, "same": 1, "o": {"rate": 1e-3}},
        code={"notebook": "c0de", "modules": {"toy.models": "m1"}},
    )
    table = catalogue.diff("aaaa", "bbbb", "cccc")
    rows = {(row[0], row[1]): list(row[2:]) for row in table.itertuples(index=False)}
    assert rows == {
        ("parameters", "flag"): [False, 0, False],
        ("parameters", "n"): [0, 1, "(absent)"],
        ("parameters", "o.rate"): [1e-3, 1e-2, 1e-3],
        ("code", "toy.models"): ["m0", "m0", "m1"],
    }
    assert list(table.columns) == ["section", "name", "aaaa1", "bbbb2", "cccc3"]


def test_code_that_one_side_lacks_is_a_difference(make, catalogue):
    code = {"notebook": "c0de", "modules": {"toy.models": "m0", "toy.extra": "e0"}}
    make.run("aaaa1", {}, code=code)
    make.run("bbbb2", {})
    (row,) = catalogue.diff("aaaa", "bbbb").itertuples(index=False)
    assert list(row) == ["code", "toy.extra", "e0", "(absent)"]


def test_models_are_compared_by_their_own_values(make, catalogue):
    folder = make.run("k", {"seed": [0, 1]}, together=["seed"])
    for seed in (0, 1):
        make.model(folder, f"m{seed}", {"seed": seed}, diverged_at=seed or None)
    table = catalogue.diff("m0", "m1")
    assert table["name"].tolist() == ["seed", "diverged_at"]


@pytest.mark.parametrize("things", [("k",), ("k1", "none"), ("k", "k1"), ("", "k1")])
def test_a_key_that_names_none_or_several_is_refused(make, catalogue, things):
    make.run("k1")
    make.run("k2")
    with pytest.raises(CatalogueError, match="diff"):
        catalogue.diff(*things)
