"""The parameters cell of a notebook: the schema of everything that may be varied.

One assignment a line, `name: type = default  # [unit] meaning`, with an allowed range
where there is one: `# [1] in [1, inf): number of samples`. The cell is read, never run.
"""

import ast
import io
import math
import re
import tokenize
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from fieldnotes.spreads.problems import Mismatch, Place, SpreadError
from fieldnotes.spreads.types import Kind, Range, is_open, read_annotation, read_literal
from fieldnotes.words import shown

COMMENT = re.compile(r"^#\s*\[(?P<unit>[^\]]+)\]\s*(?P<rest>.*)$")
RANGE = re.compile(
    r"^in\s*(?P<left>[\[(])\s*(?P<low>[^\s,\[\]()]+)\s*,"
    r"\s*(?P<high>[^\s,\[\]()]+)\s*(?P<right>[\])])\s*[:;,]?\s*(?P<rest>.*)$"
)
FORM = "name: type = default  # [unit] meaning"


@dataclass(frozen=True)
class Parameter:
    """One parameter: what it is called, takes, defaults to, and means."""

    name: str
    annotation: str
    default: Any
    unit: str
    meaning: str
    kind: Kind

    @property
    def is_file(self) -> bool:
        """Whether the value is the path of an input file."""
        return self.unit == "file"

    @property
    def is_list(self) -> bool:
        """Whether it holds any number of values of one type."""
        return any(map(is_open, self.kind.options))

    @property
    def is_map(self) -> bool:
        """Whether it holds named values (or a query for models)."""
        return any((get_origin(x) or x) is dict for x in self.kind.options)

    @property
    def choices(self) -> tuple[Any, ...] | None:
        """The values of its `Literal`, or None where it has no such list."""
        choices = [x for x in self.kind.options if get_origin(x) is Literal]
        return get_args(choices[0]) if choices else None

    @property
    def range(self) -> str:
        """The allowed range in interval notation; empty where there is none."""
        return str(self.kind.range or "")

    @property
    def label(self) -> str:
        """The name with its unit, as lists of parameters show it."""
        return self.name if self.unit == "-" else f"{self.name} [{self.unit}]"

    def convert(self, value: Any) -> Any:
        """`value` as the parameter's type.

        Raises:
            Mismatch: wrong type, no allowed choice, or outside the range.
        """
        return self.kind.convert(value)

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
    unit, meaning, numbers = _read_comment(name, _comment_of(statement, comments))
    try:
        kind = read_annotation(statement.annotation, numbers)
        default = read_literal(statement.value)
    except Mismatch as error:
        message = f"`{name}`: {error}"
        raise Mismatch(message) from None
    leaves = set(kind.leaves)
    # Only text can be a path, only numbers have a range.
    if unit == "file" and leaves != {str}:
        message = f"`{name}` is a [file]; its type is str or list[str]."
        raise Mismatch(message)
    if numbers and not leaves <= {int, float}:
        message = f"`{name}` has a range; only numbers have one."
        raise Mismatch(message)
    try:
        default = kind.convert(default)
    except Mismatch as error:
        message = f"the default of `{name}` {error}"
        raise Mismatch(message) from None
    annotation = ast.unparse(statement.annotation)
    return Parameter(name, annotation, default, unit, meaning, kind)


def _comment_of(statement: ast.stmt, comments: dict[int, str]) -> str:
    """The comment behind the statement: on its last line, or else on its first."""
    lines = (statement.end_lineno or statement.lineno, statement.lineno)
    found = [comments[line] for line in lines if line in comments]
    return next((text for text in found if COMMENT.match(text)), "".join(found[:1]))


def _read_comment(name: str, comment: str) -> tuple[str, str, Range | None]:
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
    unit, meaning, numbers = match["unit"].strip(), match["rest"].strip(), None
    if re.match(r"in\s*[\[(]", meaning):
        bounds = RANGE.match(meaning)
        if not bounds:
            message = f"the range of `{name}` is written like `in [0, 1):`."
            raise Mismatch(message)
        meaning, numbers = bounds["rest"].strip(), _range(name, bounds, unit)
    if not meaning:
        message = f"`{name}` has no meaning; say in words what it is, behind its unit."
        raise Mismatch(message)
    return unit, meaning, numbers


def _range(name: str, bounds: re.Match[str], unit: str) -> Range:
    try:
        low, high = float(bounds["low"]), float(bounds["high"])
    except ValueError:
        low, high = math.nan, math.nan
    if not low <= high:
        message = f"the range of `{name}` needs two numbers, the smaller one first."
        raise Mismatch(message)
    # `[1, inf)` excludes infinity itself, `[1, inf]` takes it.
    return Range(low, high, bounds["left"] == "[", bounds["right"] == "]", unit)
