"""Figures of fixed points: how they are found, where they lie, what contexts do."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float
from plotly.subplots import make_subplots

from studies import plotting
from studies.evidence import Survey, spelled
from studies.reach.figures.common import darker
from studies.reach.geometry import Frame
from studies.reach.plotting import context_colour, direction_colour, std_colour

__all__ = [
    "by_context",
    "by_setting",
    "context_colour",
    "direction_colour",
    "falls",
    "first_and_last",
    "group_colours",
    "named_contexts",
    "over_time",
    "scenes",
]

READOUT = ("readout of the x force", "readout of the y force")
Looked = TypeVar("Looked")  # what was found of one model
ARROW = 0.4  # length of a drawn readout vector, as a share of the points' extent


def group_colours(models: Survey) -> dict[str, str]:
    """Colour of each setting: of its training std where that tells settings apart."""
    stds = {}
    for name, group in models.groups.items():
        row = next(iter(group))
        value = np.ravel(row["field_std"])[0]
        stds[name] = (float(value), spelled("field", row.get("field", "curl")))
    if len(set(stds.values())) == len(stds):
        return {name: std_colour(*what) for name, what in stds.items()}
    palette = plotting.PALETTE
    return {name: palette[k % len(palette)] for k, name in enumerate(stds)}


def named_contexts(
    contexts: Iterable[float], *values: Iterable[Any]
) -> dict[str, tuple[Any, ...]]:
    """Name of each context → its entry of each of the values, and its colour."""
    return {
        f"context {context:g}": (*entries, context_colour(context))
        for context, *entries in zip(contexts, *values, strict=True)
    }


def first_and_last(models: Survey, looked: Mapping[str, Looked]) -> dict[str, Looked]:
    """What was found of one model each of the first and of the last setting."""
    groups = list(models.groups.items())
    ends = dict([groups[0], groups[-1]])
    return {name: looked[next(iter(group))["model"]] for name, group in ends.items()}


def by_setting(
    models: Survey,
    looked: Mapping[str, Any],
    quantities: Mapping[str, Callable[[Any], Any]],
) -> dict[str, dict[str, tuple[Any, Sequence[Any]]]]:
    """What `by_context` draws: quantities of what was found of each model.

    Args:
        models: the settings.
        looked: what was found of each model, which has `contexts`.
        quantities: title → a curve over the contexts, of what was found of a model.
    """
    found: dict[str, dict[str, tuple[Any, Sequence[Any]]]] = {x: {} for x in quantities}
    for name, group in models.groups.items():
        its = [looked[row["model"]] for row in group]
        for title, of in quantities.items():
            found[title][name] = (its[0].contexts, [of(it) for it in its])
    return found


def falls(
    curves: Mapping[str, Float[np.ndarray, "step input"]], limit: float
) -> go.Figure:
    """Distance from rest over the steps of each method, median and range of inputs.

    Args:
        curves: method → ‖F(h) − h‖ before each step.
        limit: the largest that counts as rest, drawn as a dotted line.
    """
    fig = go.Figure()
    for place, (name, rows) in enumerate(curves.items()):
        step = np.arange(1, len(rows) + 1)
        kept = np.unique(np.geomspace(1, len(rows), 200).astype(int)) - 1
        runs = np.maximum(np.asarray(rows, float)[kept].T, 1e-17)
        fig.add_traces(plotting.band(step[kept], runs, name, plotting.PALETTE[place]))
    dotted = {"dash": "dot", "color": plotting.GREY}
    fig.add_hline(limit, line=dotted, annotation_text="a fixed point")
    fig.update_xaxes(title_text=plotting.axis("step of the method", "1"), type="log")
    title = plotting.axis("distance moved in a step", "1")
    return fig.update_yaxes(title_text=title, type="log", exponentformat="power")


def over_time(
    groups: Mapping[str, Sequence[np.ndarray]],
    colours: Mapping[str, str],
    dt: float,
    title: str,
) -> go.Figure:
    """A quantity along trials, median and range of the replicates, logarithmic.

    Args:
        groups: setting → a curve a model.
        colours: of each setting.
        dt: time between two entries of a curve [s].
        title: of the vertical axis.
    """
    fig = go.Figure()
    for name, curves in groups.items():
        time = dt * np.arange(1, len(curves[0]) + 1)
        fig.add_traces(plotting.band(time, curves, name, colours[name]))
    fig.update_xaxes(title_text=plotting.axis("time", "s"))
    return fig.update_yaxes(title_text=title, type="log", exponentformat="power")


def by_context(
    panels: Mapping[str, Mapping[str, tuple[Any, Sequence[Any]]]],
    colours: Mapping[str, str],
    *,
    log: Sequence[str] = (),
    columns: int = 2,
) -> go.Figure:
    """Quantities over the context, median and range of the replicates.

    Args:
        panels: title of the vertical axis → setting → contexts, and a curve a model.
        colours: of each setting.
        log: panels whose vertical axis is logarithmic.
        columns: of panels.
    """
    rows = -(-len(panels) // columns)
    fig = make_subplots(rows=rows, cols=columns, horizontal_spacing=0.12)
    for place, (title, groups) in enumerate(panels.items()):
        where: dict[str, Any] = {
            "row": place // columns + 1,
            "col": place % columns + 1,
        }
        for name, (contexts, curves) in groups.items():
            traces = plotting.band(contexts, curves, name, colours[name])
            traces[-1].update(
                mode="lines+markers",
                line={"color": darker(colours[name])},
                showlegend=place == 0,
            )
            for trace in traces:
                fig.add_trace(trace, **where)
        kind = "log" if title in log else "linear"
        fig.update_xaxes(title_text=plotting.axis("context", "1"), **where)
        fig.update_yaxes(title_text=title, type=kind, **where)
    return fig.update_layout(height=60 + 330 * rows)


def scenes(
    shown: Mapping[str, tuple[Frame, Mapping[str, np.ndarray], np.ndarray]],
    colours: Mapping[str, str],
    *,
    mode: str = "markers",
) -> go.Figure:
    """Points in three principal components, one scene a model, with the readout.

    Args:
        shown: title → (frame, name → points of shape (point, hidden), rows of the
            readout). Vectors of the readout start at the mean of the first points;
            their length is a share of the extent of all, for their size has no meaning
            among hidden states.
        colours: of each name.
        mode: "markers", or "lines+markers" for points that follow each other.
    """
    fig = make_subplots(
        rows=1,
        cols=len(shown),
        specs=[[{"type": "scene"}] * len(shown)],
        subplot_titles=list(shown),
    )
    for col, (frame, named, readout) in enumerate(shown.values(), start=1):
        placed = {name: frame.point(points) for name, points in named.items()}
        for name, points in placed.items():
            x, y, z = points.T
            css = colours[name]
            fig.add_scatter3d(
                x=x,
                y=y,
                z=z,
                mode=mode,
                marker={"size": 3, "color": css},
                line={"color": css, "width": 2},
                name=name,
                legendgroup=name,
                showlegend=col == 1,
                row=1,
                col=col,
            )
        every = np.concatenate(list(placed.values()))
        extent = float(np.nanmax(np.nanmax(every, axis=0) - np.nanmin(every, axis=0)))
        _arrows(fig, frame.vector(readout), next(iter(placed.values())), extent, col)
        names = [f"PC {k + 1} ({frame.share[k]:.0%})" for k in range(3)]
        key = "scene" if col == 1 else f"scene{col}"
        fig.update_layout({key: plotting.scene(names)})
    return fig.update_layout(height=560)


def _arrows(
    fig: go.Figure, vectors: np.ndarray, first: np.ndarray, extent: float, col: int
) -> None:
    """Vectors from the mean of some points, all of one length."""
    begin = np.nanmean(first, axis=0)
    for name, vector, dash in zip(READOUT, vectors, ("solid", "dash"), strict=True):
        length = np.linalg.norm(vector)
        if not length:
            continue
        x, y, z = np.stack([begin, begin + ARROW * extent * vector / length]).T
        fig.add_scatter3d(
            x=x,
            y=y,
            z=z,
            mode="lines",
            line={"color": plotting.GREY, "width": 5, "dash": dash},
            name=name,
            legendgroup=name,
            showlegend=col == 1,
            row=1,
            col=col,
        )
