"""Figures of measures: violins by training std, field amplitude and replicate."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from studies import plotting
from studies.plotting import label_axes

MOST = 200  # values that draw one violin; more are replaced by their quantiles
EXTREMES = 4  # trials named at each end of a violin
WHO = ("seed", "evaluation", "condition")  # what the pointer says of a trial


def measure_violins(
    frame: pd.DataFrame,
    value: str,
    x: tuple[str, str],
    legend: tuple[str, str],
    colours: Mapping[Any, str],
    title: str,
) -> go.Figure:
    """Violins of a measure over trials: groups along the axis, colours in the legend.

    Args:
        frame: a row for each trial, from `reductions.table`.
        value: column of the measure.
        x: column and words of the groups along the axis.
        legend: column and words of what is coloured.
        colours: of each value of the legend's column.
        title: of the measure's axis, with its unit.
    """
    fig = go.Figure()
    words = ""
    for name in sorted(frame[legend[0]].unique()):
        rows = pd.DataFrame(frame[frame[legend[0]] == name])
        label = f"{legend[1]} {shown(name)}"
        words = add_violins(fig, rows, value, x[0], label, colours[name]) or words
    fig.update_layout(violinmode="group")
    fig.update_xaxes(type="category")
    return plotting.note(label_axes(fig, x[1], title), words)


def add_violins(
    fig: go.Figure,
    rows: pd.DataFrame,
    value: str,
    x: str,
    label: str,
    css: str,
    **more: Any,
) -> str:
    """A violin at each place of an axis, and its extreme trials as points."""
    places, values, words = [], [], ""
    for place, own in rows.groupby(x):
        column = np.asarray(own[value], float)
        sampled, words = quantiles(column[np.isfinite(column)])
        places += [shown(place)] * len(sampled)
        values.append(sampled)
    fig.add_violin(
        x=places,
        y=np.concatenate(values) if values else [],
        name=label,
        legendgroup=label,
        line={"color": css, "width": 1},
        fillcolor=plotting.faded(css, 0.4),
        meanline={"visible": True, "width": 2},
        points=False,
        spanmode="hard",
        scalegroup=label,
        scalemode="width",
        hoverinfo="y",
        **more,
    )
    add_extremes(fig, rows, value, x, label, css)
    return words


def add_extremes(
    fig: go.Figure, rows: pd.DataFrame, value: str, x: str, label: str, css: str
) -> None:
    """The trials at both ends of each violin, with replicate, repeat and condition."""
    ends = pd.concat(
        [
            own.sort_values(by=value).iloc[np.r_[:EXTREMES, -EXTREMES:0]]
            if len(own) > 2 * EXTREMES
            else own
            for _, own in rows.groupby(x)
        ]
    )
    names = [name for name in WHO if name in ends]
    text = [
        "<br>".join(f"{name} {entry}" for name, entry in zip(names, who, strict=True))
        for who in ends[names].itertuples(index=False)
    ]
    fig.add_box(
        x=[shown(place) for place in ends[x]],
        y=ends[value],
        text=text,
        boxpoints="all",
        pointpos=0,
        jitter=0.1,
        fillcolor="rgba(0, 0, 0, 0)",
        line={"color": "rgba(0, 0, 0, 0)"},
        marker={"color": css, "size": 3},
        offsetgroup=label,
        legendgroup=label,
        hovertemplate="%{text}<br>%{y:.3g}<extra></extra>",
        hoveron="points",
        showlegend=False,
    )
    fig.update_traces(offsetgroup=label, selector={"type": "violin", "name": label})
    fig.update_layout(boxmode="group")


def split_violins(
    frame: pd.DataFrame,
    value: str,
    halves: tuple[float, float],
    colours: Mapping[Any, str],
    title: str,
) -> go.Figure:
    """The lowest against the highest training std, for each replicate.

    Args:
        frame: rows of `reductions.table`, with `seed` and `field_std`.
        value: column of the measure.
        halves: the two training stds.
        colours: of each training std.
        title: of the measure's axis, with its unit.
    """
    fig = go.Figure()
    words = ""
    for std, side in zip(halves, ("negative", "positive"), strict=True):
        rows = frame[frame["field_std"] == std]
        places, values = [], []
        for seed, own in rows.groupby("seed"):
            sampled, words = quantiles(np.asarray(own[value], float))
            places += [str(seed)] * len(sampled)
            values.append(sampled)
        fig.add_violin(
            x=places,
            y=np.concatenate(values),
            side=side,
            name=f"training std {shown(std)}",
            line={"color": colours[std], "width": 1},
            fillcolor=plotting.faded(colours[std], 0.4),
            meanline={"visible": True, "width": 2},
            points=False,
            spanmode="hard",
            scalemode="width",
            hoverinfo="y",
        )
    fig.update_layout(violinmode="overlay", violingap=0.1)
    fig.update_xaxes(type="category")
    return plotting.note(label_axes(fig, "replicate (seed)", title), words)


def low_high_summary(
    frame: pd.DataFrame,
    measures: Mapping[str, str],
    amplitudes: tuple[float, float],
    colours: Mapping[Any, str],
) -> go.Figure:
    """Means of measures at low and high training std, under a weak and a strong field.

    Args:
        frame: rows of `reductions.table`.
        measures: column → title with unit, a panel for each.
        amplitudes: of the weak and of the strong field.
        colours: of each training std; the lowest and the highest are drawn.
    """
    every = np.asarray(frame["field_std"], float)
    stds = [float(every.min()), float(every.max())]
    fig = make_subplots(rows=1, cols=len(measures), horizontal_spacing=0.1)
    for col, (value, title) in enumerate(measures.items(), start=1):
        for std in dict.fromkeys(stds):
            own = frame[frame["field_std"] == std]
            mean = [own[own["amplitude"] == a][value].mean() for a in amplitudes]
            spread = [own[own["amplitude"] == a][value].std() for a in amplitudes]
            fig.add_scatter(
                x=["weak", "strong"],
                y=mean,
                error_y={"type": "data", "array": spread, "thickness": 1},
                name=f"training std {shown(std)}",
                legendgroup=shown(std),
                showlegend=col == 1,
                line={"color": colours[std], "width": 2.5},
                row=1,
                col=col,
            )
        label_axes(fig, "field", title, row=1, col=col)
    words = f"mean ± 1 std over trials; fields {shown(amplitudes[0])} and "
    return plotting.note(fig, words + shown(amplitudes[1]))


def quantiles(values: np.ndarray, most: int = MOST) -> tuple[np.ndarray, str]:
    """At most `most` values with the same distribution, and words when it is fewer."""
    if len(values) <= most:
        return values, ""
    share = (np.arange(most) + 0.5) / most
    return (
        np.quantile(values, share).astype(np.float32),
        f"violins of {most} quantiles of {len(values):,} trials; dots: extreme trials",
    )


def shown(value: Any) -> str:
    """A value as a label has it."""
    return f"{value:g}" if isinstance(value, float | np.floating) else str(value)
