"""Which runs belong to which spread, and the rows that its table shows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fieldnotes.errors import CorruptFile
from fieldnotes.files import read_json
from fieldnotes.project import Project
from fieldnotes.runs import Run, list_runs
from fieldnotes.spreads import noted_spreads, spread_called
from fieldnotes.values import is_number

NOTES = "spreads"  # in the catalogue: the runner's list of the runs of each spread


def spread_source(name: str) -> str:
    """The source of the page of a spread, from the project's root."""
    return f"results/spreads/{name.replace('/', '-')}.qmd"


@dataclass(frozen=True)
class Case:
    """One run as one spread sees it: the same run can stand in several spreads."""

    run: Run
    varied: Mapping[str, Any]
    stale: bool = False  # made by earlier code; the plan would run it again
    changed: str = ""  # what of the code has changed since, as the plan says it


@dataclass
class Comparison:
    """What the page of one spread shows."""

    name: str
    title: str
    question: str = ""
    answer: Mapping[str, Any] = field(default_factory=dict)
    pages: Any = None
    stages: dict[str, list[Case]] = field(default_factory=dict)
    missing: int = 0  # planned cases that have never been run

    @property
    def page(self) -> str:
        return spread_source(self.name)

    @property
    def study(self) -> str:
        return next((case.run.study for case in self.cases), self.name.split("/")[0])

    @property
    def cases(self) -> list[Case]:
        return [case for cases in self.stages.values() for case in cases]


def read_runs(project: Project) -> tuple[list[Run], dict[str, str]]:
    """Every run of the catalogue, and the folders that hold none with the reason.

    Runs made by hand (interactive) are left out: they have no executed notebook.
    """
    runs, odd = list_runs(project)
    return [run for run in runs if not run.interactive], odd


def comparisons(
    project: Project, runs: Sequence[Run], names: Iterable[str]
) -> list[Comparison]:
    """The comparisons of these spreads and of all that have runs, each with cases.

    Raises:
        SpreadError: a name is that of no spread.
    """
    run_before = sorted({run.spread for run in runs} - {""})
    wanted = [spread_called(project, name, run_before) for name in names]
    wanted += run_before
    wanted += noted_spreads(project)
    wanted = list(dict.fromkeys(wanted))
    found = _planned(project, wanted, runs)
    if not found:  # one of them cannot be planned, which is no reason for the others
        for name in wanted:
            found |= _planned(project, [name], runs) if len(wanted) > 1 else {}
    for name in wanted:
        found |= {} if name in found else _recorded(project, name, runs)
    return [item for item in found.values() if item.stages]


def _note(project: Project, name: str) -> Any:
    try:
        return read_json(project.catalogue / NOTES / f"{name}.json")
    except CorruptFile:
        return None


def _planned(
    project: Project, names: Sequence[str], runs: Sequence[Run]
) -> dict[str, Comparison]:
    """The cases as the files plan them today, empty if that is not possible.

    A spread can be renamed or broken long after its runs were made, and the site still
    shows them; so whatever the planner says against it only means: ask the run folders.
    """
    try:
        from fieldnotes.runner import make_plan
        from fieldnotes.spreads import load_spreads

        spreads = load_spreads(project, names, checked=False)
        stages = make_plan(project, spreads).stages
    except Exception:  # any reason is as good as any other: the folders know
        return {}
    table = _by_key(runs)
    found: dict[str, Comparison] = {}
    for spread in spreads:
        # A spread that another one only needs is a page of its own, or of nobody.
        if spread.asked and spread.stages:
            page = found.setdefault(spread.name, _titled(spread.name, spread))
            for name, stage in spread.stages.items():
                _fill(page, name, stage, stages.get(stage.qualified, ()), table)
    return found


def _fill(
    page: Comparison, name: str, stage: Any, planned: Any, table: Mapping[str, Run]
) -> None:
    """Enter the runs of one stage; what has never been run is only counted."""
    own = [request.varied for request in stage.requests]
    for place, item in enumerate(planned):
        # A run that two spreads share is planned once, in the words of the first.
        foreign = item.qualified != stage.qualified and len(own) == len(planned)
        case = _case(item, own[place] if foreign else item.varied, table)
        if case is None:
            page.missing += 1
        else:
            page.stages.setdefault(name, []).append(case)


