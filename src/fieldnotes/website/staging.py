"""Run folders → pages in `results/`, written only where something changed."""

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata, resources
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fieldnotes.files import write_bytes
from fieldnotes.project import Project
from fieldnotes.runs import FAILED, FINISHED, Run
from fieldnotes.values import is_number
from fieldnotes.website import overview, publishedpage
from fieldnotes.website.cases import (
    Case,
    Comparison,
    comparisons,
    read_runs,
    stale_note,
    users,
)
from fieldnotes.website.published import changes, publications
from fieldnotes.website.runpage import run_page
from fieldnotes.website.spreadpage import spread_page
from fieldnotes.website.text import without_shortcodes

CAP = 200  # pages of runs for one spread; every run keeps its row
ASSETS = "results/_assets"
SHARED = ("fieldnotes.js", "fieldnotes.css", "favicon.svg")  # by Quarto and the preview
_PAGE_KINDS = {".qmd", ".ipynb", ".md"}


@dataclass
class Staged:
    """What staging did: all pages by their source path, and which were written."""

    pages: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    odd: dict[str, str] = field(default_factory=dict)


def stage(project: Project, spreads: Iterable[Any] | None = None) -> Staged:
    """Stage the pages of everything in the catalogue, and of these spreads.

    A spread has a page as soon as it was run, though it share all runs with others;
    naming it here is needed only where it never was.

    An unchanged page is left alone, pages of vanished runs go, and a run whose page
    cannot be made is listed with the reason instead of stopping the others.
    """
    runs, odd = read_runs(project)
    found = comparisons(project, runs, spreads or ())
    current = _current(runs, found)
    paged = {run.key: run for run in _with_pages(found, current)}
    staged = Staged(odd=odd)
    _run_pages(project, staged, found, current, paged)
    linked = {k: run.page for k, run in paged.items() if run.page in staged.pages}
    for item in found:
        _keep(project, staged, item.page, lambda item=item: spread_page(item, linked))
    _overviews(project, staged, found, current, paged)
    _assets(project)
    _tidy(project, staged)
    return staged


def _current(runs: Sequence[Run], found: Sequence[Comparison]) -> list[Run]:
    """The runs to show: those of the comparisons, and the newest of each other case."""
    keep = {case.run.key: case.run for item in found for case in item.cases}
    shown_cases = {run.case for run in keep.values()}
    named = {item.name for item in found}
    newest = {run.case: run for run in sorted(runs, key=lambda run: run.started)}
    for case, run in newest.items():
        if case not in shown_cases and run.spread not in named:
            keep[run.key] = run
    return sorted(keep.values(), key=lambda run: (run.study, run.notebook, run.key))


def _with_pages(found: Sequence[Comparison], current: Sequence[Run]) -> list[Run]:
    """The runs that get a page, spread by spread as their `pages:` says."""
    chosen: dict[str, Run] = {}
    for item in found:
        runs = {case.run.key: case.run for case in item.cases}
        ended = [run for run in runs.values() if run.state in (*FINISHED, *FAILED)]
        for run in _selected(item, ended):
            chosen[run.key] = run
    held = {case.run.key for item in found for case in item.cases}
    for run in current:
        if run.key not in held and run.state in (*FINISHED, *FAILED):
            chosen[run.key] = run
    return list(chosen.values())


def _selected(item: Comparison, runs: Sequence[Run]) -> list[Run]:
    rule = item.pages
    if rule == "none":
        return []
    # Failures first: they are what a reader of a capped list is looking for.
    failed = [run for run in runs if run.state not in ("done",)]
    if rule == "failed":
        return [run for run in failed if run.state in FAILED][:CAP]
    if isinstance(rule, Mapping) and isinstance(rule.get("best"), int):
        return _best(item, runs, rule["best"])
    return [*failed, *(run for run in runs if run.state == "done")][:CAP]


def _best(item: Comparison, runs: Sequence[Run], count: int) -> list[Run]:
    """The best runs by the value that answers the spread's question."""
    scrap = item.answer.get("value")
    sign = -1.0 if item.answer.get("order") == "max" else 1.0

    def rank(run: Run) -> float:
        values = [
            sign * float(each.value)
            for each in run.scraps
            if each.name == scrap and is_number(each.value)
        ]
        # NaN compares with nothing, and min() would return whatever came first.
        return min((v for v in values if v == v), default=float("inf"))

    ranked = sorted((run for run in runs if run.state == "done"), key=rank)
    return ranked[: min(CAP, count)]


