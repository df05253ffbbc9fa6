"""What a batch shows while it runs: a live table on a terminal, else plain lines."""

import sys
import time
from datetime import datetime
from typing import Any, Protocol

from fieldnotes.runner.batches import BatchRecord
from fieldnotes.runner.planned import Plan, PlannedRun
from fieldnotes.runner.tally import Tally, progress_of
from fieldnotes.runs import FINISHED

REDRAW = 0.5  # [s] between two readings of the runs' progress
SHOWN = 8  # runs of one failure that the summary names


class Display(Protocol):
    """What `execute` tells while it works."""

    def start(self, plan: Plan, jobs: int) -> None: ...
    def started(self, run: PlannedRun) -> None: ...
    def finished(self, run: PlannedRun, state: str, cause: str) -> None: ...
    def tick(self, running: list[PlannedRun]) -> None: ...
    def note(self, text: str) -> None: ...
    def end(self, outcome: Any) -> None: ...


def choose_display() -> Display:
    """The live display on a terminal, plain lines elsewhere."""
    terminal = sys.stdout is not None and sys.stdout.isatty()
    return LiveDisplay() if terminal else PlainDisplay()


class Logged:
    """A display whose batch is written into a log as well, in plain lines."""

    def __init__(self, shown: Display, record: BatchRecord):
        self.record = record
        self.displays = (shown, PlainDisplay(record.stream))
        self._troubled = False

    def start(self, plan: Plan, jobs: int) -> None:
        for display in self.displays:
            display.start(plan, jobs)

    def started(self, run: PlannedRun) -> None:
        for display in self.displays:
            display.started(run)

    def finished(self, run: PlannedRun, state: str, cause: str) -> None:
        for display in self.displays:
            display.finished(run, state, cause)

    def tick(self, running: list[PlannedRun]) -> None:
        self.displays[0].tick(running)
        self.record.touch()
        if self.record.trouble and not self._troubled:
            self._troubled = True
            self.note(f"the log lacks some of this: {self.record.trouble}")

    def note(self, text: str) -> None:
        for display in self.displays:
            display.note(text)

    def end(self, outcome: Any) -> None:
        self.record.finish(outcome)
        for display in self.displays:
            display.end(outcome)


class PlainDisplay:
    """One line for each thing that happens, for logs and pipes.

    Args:
        stream: where the lines go, as `print` takes it; by default the standard
            output of the moment.
    """

    def __init__(self, stream: Any = None):
        self.stream = stream

    def start(self, plan: Plan, jobs: int) -> None:
        self.tally = Tally(plan, jobs)
        left = time_left(self.tally)
        slots = f"{jobs} at once{left and f', {left}'}"
        slots = slots if self.tally.total else "nothing to run"
        self._say(f"{self.tally.total} to run, {self.tally.before} done; {slots}")

    def started(self, run: PlannedRun) -> None:
        self.tally.started(run)
        self._say(f"started  {run.label}  {run.key[:8]}")

    def finished(self, run: PlannedRun, state: str, cause: str) -> None:
        seconds = self.tally.finished(run)
        took = "" if seconds is None else f"  {duration(seconds)}"
        why = "" if state in FINISHED else f"  {cause}"
        count = f"[{self.tally.ended}/{self.tally.total}]"
        self._say(f"{state}  {run.label}  {run.key[:8]}{took}{why}  {count}")

    def tick(self, running: list[PlannedRun]) -> None:
        pass

    def note(self, text: str) -> None:
        self._say(text)

    def end(self, outcome: Any) -> None:
        for line in summary(outcome):
            print(line, file=self.stream, flush=True)

    def _say(self, text: str) -> None:
        line = f"{datetime.now():%H:%M:%S} {text}"
        print(line, file=self.stream, flush=True)


class LiveDisplay:
    """A bar for the batch and a line for each running case with its step and loss."""

    def start(self, plan: Plan, jobs: int) -> None:
        from rich.console import Console
        from rich.live import Live

        self.tally = Tally(plan, jobs)
        self.console = Console(highlight=False)
        self.live = Live(console=self.console, auto_refresh=False, transient=True)
        self.live.start()
        self._drawn = 0.0

    def started(self, run: PlannedRun) -> None:
        self.tally.started(run)

    def finished(self, run: PlannedRun, state: str, cause: str) -> None:
        self.tally.finished(run)
        if state not in FINISHED:
            where = f"{run.folder.parent.name}/{run.key}"
            self.note(f"{state}: {run.label} ({where}): {cause}")

    def tick(self, running: list[PlannedRun]) -> None:
        if time.monotonic() - self._drawn > REDRAW:
            self._drawn = time.monotonic()
            self.live.update(self._picture(running), refresh=True)

    def note(self, text: str) -> None:
        from rich.text import Text

        self.console.print(Text(text))

    def end(self, outcome: Any) -> None:
        self.live.stop()
        for line in summary(outcome):
            self.note(line)

    def _picture(self, running: list[PlannedRun]) -> Any:
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        tally = self.tally
        for run in running:
            tally.look(run)
        left = time_left(tally) or "?"
        heading = Table.grid(padding=(0, 1))
        bar = ProgressBar(total=max(1, tally.total), completed=tally.ended, width=30)
        words = f"{tally.ended} of {tally.total}, {tally.before} before, {left} left"
        heading.add_row(bar, Text(words))
        table = Table.grid(padding=(0, 2))
        for run in running:
            seconds = duration(tally.running_for(run))
            table.add_row(Text(f"  {run.label}"), Text(seconds), Text(reading(run)))
        return Group(heading, table)


def reading(run: PlannedRun) -> str:
    """What a running case says of itself: its step and its loss."""
    value = progress_of(run)
    if value is None:
        return ""
    loss = value.get("loss")
    shown = f"loss {loss:.3g}" if isinstance(loss, int | float) else ""
    phase = value.get("phase") or ""
    return f"{phase} {value.get('step', '?')}/{value.get('steps', '?')} {shown}".strip()


def time_left(tally: Tally) -> str:
    """The time left in words; "" where nothing tells it."""
    left = tally.left
    if left is None:
        return ""
    return f"about {duration(left.seconds)}{' (a guess)' if left.guess else ''}"


def duration(seconds: float) -> str:
    """A time span as people say it."""
    if seconds < 90:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def summary(outcome: Any) -> list[str]:
    """The end of a batch in lines: counts, and failures grouped by their cause."""
    counts = ", ".join(f"{number} {state}" for state, number in outcome.counts.items())
    lines = [f"{counts or 'no runs'}; {duration(outcome.seconds)}"]
    if outcome.obstacle:
        lines.append(f"Not started: {outcome.obstacle}. The same command goes on.")
    for cause, runs in sorted(outcome.failures.items(), key=lambda item: -len(item[1])):
        lines.append(f"{len(runs)} × {cause}")
        lines += [
            f"    {r.label}  {r.folder.parent.name}/{r.key}" for r in runs[:SHOWN]
        ]
        if len(runs) > SHOWN:
            lines.append(f"    … and {len(runs) - SHOWN} more")
    if outcome.blocked:
        lines.append(f"{len(outcome.blocked)} blocked:")
        shown = outcome.blocked[:SHOWN]
        lines += [f"    {run.label}: {reason}" for run, reason in shown]
    return lines
