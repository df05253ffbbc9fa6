"""A stage with its cases: what the planner gets to run."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fieldnotes.files import not_a_file
from fieldnotes.project import Project
from fieldnotes.spreads.drafts import Draft, StageDraft
from fieldnotes.spreads.expand import Case, Expansion, product
from fieldnotes.spreads.notebooks import Notebook
from fieldnotes.spreads.problems import Mismatch, Place
from fieldnotes.spreads.values import (
    Checker,
    Values,
    clash,
    fingerprint,
    sentence,
    told,
)
from fieldnotes.spreads.yaml import plain
from fieldnotes.words import listed, nearest, quoted, shown


@dataclass(frozen=True, eq=False)
class RunRequest:
    """One run of a notebook, with its full set of typed parameters.

    Where axes are taken together, `parameters` holds a list for each of them, and entry
    i of these lists belongs to `members[i]`; otherwise `members` is one empty dict.
    `varied` has the value of each axis of the spread in this run (lists for axes taken
    together, dotted keys for nested ones); `origin` says where each value comes from.
    """

    parameters: dict[str, Any]
    members: tuple[dict[str, Any], ...]
    varied: dict[str, Any]
    origin: dict[str, str]


@dataclass(frozen=True, eq=False)
class Stage:
    """One notebook over its cases. `needs` are qualified: `<spread>.<stage>`."""

    name: str
    spread: str
    notebook: Notebook
    title: str
    needs: tuple[str, ...]
    partial: bool
    together: tuple[str, ...]
    limits: dict[str, float]
    place: Place
    requests: list[RunRequest]

    @property
    def qualified(self) -> str:
        return f"{self.spread}.{self.name}"


@dataclass(frozen=True, eq=False)
class Spread:
    """A file of stages. `asked` is false where only another spread needs it; then it
    holds only the stages that are needed."""

    name: str
    path: Path
    title: str
    question: str | None
    stages: dict[str, Stage]
    answer: dict[str, Any] | None
    pages: str | dict[str, Any] | None
    asked: bool = True


def build_stage(
    project: Project, draft: StageDraft, file: Draft, check: Checker
) -> Stage | None:
    """The stage that a draft describes; None where something is wrong, which is told.

    `check` refuses, with Mismatch, parameters that hold an impossible query for models.
    """
    notebook = draft.notebook
    if notebook is None:
        return None
    before = len(draft.place.problems)
    values = Values(notebook, check)
    _lay_constants(values, draft, file)
    parts = _vary(values, draft)
    cases = product(parts, draft.part("vary")) if parts else [{}]
    together = _together(draft, notebook, {key for case in cases for key in case})
    if len(draft.place.problems) > before:
        return None
    origin = _origins(values, parts, draft)
    requests = _requests(values, cases, together, origin, draft)
    _check_files(project, notebook, requests, draft)
    return Stage(
        name=draft.name,
        spread=draft.spread,
        notebook=notebook,
        title=draft.title or notebook.title,
        needs=draft.needs,
        partial=draft.partial,
        together=together,
        limits=draft.limits,
        place=draft.place,
        requests=requests,
    )


def _lay_constants(values: Values, draft: StageDraft, file: Draft) -> None:
    """Defaults from files, then `fix`, over the notebook's own defaults."""
    for source, key, value in file.defaults:
        # A file of defaults serves several notebooks: each takes what it knows.
        if key.partition(".")[0] in values.notebook.parameters:
            place = Place(source, draft.place.problems)
            _fix(values, key, value, source, place)
    node, place = draft.entries.get("fix"), draft.part("fix")
    if node is None or node.value is None:
        return
    if not node.is_map:
        place.refuse(f"must be a mapping, `name: value`; got {shown(plain(node))}.")
        return
    for key, item in node.value.items():
        origin = f"{place.file}: fix"
        _fix(values, key, plain(item), origin, place.on(abs(node.keys[key])))
    _refuse_clash(node.value, place)


def _fix(values: Values, key: str, value: Any, origin: str, place: Place) -> None:
    try:
        values.fix(key, value, origin)
    except Mismatch as error:
        place.refuse(sentence(key, error))


def _refuse_clash(keys: Iterable[str], place: Place) -> None:
    if pair := clash(keys):
        place.refuse(f"{listed(pair)} set the same thing; keep one of them.")


