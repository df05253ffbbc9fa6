"""Figures of contexts: measures against context, shares over time."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float
from plotly.subplots import make_subplots

from studies import plotting
from studies.evidence import Group
from studies.reach.figures.common import Pair, darker

TOLD = (0.0, 1.0)  # contexts of a training with a switch or a factor [1]
Curves = Float[np.ndarray, "replicate point"]


def against_context(
    contexts: Sequence[float],
    panels: Mapping[str, Mapping[str, Curves]],
    colours: Mapping[str, str],
) -> go.Figure:
    """Measures against context: median and range of the replicates, a panel each.

    Grey is where contexts lie in the training with a switch or a factor, 0 to 1.

    Args:
        contexts: that were told [1].
        panels: title of a measure, with its unit → name → a row for each replicate.
        colours: of each name.
    """
    fig = make_subplots(rows=1, cols=len(panels), horizontal_spacing=0.1)
    for col, (title, named) in enumerate(panels.items(), start=1):
        for name, rows in named.items():
            add_band(fig, contexts, rows, name, colours[name], col)
        fig.update_yaxes(title_text=title, row=1, col=col)
        fig.update_xaxes(title_text="context [1]", row=1, col=col)
        shade(fig, TOLD, col)
    return fig.update_layout(height=420)


def in_time(
    time: Float[np.ndarray, " point"],
    panels: Mapping[str, Mapping[str, Curves]],
    colours: Mapping[str, str],
    levels: Mapping[str, float] | None = None,
) -> go.Figure:
    """Courses over the time since an event, a panel each: median and range.

    Args:
        time: since the event [s].
        panels: title of an axis → name → a row for each replicate.
        colours: of each name.
        levels: words → a height that a dotted line marks in the first panel.
    """
    fig = make_subplots(rows=1, cols=len(panels), horizontal_spacing=0.12)
    for col, (title, named) in enumerate(panels.items(), start=1):
        for name, rows in named.items():
            add_band(fig, time, rows, name, colours[name], col)
        fig.update_yaxes(title_text=title, row=1, col=col)
        fig.update_xaxes(title_text="time since the event [s]", row=1, col=col)
    for words, level in (levels or {}).items():
        dotted = {"dash": "dot", "color": plotting.GREY}
        where = {"row": 1, "col": 1}
        fig.add_hline(y=level, line=dotted, annotation_text=words, **where)  # pyright: ignore
    return fig.update_layout(height=420)


def in_order(fig: go.Figure, groups: Sequence[str]) -> go.Figure:
    """The figure with its traces in the order of these legend groups.

    Raises:
        ValueError: a trace belongs to none of them.
    """
    traces: Any = fig.data
    fig.data = sorted(traces, key=lambda trace: groups.index(trace.legendgroup))
    return fig


def add_band(
    fig: go.Figure,
    x: Sequence[float] | np.ndarray,
    rows: Curves,
    name: str,
    css: str,
    col: int,
) -> None:
    """Median and range of the replicates in one panel; the legend names each once."""
    traces = plotting.band(x, rows, name, css)
    shown = {one["name"] for one in fig.to_dict()["data"] if one.get("showlegend")}
    line = {"color": darker(css), "width": 2.5}
    traces[-1].update(line=line, legendgroup=name, showlegend=name not in shown)
    for trace in traces:
        fig.add_trace(trace, row=1, col=col)


def shade(fig: go.Figure, span: Pair, col: int) -> None:
    """Grey behind a span of the horizontal axis of a panel."""
    grey = {"fillcolor": plotting.FAINT, "line_width": 0, "layer": "below"}
    fig.add_vrect(x0=span[0], x1=span[1], **grey, row=1, col=col)  # pyright: ignore


def setting_ranges(
    groups: Mapping[str, Group],
    columns: Mapping[str, tuple[str, float, str]],
    title: str,
) -> go.Figure:
    """A measure of many settings: medians with their ranges, a row each.

    Args:
        groups: words of a setting → its models, of all training stds.
        columns: words → column of the measure, training std, colour.
        title: of the measure's axis, with its unit.
    """
    fig = go.Figure()
    for words, (column, std, css) in columns.items():
        found = {
            name: group.where(field_std=std).summary(column)
            for name, group in groups.items()
        }
        middle, low, high = ([one[k] for one in found.values()] for k in range(3))
        fig.add_scatter(
            x=middle,
            y=list(found),
            error_x=plotting.whiskers(middle, low, high) | {"thickness": 1},
            mode="markers",
            marker={"color": css, "size": 9},
            name=words,
        )
    fig.update_yaxes(autorange="reversed", automargin=True)
    fig.update_xaxes(title_text=title)
    return fig.update_layout(height=160 + 34 * len(groups))
