"""Figures of latent states, spectra of the map, and the connections that it uses."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Complex, Float

from studies import plotting


def latent_paths(
    paths: Mapping[str, Float[np.ndarray, "time component"]], most: int = 1500
) -> go.Figure:
    """Latent states along recordings, on their first two principal components."""
    fig = go.Figure()
    for place, (name, scores) in enumerate(paths.items()):
        keep, _ = plotting.thin(len(scores), most)
        dots = {"color": plotting.colour("curve", place), "size": 3}
        x, y = scores[keep, 0], scores[keep, 1]
        fig.add_scatter(x=x, y=y, mode="markers", marker=dots, name=name)
    fig.update_xaxes(title_text="first principal component [latent units]")
    fig.update_yaxes(title_text="second principal component [latent units]")
    return fig


def variance_kept(variances: Mapping[str, Float[np.ndarray, " latent"]]) -> go.Figure:
    """Share of the latent variance that is left after so many components."""
    fig = go.Figure()
    for place, (name, own) in enumerate(variances.items()):
        left = 1 - np.cumsum(own) / own.sum()
        fig.add_scatter(
            x=np.arange(1, len(own) + 1),
            y=np.maximum(left, 1e-8),
            name=name,
            line_color=plotting.colour("curve", place),
        )
    fig.update_xaxes(title_text="principal components [1]")
    fig.update_yaxes(title_text="variance left [1]", type="log")
    return fig


def map_spectrum(
    values: Mapping[str, Complex[np.ndarray, "row latent"]],
    true: Complex[np.ndarray, " neuron"] | None = None,
) -> go.Figure:
    """Eigenvalues of one-step maps beside those of the true circuit."""
    fig = go.Figure()
    if true is not None:
        for trace in plotting.complex_plane(true, "true circuit", plotting.GREY):
            fig.add_trace(trace)
    for place, (name, own) in enumerate(values.items()):
        css = plotting.faded(plotting.colour("curve", place), 0.5)
        for trace in plotting.complex_plane(own, name, css):
            fig.add_trace(trace)
    fig.update_xaxes(title_text="real part [1]", scaleanchor="y")
    fig.update_yaxes(title_text="imaginary part [1]")
    return fig


def listening(
    without_others: Mapping[str, Float[np.ndarray, " neuron"]],
    without_parents: Mapping[str, Float[np.ndarray, " neuron"]],
) -> go.Figure:
    """Change of predictions with parents kept against with parents silenced."""
    fig = go.Figure()
    top = 1e-12
    for place, name in enumerate(without_others):
        dots = {"color": plotting.colour("curve", place), "size": 5}
        x, y = without_parents[name], without_others[name]
        top = max(top, float(np.max(x)), float(np.max(y)))
        fig.add_scatter(x=x, y=y, mode="markers", marker=dots, name=name)
    line = {"color": plotting.GREY, "dash": "dot"}
    span = [1e-4 * top, top]
    fig.add_scatter(x=span, y=span, mode="lines", line=line, **plotting.QUIET)
    fig.update_xaxes(title_text="change without parents [raw units²]", type="log")
    fig.update_yaxes(title_text="change without all others [raw units²]", type="log")
    return fig