def _vary(values: Values, draft: StageDraft) -> list[list[Case]]:
    """The cases of each block of `vary`; none where the stage has no `vary`."""
    if "vary" not in draft.entries:
        return []
    names = frozenset(values.notebook.parameters)
    return Expansion(values.typed, names).vary(
        draft.entries["vary"], draft.part("vary")
    )


def _together(draft: StageDraft, notebook: Notebook, axes: set[str]) -> tuple[str, ...]:
    place = draft.part("together")
    for name in draft.together:
        if name not in notebook.parameters:
            place.refuse(notebook.unknown(name))
        elif not notebook.parameters[name].is_list:
            annotation = notebook.parameters[name].annotation
            place.refuse(
                f"{quoted(name)} ({annotation}) holds a single value; an axis that one "
                "run takes together is typed list[...] in the notebook."
            )
        elif name not in axes and (axes or "vary" not in draft.entries):
            place.refuse(
                f"{quoted(name)} is not varied; `together` names axes of `vary`."
                f"{nearest(name, axes)}"
            )
    return draft.together


def _origins(
    values: Values, parts: list[list[Case]], draft: StageDraft
) -> dict[str, str]:
    """Which block of `vary` sets each key."""
    file = draft.place.file
    return {
        key: f"{file}: vary[{index}]"
        for index, part in enumerate(parts)
        for case in part
        for key in case
    }


def _requests(
    values: Values,
    cases: list[Case],
    together: tuple[str, ...],
    swept_by: dict[str, str],
    draft: StageDraft,
) -> list[RunRequest]:
    """The runs of a stage: equal cases once, members of a run side by side."""
    place = draft.part("vary") if "vary" in draft.entries else draft.part("fix")
    axes = tuple(swept_by)
    tops = tuple(dict.fromkeys(key.partition(".")[0] for key in axes))
    apart = tuple(name for name in tops if name not in together)
    groups: dict[tuple[str, ...], dict[tuple[str, ...], tuple[Case, Case]]] = {}
    refused: set[str] = set()
    for case in cases:
        try:
            parameters = values.over(case.items())
        except Mismatch as error:
            if str(error) not in refused:
                refused.add(str(error))
                place.refuse(_of_case(case, error))
            continue
        group = groups.setdefault(fingerprint(parameters, apart), {})
        group.setdefault(fingerprint(parameters, together), (case, parameters))
    origins: dict[tuple[str, ...], dict[str, str]] = {}
    requests = []
    for group in groups.values():
        case, parameters = next(iter(group.values()))
        members = ({},)
        if together:
            members = tuple(_member(p, together, place) for _, p in group.values())
            lists = {name: [m[name] for m in members] for name in together}
            parameters = parameters | {
                name: values.notebook.parameters[name].convert(items)
                for name, items in lists.items()
            }
        shape = tuple(case)
        if shape not in origins:
            swept = {key: swept_by[key] for key in case}
            origins[shape] = values.origin | swept
        varied = {key: _value_of(parameters, key) for key in axes}
        requests.append(RunRequest(parameters, members, varied, origins[shape]))
    return requests


def _of_case(case: Case, error: Mismatch) -> str:
    return f"{error} (case {told(case)})" if case else str(error)


def _member(parameters: Case, together: tuple[str, ...], place: Place) -> Case:
    """One value of each axis taken together, out of its list of one."""
    member = {}
    for name in together:
        items = parameters[name]
        if items is None or len(items) != 1:
            place.refuse(
                f"{quoted(name)} is taken together: each value of the axis is a single "
                f"one; got {shown(items)}."
            )
        member[name] = items[0] if items else None
    return member


def _value_of(parameters: Case, key: str) -> Any:
    """The value of a dotted key; None where this case has no such entry."""
    value: Any = parameters
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _check_files(
    project: Project, notebook: Notebook, requests: list[RunRequest], draft: StageDraft
) -> None:
    """Tell of input files that do not exist."""
    for name, parameter in notebook.parameters.items():
        if not parameter.is_file:
            continue
        seen = set()
        for request in requests:
            value = request.parameters[name]
            for file in value if isinstance(value, list | tuple) else [value]:
                path = project.root / str(file)
                if file and file not in seen and not _is_file(path):
                    what = not_a_file(path)
                    draft.place.refuse(
                        f"`{name}`: there is no file {quoted(file)}"
                        f"{f': it {what}' if what else ''} (looked in the root of the "
                        "project)."
                    )
                seen.add(file)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
