"""How much of a batch is done, and how long the rest may take."""

import statistics
import time
from collections import Counter
from typing import Any, NamedTuple

from fieldnotes.errors import CorruptFile
from fieldnotes.files import read_json
from fieldnotes.runner.planned import DONE, SKIPPED, Plan, PlannedRun
from fieldnotes.runner.variables import cores
from fieldnotes.runs.records import PROGRESS

STEADY = 2.0  # [s] between two readings of a run's progress that give a rate


class TimeLeft(NamedTuple):
    """The time left [s]; a guess where nothing like one of the runs tells of it."""

    seconds: float
    guess: bool


class Pace(NamedTuple):
    """How the runs of a stage go on here."""

    typical: float | None = None  # [s] from start to end
    ratio: float = 1.0  # of the time taken to the time that was estimated
    own: bool = False  # known from runs of that stage


class Tally:
    """Counts, and the time left by what runs say of themselves.

    A run under way is judged by its rate so far. Those that wait are judged by their
    estimates, corrected by how the runs of their stage have kept to theirs, or, where
    there is none, by how long those runs take here.

    Args:
        at_once: runs that go on at full speed: no more than there are cores.
    """

    def __init__(self, plan: Plan, jobs: int, at_once: int | None = None):
        runs = [run for run in plan.runs if run.state not in (DONE, SKIPPED)]
        self.total, self.ended, self.jobs = len(runs), 0, jobs
        self.at_once = min(jobs, cores()) if at_once is None else at_once
        self.before = Counter(run.state for run in plan.runs)[DONE]
        self._waiting = {run.key: run for run in runs}
        self._running: dict[str, PlannedRun] = {}
        self._began: dict[str, float] = {}
        self._rates: dict[str, _Rate] = {}
        self._took: dict[str, list[tuple[float, float | None]]] = {}  # by stage

    def started(self, run: PlannedRun) -> None:
        """Note the start of a run."""
        self._began[run.key] = time.monotonic()
        self._waiting.pop(run.key, None)
        self._running[run.key] = run
        self._rates[run.key] = _Rate(time.time())

    def finished(self, run: PlannedRun) -> float | None:
        """Note the end of a run; the seconds it took here."""
        self.ended += 1
        for several in (self._waiting, self._running, self._rates):
            several.pop(run.key, None)
        began = self._began.pop(run.key, None)
        if began is None:
            return None
        took = time.monotonic() - began
        self._took.setdefault(run.qualified, []).append((took, run.estimate_s))
        return took

    def running_for(self, run: PlannedRun) -> float:
        """Seconds since a run was started."""
        return time.monotonic() - self._began.get(run.key, time.monotonic())

    def look(self, run: PlannedRun) -> None:
        """Read how far a run under way says it is."""
        value, rate = progress_of(run), self._rates.get(run.key)
        if value is not None and rate is not None:
            rate.add(value)

    @property
    def left(self) -> TimeLeft | None:
        """The time left; None where nothing tells how long one of the runs takes."""
        paces = self._paces()
        elsewhere = _pace([pair for many in self._took.values() for pair in many])
        each: list[TimeLeft] = []
        for run in (*self._running.values(), *self._waiting.values()):
            found = self._one(run, paces.get(run.qualified, elsewhere))
            if found is None:
                return None
            each.append(found)
        if not each:
            return None
        seconds = [found.seconds for found in each]
        # A run is not divided: the longest of them is the least that is left.
        whole = max(sum(seconds) / self.at_once, *seconds)
        return TimeLeft(whole, any(found.guess for found in each))

    def _one(self, run: PlannedRun, pace: Pace) -> TimeLeft | None:
        rate = self._rates.get(run.key)
        if rate is not None and rate.left:
            return TimeLeft(rate.left, False)
        gone = self.running_for(run)
        whole = pace.typical
        if run.estimate_s is not None:
            whole = run.estimate_s * pace.ratio
        if whole is None:
            return None
        unlike = run.guess or run.estimate_s is None
        return TimeLeft(
            max(0.0, whole - gone), gone > whole or (unlike and not pace.own)
        )

    def _paces(self) -> dict[str, Pace]:
        """How each stage goes on: by its runs that ended and those with a rate."""
        times = {stage: list(pairs) for stage, pairs in self._took.items()}
        for key, run in self._running.items():
            left = self._rates[key].left
            if left:
                whole = self.running_for(run) + left, run.estimate_s
                times.setdefault(run.qualified, []).append(whole)
        return {stage: _pace(pairs, own=True) for stage, pairs in times.items()}


def _pace(pairs: list[tuple[float, float | None]], own: bool = False) -> Pace:
    """The pace that (seconds, estimate) of some runs tell of."""
    if not pairs:
        return Pace()
    kept = [took / said for took, said in pairs if said]
    ratio = statistics.median(kept) if kept else 1.0
    return Pace(statistics.median(took for took, _ in pairs), ratio, own)


class _Rate:
    """Steps a second between the first and the last reading of one counter.

    The first steps contain compilation, so they are left out where two readings lie
    far enough apart.

    Args:
        since: [s] of the clock, before which an earlier attempt has written.
    """

    def __init__(self, since: float) -> None:
        self._since = since
        self._first = self._last = (0, 0.0)  # step, [s] since the counter began
        self._steps = 0

    def add(self, value: dict[str, Any]) -> None:
        """Note a reading; what is no counter changes nothing."""
        step, steps = value.get("step"), value.get("steps")
        elapsed, moment = value.get("elapsed_s"), value.get("time", self._since)
        if not isinstance(step, int) or not isinstance(steps, int):
            return
        if not isinstance(elapsed, int | float) or moment < self._since:
            return
        if self._steps != steps or step < self._last[0]:  # another counter
            self._first, self._steps = (step, elapsed), steps
        self._last = step, elapsed

    @property
    def left(self) -> float:
        """Seconds until the counter is full at the rate so far; 0 without a rate."""
        step, elapsed = self._last
        steps, seconds = step - self._first[0], elapsed - self._first[1]
        if steps < 1 or seconds < STEADY:
            steps, seconds = step, elapsed
        return max(0.0, (self._steps - step) * seconds / steps) if steps > 0 else 0.0


def progress_of(run: PlannedRun) -> dict[str, Any] | None:
    """What a running case says of itself; None where it says nothing yet."""
    try:
        value = read_json(run.folder / PROGRESS)
    except CorruptFile:
        return None
    return value if isinstance(value, dict) else None
