"""Types of parameters: read from an annotation's syntax tree, never evaluated.

A kind converts a value or refuses it. Whole floats become integers and integers become
floats, a single value becomes a list of one; nothing else changes its type.
"""

import ast
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fieldnotes.spreads.problems import Mismatch
from fieldnotes.words import nearest, shown


class Kind(ABC):
    """One type that a parameter may have."""

    @property
    @abstractmethod
    def words(self) -> str:
        """What is taken, to complete "must be ..."."""

    @abstractmethod
    def convert(self, value: Any) -> Any:
        """`value` as this type.

        Raises:
            Mismatch: the value is of another type.
        """

    def refuse(self, value: Any) -> Mismatch:
        got = "the text " if isinstance(value, str) else ""
        hint = ""
        if isinstance(value, str) and value.lstrip("+-").lower() in ("inf", "nan"):
            hint = f" (YAML writes it {value.lower().replace('inf', '.inf')})"
            hint = hint.replace("nan", ".nan")
        return Mismatch(f"must be {self.words}; got {got}{shown(value)}{hint}.")


@dataclass(frozen=True)
class Anything(Kind):
    """What stands inside a bare `list` or `dict`."""

    @property
    def words(self) -> str:
        return "any value"

    def convert(self, value: Any) -> Any:
        return value


@dataclass(frozen=True)
class Exactly(Kind):
    """bool, str or None: nothing is converted to these."""

    type: type
    name: str

    @property
    def words(self) -> str:
        return self.name

    def convert(self, value: Any) -> Any:
        if type(value) is self.type:
            return value
        raise self.refuse(value)


@dataclass(frozen=True)
class Whole(Kind):
    """int; 3.0 is 3, true is no number."""

    @property
    def words(self) -> str:
        return "a whole number"

    def convert(self, value: Any) -> int:
        if type(value) is int:
            return value
        if type(value) is float and value.is_integer():
            return int(value)
        raise self.refuse(value)


@dataclass(frozen=True)
class Real(Kind):
    """float; 3 is 3.0, true is no number."""

    @property
    def words(self) -> str:
        return "a number"

    def convert(self, value: Any) -> float:
        if type(value) is float:
            return value
        if type(value) is int:
            try:
                return float(value)
            except OverflowError:
                raise self.refuse(value) from None
        raise self.refuse(value)


@dataclass(frozen=True)
class Choice(Kind):
    """One of the values of a `Literal`."""

    choices: tuple[Any, ...]

    @property
    def words(self) -> str:
        return "one of " + ", ".join(map(repr, self.choices))

    def convert(self, value: Any) -> Any:
        for choice in self.choices:
            if _family(choice) == _family(value) and choice == value:
                return choice
        names = [choice for choice in self.choices if isinstance(choice, str)]
        near = nearest(value, names) if isinstance(value, str) else ""
        message = f"{self.refuse(value)}{near}"
        raise Mismatch(message)


@dataclass(frozen=True)
class Either(Kind):
    """A union; a type that keeps the value as it is goes before one that converts."""

    options: tuple[Kind, ...]

    @property
    def words(self) -> str:
        return " or ".join(option.words for option in self.options)

    def convert(self, value: Any) -> Any:
        found = []
        for option in self.options:
            try:
                found.append(option.convert(value))
            except Mismatch:
                continue
        if not found:
            raise self.refuse(value)
        return next((x for x in found if type(x) is type(value)), found[0])


@dataclass(frozen=True)
class ListOf(Kind):
    """A list, or a tuple of any length (`as_tuple`), of one type."""

    item: Kind
    as_tuple: bool = False

    @property
    def words(self) -> str:
        return f"a list of values, each {self.item.words}"

    def convert(self, value: Any) -> Any:
        if isinstance(value, list | tuple):
            items = convert_entries([self.item] * len(value), value)
        else:
            # A list of one: a list axis then takes plain values.
            items = [self.item.convert(value)]
        return tuple(items) if self.as_tuple else items


@dataclass(frozen=True)
class TupleOf(Kind):
    """A tuple of a fixed length."""

    items: tuple[Kind, ...]

    @property
    def words(self) -> str:
        inner = ", ".join(item.words for item in self.items)
        return f"a list of {len(self.items)} values ({inner})"

    def convert(self, value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple) or len(value) != len(self.items):
            raise self.refuse(value)
        return tuple(convert_entries(self.items, value))


