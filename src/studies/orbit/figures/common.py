"""What the figures of this study share: colours, axes, the Earth."""

import numpy as np
import plotly.graph_objects as go

from studies import plotting

TRUE = plotting.GREY  # the truth is grey and dashed everywhere
WRONG = plotting.PALETTE[4]
EARTH = "rgba(86, 180, 233, 0.35)"
LENGTHS = {"three_body": "distance"}  # of the two bodies; elsewhere Earth radii


def length_unit(system: str) -> str:
    """The unit of length on the axes of a system's figures; its time unit is TU."""
    return LENGTHS.get(system, "R_E")


def colour(place: int) -> str:
    """The colour of the so-many-th curve."""
    return plotting.colour("curve", place)


def add_earth(fig: go.Figure) -> None:
    """The Earth as a disc of radius one in the xy plane."""
    angle = np.linspace(0, 2 * np.pi, 73)
    fig.add_scatter(
        x=np.cos(angle),
        y=np.sin(angle),
        fill="toself",
        mode="lines",
        line={"width": 0},
        fillcolor=EARTH,
        name="Earth",
        hoverinfo="name",
        showlegend=False,
    )


def thin(values: np.ndarray, most: int = 400) -> np.ndarray:
    """At most `most` values, evenly picked, so that a page stays small."""
    return values[:: max(1, -(-len(values) // most))]
