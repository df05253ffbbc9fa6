"""The parameters cell of a notebook: the schema of everything that may be varied.

One assignment a line, `name: type = default  # [unit] meaning`, with an allowed range
where there is one: `# [1] in [1, inf): number of samples`. The cell is read, never run.
"""

import ast
import io
import math
import re
import tokenize
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from fieldnotes.spreads.problems import Mismatch, Place, SpreadError
from fieldnotes.spreads.types import (
    NOTHING,
    SIMPLE,
    Choice,
    Either,
    Kind,
    ListOf,
    MapOf,
    Real,
    TupleOf,
    Whole,
    read_annotation,
    read_literal,
)
from fieldnotes.words import shown

COMMENT = re.compile(r"^#\s*\[(?P<unit>[^\]]+)\]\s*(?P<rest>.*)$")
RANGE = re.compile(
    r"^in\s*(?P<left>[\[(])\s*(?P<low>[^\s,\[\]()]+)\s*,"
    r"\s*(?P<high>[^\s,\[\]()]+)\s*(?P<right>[\])])\s*[:;,]?\s*(?P<rest>.*)$"
)
FORM = "name: type = default  # [unit] meaning"


@dataclass(frozen=True)
class Parameter:
    """One parameter: what it is called, takes, defaults to, and means.

    `low` and `high` bound every number in its value; infinite where there is no bound,
    and the bound itself is allowed where `low_closed` or `high_closed`.
    """

    name: str
    annotation: str
    default: Any
    unit: str
    meaning: str
    kind: Kind
    low: float = -math.inf
    high: float = math.inf
    low_closed: bool = True
    high_closed: bool = True

    @property
    def is_file(self) -> bool:
        """Whether the value is the path of an input file."""
        return self.unit == "file"

    @property
    def is_list(self) -> bool:
        """Whether it holds any number of values of one type."""
        return any(isinstance(kind, ListOf) for kind in self._options)

    @property
    def is_map(self) -> bool:
        """Whether it holds named values (or a query for models)."""
        return any(isinstance(kind, MapOf) for kind in self._options)

    @property
    def choices(self) -> tuple[Any, ...] | None:
        """The values of its `Literal`, or None where it has no such list."""
        found = [kind.choices for kind in self._options if isinstance(kind, Choice)]
        return found[0] if found else None

    @property
    def range(self) -> str:
        """The allowed range in interval notation; empty where there is none."""
        if not self._bounded:
            return ""
        left, right = "(["[self.low_closed], ")]"[self.high_closed]
        return f"{left}{self.low:g}, {self.high:g}{right}"

    @property
    def label(self) -> str:
        """The name with its unit, as lists of parameters show it."""
        return self.name if self.unit == "-" else f"{self.name} [{self.unit}]"

    def convert(self, value: Any) -> Any:
        """`value` as the parameter's type.

        Raises:
            Mismatch: wrong type, no allowed choice, or outside the range.
        """
        typed = self.kind.convert(value)
        if self._bounded:
            self._check_range(typed)
        return typed

    def check(self, value: Any, where: str) -> Any:
        """`value` as the parameter's type, for a request made at `where`.

        Raises:
            SpreadError: naming `where`, the value and what is allowed.
        """
        try:
            return self.convert(value)
        except Mismatch as error:
            message = f"{where}: `{self.name}` {error}"
            raise SpreadError(message) from None

    @property
    def _options(self) -> tuple[Kind, ...]:
        return self.kind.options if isinstance(self.kind, Either) else (self.kind,)

    @property
    def _bounded(self) -> bool:
        open_end = not (self.low_closed and self.high_closed)
        return open_end or math.isfinite(self.low) or math.isfinite(self.high)

    def _check_range(self, value: Any) -> None:
        if isinstance(value, list | tuple | dict):
            for item in value.values() if isinstance(value, dict) else value:
                self._check_range(item)
        elif type(value) in (int, float):
            above = value >= self.low if self.low_closed else value > self.low
            below = value <= self.high if self.high_closed else value < self.high
            if not (above and below):
                unit = "" if self.unit in ("1", "-") else f" [{self.unit}]"
                message = f"must be in {self.range}{unit}; got {shown(value)}."
                raise Mismatch(message)


def read_parameters(source: str, place: Place, first_line: int) -> list[Parameter]:
    """The parameters that a cell declares; what is wrong is told to `place`.

    Args:
        source: the text of the cell.
        place: the notebook.
        first_line: line of the notebook's file at which the cell starts.
    """
    try:
        tree = ast.parse(source)
        comments = _comments(source)
    except (SyntaxError, ValueError, tokenize.TokenError, RecursionError) as error:
        at = place.under("parameters", first_line)
        at.refuse(f"the parameters cell is not Python ({error}).")
        return []
    found: dict[str, Parameter] = {}
    for statement in tree.body:
        at = place.under("parameters", first_line + statement.lineno - 1)
        try:
            parameter = _read_assignment(statement, comments)
        except Mismatch as error:
            at.refuse(str(error))
            continue
        if parameter.name in found:
            at.refuse(f"`{parameter.name}` is declared twice; keep one of the lines.")
        found[parameter.name] = parameter
    return list(found.values())


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {t.start[0]: t.string for t in tokens if t.type == tokenize.COMMENT}


