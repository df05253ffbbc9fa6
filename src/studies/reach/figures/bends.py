"""Figures of curvature: spectra of Hessians, and errors of the linear approximation."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from studies import plotting

Curves = Sequence[Sequence[float]]  # a curve a model


def sorted_values(
    shown: Mapping[str, Mapping[str, tuple[np.ndarray, str]]],
) -> go.Figure:
    """Eigenvalues in ascending order on a logarithmic axis, a panel a model.

    Args:
        shown: title → name → (eigenvalues, colour); what is not positive is left out.
    """
    fig = make_subplots(
        rows=1, cols=len(shown), subplot_titles=list(shown), shared_yaxes=True
    )
    for col, named in enumerate(shown.values(), start=1):
        where: dict[str, Any] = {"row": 1, "col": col}
        for name, (values, css) in named.items():
            fig.add_scatter(
                x=np.arange(1, len(values) + 1),
                y=np.where(values > 0, values, np.nan),
                mode="lines",
                line={"color": css},
                name=name,
                legendgroup=name,
                showlegend=col == 1,
                **where,
            )
        fig.update_xaxes(
            title_text=plotting.axis("rank of the eigenvalue", "1"), **where
        )
    fig.update_yaxes(type="log", exponentformat="power")
    fig.update_yaxes(title_text=plotting.axis("eigenvalue", "1"), row=1, col=1)
    return fig.update_layout(height=440, margin_t=80)


def by_distance(
    distances: Sequence[float],
    panels: Mapping[str, Mapping[str, Curves]],
    colours: Mapping[str, str],
) -> go.Figure:
    """Quantities over the distance from the fixed point, both axes logarithmic.

    Args:
        distances: from the fixed point [1].
        panels: title of the vertical axis → setting → a curve a model.
        colours: of each setting.
    """
    fig = make_subplots(rows=1, cols=len(panels), horizontal_spacing=0.12)
    for col, (title, groups) in enumerate(panels.items(), start=1):
        where: dict[str, Any] = {"row": 1, "col": col}
        for name, curves in groups.items():
            runs = np.maximum(np.asarray(curves, float), 1e-17)
            traces = plotting.band(distances, runs, name, colours[name])
            traces[-1].update(showlegend=col == 1, mode="lines+markers")
            for trace in traces:
                fig.add_trace(trace, **where)
        far = plotting.axis("distance from the fixed point", "1")
        fig.update_xaxes(title_text=far, type="log", **where)
        fig.update_yaxes(title_text=title, **where)
        fig.update_yaxes(type="log", exponentformat="power", **where)
    return fig.update_layout(height=420)
