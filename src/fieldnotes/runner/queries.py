"""Model queries: which models a run is given, decided while planning.

A query is `{from: stage, where: {parameter: value}}`. A list in `where` means one model
for each of its values.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fieldnotes.catalogue.errors import CatalogueError
from fieldnotes.query import EACH, Condition, parse
from fieldnotes.runner.errors import RunnerError
from fieldnotes.values import flatten

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
    outcome: Any = None  # outcomes that the query takes; None for every one

    @property
    def study(self) -> str:
        return self.notebook.partition("/")[0]

    @property
    def name(self) -> str:
        """What its files are called, and keys know it by."""
        return self.identity if self.kind == "final" else f"{self.identity}.{self.kind}"


def choose(models: Iterable[Model], where: Mapping[str, Any], place: str) -> list:
    """The models that a query's `where` fits, in their order.

    Raises:
        RunnerError: a name that no model has, a value for which there is none, or a
            condition that cannot be read.
    """
    hidden = {name: where[name] for name in AT_RELEASE if name in where}
    try:
        asked = {name: value for name, value in where.items() if name not in hidden}
        conditions = parse(asked, lists=EACH)
    except CatalogueError as error:
        message = f"{place}: {error} Nothing was run."
        raise RunnerError(message) from error
    described = [(model, _description(model)) for model in models]
    _check_names(conditions, [names for _, names in described], place)
    chosen = [
        (model, names)
        for model, names in described
        if all(condition.holds(names) for condition in conditions)
    ]
    _check_values(conditions, [names for _, names in chosen], place)
    kinds = hidden.get("kind", "final")
    return [
        replace(model, kind=kind, outcome=hidden.get("outcome"))
        for model, _ in chosen
        for kind in (kinds if isinstance(kinds, list | tuple) else [kinds])
    ]


def _description(model: Model) -> dict[str, Any]:
    own = {name: getattr(model, name) for name in DESCRIBING}
    return flatten(model.parameters) | own


def _check_names(
    conditions: Sequence[Condition], offered: Sequence[Mapping], place: str
) -> None:
    known = dict.fromkeys(name for names in offered for name in names)
    for condition in conditions:
        name = condition.name
        if offered and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean `{near[0]}`?" if near else ""
            message = (
                f"{place}: where: no model has a parameter `{name}`.{hint} "
                f"They have: {', '.join(known)}. Nothing was run."
            )
            raise RunnerError(message)


def _check_values(
    conditions: Sequence[Condition], chosen: Sequence[Mapping], place: str
) -> None:
    """Refuse a condition that no model meets, or an entry of a list that none has."""
    asked = ", ".join(map(str, conditions))
    for condition in conditions:
        each = condition.value if condition.operator == EACH else [condition.value]
        for value in each:
            operator = "=" if condition.operator == EACH else condition.operator
            single = Condition(condition.name, operator, value)
            if not any(single.holds(names) for names in chosen):
                message = f"{place}: no model with {single} ({asked})."
                raise RunnerError(message)
