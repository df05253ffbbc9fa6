"""Figures and tables that judge trained models on orbits they have not seen."""

import math
import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from jaxtyping import Float

from studies import plotting
from studies.orbit.distributions import present
from studies.orbit.figures.common import WRONG, colour, thin
from studies.orbit.reports import unit_of
from studies.plotting import label_axes

Pool = Float[np.ndarray, "..."]

# What counts as best in a column: nearest to this; absolute values otherwise smallest.
IDEAL = {"slope": -2.0, "collinearity": 180.0}
LARGEST = ("critical_radius",)


def generalisation_table(
    rows: Mapping[str, Mapping[str, Mapping[str, float]]], statistics: Sequence[str]
) -> pd.DataFrame:
    """Models × (test set, statistic).

    `rows[model][test set]` is a row of `metrics.table_row`; a model without an entry
    for a set (it diverged) keeps its row, with NaN.
    """
    sets = list(dict.fromkeys(name for row in rows.values() for name in row))
    columns = pd.MultiIndex.from_product([sets, statistics])
    values = [
        [row.get(name, {}).get(key, math.nan) for name, key in columns]
        for row in rows.values()
    ]
    return pd.DataFrame(values, index=pd.Index(rows, name="model"), columns=columns)


def markdown_table(
    table: pd.DataFrame, notes: Mapping[str, str] | None = None, digits: int = 3
) -> str:
    """A generalisation table as Markdown: units in the head, best of a column bold.

    The head names the test set too when there is more than one.
    `notes` says of a model why its row is empty, in place of its numbers.
    """
    notes = notes or {}
    alone = table.columns.get_level_values(0).nunique() == 1
    heads = [
        f"{key if alone else f'{place}: {key}'} [{unit_of(key)}]"
        for place, key in table.columns
    ]
    lines = ["| model | " + " | ".join(heads) + " |", "|---|" + "---:|" * len(heads)]
    best = {
        column: best_row(pd.Series(table[column]), column[1])
        for column in table.columns
    }
    for name, row in table.iterrows():
        if name in notes:
            cells = [notes[str(name)], *[""] * (len(heads) - 1)]
        else:
            cells = [
                written(value, digits, bold=best[column] == name)
                for column, value in row.items()
            ]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def best_row(values: pd.Series, key: str) -> object:
    """The model that is best in a column, or None when all are alike."""
    score = (values - IDEAL.get(key, 0.0)).abs()
    score = -score if key in LARGEST else score
    if score.nunique() < 2:
        return None
    return score.idxmin()


def written(value: float, digits: int, bold: bool) -> str:
    """A number as a table shows it."""
    if math.isnan(value):
        return "–"
    text = "∞" if math.isinf(value) else f"{value:.{digits}g}"
    return f"**{text}**" if bold else text


def error_boxes(pools: Mapping[str, Mapping[str, Pool]], counted: str) -> go.Figure:
    """Box and whiskers of acceleration errors: test sets side by side, models coloured.

    `pools[model][test set]` are errors [%], of samples or of orbits as `counted` says.
    The median is solid, the mean dashed, what lies beyond 1.5 interquartile ranges red
    (a few hundred of the points at most). The error axis is logarithmic.
    """
    fig = go.Figure()
    for place, (model, sets) in enumerate(pools.items()):
        boxes = {name: box_of(pool) for name, pool in sets.items()}
        fig.add_box(
            x=list(boxes),
            **{key: [box[key] for box in boxes.values()] for key in BOX},
            name=wrapped(model, 60),
            boxmean=True,
            marker_color=colour(place),
            offsetgroup=model,
            legendgroup=model,
        )
        beyond = [(name, value) for name in sets for value in boxes[name]["beyond"]]
        fig.add_box(
            x=[name for name, _ in beyond],
            y=[value for _, value in beyond],
            boxpoints="all",
            pointpos=0,
            jitter=0.2,
            fillcolor="rgba(0, 0, 0, 0)",
            line={"color": "rgba(0, 0, 0, 0)"},
            marker={"color": WRONG, "size": 3, "opacity": 0.6},
            offsetgroup=model,
            legendgroup=model,
            name=f"{model}, outliers",
            showlegend=False,
        )
    below = {"orientation": "h", "y": -0.25}
    fig.update_layout(boxmode="group", legend=below)
    fig.update_xaxes(type="category")  # "10" is a name here
    fig.update_yaxes(type="log", exponentformat="power")
    return label_axes(fig, "test set", f"acceleration error of each {counted} [%]")


