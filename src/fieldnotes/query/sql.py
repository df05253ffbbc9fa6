"""Conditions as SQL over the index: what `Condition.holds` says, said to a database."""

import sys
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, func, not_, or_

from fieldnotes.errors import CatalogueError
from fieldnotes.query.conditions import (
    KEYS,
    LISTS,
    NEGATIVE,
    ORDER,
    Condition,
)
from fieldnotes.query.queries import Query
from fieldnotes.values import is_number

Columns = Mapping[str, Any]
Test = Callable[[Any], ColumnElement[bool]]
Owned = Callable[[str, Test, bool], ColumnElement[bool]]


def clauses(
    query: Query, columns: Columns, owned: Owned, lead: Condition | None = None
) -> list[ColumnElement[bool]]:
    """One clause for each condition.

    Args:
        columns: what a name means when it is a column, such as `kind`.
        owned: `owned(name, test, each)` is the clause that says of a row: it has a
            value of this dotted name whose forms (`number`, `text`, `spelled`) pass the
            test. With `each` it is asked of each row, else by a list of all rows.
        lead: the condition that few rows meet; then the others are asked of each.
    """
    return [
        _on_column(item, columns[item.name])
        if item.name in columns
        else owned(item.parameter, test_of(item), lead not in (None, item))
        for item in query.conditions
    ]


def test_of(condition: Condition) -> Test:
    """The clause that the forms of a value meet the condition."""
    return lambda kept: _on_forms(condition, kept)


def _on_forms(condition: Condition, kept: Any) -> ColumnElement[bool]:
    form, asked = condition.sought
    column, word = getattr(kept, form), condition.operator
    if word in LISTS:
        return column.not_in(asked) if word in NEGATIVE else column.in_(asked)
    if word == "contains":
        return _contains(column, asked)
    if word in ORDER:
        return ORDER[word](column, asked)
    return column != asked if word in NEGATIVE else column == asked


def _on_column(condition: Condition, column: Any) -> ColumnElement[bool]:
    word = condition.operator
    if word in ORDER or word == "contains":
        form, asked = condition.sought
        if (form == "text") != (column.type.python_type is str):
            raise _mismatch(condition, column, condition.value)
        return (
            _contains(column, asked)
            if word == "contains"
            else ORDER[word](column, asked)
        )
    among = or_(*(_is(condition, column, asked) for asked in condition.values))
    return not_(among) if word in NEGATIVE else among


def _is(condition: Condition, column: Any, asked: Any) -> ColumnElement[bool]:
    if asked is None:
        return column.is_(None)
    kind = column.type.python_type
    if kind is str:
        text = str(asked)
        if condition.name in KEYS:
            # Between its ends, which an index finds; no key holds the last character.
            return and_(
                column >= text,
                column < f"{text}{chr(sys.maxunicode)}",
                func.substr(column, 1, len(text)) == text,
            )
        return and_(column.is_not(None), column == text)
    if not (isinstance(asked, bool) if kind is bool else is_number(asked)):
        raise _mismatch(condition, column, asked)
    return and_(column.is_not(None), column == asked)


def _contains(column: Any, text: str) -> ColumnElement[bool]:
    """Case counts, as in Python; `LIKE` would not tell a from A."""
    return func.replace(column, text, "") != column if text else column.is_not(None)


def _mismatch(condition: Condition, column: Any, asked: Any) -> CatalogueError:
    kinds = {str: "text", bool: "true or false", int: "a number", float: "a number"}
    message = (
        f"where: {condition.name} {condition.operator} {asked!r}: "
        f"`{condition.name}` is {kinds[column.type.python_type]}."
    )
    return CatalogueError(message)
