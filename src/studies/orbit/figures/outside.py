"""Figures of the judges from outside: laws, real motion and a published benchmark."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from studies.orbit.figures.common import colour, label_axes

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
