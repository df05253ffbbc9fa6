"""Progress of a training: a file in a batch run, a bar and a loss curve by hand."""

import html
import math
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fieldnotes.catalogue.this_run import current, in_batch
from fieldnotes.files import write_json

FILE_EVERY = 0.5  # [s]
BAR_EVERY = 0.25  # [s]
COURSE_EVERY = 2.0  # [s]
POINTS = 500  # of the course; beyond, every other one is dropped


def progress(total: int, label: str = "training") -> Callable[..., None]:
    """A function `report(step, loss=None, **terms)` to call as often as you like.

    In a batch run it keeps `progress.json` at most twice a second and shows nothing.
    By hand it draws one bar with step, loss, rate and time left, and in a notebook the
    course of the loss below it. The loss is looked at only when something is written,
    so an array that is still being computed does not hold up the next step.

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
            return _NotebookBar()
    return _terminal_line


class _NotebookBar:
    """One bar in the notebook's page and, below it, the course of the loss so far.

    At the end the bar becomes a line of text and the course goes: what stays is the
    figure that the notebook draws of it.
    """

    def __init__(self) -> None:
        self._shown: dict[str, Any] = {}
        self._course: list[tuple[int, dict[str, float]]] = []
        self._drawn = -math.inf

    def __call__(self, state: Mapping[str, Any]) -> None:
        words, ended = line(state), state["step"] >= state["steps"]
        bar = (
            f'<progress max="{state["steps"]}" value="{state["step"]}" '
            f'style="width: 16em"></progress> <code>{html.escape(words)}</code>'
        )
        as_text = {"text/plain": words}
        self._put("bar", as_text if ended else as_text | {"text/html": bar})
        if state["loss"] is None:
            return
        self._course.append((state["step"], {"loss": state["loss"], **state["terms"]}))
        if len(self._course) > POINTS:
            del self._course[1::2]
        if ended:
            if "course" in self._shown:
                self._put("course", {"text/plain": ""})
        elif state["elapsed_s"] - self._drawn >= COURSE_EVERY:
            self._drawn = state["elapsed_s"]
            figure = course(self._course, state["steps"])
            data = {"application/vnd.plotly.v1+json": figure, "text/plain": ""}
            self._put("course", data)

    def _put(self, name: str, data: dict[str, Any]) -> None:
        from IPython.display import display

        if name in self._shown:
            self._shown[name].update(data, raw=True)
        else:
            self._shown[name] = display(data, raw=True, display_id=True)


def course(
    points: Sequence[tuple[int, Mapping[str, float | None]]], steps: int
) -> dict[str, Any]:
    """A Plotly figure of loss and terms against the step, on a logarithmic axis.

    Args:
        points: step and values by name; what is not a positive number is left out.
        steps: where the axis of steps ends [1].
    """
    names = list(dict.fromkeys(name for _, values in points for name in values))
    known = {
        name: [(x, y) for x, values in points if (y := values.get(name) or 0) > 0]
        for name in names
    }
    traces = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": name,
            "x": [x for x, _ in pairs],
            "y": [y for _, y in pairs],
        }
        for name, pairs in known.items()
        if pairs
    ]
    layout = {
        "height": 280,
        "margin": {"l": 70, "r": 20, "t": 20, "b": 45},
        "xaxis": {"title": {"text": "step"}, "range": [0, steps]},
        "yaxis": {"title": {"text": "loss"}, "type": "log", "exponentformat": "e"},
        "showlegend": len(traces) > 1,
    }
    return {"data": traces, "layout": layout}


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
