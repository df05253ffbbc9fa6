"""Queries for models: a mapping with `from` or `where`, given to a dict parameter."""

from collections.abc import Iterable, Sequence
from typing import Any

from fieldnotes.catalogue.errors import CatalogueError
from fieldnotes.query import parse
from fieldnotes.spreads.notebooks import Notebook
from fieldnotes.spreads.problems import Mismatch
from fieldnotes.words import listed, nearest, quoted, there_are

KEYS = ("from", "where", "each")
# What the catalogue knows of a model besides its hyperparameters.
COLUMNS = ("notebook", "study", "spread", "stage", "run", "identity", "kind", "outcome")


def is_query(value: Any) -> bool:
    """Whether a value asks for models instead of being data."""
    return isinstance(value, dict) and ("from" in value or "where" in value)


def query_stages(query: dict[str, Any], spread: str) -> tuple[str, ...]:
    """The stages of `from`, each as `<spread>.<stage>`; empty without `from`."""
    asked = query.get("from", ())
    names = (asked,) if isinstance(asked, str) else tuple(asked or ())
    return tuple(qualify(name, spread) for name in names)


def qualify(stage: str, spread: str) -> str:
    """`<spread>.<stage>` of a stage as a file of the spread `spread` writes it."""
    return stage if "." in stage else f"{spread}.{stage}"


def check_query(
    query: dict[str, Any],
    spread: str,
    needs: Sequence[str],
    notebooks: dict[str, Notebook],
    project_notebooks: dict[str, Notebook | None],
) -> None:
    """Refuse a query that no set of models could answer.

    Args:
        query: the mapping as written.
        spread: name of the spread that holds it.
        needs: qualified stages that the query's stage needs.
        notebooks: notebook of each stage in `needs`.
        project_notebooks: every notebook by name, None where it cannot be read.

    Raises:
        Mismatch: with what is wrong and what is allowed.
    """
    for key in query:
        if key not in KEYS:
            message = (
                f"asks for models with {listed(KEYS)} only; got {quoted(key)}."
                f"{nearest(key, KEYS)}"
            )
            raise Mismatch(message)
    if not isinstance(query.get("each", False), bool):
        message = "takes `each: true` or `each: false`."
        raise Mismatch(message)
    where = query.get("where", {})
    if not isinstance(where, dict):
        message = "takes a mapping of hyperparameters in `where`."
        raise Mismatch(message)
    sources = _from(query, spread, needs, notebooks)
    named = where.get("notebook")
    if not sources and named is not None:
        sources = _named(named, project_notebooks)
    known = sources or [book for book in project_notebooks.values() if book]
    try:
        conditions = parse(where)
    except CatalogueError as error:
        raise Mismatch(str(error)) from error
    for condition in conditions:
        if condition.name not in COLUMNS:
            _check_condition(condition.name, condition.value, known)


def _from(
    query: dict[str, Any],
    spread: str,
    needs: Sequence[str],
    notebooks: dict[str, Notebook],
) -> list[Notebook]:
    if "from" not in query:
        return []
    asked = query["from"]
    names = [asked] if isinstance(asked, str) else asked
    if not isinstance(names, list | tuple) or not names:
        message = "takes the name of a stage, or a list of them, in `from`."
        raise Mismatch(message)
    for name in names:
        if not isinstance(name, str) or qualify(name, spread) not in needs:
            text = quoted(name) if isinstance(name, str) else f"`{name!r}`"
            have = f"it needs {listed(needs)}" if needs else "it needs none"
            message = (
                f"takes models from {text}, which its stage does not need ({have})."
                f"{nearest(str(name), needs)} Add it to `needs`."
            )
            raise Mismatch(message)
    stages = [qualify(name, spread) for name in names]
    return [notebooks[stage] for stage in stages if stage in notebooks]


def _named(named: Any, known: dict[str, Notebook | None]) -> list[Notebook]:
    names = named if isinstance(named, list) else [named]
    found = []
    for name in names:
        if not isinstance(name, str) or name not in known:
            message = (
                f"asks for models of the notebook `{name}`, which does not exist."
                f"{there_are(str(name), known)}"
            )
            raise Mismatch(message)
        found += [book] if (book := known[name]) else []
    return found


def _check_condition(name: str, value: Any, notebooks: Iterable[Notebook]) -> None:
    """A hyperparameter that one of the notebooks takes, with values that it takes."""
    top, _, nested = name.partition(".")
    takers = [book for book in notebooks if top in book.parameters]
    if not takers:
        books = list(notebooks)
        names = [n for book in books for n in book.parameters]
        takes = "; ".join(f"{book.name} takes {book.takes}" for book in books[:3])
        message = (
            f"asks for models where {quoted(name)}, which is no parameter of what "
            f"trains them.{nearest(name, names)} {takes}."
        )
        raise Mismatch(message)
    if nested:
        return
    refusals = []
    for book in takers:
        try:
            for item in value if isinstance(value, list) else [value]:
                book.parameters[top].convert(item)
            return
        except Mismatch as error:
            refusals.append(str(error))
    message = f"asks for models where {quoted(name)} {refusals[0]}"
    raise Mismatch(message)
