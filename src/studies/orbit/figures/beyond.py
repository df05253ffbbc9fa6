"""Figures of orbits in space, of perturbed orbits and of three bodies."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from studies import plotting
from studies.orbit.figures.common import colour
from studies.plotting import label_axes

ERROR = "acceleration error [%]"


def anomaly_bands(
    angle: np.ndarray, groups: Mapping[str, np.ndarray], title: str
) -> go.Figure:
    """Median over the models of a group with its range, by true anomaly [deg].

    `groups[name]` has shape (model, bin).
    """
    fig = go.Figure()
    for place, (name, runs) in enumerate(groups.items()):
        fig.add_traces(plotting.band(angle, runs, name, colour(place)))
    fig.update_xaxes(range=[0, 360], dtick=60)
    fig.update_yaxes(type="log", exponentformat="power")
    return label_axes(fig, "true anomaly [deg]", title)


def start_scatter(
    start: np.ndarray, groups: Mapping[str, np.ndarray], title: str
) -> go.Figure:
    """One dot an orbit: its initial true anomaly [deg] and what became of it."""
    fig = go.Figure()
    for place, (name, values) in enumerate(groups.items()):
        fig.add_scatter(
            x=start,
            y=np.where(np.isfinite(values) & (values > 0), values, np.nan),
            mode="markers",
            name=name,
            marker={"color": colour(place), "size": 6},
        )
    fig.update_xaxes(range=[0, 360], dtick=60)
    fig.update_yaxes(type="log", exponentformat="power")
    return label_axes(fig, "initial true anomaly [deg]", title)


def drift_by_piece(groups: Mapping[str, np.ndarray]) -> go.Figure:
    """Size of the Jacobi constant's change over each piece of an arc [%].

    `groups[name]` has shape (model, piece), medians over arcs.
    """
    fig = go.Figure()
    for place, (name, runs) in enumerate(groups.items()):
        pieces = np.arange(1, runs.shape[1] + 1)
        fig.add_traces(plotting.band(pieces, runs, name, colour(place)))
    fig.update_xaxes(dtick=1)
    fig.update_yaxes(type="log", exponentformat="power")
    return label_axes(fig, "piece of the arc [1]", "change of the Jacobi constant [%]")


def near_points(groups: Mapping[str, np.ndarray], points: Sequence[str]) -> go.Figure:
    """Error near each libration point, a dot a model; `groups[name]` (model, point)."""
    fig = go.Figure()
    for place, (name, runs) in enumerate(groups.items()):
        fig.add_scatter(
            x=np.tile(points, len(runs)),
            y=np.ravel(runs),
            mode="markers",
            name=name,
            marker={"color": colour(place), "size": 9},
        )
    fig.update_yaxes(type="log", exponentformat="power")
    return label_axes(fig, "libration point", ERROR)


def turning_plane(
    x: np.ndarray,
    y: np.ndarray,
    error: np.ndarray,
    marks: Mapping[str, tuple[float, float]],
    paths: np.ndarray,
) -> go.Figure:
    """Logarithm of the error at rest over the turning plane, with bodies and points.

    `paths` (path, time, 2) are training arcs, in distances of the two bodies.
    """
    fig = go.Figure()
    fig.add_heatmap(
        x=x,
        y=y,
        z=np.log10(error),
        colorscale="Viridis",
        colorbar={"title": {"text": "log₁₀ error [%]"}},
    )
    line = {"color": "white", "width": 0.5}
    for path in paths:
        fig.add_scatter(
            x=path[:, 0], y=path[:, 1], mode="lines", line=line, showlegend=False
        )
    fig.add_scatter(
        x=[place[0] for place in marks.values()],
        y=[place[1] for place in marks.values()],
        text=list(marks),
        mode="markers+text",
        textposition="top center",
        textfont={"color": "white"},
        marker={"color": "white", "symbol": "x", "size": 7},
        showlegend=False,
    )
    fig.update_xaxes(range=[float(x.min()), float(x.max())])
    fig.update_yaxes(
        range=[float(y.min()), float(y.max())], scaleanchor="x", scaleratio=1
    )
    return label_axes(fig, "x [distance]", "y [distance]")
