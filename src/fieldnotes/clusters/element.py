"""One element of an array, on a node: `python -m fieldnotes.clusters.element`.

It admits and starts its runs one after the other, as a local batch would; a failed one
never stops the next. When the scheduler ends it, the run at work says why.
"""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from fieldnotes.clusters.orders import Orders, read_orders
from fieldnotes.clusters.sent import RESTARTED
from fieldnotes.errors import FieldnotesError
from fieldnotes.project import Project
from fieldnotes.runner.admit import Admission, final_status
from fieldnotes.runner.lossy import open_standard_streams
from fieldnotes.runner.planned import TO_RUN, PlannedRun
from fieldnotes.runner.slots import LocalSlots, launch
from fieldnotes.runs import FAILED, FINISHED, Limits
from fieldnotes.runs.states import INTERRUPTED, KILLED
from fieldnotes.runs.status import known_status

TIMED_OUT = "timed-out"
AGAIN = 0.1  # [s] between two looks for a worker to stop
ON = "sent again it goes on from its checkpoint"
# Slurm sends USR2 a while before the time limit (`--signal`), LSF when it is reached.
ENDS = {
    signal.SIGUSR2: (TIMED_OUT, f"its job reached the cluster's time limit; {ON}"),
    signal.SIGTERM: (INTERRUPTED, f"its job was preempted or cancelled; {ON}"),
}


class ElementOfArray:
    """The runs of one element, until they are through or the scheduler ends it."""

    def __init__(self, project: Project, orders: Orders):
        self.project, self.orders = project, orders
        self.told: signal.Signals | None = None
        self.over = threading.Event()
        self.slots = LocalSlots(1)
        runs = orders.before | {run.key: run for run, _ in orders.runs}
        self.admission = Admission(project, runs, print)
        for run in orders.before.values():
            status = known_status(run.folder)
            self.admission.ended(run, status.state, status.cause)

    def work(self) -> int:
        """0 when every run is finished, 1 otherwise."""
        states = []
        with self._listening():
            for run, limits in self.orders.runs:
                states.append(self._one(run, limits))
        self.over.set()
        self.slots.close()
        return int(any(state not in FINISHED for state in states))

    def _one(self, run: PlannedRun, limits: Limits) -> str:
        """Take one run to its end; the state that it ends in."""
        status = known_status(run.folder)
        if self.told is not None:
            return status.state
        # The scheduler may start an element again: what has failed stays failed.
        if status.state in FAILED - RESTARTED:
            return status.state
        try:
            state, cause = self.admission.admit(run, limits)
        except OSError as error:
            state, cause = "failed", f"cannot write its folder: {error.strerror}"
        if state == TO_RUN:
            state, cause = self._work_off(run)
        self.admission.ended(run, state, cause)
        print(f"{state}  {run.label}  {run.key}  {cause}".rstrip(), flush=True)
        return state

    def _work_off(self, run: PlannedRun) -> tuple[str, str]:
        """Execute an admitted run; its state and the cause of it."""
        work = self.slots.submit(launch, str(run.folder), str(self.project.root))
        status = final_status(run.folder, work.result(), "")
        if self.told is not None and status.state in (INTERRUPTED, KILLED):
            status.state, status.reason = ENDS[self.told]
            with suppress(OSError):  # a full disk: the log still says it
                status.write(run.folder)
        return status.state, status.cause

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """Inside, the scheduler's signals end the run at work and start no other."""
        before = {number: signal.signal(number, self._hear) for number in ENDS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        if self.told is None:
            self.told = signal.Signals(number)
            # Not here: it waits for the worker, and so does the interrupted thread.
            threading.Thread(target=self._stop, daemon=True).start()

    def _stop(self) -> None:
        """Stop the worker, also one that is just starting."""
        while not self.over.wait(AGAIN):
            self.slots.interrupt()


def main(folder: str, array: str, element: str) -> int:
    """The element's exit code: 0 all finished, 1 some not, 2 nothing could be begun."""
    open_standard_streams()
    try:
        orders = read_orders(Path(folder) / f"{array}.orders", int(element))
        return ElementOfArray(Project.find(), orders).work()
    except FieldnotesError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
