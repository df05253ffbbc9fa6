"""`run --on CLUSTER --wait`: the command stays until no run waits in the scheduler."""

import time
from collections.abc import Callable
from pathlib import Path

from fieldnotes.clusters.sent import Waiting
from fieldnotes.clusters.settings import ClusterError
from fieldnotes.files import write_json
from fieldnotes.project import Project
from fieldnotes.runner.batch import NOT_STARTED, Outcome
from fieldnotes.runner.batches import SUMMARY, summary_of
from fieldnotes.runner.planned import DONE, SKIPPED, Plan, PlannedRun
from fieldnotes.runner.progress import summary
from fieldnotes.runs import FINISHED, now
from fieldnotes.runs.locks import locked
from fieldnotes.runs.states import BLOCKED, QUEUED
from fieldnotes.runs.status import known_status

INTERVAL = 10.0  # [s] between two looks at the scheduler


def wait_for(
    project: Project,
    plan: Plan,
    folder: Path,
    say: Callable[[str], None],
    interval: float = INTERVAL,
) -> Outcome:
    """Wait until every run that was sent has ended or is lost; how the plan ended.

    Args:
        folder: of the submission; a summary as of a batch is written there.
        say: called with a line when the number of runs that are left changes.
        interval: [s] between two looks at the scheduler.
    """
    began, started = time.monotonic(), now()
    runs = [run for run in plan.runs if run.state not in (DONE, SKIPPED)]
    told, silent = -1, False
    while True:
        try:
            left, silent = _left(project, runs), False
        except ClusterError as error:
            if not silent:
                say(f"{error} Asking again.")
            left, silent = runs, True
        if not left:
            break
        if len(left) != told and not silent:
            told = len(left)
            say(f"waiting for {told} of {len(runs)} runs")
        time.sleep(interval)
    outcome = _outcome(plan)
    outcome.seconds, outcome.record = time.monotonic() - began, folder
    names = [spread.name for spread in plan.spreads if spread.asked]
    about = {"started": started, "spreads": names}
    write_json(folder / SUMMARY, about | summary_of(outcome))
    for line in summary(outcome):
        say(line)
    return outcome


def _left(project: Project, runs: list[PlannedRun]) -> list[PlannedRun]:
    """The runs that wait in the scheduler or are worked on."""
    waiting = Waiting(project)
    return [
        run
        for run in runs
        if not known_status(run.folder).finished
        and (locked(run.folder) or waiting.job(run.folder) is not None)
    ]


def _outcome(plan: Plan) -> Outcome:
    """How each run of a plan stands now."""
    outcome = Outcome()
    for run in plan.runs:
        if run.state in (DONE, SKIPPED):
            outcome.counts[run.state] += 1
            continue
        status = known_status(run.folder)
        state = NOT_STARTED if status.state == QUEUED else status.state
        outcome.counts[state] += 1
        if state == BLOCKED:
            outcome.blocked.append((run, status.cause))
        elif state not in FINISHED and state != NOT_STARTED:
            outcome.failures.setdefault(status.cause, []).append(run)
    return outcome
