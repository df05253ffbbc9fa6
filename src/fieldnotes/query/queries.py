"""A query: every condition that a row must meet, read from a mapping or from text."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from fieldnotes.query.conditions import (
    EACH,
    NO_COLUMNS,
    OPERATORS,
    SPELLINGS,
    Condition,
)
from fieldnotes.query.text import read_condition
from fieldnotes.values import spelled

Pair = tuple[Mapping[str, Any], Mapping[str, Any]]  # columns and values of a row
Described = Callable[[Any], Pair]


def is_query(value: Any) -> bool:
    """Whether a value asks for models, `{from: …, where: …}`, instead of being data."""
    return isinstance(value, Mapping) and ("from" in value or "where" in value)


def _itself(row: Pair) -> Pair:
    return row


@dataclass(frozen=True)
class Query:
    """Conditions that all must hold; without any, every row answers."""

    conditions: tuple[Condition, ...] = ()

    @classmethod
    def of(cls, where: "Mapping[str, Any] | Query | None") -> "Query":
        """The query that a mapping of Python or YAML writes.

        `{"orbits": 10, "optimiser.rate": {">=": 1e-3}, "seed": [0, 1]}`; nested names
        are dotted ones. A plain list asks for one row at least for each of its values,
        where models are chosen, and else means any of them. A value that is a list
        itself is asked for as `{"=": [64, 64]}` or, in YAML, `{value: [64, 64]}`.

        Raises:
            CatalogueError: an unknown operator, or a value that cannot be compared.
        """
        if isinstance(where, Query):
            return where
        return cls(tuple(_conditions((str(n), v) for n, v in (where or {}).items())))

    @classmethod
    def written(cls, texts: Iterable[str]) -> "Query":
        """The query that a person types, one text a condition: `rate>=1e-3`.

        Raises:
            CatalogueError: a text that is no condition.
        """
        read = (read_condition(text) for text in texts)
        return cls(
            tuple(
                Condition.equal(name, value)
                if word == "="
                else Condition.of(name, word, value)
                for name, word, value in read
            )
        )

    @property
    def names(self) -> list[str]:
        return [item.name for item in self.conditions]

    def only(self, names: Iterable[str]) -> "Query":
        """The conditions on these names."""
        kept = set(names)
        return Query(tuple(item for item in self.conditions if item.name in kept))

    def without(self, names: Iterable[str]) -> "Query":
        """The conditions on all other names."""
        left = set(names)
        return Query(tuple(item for item in self.conditions if item.name not in left))

    def holds(
        self, values: Mapping[str, Any], columns: Mapping[str, Any] = NO_COLUMNS
    ) -> bool:
        """Whether a row meets every condition; see `Condition.holds`."""
        return all(item.holds(values, columns) for item in self.conditions)

    def missing(self, rows: Iterable[Any], pair: Described = _itself) -> "list[Query]":
        """The combinations of the values that lists ask for which no row answers.

        Args:
            pair: what gives the columns and values of a row.
        """
        axes = self._axes()
        answered: set[tuple[int, ...]] = set()
        for row in rows if axes else ():
            answered.update(product(*_fitting(axes, pair(row))))
        wanted = product(*(range(len(axis)) for axis in axes)) if axes else ()
        return [
            Query(tuple(axis[at] for axis, at in zip(axes, case, strict=True)))
            for case in wanted
            if case not in answered
        ]

    def ordered(self, rows: Iterable[Any], pair: Described = _itself) -> list[Any]:
        """Rows that meet the query, in the order of the lists that it asks for."""
        axes = self._axes()
        return sorted(rows, key=lambda row: [f[0] for f in _fitting(axes, pair(row))])

    def _axes(self) -> list[list[Condition]]:
        """For each list one condition a value."""
        return [
            [Condition(item.name, "=", value) for value in _distinct(item.value)]
            for item in self.conditions
            if item.operator == EACH
        ]

    def __bool__(self) -> bool:
        return bool(self.conditions)

    def __str__(self) -> str:
        return ", ".join(map(str, self.conditions)) or "anything"


def _conditions(items: Iterable[tuple[str, Any]]) -> Iterable[Condition]:
    for name, value in items:
        if not isinstance(value, Mapping) or not value:
            yield Condition.equal(name, value)
        elif any(_looks_like_operator(key) for key in value):
            yield from (Condition.of(name, key, item) for key, item in value.items())
        else:
            yield from _conditions((f"{name}.{key}", v) for key, v in value.items())


def _looks_like_operator(key: Any) -> bool:
    text = str(key)
    return text in OPERATORS or text in SPELLINGS or not any(map(str.isalnum, text))


def _distinct(values: Iterable[Any]) -> list[Any]:
    return list({spelled(value): value for value in values}.values())


def _fitting(axes: Sequence[Sequence[Condition]], row: Pair) -> list[list[int]]:
    """Of each axis the positions whose value a row has."""
    columns, values = row
    return [
        [at for at, item in enumerate(axis) if item.holds(values, columns)]
        for axis in axes
    ]
