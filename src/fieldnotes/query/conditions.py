"""One condition of a query: a name, an operator and a value that a row is held to."""

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from fieldnotes.errors import CatalogueError
from fieldnotes.values import digest, is_number, plain, sole, spelled

EACH = "each"  # any of a list, and at least one row for each of its values
KEYS = frozenset({"key", "run", "identity", "hash"})  # may be given by their start
SPELLINGS = {"==": "=", "value": "="}
ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
LONGEST = 200  # characters of a value's spelling
LISTS = ("in", "not in", EACH)
NEGATIVE = ("!=", "not in")
OPERATORS = ("=", "!=", *ORDER, "in", "not in", "contains")
NO_COLUMNS: Mapping[str, Any] = MappingProxyType({})


class Forms(NamedTuple):
    """One value in the three forms that operators look at, and that the index keeps.

    Numbers are ordered as 64-bit floats, texts by their characters, and two values are
    equal when they are spelled the same: 1 and 1.0, NaN and NaN, but not 1 and True.
    The hash of a long value stands for its spelling, as an index of a database has
    room for about 2,700 bytes.
    """

    number: float | None
    text: str | None
    spelled: str


def forms(value: Any) -> Forms:
    """The forms of a value; a list of one has those of its entry."""
    if type(value) is float and math.isfinite(value) and not value.is_integer():
        return Forms(value, None, repr(value))  # of most recorded values, and fast
    entry = sole(value)
    text = entry if isinstance(entry, str) else None
    letters = spelled(entry)
    if len(letters) > LONGEST:
        letters = f"sha256:{digest(letters, 64)}"
    return Forms(as_number(entry), text, letters)


def as_number(value: Any) -> float | None:
    """A number as a float; None for what is none, and for NaN."""
    if not is_number(value) or (isinstance(value, float) and math.isnan(value)):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


@dataclass(frozen=True)
class Condition:
    """One thing asked of a row: the value under `name` stands so to `value`.

    The name is a column of the row's table, such as `state`, else the dotted name of a
    parameter or of a recorded value; `parameters.state` is never a column.
    """

    name: str
    operator: str
    value: Any

    @classmethod
    def equal(cls, name: str, value: Any) -> "Condition":
        """The condition that a plain value asks; a list asks for each of its values.

        Raises:
            CatalogueError: the value is no plain data.
        """
        value = _canonical(name, plain(_listed(value), f"where: {name}"))
        return cls(name, EACH if isinstance(value, list) else "=", value)

    @classmethod
    def of(cls, name: str, word: Any, value: Any) -> "Condition":
        """A condition as it was written.

        Raises:
            CatalogueError: an unknown operator, or a value that it cannot take.
        """
        known = SPELLINGS.get(str(word), str(word))
        place = f"where: {name} {known}"
        if known not in OPERATORS:
            message = (
                f"where: {name}: {word!r} is no operator. Allowed: "
                f"{', '.join(OPERATORS)}."
            )
            raise CatalogueError(message)
        value = _canonical(name, plain(_listed(value), place))
        if known in LISTS and not isinstance(value, list):
            message = f"{place} wants a list, such as [0, 1]; got {value!r}."
            raise CatalogueError(message)
        if known in ORDER and as_number(value) is None and not isinstance(value, str):
            message = f"{place} wants a number or text; got {value!r}."
            raise CatalogueError(message)
        if known == "contains" and not isinstance(value, str):
            message = f"{place} wants text; got {value!r}."
            raise CatalogueError(message)
        return cls(name, known, value)

    @property
    def parameter(self) -> str:
        """The name without the prefix that tells a parameter from a column."""
        return self.name.removeprefix("parameters.")

    @property
    def values(self) -> list[Any]:
        """The value, or each value of a list, that a row's own is compared with."""
        return list(self.value) if self.operator in LISTS else [self.value]

    @property
    def sought(self) -> tuple[str, Any]:
        """The form that the operator looks at, and what it compares that form with."""
        if self.operator in LISTS:
            return "spelled", [forms(value).spelled for value in self.value]
        if self.operator in ("=", "!="):
            return "spelled", forms(self.value).spelled
        number = as_number(self.value) if self.operator in ORDER else None
        return ("text", self.value) if number is None else ("number", number)

    def holds(
        self, values: Mapping[str, Any], columns: Mapping[str, Any] = NO_COLUMNS
    ) -> bool:
        """Whether a row meets the condition; one without the name never does.

        Args:
            values: flat parameters and recorded values of the row.
            columns: what the row's table knows of it besides.
        """
        if self.name in columns:
            return self._holds_of_column(columns[self.name])
        if self.parameter not in values:
            return False
        form, asked = self.sought
        return self._compare(getattr(forms(values[self.parameter]), form), asked)

    def _compare(self, value: Any, asked: Any) -> bool:
        if value is None:
            return False
        if self.operator in LISTS:
            return (value in asked) != (self.operator in NEGATIVE)
        if self.operator == "contains":
            return asked in value
        if self.operator in ORDER:
            return ORDER[self.operator](value, asked)
        return (value == asked) != (self.operator in NEGATIVE)

    def _holds_of_column(self, value: Any) -> bool:
        if self.operator in ORDER or self.operator == "contains":
            form, asked = self.sought
            return self._compare(getattr(forms(value), form), asked)
        among = any(self._is(value, asked) for asked in self.values)
        return among != (self.operator in NEGATIVE)

    def _is(self, value: Any, asked: Any) -> bool:
        """Whether a column holds what is asked for: keys by their start, and text
        columns also by what looks like a number (`spread=2030`)."""
        if not isinstance(value, str) or asked is None:
            return spelled(value) == spelled(asked)
        text = str(asked)
        return value.startswith(text) if self.name in KEYS else value == text

    def __str__(self) -> str:
        return f"{self.name} {self.operator.replace(EACH, 'in')} {self.value!r}"


def _listed(value: Any) -> Any:
    if isinstance(value, set):
        return sorted(value, key=spelled)
    return list(value) if isinstance(value, range) else value


def _canonical(name: str, value: Any) -> Any:
    """Notebook and spread names as the catalogue spells them."""
    if isinstance(value, list):
        return [_canonical(name, item) for item in value]
    if name == "notebook" and isinstance(value, str):
        study, slash, last = value.removesuffix(".py").rpartition("/")
        number, dash, rest = last.partition("-")
        return f"{study}{slash}{rest if dash and number.isdigit() else last}"
    if name == "spread" and isinstance(value, str):
        return value.removeprefix("params/").removesuffix(".yml")
    return value
