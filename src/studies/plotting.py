"""One look for all figures: colours by variable, labels with units, shared shapes.

Importing this module makes the small template "fieldnotes" the default (Plotly's own
costs 7 kB a figure). Studies say once what their variables look like,

    register("gain", low=0, high=20, null=0)
    register("layer", values=["signed", "unit"])

and `colour("gain", 5.0)` is then the same in every figure of the project.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import plotly.io as pio
from plotly.colors import sample_colorscale

GREY = "#8c8c8c"  # whatever is off, absent or the null case
# Distinct for colour-blind readers (after Okabe and Ito), legible on white and black.
PALETTE = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#9467bd")
SCALE = "Viridis"
QUIET: dict[str, Any] = {"hoverinfo": "skip", "showlegend": False}
OFF = ("none", "off", "null", "")
FAINT = "rgba(128, 128, 128, 0.25)"
CONFIG = {
    "displaylogo": False,
    "showSendToCloud": False,  # its button uploads the figure to the vendor
    "responsive": True,
    "toImageButtonOptions": {"format": "svg"},
}

_variables: dict[str, dict[str, Any]] = {}


def register(
    variable: str,
    *,
    values: Sequence[Any] = (),
    low: float | None = None,
    high: float | None = None,
    scale: str = SCALE,
    null: Any = None,
) -> None:
    """Say how a variable is coloured, everywhere.

    Either `values` lists all it takes, for distinct colours in this order, or `low` and
    `high` give its range on a colour `scale`. The value `null` is always grey.
    """
    span = None if low is None or high is None else (low, high)
    shown = [value for value in values if value != null]
    _variables[variable] = {"values": shown, "span": span, "scale": scale, "null": null}


def colour(variable: str, value: Any) -> str:
    """The colour of one value of a variable, as CSS.

    Of a variable that nobody registered, integers take the palette in turn and other
    values a place that depends on their text alone, the same in every process.
    """
    known = _variables.get(variable, {"values": [], "span": None, "null": None})
    off = value is None or value is False or value in OFF
    if off or (known["null"] is not None and value == known["null"]):
        return GREY
    if known["span"] is not None:
        low, high = known["span"]
        place = min(max((value - low) / (high - low), 0.0), 1.0)
        return str(sample_colorscale(known["scale"], [place])[0])
    if value in known["values"]:
        place = known["values"].index(value)
    else:
        whole = isinstance(value, int | np.integer)
        place = int(value) if whole else sum(str(value).encode())
    return PALETTE[place % len(PALETTE)]


def faded(css: str, opacity: float) -> str:
    """A colour made transparent, for areas; `css` as `colour` gives it."""
    if css.startswith("#"):
        red, green, blue = (int(css[k : k + 2], 16) for k in (1, 3, 5))
    else:
        red, green, blue = css[css.index("(") + 1 : -1].split(",")[:3]
    return f"rgba({red}, {green}, {blue}, {opacity})"


def axis(quantity: str, unit: str = "") -> str:
    """The title of an axis: `axis("distance", "R_E")` is "distance [R_E]"."""
    return f"{quantity} [{unit}]" if unit else quantity


def label_axes(fig: go.Figure, x: str, y: str, **where: Any) -> go.Figure:
    """Axis titles with their units, at a row and column of subplots or everywhere."""
    fig.update_xaxes(title_text=x, **where)
    fig.update_yaxes(title_text=y, **where)
    return fig


def whiskers(middle: Any, low: Any, high: Any) -> dict[str, Any]:
    """Plotly's error bars from `low` to `high` around points at `middle`."""
    middle, low, high = (np.asarray(values, float) for values in (middle, low, high))
    sizes = {"array": high - middle, "arrayminus": middle - low}
    return {"type": "data", "symmetric": False, **sizes}


def band(x: Any, runs: Any, name: str, css: str) -> list[go.Scatter]:
    """Median of several runs with their range; missing values (NaN) are left out.

    Args:
        x: shape (points,).
        runs: shape (runs, points).
        name: label of the median in the legend.
        css: colour of both.
    """
    runs, x = np.atleast_2d(np.asarray(runs, float)), np.asarray(x)
    some = ~np.isnan(runs).all(axis=0)
    x, runs = x[some], runs[:, some]
    low, high = np.nanmin(runs, axis=0), np.nanmax(runs, axis=0)
    area = go.Scatter(
        x=np.concatenate([x, x[::-1]]),
        y=np.concatenate([high, low[::-1]]),
        fill="toself",
        fillcolor=faded(css, 0.2),
        mode="none",
        **QUIET,
        legendgroup=name,
    )
    middle = np.nanmedian(runs, axis=0)
    line = {"color": css}
    return [area, go.Scatter(x=x, y=middle, name=name, line=line, legendgroup=name)]


