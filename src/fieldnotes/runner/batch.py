"""Runs in the order of their needs, in slots, until nothing is left that can run."""

import signal
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from fieldnotes.project import Project
from fieldnotes.runner.admit import Admission, disk_is_full, final_status
from fieldnotes.runner.batches import BatchRecord
from fieldnotes.runner.errors import RunnerError
from fieldnotes.runner.lossy import outlive_terminal
from fieldnotes.runner.manifest import limits_of, write_spreads
from fieldnotes.runner.nurseries import Nurseries
from fieldnotes.runner.planned import (
    DONE,
    ELSEWHERE,
    SKIPPED,
    TO_RUN,
    Plan,
    PlannedRun,
)
from fieldnotes.runner.progress import Display, Logged, choose_display
from fieldnotes.runner.slots import LocalSlots, Slots, launch
from fieldnotes.runner.variables import cores
from fieldnotes.runner.worker import BUSY
from fieldnotes.runs import FINISHED, Status
from fieldnotes.runs.locks import locked
from fieldnotes.runs.states import INTERRUPTED, KILLED

TYPICAL_MEMORY = 1.5  # [GB] of a run without a limit
TICK = 0.2  # [s] between two looks at what has ended
PATIENCE = 1.0  # [s] between two looks at runs of other runners
NOT_STARTED = "not started"


@dataclass
class Outcome:
    """How a batch ended: states counted, failures by their cause."""

    counts: Counter[str] = field(default_factory=Counter)
    failures: dict[str, list[PlannedRun]] = field(default_factory=dict)
    blocked: list[tuple[PlannedRun, str]] = field(default_factory=list)
    interrupted: bool = False
    obstacle: str = ""  # why no new run was started although some were left
    record: Path | None = None  # the folder of its log and summary
    seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        """0 when everything asked for is finished, 1 otherwise."""
        left = set(self.counts) - FINISHED - {SKIPPED}
        return 1 if left or self.interrupted else 0


def execute(
    project: Project,
    plan: Plan,
    *,
    jobs: int | None = None,
    timeout: float | None = None,
    memory: float | None = None,
    fail_fast: bool = False,
    max_failures: int | None = None,
    slots: Slots | None = None,
    display: Display | None = None,
    on_finished: Callable[[Path | None], Any] | None = None,
) -> Outcome:
    """Run what the plan says is not done; a failed run never stops another.

    Args:
        jobs: runs at once; by default from cores and free memory.
        timeout: limit of each run [s], in place of its stage's.
        memory: limit of each run [GB], in place of its stage's.
        max_failures: start nothing more after so many failures (`fail_fast`: one).
        slots: where runs execute; by default processes on this machine.
        on_finished: called in this process with each run's folder when it has ended,
            and with None at the end.

    Raises:
        RunnerError: the catalogue cannot be written; nothing was run.
    """
    check_writable(project)
    number = jobs or default_jobs(plan, memory)
    with outlive_terminal(), BatchRecord(project, plan, number) as record:
        shown = Logged(display or choose_display(), record)
        local = None
        if slots is None:
            runs = [run for run in plan.runs if run.state not in (DONE, SKIPPED)]
            notebooks = {run.definition.notebook.path for run in runs}
            local = LocalSlots(number, Nurseries(project, notebooks, shown.note))
        batch = _Batch(
            project,
            plan,
            number,
            slots or local,
            shown,
            lambda run, threads: limits_of(run, timeout, memory, threads),
            1 if fail_fast else max_failures,
            on_finished or (lambda folder: None),
        )
        batch.outcome.record = record.folder
        try:
            return batch.run()
        finally:
            if local is not None:
                local.close()


def default_jobs(plan: Plan, memory: float | None = None) -> int:
    """Runs at once that the cores and the free memory allow."""
    limits = [(run.definition.limits or {}).get("memory") for run in plan.runs]
    each = memory or max(filter(None, limits), default=TYPICAL_MEMORY)
    fit = psutil.virtual_memory().available / (each * 1e9)
    return max(1, min(cores(), int(fit)))


