"""Figures of gradients: what they cost, and what they are made of along an orbit."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from studies.orbit.adjoints import AlongOrbit
from studies.orbit.figures.common import TRUE, colour
from studies.plotting import label_axes

PANELS = {
    "sensitivity": "‖∂f/∂θ‖ [1]",
    "adjoint": "‖a‖ [%]",
    "integrand": "‖aᵀ ∂f/∂θ‖ [%]",
    "divergence": "divergence [1/TU]",
}


def amount(found: AlongOrbit, panel: str) -> np.ndarray:
    """What a panel shows at each sample; the adjoint by its length."""
    values = np.asarray(getattr(found, panel), dtype=float)
    return np.linalg.norm(values, axis=-1) if values.ndim == 2 else values


def adjoint_panels(
    orbits: Mapping[str, tuple[np.ndarray, AlongOrbit]],
) -> go.Figure:
    """The parts of a gradient over time (left) and against distance (right).

    `orbits` gives the sample times [TU] and what was found, by name.
    """
    fig = make_subplots(len(PANELS), 2, shared_xaxes=True, horizontal_spacing=0.12)
    for place, (name, (time, found)) in enumerate(orbits.items()):
        radius = np.linalg.norm(np.asarray(found.states)[:, :3], axis=-1)
        for row, panel in enumerate(PANELS, start=1):
            style = {"name": name, "legendgroup": name, "showlegend": row == 1}
            line = {"color": colour(place)}
            fig.add_scatter(
                x=time, y=amount(found, panel), line=line, row=row, col=1, **style
            )
            fig.add_scatter(
                x=radius,
                y=amount(found, panel),
                mode="markers",
                marker=line | {"size": 3},
                row=row,
                col=2,
                **(style | {"showlegend": False}),
            )
    for row, (panel, words) in enumerate(PANELS.items(), start=1):
        last = row == len(PANELS)
        label_axes(fig, "time [TU]" if last else "", words, row=row, col=1)
        label_axes(fig, "distance [R_E]" if last else "", "", row=row, col=2)
        if panel == "divergence":
            fig.add_hline(y=0, line={"color": TRUE, "dash": "dot"}, row=row, col=1)  # pyright: ignore[reportArgumentType]
        else:
            fig.update_yaxes(type="log", exponentformat="power", row=row)
    fig.update_xaxes(type="log", col=2)
    return fig.update_layout(height=800)


def costs_and_agreement(table: pd.DataFrame) -> go.Figure:
    """Each way's cost of one gradient against its difference from the standard.

    The standard itself, whose difference is zero, stands at the left edge.
    """
    shown = table["difference"].clip(lower=1e-4)
    fig = go.Figure()
    for place, (name, row) in enumerate(table.iterrows()):
        fig.add_scatter(
            x=[shown[name]],
            y=[1e3 * row["cost"]],
            mode="markers+text",
            text=[name],
            textposition="top center",
            marker={"size": 11, "color": colour(place)},
            showlegend=False,
        )
    fig.update_xaxes(type="log", exponentformat="power", range=[-4.5, 2.5])
    fig.update_yaxes(type="log", exponentformat="power")
    return label_axes(
        fig, "difference from the standard gradient [%]", "processor time [ms]"
    )
