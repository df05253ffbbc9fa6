"""Figures of rollouts and baselines: by step, by setting, by neuron, as traces."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from jaxtyping import Float, Int
from plotly.subplots import make_subplots

from studies import plotting
from studies.latent.metrics import by_type, explained, finite, loss_points

ERROR = "mean squared error [raw units²]"
STEPS = "time since the start [steps]"
LOWEST, HIGHEST = 1e-4, 1e1  # of a logarithmic axis of errors
DASHES = {
    "constant": "dash",
    "linear": "dot",
    "stimulus_only": "dashdot",
    "floor": "longdash",
}
WORDS = {
    "constant": "held constant",
    "linear": "linear interpolation",
    "stimulus_only": "stimulus only",
    "floor": "noise floor",
}
MOST = 500  # points of a curve that are drawn

Curves = Float[np.ndarray, "start step"]
Lines = Float[np.ndarray, "start _"]  # beside curves, longer ones or shorter


def log_axis(fig: go.Figure, lowest: float = LOWEST, highest: float = HIGHEST) -> None:
    """A logarithmic error axis of fixed range, so that figures compare."""
    span = [np.log10(lowest), np.log10(highest)]
    fig.update_yaxes(type="log", range=span, exponentformat="power")


def listed(fig: go.Figure) -> list[Any]:
    """The traces of a figure so far."""
    return list(fig.data)


def add_baselines(fig: go.Figure, baselines: Mapping[str, Lines], **where: Any) -> None:
    """Mean curves of the baselines, in grey and told apart by their dashes."""
    for name, mse in baselines.items():
        keep, _ = plotting.thin(mse.shape[1], MOST)
        curve = np.maximum(finite(mse).mean(axis=0), LOWEST / 10)
        fig.add_trace(
            go.Scatter(
                x=np.arange(1, len(curve) + 1)[keep],
                y=curve[keep],
                name=WORDS.get(name, name),
                line={"color": plotting.GREY, "dash": DASHES.get(name, "solid")},
                legendgroup=name,
                showlegend=not any(t.legendgroup == name for t in listed(fig)),
            ),
            **where,
        )


def rollout_errors(
    errors: Mapping[str, Mapping[str, Curves]],
    baselines: Mapping[str, Mapping[str, Lines]],
) -> go.Figure:
    """Errors over whole rollouts, a panel a family: mean and range over starts.

    Args:
        errors: family → name of a curve → errors, one row a start.
        baselines: family → baseline → errors.
    """
    fig = make_subplots(1, len(errors), subplot_titles=list(errors), shared_yaxes=True)
    for column, (family, curves) in enumerate(errors.items(), start=1):
        add_baselines(fig, baselines.get(family, {}), row=1, col=column)
        for place, (name, mse) in enumerate(curves.items()):
            keep, _ = plotting.thin(mse.shape[1], MOST)
            css = plotting.colour("curve", place)
            shown = np.clip(finite(mse), LOWEST / 10, HIGHEST * 10)[:, keep]
            steps = np.arange(1, mse.shape[1] + 1)[keep]
            for trace in plotting.band(steps, shown, name, css):
                if trace.name:
                    trace.y = np.clip(finite(mse).mean(axis=0), 0, HIGHEST * 10)[keep]
                    trace.showlegend = column == 1
                fig.add_trace(trace, row=1, col=column)
        fig.update_xaxes(title_text=STEPS, row=1, col=column)
    fig.update_yaxes(title_text=ERROR, row=1, col=1)
    log_axis(fig)
    return fig


def time_aligned(
    errors: Mapping[str, Mapping[str, Curves]],
    baselines: Mapping[str, Mapping[str, Curves]],
    time_units: int,
    horizon: int,
) -> go.Figure:
    """The training window step by step, a panel a family, loss points marked.

    Step k is drawn at k + 1 for models and baselines alike, so that the straight line
    has no error where a recording is.
    """
    fig = make_subplots(1, len(errors), subplot_titles=list(errors), shared_yaxes=True)
    points = loss_points(time_units, horizon)
    for column, (family, curves) in enumerate(errors.items(), start=1):
        inside = {n: x[:, :horizon] for n, x in baselines.get(family, {}).items()}
        add_baselines(fig, inside, row=1, col=column)
        for place, (name, mse) in enumerate(curves.items()):
            curve = np.minimum(finite(mse).mean(axis=0)[:horizon], 1e3)
            sizes = np.where(np.isin(np.arange(len(curve)), points), 9, 0)
            trace = go.Scatter(
                x=np.arange(1, len(curve) + 1),
                y=curve,
                name=name,
                mode="lines+markers",
                marker={"size": sizes, "line": {"width": 0}},
                line={"color": plotting.colour("curve", place)},
                legendgroup=name,
                showlegend=column == 1,
            )
            fig.add_trace(trace, row=1, col=column)
        fig.update_xaxes(title_text=STEPS, row=1, col=column)
    fig.update_yaxes(title_text=ERROR, row=1, col=1)
    log_axis(fig, 1e-3, 1.0)
    return fig


def settings(
    table: pd.DataFrame,
    columns: Mapping[str, str],
    quantity: str = ERROR,
    lines: Mapping[str, float] | None = None,
) -> go.Figure:
    """One dot a model, by group, for several columns of a table (name → legend)."""
    fig = go.Figure()
    for place, (column, words) in enumerate(columns.items()):
        fig.add_trace(
            go.Scatter(
                x=np.minimum(finite(table[column].to_numpy(float)), 1e2),
                y=table["group"],
                mode="markers",
                name=words,
                marker={"color": plotting.colour("curve", place), "size": 9},
            )
        )
    for words, value in (lines or {}).items():
        plotting.mark(fig, value, words)
    fig.update_xaxes(title_text=quantity, type="log")
    fig.update_yaxes(title_text="setting", autorange="reversed", type="category")
    fig.update_layout(height=max(300, 160 + 32 * table["group"].nunique()))
    return fig


def divergence(table: pd.DataFrame, steps: int) -> go.Figure:
    """Steps until the worst start diverges, on both families, a dot a model."""
    names = [n for n in table if n.endswith("_divergence") and "activity" not in n]
    words = {name: name.removesuffix("_divergence") for name in names}
    fig = settings(table, words, quantity="steps to divergence [steps]")
    for trace, name in zip(listed(fig), words, strict=True):
        trace.x = np.maximum(table[name].to_numpy(float), 1)
    plotting.mark(fig, steps, "never")
    return fig


def variance_scatter(
    total: Float[np.ndarray, " neuron"],
    unexplained: Float[np.ndarray, " neuron"],
    type_index: Int[np.ndarray, " neuron"],
    type_names: Sequence[str],
) -> go.Figure:
    """Variance of each neuron against what a rollout leaves of it, by cell type.

    On the dotted diagonal nothing is explained.
    """
    fig = go.Figure()
    left = np.minimum(unexplained, 10 * max(total.max(), 1e-6))
    top = float(max(total.max(), 1e-6))
    for kind in np.unique(type_index):
        own = type_index == kind
        dots = {"color": plotting.colour("type", int(kind)), "size": 4}
        fig.add_scatter(
            x=total[own],
            y=left[own],
            mode="markers",
            marker=dots,
            name=type_names[kind],
        )
    fig.add_scatter(
        x=by_type(total, type_index),
        y=by_type(left, type_index),
        text=list(type_names),
        mode="text",
        **plotting.QUIET,
    )
    diagonal = {"color": plotting.GREY, "dash": "dot"}
    fig.add_scatter(
        x=[0, top], y=[0, top], mode="lines", line=diagonal, **plotting.QUIET
    )
    fig.update_xaxes(title_text="variance [raw units²]")
    fig.update_yaxes(title_text="unexplained variance [raw units²]")
    return fig


def traces(
    true: Float[np.ndarray, "step neuron"],
    predicted: Float[np.ndarray, "step neuron"],
    type_index: Int[np.ndarray, " neuron"],
    type_names: Sequence[str],
    dt: float,
    seed: int = 0,
) -> go.Figure:
    """One neuron of each type, drawn by lot: truth and rollout, R² in the title."""
    rng = np.random.default_rng(seed)
    kinds = np.unique(type_index)
    chosen = [int(rng.choice(np.flatnonzero(type_index == kind))) for kind in kinds]
    total, left = true[:, chosen].var(0), (predicted - true)[:, chosen].var(0)
    share = explained(total, left)
    titles = [
        f"{type_names[kind]}: R² {r:.2f}, variance {v:.2g}"
        for kind, r, v in zip(kinds, share, total, strict=True)
    ]
    columns = 4 if len(kinds) > 3 else len(kinds)
    rows = -(-len(kinds) // columns)
    fig = make_subplots(
        rows, columns, subplot_titles=titles, vertical_spacing=0.25 / rows
    )
    keep, words = plotting.thin(len(true), MOST)
    time = dt * np.arange(1, len(true) + 1)[keep]
    for place, neuron in enumerate(chosen):
        where: dict[str, Any] = {"row": place // columns + 1}
        where["col"] = place % columns + 1
        for values, name, css in (
            (true, "recorded", plotting.GREY),
            (predicted, "predicted", plotting.PALETTE[4]),
        ):
            line = {"color": css, "width": 1}
            curve = np.clip(values[keep, neuron], -10, 10)
            fig.add_trace(
                go.Scatter(
                    x=time, y=curve, line=line, name=name, showlegend=place == 0
                ),
                **where,
            )
    middle = true[:, chosen].mean(0)
    reach = 0.5 + np.abs(true[:, chosen] - middle).max()
    for place, centre in enumerate(middle):
        at: dict[str, Any] = {"row": place // columns + 1, "col": place % columns + 1}
        fig.update_yaxes(range=[centre - reach, centre + reach], **at)
    fig.update_xaxes(title_text="time [s]", row=rows)
    fig.update_yaxes(title_text="signal", col=1)
    fig.update_annotations(font_size=10)
    fig.update_layout(height=130 * rows + 80)
    return plotting.note(fig, words)


def by_cell_type(
    values: Mapping[str, Float[np.ndarray, " type"]],
    type_names: Sequence[str],
    quantity: str,
) -> go.Figure:
    """One quantity for each cell type and each curve of `values`, types as given."""
    fig = go.Figure()
    for place, (name, own) in enumerate(values.items()):
        css = plotting.colour("curve", place)
        fig.add_bar(x=list(type_names), y=own, name=name, marker_color=css)
    fig.update_xaxes(title_text="cell type", type="category")
    fig.update_yaxes(title_text=quantity)
    return fig


def over_training(
    updates: Sequence[int],
    values: Mapping[str, Sequence[float]],
    quantity: str = ERROR,
    marks: Mapping[str, int] | None = None,
) -> go.Figure:
    """Quantities at the checkpoints of one training, marks at some of them."""
    fig = go.Figure()
    for place, (name, curve) in enumerate(values.items()):
        css = plotting.colour("curve", place)
        shown = np.clip(finite(np.asarray(curve, float)), 1e-6, 1e3)
        fig.add_scatter(
            x=list(updates), y=shown, name=name, mode="lines+markers", line_color=css
        )
    for words, update in (marks or {}).items():
        fig.add_vline(x=update, line_dash="dot", annotation_text=words)
    fig.update_xaxes(title_text="updates [1]")
    fig.update_yaxes(title_text=quantity, type="log")
    return fig