def _run_pages(
    project: Project,
    staged: Staged,
    found: Sequence[Comparison],
    current: Sequence[Run],
    paged: Mapping[str, Run],
) -> None:
    used_by = users(current)
    homes: dict[str, dict[str, str]] = {}
    for item in found:
        for case in item.cases:
            homes.setdefault(case.run.key, {})[item.page] = item.title
    old: dict[str, list[Case]] = {}
    for case in (case for item in found for case in item.cases):
        old.setdefault(case.run.key, []).append(case)
    for key, run in paged.items():

        def text(run: Run = run, key: str = key) -> str:
            up, users_of = homes.get(key, {}), used_by.get(key, [])
            cases = old.get(key, [])
            note = stale_note(cases) if all(case.stale for case in cases) else ""
            return run_page(run, up, paged, users_of, project.root, note)

        _keep(project, staged, run.page, text)


def _overviews(
    project: Project,
    staged: Staged,
    found: Sequence[Comparison],
    current: Sequence[Run],
    paged: Mapping[str, Run],
) -> None:
    odd = staged.odd
    shown = _published(project, staged)
    at_home = {name: text("index.qmd") for name, text in shown.items()}
    ours = {key: run for key, run in paged.items() if run.page in staged.pages}
    studies = {run.study for run in current} | {
        path.name for path in project.notebooks.glob("*") if path.is_dir()
    }
    for name in sorted(studies):
        index, part = overview.study_index(name), overview.study_part(name)
        told = shown[name](f"pages/{name}.qmd") if name in shown else ""
        _keep(
            project,
            staged,
            part,
            lambda n=name, told=told: overview.study(n, found, current, told),
        )
        _keep(
            project,
            staged,
            index,
            lambda n=name: overview.study_listing(n, current, ours),
        )
    _keep(
        project, staged, overview.HOME, lambda: overview.home(found, current, at_home)
    )
    _keep(
        project,
        staged,
        overview.INDEX,
        lambda: overview.results_index(found, current, odd),
    )


def _published(project: Project, staged: Staged) -> dict[str, Callable[[str], str]]:
    """Stage whether published findings still hold; the words of each for a page."""
    shown: dict[str, Callable[[str], str]] = {}
    for one in publications(project):
        reasons = changes(project, one)
        part = publishedpage.state_part(one.study)
        _keep(project, staged, part, lambda r=reasons: publishedpage.state_text(r))
        shown[one.study] = lambda page, one=one, r=reasons: publishedpage.summary(
            page, one, r
        )
    return shown


def _keep(project: Project, staged: Staged, page: str, text: Callable[[], str]) -> None:
    """Make one page; what goes wrong with it is told and costs no other page."""
    try:
        made = without_shortcodes(_without_place(project, text()))
    except Exception as error:  # an odd folder must not cost the site
        staged.odd[page] = f"no page could be made ({type(error).__name__}: {error})"
        return
    staged.pages.append(page)
    if write_changed(project.root / page, made.encode("utf-8", "replace")):
        staged.written.append(page)


def _without_place(project: Project, text: str) -> str:
    """`text` without where this machine keeps the project: pages are for others too."""
    root = project.root.as_posix()
    if len(project.root.parts) < 3:  # so short a path would be found in other words
        return text
    return text.replace(f"{root}/", "").replace(root, ".")


def write_changed(path: Path, content: bytes) -> bool:
    """Write `content` unless the file already holds it; whether it was written."""
    if path.is_file() and path.read_bytes() == content:
        return False
    write_bytes(path, content)
    return True


def _assets(project: Project) -> None:
    """Script, style, filter and the one plotly.js, beside the pages that use them."""
    folder = project.root / ASSETS
    version = metadata.version("plotly")
    for name in (*SHARED, "fieldnotes.scss", "figures.lua"):
        text = asset(name).replace("@PLOTLY_VERSION@", version)
        write_changed(folder / name, text.encode())
    source, target = plotly_script(), folder / "plotly.min.js"
    if not target.is_file() or target.stat().st_size != source.stat().st_size:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def asset(name: str) -> str:
    """The text of a file of this package's `assets/`."""
    folder = resources.files("fieldnotes.website") / "assets"
    return (folder / name).read_text(encoding="utf-8")


def plotly_script() -> Path:
    """plotly.min.js inside the installed package, found without the slow import."""
    spec = find_spec("plotly")
    if spec is None or not spec.submodule_search_locations:
        message = "plotly is not installed, and the figures need its plotly.min.js"
        raise ModuleNotFoundError(message)
    return Path(spec.submodule_search_locations[0]) / "package_data/plotly.min.js"


def _tidy(project: Project, staged: Staged) -> None:
    """Remove staged pages whose runs are gone, and folders left empty."""
    if not project.results.is_dir():
        return
    pages = set(staged.pages)
    for path in sorted(project.results.rglob("*"), reverse=True):
        name = path.relative_to(project.root).as_posix()
        if name.startswith(f"{ASSETS}/"):
            continue
        if path.is_file() and path.suffix in _PAGE_KINDS and name not in pages:
            path.unlink()
            staged.removed.append(name)
        elif path.is_dir() and not any(path.iterdir()):
            path.rmdir()
