"""What a query says: conditions on names, dotted or nested, with operators.

The same words mean the same by hand (`catalogue.models({"orbits": {">=": 10}})`), in a
spread (`where: {orbits: {">=": 10}}`), on the command line (`--where 'orbits>=10'`) and
in SQL over the index (`catalogue.sql`).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from fieldnotes.catalogue.errors import CatalogueError
from fieldnotes.catalogue.values import plain
from fieldnotes.values import same, sole, spelled

EACH = "each"  # one row at least for each value of the list
SPELLINGS = {"==": "=", "value": "="}
OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "in", "not in", "contains")
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}


@dataclass(frozen=True)
class Condition:
    """One thing asked of a row: the value under `name` stands so to `value`."""

    name: str
    operator: str
    value: Any

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether flat `values` meet it; a row without the name never does."""
        if self.name not in values:
            return False
        found = sole(values[self.name])
        if self.operator in ("=", "!="):
            return same(found, sole(self.value)) == (self.operator == "=")
        if self.operator in (EACH, "in", "not in"):
            among = any(same(found, sole(value)) for value in self.value)
            return among != (self.operator == "not in")
        if self.operator == "contains":
            return isinstance(found, str) and str(self.value) in found
        return comparable(found, self.value) and _ORDER[self.operator](
            found, self.value
        )

    def __str__(self) -> str:
        return f"{self.name} {self.operator} {self.value!r}"


def comparable(one: Any, other: Any) -> bool:
    """Whether two values have an order: two numbers or two texts."""
    return (is_number(one) and is_number(other)) or (
        isinstance(one, str) and isinstance(other, str)
    )


def is_number(value: Any) -> bool:
    """A number; True and False are answers, not numbers."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def parse(where: Mapping[str, Any] | None, *, lists: str = "in") -> list[Condition]:
    """The conditions of a query.

    `{"orbits": 10, "optimiser.rate": {">=": 1e-3}, "seed": [0, 1]}`; nested mappings
    are dotted names. What a list means is `lists`: `in` (any of them) or `each`.
    A value that is a list itself is asked for as `{"=": [64, 64]}`.

    Raises:
        CatalogueError: an unknown operator, or a value that cannot be compared.
    """
    conditions: list[Condition] = []
    for name, value in (where or {}).items():
        conditions += _conditions(str(name), value, lists)
    return conditions


def _conditions(name: str, value: Any, lists: str) -> list[Condition]:
    if isinstance(value, Mapping) and value:
        operators = [key for key in value if _looks_like_operator(key)]
        if operators:
            return [_operator(name, key, item) for key, item in value.items()]
        return [
            condition
            for key, item in value.items()
            for condition in _conditions(f"{name}.{key}", item, lists)
        ]
    value = _canonical(name, plain(_listed(value), f"where: {name}"))
    return [Condition(name, lists if isinstance(value, list) else "=", value)]


def _looks_like_operator(key: Any) -> bool:
    text = str(key)
    return text in OPERATORS or text in SPELLINGS or not any(map(str.isalnum, text))


def _operator(name: str, key: Any, value: Any) -> Condition:
    operator = SPELLINGS.get(str(key), str(key))
    value = plain(_listed(value), f"where: {name} {operator}")
    if operator not in OPERATORS:
        message = (
            f"where: {name}: {key!r} is no operator. Allowed: {', '.join(OPERATORS)}."
        )
        raise CatalogueError(message)
    if operator in ("in", "not in") and not isinstance(value, list):
        message = f"where: {name}: `{operator}` wants a list; got {value!r}."
        raise CatalogueError(message)
    if operator in _ORDER and not (is_number(value) or isinstance(value, str)):
        message = f"where: {name}: `{operator}` wants a number or text; got {value!r}."
        raise CatalogueError(message)
    return Condition(name, operator, _canonical(name, value))


def _listed(value: Any) -> Any:
    return (
        sorted(value, key=spelled)
        if isinstance(value, set)
        else (list(value) if isinstance(value, range) else value)
    )


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


_WORDS = re.compile(
    r"\s*(?P<name>[^\s=!<>]+)\s*"
    r"(?P<operator>==|!=|<=|>=|=|<|>|\bnot in\b|\bin\b|\bcontains\b)\s*(?P<value>.*)",
    re.DOTALL,
)


def from_words(words: Sequence[str]) -> dict[str, Any]:
    """Conditions as people type them, as the mapping that Python and YAML write.

    Each is a name, an operator and a value: `orbits=10`, `error_100<1`,
    `family != complex`, `seed in [0, 1]`. The value is read as YAML.

    Raises:
        CatalogueError: there is no operator, or the value is no YAML.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    where: dict[str, Any] = {}
    for text in words:
        match = _WORDS.fullmatch(text)
        try:
            value = YAML(typ="safe", pure=True).load(match["value"]) if match else None
        except YAMLError:
            match, value = None, None
        if match is None:
            message = (
                f"--where {text}: write a name, an operator and a value, for example "
                f"orbits=10, 'error_100<1' or 'seed in [0, 1]'. Operators: "
                f"{', '.join(OPERATORS)}."
            )
            raise CatalogueError(message)
        operator = SPELLINGS.get(match["operator"], match["operator"])
        if operator == "=" and isinstance(value, list):
            operator = "in"  # a list asks for any of its values, as in Python
        where.setdefault(match["name"], {})[operator] = value
    return where


def is_model_query(where: Mapping[str, Any]) -> bool:
    """Whether a mapping is a spread's model query, `{from: …, where: …}`."""
    return bool(where) and set(where) <= {"from", "where", "each"}


def cases(conditions: Sequence[Condition]) -> list[dict[str, Any]]:
    """Every combination of the values that lists ask for, in the order given."""
    lists = [item for item in conditions if item.operator == EACH]
    names = [item.name for item in lists]
    return [
        dict(zip(names, values, strict=True))
        for values in product(*(item.value for item in lists))
    ]
