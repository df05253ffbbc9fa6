"""Names that a notebook records, read from its code and from the modules it imports.

Nothing is imported or run. `record(NAME, value, ...)` counts under whatever name it is
imported and as a method of anything; so does scrapbook's `glue`.
"""

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from fieldnotes.code import project_modules
from fieldnotes.project import Project
from fieldnotes.spreads.notebooks import Notebook
from fieldnotes.spreads.problems import Place
from fieldnotes.words import quoted, there_are

CALLS = frozenset({"record", "glue"})
HOLE = "\0"  # stands for the computed part of a name; no name holds this character


@dataclass(frozen=True)
class RecordedNames:
    """Names of values: `written` as such or with holes, or `computed` out of sight."""

    written: frozenset[str]
    computed: bool

    def may_hold(self, name: str) -> bool:
        """Whether a run of the notebook could record this name."""
        return self.computed or any(
            re.fullmatch(".*".join(map(re.escape, text.split(HOLE))), name, re.DOTALL)
            for text in self.written
        )


def recorded_names(project: Project, notebook: Notebook) -> RecordedNames:
    """What the notebook's cells, and the project's modules that they reach, record."""
    sources = [cell.source for cell in notebook.code_cells]
    modules = project_modules(project, sources)
    stems = {module.rpartition(".")[2] for module in modules}
    # The cells share their names, so that an import in one counts in all.
    found = [_calls("\n".join(sources))]
    for path in modules.values():
        text = path.read_text(encoding="utf-8")
        if any(call in text for call in CALLS):
            found.append(_calls(text))
    # The function of another module of the project: what it records is read there.
    texts = {call.text for calls in found for call in calls if call.owner not in stems}
    written = frozenset(text for text in texts if text is not None)
    return RecordedNames(written, computed=None in texts)


def refuse_unrecorded(
    project: Project, name: str, notebooks: Iterable[Notebook], place: Place
) -> None:
    """Tell of an answer that none of the notebooks records."""
    books = {book.name: book for book in notebooks}
    found = {book.name: recorded_names(project, book) for book in books.values()}
    if any(names.may_hold(name) for names in found.values()):
        return
    known = sorted({text for names in found.values() for text in names.written})
    place.refuse(
        f"{quoted(name)} is recorded by no notebook of this spread "
        f"({', '.join(books) or 'it has none'})."
        f"{there_are(name, [t.replace(HOLE, '…') for t in known], 'It records')}"
    )


class _Call(NamedTuple):
    """What one call records, and what its owner was imported as."""

    text: str | None  # None where no letter of the name is known
    owner: str | None = None


@cache
def _calls(source: str) -> frozenset[_Call]:
    """The calls of one source that record."""
    try:
        tree = ast.parse(source)
    except SyntaxError:  # told when the module is imported
        return frozenset({_Call(None)})
    imported = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    found: set[_Call] = set()
    callees = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not _records(node.func, imported):
            continue
        callees.add(node.func)
        value = getattr(node.func, "value", None)
        owner = imported.get(value.id) if isinstance(value, ast.Name) else None
        given = {word.arg: word.value for word in node.keywords}
        if len(node.args) > 1 or "value" in given:
            text = _text(node.args[0] if node.args else given.get("name"))
            found.add(_Call(text, owner))
    # What is handed on may be called by another name, out of sight.
    handed_on = any(
        isinstance(node, ast.Name)
        and node not in callees
        and imported.get(node.id) in CALLS
        for node in ast.walk(tree)
    )
    return frozenset(found | ({_Call(None)} if handed_on else set()))


def _records(called: ast.expr, imported: dict[str, str]) -> bool:
    """Whether a call of this is one that records."""
    if isinstance(called, ast.Attribute):
        return called.attr in CALLS
    return isinstance(called, ast.Name) and imported.get(called.id, called.id) in CALLS


def _text(node: ast.expr | None) -> str | None:
    """The text of an expression, with holes; None where no letter of it is known."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            text = "".join(_text(part) or HOLE for part in parts)
            return text if text.strip(HOLE) else None
        case ast.Call(
            func=ast.Attribute(value=inner, attr="replace"),
            args=[ast.Constant(value=str(old)), ast.Constant(value=str(new))],
        ):
            text = _text(inner)
            return None if text is None else text.replace(old, new)
    return None
