"""Figures of the definitions of the context: their distributions, and early losses."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float
from plotly.subplots import make_subplots

from studies import plotting

LIMIT = {"dash": "dot", "color": plotting.GREY}
CEILING = 1e30  # losses above are drawn here: the axis ends


def exceedance(
    groups: Mapping[str, Sequence[np.ndarray]], axes: Sequence[str], marks: dict
) -> go.Figure:
    """How much of what is drawn exceeds a size: one panel a quantity, log axis.

    Args:
        groups: name → samples of each quantity, any shape.
        axes: axis title of each quantity.
        marks: place of a panel → (where a dotted line stands, its words).
    """
    fig = make_subplots(rows=1, cols=len(axes), shared_yaxes=True)
    for place, (name, quantities) in enumerate(groups.items()):
        for col, values in enumerate(quantities, start=1):
            size = np.sort(np.abs(np.ravel(np.asarray(values, float))))
            keep, _ = plotting.thin(len(size))
            share = 1 - np.arange(len(size)) / len(size)
            # The tail is what matters: all of its samples, few of the rest.
            tail = np.unique(np.r_[np.arange(len(size))[keep], -200:0] % len(size))
            fig.add_scatter(
                x=size[tail],
                y=share[tail],
                mode="lines",
                line={"color": plotting.PALETTE[place]},
                name=name,
                legendgroup=name,
                showlegend=col == 1,
                row=1,
                col=col,
            )
    for col, title in enumerate(axes, start=1):
        fig.update_xaxes(title_text=title, col=col)
        if col in marks:
            where, words = marks[col]
            axis = "x" if col == 1 else f"x{col}"
            fig.add_shape(
                type="line",
                x0=where,
                x1=where,
                y0=0,
                y1=1,
                line=LIMIT,
                xref=axis,
                yref="paper",
                label={"text": words, "textposition": "end"},
            )
    fig.update_yaxes(type="log", exponentformat="power")
    title = plotting.axis("share of trials above", "1")
    return fig.update_yaxes(title_text=title, col=1)


def early_loss(
    groups: Mapping[str, Float[np.ndarray, "seed step"]], limit: float
) -> go.Figure:
    """Loss over the first batches: a thin line a seed, its last point if it breaks off.

    A loss beyond 10³⁰ is drawn there.
    """
    fig = go.Figure()
    for place, (name, rows) in enumerate(groups.items()):
        css = plotting.PALETTE[place]
        for seed, losses in enumerate(rows):
            known = np.isfinite(losses)
            end = len(losses) if known.all() else int(np.argmin(known))
            y = np.minimum(losses[:end], CEILING)
            fig.add_scatter(
                x=np.arange(1, end + 1),
                y=y,
                mode="lines",
                line={"color": plotting.faded(css, 0.7), "width": 1},
                name=name,
                legendgroup=name,
                showlegend=seed == 0,
            )
            if end < len(losses):
                last = y[-1:] if end else [CEILING]
                fig.add_scatter(
                    x=[max(end, 1)],
                    y=last,
                    mode="markers",
                    marker={"symbol": "x", "color": css, "size": 9},
                    name="not a number from here on",
                    legendgroup="broken",
                    showlegend=False,
                )
    fig.add_hline(limit, line=LIMIT)
    fig.update_xaxes(title_text=plotting.axis("batch", "1"), type="log")
    fig.update_yaxes(
        title_text=plotting.axis("loss", "1"), type="log", exponentformat="power"
    )
    return fig
