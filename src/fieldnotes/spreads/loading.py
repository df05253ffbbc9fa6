"""From names of spreads to cases: everything is checked before anything runs."""

from collections.abc import Iterable, Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from fieldnotes.project import Project
from fieldnotes.query import is_query
from fieldnotes.spreads.checks import call_checks
from fieldnotes.spreads.drafts import Draft, StageDraft, read_draft
from fieldnotes.spreads.notebooks import Notebook, list_notebooks, read_notebook
from fieldnotes.spreads.paths import find_parameters_file, spread_name
from fieldnotes.spreads.problems import Mismatch, SpreadError
from fieldnotes.spreads.queries import check_query
from fieldnotes.spreads.recorded import refuse_unrecorded
from fieldnotes.spreads.stages import Spread, Stage, build_stage
from fieldnotes.spreads.typed import spread_called_by
from fieldnotes.spreads.values import Checker
from fieldnotes.words import nearest, quoted, there_are


def load_spreads(
    project: Project,
    names: Sequence[str | Path],
    typed: str = "",
    *,
    checked: bool = True,
) -> list[Spread]:
    """The named spreads and all that they include or need, checked and in order.

    `typed` is the text of one more spread, which has no file; see `spread_text`.

    With `checked` false, answers and the checks of the studies are not looked at, which
    takes most of the time; it is for a reader of results, where nothing will be run.

    Every file comes after the files it needs, as far as whole files can be put in such
    an order; `in_order` gives the exact order of the stages.

    Raises:
        SpreadError: anything is wrong in any of the files; all of it is told at once.
    """
    loader = _Loader(project)
    asked = [loader.find(name) for name in names]
    asked += [loader.take(typed)] if typed else []
    loader.ask(name for name in asked if name)
    order = loader.order()
    stages: dict[str, Stage] = {}
    for qualified in order:
        built = loader.build(qualified)
        if built:
            stages[qualified] = built
    loader.refuse_unused_defaults()
    if checked:
        loader.refuse_unrecorded_answers()
    if loader.problems:
        raise SpreadError(loader.problems)
    wanted = loader.wanted()
    kept = [stages[name] for name in order if name in wanted]
    if checked and (problems := call_checks(project, kept)):
        raise SpreadError(problems)
    return loader.spreads(kept)


def in_order(spreads: Iterable[Spread]) -> list[Stage]:
    """All stages of loaded spreads, each after the stages that it needs."""
    stages = {stage.qualified: stage for s in spreads for stage in s.stages.values()}
    needs = {name: stage.needs for name, stage in stages.items()}
    return [stages[name] for name in _sorted(needs)[0]]


