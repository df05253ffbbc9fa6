"""Plotly figures of a comparison, as plain JSON: a scrap against every parameter.

No colour is fixed where the theme may choose one, so that both themes read well.
"""

import math
import textwrap
from collections.abc import Mapping, Sequence
from copy import deepcopy
from functools import cache
from typing import Any

from plotly.subplots import make_subplots

from fieldnotes.website.rows import (
    Quantity,
    Row,
    all_numbers,
    along,
    finite_scrap,
)
from fieldnotes.website.text import label, median, shown

Figure = dict[str, Any]
COLUMNS = 3  # panels side by side
TITLE = 34  # letters in one line of an axis title
# Dark to light through blue and ochre; readable on white and on black.
SCALE = ("#4457a5", "#3f7fb1", "#3fa39a", "#7fb069", "#d9a441", "#d4663a")
LOST = "#c0392b"  # cases without a value
_LOG_SPAN = 30.0  # largest over smallest above which an axis is logarithmic


def scrap_figure(
    table: Sequence[Row],
    scrap: Quantity,
    groups: Sequence[Sequence[str]],
    parameters: Mapping[str, Quantity],
) -> Figure:
    """One panel for each group of parameters: `scrap` of every case, with medians.

    Args:
        table: the cases; one without a value (failed, diverged) stands as a cross at
            the upper edge.
        scrap: what stands on the upright axis.
        groups: names of parameters; those of one group change in step.
        parameters: their words and units by name.
    """
    columns = len(groups) if len(groups) <= COLUMNS + 1 else COLUMNS
    lines = math.ceil(len(groups) / columns)
    legend = {
        "orientation": "h",
        "x": 0,
        "y": 1,
        "xanchor": "left",
        "yanchor": "bottom",
    }
    layout = deepcopy(_panels(lines, columns))
    layout |= {"showlegend": True, "legend": legend, "margin": {"t": 40, "r": 16}}
    layout |= {"height": 60 + 300 * lines, "meta": {"panels": len(groups)}}
    heights = [y for row in table if (y := finite_scrap(row, scrap.name)) is not None]
    scale = scale_of(heights)
    edge = max(heights) * (1.3 if scale == "log" else 1.0)
    data: list[dict[str, Any]] = []
    for place, group in enumerate(groups):
        suffix = "" if place == 0 else str(place + 1)
        named, points = _places(table, group)
        for trace in _panel(points, scrap, edge):
            # One entry of the legend for the same thing in all panels.
            new = all(trace["name"] != earlier["name"] for earlier in data)
            named_once = {"legendgroup": trace["name"], "showlegend": new}
            place_of = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}
            data.append(trace | named_once | place_of)
        layout[f"xaxis{suffix}"] |= _x_axis([x for _, x in points], named, parameters)
        upright = wrapped(scrap.words) if place % columns == 0 else ""
        layout[f"yaxis{suffix}"] |= {"type": scale, "title": {"text": upright}}
        if place:
            layout[f"yaxis{suffix}"]["matches"] = "y"
    return {"data": data, "layout": layout}


@cache
def _panels(lines: int, columns: int) -> dict[str, Any]:
    """The axes of panels side by side; Plotly takes a third of a second to say them."""
    frame = make_subplots(
        rows=lines,
        cols=columns,
        horizontal_spacing=0.06,
        vertical_spacing=0.28 / lines,
    ).to_plotly_json()
    return {key: value for key, value in frame["layout"].items() if key != "template"}


def wrapped(text: str, width: int = TITLE) -> str:
    """A label in lines of at most `width` letters, as Plotly writes them."""
    return "<br>".join(map(label, textwrap.wrap(text, width))) or label(text)


def scale_of(values: Sequence[float]) -> str:
    """`log` for positive values over more than a decade and a half, else `linear`."""
    low, high = min(values), max(values)
    return "log" if low > 0 and high / low >= _LOG_SPAN else "linear"


def _places(
    table: Sequence[Row], group: Sequence[str]
) -> tuple[list[str], list[tuple[Row, Any]]]:
    """The rows with their place along a group: a number, or words for a category.

    The first parameter that is a number gives the place of all that change with it. The
    names come back with that one in front.
    """
    for name in group:
        pairs = along(table, name)
        if all_numbers([value for _, value in pairs]):
            return [name, *(other for other in group if other != name)], pairs
    places = [
        (row, "<br>".join(label(shown(row.values.get(name))) for name in group))
        for row, _ in along(table, group[0])
    ]
    return list(group), places


def _x_axis(
    values: Sequence[Any], group: Sequence[str], parameters: Mapping[str, Quantity]
) -> dict[str, Any]:
    words = [parameters.get(name, Quantity(name)).words for name in group]
    if not all_numbers(values):
        title = "<br>".join(map(wrapped, words))
        return {
            "type": "category",
            "categoryorder": "trace",
            "title": {"text": title},
        }
    title = words[0] + (f" (with {', '.join(group[1:])})" if group[1:] else "")
    kind = scale_of([float(value) for value in values])
    return {"type": kind, "title": {"text": wrapped(title)}}


def _panel(
    places: Sequence[tuple[Row, Any]], scrap: Quantity, edge: float
) -> list[dict[str, Any]]:
    numbers = all_numbers([x for _, x in places])
    groups: dict[Any, list[float]] = {}
    points: list[tuple[Any, float, str]] = []
    crosses: list[tuple[Any, float, str]] = []
    for row, x in places:
        y = finite_scrap(row, scrap.name)
        if y is not None:
            points.append((x, y, hover(row)))
            groups.setdefault(x, []).append(y)
        elif row.state not in ("queued", "running"):
            why = label(row.reason or row.state)
            crosses.append((x, edge, f"{hover(row)}<br>{why}"))
    middle = [(x, median(ys), "") for x, ys in groups.items()]
    traces = [_points(points, {"size": 7, "opacity": 0.65}, "case")]
    traces.append(_middle(sorted(middle) if numbers else middle, numbers))
    if crosses:
        cross = {"size": 9, "symbol": "x", "color": LOST}
        traces.append(_points(crosses, cross, "no value"))
    return traces


def _points(
    points: Sequence[tuple[Any, float, str]], marker: dict[str, Any], name: str
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [point[0] for point in points],
        "y": [point[1] for point in points],
        "text": [point[2] for point in points],
        "hovertemplate": "%{y:.4g}<br>%{text}<extra></extra>",
        "marker": {"color": SCALE[1]} | marker,
    }


def _middle(points: Sequence[tuple[Any, Any, str]], line: bool) -> dict[str, Any]:
    """The medians: joined where the parameter is a number, bars where it is a name."""
    bar = {"symbol": "line-ew", "size": 26, "line": {"width": 2.5, "color": SCALE[4]}}
    return {
        "type": "scatter",
        "mode": "lines" if line else "markers",
        "name": "median",
        "x": [point[0] for point in points],
        "y": [point[1] for point in points],
        "hovertemplate": "median %{y:.4g}<extra></extra>",
    } | ({"line": {"color": SCALE[4], "width": 2}} if line else {"marker": bar})


def hover(row: Row) -> str:
    """What a point says of itself: the values of all parameters of its case."""
    texts = (f"{name} = {shown(value)}" for name, value in row.values.items())
    return "<br>".join(map(label, texts))
