"""Progress of a training: a file in a batch run, a live bar in a notebook by hand."""

import html
import math
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from fieldnotes.catalogue.this_run import current, in_batch
from fieldnotes.files import write_json

FILE_EVERY = 0.5  # [s]
BAR_EVERY = 0.25  # [s]


def progress(total: int, label: str = "training") -> Callable[..., None]:
    """A function `report(step, loss=None, **terms)` to call as often as you like.

    In a batch run it keeps `progress.json` at most twice a second and shows nothing.
    By hand it draws one bar with step, loss, rate and time left. The loss is looked
    at only when something is written, so an array that is still being computed
    does not hold up the next step.

    Args:
        total: steps in all [1].
        label: what is going on, shown beside the bar; a term `phase` replaces it.
    """
    if in_batch():
        return _Throttled(total, label, FILE_EVERY, _to_file)
    return _Throttled(total, label, BAR_EVERY, _bar())


class _Throttled:
    """Calls `show` with the state, but not more often than every `interval` seconds."""

    def __init__(
        self,
        total: int,
        label: str,
        interval: float,
        show: Callable[[dict[str, Any]], None],
    ) -> None:
        self.total, self.label, self.interval, self.show = total, label, interval, show
        self.began = time.monotonic()
        self.last = -math.inf

    def __call__(self, step: int, loss: Any = None, **terms: Any) -> None:
        moment = time.monotonic()
        if moment - self.last < self.interval and step < self.total:
            return
        self.last = moment
        phase = terms.pop("phase", None)
        self.show(
            {
                "step": int(step),
                "steps": int(self.total),
                "loss": _number(loss),
                "phase": self.label if phase is None else str(phase),
                "time": time.time(),
                "elapsed_s": moment - self.began,
                "terms": {name: _number(value) for name, value in terms.items()},
            }
        )


def _number(value: Any) -> float | None:
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        return None


def _to_file(state: Mapping[str, Any]) -> None:
    try:
        write_json(current().folder / "progress.json", dict(state))
    except OSError:
        # A full disk must not end a training for the sake of its progress bar.
        return


def _bar() -> Callable[[Mapping[str, Any]], None]:
    """Draws into one place of the notebook's page, or one line of a terminal."""
    if "IPython" in sys.modules:
        shell = sys.modules["IPython"].get_ipython()
        if shell is not None and getattr(shell, "kernel", None) is not None:
            return _notebook_bar()
    return _terminal_line


def _notebook_bar() -> Callable[[Mapping[str, Any]], None]:
    from IPython.display import display

    handle: Any = None

    def draw(state: Mapping[str, Any]) -> None:
        nonlocal handle
        words = line(state)
        bar = (
            f'<progress max="{state["steps"]}" value="{state["step"]}" '
            f'style="width: 16em"></progress> <code>{html.escape(words)}</code>'
        )
        data = {"text/plain": words, "text/html": bar}
        if state["step"] >= state["steps"]:
            data = {"text/plain": words}
        if handle is None:
            handle = display(data, raw=True, display_id=True)
        else:
            handle.update(data, raw=True)

    return draw


def _terminal_line(state: Mapping[str, Any]) -> None:
    if sys.stderr.isatty():
        end = "\n" if state["step"] >= state["steps"] else ""
        sys.stderr.write(f"\r\x1b[K{line(state)}{end}")
        sys.stderr.flush()


def line(state: Mapping[str, Any]) -> str:
    """One line for people: step, loss, rate and the time left, or the time it took."""
    step, steps, elapsed = state["step"], state["steps"], state["elapsed_s"]
    parts = [f"{state['phase']}: {step}/{steps}"]
    if state["loss"] is not None:
        parts.append(f"loss {state['loss']:.4g}")
    parts += [
        f"{name} {value:.4g}"
        for name, value in state["terms"].items()
        if value is not None
    ]
    if step >= steps:
        parts.append(f"took {_span(elapsed)}")
    elif step > 0 and elapsed > 0:
        parts.append(f"{step / elapsed:.3g} steps/s")
        parts.append(f"{_span(elapsed / step * (steps - step))} left")
    return ", ".join(parts)


def _span(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"