def violins(groups: Mapping[str, Any], colours: Mapping[str, str]) -> list[go.Violin]:
    """One violin for each group of values, with its quartiles and its points."""
    return [
        go.Violin(
            y=np.asarray(values, float),
            name=label,
            line={"color": colours[label]},
            box={"visible": True},
            points="all" if len(values) <= 50 else False,
            spanmode="hard",  # no density where there are no values
        )
        for label, values in groups.items()
    ]


def thin(count: int, most: int = 1000) -> tuple[slice, str]:
    """Which of `count` points to draw so that at most `most` are, and words for it."""
    every = -(-count // most)
    words = "" if every == 1 else f"one point in {every:,} of {count:,} drawn"
    return slice(None, None, every), words


def mark(figure: go.Figure, place: float, words: str) -> None:
    """A dotted line with words at a place of a logarithmic horizontal axis.

    Plotly takes the place of a line as a number and that of words as its logarithm.
    """
    figure.add_vline(x=place, line_dash="dot")
    where = {"x": float(np.log10(place)), "y": 1, "yref": "paper", "xanchor": "left"}
    figure.add_annotation(text=words, showarrow=False, yanchor="top", **where)


def note(figure: go.Figure, words: str) -> go.Figure:
    """Put a remark (such as `thin` gives) below the title of the horizontal axis."""
    if words:
        place = {"x": 1, "y": 0, "xref": "paper", "yref": "paper", "yanchor": "top"}
        font = {"size": 11, "color": GREY}
        figure.add_annotation(
            text=words, showarrow=False, font=font, yshift=-52, **place
        )
        figure.update_layout(margin_b=80)
    return figure


def space(path: Any, name: str, css: str) -> go.Scatter3d:
    """A trajectory in three dimensions, shape (time, 3)."""
    x, y, z = np.asarray(path, float).T
    line = {"color": css, "width": 3}
    return go.Scatter3d(x=x, y=y, z=z, mode="lines", name=name, line=line)


def scene(names: Sequence[str], unit: str = "") -> dict[str, Any]:
    """Layout of a three-dimensional scene with equal axes: `update_layout(scene=…)`."""
    titles = {
        f"{letter}axis": {"title": {"text": axis(quantity, unit)}}
        for letter, quantity in zip("xyz", names, strict=True)
    }
    return titles | {"aspectmode": "data"}


def complex_plane(
    values: Any, name: str, css: str, *, discrete: bool = True
) -> list[go.Scatter]:
    """Eigenvalues, with the border of stability: unit circle or imaginary axis."""
    points = np.asarray(values, complex).ravel()
    if discrete:
        angle = np.linspace(0, 2 * np.pi, 181)
        x, y = np.cos(angle), np.sin(angle)
    else:
        reach = max(1.0, 1.1 * np.abs(np.imag(points)).max(initial=0))
        x, y = np.zeros(2), np.array([-reach, reach])
    dotted = {"color": GREY, "dash": "dot"}
    edge = go.Scatter(x=x, y=y, mode="lines", line=dotted, **QUIET)
    style: dict[str, Any] = {"mode": "markers", "marker": {"color": css}}
    x, y = np.real(points), np.imag(points)
    return [edge, go.Scatter(x=x, y=y, name=name, **style)]


def phase_bands(
    figure: go.Figure, steps: Sequence[int], names: Sequence[str] = ()
) -> go.Figure:
    """Shade every second phase behind curves over the steps of a whole training.

    `steps` says how many each phase has, `names` how it is called (else its number).
    """
    edges = np.concatenate([[0], np.cumsum(steps)])
    for place in range(len(steps)):
        figure.add_vrect(
            x0=int(edges[place]),
            x1=int(edges[place + 1]),
            fillcolor=FAINT if place % 2 else "rgba(0, 0, 0, 0)",
            line_width=0,
            layer="below",
            annotation_text=names[place] if names else f"phase {place + 1}",
            annotation_position="top left",
        )
    return figure


def _template() -> go.layout.Template:
    lines = {"gridcolor": FAINT, "linecolor": GREY, "zerolinecolor": FAINT}
    axes = lines | {"automargin": True, "ticks": "outside", "tickcolor": GREY}
    flat = {"gridcolor": FAINT, "showbackground": False}
    return go.layout.Template(
        layout={
            "colorway": list(PALETTE),
            "colorscale": {"sequential": SCALE},
            "font": {"family": "system-ui, sans-serif", "size": 13},
            "paper_bgcolor": "rgba(0, 0, 0, 0)",
            "plot_bgcolor": "rgba(0, 0, 0, 0)",
            "xaxis": axes,
            "yaxis": axes,
            "scene": {"xaxis": flat, "yaxis": flat, "zaxis": flat},
            "hovermode": "closest",
            "margin": {"l": 60, "r": 20, "t": 50, "b": 50},
        }
    )


pio.templates["fieldnotes"] = _template()
pio.templates.default = "fieldnotes"
pio.renderers["plotly_mimetype"].config = CONFIG
pio.renderers.default = "plotly_mimetype"  # small notebooks; JupyterLab draws it
