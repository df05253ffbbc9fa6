"""Figures of a training: its loss by term, and how replicates differ."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float
from plotly.subplots import make_subplots

from studies import plotting
from studies.reach.plotting import std_colour

History = Mapping[str, np.ndarray]
POINTS = 150  # of a curve; batches between two of them are averaged
PANELS = 2  # in a row
TERMS = ("position", "velocity", "command", "hidden", "fixation", "readout_norm")

plotting.register("loss_term", values=TERMS)


def log_bins(count: int, most: int = POINTS) -> np.ndarray:
    """Edges of at most `most` bins of batches, as wide as they are late."""
    return np.unique(np.geomspace(1, count + 1, most + 1).round().astype(int)) - 1


def binned(
    values: Float[np.ndarray, "replicate batch"], edges: np.ndarray
) -> Float[np.ndarray, "replicate bin"]:
    """Means between edges."""
    sums = np.add.reduceat(values, edges[:-1], axis=-1)
    return sums / np.diff(edges)


def aligned(histories: Sequence[History], key: str) -> np.ndarray:
    """One column of several histories as rows, NaN after one that broke off."""
    longest = max(len(own[key]) for own in histories)
    rows = [
        np.pad(
            own[key].astype(float), (0, longest - len(own[key])), constant_values=np.nan
        )
        for own in histories
    ]
    return np.stack(rows)


def loss_history(groups: Mapping[float, Sequence[History]]) -> go.Figure:
    """Loss by term over batches: mean over replicates and their range, log axes.

    `groups` holds the histories of the replicates for each standard deviation of the
    field. Stars mark where the validation loss of a replicate is lowest.
    """
    rows = -(-len(groups) // PANELS)
    fig = make_subplots(
        rows=rows,
        cols=min(PANELS, len(groups)),
        subplot_titles=[f"std {std:g}" for std in groups],
        vertical_spacing=0.12,
    )
    for place, histories in enumerate(groups.values()):
        row, col = place // PANELS + 1, place % PANELS + 1
        for trace in _panel(histories, legend=place == 0):
            fig.add_trace(trace, row=row, col=col)
    fig.update_xaxes(type="log", matches="x")
    fig.update_xaxes(title_text=plotting.axis("batch", "1"), row=rows)
    fig.update_yaxes(type="log", exponentformat="power", matches="y")
    fig.update_yaxes(title_text=plotting.axis("loss", "1"), col=1)
    fig.update_layout(height=120 + 320 * rows, legend={"orientation": "h", "y": 1.12})
    words = f"means over up to {POINTS} stretches of batches; area: range of replicates"
    return plotting.note(fig, words)


def _panel(histories: Sequence[History], legend: bool) -> list[go.Scatter]:
    """The curves of one standard deviation."""
    names = ["loss", *(f"loss.{term}" for term in TERMS)]
    names = [n for n in names if n in histories[0] and np.any(histories[0][n] > 0)]
    edges = log_bins(max(len(own["loss"]) for own in histories))
    x = 1 + (edges[:-1] + edges[1:] - 1) / 2
    traces: list[go.Scatter] = []
    for name in names:
        term = name.removeprefix("loss.")
        css = plotting.PALETTE[-1] if name == "loss" else _term_colour(term)
        rows = binned(aligned(histories, name), edges)
        label = "total" if name == "loss" else term
        traces += _mean_and_range(x, rows, label, css, legend)
    if "validation" in histories[0]:
        traces += _validation(histories, legend)
    return traces


def _term_colour(term: str) -> str:
    return plotting.colour("loss_term", term)


def _mean_and_range(
    x: np.ndarray, rows: np.ndarray, label: str, css: str, legend: bool
) -> list[go.Scatter]:
    known = ~np.isnan(rows).all(axis=0)
    x, rows = x[known], rows[:, known]
    low, high = np.nanmin(rows, axis=0), np.nanmax(rows, axis=0)
    style = {"legendgroup": label, "mode": "lines"}
    mean = go.Scatter(
        x=x,
        y=np.nanmean(rows, axis=0),
        name=label,
        line={"color": css, "width": 2},
        showlegend=legend,
        **style,
    )
    if len(rows) == 1:
        return [mean]
    area = go.Scatter(
        x=np.concatenate([x, x[::-1]]),
        y=np.concatenate([high, low[::-1]]),
        fill="toself",
        fillcolor=plotting.faded(css, 0.2),
        line={"width": 0},
        **plotting.QUIET,
        **style,
    )
    return [area, mean]


def _validation(histories: Sequence[History], legend: bool) -> list[go.Scatter]:
    """Validation loss, and a star at each replicate's best; none where all diverged."""
    if any("validation_step" not in own for own in histories):
        return []
    x = max((own["validation_step"] for own in histories), key=len)
    rows = aligned(histories, "validation")
    curve = _mean_and_range(x, rows, "validation", plotting.GREY, legend)
    stars = go.Scatter(
        x=[int(own["best_step"][-1]) for own in histories],
        y=[float(own["best_loss"][-1]) for own in histories],
        text=[f"replicate {k}" for k in range(len(histories))],
        mode="markers",
        marker={"symbol": "star", "size": 10, "color": plotting.PALETTE[4]},
        name="best of a replicate",
        legendgroup="best",
        showlegend=legend,
    )
    return [*curve, stars]


def replicate_spread(
    stds: Sequence[float],
    measures: Mapping[str, Iterable[float]],
    field: str = "curl",
    logarithmic: Sequence[str] = (),
) -> go.Figure:
    """Measures of all replicates by the std of their field, a panel for each measure.

    `measures` holds a value for each entry of `stds`; its names are axis titles with
    their units. Those also in `logarithmic` have a log axis.
    """
    fig = make_subplots(rows=1, cols=len(measures), horizontal_spacing=0.1)
    kinds = sorted(set(stds))
    for col, (name, values) in enumerate(measures.items(), start=1):
        of = {
            f"{std:g}": [v for own, v in zip(stds, values, strict=True) if own == std]
            for std in kinds
        }
        css = {f"{std:g}": std_colour(std, field) for std in kinds}
        for trace in plotting.violins(of, css):
            trace.update(showlegend=False, box_visible=False, pointpos=0, points="all")
            trace.update(meanline_visible=True, jitter=0.4)
            fig.add_trace(trace, row=1, col=col)
        kind = "log" if name in logarithmic else "linear"
        fig.update_yaxes(title_text=name, type=kind, exponentformat="power", col=col)
    unit = "N s/m" if field == "curl" else "N"
    fig.update_xaxes(
        title_text=plotting.axis("std of the field", unit), type="category"
    )
    return fig
