"""A query gives the same rows by hand, in SQL, in a spread and on the command line."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from fieldnotes.catalogue import Catalogue, CatalogueError
from fieldnotes.files import to_json
from fieldnotes.project import Project
from fieldnotes.query import Query
from fieldnotes.query.conditions import as_number
from fieldnotes.runner.errors import RunnerError
from fieldnotes.runner.queries import Model, choose
from fieldnotes.values import sole

ORDER = ["<", "<=", ">", ">="]
NUMBERS = st.sampled_from(
    [0, 1, 1.0, -3, 0.5, 1e-3, 1e300, 2**53, 2**53 + 1, 2**70, math.inf, math.nan]
) | st.floats(allow_nan=False)
TEXTS = st.sampled_from(
    ["", "a", "A", "ab", "aß", "zwölf", "𝛼", "1", "true", "no", "a%b", "a_b", "[1]"]
) | st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
SCALARS = NUMBERS | TEXTS | st.booleans() | st.none()
VALUES = SCALARS | st.lists(SCALARS, min_size=1, max_size=2)
NAMES = ["x", "größe", "inner.y", "kind"]
ROWS = st.lists(
    st.dictionaries(st.sampled_from(NAMES), VALUES, min_size=1),
    min_size=2,
    max_size=5,
)


@st.composite
def conditions(draw: st.DrawFn, rows: list[dict[str, Any]]) -> tuple[str, str, Any]:
    """Name, operator and a value that the operator can take, mostly a row's own."""
    name, own = draw(st.sampled_from(present(rows)))
    own = st.sampled_from([own, sole(own)])
    operator = draw(st.sampled_from(["=", "==", "!=", "in", "not in", *ORDER, "has"]))
    if operator == "has":
        text = draw(own.filter(lambda v: isinstance(v, str)) | TEXTS)
        return name, "contains", draw(st.sampled_from([text, text[:1], text.upper()]))
    if operator in ORDER:
        ordered = own.filter(lambda v: as_number(v) is not None or isinstance(v, str))
        return name, operator, draw(ordered | NUMBERS.filter(lambda n: n == n) | TEXTS)
    if operator in ("in", "not in"):
        return name, operator, draw(st.lists(own | VALUES, max_size=3))
    return name, operator, draw(own | VALUES)


def present(rows: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    """Each name with a value that a row has under it, and one that no row has."""
    return [item for row in rows for item in row.items()] + [("absent", 1)]


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[tuple[str, str, Any]]]:
    rows = draw(ROWS)
    return rows, draw(st.lists(conditions(rows), min_size=3, max_size=5))


def asked(condition: tuple[str, str, Any]) -> dict[str, Any]:
    """The condition as Python and YAML write it."""
    name, operator, value = condition
    name = f"parameters.{name}" if name == "kind" else name
    return {name: value if operator == "=" else {operator: value}}


def typed(condition: tuple[str, str, Any]) -> str:
    """The condition as a person types it, its value in YAML."""
    name, operator, value = condition
    name = f"parameters.{name}" if name == "kind" else name
    return f"{name} {operator} {yaml(value)}"


def yaml(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(yaml, value)) + "]"
    if isinstance(value, float) and not math.isfinite(value):
        return {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}[str(value)]
    if isinstance(value, str):
        signs = ("\x7f", "\x85", "\xa0", "\u2028", "\u2029", "\ufeff", "\ufffe")
        text = json.dumps(value, ensure_ascii=False)
        kept = "".join(
            f"\\U{ord(sign):08x}" if sign in signs or not sign.isprintable() else sign
            for sign in text
        )
        return kept
    return to_json(value)


