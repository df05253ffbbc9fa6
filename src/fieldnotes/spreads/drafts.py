"""A spread's file as written: its keys checked, its stages named, nothing expanded."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fieldnotes.project import Project
from fieldnotes.spreads import fields
from fieldnotes.spreads.notebooks import Notebook, read_notebook
from fieldnotes.spreads.paths import find_parameters_file
from fieldnotes.spreads.problems import Place, SpreadError
from fieldnotes.spreads.queries import qualify
from fieldnotes.spreads.yaml import Node, plain, read_yaml
from fieldnotes.words import quoted

STAGE_KEYS = (
    "notebook",
    "title",
    "fix",
    "vary",
    "together",
    "needs",
    "partial",
    "limits",
)
FILE_KEYS = (
    "title",
    "question",
    "answer",
    "defaults",
    "stages",
    "include",
    "limits",
    "pages",
)
SHORT_KEYS = tuple(dict.fromkeys((*FILE_KEYS, *STAGE_KEYS)))
PLACE = "command line"  # of a spread that was typed
STAGE_NAME = re.compile(r"[\w-]+")


@dataclass
class StageDraft:
    """A stage as written: `needs` qualified, `notebook` None where unreadable."""

    name: str
    spread: str
    place: Place
    notebook: Notebook | None
    title: str | None
    entries: dict[str, Node]
    keys: dict[str, int]
    needs: tuple[str, ...]
    together: tuple[str, ...]
    partial: bool
    limits: dict[str, float]

    @property
    def qualified(self) -> str:
        return f"{self.spread}.{self.name}"

    def part(self, key: str) -> Place:
        """The place of one of the stage's keys."""
        return self.place.under(key, abs(self.keys.get(key, 0)) or None)


@dataclass
class Draft:
    """A spread's file as written."""

    name: str
    path: Path
    place: Place
    title: str | None = None
    question: str | None = None
    answer: dict[str, Any] | None = None
    pages: str | dict[str, Any] | None = None
    keys: dict[str, int] = field(default_factory=dict)
    include: list[str] = field(default_factory=list)
    defaults: list[tuple[str, str, Any]] = field(default_factory=list)
    stages: dict[str, StageDraft] = field(default_factory=dict)

    def part(self, key: str) -> Place:
        """The place of one of the file's keys."""
        return self.place.under(key, abs(self.keys.get(key, 0)) or None)


def read_draft(
    project: Project, name: str, path: Path, problems: list[str], typed: str = ""
) -> Draft:
    """The spread in a file, or in what was `typed`; faults are told to `problems`."""
    place = Place(PLACE if typed else project.relative(path), problems)
    draft = Draft(name, path, place)
    node = read_yaml(typed.encode(), place) if typed else _load(path, place)
    if node is None:
        return draft
    if not node.is_map:
        place.refuse("a spread is a mapping, with `stages:` or `notebook:` at the top.")
        return draft
    entries, draft.keys, at = node.value, node.keys, draft.part
    short = "notebook" in entries
    if short and "stages" in entries:
        at("stages").refuse("give either `notebook` or `stages`, not both.")
    fields.only_keys(node.keys, SHORT_KEYS if short else FILE_KEYS, place)
    draft.title = fields.text(entries.get("title"), at("title"))
    draft.question = fields.text(entries.get("question"), at("question"))
    draft.answer = fields.answer(entries.get("answer"), at("answer"))
    draft.pages = fields.pages(entries.get("pages"), draft.answer, at("pages"))
    draft.include = fields.names(entries.get("include"), at("include"))
    limits = fields.limits(entries.get("limits"), at("limits"))
    wanted = fields.names(entries.get("defaults"), at("defaults"))
    draft.defaults = _defaults(project, wanted, at("defaults"))
    if short:
        stages = {_short_name(entries["notebook"]): (node, place)}
    else:
        stages = {
            stage: (item, at("stages").under(stage, abs(entries["stages"].keys[stage])))
            for stage, item in fields.mapping(
                entries.get("stages"), at("stages")
            ).items()
        }
    for stage, (item, where) in stages.items():
        found = _stage(project, name, stage, item, where, limits, short)
        draft.stages.update({stage: found} if found else {})
    if not stages and not draft.include:
        place.refuse(
            "an empty spread: give `stages:` (or `notebook:`, for one stage), or "
            "`include:` other spreads."
        )
    return draft


def _load(path: Path, place: Place) -> Node | None:
    try:
        data = path.read_bytes()
    except OSError as error:
        place.refuse(f"cannot be read ({error.strerror or error}).")
        return None
    return read_yaml(data, place)


def _defaults(
    project: Project, names: list[str], place: Place
) -> list[tuple[str, str, Any]]:
    """(file, key, value) of the files of defaults, the later ones on top."""
    found = []
    for name in names:
        try:
            path = find_parameters_file(project, name)
        except SpreadError as error:
            place.problems.extend(f"{place}: {text}" for text in error.problems)
            continue
        inside = Place(project.relative(path), place.problems)
        node = _load(path, inside)
        entries = fields.mapping(node, inside) if node else {}
        found += [(inside.file, key, plain(item)) for key, item in entries.items()]
    return found


def _short_name(node: Node) -> str:
    """The stage of the short form is called after its notebook."""
    given = node.value if isinstance(node.value, str) else ""
    stem = Path(given.replace("\0", "")).name.removesuffix(".ipynb").removesuffix(".py")
    name = re.sub(r"^\d+-(?=.)", "", stem)
    return name if STAGE_NAME.fullmatch(name) else "run"


def _stage(
    project: Project,
    spread: str,
    name: str,
    node: Node,
    place: Place,
    limits: dict[str, float],
    short: bool,
) -> StageDraft | None:
    if not STAGE_NAME.fullmatch(name):
        place.refuse(f"{quoted(name)}: stages are named with letters, digits, - and _.")
        return None
    entries = fields.mapping(node, place)
    if not entries:
        place.refuse("an empty stage: give at least `notebook:`.")
        return None
    if not short:
        fields.only_keys(node.keys, STAGE_KEYS, place)

    def at(key: str) -> Place:
        return place.under(key, abs(node.keys.get(key, 0)) or None)

    needs = fields.names(entries.get("needs"), at("needs"))
    own = {} if short else fields.limits(entries.get("limits"), at("limits"))
    return StageDraft(
        name=name,
        spread=spread,
        place=place,
        notebook=_notebook(project, entries.get("notebook"), at("notebook")),
        title=fields.text(entries.get("title"), at("title")),
        entries=entries,
        keys=node.keys,
        needs=tuple(qualify(need, spread) for need in needs),
        together=tuple(fields.names(entries.get("together"), at("together"))),
        partial=fields.switch(entries.get("partial"), at("partial")),
        limits=limits | own,
    )


def _notebook(project: Project, node: Node | None, place: Place) -> Notebook | None:
    if node is None or not isinstance(node.value, str):
        place.refuse("must name a notebook, like `study/name`.")
        return None
    try:
        return read_notebook(project, node.value)
    except SpreadError as error:
        for text in error.problems:
            # A fault inside the notebook says its own file and line.
            inside = text.startswith("notebooks/")
            place.problems.append(text if inside else f"{place}: {text}")
    return None
