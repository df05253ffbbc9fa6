"""Conditions of a query as SQL over the index."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, not_, or_

from fieldnotes.catalogue import tables as t
from fieldnotes.catalogue.errors import CatalogueError
from fieldnotes.query import EACH, Condition, is_number
from fieldnotes.values import sole, spelled

KEYS = frozenset({"key", "run", "identity", "hash"})  # may be given by their start
Columns = Mapping[str, Any]


def clauses(
    conditions: Sequence[Condition], columns: Columns, owners: ColumnElement[bool]
) -> list[ColumnElement[bool]]:
    """One clause for each condition.

    Args:
        columns: what a name means when it is a column, such as `kind`.
        owners: which rows of `parameters` belong to a row, for all other names.
    """
    return [_clause(condition, columns, owners) for condition in conditions]


def parameter_name(name: str) -> str:
    """The dotted name a condition asks for; `parameters.kind` is a parameter `kind`."""
    return name.removeprefix("parameters.")


def _clause(
    condition: Condition, columns: Columns, owners: ColumnElement[bool]
) -> ColumnElement[bool]:
    if condition.name in columns:
        return _on_column(condition, columns[condition.name])
    named = t.Parameter.name == parameter_name(condition.name)
    return exists().where(and_(owners, named, _on_parameter(condition)))


def _on_parameter(condition: Condition) -> ColumnElement[bool]:
    operator, value = condition.operator, condition.value
    if operator == "=":
        return t.Parameter.spelled == spelled(sole(value))
    if operator == "!=":
        return t.Parameter.spelled != spelled(sole(value))
    if operator in (EACH, "in", "not in"):
        among = t.Parameter.spelled.in_([spelled(sole(item)) for item in value])
        return not_(among) if operator == "not in" else among
    if operator == "contains":
        return t.Parameter.text.contains(str(value), autoescape=True)
    column = t.Parameter.number if is_number(value) else t.Parameter.text
    return _compare(column, operator, value)


def _on_column(condition: Condition, column: Any) -> ColumnElement[bool]:
    operator, value = condition.operator, condition.value
    if operator in (EACH, "in", "not in"):
        among = or_(*(_equal(condition.name, column, item) for item in value))
        return not_(among) if operator == "not in" else among
    if operator == "=":
        return _equal(condition.name, column, value)
    if operator == "!=":
        return not_(_equal(condition.name, column, value))
    if operator == "contains":
        return column.contains(str(value), autoescape=True)
    return _compare(column, operator, value)


def _equal(name: str, column: Any, value: Any) -> ColumnElement[bool]:
    if value is None:
        return column.is_(None)
    kind = column.type.python_type
    if kind is str:
        text = value if isinstance(value, str) else str(value)
        if name in KEYS:
            return column.startswith(text, autoescape=True)
        return and_(column.is_not(None), column == text)
    if not (isinstance(value, bool) if kind is bool else is_number(value)):
        message = f"where: {name}: {value!r} is no {kind.__name__}."
        raise CatalogueError(message)
    return and_(column.is_not(None), column == value)


def _compare(column: Any, operator: str, value: Any) -> ColumnElement[bool]:
    if operator == "<":
        return column < value
    if operator == "<=":
        return column <= value
    return column > value if operator == ">" else column >= value
