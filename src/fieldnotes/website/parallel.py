"""Several parameters at once: a line for each case across one upright scale each."""

import math
from collections.abc import Sequence
from typing import Any

from fieldnotes.values import is_number
from fieldnotes.website.plots import LOST, SCALE, Figure, hover, scale_of, wrapped
from fieldnotes.website.rows import Quantity, Row, all_numbers, along
from fieldnotes.website.text import label, number, shown

LINES = 500  # in one view of several parameters; more is a grey block
HEAD = 18  # letters in one line above a scale


def parallel_figure(
    table: Sequence[Row],
    parameters: Sequence[Quantity],
    scraps: Sequence[Quantity],
) -> Figure:
    """Several parameters at once: a line per case across one upright scale each.

    Drawn as plain lines, so that it needs no WebGL and copies as SVG. The last scale
    gives the colour; a case without a value there is dotted.
    """
    shown_rows = list(table)[:LINES]
    columns = [_column(shown_rows, each.name, True) for each in parameters]
    columns += [_column(shown_rows, each.name, False) for each in scraps]
    layout = _layout([*parameters, *scraps], columns)
    groups: dict[int, list[int]] = {}
    for index in range(len(shown_rows)):
        height = columns[-1][0][index]
        colour = -1 if height is None else min(5, int(height * len(SCALE)))
        groups.setdefault(colour, []).append(index)
    data = [
        _bundle([[column[0][i] for column in columns] for i in members], colour)
        | {"text": [hover(shown_rows[i]) for i in members for _ in (*columns, 0)]}
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
    if parameter and not all_numbers([v for v in values if v is not None]):
        names = list(dict.fromkeys(shown(value) for value in values))
        step = 1 / max(1, len(names) - 1)
        place = {text: index * step for index, text in enumerate(names)}
        return [place[shown(v)] for v in values], [(h, t) for t, h in place.items()]
    finite = [float(v) for v in values if is_number(v) and math.isfinite(float(v))]
    if not finite:
        return [None for _ in values], []
    log = scale_of(finite) == "log"
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
            "color": LOST if missing else SCALE[colour],
            "width": 1.5,
            "dash": "dot" if missing else "solid",
        },
        "marker": {"size": 4},
        "opacity": 0.75,
        "hovertemplate": "%{text}<extra></extra>",
    }


def _layout(
    quantities: Sequence[Quantity],
    columns: Sequence[tuple[list[float | None], list[tuple[float, str]]]],
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
            "tickvals": list(range(len(quantities))),
            "ticktext": [wrapped(each.words, HEAD) for each in quantities],
            "range": [-0.15, len(quantities) - 0.85],
            "showgrid": False,
            "zeroline": False,
        },
        "yaxis": {"visible": False, "range": [-0.05, 1.05]},
    }


def _short(text: str) -> str:
    short = text if len(text) <= 18 else f"{text[:17]}…"
    return label(short)
