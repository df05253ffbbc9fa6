"""Figures of reaches: centre-out sets, aligned paths, profiles of velocity."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float
from plotly.subplots import make_subplots

from studies import plotting
from studies.plotting import label_axes
from studies.reach.figures.common import (
    Group,
    Pair,
    add_curves,
    add_ends,
    darker,
    panels,
    set_limits,
)

UNITS = {"position": "m", "velocity": "m/s", "force": "N"}
NAMES = tuple(UNITS)
Band = tuple[np.ndarray, np.ndarray]  # mean and std, each of shape (time, 2)


def centre_out_set(
    groups: Mapping[str, Group],
    start: Float[np.ndarray, "condition 2"],
    goal: Float[np.ndarray, "condition 2"],
    limits: Sequence[tuple[Pair, Pair]] | None = None,
) -> go.Figure:
    """Reaches in the workspace: position, velocity and force, a colour a direction.

    Args:
        groups: name → paths of one condition.
        start: where reaches begin [m].
        goal: where they should end [m].
        limits: of each panel, from `common.limits`, for figures to be compared.
    """
    fig = in_panels(groups, ("x", "y"), limits)
    add_ends(fig, start, goal)
    return fig


def aligned_paths(
    groups: Mapping[str, Group],
    length: float,
    limits: Sequence[tuple[Pair, Pair]] | None = None,
) -> go.Figure:
    """Reaches in the frame of the reach: position, velocity and force.

    Args:
        groups: name → paths, coloured by what is compared.
        length: of the reach [m].
        limits: of each panel, from `common.limits`, for figures to be compared.
    """
    fig = in_panels(groups, ("forward", "left"), limits)
    add_ends(fig, np.zeros((1, 2)), np.array([[length, 0.0]]))
    return fig


def in_panels(
    groups: Mapping[str, Group],
    axes: tuple[str, str],
    limits: Sequence[tuple[Pair, Pair]] | None,
) -> go.Figure:
    """Groups of curves in the plane, a panel for each quantity."""
    fig = panels(NAMES, horizontal_spacing=0.12)
    words = [add_curves(fig, name, group) for name, group in groups.items()]
    for col, quantity in enumerate(NAMES, start=1):
        x, y = (plotting.axis(f"{way} {quantity}", UNITS[quantity]) for way in axes)
        label_axes(fig, x, y, row=1, col=col)
    set_limits(fig, limits)
    return plotting.note(fig, next((text for text in words if text), ""))


def profiles(
    bands: Mapping[str, Mapping[str, Band]],
    colours: Mapping[str, str],
    dt: float,
    limits: Mapping[str, Sequence[Pair]] | None = None,
    shaded: Pair | None = None,
    dashes: Mapping[str, str] | None = None,
) -> go.Figure:
    """Courses in time, mean ± one standard deviation, forward and lateral.

    Args:
        bands: quantity ("position", "velocity", "force") → name → mean and std over
            time, each of shape (time, 2).
        colours: of each name.
        dt: [s].
        limits: of each quantity, for the forward and the lateral panel.
        shaded: when a perturbation is on: from, to [s].
        dashes: of the means, by name; all solid by default.
    """
    fig = make_subplots(
        rows=len(bands),
        cols=2,
        shared_xaxes=True,
        horizontal_spacing=0.18,
        vertical_spacing=0.06,
    )
    for row, (quantity, named) in enumerate(bands.items(), start=1):
        for col, way in enumerate(("forward", "lateral, left positive"), start=1):
            for name, (mean, std) in named.items():
                first = row == 1 and col == 1
                for trace in ribbon(name, mean[:, col - 1], std[:, col - 1], dt):
                    trace.update(**coloured(trace, colours[name], first))
                    if dashes and trace.mode != "none":
                        trace.update(line_dash=dashes[name])
                    fig.add_trace(trace, row=row, col=col)
            title = plotting.axis(f"{way}<br>{quantity}", UNITS[quantity])
            fig.update_yaxes(title_text=title, row=row, col=col)
            zero = {"color": plotting.GREY, "width": 1}
            place: dict[str, Any] = {"row": row, "col": col}
            fig.add_hline(y=0, line=zero, **place)
            if limits is not None:
                fig.update_yaxes(
                    range=list(limits[quantity][col - 1]), row=row, col=col
                )
            if shaded is not None:
                add_shade(fig, shaded, place)
    fig.update_xaxes(title_text="time [s]", row=len(bands))
    return fig.update_layout(height=120 + 240 * len(bands))


def ribbon(
    name: str,
    mean: Float[np.ndarray, " time"],
    std: Float[np.ndarray, " time"],
    dt: float,
) -> list[go.Scatter]:
    """A mean over time with one standard deviation on both sides."""
    time = np.arange(len(mean)) * dt
    area = go.Scatter(
        x=np.concatenate([time, time[::-1]]),
        y=np.concatenate([mean + std, (mean - std)[::-1]]),
        fill="toself",
        mode="none",
        **plotting.QUIET,
    )
    return [area, go.Scatter(x=time, y=mean, name=name)]


def coloured(trace: go.Scatter, css: str, legend: bool) -> dict[str, Any]:
    """The colours of an area or of its mean."""
    if trace.mode == "none":
        return {"fillcolor": plotting.faded(css, 0.15)}
    line = {"color": darker(css), "width": 2.5}
    return {"line": line, "legendgroup": trace.name, "showlegend": legend}


def add_shade(fig: go.Figure, period: Pair, place: dict[str, Any]) -> None:
    """A grey rectangle over the time of a perturbation [s]."""
    fig.add_vrect(
        x0=period[0],
        x1=period[1],
        fillcolor=plotting.FAINT,
        line_width=0,
        layer="below",
        **place,
    )


def profile_limits(
    several: Sequence[Mapping[str, Mapping[str, Band]]],
) -> dict[str, list[Pair]]:
    """Limits of each quantity, forward and lateral, that hold all of these bands."""
    found: dict[str, list[Pair]] = {}
    for quantity in several[0]:
        found[quantity] = []
        for way in (0, 1):
            ends = [
                mean[:, way] + side * std[:, way]
                for bands in several
                for mean, std in bands[quantity].values()
                for side in (-1, 1)
            ]
            low, high = float(np.min(ends)), float(np.max(ends))
            margin = 0.05 * max(high - low, 1e-6)
            found[quantity].append((low - margin, high + margin))
    return found