def nested(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row's parameters, as a notebook has them."""
    inner = {"inner": {"y": row["inner.y"]}} if "inner.y" in row else {}
    return {name: value for name, value in row.items() if name != "inner.y"} | inner


def write_rows(project: Project, rows: list[dict[str, Any]]) -> None:
    """A run with one model for each row; what a name that begins with g says is
    recorded in the run, and the rest are its parameters."""
    for number, row in enumerate(rows):
        folder = project.run_folder("toy", f"row{number}")
        (folder / "models").mkdir(parents=True)
        (folder / f"models/row{number}.eqx").write_bytes(b"m")
        parameters = nested({n: v for n, v in row.items() if n != "größe"})
        scraps = [{"name": "größe", "value": row["größe"]}] if "größe" in row else []
        files = {
            "params.json": {"notebook": "toy/train", "parameters": parameters},
            "status.json": {"state": "done"},
            "metrics.json": scraps,
            f"models/row{number}.json": {
                "identity": f"row{number}",
                "hyperparameters": parameters,
                "bytes": 1,
            },
        }
        for name, content in files.items():
            (folder / name).write_text(to_json(content))


REFUSED = ["refused"]  # a list asks for a value that no model has


def by_hand(catalogue: Catalogue, where: Any) -> list[str]:
    """Identities of the models that the index gives."""
    try:
        return sorted(catalogue.models(where, every=True)["identity"])
    except CatalogueError as error:
        return REFUSED if "There is no model with" in str(error) else misspelt(error)


def in_sql(catalogue: Catalogue, where: Any) -> list[str]:
    """Keys of the runs that the index gives."""
    try:
        return sorted(catalogue.runs(where)["key"])
    except CatalogueError as error:
        return misspelt(error)


def in_a_spread(rows: list[dict[str, Any]], where: Any) -> list[str]:
    """Identities of the models that a batch run would be given."""
    models = [
        Model(f"row{n}", Path("m"), f"row{n}", "toy/train", "s", "t", nested(row))
        for n, row in enumerate(rows)
    ]
    try:
        return sorted(model.identity for model in choose(models, where, "here"))
    except RunnerError as error:
        return [] if "no model with" in str(error) else misspelt(error)


def misspelt(error: Exception) -> list[str]:
    """No rows, when the error says that no row has such a name at all."""
    said = ("nothing in the catalogue has `", "no model has a parameter `")
    assert any(words in str(error) for words in said), error
    return []


@settings(max_examples=50, deadline=None)
@example(([{"x": "a%b"}, {"x": "A%B"}, {"größe": ["ab"]}], [("x", "contains", "a%")]))
@example(([{"x": 1}, {"x": True}, {"x": [1.0]}, {"x": None}], [("x", "!=", 1)]))
@example(([{"x": 2**53}, {"x": 2**53 + 1}, {"x": 2**70}], [("x", ">", 2**53)]))
@example(([{"x": math.nan}, {"x": "nan"}, {"größe": 1}], [("x", "==", math.nan)]))
@given(cases())
def test_four_ways_of_asking_find_the_same_rows(tmp_path_factory, case):
    rows, several = case
    project = Project(tmp_path_factory.mktemp("rows"))
    write_rows(project, rows)
    catalogue = Catalogue(project)
    queries = [asked(condition) for condition in several]
    queries += [
        {**one, **other} for one, other in zip(queries, queries[1:], strict=False)
    ]
    for where in queries:
        query = Query.of(where)
        held = [f"row{n}" for n, row in enumerate(rows) if query.holds(row)]
        assert in_sql(catalogue, where) == held, where
        refused = bool(query.missing(_pairs(rows, held)))
        assert in_a_spread(rows, where) == ([] if refused else held), where
        # The index knows no recorded value before a training, and refuses none.
        refused = bool(query.without(["größe"]).missing(_pairs(rows, held)))
        assert by_hand(catalogue, where) == (REFUSED if refused else held), where
    for condition, where in zip(several, queries, strict=False):
        written = Query.written([typed(condition)])
        assert repr(written) == repr(Query.of(where)), typed(condition)


def _pairs(rows: list[dict[str, Any]], names: list[str]) -> list[Any]:
    return [({}, rows[int(name[3:])]) for name in names]
