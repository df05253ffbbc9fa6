"""Tests of the mechanism: what learned maps keep of the true circuit."""

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from studies import plotting


def tests(table: pd.DataFrame, columns: Mapping[str, str], quantity: str) -> go.Figure:
    """One dot a model and test, by setting.

    Args:
        table: models with the column `group`.
        columns: column → its entry in the legend.
        quantity: the title of the horizontal axis.
    """
    fig = go.Figure()
    for place, (column, words) in enumerate(columns.items()):
        fig.add_scatter(
            x=table[column].clip(-1, 1),
            y=table["group"],
            mode="markers",
            name=words,
            marker={"color": plotting.colour("curve", place), "size": 9},
        )
    fig.update_xaxes(title_text=quantity, range=[-1.05, 1.05])
    fig.update_yaxes(title_text="setting", autorange="reversed", type="category")
    fig.update_layout(height=max(300, 160 + 32 * table["group"].nunique()))
    return fig
