"""Figures of spectra: eigenvalues, modes against the readout, traces, stimulation."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from studies import plotting
from studies.reach.spectra import Planes

MOST = 1500  # points of one colour in one panel
Coloured = tuple[np.ndarray, str]
DOTTED = {"color": plotting.GREY, "dash": "dot"}


def _panels(titles: Sequence[str]) -> go.Figure:
    fig = make_subplots(
        rows=1, cols=len(titles), subplot_titles=list(titles), shared_yaxes=True
    )
    return fig.update_layout(height=460, margin_t=80)


def _points(
    fig: go.Figure, x: np.ndarray, y: np.ndarray, name: str, css: str, col: int
) -> str:
    """One colour's points in a panel, evenly thinned; words when some are left out."""
    kept, words = plotting.thin(len(x), MOST)
    fig.add_scattergl(
        x=x[kept],
        y=y[kept],
        mode="markers",
        marker={"size": 4, "color": plotting.faded(css, 0.6)},
        name=name,
        legendgroup=name,
        showlegend=col == 1,
        row=1,
        col=col,
    )
    return words


def spectra(shown: Mapping[str, Mapping[str, Coloured]]) -> go.Figure:
    """Eigenvalues in the complex plane with the unit circle, a panel a model.

    Args:
        shown: title → name → (eigenvalues of any shape, colour).
    """
    fig, words = _panels(list(shown)), ""
    for col, named in enumerate(shown.values(), start=1):
        where: dict[str, Any] = {"row": 1, "col": col}
        angle = np.linspace(0, 2 * np.pi, 181)
        x, y = np.cos(angle), np.sin(angle)
        fig.add_scatter(x=x, y=y, mode="lines", line=DOTTED, **plotting.QUIET, **where)
        for name, (values, css) in named.items():
            flat = values.ravel()
            words = _points(fig, np.real(flat), np.imag(flat), name, css, col) or words
        anchor = "x" if col == 1 else f"x{col}"
        fig.update_xaxes(title_text="Re λ [1]", **where)
        fig.update_yaxes(scaleanchor=anchor, scaleratio=1, **where)
    fig.update_yaxes(title_text="Im λ [1]", row=1, col=1)
    return plotting.note(fig, words)


def overlaps(
    shown: Mapping[str, Mapping[str, tuple[np.ndarray, np.ndarray, str]]], chance: float
) -> go.Figure:
    """How much of each mode the readout sees, over its |λ|, a panel a model.

    Args:
        shown: title → name → (|λ|, overlap, colour), both of any shape.
        chance: overlap of a random vector, drawn as a dotted line [1].
    """
    fig, words = _panels(list(shown)), ""
    for col, named in enumerate(shown.values(), start=1):
        for name, (size, overlap, css) in named.items():
            seen = np.maximum(overlap, 1e-12).ravel()
            words = _points(fig, size.ravel(), seen, name, css, col) or words
        fig.update_xaxes(title_text="|λ| [1]", row=1, col=col)
    fig.add_hline(chance, line=DOTTED)
    fig.update_yaxes(type="log", exponentformat="power")
    fig.update_yaxes(title_text="overlap with the readout [1]", row=1, col=1)
    return plotting.note(fig, words)


def against_chance(
    groups: Mapping[str, Sequence[np.ndarray]], colours: Mapping[str, str]
) -> go.Figure:
    """Responses to two chosen sets of units beside those to random sets.

    Args:
        groups: setting → of each model the responses: least stable, oscillatory, random
            sets.
        colours: of each setting.
    """
    random = {
        name: np.concatenate([x[2:] for x in rows]) for name, rows in groups.items()
    }
    fig = go.Figure(plotting.violins(random, colours))
    fig.update_traces(showlegend=False)
    marks = (("least stable mode", "square"), ("oscillatory mode", "diamond"))
    for place, (words, symbol) in enumerate(marks):
        x = [name for name, rows in groups.items() for _ in rows]
        y = [float(row[place]) for rows in groups.values() for row in rows]
        marker = {"symbol": symbol, "size": 9, "color": plotting.PALETTE[4 + place]}
        fig.add_scatter(x=x, y=y, mode="markers", marker=marker, name=words)
    title = plotting.axis("largest force against the deviation", "N")
    return fig.update_yaxes(title_text=title)


def trace_determinant(
    shown: Mapping[str, Mapping[str, tuple[Planes, str]]],
) -> go.Figure:
    """The trace–determinant diagram, a panel a model.

    Args:
        shown: title → name → (traces and determinants, colour).
    """
    fig = _panels(list(shown))
    traces = [p.trace for named in shown.values() for p, _ in named.values()]
    lowest = float(np.min(np.concatenate(traces), initial=-1.0))
    line = np.linspace(lowest, 0, 100)
    for col, named in enumerate(shown.values(), start=1):
        where: dict[str, Any] = {"row": 1, "col": col}
        curve = {"x": line, "y": line**2 / 4, "mode": "lines", "line": DOTTED}
        fig.add_scatter(**curve, **plotting.QUIET, **where)
        for name, (plane, css) in named.items():
            symbols = np.where(plane.oscillates, "circle", "circle-open")
            fig.add_scatter(
                x=plane.trace,
                y=plane.determinant,
                mode="markers",
                marker={"color": css, "size": 6, "symbol": symbols.tolist()},
                name=name,
                legendgroup=name,
                showlegend=col == 1,
                **where,
            )
        fig.update_xaxes(title_text="trace τ [1/s]", **where)
    return fig.update_yaxes(title_text="determinant δ [1/s²]", row=1, col=1)