@dataclass(frozen=True)
class MapOf(Kind):
    """A mapping from names to values of one type."""

    item: Kind

    @property
    def words(self) -> str:
        if isinstance(self.item, Anything):
            return "a mapping"
        return f"a mapping of names to values, each {self.item.words}"

    def convert(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.refuse(value)
        converted = {}
        for name, item in value.items():
            try:
                converted[name] = self.item.convert(item)
            except Mismatch as error:
                message = f"entry `{name}` {error}"
                raise Mismatch(message) from None
        return converted


NOTHING = Exactly(type(None), "null")
SIMPLE: dict[str, Kind] = {
    "bool": Exactly(bool, "true or false"),
    "int": Whole(),
    "float": Real(),
    "str": Exactly(str, "text"),
    "dict": MapOf(Anything()),
    "list": ListOf(Anything()),
    "tuple": ListOf(Anything(), as_tuple=True),
    "None": NOTHING,
    "Any": Anything(),
}
ALLOWED = (
    "bool, int, float, str, Literal[...], Optional[X], X | None, list[X], "
    "tuple[X, ...], tuple[X, Y], dict[str, X], list and dict"
)


def convert_entries(kinds: Sequence[Kind], values: Sequence[Any]) -> list[Any]:
    """Each value as the kind at its position.

    Raises:
        Mismatch: naming the first position, from 1, that does not fit.
    """
    converted = []
    for number, (kind, value) in enumerate(zip(kinds, values, strict=True), 1):
        try:
            converted.append(kind.convert(value))
        except Mismatch as error:
            message = f"entry {number} {error}"
            raise Mismatch(message) from None
    return converted


def read_annotation(node: ast.expr) -> Kind:
    """The kind that an annotation stands for.

    Raises:
        Mismatch: the annotation is none of `ALLOWED`.
    """
    name = _name(node)
    if name in SIMPLE:
        return SIMPLE[name]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return Either((read_annotation(node.left), read_annotation(node.right)))
    if isinstance(node, ast.Subscript):
        inner = node.slice
        items = inner.elts if isinstance(inner, ast.Tuple) else [inner]
        kind = _subscripted(_name(node.value), items)
        if kind:
            return kind
    message = f"the type `{ast.unparse(node)}` is not known; use {ALLOWED}."
    raise Mismatch(message)


def read_literal(node: ast.expr) -> Any:
    """The value of a literal, with a sign and float("nan"), float("inf") allowed.

    Raises:
        Mismatch: the expression is no literal.
    """
    match node:
        case ast.Constant(value=bool() | int() | float() | str() | None as value):
            if isinstance(value, str):
                _check_characters(value)
            return value
        case ast.List(elts=items):
            return [read_literal(item) for item in items]
        case ast.Tuple(elts=items):
            return tuple(read_literal(item) for item in items)
        case ast.Dict(keys=keys, values=values):
            return dict(zip(map(_key, keys), map(read_literal, values), strict=True))
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            value = read_literal(operand)
            if type(value) in (int, float):
                return -value if isinstance(node.op, ast.USub) else value
        case ast.Call(func=ast.Name(id="float"), args=[ast.Constant(value=str(text))]):
            if text.lstrip("+-").lower() in ("nan", "inf", "infinity"):
                return float(text)
    message = f"`{ast.unparse(node)}` is not a literal value."
    raise Mismatch(message)


def _check_characters(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        message = f"{shown(text)} holds half a character (a lone surrogate)."
        raise Mismatch(message) from None


def _key(node: ast.expr | None) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    message = "the keys of a mapping must be text."
    raise Mismatch(message)


def _subscripted(name: str, items: list[ast.expr]) -> Kind | None:
    match name.lower(), items:
        case "literal", [_, *_]:
            return Choice(tuple(map(read_literal, items)))
        case "optional", [item]:
            return Either((read_annotation(item), NOTHING))
        case "union", [_, *_]:
            return Either(tuple(map(read_annotation, items)))
        case "list", [item]:
            return ListOf(read_annotation(item))
        case "tuple", [item, ast.Constant(value=value)] if value is Ellipsis:
            return ListOf(read_annotation(item), as_tuple=True)
        case "tuple", [_, *_]:
            return TupleOf(tuple(map(read_annotation, items)))
        case "dict", [key, item] if _name(key) == "str":
            return MapOf(read_annotation(item))
    return None


def _name(node: ast.expr) -> str:
    """The last part of a name (`typing.Literal` is `Literal`); empty for the rest."""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Constant) and node.value is None:
        return "None"
    return node.id if isinstance(node, ast.Name) else ""


def _family(value: Any) -> type:
    return float if type(value) is int else type(value)
