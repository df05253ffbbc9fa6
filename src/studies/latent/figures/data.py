"""Figures of recordings: circuit, movies, voltages, spectra, how fast they change."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float
from plotly.subplots import make_subplots

from studies import plotting
from studies.latent.metrics import by_type
from studies.latent.recordings import Recording
from studies.latent.statistics import spectra, type_means, type_weights

FAMILY = ("validation", "flow")  # colours of the two families, everywhere
SHOWN = ("R", "L1", "L3", "Am", "Mi1", "Mi4", "Lawf", "T2", "T4a", "T5a")
TRACES = 8  # neurons drawn of a recording without types


def connectome_by_type(recording: Recording) -> go.Figure:
    """What a neuron of each type receives from every other type, as a heat map.

    Raises:
        ValueError: the recording has no connectome.
    """
    if recording.pre is None or recording.post is None or recording.weight is None:
        msg = f"{recording.name} has no connectome to show."
        raise ValueError(msg)
    edges = (recording.pre, recording.post, recording.weight)
    table = type_weights(recording.type_index, *edges)
    names = list(recording.type_names)[: len(table)]
    reach = float(np.abs(table).max())
    fig = go.Figure(
        go.Heatmap(
            z=np.where(table == 0, np.nan, table),
            x=names,
            y=names,
            colorscale="RdBu",
            zmin=-reach,
            zmax=reach,
            colorbar={"title": {"text": "summed weight [1]"}},
        )
    )
    fig.update_yaxes(title_text="receives [type]", autorange="reversed")
    return fig.update_xaxes(title_text="sends [type]").update_layout(height=650)


def movie_frames(
    movies: Mapping[str, Float[np.ndarray, "time column"]],
    centres: Float[np.ndarray, "column 2"],
    rows: Sequence[int],
    dt: float,
) -> go.Figure:
    """Frames of movies as hexagons of columns, a row of frames for each family."""
    titles = [f"{name}, {row * dt:.2f} s" for name in movies for row in rows]
    fig = make_subplots(len(movies), len(rows), subplot_titles=titles)
    shape = {"symbol": "hexagon", "size": 16, "cmin": 0, "cmax": 1}
    for line, frames in enumerate(movies.values(), start=1):
        for place, row in enumerate(rows, start=1):
            bar = {"title": {"text": "luminance [1]"}}
            last = (line, place) == (len(movies), len(rows))
            colour = {"color": frames[row], "colorscale": "gray", "showscale": last}
            fig.add_scatter(
                x=centres[:, 0],
                y=centres[:, 1],
                mode="markers",
                marker=shape | colour | {"colorbar": bar},
                showlegend=False,
                row=line,
                col=place,
            )
    fig.update_xaxes(title_text="x [columns]", row=len(movies))
    fig.update_yaxes(title_text="y [columns]", col=1)
    return fig.update_layout(height=280 * len(movies))


def stimulus_over_time(recording: Recording, steps: int = 150) -> go.Figure:
    """The first steps of the stimulus, one row for each of its dimensions."""
    shown = recording.stimulus[:steps]
    fig = go.Figure(
        go.Heatmap(
            z=shown.T,
            x=recording.dt * np.arange(len(shown)),
            colorscale="gray",
            colorbar={"title": {"text": "stimulus [raw units]"}},
        )
    )
    fig.update_xaxes(title_text="time [s]")
    return fig.update_yaxes(title_text="dimension [1]")


def voltage_traces(
    recording: Recording, types: Sequence[str] = (), steps: int = 200
) -> go.Figure:
    """The signal of the neuron nearest the middle, one panel for each type.

    Of a recording without types it is that of some of the neurons.
    """
    shown = {
        name: middle_neuron(recording, name) for name in types_shown(recording, types)
    }
    if len(recording.type_names) == 1:  # types are not known
        some = np.linspace(0, recording.neurons - 1, min(TRACES, recording.neurons))
        shown = {f"neuron {k}": k for k in some.astype(int)}
    fig = make_subplots(len(shown), 1, shared_xaxes=True, vertical_spacing=0.01)
    time = recording.dt * np.arange(min(steps, recording.steps))
    for line, (name, neuron) in enumerate(shown.items(), start=1):
        fig.add_scatter(
            x=time,
            y=recording.voltage[: len(time), neuron],
            line={"color": plotting.colour("type", line - 1)},
            showlegend=False,
            row=line,
            col=1,
        )
        fig.update_yaxes(title_text=name, row=line, col=1, nticks=3)
    fig.update_xaxes(title_text="time [s]", row=len(shown))
    middle = {"x": -0.11, "y": 0.5, "xref": "paper", "yref": "paper"}
    words = f"{recording.signal} [raw units]"
    fig.add_annotation(text=words, textangle=-90, showarrow=False, **middle)
    return fig.update_layout(height=80 * len(shown) + 120, margin_l=110)


def types_shown(recording: Recording, types: Sequence[str] = ()) -> list[str]:
    """The types asked for that are there; else the usual ones, else the first ten."""
    there = list(recording.type_names)
    return [n for n in types or SHOWN if n in there] or there[: len(SHOWN)]


def middle_neuron(recording: Recording, name: str) -> int:
    """The neuron of a type nearest the mean position, the first where that is unknown.

    Raises:
        ValueError: no neuron is of this type.
    """
    kind = list(recording.type_names).index(name)
    own = np.flatnonzero(recording.type_index == kind)
    if not own.size:
        msg = f"{recording.name}: no neuron is of type {name}."
        raise ValueError(msg)
    distance = np.linalg.norm(recording.positions - recording.positions.mean(0), axis=1)
    return int(own[np.argmin(np.nan_to_num(distance[own]))])


def variance_by_type(sets: Mapping[str, Recording]) -> go.Figure:
    """Variance over time of each type's neurons, one bar for each recording."""
    fig = go.Figure()
    for place, (label, recording) in enumerate(sets.items()):
        variance = recording.voltage.var(axis=0)
        fig.add_bar(
            x=list(recording.type_names),
            y=by_type(variance, recording.type_index),
            name=label,
            marker_color=plotting.colour("family", place),
        )
    fig.update_xaxes(title_text="cell type", tickangle=-60)
    return fig.update_yaxes(title_text="variance [raw units²]")


