"""Forecasts of chaotic systems: how long they hold, and what they look like."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from jaxtyping import Float
from plotly.subplots import make_subplots

from studies import plotting

TIMES = "valid prediction time [Lyapunov times]"
LINES = {"ceiling": "dash", "reservoir": "dot", "constant": "longdash"}
WORDS = {
    "valid_time": "model",
    "ceiling": "true equations with the model's error",
    "reservoir": "reservoir",
    "constant": "no change",
}


def valid_times(table: pd.DataFrame) -> go.Figure:
    """Lyapunov times that forecasts hold, by setting, a dot a model and yardstick."""
    fig = go.Figure()
    for place, (column, words) in enumerate(WORDS.items()):
        fig.add_scatter(
            x=table[column],
            y=table["group"],
            mode="markers",
            name=words,
            marker={
                "color": plotting.PALETTE[4] if not place else plotting.GREY,
                "symbol": ("circle", "triangle-right", "diamond-open", "x")[place],
                "size": 9,
            },
        )
    fig.update_xaxes(title_text=TIMES, rangemode="tozero")
    fig.update_yaxes(title_text="setting", autorange="reversed", type="category")
    fig.update_layout(height=max(300, 160 + 32 * table["group"].nunique()))
    return fig


def by_gap(groups: Mapping[str, pd.DataFrame]) -> go.Figure:
    """Lyapunov times that forecasts hold by the distance of the samples.

    Args:
        groups: name → judged models with the columns `gap` and those of `WORDS`.
    """
    fig = go.Figure()
    for place, (name, table) in enumerate(groups.items()):
        css = plotting.colour("curve", place)
        middle = table.groupby("gap", sort=True)[list(WORDS)].median()
        for column, words in WORDS.items():
            fig.add_scatter(
                x=middle.index,
                y=middle[column],
                name=f"{name}: {words}",
                mode="lines+markers",
                line={"color": css, "dash": LINES.get(column, "solid")},
                opacity=1.0 if column == "valid_time" else 0.6,
            )
    fig.update_xaxes(title_text="distance of the samples [Lyapunov times]")
    fig.update_yaxes(title_text=TIMES, rangemode="tozero")
    return fig


def forecasts(
    truth: Float[np.ndarray, "step neuron"],
    curves: Mapping[str, Float[np.ndarray, "step neuron"]],
    times: Float[np.ndarray, " step"],
    neurons: Sequence[int] = (0, 1, 2),
) -> go.Figure:
    """A few neurons after one start, a panel each: the truth, grey, and forecasts."""
    fig = make_subplots(len(neurons), 1, shared_xaxes=True)
    shown: dict[str, Any] = {"what happened": truth, **curves}
    for panel, neuron in enumerate(neurons, start=1):
        for place, (name, values) in enumerate(shown.items()):
            css = plotting.GREY if not place else plotting.colour("curve", place - 1)
            fig.add_scatter(
                x=times,
                y=values[:, neuron],
                name=name,
                line={"color": css, "width": 3 if not place else 1.5},
                showlegend=panel == 1,
                row=panel,
                col=1,
            )
        fig.update_yaxes(title_text=f"neuron {neuron} [voltage]", row=panel, col=1)
    fig.update_xaxes(title_text="time [Lyapunov times]", row=len(neurons), col=1)
    fig.update_layout(height=160 * len(neurons) + 80)
    return fig