def _read_assignment(statement: ast.stmt, comments: dict[int, str]) -> Parameter:
    """The parameter that one line declares.

    Raises:
        Mismatch: the line is not of the form `FORM`, with what is missing.
    """
    if isinstance(statement, ast.Assign):
        message = f"`{ast.unparse(statement)}` has no type; write `{FORM}`."
        raise Mismatch(message)
    if not isinstance(statement, ast.AnnAssign):
        text = shown(ast.unparse(statement))
        message = f"{text} is no assignment; this cell holds only `{FORM}`."
        raise Mismatch(message)
    if not isinstance(statement.target, ast.Name):
        message = f"`{ast.unparse(statement.target)}` is no plain name."
        raise Mismatch(message)
    name = statement.target.id
    if statement.value is None:
        message = f"`{name}` has no default; write `{FORM}`."
        raise Mismatch(message)
    try:
        kind = read_annotation(statement.annotation)
        default = read_literal(statement.value)
    except Mismatch as error:
        message = f"`{name}`: {error}"
        raise Mismatch(message) from None
    unit, described, bounds = _read_comment(name, _comment_of(statement, comments))
    annotation = ast.unparse(statement.annotation)
    parameter = Parameter(name, annotation, default, unit, described, kind, *bounds)
    _check_unit(parameter)
    return _with_typed_default(parameter)


def _check_unit(parameter: Parameter) -> None:
    """Only text can be a path, only numbers have a range."""
    if parameter.is_file and not _all(parameter.kind, _is_text):
        message = f"`{parameter.name}` is a [file]; its type is str or list[str]."
        raise Mismatch(message)
    if parameter.range and not _all(parameter.kind, _is_number):
        message = f"`{parameter.name}` has a range; only numbers have one."
        raise Mismatch(message)


def _is_text(kind: Kind) -> bool:
    return kind == SIMPLE["str"]


def _is_number(kind: Kind) -> bool:
    return isinstance(kind, Whole | Real)


def _all(kind: Kind, wanted: Callable[[Kind], bool]) -> bool:
    """Whether every value inside a kind is of a wanted kind (or null)."""
    match kind:
        case Either(options=kinds) | TupleOf(items=kinds):
            return all(_all(inner, wanted) for inner in kinds)
        case ListOf(item=inner) | MapOf(item=inner):
            return _all(inner, wanted)
    return kind == NOTHING or wanted(kind)


def _with_typed_default(parameter: Parameter) -> Parameter:
    try:
        default = parameter.convert(parameter.default)
    except Mismatch as error:
        message = f"the default of `{parameter.name}` {error}"
        raise Mismatch(message) from None
    return replace(parameter, default=default)


def _comment_of(statement: ast.stmt, comments: dict[int, str]) -> str:
    """The comment behind the statement: on its last line, or else on its first."""
    lines = (statement.end_lineno or statement.lineno, statement.lineno)
    found = [comments[line] for line in lines if line in comments]
    return next((text for text in found if COMMENT.match(text)), "".join(found[:1]))


Bounds = tuple[float, float, bool, bool]


def _read_comment(name: str, comment: str) -> tuple[str, str, Bounds]:
    """Unit, meaning and allowed range from the comment behind a parameter.

    Raises:
        Mismatch: the unit or the meaning is missing, or the range cannot be read.
    """
    match = COMMENT.match(comment)
    if not match:
        message = (
            f"`{name}` has no unit; write `{FORM}`, with [1] for a pure number and "
            "[-] for what is no quantity."
        )
        raise Mismatch(message)
    meaning, bounds = match["rest"].strip(), (-math.inf, math.inf, True, True)
    if re.match(r"in\s*[\[(]", meaning):
        found = RANGE.match(meaning)
        if not found:
            message = f"the range of `{name}` is written like `in [0, 1):`."
            raise Mismatch(message)
        meaning, bounds = found["rest"].strip(), _bounds(name, found)
    if not meaning:
        message = f"`{name}` has no meaning; say in words what it is, behind its unit."
        raise Mismatch(message)
    return match["unit"].strip(), meaning, bounds


def _bounds(name: str, found: re.Match[str]) -> Bounds:
    try:
        low, high = float(found["low"]), float(found["high"])
    except ValueError:
        low, high = math.nan, math.nan
    if not low <= high:
        message = f"the range of `{name}` needs two numbers, the smaller one first."
        raise Mismatch(message)
    # `[1, inf)` excludes infinity itself, `[1, inf]` takes it.
    return low, high, found["left"] == "[", found["right"] == "]"
