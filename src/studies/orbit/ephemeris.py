"""A user's own orbits from a CSV or Parquet file, checked cell by cell.

Two kinds of table are read. Sampled orbits: columns `t, x, y, z, vx, vy, vz`, or
positions alone, of which velocities are taken by differences. Orbital
elements: columns `a, e, i, raan, argp` and the anomaly `nu` (true) or `M` (mean), one
orbit a row. In both a column `orbit` may name the object. Usual other names, such as
`time`, are understood, and times may be dates of ISO 8601. A unit stands in brackets
behind the column's name, as in `x [km]`, `t [min]` or `i [rad]`; without one, lengths
are km, times s, speeds km/s and angles degrees, or all are normalised (R_E, TU, rad)
when the caller says so. Other columns are left alone. No jax: the planner uses this.
"""

import difflib
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from studies.files import find_above
from studies.orbit.kepler import (
    EARTH_RADIUS,
    SPEED_UNIT,
    TIME_UNIT,
    KeplerError,
    invariants,
    true_from_mean,
)
from studies.orbit.tables import EphemerisError, Table, read_table
from studies.orbit.tasks import (
    LEAST_POSITIONS,
    POINTS,
    OrbitSet,
    sample_orbits,
    set_of_states,
    velocities,
)

Units = Literal["km", "normalised"]
Columns = dict[str, tuple[int, str | None]]  # name → place and unit as written

POSITIONS, VELOCITIES = ("t", "x", "y", "z"), ("vx", "vy", "vz")
STATE_COLUMNS = POSITIONS + VELOCITIES
ELEMENT_COLUMNS = ("a", "e", "i", "raan", "argp")
ANOMALIES = ("nu", "M")
SYNONYMS = {
    **dict.fromkeys(("time", "times", "date", "datetime", "epoch"), "t"),
    **dict.fromkeys(("object", "satellite", "body", "name"), "orbit"),
    **{f"v_{axis}": f"v{axis}" for axis in "xyz"},
    **{"eccentricity": "e", "inclination": "i", "semi_major_axis": "a", "m": "M"},
}
FEWEST = 3  # samples of an orbit: an acceleration needs three
COARSE = 2.0  # [%] error of velocities taken from positions that is too large
KIND = {"t": "time", "a": "length", "e": "number"}
KIND |= dict.fromkeys("xyz", "length") | dict.fromkeys(("vx", "vy", "vz"), "speed")
KIND |= dict.fromkeys(("i", "raan", "argp", "nu", "M"), "angle")

# unit → how many of our units it is
FACTORS: dict[str, dict[str, float]] = {
    "time": {
        "s": 1 / TIME_UNIT,
        "min": 60 / TIME_UNIT,
        "h": 3600 / TIME_UNIT,
        "day": 86400 / TIME_UNIT,
        "TU": 1.0,
    },
    "length": {"km": 1 / EARTH_RADIUS, "m": 1e-3 / EARTH_RADIUS, "R_E": 1.0},
    "speed": {
        "km/s": 1 / SPEED_UNIT,
        "m/s": 1e-3 / SPEED_UNIT,
        "R_E/TU": 1.0,
    },
    "angle": {"deg": math.pi / 180, "rad": 1.0},
    "number": {"1": 1.0},
}
DEFAULTS: dict[str, dict[str, str]] = {
    "km": {"time": "s", "length": "km", "speed": "km/s", "angle": "deg", "number": "1"},
    "normalised": {
        "time": "TU",
        "length": "R_E",
        "speed": "R_E/TU",
        "angle": "rad",
        "number": "1",
    },
}
HEADER = re.compile(r"^\s*(\w+)\s*(?:[\[(]\s*(.*?)\s*[\])])?\s*$")


def read_ephemeris(
    path: str | Path, units: Units = "km", points: int = POINTS
) -> OrbitSet:
    """The orbits of a file in normalised units.

    Args:
        path: `.csv` or `.parquet`; a relative path is sought from the current folder
            upwards, so that a path from the project's root works in a notebook.
        units: of columns that name none: "km" (km, s, km/s, degrees) or "normalised".
        points: samples a period when the file holds elements [1].

    Raises:
        EphemerisError: the file is missing or unreadable, a column is missing, a cell
            is empty, not a number or not finite, times do not increase, an orbit has
            fewer than three samples, is not closed, or goes below the surface, or
            positions alone are too few or too far apart to take velocities from.
    """
    table = read_table(locate(path))
    if not table.rows:
        text = "the table has no rows."
        raise table.refuse(text)
    columns = match_columns(table)
    known = set(columns)
    has_states = len(known & set(STATE_COLUMNS))
    has_elements = len(known & {*ELEMENT_COLUMNS, *ANOMALIES})
    if has_elements > has_states:
        return orbits_from_elements(table, columns, units, points)
    return orbits_from_samples(table, columns, units)


