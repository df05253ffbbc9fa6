"""Published numbers and ours, one against the other."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from studies import plotting
from studies.reach.plotting import std_colour

_RANGE = ("median", "lowest", "highest")


def against_published(
    table: pd.DataFrame, titles: dict[str, tuple[str, str]]
) -> go.Figure:
    """Ours over published, a panel a measure; on the dotted line they agree.

    Args:
        table: `findings.compared`; rows without a median are left out.
        titles: measure → title of its panel, and unit.
    """
    fig = make_subplots(
        rows=1,
        cols=len(titles),
        horizontal_spacing=0.11,
        subplot_titles=[title for title, _ in titles.values()],
    )
    known = table.dropna(subset=["median"])
    for col, (measure, (_, unit)) in enumerate(titles.items(), start=1):
        own = pd.DataFrame(known[known["measure"] == measure])
        for std, points in own.groupby("std"):
            middle, low, high = (np.asarray(points[x], float) for x in _RANGE)
            fig.add_scatter(
                x=points["value"],
                y=middle,
                error_y=plotting.whiskers(middle, low, high),
                text=[f"curl {a:g} N s/m" for a in points["amplitude"]],
                mode="markers",
                marker={"color": std_colour(float(np.asarray(std))), "size": 8},
                name=f"training std {std:g}",
                legendgroup=f"{std:g}",
                showlegend=col == 1,
                row=1,
                col=col,
            )
        published = np.asarray(table.loc[table["measure"] == measure, "value"], float)
        ends = [published.min(), published.max()]
        line = {"dash": "dot", "color": plotting.GREY}
        fig.add_scatter(
            x=ends, y=ends, mode="lines", line=line, showlegend=False, row=1, col=col
        )
        fig.update_xaxes(title_text=plotting.axis("published", unit), col=col)
        fig.update_yaxes(title_text=plotting.axis("ours", unit), col=col)
    return fig
