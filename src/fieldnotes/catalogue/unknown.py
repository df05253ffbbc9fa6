"""Why a query found nothing: a name, or a value, that nothing in the catalogue has."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from fieldnotes.catalogue import tables as t
from fieldnotes.catalogue.reading import Reader
from fieldnotes.errors import CatalogueError, FieldnotesError
from fieldnotes.files import from_json
from fieldnotes.query import EACH, KEYS, Condition, Query
from fieldnotes.query.conditions import as_number
from fieldnotes.query.sql import Columns
from fieldnotes.runs.records import FINAL
from fieldnotes.runs.states import STATES
from fieldnotes.words import FEW, nearest, there_are


def recorded_names(reader: Reader) -> list[str]:
    """The names of all recorded values."""
    return reader.names(t.Scrap.name)


def refuse_names(reader: Reader, query: Query, columns: Columns, owner: Any) -> None:
    """Refuse a name that is no column, no parameter and no recorded value.

    Args:
        owner: the column of `parameters` that these rows own; None for any owner.

    Raises:
        CatalogueError: with the nearest name that there is.
    """
    names = select(t.Parameter.name).distinct()
    if owner is not None:
        names = names.where(owner.is_not(None))
    known = [row["name"] for row in reader.ask(names)] + recorded_names(reader)
    for item in query.without(columns).conditions:
        if known and item.parameter not in known:
            message = (
                f"where: nothing in the catalogue has `{item.name}`."
                f"{nearest(item.name, [*columns, *known])}"
            )
            raise CatalogueError(message)


def refuse_values(reader: Reader, query: Query, columns: Columns) -> None:
    """Refuse a value that no row has and none is declared to take.

    Raises:
        CatalogueError: with the values nearest to it that there are.
    """
    for item in query.conditions:
        if item.operator not in ("=", EACH, "in"):
            continue
        column = columns.get(item.name)
        if column is not None and column.type.python_type is not str:
            continue  # true, false or a number: an answer that nothing gives today
        known = (
            _of_parameter(reader, item)
            if column is None
            else [*_distinct(reader, column), *_declared(reader, item.name)]
        )
        for value in item.values:
            single = Condition(item.name, "=", value)
            if not any(_is(single, other, column) for other in known):
                raise CatalogueError(_message(single, known))


def _is(condition: Condition, value: Any, column: Any) -> bool:
    if column is None:
        return condition.holds({condition.parameter: value})
    return condition.holds({}, {condition.name: value})


def _message(condition: Condition, known: Sequence[Any]) -> str:
    said = f"where: nothing in the catalogue has {condition}."
    if condition.name in KEYS:
        return f"{said} A key is given by its start; `fieldnotes runs` lists them."
    number = as_number(condition.value)
    numbers = [n for n in (as_number(other) for other in known) if n is not None]
    if number is None or not numbers:
        return said + there_are(str(condition.value), dict.fromkeys(map(str, known)))
    close = sorted(set(numbers), key=lambda other: abs(other - number))[:FEW]
    told = ", ".join(f"{other:g}" for other in sorted(close))
    few = f"{said} There are: {told}."
    return (
        few if len(close) == len(set(numbers)) else f"{said} The nearest are: {told}."
    )


def _distinct(reader: Reader, column: Any) -> list[Any]:
    rows = reader.ask(select(column.label("value")).distinct())
    return [row["value"] for row in rows if row["value"] is not None]


def _declared(reader: Reader, name: str) -> list[str]:
    """What a column may hold although no row does yet."""
    from fieldnotes.spreads import list_notebooks, list_spreads

    project = reader.index.project
    if name == "state":
        return list(STATES)
    if name == "kind":
        return [FINAL]
    if name == "spread":
        return list_spreads(project)
    if name == "notebook":
        return list(list_notebooks(project))
    if name == "study":
        return sorted({book.rpartition("/")[0] for book in list_notebooks(project)})
    return []


def _of_parameter(reader: Reader, condition: Condition) -> list[Any]:
    """The values under a name that rows have, and those that a notebook declares."""
    name = condition.parameter
    known: dict[str, Any] = {}
    for table in (t.Parameter, t.Scrap):
        query = select(table.value).where(table.name == name).distinct()
        known |= {row["value"]: from_json(row["value"]) for row in reader.ask(query)}
    return [*known.values(), *_choices(reader, name)]


def _choices(reader: Reader, name: str) -> list[Any]:
    """The values of every `Literal` parameter of this name."""
    from fieldnotes.spreads import list_notebooks, read_notebook

    project = reader.index.project
    found: dict[str, Any] = {}
    for notebook in list_notebooks(project):
        try:
            parameter = read_notebook(project, notebook).parameters.get(name)
        except FieldnotesError:
            continue  # it says so itself when it is run
        if parameter is not None:
            found |= {str(choice): choice for choice in parameter.choices or ()}
    return list(found.values())
