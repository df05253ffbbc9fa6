"""Model queries: which models a run is given, decided while planning.

A query is `{from: stage, where: {parameter: value}}`; `where` means what it means
everywhere, see `fieldnotes.query`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from fieldnotes.errors import CatalogueError
from fieldnotes.query import Query
from fieldnotes.runner.errors import RunnerError
from fieldnotes.values import flatten, plain
from fieldnotes.words import nearest, quoted

DESCRIBING = ("notebook", "study", "spread", "stage", "run", "identity")
AT_RELEASE = ("kind", "outcome")  # known only when the model is there


@dataclass(frozen=True)
class Model:
    """A model that a run is given: it exists, or a run of the plan will leave it."""

    identity: str
    path: Path
    run: str
    notebook: str
    spread: str
    stage: str
    parameters: dict[str, Any]
    asked_by: str = ""  # the parameter whose query chose it
    kind: str = "final"  # which of the parameter sets that its training left
    outcome: Query = Query()  # what the query asks of how its training ended

    @property
    def study(self) -> str:
        return self.notebook.partition("/")[0]

    @property
    def columns(self) -> dict[str, Any]:
        """What is known of it besides its parameters."""
        return {name: getattr(self, name) for name in DESCRIBING}

    @cached_property
    def values(self) -> dict[str, Any]:
        """Its parameters under their dotted names."""
        return flatten(plain(self.parameters, self.notebook))

    @property
    def name(self) -> str:
        """What its files are called, and keys know it by."""
        return self.identity if self.kind == "final" else f"{self.identity}.{self.kind}"


def choose(
    models: Iterable[Model], where: Mapping[str, Any], place: str
) -> list[Model]:
    """The models that a query's `where` fits, in their order.

    Raises:
        RunnerError: a name that no model has, values for which there is no model, or
            a condition that cannot be read.
    """
    offered = list(models)
    try:
        asked = Query.of(where)
    except CatalogueError as error:
        message = f"{place}: {error} Nothing was run."
        raise RunnerError(message) from error
    query, kinds = asked.without(AT_RELEASE), _kinds(asked)
    _refuse_unknown(query, offered, place)
    chosen = [model for model in offered if query.holds(model.values, model.columns)]
    missing = query.missing(chosen, _described) or ([] if chosen else [query])
    if missing:
        message = f"{place}: no model with {missing[0]} (asked for: {query})."
        raise RunnerError(message)
    return [
        replace(model, kind=kind, outcome=asked.only(["outcome"]))
        for model in query.ordered(chosen, _described)
        for kind in kinds
    ]


def _described(model: Model) -> tuple[dict[str, Any], dict[str, Any]]:
    return model.columns, model.values


def _kinds(query: Query) -> list[str]:
    """The kinds of models asked for by name; without any the final ones."""
    named = [kind for item in query.only(["kind"]).conditions for kind in item.values]
    return named or ["final"]


def _refuse_unknown(query: Query, offered: Sequence[Model], place: str) -> None:
    known = dict.fromkeys(name for model in offered for name in model.values)
    for item in query.without(DESCRIBING).conditions:
        if offered and item.parameter not in known:
            message = (
                f"{place}: where: no model has a parameter {quoted(item.name)}."
                f"{nearest(item.name, known)} Nothing was run."
            )
            raise RunnerError(message)
