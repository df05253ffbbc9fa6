"""What the parameters cell of an executed notebook says of each parameter."""

import ast
import io
import re
import tokenize
from collections.abc import Mapping, Sequence
from typing import Any

from fieldnotes.website.outputs import text_of

_COMMENT = re.compile(r"#\s*\[(?P<unit>[^\]]*)\]\s*(?P<meaning>.*)")
_RANGE = re.compile(r"^in\s*[\[(][^\])]*[\])]\s*:?\s*")


def declared(cells: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Unit, default and meaning by name, from the cell tagged `parameters`.

    Read and never executed; a cell that is not Python tells nothing.
    """
    for cell in cells:
        metadata = cell.get("metadata")
        tags = metadata.get("tags") if isinstance(metadata, Mapping) else None
        if "parameters" in (tags or ()):
            return _read(text_of(cell.get("source")))
    return {}


def _read(source: str) -> dict[str, dict[str, Any]]:
    try:
        statements = ast.parse(source).body
        comments = _comments(source)
    except (SyntaxError, ValueError, tokenize.TokenError):
        return {}
    known: dict[str, dict[str, Any]] = {}
    for statement in statements:
        if isinstance(statement, ast.AnnAssign) and statement.value is not None:
            name = ast.unparse(statement.target)
            line = statement.end_lineno or statement.lineno
            known[name] = {"default": _literal(statement.value)}
            known[name] |= _meaning(comments.get(line, ""))
    return known


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {t.start[0]: t.string for t in tokens if t.type == tokenize.COMMENT}


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return ast.unparse(node)  # such as float("nan")


def _meaning(comment: str) -> dict[str, str]:
    match = _COMMENT.match(comment)
    if match is None:
        return {"meaning": comment.lstrip("# ").strip()}
    meaning = _RANGE.sub("", match["meaning"].strip())
    return {"unit": match["unit"].strip(), "meaning": meaning}
