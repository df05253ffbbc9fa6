"""Tables of the command line: plans, states and catalogue rows on a terminal."""

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from fieldnotes.runner.progress import duration

MANY = 40  # rows shown when not all are asked for
WIDE = 200  # columns assumed where the output is no terminal


def console() -> Console:
    """A console that does not fold tables when the output is piped."""
    return Console() if sys.stdout.isatty() else Console(width=WIDE, highlight=False)


def written(value: Any) -> str:
    """A value as it would stand in YAML, shortened only by the table's width."""
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {written(item)}" for name, item in value.items())
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(written, value)) + "]"
    return str(value)


def show_plan(plan: Any, *, every: bool = False, values: bool = False) -> None:
    """A plan, stage by stage: what is done, what would run and why, and how long."""
    screen = console()
    runs = plan.runs
    for name, group in groupby(runs, key=lambda run: (run.spread, run.stage)):
        members = list(group)
        notebook = members[0].notebook
        cases = sum(len(run.members) for run in members)
        size = f"{_count(cases, 'case')} in {_count(len(members), 'run')}"
        heading = (f"{name[0]}: {name[1]}", "bold")
        screen.print(Text.assemble(heading, f"  {notebook}, {size}"))
        shown = members if every else members[:MANY]
        screen.print(_plan_table(shown))
        if len(shown) < len(members):
            left = len(members) - len(shown)
            screen.print(f"… and {left} more; --all lists them.")
        if values:
            screen.print(_origin_table(members))
    _show_totals(screen, runs)


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _plan_table(runs: Sequence[Any]) -> Table:
    axes = list(dict.fromkeys(axis for run in runs for axis in run.request.varied))
    table = Table("run", *axes, "state", "why", "estimate", box=None)
    for run in runs:
        varied = run.request.varied
        row = [written(varied[axis]) if axis in varied else "" for axis in axes]
        state = str(run.state)
        seconds = None if state == "done" else run.estimate_s
        estimate = "" if seconds is None else duration(seconds)
        estimate += " (guess)" if estimate and run.guess else ""
        table.add_row(*map(Text, [run.key[:8], *row, state, run.reason, estimate]))
    return table


def _origin_table(runs: Sequence[Any]) -> Table:
    """Each parameter with its values over the stage and the place that set it."""
    table = Table("parameter", "value", "from", box=None)
    first = runs[0].request
    for name in first.parameters:
        distinct = list(
            dict.fromkeys(written(run.request.parameters[name]) for run in runs)
        )
        shown = ", ".join(distinct[:6]) + (" …" if len(distinct) > 6 else "")
        table.add_row(*map(Text, [name, shown, first.origin.get(name, "default")]))
    return table


def _show_totals(screen: Console, runs: Sequence[Any]) -> None:
    states = Counter(str(run.state) for run in runs)
    waiting = [run for run in runs if str(run.state) != "done"]
    known = [run.estimate_s for run in waiting if run.estimate_s is not None]
    line = ", ".join(f"{number} {state}" for state, number in states.items())
    if waiting and known:
        total = sum(known) / len(known) * len(waiting)
        line += f"; about {duration(total)} of one slot's time"
        if len(known) < len(waiting) or any(run.guess for run in waiting):
            line += ", a guess: some of these runs are like none on record"
    elif waiting:
        line += "; no earlier run to estimate the time from"
    screen.print(Text(line or "No runs.", style="bold"))


def show_frame(frame: Any, *, csv: bool = False, empty: str = "Nothing found.") -> None:
    """A DataFrame as a table, or as CSV for other programs."""
    if csv:
        frame.to_csv(sys.stdout, index=False)
        return
    if not len(frame):
        console().print(empty)
        return
    table = Table(*map(str, frame.columns), box=None)
    for row in _rows(frame):
        cells = (written(value) if _given(value) else "" for value in row)
        table.add_row(*map(Text, cells))
    console().print(table)


def folded(frame: Any, most: int = 6) -> Any:
    """A frame whose parameters, when they are many, stand in one column as text.

    The catalogue's own columns come first and stay as they are; a parameter that a row
    does not have is left out of its text.
    """
    from fieldnotes.catalogue.frames import BRIEF

    names = [name for name in frame.columns if name not in BRIEF]
    if len(names) <= most:
        return frame
    rows = frame[names].astype(object).to_dict("records")
    kept = frame.drop(columns=names)
    kept["parameters"] = [
        ", ".join(f"{k}={written(v)}" for k, v in row.items() if _given(v))
        for row in rows
    ]
    return kept


def _given(value: Any) -> bool:
    return value is not None and value == value  # NaN is not itself


def _rows(frame: Any) -> Iterable[tuple[Any, ...]]:
    return frame.astype(object).itertuples(index=False, name=None)


def show_batches(batches: Sequence[Any]) -> None:
    """The batches that run, and the newest where it ended without a word."""
    screen = console()
    for batch in batches:
        lost = batch is batches[-1] and batch.state == "ended without a word"
        if batch.state != "running" and not lost:
            continue
        spreads = ", ".join(batch.summary.get("spreads", ()))
        since = str(batch.summary.get("started", ""))[:19]
        said = f"batch {batch.name}  {spreads}  {batch.state}, {batch.where}"
        screen.print(Text(f"{said}, since {since} UTC; log {batch.log}"))


def show_status(status: Any) -> None:
    """Spreads by state, what is running with its step and loss, failures by cause."""
    screen = console()
    if not status.runs:
        screen.print("Nothing was run yet. Try: fieldnotes run")
        return
    states = list(dict.fromkeys(run.state for run in status.runs))
    table = Table("spread", *states, box=None)
    for spread, counts in status.spreads.items():
        cells = [str(counts[state] or "") for state in states]
        table.add_row(*map(Text, [spread, *cells]))
    screen.print(table)
    for run in status.running:
        screen.print(Text(f"running  {_where(run)}  {_step(run.progress)}"))
    for cause, runs in status.failures.items():
        screen.print(Text(f"{_count(len(runs), 'failure')}: {cause}", style="bold"))
        for run in runs[:MANY]:
            screen.print(Text(f"  {run.state}  {_where(run)}"))


def _where(run: Any) -> str:
    """A run by its folder's name, its stage and what varies."""
    return f"{run.folder.name}  {run.spread} {run.stage}  {written(run.varied)}"


def _step(progress: dict[str, Any] | None) -> str:
    if not progress:
        return ""
    step = f"step {progress.get('step', '?')} of {progress.get('steps', '?')}"
    loss = progress.get("loss")
    return step if loss is None else f"{step}, loss {loss:.4g}"