class _Loader:
    """Reads files as they are reached, then builds the stages in order."""

    def __init__(self, project: Project):
        self.project = project
        self.problems: list[str] = []
        self.drafts: dict[str, Draft] = {}
        self.asked: set[str] = set()
        self._notebooks: dict[str, Notebook | None] | None = None

    def find(self, name: str | Path, where: str = "") -> str | None:
        """The canonical name of a spread; None, and told, where there is none."""
        try:
            path = find_parameters_file(self.project, name)
        except SpreadError as error:
            self.problems += [where + text for text in error.problems]
            return None
        found = spread_name(self.project, path)
        if found not in self.drafts:
            self.drafts[found] = read_draft(self.project, found, path, self.problems)
            self._reach(self.drafts[found])
        return found

    def take(self, typed: str) -> str:
        """Take in a spread that was typed; its name."""
        name = spread_called_by(typed)
        path = self.project.params / f"{name}.yml"
        self.drafts[name] = read_draft(self.project, name, path, self.problems, typed)
        self._reach(self.drafts[name])
        return name

    def _reach(self, draft: Draft) -> None:
        """Read what a draft includes and needs; names become canonical."""
        place = draft.place.under("include")
        included = (self.find(name, f"{place}: ") for name in draft.include)
        draft.include = [name for name in included if name]
        for stage in draft.stages.values():
            stage.needs = tuple(self._need(need, stage) for need in stage.needs)

    def _need(self, need: str, stage: StageDraft) -> str:
        file, _, name = need.rpartition(".")
        if file == stage.spread:
            return need
        found = self.find(file, f"{stage.part('needs')}: {quoted(need)}: ")
        return f"{found}.{name}" if found else need

    def ask(self, names: Iterable[str]) -> None:
        """Mark the named spreads, and those they include, as asked for."""
        included = {name: tuple(d.include) for name, d in self.drafts.items()}
        self.asked = _reachable(names, included)
        ring = _sorted(included)[1]
        if ring:
            place = self.drafts[ring[0]].place.under("include")
            place.refuse(f"the files include each other: {' → '.join(ring)}.")

    def order(self) -> list[str]:
        """All stages read, each after its needs; unknown ones and cycles are told."""
        stages = self._stages()
        for stage in stages.values():
            self._refuse_unknown(stage, stages)
        needs = {
            name: tuple(need for need in stage.needs if need in stages)
            for name, stage in stages.items()
        }
        ordered, ring = _sorted(needs)
        if ring:
            said = " → ".join(f"`{name}`" for name in ring)
            place = stages[ring[0]].part("needs")
            place.refuse(f"the stages need each other in a cycle: {said}.")
        return ordered

    def _stages(self) -> dict[str, StageDraft]:
        return {s.qualified: s for d in self.drafts.values() for s in d.stages.values()}

    def _refuse_unknown(self, stage: StageDraft, stages: dict[str, Any]) -> None:
        for need in stage.needs:
            file, _, name = need.rpartition(".")
            if need in stages or file not in self.drafts:
                continue
            draft = self.drafts[file]
            stage.part("needs").refuse(
                f"{quoted(name)} is not a stage of {draft.place.file}."
                f"{there_are(name, draft.stages)} A stage of another file is written "
                "`file.stage`."
            )

    def build(self, qualified: str) -> Stage | None:
        file, _, name = qualified.rpartition(".")
        draft = self.drafts[file].stages[name]
        return build_stage(
            self.project, draft, self.drafts[file], self._query_check(draft)
        )

    def _query_check(self, draft: StageDraft) -> Checker:
        """Refuses impossible queries for models; each one is looked at once."""
        stages = self._stages()
        books = {
            need: book
            for need in draft.needs
            if need in stages and (book := stages[need].notebook)
        }
        seen: dict[str, str | None] = {}

        def check(parameters: dict[str, Any]) -> None:
            for name, value in parameters.items():
                if not is_query(value):
                    continue
                key = f"{name} {value!r}"
                if key not in seen:
                    seen[key] = self._query_fault(name, value, draft, books)
                if fault := seen[key]:
                    raise Mismatch(fault)

        return check

    def _query_fault(
        self, name: str, query: Any, draft: StageDraft, books: dict[str, Notebook]
    ) -> str | None:
        try:
            check_query(query, draft.spread, draft.needs, books, self.notebooks())
        except Mismatch as error:
            return f"`{name}` {error}"
        return None

    def notebooks(self) -> dict[str, Notebook | None]:
        """Every notebook of the project, None where it cannot be read."""
        if self._notebooks is None:
            self._notebooks = {}
            for name in list_notebooks(self.project):
                try:
                    self._notebooks[name] = read_notebook(self.project, name)
                except SpreadError:
                    self._notebooks[name] = None
        return self._notebooks

    def refuse_unused_defaults(self) -> None:
        """Tell of defaults that no stage of their spread takes."""
        for draft in self.drafts.values():
            books = [stage.notebook for stage in draft.stages.values()]
            known = [name for book in books if book for name in book.parameters]
            # A notebook that cannot be read might have taken it.
            for source, key, _ in draft.defaults if all(books) else ():
                if key.partition(".")[0] not in known:
                    self.problems.append(
                        f"{source}: {quoted(key)} is a parameter of no stage of "
                        f"{draft.place.file}.{nearest(key, known)}"
                    )

    def refuse_unrecorded_answers(self) -> None:
        """Tell of answers that no notebook of their spread records."""
        for draft in self.drafts.values():
            books = [stage.notebook for stage in draft.stages.values()]
            if draft.answer and all(books):
                known = [book for book in books if book]
                for kind in draft.answer.keys() & {"value", "text"}:
                    name, place = draft.answer[kind], draft.part("answer")
                    refuse_unrecorded(self.project, name, known, place)

    def wanted(self) -> set[str]:
        """The stages asked for, and all that they need."""
        stages = self._stages()
        asked = [s.qualified for s in stages.values() if s.spread in self.asked]
        return _reachable(asked, {name: s.needs for name, s in stages.items()})

    def spreads(self, stages: list[Stage]) -> list[Spread]:
        """The files of these stages, those that others need or include first."""
        below = {name: tuple(draft.include) for name, draft in self.drafts.items()}
        for stage in stages:
            others = (need.rpartition(".")[0] for need in stage.needs)
            below[stage.spread] += tuple(o for o in others if o != stage.spread)
        ordered = _sorted(below)[0]
        held = {name: {} for name in ordered}
        for stage in stages:
            held[stage.spread][stage.name] = stage
        return [
            self._spread(name, held[name])
            for name in ordered
            if held[name] or name in self.asked
        ]

    def _spread(self, name: str, stages: dict[str, Stage]) -> Spread:
        draft = self.drafts[name]
        return Spread(
            name=name,
            path=draft.path,
            title=draft.title or name,
            question=draft.question,
            stages=stages,
            answer=draft.answer,
            pages=draft.pages,
            asked=name in self.asked,
        )


def _reachable(names: Iterable[str], below: dict[str, tuple[str, ...]]) -> set[str]:
    """The names themselves and all that they lead to."""
    found: set[str] = set()
    todo = list(names)
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += below[name]
    return found


def _sorted(needs: dict[str, tuple[str, ...]]) -> tuple[list[str], list[str]]:
    """Names after all that they need, and one cycle (first name repeated) if any.

    Keeps the given order otherwise. Inside a cycle the order is as good as it gets.
    """
    known = {name: [need for need in needs[name] if need in needs] for name in needs}
    sorter, place = TopologicalSorter(known), {name: i for i, name in enumerate(needs)}
    try:
        sorter.prepare()
    except CycleError as error:
        ring = error.args[1][::-1]  # each name before one that it needs
        opened = tuple(need for need in needs[ring[0]] if need != ring[1])
        return _sorted(needs | {ring[0]: opened})[0], ring
    ordered: list[str] = []
    ready: list[str] = []
    while sorter.is_active():
        ready = sorted([*ready, *sorter.get_ready()], key=place.__getitem__)
        ordered.append(ready.pop(0))
        sorter.done(ordered[-1])
    return ordered, []