def wrapped(text: str, width: int = 24) -> str:
    """A long label on several lines."""
    return "<br>".join(textwrap.wrap(text, width))


BOX = ("q1", "median", "q3", "lowerfence", "upperfence", "mean")


def box_of(pool: Pool) -> dict:
    """The numbers that draw a box, so that a page need not hold every error."""
    x = present(pool)
    x = x[np.isfinite(x)]  # a field without a value has no place on an axis
    q1, median, q3 = np.quantile(x, [0.25, 0.5, 0.75])
    reach = 1.5 * (q3 - q1)
    inside = x[(x >= q1 - reach) & (x <= q3 + reach)]
    outside = np.sort(x[(x < q1 - reach) | (x > q3 + reach)])
    numbers = (q1, median, q3, inside.min(), inside.max(), x.mean())
    box: dict = dict(zip(BOX, (float(number) for number in numbers), strict=True))
    return box | {"beyond": thin(outside, 200).tolist()}


def seed_violins(frame: pd.DataFrame, group: str, value: str, unit: str) -> go.Figure:
    """Spread of a measure over seeds: a violin a group, a dot a model.

    `frame` has a row for each model with columns `group`, `value` and `seed`. Values
    that are not finite (diverged models) are no dots; the page lists them.
    """
    groups = {
        wrapped(str(name)): pd.DataFrame(
            own[np.isfinite(np.asarray(own[value], float))]
        )
        for name, own in frame.groupby(group, sort=False)
    }
    colours = {name: colour(place) for place, name in enumerate(groups)}
    values = {name: np.asarray(own[value]) for name, own in groups.items()}
    fig = go.Figure(plotting.violins(values, colours))
    for name, own in groups.items():
        text = [f"seed {seed}" for seed in own["seed"]]
        fig.update_traces(text=text, selector={"name": name})
    fig.update_traces(showlegend=False)
    fig.update_yaxes(type="log", exponentformat="power")
    words = value.replace("_", " ")
    return label_axes(fig, group.replace("_", " "), f"{words} [{unit}]")


def shape_heat_map(
    elements: Float[np.ndarray, "orbit 6"],
    errors: Float[np.ndarray, " orbit"],
    training: Float[np.ndarray, "train 6"] | None = None,
    bins: int = 8,
) -> go.Figure:
    """Median error over semi-major axis and eccentricity, training orbits as dots.

    Cells without an orbit stay empty; the colour is the logarithm of the error [%].
    """
    a, e = elements[:, 0], elements[:, 1]
    edges_a = np.linspace(a.min(), a.max() + 1e-9, bins + 1)
    edges_e = np.linspace(0.0, e.max() + 1e-9, bins + 1)
    column = np.clip(np.digitize(a, edges_a) - 1, 0, bins - 1)
    row = np.clip(np.digitize(e, edges_e) - 1, 0, bins - 1)
    cells = np.full((bins, bins), np.nan)
    for i, j in set(zip(row.tolist(), column.tolist(), strict=True)):
        cells[i, j] = np.median(errors[(row == i) & (column == j)])
    fig = go.Figure()
    fig.add_heatmap(
        x=(edges_a[1:] + edges_a[:-1]) / 2,
        y=(edges_e[1:] + edges_e[:-1]) / 2,
        z=np.log10(cells),
        customdata=cells,
        hovertemplate="a %{x:.2f} R_E<br>e %{y:.2f}<br>%{customdata:.3g} %"
        "<extra></extra>",
        colorscale="Viridis",
        colorbar={"title": {"text": "log₁₀ error [%]"}},
    )
    if training is not None:
        fig.add_scatter(
            x=training[:, 0],
            y=training[:, 1],
            mode="markers",
            marker={
                "color": "white",
                "size": 7,
                "line": {"color": "black", "width": 1},
            },
            name="training orbits",
        )
    return label_axes(fig, "semi-major axis [R_E]", "eccentricity [1]")