def power_spectra(recording: Recording, limits: Mapping[str, float]) -> go.Figure:
    """Mean power density of the types shown, and of the stimulus, grey.

    Args:
        recording: whose voltages are shown.
        limits: frequencies [Hz] marked by a vertical line, by label.
    """
    frequency, power = spectra(recording.voltage, recording.dt)
    means = type_means(power, recording.type_index)
    seen = spectra(recording.stimulus, recording.dt)[1].mean(axis=1)
    fig = go.Figure()
    grey = {"color": plotting.GREY, "dash": "dash"}
    fig.add_scatter(x=frequency[1:], y=seen[1:], name="stimulus", line=grey)
    for place, name in enumerate(types_shown(recording)):
        kind = list(recording.type_names).index(name)
        line = {"color": plotting.colour("type", place)}
        fig.add_scatter(x=frequency[1:], y=means[1:, kind], name=name, line=line)
    for label, limit in limits.items():
        plotting.mark(fig, limit, label)
    fig.update_xaxes(title_text="frequency [Hz]", type="log")
    return fig.update_yaxes(title_text="power density [raw units²/Hz]", type="log")


def error_by_horizon(
    horizons: Sequence[int],
    constant: Mapping[str, Sequence[float] | np.ndarray],
    interpolation: Mapping[str, Sequence[float]],
    variance: Mapping[str, float],
) -> go.Figure:
    """Error of the two models that know nothing, by horizon or distance of samples.

    Args:
        horizons: horizon, or steps between samples [steps].
        constant: error of "nothing changes" by family [raw units²].
        interpolation: error of a line between samples so many steps apart.
        variance: total variance of each family, a dotted line.
    """
    fig = go.Figure()
    for place, family in enumerate(constant):
        css = plotting.colour("family", place)
        line = {"color": css}
        fig.add_scatter(
            x=list(horizons), y=constant[family], name=f"constant, {family}", line=line
        )
        fig.add_scatter(
            x=list(horizons),
            y=interpolation[family],
            name=f"interpolation, {family}",
            line=line | {"dash": "dash"},
        )
        fig.add_hline(y=variance[family], line={"color": css, "dash": "dot"})
    fig.update_xaxes(title_text="horizon or distance of samples [steps]", type="log")
    return fig.update_yaxes(title_text="mean squared error [raw units²]", type="log")


def residual_by_components(
    residuals: Mapping[str, Float[np.ndarray, " components"]], marks: Sequence[int]
) -> go.Figure:
    """Error that the first principal components leave, with some numbers marked."""
    fig = go.Figure()
    for place, (family, values) in enumerate(residuals.items()):
        line = {"color": plotting.colour("family", place)}
        shown = np.unique(np.geomspace(1, len(values) - 1, 120).astype(int))
        shown = shown[values[shown] > 0]
        fig.add_scatter(x=shown, y=values[shown], name=family, line=line)
    for mark in marks:
        plotting.mark(fig, mark, str(mark))
    fig.update_xaxes(title_text="components [1]", type="log")
    return fig.update_yaxes(title_text="residual [raw units²]", type="log")
