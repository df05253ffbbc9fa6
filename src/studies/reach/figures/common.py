"""What the figures of this study share: curves in the plane and limits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float
from plotly.subplots import make_subplots

from studies import plotting

MOST = 20  # thin curves in one group; more are thinned, and the figure says so
THIN = {"width": 1}
THICK = {"width": 3}
OPACITY = 0.35
DARKER = 0.8
Pair = tuple[float, float]


@dataclass(frozen=True)
class Group:
    """Curves that belong together: one colour, one entry of the legend.

    `panels` has arrays of shape (curve, time, 2), such as position, velocity and force,
    whose times may differ in number.
    """

    panels: Sequence[Float[np.ndarray, "curve _ 2"]]
    css: str
    labels: Sequence[str] = field(default_factory=list)  # hover text of each curve
    mean: bool = True  # draw their mean, dark and thick


def darker(css: str) -> str:
    """A colour made darker, for means over thin curves."""
    inside = plotting.faded(css, 1)
    parts = inside[inside.index("(") + 1 : -1].split(",")[:3]
    return "rgb({}, {}, {})".format(*(int(float(part) * DARKER) for part in parts))


def picked(count: int, most: int = MOST) -> tuple[np.ndarray, str]:
    """Which of `count` curves to draw, evenly picked, and words when some are not."""
    if count <= most:
        return np.arange(count), ""
    chosen = np.unique(np.linspace(0, count - 1, most).round().astype(int))
    return chosen, f"{len(chosen)} of {count:,} curves of each colour drawn"


def panels(titles: Sequence[str], **more: Any) -> go.Figure:
    """Panels in a row, each with equal scales on both axes."""
    fig = make_subplots(rows=1, cols=len(titles), subplot_titles=list(titles), **more)
    for col in range(1, len(titles) + 1):
        anchor = "x" if col == 1 else f"x{col}"
        fig.update_yaxes(scaleanchor=anchor, scaleratio=1, row=1, col=col)
        fig.update_xaxes(constrain="domain", row=1, col=col)
    return fig.update_layout(height=420, margin_t=80)  # a title above those of panels


def add_curves(fig: go.Figure, name: str, group: Group) -> str:
    """Draw a group in the panels of a figure; words when curves were left out."""
    words = ""
    for col, curves in enumerate(group.panels, start=1):
        curves = np.asarray(curves, float)
        chosen, words = picked(len(curves))
        thin = {"color": plotting.faded(group.css, OPACITY), **THIN}
        if len(curves) == 1:
            thin = {"color": group.css, **THICK}
        for place in chosen:
            label = group.labels[place] if len(group.labels) else f"curve {place}"
            add_line(fig, curves[place], col, thin, f"{name}<br>{label}", name, False)
        if group.mean and len(curves) > 1:
            mean = {"color": darker(group.css), **THICK}
            text = f"{name}<br>mean of {len(curves)}"
            add_line(fig, curves.mean(axis=0), col, mean, text, name, col == 1)
        elif col == 1:
            fig.data[-1].showlegend = True
    return words


def add_line(
    fig: go.Figure,
    curve: Float[np.ndarray, "time 2"],
    col: int,
    line: Mapping[str, Any],
    text: str,
    group: str,
    legend: bool,
) -> None:
    """One curve in a panel, with what the pointer shows on it."""
    fig.add_scatter(
        x=curve[:, 0],
        y=curve[:, 1],
        mode="lines",
        line=dict(line),
        name=group,
        legendgroup=group,
        showlegend=legend,
        hovertemplate=text + "<br>(%{x:.3g}, %{y:.3g})<extra></extra>",
        row=1,
        col=col,
    )


def add_ends(
    fig: go.Figure,
    start: Float[np.ndarray, "end 2"],
    goal: Float[np.ndarray, "end 2"],
    guides: bool = True,
) -> None:
    """Starts as squares, goals as open circles, dashed straight lines between them."""
    for first, last in zip(start, goal, strict=True) if guides else ():
        dashed = {"color": plotting.GREY, "dash": "dash", "width": 1}
        both = np.stack([first, last])
        fig.add_scatter(
            x=both[:, 0],
            y=both[:, 1],
            mode="lines",
            line=dashed,
            **plotting.QUIET,
            row=1,
            col=1,
        )
    for points, symbol, name in (
        (start, "square", "start"),
        (goal, "circle-open", "goal"),
    ):
        unique = np.unique(np.round(points, 6), axis=0)
        fig.add_scatter(
            x=unique[:, 0],
            y=unique[:, 1],
            mode="markers",
            marker={"symbol": symbol, "size": 8, "color": plotting.GREY},
            name=name,
            row=1,
            col=1,
        )


def limits(several: Iterable[Group]) -> list[tuple[Pair, Pair]]:
    """Limits of each panel that hold all of these groups: of x, then of y."""
    found: list[tuple[Pair, Pair]] = []
    groups = list(several)
    for place in range(len(groups[0].panels)):
        points = [np.asarray(g.panels[place], float).reshape(-1, 2) for g in groups]
        every = np.concatenate(points)
        low, high = np.nanmin(every, axis=0), np.nanmax(every, axis=0)
        margin = 0.05 * np.maximum(high - low, 1e-6)
        low, high = low - margin, high + margin
        found.append(((low[0], high[0]), (low[1], high[1])))
    return found


def set_limits(fig: go.Figure, given: Sequence[tuple[Pair, Pair]] | None) -> None:
    """Give the panels of a row these limits."""
    for col, (x, y) in enumerate(given or (), start=1):
        fig.update_xaxes(range=list(x), row=1, col=col)
        fig.update_yaxes(range=list(y), row=1, col=col)