def locate(path: str | Path, root: str | Path | None = None) -> Path:
    """The file at `path`: below `root` if given, here, or below a folder above.

    Raises:
        EphemerisError: there is none.
    """
    found = find_above(path, root, Path.is_file)
    if found is not None:
        return found
    msg = f"{path}: no such file, here or in a folder above {Path.cwd().name}/."
    raise EphemerisError(msg)


# Columns ---------------------------------------------------------------------------


def match_columns(table: Table) -> Columns:
    """Name of each column → its place and its unit as written."""
    columns: Columns = {}
    for place, text in enumerate(table.header):
        found = HEADER.match(text)
        name, unit = found.groups() if found else (text.strip(), None)
        if name in columns:
            text = f"there are two columns `{name}`."
            raise table.refuse(text)
        columns[name] = (place, unit)
    for name in list(columns):
        usual = SYNONYMS.get(name.lower(), name.lower())
        if name not in KIND and (usual in KIND or usual == "orbit"):
            columns.setdefault(usual, columns[name])
    return columns


def numbers(table: Table, columns: Columns, name: str, units: Units) -> np.ndarray:
    """One column as numbers in our units, every cell checked."""
    if name not in columns:
        raise table.refuse(missing(name, columns))
    place, unit = columns[name]
    kind = KIND[name]
    factor = FACTORS[kind].get(unit or DEFAULTS[units][kind])
    if factor is None:
        allowed = ", ".join(FACTORS[kind])
        text = f"unit [{unit}] is unknown; a {kind} may be in {allowed}."
        raise table.refuse(text, column=name)
    dates = name == "t" and unit is None and date_in(table.rows[0][place]) is not None
    if dates:
        return seconds(table, place, name) * FACTORS["time"]["s"]
    values = np.empty(len(table.rows))
    for row, cells in enumerate(table.rows):
        values[row] = number(table, cells[place], row, name)
    return values * factor


def date_in(cell: object) -> pd.Timestamp | None:
    """The date of ISO 8601 in a cell, text or a time of pandas; None without one."""
    try:
        float(str(cell))
    except ValueError:
        try:
            date = pd.Timestamp(str(cell))
        except ValueError:
            return None
        return date if isinstance(date, pd.Timestamp) else None
    return None


def seconds(table: Table, place: int, column: str) -> np.ndarray:
    """A column of dates as seconds since the first of them."""
    dates = []
    for row, cells in enumerate(table.rows):
        date = date_in(cells[place])
        if date is None:
            text = f"{str(cells[place])!r} is no date of ISO 8601, as the first one is."
            raise table.refuse(text, row, column)
        dates.append(date)
    try:
        return np.array([(date - dates[0]).total_seconds() for date in dates])
    except TypeError:
        text = "some dates name a time zone and others do not."
        raise table.refuse(text, column=column) from None


def number(table: Table, cell: object, row: int, column: str) -> float:
    """One cell as a finite number."""
    text = "" if cell is None else str(cell).strip()
    if not text:
        empty = "the cell is empty; a number is needed."
        raise table.refuse(empty, row, column)
    try:
        value = float(text)
    except ValueError:
        words = f"{text!r} is not a number."
        raise table.refuse(words, row, column) from None
    if not math.isfinite(value):
        words = f"{text} is not a finite number."
        raise table.refuse(words, row, column)
    return value


def missing(name: str, columns: Columns) -> str:
    """What to say about a column that is not there."""
    near = difflib.get_close_matches(name, columns, n=1, cutoff=0.5)
    near = near or [key for key in columns if key.lower() == name.lower()]
    hint = f" The nearest is `{near[0]}`." if near else ""
    return (
        f"no column `{name}`.{hint} It has: {', '.join(columns)}. Sampled orbits need "
        f"{', '.join(STATE_COLUMNS)}, or {', '.join(POSITIONS)} alone; elements need "
        f"{', '.join(ELEMENT_COLUMNS)} and nu or M."
    )


# Building the set ------------------------------------------------------------------


