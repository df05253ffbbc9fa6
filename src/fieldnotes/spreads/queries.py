"""Queries for models: a mapping with `from` or `where`, given to a dict parameter."""

from collections.abc import Sequence
from typing import Any

from fieldnotes.errors import CatalogueError
from fieldnotes.query import EACH, Condition, Query
from fieldnotes.spreads.notebooks import Notebook
from fieldnotes.spreads.problems import Mismatch
from fieldnotes.words import listed, nearest, quoted, there_are

KEYS = ("from", "where", "each")
# What the catalogue knows of a model besides its hyperparameters.
COLUMNS = ("notebook", "study", "spread", "stage", "run", "identity", "kind", "outcome")


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
    if not isinstance(query.get("where", {}), dict):
        message = "takes a mapping of hyperparameters in `where`."
        raise Mismatch(message)
    try:
        where = Query.of(query.get("where"))
    except CatalogueError as error:
        message = f"asks for models; {error}"
        raise Mismatch(message) from None
    sources = _from(query, spread, needs, notebooks)
    sources = sources or _named(where.only(["notebook"]), project_notebooks)
    for item in where.conditions:
        if item.name == "kind" and item.operator not in ("=", EACH, "in"):
            message = f"asks for models where {item}: `kind` is given by its name."
            raise Mismatch(message)
        if item.name not in COLUMNS:
            _check_condition(item, sources)


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


def _named(where: Query, known: dict[str, Notebook | None]) -> list[Notebook]:
    """The notebooks that conditions on `notebook` allow; without any, every one."""
    for item in where.conditions:
        for name in item.values:
            if item.operator != "contains" and name not in known:
                message = (
                    f"asks for models of the notebook {quoted(str(name))}, which does "
                    f"not exist.{there_are(str(name), known)}"
                )
                raise Mismatch(message)
    allowed = [b for name, b in known.items() if where.holds({}, {"notebook": name})]
    return [book for book in allowed if book]


def _check_condition(item: Condition, notebooks: list[Notebook]) -> None:
    """A hyperparameter that one of the notebooks takes, with values that it takes."""
    top, _, nested = item.parameter.partition(".")
    takers = [book for book in notebooks if top in book.parameters]
    if not takers:
        names = [n for book in notebooks for n in book.parameters]
        takes = "; ".join(f"{book.name} takes {book.takes}" for book in notebooks[:3])
        message = (
            f"asks for models where {quoted(item.name)}, which is no parameter of what "
            f"trains them.{nearest(item.name, names)} {takes}."
        )
        raise Mismatch(message)
    compares = item.operator in ("=", "!=", EACH, "in", "not in")
    if nested or not (compares or isinstance(item.value, str)):
        return  # a bound is a number, and need not be a value that can be taken
    refusals = []
    for book in takers:
        try:
            for value in item.values:
                book.parameters[top].convert(value)
            return
        except Mismatch as error:
            refusals.append(str(error))
    message = f"asks for models where {quoted(item.name)} {refusals[0]}"
    raise Mismatch(message)
