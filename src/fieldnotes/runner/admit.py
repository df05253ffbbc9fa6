"""The moment a run may start: its manifest is written, or something blocks it."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from fieldnotes.errors import CorruptFile
from fieldnotes.project import Project
from fieldnotes.runner.manifest import draw_up, same_absent
from fieldnotes.runner.planned import ELSEWHERE, TO_RUN, PlannedRun
from fieldnotes.runner.queries import Model
from fieldnotes.runs import (
    FINISHED,
    MANIFEST,
    STATUS,
    Limits,
    Manifest,
    Status,
    now,
    read_status,
)
from fieldnotes.runs.folder import archive, clear_scratch, keep_models
from fieldnotes.runs.locks import Lock
from fieldnotes.runs.states import BLOCKED, KILLED, QUEUED, RUNNING

FREE_DISK_VARIABLE = "FIELDNOTES_FREE_DISK_GB"  # in place of the setting `free_disk`


class Admission:
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

    def admit(self, run: PlannedRun, limits: Limits) -> tuple[str, str]:
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
            return self._admit(run, limits)
        finally:
            lock.release()

    def _admit(self, run: PlannedRun, limits: Limits) -> tuple[str, str]:
        """The same, while no other process can start the run."""
        before = self._status(run)
        if before.finished and not run.broken and before.ended != run.ended:
            return before.state, "done elsewhere"
        manifest = self._manifest(run, limits)
        reason = self._obstacle(run, manifest)
        if reason:
            manifest.write(run.folder)
            Status(BLOCKED, reason).write(run.folder)
            return BLOCKED, reason
        if self._nothing_new(run, manifest, before):
            return before.state, "nothing new"
        self._clear_way(run)
        clear_scratch(before)  # of a worker that was killed, and its runner with it
        manifest.write(run.folder)
        Status(QUEUED, attempt=before.attempt, ordered=now()).write(run.folder)
        return TO_RUN, ""

    def _manifest(self, run: PlannedRun, limits: Limits) -> Manifest:
        makers = [self.runs[key].folder for key in run.after if key in self.runs]
        # What the run's own folder holds is trained again when that is asked for.
        siblings = makers if run.forced else [run.folder, *makers]
        places = tuple(siblings)
        return draw_up(self.project, run, limits, self.causes, self._places, places)

    def _obstacle(self, run: PlannedRun, manifest: Manifest) -> str:
        """Why a run cannot start although all it waited for has ended; "" if it can."""
        causes = [self.causes[key] for key in run.needs if key in self.causes]
        if run.definition.partial:
            if manifest.absent and not manifest.models:
                return "none of its models is there: " + manifest.absent[0].reason
            return ""
        if causes:
            more = f" (and {len(causes) - 1} more)" if len(causes) > 1 else ""
            return f"needs {causes[0]}{more}"
        if manifest.absent:
            first = manifest.absent[0]
            return f"needs model {first.identity}: {first.reason}"
        return ""

    def _nothing_new(self, run: PlannedRun, manifest: Manifest, before: Status) -> bool:
        """Whether a partial run is finished and would get the same models again."""
        if run.forced or run.broken or not manifest.absent:
            return False
        return before.finished and same_absent(run, manifest)

    def _clear_way(self, run: PlannedRun) -> None:
        """Archive a folder that cannot be read or shall be repeated from nothing."""
        held = (run.folder / MANIFEST).exists() or (run.folder / STATUS).exists()
        if not held or not (run.forced or run.broken):
            return
        target = archive(self.project, run.folder)
        kept = keep_models(target, run.folder) if run.broken else 0
        why = "cannot be read" if run.broken else "is repeated"
        place = self.project.relative(target)
        models = f"; {kept} whole models kept" if kept else ""
        self.note(f"{run.label}: its folder {why}, archived as {place}{models}")

    def _places(self, model: Model) -> list[Path]:
        """Where a model may lie: with its run, or with one that trained it before."""
        run = self.runs.get(model.run)
        makers = [self.runs[key].folder for key in run.after] if run else []
        folders = [model.path.parent, *(folder / "models" for folder in makers)]
        return [folder / f"{model.name}.eqx" for folder in folders]

    def _status(self, run: PlannedRun) -> Status:
        try:
            return read_status(run.folder) or Status()
        except CorruptFile:
            return Status()


def disk_is_full(project: Project) -> str:
    """A sentence when less disk is free than a run should start with; else ""."""
    chosen = os.environ.get(FREE_DISK_VARIABLE)
    needed = float(chosen) if chosen else project.settings.free_disk
    try:
        free = shutil.disk_usage(project.catalogue).free / 1e9
    except OSError as error:
        return f"disk: {error.strerror}"
    if free >= needed:
        return ""
    return (
        f"disk full: {free:.1f} GB free, {needed:g} GB needed before a start "
        "(setting free_disk)"
    )


def final_status(folder: Path, code: int | None, trouble: str) -> Status:
    """The status of a run whose worker has ended, mended if the worker could not.

    Args:
        code: the worker's exit code, negative for a signal; None when it never ran.
        trouble: what went wrong around it, if anything.
    """
    try:
        status = read_status(folder) or Status()
    except CorruptFile as error:
        status = Status("failed", str(error))
    if status.state not in (QUEUED, RUNNING, KILLED) or status.ended:
        return status
    clear_scratch(status)
    said = f"its worker ended with code {code}"
    if code is not None and code < 0:
        said = f"its worker was killed (signal {-code})"
    killed = status.state == KILLED or (code or 0) < 0
    status.state = KILLED if killed else "failed"
    status.reason, status.ended = trouble or said, now()
    try:
        status.write(folder)
    except OSError:
        pass  # a full disk: the batch still knows
    return status