def orbits_from_samples(table: Table, columns: Columns, units: Units) -> OrbitSet:
    """The set of a table of sampled orbits; velocities may be missing altogether."""
    given = bool(set(VELOCITIES) & set(columns))
    named = STATE_COLUMNS if given else POSITIONS
    values = np.stack([numbers(table, columns, name, units) for name in named], -1)
    groups, fewest = objects(table, columns), FEWEST if given else LEAST_POSITIONS
    orbits, errors = [], []
    for name, rows in groups.items():
        if len(rows) < fewest:
            text = f"orbit {name!r} has {len(rows)} rows; it needs at least {fewest}"
            alone = "." if given else " of positions alone. Or add vx, vy and vz."
            raise table.refuse(text + alone)
        own = values[rows]
        check_times(table, name, rows, own[:, 0], "orbit" not in columns)
        if not given:
            own, error = with_velocities(table, name, own)
            errors.append(error)
        check_samples(table, name, rows, own)
        orbits.append(own)
    times, states = [own[:, 0] for own in orbits], [own[:, 1:] for own in orbits]
    try:
        found = set_of_states(table.path.stem, tuple(groups), times, states)
    except KeplerError as error:
        raise table.refuse(str(error)) from error
    return found if given else replace(found, velocity_error=max(errors))


def with_velocities(
    table: Table, name: str, values: np.ndarray
) -> tuple[np.ndarray, float]:
    """Times and positions of an orbit with velocities taken from them, and their error.

    Raises:
        EphemerisError: the samples are too far apart.
    """
    velocity, error = velocities(values[:, 0], values[:, 1:])
    if not error <= COARSE:
        text = (
            f"orbit {name!r} has positions alone, too far apart to take velocities "
            f"from: they would be wrong by up to {error:.2g} %, and at most {COARSE:g} "
            "% is allowed. Add columns vx, vy and vz, or sample more often."
        )
        raise table.refuse(text)
    return np.concatenate([values, velocity], axis=1), error


def objects(table: Table, columns: Columns) -> dict[str, list[int]]:
    """Name of each orbit → its rows, in the order of the file."""
    if "orbit" not in columns:
        return {table.path.stem: list(range(len(table.rows)))}
    groups: dict[str, list[int]] = {}
    for row, cells in enumerate(table.rows):
        groups.setdefault(str(cells[columns["orbit"][0]]).strip(), []).append(row)
    return groups


def check_times(
    table: Table, name: str, rows: list[int], times: np.ndarray, several: bool
) -> None:
    """Refuses times that do not increase; `several`: there may be several objects."""
    late = np.flatnonzero(np.diff(times) <= 0)
    if late.size:
        text = f"times must increase within orbit {name!r}; this one does not."
        if several:
            text = (
                "times must increase, and this one does not. No column names the "
                "object; where a file holds several orbits, call that column `orbit`."
            )
        raise table.refuse(text, rows[late[0] + 1], "t")


def check_samples(table: Table, name: str, rows: list[int], values: np.ndarray) -> None:
    """Refuses states that no closed orbit has."""
    radius = np.linalg.norm(values[:, 1:4], axis=-1)
    low = np.flatnonzero(radius < 1)
    if low.size:
        raise table.refuse(inside(radius[low[0]], name), rows[low[0]])
    open_orbits = np.flatnonzero(invariants(values[:, 1:]).energy >= 0)
    if open_orbits.size:
        text = (
            f"orbit {name!r} is not closed here: it moves faster than escape speed. "
            "Are the units of position and velocity right?"
        )
        raise table.refuse(text, rows[open_orbits[0]])


def inside(radius: float, name: str) -> str:
    """What to say about an orbit that meets the Earth."""
    return (
        f"orbit {name!r} comes to {radius * EARTH_RADIUS:.6g} km from the centre, "
        f"inside the Earth ({EARTH_RADIUS} km). Is the unit of length right?"
    )


def names_of_rows(table: Table, columns: Columns) -> tuple[str, ...]:
    """Name of the orbit in each row of a table of elements."""
    if "orbit" not in columns:
        return tuple(f"orbit {row + 1}" for row in range(len(table.rows)))
    return tuple(str(cells[columns["orbit"][0]]).strip() for cells in table.rows)


def orbits_from_elements(
    table: Table,
    columns: Columns,
    units: Units,
    points: int,
) -> OrbitSet:
    """The set of a table of orbital elements, one orbit a row."""
    parts = [numbers(table, columns, name, units) for name in ELEMENT_COLUMNS]
    a, e = parts[0], parts[1]
    names = names_of_rows(table, columns)
    for row in range(len(table.rows)):
        if not 0 <= e[row] < 1:
            text = f"{e[row]:g} must lie in [0, 1): only closed orbits are read."
            raise table.refuse(text, row, "e")
        if a[row] * (1 - e[row]) < 1:
            raise table.refuse(inside(a[row] * (1 - e[row]), names[row]), row, "a")
    anomaly = "M" if "M" in columns and "nu" not in columns else "nu"
    angle = numbers(table, columns, anomaly, units)
    true = true_from_mean(angle, e) if anomaly == "M" else angle
    elements = np.stack([*parts, true], axis=-1)
    return sample_orbits(table.path.stem, names, elements, points, family="elements")
