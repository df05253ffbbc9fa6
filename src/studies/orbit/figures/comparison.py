"""Figures of a survey: many trainings beside each other, one dot or cell each."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from studies.orbit.figures.common import TRUE, WRONG, colour
from studies.orbit.figures.judgement import wrapped
from studies.plotting import label_axes, whiskers

Curve = tuple[Sequence[float | int], Sequence[float | int]]  # across and up
ERROR = "error on 100 unseen orbits [%]"
STATES = {"trained": "circle", "stuck": "x", "diverged": "triangle-right"}


def drawn(values: Any) -> np.ndarray:
    """Values for a logarithmic axis: those that are not finite have no place on it."""
    x = np.asarray(values, float)
    return np.where(np.isfinite(x) & (x > 0), x, np.nan)


def strips(
    table: pd.DataFrame,
    rows: str,
    hue: str,
    measure: str = "mean_100",
    title: str = ERROR,
) -> go.Figure:
    """A dot a model: rows by one parameter (best median on top), colours by another.

    Stuck models are crosses.
    """
    middle = table.groupby(rows)[measure].median()
    order = pd.Series(middle).sort_values(ascending=False).index
    fig = go.Figure()
    for place, (name, part) in enumerate(table.groupby(hue, sort=False)):
        fig.add_scatter(
            x=drawn(part[measure]),
            y=[str(value) for value in part[rows]],
            mode="markers",
            name=wrapped(str(name), 40),
            text=part["model"],
            marker={
                "color": colour(place),
                "symbol": [STATES[state] for state in part["state"]],
                "size": 8,
                "opacity": 0.75,
            },
        )
    fig.update_yaxes(categoryorder="array", categoryarray=[str(x) for x in order])
    fig.update_xaxes(type="log", exponentformat="power")
    return label_axes(fig, title, rows.replace("_", " "))


def parallel(table: pd.DataFrame, names: Sequence[str]) -> go.Figure:
    """Parallel coordinates: a line a model through its parameters to its error."""
    axes: list[dict[str, Any]] = []
    for name in names:
        codes, values = pd.factorize(table[name].astype(str))
        axes.append(
            {
                "label": name.replace("_", " "),
                "values": codes.tolist(),
                "tickvals": list(range(len(values))),
                "ticktext": list(values),
            }
        )
    error = np.log10(drawn(table["mean_100"]))
    kept = np.isfinite(error)
    for axis in axes:
        axis["values"] = np.asarray(axis["values"])[kept].tolist()
    axes.append({"label": "log₁₀ error [%]", "values": error[kept].tolist()})
    line = {"color": error[kept].tolist(), "colorscale": "Viridis", "showscale": False}
    return go.Figure(go.Parcoords(line=line, dimensions=axes))


def effects(table: pd.DataFrame, names: Sequence[str]) -> go.Figure:
    """Main effects: how far each parameter moves the mean log error, value by value.

    Bars rank the *average* of what was trained together with a value, not the best.
    """
    error = np.log10(drawn(table["mean_100"]))
    fig = go.Figure()
    for place, name in enumerate(names):
        values = table[name].astype(str).to_numpy()
        kinds = list(dict.fromkeys(values.tolist()))
        gain = [np.nanmean(error[values == x]) - np.nanmean(error) for x in kinds]
        fig.add_bar(
            x=gain,
            y=[f"{name}: {value}" for value in kinds],
            orientation="h",
            name=name.replace("_", " "),
            marker_color=colour(place),
        )
    return label_axes(fig, "change of the mean log₁₀ error [1]", "parameter: value")


def heat_maps(
    table: pd.DataFrame,
    x: str,
    y: str,
    facets: str | None = None,
    measure: str = "mean_100",
    units: tuple[str, str] = ("1", "1"),
) -> go.Figure:
    """Median error over two parameters, a panel for each value of a third.

    Colours are logarithmic and the same in all panels; each cell is annotated.
    """
    parts = [("", table)] if facets is None else list(table.groupby(facets, sort=False))
    fig = make_subplots(
        1, len(parts), subplot_titles=[str(n) for n, _ in parts], shared_yaxes=True
    )
    tables = [
        part.pivot_table(index=y, columns=x, values=measure, aggfunc="median")
        for _, part in parts
    ]
    whole = np.log10(drawn(np.concatenate([np.ravel(panel) for panel in tables])))
    limits = {"zmin": np.nanmin(whole), "zmax": np.nanmax(whole)}
    for place, panel in enumerate(tables, start=1):
        fig.add_heatmap(
            x=[str(value) for value in panel.columns],
            y=[str(value) for value in panel.index],
            z=np.log10(drawn(panel)),
            text=[[f"{value:.3g}" for value in row] for row in panel.to_numpy()],
            texttemplate="%{text}",
            colorscale="Viridis",
            colorbar={"title": {"text": "log₁₀ error [%]"}},
            showscale=place == 1,
            row=1,
            col=place,
            **limits,
        )
    words = (f"{n.replace('_', ' ')} [{u}]" for n, u in zip((x, y), units, strict=True))
    fig.update_xaxes(type="category")
    fig.update_yaxes(type="category")
    return label_axes(fig, *words)


def error_lines(
    table: pd.DataFrame, x: str, hue: str, title: str, measure: str = "mean_100"
) -> go.Figure:
    """Median error with its range against a number, a curve for each value of `hue`."""
    fig = go.Figure()
    for place, (name, part) in enumerate(table.groupby(hue, sort=False)):
        spread = part.groupby(x)[measure].agg(["median", "min", "max"])
        middle = drawn(spread["median"])
        fig.add_scatter(
            x=spread.index,
            y=middle,
            error_y=whiskers(middle, drawn(spread["min"]), drawn(spread["max"])),
            mode="lines+markers",
            name=f"{hue.replace('_', ' ')} {name}",
            line_color=colour(place),
        )
    fig.update_xaxes(type="log")
    fig.update_yaxes(type="log", exponentformat="power")
    return label_axes(fig, title, ERROR)


def beside_notes(rows: pd.DataFrame) -> go.Figure:
    """Published errors on 100 orbits beside the medians and ranges of ours."""
    kept = rows[rows["models"] > 0].iloc[::-1]
    middle = drawn(kept["ours_100"])
    fig = go.Figure()
    fig.add_scatter(
        x=middle,
        y=kept["setting"],
        error_x=whiskers(middle, drawn(kept["low"]), drawn(kept["high"])),
        mode="markers",
        name="ours: median and range",
        marker_color=colour(0),
    )
    fig.add_scatter(
        x=kept["notes_100"],
        y=kept["setting"],
        mode="markers",
        name="notes: one seed",
        marker={"color": WRONG, "symbol": "diamond-open", "size": 9},
    )
    fig.update_xaxes(type="log", exponentformat="power")
    fig.update_layout(height=220 + 22 * len(kept))
    return label_axes(fig, ERROR, "setting")


def against_lines(
    curves: Mapping[str, Curve],
    references: Mapping[str, Curve],
    x: str,
    y: str,
) -> go.Figure:
    """Curves in colour, references dashed and grey, both axes logarithmic."""
    fig = go.Figure()
    for place, (name, (across, up)) in enumerate(curves.items()):
        fig.add_scatter(
            x=across,
            y=drawn(up),
            mode="lines+markers",
            name=wrapped(name, 40),
            line_color=colour(place),
        )
    for place, (name, (across, up)) in enumerate(references.items()):
        dash = ("dash", "dot", "dashdot")[place % 3]
        fig.add_scatter(
            x=across, y=drawn(up), name=name, line={"color": TRUE, "dash": dash}
        )
    fig.update_xaxes(type="log", exponentformat="power")
    fig.update_yaxes(type="log", exponentformat="power")
    return label_axes(fig, x, y)
