"""What other runs recorded, for a notebook that gathers it."""

from collections.abc import Iterator, Sequence
from typing import Any

from fieldnotes.catalogue.session import Session
from fieldnotes.catalogue.this_run import current, in_batch
from fieldnotes.errors import CatalogueError
from fieldnotes.runs import FINISHED, Run, find_run, list_runs, read_run


def scraps(name: str, notebooks: Sequence[str] = ()) -> list[tuple[Run, Any]]:
    """Values that other runs recorded under a name, each with its run.

    In a batch run these are the finished runs that its stage `needs`; by hand, of each
    notebook the newest finished run of the runner. A value that belongs to one member
    of its run is left out.

    Args:
        name: as it was given to `record`.
        notebooks: "study/name" of those asked, in the order wanted; empty for all.

    Raises:
        CatalogueError: none of the runs recorded such a value.
    """
    session = current()
    runs = list(_needed(session)) if in_batch() else _newest(session)
    if notebooks:
        runs = [run for book in notebooks for run in runs if run.notebook == book]
    found = [
        (run, scrap.value)
        for run in runs
        for scrap in run.scraps
        if scrap.name == name and not scrap.member
    ]
    if not found:
        raise CatalogueError(_nothing(name, notebooks, runs))
    return found


def _needed(session: Session) -> Iterator[Run]:
    """The finished runs that this run of the runner needs, in the order of its spread.

    A partial stage may be started although one of them failed.
    """
    for key in session.manifest.needs:
        run = read_run(find_run(session.project, key))
        if run is not None and run.state in FINISHED:
            yield run


def _newest(session: Session) -> list[Run]:
    """Of each notebook the newest finished run of the runner."""
    newest: dict[str, Run] = {}
    for run in sorted(list_runs(session.project)[0], key=lambda run: run.started):
        if run.state in FINISHED and not run.interactive:
            newest[run.notebook] = run
    return list(newest.values())


def _nothing(name: str, notebooks: Sequence[str], runs: Sequence[Run]) -> str:
    asked = ", ".join(notebooks) or "any notebook"
    keys = ", ".join(f"{run.notebook} ({run.key})" for run in runs) or "none"
    if in_batch():
        remedy = "A batch run sees the runs of the stages that its own stage `needs`."
    else:
        remedy = "Run those notebooks first: `fieldnotes run SPREAD`."
    return (
        f"scraps: no run recorded {name!r}. Asked: {asked}. Looked in: {keys}. {remedy}"
    )
