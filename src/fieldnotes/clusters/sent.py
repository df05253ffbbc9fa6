"""What was sent where: `catalogue/submissions/`, and what the scheduler knows of it.

How a run stands is in its folder. The scheduler is asked for one thing only: whether a
run that no worker has taken yet still waits for its turn, or was lost.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from fieldnotes.clusters.schedulers import KINDS, Element
from fieldnotes.clusters.settings import ClusterError
from fieldnotes.errors import CorruptFile
from fieldnotes.files import write_json
from fieldnotes.project import Project
from fieldnotes.runs.states import BLOCKED, FAILED, INTERRUPTED, KILLED, QUEUED
from fieldnotes.runs.status import known_status
from fieldnotes.runs.typed import read_mapping, typed

PLACE, RECORD = "submissions", "submission.json"
LOST = "lost"  # sent, never started, and the scheduler knows nothing of it any more
# What was stopped from outside is begun again when the scheduler restarts its element.
RESTARTED = frozenset({KILLED, INTERRUPTED})
OVER = FAILED - RESTARTED | {BLOCKED}
SCHEMA = 1


@dataclass(frozen=True)
class SentArray:
    """One array that was submitted: run folders by element, from the project's root."""

    name: str
    job: str = ""  # "" where it was not submitted
    elements: list[list[str]] = field(default_factory=list)


@dataclass
class Submission:
    """One call of `run --on CLUSTER`."""

    schema: int = SCHEMA
    cluster: str = ""
    scheduler: str = ""
    sent: str = ""
    spreads: list[str] = field(default_factory=list)
    arrays: list[SentArray] = field(default_factory=list)

    def write(self, folder: Path) -> None:
        """Write it into its folder, atomically."""
        write_json(folder / RECORD, asdict(self))


class Ticket(NamedTuple):
    """Where a run waits: its place in the array of a job, of which scheduler."""

    scheduler: str
    element: Element


def new_folder(project: Project) -> Path:
    """A folder for a submission, named by the time."""
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}"[:-3]
    return project.catalogue / PLACE / f"{stamp}-{os.getpid()}"


def submissions(project: Project) -> Iterator[Submission]:
    """Every submission that can be read, the oldest first."""
    for path in sorted((project.catalogue / PLACE).glob(f"*/{RECORD}")):
        with suppress(CorruptFile):
            submission = typed(Submission, read_mapping(path))
            if submission is not None:
                yield submission


def tickets(project: Project) -> dict[Path, Ticket]:
    """Where each run was last sent, by its folder."""
    found: dict[Path, Ticket] = {}
    for each in submissions(project):
        for array in each.arrays:
            for index, folders in enumerate(array.elements, start=1):
                ticket = Ticket(each.scheduler, (array.job, index))
                found |= {project.root / folder: ticket for folder in folders}
    return found


class Waiting:
    """Tells the runs that wait in a scheduler from those it has lost.

    Each scheduler is asked once, and only when there is a run to ask about.

    Raises:
        ClusterError: a scheduler that must be asked cannot be.
    """

    def __init__(self, project: Project):
        self._tickets = tickets(project)
        self._known: dict[str, set[Element]] = {}

    def job(self, folder: Path) -> str | None:
        """The job in which a run waits or works; None when it has ended or was lost."""
        ticket = self._tickets.get(folder)
        over = known_status(folder).state in OVER
        if ticket is None or over or ticket.scheduler not in KINDS:
            return None
        kind, element = ticket
        if kind not in self._known:
            self._known[kind] = KINDS[kind]().known()
        return element[0] if element in self._known[kind] else None

    def lost(self, folder: Path) -> bool:
        """Whether a run was sent, has not started, and waits nowhere."""
        if folder not in self._tickets or known_status(folder).state != QUEUED:
            return False
        return self.job(folder) is None


def mark_lost(project: Project, runs: Iterable[Any]) -> str:
    """Give the queued runs of a status that wait nowhere the state `lost`.

    Args:
        runs: the runs of a `ProjectStatus`.

    Returns why the scheduler could not be asked; "" where it could, or need not be.
    """
    waiting = Waiting(project)
    try:
        for run in runs:
            if run.state == QUEUED and waiting.lost(run.folder):
                run.state, run.cause = LOST, "the scheduler knows nothing of it"
    except ClusterError as error:
        return str(error)
    return ""
