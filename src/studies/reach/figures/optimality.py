"""Figures of networks beside the best controllers that can be computed."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from jaxtyping import Float
from plotly.subplots import make_subplots

from studies import plotting
from studies.reach.optimality import MEMORYLESS, NETWORK, OPTIMAL, VIEW, spelled
from studies.reach.plotting import context_colour, std_colour

plotting.register("controller", values=[OPTIMAL, NETWORK, MEMORYLESS, VIEW])
DASHES = {OPTIMAL: "dash", MEMORYLESS: "dot", VIEW: "dashdot"}


def pushed_aside(
    table: pd.DataFrame, amplitudes: Sequence[float], field: str
) -> go.Figure:
    """How far fields push, against their amplitude: bands of networks, lines of others.

    Args:
        table: `optimality.compare` at one context.
        amplitudes: of the field.
        field: "curl" or "constant".
    """
    fig = go.Figure()
    columns = [f"aside_{spelled(amplitude)}" for amplitude in amplitudes]
    for key, rows in table.groupby(["kind", "field_std"], sort=False):
        kind, std = str(key[0]), float(key[1])  # pyright: ignore
        curves, css = rows[columns].to_numpy(float), std_colour(std, field)
        if kind == NETWORK:
            name = f"{kind}, training std {std:g}"
            fig.add_traces(plotting.band(amplitudes, curves, name, css))
            continue
        alike = kind in (OPTIMAL, VIEW)  # the same at every training std
        if alike and std != table["field_std"].min():
            continue
        line = {"dash": DASHES[kind], "color": plotting.GREY if alike else css}
        name = kind if alike else f"{kind}, std {std:g}"
        fig.add_scatter(x=amplitudes, y=curves[0], name=name, line=line)
    unit = "N s/m" if field == "curl" else "N"
    fig.update_xaxes(title_text=plotting.axis("amplitude of the field", unit))
    return fig.update_yaxes(title_text="largest lateral distance [% of reach]")


def by_std(table: pd.DataFrame, panels: Mapping[str, str], field: str) -> go.Figure:
    """Numbers against the training std: a dot a network, a line for each other kind.

    Args:
        table: `optimality.compare`; where there are several contexts, networks have the
            colour of theirs, and the other kinds are shown at the highest.
        panels: column → axis title, with its unit.
        field: "curl" or "constant".
    """
    fig = make_subplots(rows=1, cols=len(panels), horizontal_spacing=0.12)
    contexts = sorted(table["context"].unique())
    for col, (column, title) in enumerate(panels.items(), start=1):
        known = table.dropna(subset=[column])
        for (kind, context), rows in known.groupby(["kind", "context"], sort=False):  # pyright: ignore
            network = kind == NETWORK
            if not network and context != contexts[-1]:
                continue
            css = plotting.colour("controller", kind)
            if network and len(contexts) > 1:
                css = context_colour(context)
            name = f"{kind}, context {context:g}" if len(contexts) > 1 else str(kind)
            fig.add_scatter(
                x=rows["field_std"],
                y=rows[column],
                mode="markers" if network else "lines+markers",
                marker={"color": css, "size": 8 if network else 5},
                line={"dash": "solid" if network else DASHES[str(kind)], "color": css},
                name=name,
                legendgroup=name,
                showlegend=col == 1,
                row=1,
                col=col,
            )
        unit = "N s/m" if field == "curl" else "N"
        fig.update_xaxes(title_text=plotting.axis("training std", unit), col=col)
        fig.update_yaxes(title_text=title, col=col)
    return fig


def gains_in_time(
    gains: Mapping[str, Float[np.ndarray, "control 2"]], dt: float
) -> go.Figure:
    """Gains of position and velocity over a trial, a line for each controller.

    Args:
        gains: name → K_k [N/m, N s/m].
        dt: time step [s].
    """
    fig = make_subplots(rows=1, cols=2, horizontal_spacing=0.12)
    for place, (name, gain) in enumerate(gains.items()):
        time = dt * np.arange(len(gain))
        for col in (1, 2):
            fig.add_scatter(
                x=time,
                y=gain[:, col - 1],
                name=name,
                legendgroup=name,
                showlegend=col == 1,
                line={"color": plotting.PALETTE[place % len(plotting.PALETTE)]},
                row=1,
                col=col,
            )
    fig.update_xaxes(title_text="time [s]")
    fig.update_yaxes(type="log", exponentformat="power")
    for col, title in enumerate(("gain of position [N/m]", "of velocity [N s/m]"), 1):
        fig.update_yaxes(title_text=title, col=col)
    return fig
