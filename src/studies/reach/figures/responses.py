"""Figures of responses to probes: frequency responses and preferred directions."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from studies import plotting
from studies.reach.figures.common import darker
from studies.reach.frequency import Response

GAIN = {"position": "N/m", "velocity": "N s/m"}


def frequency_response(
    found: Mapping[str, Mapping[str, Sequence[Response]]], colours: Mapping[str, str]
) -> go.Figure:
    """Gain, phase and coherence over frequency; median and range of the replicates.

    Args:
        found: variable ("position", "velocity") → name → response of each replicate.
        colours: of each name.
    """
    fig = make_subplots(
        rows=3,
        cols=len(found),
        shared_xaxes=True,
        column_titles=[f"{variable} feedback" for variable in found],
        vertical_spacing=0.05,
    )
    for col, (variable, named) in enumerate(found.items(), start=1):
        for name, replicates in named.items():
            at = replicates[0].frequency
            rows = {
                1: [one.gain for one in replicates],
                2: [np.unwrap(one.phase) for one in replicates],
                3: [one.coherence for one in replicates],
            }
            for row, curves in rows.items():
                traces = plotting.band(at, curves, name, colours[name])
                traces[-1].update(
                    line={"color": darker(colours[name]), "width": 2.5},
                    showlegend=row == 1 and col == 1,
                )
                for trace in traces:
                    fig.add_trace(trace, row=row, col=col)
        gain = plotting.axis("gain", GAIN[variable])
        fig.update_yaxes(title_text=gain, type="log", row=1, col=col)
        fig.update_yaxes(title_text="phase [rad]", row=2, col=col)
        fig.update_yaxes(title_text="coherence [1]", range=[0, 1], row=3, col=col)
    fig.update_xaxes(type="log")
    fig.update_xaxes(title_text="frequency [Hz]", row=3)
    return fig.update_layout(height=720)


def angle_histograms(
    groups: Mapping[str, Mapping[str, np.ndarray]],
    colours: Mapping[str, str],
    bins: int = 24,
) -> go.Figure:
    """How angles are distributed, around the circle; the mean is 1 everywhere.

    Args:
        groups: title of a panel → name → angles [rad]; NaN are left out.
        colours: of each name.
        bins: around the circle.
    """
    fig = make_subplots(
        rows=1,
        cols=len(groups),
        specs=[[{"type": "polar"}] * len(groups)],
        subplot_titles=list(groups),
        horizontal_spacing=0.08,
    )
    edges = np.linspace(-np.pi, np.pi, bins + 1)
    middle = np.degrees((edges[1:] + edges[:-1]) / 2)
    for col, (_, named) in enumerate(groups.items(), start=1):
        for name, angles in named.items():
            flat = np.asarray(angles, float).ravel()
            flat = flat[np.isfinite(flat)]
            density = np.histogram(flat, edges)[0] * bins / max(len(flat), 1)
            fig.add_scatterpolar(
                r=np.append(density, density[0]),
                theta=np.append(middle, middle[0]),
                line={"color": darker(colours[name]), "shape": "linear"},
                fill="toself",
                fillcolor=plotting.faded(colours[name], 0.12),
                name=name,
                legendgroup=name,
                showlegend=col == 1,
                hovertemplate=f"{name}<br>%{{theta:.0f}}°, density %{{r:.2f}} of the "
                f"mean<br>{len(flat):,} angles<extra></extra>",
                row=1,
                col=col,
            )
    fig.update_polars(radialaxis={"angle": 90, "tickfont": {"size": 9}})
    for place in fig.layout.annotations:
        place.update(yshift=18)
    words = "density of angles, relative to an even one"
    return plotting.note(fig.update_layout(height=420), words)


def angles_in_time(
    time: np.ndarray, named: Mapping[str, np.ndarray], colours: Mapping[str, str]
) -> go.Figure:
    """How a mean cosine between angles changes along a reach.

    Args:
        time: [s].
        named: name → mean cosine at each time, one row a replicate.
        colours: of each name.
    """
    fig = go.Figure()
    for name, rows in named.items():
        fig.add_traces(plotting.band(time, rows, name, colours[name]))
    fig.update_xaxes(title_text="time [s]")
    title = "mean cosine between preferred<br>and readout direction [1]"
    fig.update_yaxes(title_text=title, range=[-1, 1])
    return fig.add_hline(y=0, line={"color": plotting.GREY, "width": 1})
