"""Types of parameters: read from an annotation's syntax tree, never evaluated.

pydantic checks the values, strictly, with two conversions: a whole float becomes an
integer (and an integer a float), and a single value becomes a list of one.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from types import NoneType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    TypeAdapter,
    ValidationError,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from fieldnotes.spreads.problems import Mismatch
from fieldnotes.words import nearest, shown

SIMPLE: dict[str, Any] = {
    kind.__name__: kind for kind in (bool, int, float, str, dict, list, tuple)
}
SIMPLE |= {"None": NoneType, "Any": Any}
WORDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    NoneType: "null",
    dict: "a mapping",
    Any: "any value",
}
ALLOWED = (
    "bool, int, float, str, Literal[...], Optional[X], X | None, list[X], "
    "tuple[X, ...], tuple[X, Y], dict[str, X], list and dict"
)
STRICT = ConfigDict(strict=True)
TOLD, OUTSIDE = "told", "outside"  # errors of ours: a wrong type, out of the range


@dataclass(frozen=True)
class Range:
    """The numbers from `low` to `high`, each end included where it is closed."""

    low: float
    high: float
    low_closed: bool
    high_closed: bool
    unit: str

    def __str__(self) -> str:
        left, right = "(["[self.low_closed], ")]"[self.high_closed]
        return f"{left}{self.low:g}, {self.high:g}{right}"

    def check(self, value: float) -> float:
        """The value itself.

        Raises:
            PydanticCustomError: it is outside.
        """
        above = value >= self.low if self.low_closed else value > self.low
        below = value <= self.high if self.high_closed else value < self.high
        if above and below:
            return value
        unit = "" if self.unit in ("1", "-") else f" [{self.unit}]"
        message = f"must be in {self}{unit}; got {shown(value)}."
        raise _error(OUTSIDE, message)


@dataclass(frozen=True)
class Kind:
    """A type as Python has it, `list[int] | None`, with a range of its numbers."""

    type: Any
    range: Range | None = None

    @property
    def options(self) -> tuple[Any, ...]:
        """The types of a union, or the one type that there is."""
        return get_args(self.type) if _form(self.type) is Union else (self.type,)

    @property
    def leaves(self) -> Iterator[Any]:
        """The types of the values inside it, whatever holds them; null left out."""
        return _leaves(self.type)

    def convert(self, value: Any) -> Any:
        """`value` as this type.

        Raises:
            Mismatch: the value is of another type, or outside the range; the message
                names the entry of a list or mapping.
        """
        try:
            return self._adapter.validate_python(value)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
        message = f"{_entry(first['loc'], value)}{first['msg']}"
        raise Mismatch(message)

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(_strict(self.type, self.range), config=STRICT)

    def __getstate__(self) -> dict[str, Any]:
        # A cluster's node makes the adapter anew: it cannot be pickled.
        return {name: own for name, own in vars(self).items() if name != "_adapter"}


def is_open(kind: Any) -> bool:
    """Whether a type is a list, or a tuple, of any length."""
    form, items = _form(kind), get_args(kind)
    return form is list or (form is tuple and (not items or items[-1] is Ellipsis))


def words(kind: Any) -> str:
    """What a type takes, to complete "must be ..."."""
    form, items = _form(kind), get_args(kind)
    if kind in WORDS:
        return WORDS[kind]
    if form is Literal:
        return "one of " + ", ".join(map(repr, items))
    if form is Union:
        return " or ".join(map(words, items))
    if form is dict:
        return f"a mapping of names to values, each {words(items[1])}"
    if is_open(kind):
        return f"a list of values, each {words((*items, Any)[0])}"
    return f"a list of {len(items)} values ({', '.join(map(words, items))})"


def _form(kind: Any) -> Any:
    return get_origin(kind) or kind


def _leaves(kind: Any) -> Iterator[Any]:
    items = () if _form(kind) is Literal else get_args(kind)
    for item in items[1:] if _form(kind) is dict else items:
        if item not in (Ellipsis, NoneType):
            yield from _leaves(item)
    if not items:
        yield kind


def _entry(steps: tuple[int | str, ...], value: Any) -> str:
    """The entry of a value that an error is about; none in a list made of one."""
    said = ""
    for step in steps:
        if isinstance(value, list | tuple) and isinstance(step, int):
            said, value = f"{said}entry {step + 1} ", value[step]
        elif isinstance(value, dict) and step in value:
            said, value = f"{said}entry `{step}` ", value[step]
    return said


def _strict(
    kind: Any, numbers: Range | None, kept: frozenset[Any] = frozenset()
) -> Any:
    """A type with the conversions, the range and the messages that are ours.

    A value of one of the forms `kept`, the options of a union, stays what it is.
    """
    form, items = _form(kind), get_args(kind)
    made = kind
    if kind in (Any, NoneType):
        return kind
    if form is Union:
        forms = frozenset(map(_form, items))
        made = Union[tuple(_strict(item, numbers, forms) for item in items)]  # noqa: UP007
    elif form is dict and items:
        made = dict[str, _strict(items[1], numbers)]
    elif form in (list, tuple) and items:
        generic: Any = form  # list or tuple
        made = generic[tuple(x if x is ... else _strict(x, numbers) for x in items)]
    checks: list[Any] = [WrapValidator(_teller(kind))]
    if change := _conversion(kind):
        checks.insert(0, BeforeValidator(lambda v: v if type(v) in kept else change(v)))
    if numbers and form in (int, float):
        checks.insert(0, AfterValidator(numbers.check))
    return Annotated[(made, *checks)]


def _conversion(kind: Any) -> Callable[[Any], Any] | None:
    """What is done to a value before it is checked; None where nothing is."""
    form = _form(kind)
    if form is int:
        return lambda v: int(v) if type(v) is float and v.is_integer() else v
    if form is Literal:
        return lambda v: next((c for c in get_args(kind) if _equal(c, v)), ...)
    if is_open(kind):
        return lambda v: form(v if isinstance(v, list | tuple) else [v])
    if form is tuple:
        return lambda v: tuple(v) if isinstance(v, list) else v
    return None


def _equal(choice: Any, value: Any) -> bool:
    """Whether a value is a choice of a `Literal`: 1.0 is 1, and true is no number."""
    types = {type(choice), type(value)}
    return choice == value and (len(types) == 1 or types == {int, float})


def _teller(kind: Any) -> Callable[[Any, Callable[[Any], Any]], Any]:
    """Tells in our words that a value is not of a type; what is told inside passes."""
    union = _form(kind) is Union
    several = len(set(Kind(kind).options) - {NoneType}) > 1

    def tell(value: Any, check: Callable[[Any], Any]) -> Any:
        try:
            return check(value)
        except ValidationError as error:
            errors = error.errors(include_url=False)
            outside = [item for item in errors if item["type"] == OUTSIDE]
            inside = errors[0]["type"] == TOLD
            if union:  # beside null, what an entry of a list or mapping is told
                inside = inside and _entry(errors[0]["loc"], value)
            # Of several options pydantic names which failed, and no place in them.
            if (inside or outside) and not several:
                raise
        if outside:
            raise _error(OUTSIDE, outside[0]["msg"])
        raise _error(TOLD, _refusal(kind, value))

    return tell


def _refusal(kind: Any, value: Any) -> str:
    """The sentence about a value of another type, with the choice that was meant."""
    got, hint = shown(value), ""
    if isinstance(value, str):
        got = f"the text {got}"
        if value.lstrip("+-").lower() in ("inf", "nan"):
            written = re.sub("(inf|nan)", r".\1", value.lower())
            hint = f" (YAML writes it {written})"
        literals = [x for x in Kind(kind).options if _form(x) is Literal]
        choices = [c for x in literals for c in get_args(x) if isinstance(c, str)]
        return f"must be {words(kind)}; got {got}{hint}.{nearest(value, choices)}"
    return f"must be {words(kind)}; got {got}."


def _error(kind: str, message: str) -> PydanticCustomError:
    return PydanticCustomError(kind, message)  # pyright: ignore[reportArgumentType]


def read_annotation(node: ast.expr, numbers: Range | None = None) -> Kind:
    """The kind that an annotation stands for.

    Raises:
        Mismatch: the annotation is none of `ALLOWED`.
    """
    return Kind(_type(node), numbers)


def _type(node: ast.expr) -> Any:
    name = _name(node)
    if name in SIMPLE:
        return SIMPLE[name]
    made = None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        made = Union[_type(node.left), _type(node.right)]  # noqa: UP007
    elif isinstance(node, ast.Subscript):
        inner = node.slice
        items = inner.elts if isinstance(inner, ast.Tuple) else [inner]
        made = _subscripted(_name(node.value), items)
    if made is None:
        message = f"the type `{ast.unparse(node)}` is not known; use {ALLOWED}."
        raise Mismatch(message)
    return made


def _subscripted(name: str, items: list[ast.expr]) -> Any:
    """The type `name[items]`; None where there is no such type."""
    match name.lower(), items:
        case "literal", [_, *_]:
            return Literal[tuple(map(read_literal, items))]
        case "optional", [item]:
            return Union[_type(item), None]  # noqa: UP007
        case "union", [_, *_]:
            return Union[tuple(map(_type, items))]  # noqa: UP007
        case "list", [item]:
            return list[_type(item)]
        case "tuple", [item, ast.Constant(value=value)] if value is Ellipsis:
            return tuple[_type(item), ...]
        case "tuple", [_, *_]:
            return tuple[tuple(map(_type, items))]
        case "dict", [key, item] if _name(key) == "str":
            return dict[str, _type(item)]
    return None


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


def _name(node: ast.expr) -> str:
    """The last part of a name (`typing.Literal` is `Literal`); empty for the rest."""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Constant) and node.value is None:
        return "None"
    return node.id if isinstance(node, ast.Name) else ""
