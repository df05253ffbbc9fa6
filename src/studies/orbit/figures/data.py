"""Figures of data sets: orbits, histograms of elements, sample spacing."""

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from studies import plotting
from studies.orbit.figures.common import add_earth, colour, thin
from studies.orbit.kepler import ELEMENTS
from studies.orbit.orbit_sets import OrbitSet
from studies.plotting import label_axes

ZOOM = 30  # samples shown at periapsis and at apoapsis


def orbit_paths(orbits: OrbitSet, most: int = 100) -> go.Figure:
    """The paths of a set [R_E]: in the plane, or in space when it is not planar."""
    fig = go.Figure()
    shown = range(min(len(orbits), most))
    width = 1.5 if len(shown) <= 10 else 0.7
    for row in shown:
        path = orbits.states[row, orbits.mask[row], :3]
        path = thin(np.concatenate([path, path[:1]]), 180)
        line = {"color": colour(row), "width": width}
        common = {"mode": "lines", "line": line, "name": orbits.names[row]}
        if orbits.planar:
            fig.add_scatter(x=path[:, 0], y=path[:, 1], **common)
        else:
            fig.add_trace(plotting.space(path, orbits.names[row], colour(row)))
    fig.update_layout(showlegend=len(shown) <= 10)
    if not orbits.planar:
        return fig.update_layout(scene=plotting.scene("xyz", "R_E"))
    add_earth(fig)
    fig.update_yaxes(scaleanchor="x", scaleratio=1)
    fig.update_xaxes(constrain="domain")
    return label_axes(fig, "x [R_E]", "y [R_E]")


def element_histograms(orbits: OrbitSet) -> go.Figure:
    """How the elements of a set are distributed: size, shape and the angles."""
    table = orbits.table()
    shown = [str(c) for c in table if str(c).split(" ")[0] in ELEMENTS]
    columns = [column for column in shown if len(set(table[column])) > 1]
    columns = columns or ["semi_major_axis [km]", "eccentricity [1]"]
    fig = make_subplots(rows=1, cols=len(columns), horizontal_spacing=0.05)
    for place, column in enumerate(columns, start=1):
        fig.add_histogram(
            x=table[column],
            nbinsx=min(20, max(5, len(orbits) // 3)),
            marker_color=colour(place - 1),
            showlegend=False,
            row=1,
            col=place,
        )
        title = column.replace("_", " ")
        label_axes(fig, title, "orbits [1]" if place == 1 else "", row=1, col=place)
    return fig


def sample_spacing(orbits: OrbitSet, row: int = 0) -> go.Figure:
    """Distance between neighbouring samples of one orbit, with both ends in close-up.

    Equal steps in time leave few samples at periapsis, where the field is strongest.
    The close-ups show 30 samples around each end, coloured by time.
    """
    states, time = orbits.states[row, orbits.mask[row]], orbits.time[row]
    time = time[orbits.mask[row]]
    radius = np.linalg.norm(states[:, :3], axis=-1)
    step = np.linalg.norm(np.diff(states[:, :3], axis=0), axis=-1)
    titles = (orbits.names[row], "at periapsis", "at apoapsis")
    fig = make_subplots(rows=1, cols=3, subplot_titles=titles, horizontal_spacing=0.1)
    fig.add_scatter(
        x=radius[:-1],
        y=step,
        mode="markers",
        marker={"size": 4, "color": colour(0)},
        showlegend=False,
        row=1,
        col=1,
    )
    label_axes(fig, "radius [R_E]", "sample spacing [R_E]", row=1, col=1)
    for col, centre in ((2, int(np.argmin(radius))), (3, int(np.argmax(radius)))):
        add_zoom(fig, states, time, centre, col)
    return fig


def add_zoom(
    fig: go.Figure, states: np.ndarray, time: np.ndarray, centre: int, col: int
) -> None:
    """The samples around one of them in the xy plane, coloured by time."""
    near = np.arange(centre - ZOOM // 2, centre + ZOOM // 2) % len(time)
    fig.add_scatter(
        x=states[near, 0],
        y=states[near, 1],
        mode="markers",
        marker={
            "color": time[near],
            "colorscale": "Viridis",
            "showscale": col == 3,
            "colorbar": {"title": {"text": "time [TU]"}},
        },
        showlegend=False,
        row=1,
        col=col,
    )
    label_axes(fig, "x [R_E]", "y [R_E]", row=1, col=col)
