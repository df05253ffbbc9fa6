"""Model queries: which models a run is given, decided while planning.

A query is `{from: stage, where: {parameter: value}}`. A list in `where` means one model
for each of its values.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fieldnotes.runner.folder import RunnerError

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
        RunnerError: a name that no model has, or a value for which there is none.
    """
    offered = list(models)
    hidden = {name: where[name] for name in AT_RELEASE if name in where}
    wanted = flat({n: v for n, v in where.items() if n not in hidden}, lists_end=True)
    described = [(model, _description(model)) for model in offered]
    _check_names(wanted, [names for _, names in described], place)
    chosen = [
        (model, names)
        for model, names in described
        if all(_fits(names.get(name), value) for name, value in wanted.items())
    ]
    _check_values(wanted, [names for _, names in chosen], place)
    kinds = hidden.get("kind", "final")
    return [
        replace(model, kind=kind, outcome=hidden.get("outcome"))
        for model, _ in chosen
        for kind in (kinds if isinstance(kinds, list | tuple) else [kinds])
    ]


def flat(values: Mapping[str, Any], prefix: str = "", lists_end: bool = False) -> dict:
    """Nested names as dotted ones."""
    result: dict[str, Any] = {}
    for name, value in values.items():
        dotted = f"{prefix}{name}"
        exact = lists_end and isinstance(value, Mapping) and set(value) == {"value"}
        if isinstance(value, Mapping) and value and not exact:
            result |= flat(value, f"{dotted}.", lists_end)
        else:
            result[dotted] = value
    return result


def _description(model: Model) -> dict[str, Any]:
    own = {name: getattr(model, name) for name in DESCRIBING}
    return flat(model.parameters) | own


def _fits(has: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping) and set(wanted) == {"value"}:
        return _same(has, wanted["value"])
    if isinstance(wanted, list | tuple):
        return _same(has, wanted) or any(_same(has, item) for item in wanted)
    return _same(has, wanted)


def _same(has: Any, wanted: Any) -> bool:
    """Equality in which 1 and 1.0 are one, 1 and true are not, [1] stands for 1."""
    several = isinstance(wanted, list | tuple)
    if isinstance(has, list | tuple):
        if several:
            return list(has) == list(wanted)
        has = has[0] if len(has) == 1 else has
    return isinstance(has, bool) == isinstance(wanted, bool) and has == wanted


def _check_names(wanted: Mapping, offered: Sequence[Mapping], place: str) -> None:
    known = dict.fromkeys(name for names in offered for name in names)
    for name in wanted:
        if offered and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean `{near[0]}`?" if near else ""
            message = (
                f"{place}: where: no model has a parameter `{name}`.{hint} "
                f"They have: {', '.join(known)}. Nothing was run."
            )
            raise RunnerError(message)


def _check_values(wanted: Mapping, chosen: Sequence[Mapping], place: str) -> None:
    """Refuse a value of the query for which no model was chosen."""
    for name, value in wanted.items():
        has = [names.get(name) for names in chosen]
        items = list(value) if isinstance(value, list | tuple) else []
        if items and not any(_same(one, value) for one in has):
            missing = [item for item in items if not any(_same(h, item) for h in has)]
        else:
            missing = [] if has else [value]
        if missing:
            asked = ", ".join(f"{key}: {each}" for key, each in wanted.items())
            message = f"{place}: no model with {name}: {missing[0]} ({asked})."
            raise RunnerError(message)