def _titled(name: str, spread: Any) -> Comparison:
    return Comparison(
        name=name,
        title=str(getattr(spread, "title", "") or name),
        question=str(getattr(spread, "question", "") or ""),
        answer=mapping(getattr(spread, "answer", None)),
        pages=getattr(spread, "pages", None),
    )


def _by_key(runs: Sequence[Run]) -> dict[str, Run]:
    """Runs by key, and by what they were asked to do (the newest of each)."""
    table: dict[str, Run] = {}
    for run in sorted(runs, key=lambda run: run.started):
        table[run.key] = run
        table[f"case {run.case}"] = run
    return table


def _case(item: Any, varied: Any, table: Mapping[str, Run]) -> Case | None:
    for key in (item.folder.name, item.key):
        if key in table:
            return Case(table[key], mapping(varied))
    earlier = table.get(f"case {item.case}")
    if earlier is None:
        return None
    return Case(earlier, mapping(varied), stale=True, changed=item.reason)


def stale_note(cases: Iterable[Case]) -> str:
    """How many of these runs today's code would make again and why; "" for none."""
    old = {case.run.key: case for case in cases if case.stale}
    if not old:
        return ""
    reasons = [part for case in old.values() for part in case.changed.split("; ")]
    told = "; ".join(dict.fromkeys(filter(None, reasons)))
    count = f"{len(old)} run{' is' if len(old) == 1 else 's are'} of earlier code"
    again = (
        "today's code would make it again"
        if len(old) == 1
        else ("today's code would make them again")
    )
    return f"{count}; {again}{f' ({told})' if told else ''}."


def _recorded(
    project: Project, name: str, runs: Sequence[Run]
) -> dict[str, Comparison]:
    """The cases as the runner noted them at its last call, else as the run folders
    remember them; of each case the newest run."""
    noted = mapping(_note(project, name))
    title = str(noted.get("title") or name)
    page = Comparison(name=name, title=title)
    page.answer, page.pages = mapping(noted.get("answer")), noted.get("pages")
    table = {run.key: run for run in runs}
    for stage, entries in mapping(noted.get("stages")).items():
        for entry in map(mapping, entries if isinstance(entries, list) else ()):
            if run := table.get(str(entry.get("key"))):
                case = Case(run, mapping(entry.get("varied")))
                page.stages.setdefault(str(stage), []).append(case)
    if page.stages:
        return {name: page}
    newest: dict[str, Run] = {}
    for run in sorted(runs, key=lambda run: run.started):
        if run.spread == name:
            newest[f"{run.stage} {run.case}"] = run
    page.stages = {run.stage: [] for run in newest.values()}
    for run in sorted(newest.values(), key=_natural):
        page.stages[run.stage].append(Case(run, run.varied))
    return {name: page} if page.stages else {}


def _natural(run: Run) -> list[tuple[str, bool, float, str]]:
    """The order of cases that no plan gives: by what varies, numbers as numbers."""
    return [
        (name, False, value, "") if is_number(value) else (name, True, 0.0, str(value))
        for name, value in flat(run.varied).items()
    ]


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested parameters under dotted names; a model query stays one value."""
    result: dict[str, Any] = {}
    for name, value in values.items():
        inside = mapping(value)
        if inside and not {"from", "where"} & set(inside):
            result |= flat(inside, f"{prefix}{name}.")
        else:
            result[f"{prefix}{name}"] = value
    return result


def mapping(value: Any) -> Mapping[str, Any]:
    """`value` if it is a mapping, an empty one otherwise."""
    return value if isinstance(value, Mapping) else {}


def is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | str)


def users(runs: Iterable[Run]) -> dict[str, list[Run]]:
    """For each run key the runs that need it or use its models."""
    table: dict[str, list[Run]] = {}
    for run in runs:
        for key in needed(run):
            table.setdefault(key, []).append(run)
    return table


def needed(run: Run) -> list[str]:
    """The keys of the runs whose results or models this one uses."""
    keys = [*run.manifest.needs, *(model.run for model in run.manifest.models)]
    return list(dict.fromkeys(key for key in keys if key))