def check_writable(project: Project) -> None:
    """Refuse to start when results could not be kept.

    Raises:
        RunnerError: the catalogue's folder cannot be made or written.
    """
    try:
        project.runs.mkdir(parents=True, exist_ok=True)
        # Of a name of its own: another runner may ask the same at the same moment.
        with tempfile.TemporaryFile(dir=project.catalogue) as probe:
            probe.write(b"can this be written?")
            probe.flush()
    except OSError as error:
        message = (
            f"{project.catalogue}: cannot be written ({error.strerror or error}). "
            "Results are kept there: make room, or give yourself the right to write. "
            "Nothing was run."
        )
        raise RunnerError(message) from error


class _Batch:
    """The state of one call of `execute`."""

    def __init__(
        self,
        project: Project,
        plan: Plan,
        jobs: int,
        slots: Any,
        display: Display,
        limits: Callable[[PlannedRun, int], Any],
        max_failures: int | None,
        on_finished: Callable[[Path | None], Any],
    ):
        self.project, self.plan, self.jobs, self.slots = project, plan, jobs, slots
        self.display, self.on_finished = display, on_finished
        self.max_failures = max_failures
        self.limits = limits
        self.launch = getattr(slots, "launch", launch)  # how these slots start a worker
        self.runs = plan.by_key
        self.admission = Admission(project, self.runs, display.note)
        self.ready: deque[PlannedRun] = deque()
        self.running: dict[Future, PlannedRun] = {}
        self.elsewhere: dict[str, PlannedRun] = {}
        self.outcome = Outcome()
        self.waiting: dict[str, set[str]] = {}
        self.wanted_by: dict[str, list[str]] = {}
        self._looked = 0.0
        self._failed = 0

    def run(self) -> Outcome:
        """The whole batch, from the first start to the summary."""
        began = time.monotonic()
        write_spreads(self.project, self.plan)
        self.display.start(self.plan, self.jobs)
        with _stoppable():
            try:
                self._line_up()
                while self._open:
                    self._start()
                    self._collect()
            except KeyboardInterrupt:
                self._interrupt()
        self._give_up()
        self.outcome.seconds = time.monotonic() - began
        self._tell(None)
        self.display.end(self.outcome)
        return self.outcome

    @property
    def _open(self) -> bool:
        stopped = self._stopped and not self.running and not self.elsewhere
        return bool(self.ready or self.running or self.elsewhere) and not stopped

    @property
    def _stopped(self) -> bool:
        failed = self.max_failures is not None and self._failed >= self.max_failures
        return failed or bool(self.outcome.obstacle)

    def _line_up(self) -> None:
        """Count what each run waits for; those that wait for nothing are ready."""
        to_do = {run.key for run in self.plan.runs if run.state not in (DONE, SKIPPED)}
        for run in self.plan.runs:
            if run.key in to_do:
                before = {key for key in (*run.needs, *run.after) if key in to_do}
                self.waiting[run.key] = before
                for key in before:
                    self.wanted_by.setdefault(key, []).append(run.key)
                if not before:
                    self.ready.append(run)
            else:
                self.admission.ended(run, run.state, "not selected")
                self.outcome.counts[run.state] += 1

    def _start(self) -> None:
        """Fill the free slots."""
        while not self._stopped and len(self.running) < self.jobs:
            if self.ready and self._lacks_disk():
                return
            run = self._next()
            if run is None:
                return
            busy = len(self.running) + len(self.ready) + 1
            threads = max(1, cores() // min(self.jobs, busy))
            try:
                state, cause = self.admission.admit(run, self.limits(run, threads))
            except OSError as error:
                state, cause = "failed", f"cannot write its folder: {error.strerror}"
            if state == ELSEWHERE:
                self.elsewhere[run.key] = run
                self.display.note(f"{run.label}: running elsewhere; waiting for it")
                continue
            if state != TO_RUN:
                self._finish(run, state, cause)
                continue
            where = str(run.folder), str(self.project.root)
            self.running[self.slots.submit(self.launch, *where)] = run
            self.display.started(run)

    def _lacks_disk(self) -> bool:
        """Whether a start must wait for room; nothing more is started without any."""
        full = disk_is_full(self.project)
        if full and not self.running:  # whose ends could make room
            self.outcome.obstacle = full
            self.display.note(f"{full}. No new run is started; nothing is lost.")
        return bool(full)

    def _next(self) -> PlannedRun | None:
        """Take the first ready run that the slots have room for; None for none."""
        takes = getattr(self.slots, "takes", lambda run: True)
        run = next(filter(takes, self.ready), None)
        if run is not None:
            self.ready.remove(run)
        return run

    def _collect(self) -> None:
        """Take note of what has ended."""
        if self.running:
            ended, _ = wait(self.running, TICK, return_when=FIRST_COMPLETED)
        else:
            time.sleep(TICK if self.elsewhere else 0)
            ended = set()
        for future in ended:
            self._ended(future, self.running.pop(future))
        if self.elsewhere and time.monotonic() - self._looked > PATIENCE:
            self._looked = time.monotonic()
            for run in list(self.elsewhere.values()):
                self._look(run)
        self.display.tick(list(self.running.values()))

    def _ended(self, future: Future, run: PlannedRun) -> None:
        error = future.exception()
        if error is None and future.result() == BUSY:
            self.elsewhere[run.key] = run
            return
        code = None if error is not None else future.result()
        status = final_status(run.folder, code, str(error or ""))
        self._finish(run, status.state, status.cause)

    def _look(self, run: PlannedRun) -> None:
        """See what has become of a run that another runner has."""
        if locked(run.folder):
            return
        del self.elsewhere[run.key]
        status = final_status(run.folder, 0, "")
        if status.finished:
            self._finish(run, status.state, "done elsewhere")
        else:
            self.ready.append(run)

    def _finish(self, run: PlannedRun, state: str, cause: str) -> None:
        """Enter a run's end, and let go what waited for it."""
        self.outcome.counts[state] += 1
        if state == "blocked":
            self.outcome.blocked.append((run, cause))
        elif state not in FINISHED:
            self._failed += 1
            self.outcome.failures.setdefault(cause, []).append(run)
        self.admission.ended(run, state, cause)
        self.display.finished(run, state, cause)
        self._tell(run.folder)
        for key in self.wanted_by.get(run.key, ()):
            self.waiting[key].discard(run.key)
            if not self.waiting[key]:
                self.ready.append(self.runs[key])

    def _tell(self, folder: Path | None) -> None:
        """Call the hook; an index that cannot be written must not stop the runs."""
        try:
            self.on_finished(folder)
        except Exception as error:
            self.display.note(f"after a run: {type(error).__name__}: {error}")

    def _interrupt(self) -> None:
        """Ctrl-C: stop the workers, which note that they were interrupted."""
        self.display.note("Stopping; what is finished is kept.")
        self.outcome.interrupted = True
        stop = getattr(self.slots, "interrupt", None)
        if stop is not None:
            stop()
        wait(self.running, PATIENCE)
        for future, run in self.running.items():
            if future.done() and future.exception() is None:
                status = _stopped(run.folder, future.result())
                self.admission.ended(run, status.state, status.cause)
                self.outcome.counts[status.state] += 1
            else:
                future.cancel()
        self.running.clear()

    def _give_up(self) -> None:
        left = len(self.plan.runs) - self.outcome.counts.total()
        if left:
            self.outcome.counts[NOT_STARTED] = left


def _stopped(folder: Path, code: int) -> Status:
    """The status of a run that was asked to stop, whoever had the last word."""
    status = final_status(folder, code, "")
    if code < 0 and status.state == KILLED:
        status.state, status.reason = INTERRUPTED, "stopped by the user"
        with suppress(OSError):  # a full disk: the batch still knows
            status.write(folder)
    return status


@contextmanager
def _stoppable() -> Iterator[None]:
    """Inside, the signal that asks a program to end is Ctrl-C."""
    before = None
    with suppress(ValueError):  # not in the main thread
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)
