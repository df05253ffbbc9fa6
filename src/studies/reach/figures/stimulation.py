"""What stimulated and silenced units do: by unit, direction and training std."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float
from plotly.subplots import make_subplots

from studies import plotting
from studies.reach.figures.common import darker

Named = Mapping[str, np.ndarray]


def boxes(
    groups: Mapping[str, Named], colours: Mapping[str, str], title: str
) -> go.Figure:
    """Effects side by side, a box a training std in every place, on a log axis.

    Args:
        groups: place on the axis → name of a training std → effects, any shape; NaN and
            zeros have no place on the axis and are left out.
        colours: of each name.
        title: of the vertical axis, with its unit.
    """
    fig = go.Figure()
    for name, css in colours.items():
        x, y = [], []
        for place, named in groups.items():
            values = np.ravel(np.asarray(named.get(name, []), float))
            values = values[np.isfinite(values) & (values > 0)]
            x += [place] * len(values)
            y.append(values)
        fig.add_box(
            x=x,
            y=np.concatenate(y),
            name=name,
            line={"color": darker(css)},
            fillcolor=plotting.faded(css, 0.3),
            boxpoints=False,
        )
    fig.update_yaxes(title_text=title, type="log", exponentformat="power")
    return fig.update_layout(boxmode="group")


def slopes(
    found: Named, colours: Mapping[str, str], axes: Sequence[str], shown: int = 400
) -> go.Figure:
    """Slopes of each unit's response on two features, a dot a unit.

    Args:
        found: name of a training std → slopes, shape (unit, 2); of one feature only,
            the second is 0.
        colours: of each name.
        axes: titles of the two axes, with their units.
        shown: units drawn of each training std at most.
    """
    fig = go.Figure()
    for name, values in found.items():
        every = -(-len(values) // shown)
        fig.add_scatter(
            x=values[::every, 0],
            y=values[::every, 1],
            mode="markers",
            marker={"color": colours[name], "size": 5, "opacity": 0.6},
            name=name,
        )
    fig.add_hline(0, line={"color": plotting.GREY, "width": 1})
    fig.add_vline(0, line={"color": plotting.GREY, "width": 1})
    fig.update_xaxes(title_text=axes[0])
    return fig.update_yaxes(title_text=axes[1])


def by_direction(
    panels: Mapping[str, Float[np.ndarray, "direction unit"]], title: str
) -> go.Figure:
    """Effect of silencing each unit on reaches in each direction, a panel a network.

    Units are sorted by their largest effect.

    Args:
        panels: name → effects.
        title: of the colour bar, with its unit.
    """
    fig = make_subplots(rows=1, cols=len(panels), subplot_titles=list(panels))
    largest = max(float(np.max(values)) for values in panels.values())
    for col, values in enumerate(panels.values(), start=1):
        order = np.argsort(-np.max(values, axis=0))
        angle = np.degrees(2 * np.pi * np.arange(len(values)) / len(values))
        fig.add_heatmap(
            z=values[:, order].T,
            x=angle,
            zmin=0,
            zmax=largest,
            colorscale=plotting.SCALE,
            colorbar={"title": {"text": title, "side": "right"}},
            showscale=col == len(panels),
            row=1,
            col=col,
        )
        fig.update_xaxes(title_text="direction of the reach [degrees]", col=col)
    fig.update_yaxes(title_text="unit, sorted [1]", autorange="reversed", col=1)
    return fig


def answers(
    sizes: Mapping[str, Sequence[float]],
    found: Mapping[str, Named],
    colours: Mapping[str, str],
) -> go.Figure:
    """Largest force against the size of a deception, median and range of networks.

    Args:
        sizes: "position" [m] or "velocity" [m/s] → sizes of the impulses.
        found: the same → name of a training std → forces [N], shape (network, size).
        colours: of each name.
    """
    fig = make_subplots(rows=1, cols=len(sizes), horizontal_spacing=0.12)
    units = {"position": "m", "velocity": "m/s"}
    for col, (variable, at) in enumerate(sizes.items(), start=1):
        for name, rows in found[variable].items():
            traces = plotting.band(at, rows, name, colours[name])
            traces[-1].update(showlegend=col == 1)
            fig.add_traces(traces, rows=1, cols=col)
        title = plotting.axis(f"impulse of sensed {variable}", units[variable])
        fig.update_xaxes(title_text=title, type="log", col=col)
        fig.update_yaxes(title_text="largest net force [N]", type="log", col=col)
    return fig
