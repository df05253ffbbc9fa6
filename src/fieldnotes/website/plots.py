"""Plotly figures of a comparison, as plain JSON: every scrap against every parameter.

No colour is fixed where the theme may choose one, so that both themes read well.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from fieldnotes.website.cases import Row, is_number
from fieldnotes.website.text import canonical, label, median, number, shown, with_unit

Figure = dict[str, Any]
COLUMNS = 3  # panels side by side
LINES = 500  # in one view of several parameters; more is a grey block
# Dark to light through blue and ochre; readable on white and on black.
SCALE = ("#4457a5", "#3f7fb1", "#3fa39a", "#7fb069", "#d9a441", "#d4663a")
_LOG_SPAN = 30.0  # largest over smallest above which an axis is logarithmic


def varying(table: Sequence[Row], axes: Sequence[str]) -> list[str]:
    """The axes along which these rows really differ."""
    values = {axis: [value for _, value in along(table, axis)] for axis in axes}
    return [axis for axis in axes if len(set(map(canonical, values[axis]))) > 1]


def along(table: Sequence[Row], axis: str) -> list[tuple[Row, Any]]:
    """The rows that stand somewhere on this axis, with their value there.

    A run that failed as a whole holds the list of all its seeds where the others hold
    one number; it has no place on that axis.
    """
    pairs = [(row, row.values[axis]) for row in table if axis in row.values]
    single = [pair for pair in pairs if not isinstance(pair[1], list | tuple)]
    return single if _all_numbers([value for _, value in single]) else pairs


def told_once(table: Sequence[Row], scrap: str) -> list[Row]:
    """The rows for a scrap of whole runs: one of each run, not one for each member."""
    if any(scrap in row.case.run.member_scraps for row in table):
        return list(table)
    first: dict[str, Row] = {}
    for row in table:
        first.setdefault(row.case.run.key, row)
    return list(first.values())


def numeric(table: Sequence[Row], scraps: Sequence[str]) -> list[str]:
    """The scraps that hold at least one finite number."""
    return [scrap for scrap in scraps if any(_finite(row, scrap) for row in table)]


def _finite(row: Row, scrap: str) -> bool:
    value = row.scraps.get(scrap)
    return is_number(value) and math.isfinite(float(value or 0))


def scrap_figure(
    table: Sequence[Row],
    scrap: str,
    axes: Sequence[str],
    units: Mapping[str, str],
) -> Figure:
    """One panel for each parameter: `scrap` of every case, medians as a line.

    Cases without a value (failed, diverged) stand as crosses at the upper edge.
    `units` holds those of the scrap and of the parameters.
    """
    layout: dict[str, Any] = {"showlegend": False, "margin": {"t": 24, "r": 16}}
    data: list[dict[str, Any]] = []
    heights = [float(row.scraps[scrap] or 0) for row in table if _finite(row, scrap)]
    scale = _scale(heights)
    edge = max(heights) * (1.3 if scale == "log" else 1.0)
    columns = _columns(len(axes))
    count = math.ceil(len(axes) / columns)
    for place, axis in enumerate(axes):
        suffix = "" if place == 0 else str(place + 1)
        panel = _panel(table, scrap, axis, edge)
        data += [
            trace | {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"} for trace in panel
        ]
        across, down = _domains(place, len(axes))
        title = label(with_unit(axis, units.get(axis)))
        layout[f"xaxis{suffix}"] = _x_axis(table, axis, title, across, f"y{suffix}")
        named = label(with_unit(scrap, units.get(scrap)))
        layout[f"yaxis{suffix}"] = {
            "type": scale,
            "domain": down,
            "anchor": f"x{suffix}",
            "title": {"text": named if place % columns == 0 else ""},
        } | ({} if place == 0 else {"matches": "y"})
    layout["height"] = 60 + 300 * count
    return {"data": data, "layout": layout}


def _columns(count: int) -> int:
    """Panels side by side; four in one line rather than one alone below three."""
    return count if count <= COLUMNS + 1 else COLUMNS


def _domains(place: int, count: int) -> tuple[list[float], list[float]]:
    columns = _columns(count)
    lines = math.ceil(count / columns)
    column, line = place % columns, place // columns
    gap_x, gap_y = 0.06, 0.28 / lines
    width = (1 - gap_x * (columns - 1)) / columns
    height = (1 - gap_y * (lines - 1)) / lines
    left, top = column * (width + gap_x), 1 - line * (height + gap_y)
    return [left, left + width], [max(0.0, top - height), top]


def _scale(values: Sequence[float]) -> str:
    low, high = min(values), max(values)
    return "log" if low > 0 and high / low >= _LOG_SPAN else "linear"


def _x_axis(
    table: Sequence[Row], axis: str, title: str, domain: list[float], anchor: str
) -> dict[str, Any]:
    values = [value for _, value in along(table, axis)]
    kind = _scale([float(v) for v in values]) if _all_numbers(values) else "category"
    return {
        "type": kind,
        "domain": domain,
        "anchor": anchor,
        "title": {"text": title},
    } | ({"categoryorder": "trace"} if kind == "category" else {})


def _all_numbers(values: Sequence[Any]) -> bool:
    return bool(values) and all(
        is_number(value) and math.isfinite(value) for value in values
    )


def _panel(
    table: Sequence[Row], scrap: str, axis: str, edge: float
) -> list[dict[str, Any]]:
    present = along(table, axis)
    numbers = _all_numbers([value for _, value in present])
    groups: dict[Any, list[float]] = {}
    points: list[tuple[Any, float, str]] = []
    crosses: list[tuple[Any, float, str]] = []
    for row, value in present:
        x = value if numbers else label(shown(value))
        if _finite(row, scrap):
            y = float(row.scraps[scrap] or 0)
            points.append((x, y, _hover(row)))
            groups.setdefault(x, []).append(y)
        elif row.state not in ("queued", "running"):
            crosses.append(
                (x, edge, f"{_hover(row)}<br>{label(row.reason or row.state)}")
            )
    middle = [(x, median(ys), "") for x, ys in groups.items()]
    traces = [_points(points, {"size": 7, "opacity": 0.65}, label(scrap))]
    traces.append(_middle(sorted(middle) if numbers else middle, numbers))
    if crosses:
        cross = {"size": 9, "symbol": "x", "color": "#c0392b"}
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


def _hover(row: Row) -> str:
    texts = (f"{name} = {shown(value)}" for name, value in row.values.items())
    return "<br>".join(map(label, texts))


def parallel_figure(
    table: Sequence[Row],
    axes: Sequence[str],
    scraps: Sequence[str],
    units: Mapping[str, str],
) -> Figure:
    """Several parameters at once: a line per case across one upright scale each.

    Drawn as plain lines, so that it needs no WebGL and copies as SVG. The last scale
    gives the colour; a case without a value there is dotted.
    """
    shown_rows = list(table)[:LINES]
    columns = [_column(shown_rows, name, True) for name in axes]
    columns += [_column(shown_rows, name, False) for name in scraps]
    layout = _parallel_layout([*axes, *scraps], columns, units)
    groups: dict[int, list[int]] = {}
    for index in range(len(shown_rows)):
        height = columns[-1][0][index]
        colour = -1 if height is None else min(5, int(height * len(SCALE)))
        groups.setdefault(colour, []).append(index)
    data = [
        _bundle([[column[0][i] for column in columns] for i in members], colour)
        | {"text": [_hover(shown_rows[i]) for i in members for _ in (*columns, 0)]}
        for colour, members in sorted(groups.items())
    ]
    return {"data": data, "layout": layout}


def _column(
    table: Sequence[Row], name: str, parameter: bool
) -> tuple[list[float | None], list[tuple[float, str]]]:
    """Heights between 0 and 1 for each row, and the ticks as (height, text)."""
    values: list[Any] = [row.scraps.get(name) for row in table]
    if parameter:
        places = {id(row): value for row, value in along(table, name)}
        values = [places.get(id(row)) for row in table]
    if parameter and not _all_numbers([v for v in values if v is not None]):
        names = list(dict.fromkeys(shown(value) for value in values))
        step = 1 / max(1, len(names) - 1)
        place = {text: index * step for index, text in enumerate(names)}
        return [place[shown(v)] for v in values], [(h, t) for t, h in place.items()]
    finite = [float(v) for v in values if is_number(v) and math.isfinite(float(v))]
    if not finite:
        return [None for _ in values], []
    log = _scale(finite) == "log"
    low, high = min(finite), max(finite)

    def height(value: Any) -> float | None:
        if not is_number(value) or not math.isfinite(value):
            return None
        if high == low:
            return 0.5
        if log:
            return math.log(value / low) / math.log(high / low)
        return (value - low) / (high - low)

    shares = (0.0, 0.25, 0.5, 0.75, 1.0) if high > low else (0.5,)
    back = [low * (high / low) ** s if log else low + s * (high - low) for s in shares]
    if len(set(finite)) <= 6:
        back = sorted(set(finite))
    ticks = [(height(v) or 0.0, number(_whole(v))) for v in back]
    return [height(value) for value in values], ticks


def _whole(value: float) -> float:
    return int(value) if value.is_integer() and abs(value) < 1e6 else value


def _bundle(lines: Sequence[Sequence[float | None]], colour: int) -> dict[str, Any]:
    """One trace for all lines of a colour; a gap after each keeps them apart."""
    count = len(lines[0])
    missing = colour < 0
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [x for _ in lines for x in (*range(count), None)],
        "y": [y for line in lines for y in (*line, None)],
        "line": {
            "color": "#c0392b" if missing else SCALE[colour],
            "width": 1.5,
            "dash": "dot" if missing else "solid",
        },
        "marker": {"size": 4},
        "opacity": 0.75,
        "hovertemplate": "%{text}<extra></extra>",
    }


def _parallel_layout(
    names: Sequence[str],
    columns: Sequence[tuple[list[float | None], list[tuple[float, str]]]],
    units: Mapping[str, str],
) -> dict[str, Any]:
    notes = [
        {"x": place, "y": height, "text": _short(text), "showarrow": False}
        | {"xanchor": "right", "xshift": -6, "font": {"size": 11}}
        for place, (_, ticks) in enumerate(columns)
        for height, text in ticks
    ]
    uprights = [
        {"type": "line", "x0": place, "x1": place, "y0": 0, "y1": 1, "layer": "below"}
        | {"line": {"width": 1, "color": "#8a8f98"}}
        for place in range(len(columns))
    ]
    return {
        "showlegend": False,
        "hovermode": "closest",
        "height": 420,
        "margin": {"t": 24, "l": 90, "r": 30},
        "annotations": notes,
        "shapes": uprights,
        "xaxis": {
            "tickvals": list(range(len(names))),
            "ticktext": [label(with_unit(name, units.get(name))) for name in names],
            "range": [-0.15, len(names) - 0.85],
            "showgrid": False,
            "zeroline": False,
        },
        "yaxis": {"visible": False, "range": [-0.05, 1.05]},
    }


def _short(text: str) -> str:
    short = text if len(text) <= 18 else f"{text[:17]}…"
    return label(short)
