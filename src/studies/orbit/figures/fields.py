"""Figures of a learned field: over the plane, along the radius, by its eigenvalues."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from studies.orbit.figures.common import (
    TRUE,
    WRONG,
    add_earth,
    colour,
    thin,
)
from studies.orbit.figures.judgement import wrapped
from studies.orbit.orbit_sets import OrbitSet
from studies.orbit.planes import FallOff, Plane
from studies.plotting import label_axes


def slopes(curves: Mapping[str, FallOff], largest: float | None = None) -> go.Figure:
    """|â| against r, both logarithmic, and the local slope below.

    Guides of slope −2 (the truth) and −1; the largest training semi-major axis [R_E]
    is a dashed line. Guides and curves are not shifted: the truth is 1/r².
    """
    fig = make_subplots(2, 1, shared_xaxes=True, vertical_spacing=0.06)
    for place, (name, own) in enumerate(curves.items()):
        look = {"line_color": colour(place), "name": wrapped(name, 40)}
        fig.add_scatter(x=own.radius, y=own.size, mode="lines", row=1, col=1, **look)
        fig.add_scatter(
            x=own.radius,
            y=own.local,
            mode="lines",
            showlegend=False,
            row=2,
            col=1,
            **look,
        )
    reach = next(iter(curves.values())).radius
    for power, dash in ((-2, "dash"), (-1, "dot")):
        guide = {"color": TRUE, "dash": dash}
        fig.add_scatter(
            x=reach, y=reach**power, line=guide, name=f"slope {power}", row=1, col=1
        )
        ends = [reach[0], reach[-1]]
        fig.add_scatter(
            x=ends, y=[power] * 2, line=guide, showlegend=False, row=2, col=1
        )
    if largest is not None:
        fig.add_vline(x=largest, line={"color": WRONG, "dash": "dash"})
    fig.update_xaxes(type="log")
    fig.update_yaxes(type="log", exponentformat="power", row=1, col=1)
    label_axes(fig, "", "|a| [R_E/TU²]", row=1, col=1)
    return label_axes(fig, "radius [R_E]", "local slope [1]", row=2, col=1)


PANELS = {
    "residual": ("log₁₀ relative error of a [1]", "Viridis", False),
    "divergence": ("divergence [1/TU]", "RdBu", True),
    "sensitivity": ("sensitivity to velocity [1/TU]", "Viridis", False),
    "fastest": ("largest |Re λ| [1/TU]", "Viridis", False),
}


def plane_panels(plane: Plane, training: OrbitSet | None = None) -> go.Figure:
    """Residual, divergence, velocity sensitivity and fastest rate over the plane.

    Training orbits lie on top of the residual.
    """
    names = [words for words, _, _ in PANELS.values()]
    fig = make_subplots(
        2, 2, subplot_titles=names, shared_xaxes=True, shared_yaxes=True
    )
    for place, (name, (_, scale, signed)) in enumerate(PANELS.items()):
        row, column = place // 2 + 1, place % 2 + 1
        values = getattr(plane, name)
        top = float(np.nanquantile(np.abs(values), 0.98))
        fig.add_heatmap(
            x=plane.x,
            y=plane.y,
            z=np.round(values, 5),
            colorscale=scale,
            **({"zmin": -top, "zmax": top} if signed else {}),
            colorbar={
                "len": 0.42,
                "x": 0.455 + 0.55 * (column - 1),
                "y": 1.25 - row / 2,
            },
            row=row,
            col=column,
        )
        label_axes(fig, "x [R_E]", "y [R_E]", row=row, col=column)
    for orbit in () if training is None else training.states[:30]:
        path = thin(orbit[~np.isnan(orbit[:, 0])], 90)
        fig.add_scatter(
            x=path[:, 0],
            y=path[:, 1],
            line={"color": "white", "width": 0.7},
            showlegend=False,
            row=1,
            col=1,
        )
    return fig.update_layout(height=820)


def arrows(plane: Plane, every: int = 4) -> go.Figure:
    """Directions of the learned (colour) and the true pull (grey) over the plane."""
    fig = go.Figure()
    px, py = np.meshgrid(plane.x, plane.y)
    step = 0.8 * every * (plane.x[1] - plane.x[0])
    for name, field, css in (
        ("true", plane.true, TRUE),
        ("learned", plane.learned, colour(0)),
    ):
        unit = field / np.linalg.norm(field, axis=-1, keepdims=True)
        start = np.stack([px, py], axis=-1)[::every, ::every].reshape(-1, 2)
        end = start + step * unit[::every, ::every, :2].reshape(-1, 2)
        lines = np.stack([start, end, np.full_like(start, np.nan)], axis=1).reshape(
            -1, 2
        )
        fig.add_scatter(
            x=lines[:, 0], y=lines[:, 1], mode="lines", name=name, line_color=css
        )
    add_earth(fig)
    fig.update_yaxes(scaleanchor="x")
    return label_axes(fig, "x [R_E]", "y [R_E]")


def rate_histogram(planes: Mapping[str, Plane]) -> go.Figure:
    """How often each |Re λ| of ∂f/∂y occurs over the plane, one colour a field."""
    fig = go.Figure()
    edges = np.linspace(-6, 2, 49)
    for place, (name, plane) in enumerate(planes.items()):
        count, _ = np.histogram(np.log10(plane.rates), edges)
        fig.add_scatter(
            x=10 ** ((edges[1:] + edges[:-1]) / 2),
            y=100 * count / max(count.sum(), 1),
            line={"shape": "hvh", "color": colour(place)},
            name=wrapped(name, 40),
        )
    fig.update_xaxes(type="log", exponentformat="power")
    return label_axes(fig, "|Re λ| [1/TU]", "share of eigenvalues [%]")
