"""The moment a run may start: its order is written, or it is blocked by something."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from fieldnotes.errors import CorruptFile
from fieldnotes.project import Project
from fieldnotes.runner.folder import (
    FINISHED,
    ORDER,
    STATUS,
    Lock,
    archive,
    clear_scratch,
    keep_models,
    now,
    read_status,
    write_status,
)
from fieldnotes.runner.manifest import Limits, Order, draw_up, same_absent
from fieldnotes.runner.plan import ELSEWHERE, PlannedRun
from fieldnotes.runner.queries import Model

FREE_DISK = 0.5  # [GB] that must be free before a run is started
FREE_DISK_VARIABLE = "FIELDNOTES_FREE_DISK_GB"


class Release:
    """Decides, when all that a run needs has ended, whether and with what it starts."""

    def __init__(
        self,
        project: Project,
        runs: dict[str, PlannedRun],
        note: Callable[[str], None],
    ):
        self.project, self.runs, self.note = project, runs, note
        self.states: dict[str, str] = {}
        self.causes: dict[str, str] = {}

    def ended(self, run: PlannedRun, state: str, cause: str) -> None:
        """Remember how a run ended."""
        self.states[run.key] = state
        if state not in FINISHED:
            self.causes[run.key] = f"{run.label} ({run.key[:8]}) {state}: {cause}"

    def prepare(self, run: PlannedRun, limits: Limits) -> tuple[str, str]:
        """Make a run ready to start: ("to run", ""), or the state it ends in and why.

        Raises:
            OSError: its folder cannot be written.
        """
        full = disk_is_full(self.project)
        if full:
            return "failed", full
        run.folder.mkdir(parents=True, exist_ok=True)
        lock = Lock(run.folder)
        if not lock.take():
            return ELSEWHERE, ""
        try:
            return self._prepare(run, limits)
        finally:
            lock.release()

    def _prepare(self, run: PlannedRun, limits: Limits) -> tuple[str, str]:
        """The same, while no other process can start the run."""
        before = self._status(run) or {}
        finished = before.get("state") in FINISHED and not run.broken
        if finished and before.get("ended") != run.ended:
            return before["state"], "done elsewhere"
        order = draw_up(self.project, run, self.causes, self._places)
        reason = self._obstacle(run, order)
        if reason:
            self._write(run, order, limits)
            write_status(run.folder, {"state": "blocked", "reason": reason})
            return "blocked", reason
        if self._nothing_new(run, order, before):
            return before["state"], "nothing new"
        self._clear_way(run)
        attempt = before.get("attempt", 0)
        self._write(run, order, limits)
        queued = {"state": "queued", "attempt": attempt, "ordered": now()}
        write_status(run.folder, queued)
        return "to run", ""

    def _obstacle(self, run: PlannedRun, order: Order) -> str:
        """Why a run cannot start although all it waited for has ended; "" if it can."""
        causes = [self.causes[key] for key in run.needs if key in self.causes]
        if run.definition.partial:
            if order.absent and not order.present:
                return "none of its models is there: " + order.absent[0]["reason"]
            return ""
        if causes:
            more = f" (and {len(causes) - 1} more)" if len(causes) > 1 else ""
            return f"needs {causes[0]}{more}"
        if order.absent:
            first = order.absent[0]
            return f"needs model {first['identity']}: {first['reason']}"
        return ""

    def _nothing_new(self, run: PlannedRun, order: Order, before: dict) -> bool:
        """Whether a partial run is finished and would get the same models again."""
        if run.forced or run.broken or not order.absent:
            return False
        return before.get("state") in FINISHED and same_absent(run, order)

    def _clear_way(self, run: PlannedRun) -> None:
        """Archive a folder that cannot be read or shall be repeated from nothing."""
        held = (run.folder / ORDER).exists() or (run.folder / STATUS).exists()
        if not held or not (run.forced or run.broken):
            return
        target = archive(self.project, run.folder)
        kept = keep_models(target, run.folder) if run.broken else 0
        why = "cannot be read" if run.broken else "is repeated"
        place = self.project.relative(target)
        models = f"; {kept} whole models kept" if kept else ""
        self.note(f"{run.label}: its folder {why}, archived as {place}{models}")

    def _write(self, run: PlannedRun, order: Order, limits: Limits) -> None:
        makers = [self.runs[key].folder for key in run.after if key in self.runs]
        places = [str(folder) for folder in (run.folder, *makers)]
        if run.forced:
            places = places[1:]
        order.write(self.project, limits, places)

    def _places(self, model: Model) -> list[Path]:
        """Where a model may lie: with its run, or with one that trained it before."""
        run = self.runs.get(model.run)
        makers = [self.runs[key].folder for key in run.after] if run else []
        folders = [model.path.parent, *(folder / "models" for folder in makers)]
        return [folder / f"{model.name}.eqx" for folder in folders]

    def _status(self, run: PlannedRun) -> dict | None:
        try:
            return read_status(run.folder)
        except CorruptFile:
            return None


def disk_is_full(project: Project) -> str:
    """A sentence when less disk is free than a run should start with; else ""."""
    needed = float(os.environ.get(FREE_DISK_VARIABLE) or FREE_DISK)
    try:
        free = shutil.disk_usage(project.catalogue).free / 1e9
    except OSError as error:
        return f"disk: {error.strerror}"
    if free >= needed:
        return ""
    return f"disk full: {free:.1f} GB free, {needed:g} GB needed before a start"


def final_status(folder: Path, code: int | None, trouble: str) -> dict:
    """The status of a run whose worker has ended, mended if the worker could not.

    Args:
        code: the worker's exit code, negative for a signal; None when it never ran.
        trouble: what went wrong around it, if anything.
    """
    try:
        status = read_status(folder) or {}
    except CorruptFile as error:
        status = {"state": "failed", "reason": str(error)}
    state = status.get("state", "queued")
    if state not in ("queued", "running", "killed") or status.get("ended"):
        return status
    clear_scratch(status)
    said = f"its worker ended with code {code}"
    if code is not None and code < 0:
        said = f"its worker was killed (signal {-code})"
    killed = state == "killed" or (code or 0) < 0
    status |= {
        "state": "killed" if killed else "failed",
        "reason": trouble or said,
        "ended": now(),
    }
    try:
        write_status(folder, status)
    except OSError:
        pass  # a full disk: the batch still knows
    return status
