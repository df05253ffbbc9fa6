"""Figures of laws, real motion and a published benchmark."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from studies.evidence import Group
from studies.orbit.figures.common import TRUE, colour
from studies.orbit.metrics import predict
from studies.orbit.orbit_sets import OrbitSet
from studies.plotting import label_axes

DOTTED = {"dash": "dot", "width": 1, "color": "rgba(128, 128, 128, 0.9)"}


def network_and_law(
    radii: np.ndarray,
    curves: Mapping[str, tuple[np.ndarray, np.ndarray]],
    training: tuple[float, float],
) -> go.Figure:
    """Errors by radius [R_E] of networks (solid) and of their laws (dashed) [%].

    Args:
        radii: of the circles, shape (radius,).
        curves: setting → errors of its network and of its law, (radius,) each.
        training: smallest and largest radius of the training orbits.
    """
    fig = go.Figure()
    for place, (name, (network, law)) in enumerate(curves.items()):
        shade = colour(place)
        fig.add_scatter(
            x=radii, y=network, name=name, legendgroup=name, line={"color": shade}
        )
        fig.add_scatter(
            x=radii,
            y=np.where(law > 0, law, np.nan),
            name=f"{name}: law",
            legendgroup=name,
            line={"color": shade, "dash": "dash"},
        )
    for radius in training:
        fig.add_vline(x=radius, line=DOTTED)
    fig.update_xaxes(type="log")
    fig.update_yaxes(type="log", exponentformat="power")
    return label_axes(fig, "radius [R_E]", "acceleration error [%]")


def beyond_kepler(rows: Sequence[Mapping[str, Any]]) -> go.Figure:
    """What two bodies leave of each satellite's acceleration [%], by its orbit."""
    fig = go.Figure()
    fig.add_scatter(
        x=[row["a"] for row in rows],
        y=[row["share"] for row in rows],
        mode="markers",
        text=[f"{row['name']}, i = {row['i']:.1f}°" for row in rows],
        marker={
            "color": [row["e"] for row in rows],
            "colorscale": "Viridis",
            "colorbar": {"title": {"text": "eccentricity [1]"}},
            "size": 9,
        },
        showlegend=False,
    )
    fig.update_xaxes(type="log")
    fig.update_yaxes(type="log", exponentformat="power")
    return label_axes(fig, "semi-major axis [R_E]", "not Kepler's [%]")


def residual_by_latitude(orbits: OrbitSet, models: Sequence[Any]) -> go.Figure:
    """Radial part of the first orbit's label by sin latitude, measured and learned."""
    keep = orbits.mask[0]
    position = orbits.states[0, keep, :3]
    radial = position / np.linalg.norm(position, axis=-1, keepdims=True)
    order = np.argsort(radial[:, 2])
    sine = radial[order, 2]
    fig = go.Figure()
    if orbits.estimated is not None:
        label = np.sum(orbits.estimated[0, keep] * radial, axis=-1)[order]
        marker = {"color": TRUE, "size": 4}
        fig.add_scatter(x=sine, y=label, mode="markers", name="measured", marker=marker)
    for place, model in enumerate(models):
        guess = predict(model.acceleration, orbits).predicted[0, keep]
        said = np.sum(guess * radial, axis=-1)[order]
        line = {"color": colour(place)}
        fig.add_scatter(x=sine, y=said, name=f"network {place + 1}", line=line)
    return label_axes(fig, "sine of latitude [1]", "10³ × radial residual [R_E/TU²]")


def losses_by_network(
    groups: Mapping[str, Group], published: Mapping[str, tuple[float, float]]
) -> go.Figure:
    """Test losses, a dot a seed, and the published ones as crosses.

    Args:
        groups: network → its models, with the column `test_loss`.
        published: network → test loss and energy error of the paper.
    """
    fig = go.Figure()
    for place, (name, group) in enumerate(groups.items()):
        losses = group.values("test_loss")
        marker = {"color": colour(place), "size": 9}
        fig.add_scatter(
            x=[name] * len(losses), y=losses, mode="markers", name=name, marker=marker
        )
    fig.add_scatter(
        x=list(published),
        y=[loss for loss, _ in published.values()],
        mode="markers",
        name="published",
        marker={"color": TRUE, "symbol": "x", "size": 10},
    )
    fig.update_yaxes(type="log", exponentformat="power")
    return label_axes(fig, "network", "test loss [1]")
