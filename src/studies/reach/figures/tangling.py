"""Tangling of networks: by training std and space, and along the reach."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from studies import plotting
from studies.reach.tangling import SPACES

plotting.register("space", values=list(SPACES))


def by_std(table: pd.DataFrame, unit: str) -> go.Figure:
    """Tangling against the training std, a dot a network and space, on a log axis.

    Args:
        table: columns `field_std`, `context` and one for each of `SPACES` [1/s²]; where
            there are several contexts, each has a symbol.
        unit: of the training std.
    """
    fig = go.Figure()
    symbols = ["circle", "diamond", "square", "cross", "x"]
    contexts = sorted(table["context"].unique())
    for space in SPACES:
        for place, context in enumerate(contexts):
            rows = table[table["context"] == context]
            more = f", context {context:g}" if len(contexts) > 1 else ""
            fig.add_scatter(
                x=rows["field_std"],
                y=rows[space],
                mode="markers",
                marker={
                    "color": plotting.colour("space", space),
                    "symbol": symbols[place % len(symbols)],
                    "size": 8,
                },
                name=space + more,
            )
    fig.update_xaxes(title_text=plotting.axis("training std", unit))
    title = "tangling, root mean square [1/s²]"
    return fig.update_yaxes(title_text=title, type="log", exponentformat="power")


def in_time(
    time: np.ndarray, named: Mapping[str, np.ndarray], colours: Mapping[str, str]
) -> go.Figure:
    """Tangling of the hidden state along the reach: median and range of networks.

    Args:
        time: [s].
        named: name → tangling at each time, a row a network [1/s²].
        colours: of each name.
    """
    fig = go.Figure()
    for name, rows in named.items():
        fig.add_traces(plotting.band(time, rows, name, colours[name]))
    fig.update_xaxes(title_text="time [s]")
    title = "tangling of the hidden state [1/s²]"
    return fig.update_yaxes(title_text=title, type="log", exponentformat="power")
