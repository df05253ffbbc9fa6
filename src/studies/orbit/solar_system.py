"""Planets and the Moon by NASA's ephemeris DE421: positions, and sets of orbits.

DE421 (Folkner, Williams and Boggs 2009) is a numerical integration of the whole solar
system fitted to a century of observations, 1899 to 2053. Positions come in km in the
axes of the ICRF; the time scale is TDB, in days since J2000.0 (Julian date 2451545.0).
Sets of orbits are about the Sun, in units of AU and of sqrt(AU³/GM), 58.13 days, in
which the Sun's GM is 1. **Positions only are read**: velocities and accelerations are
differences of them. Needs the extra `ephemerides`.
"""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from studies.orbit.differences import motion, set_of_positions
from studies.orbit.extras import need
from studies.orbit.orbit_sets import OrbitSet

J2000 = 2451545.0  # Julian date, TDB
DAY = 86400.0  # [s]
# Constants of DE421 (Folkner, Williams and Boggs 2009, table 8).
AU = 149597870.6996262  # [km]
GM_SUN = 132712440040.944  # [km³/s²]
GM_EARTH_MOON = 403503.235502  # Earth and Moon together [km³/s²]
SUN_OVER_JUPITER = 1047.3486  # mass of the Sun over that of Jupiter's system [1]
YEAR_UNIT = (AU**3 / GM_SUN) ** 0.5  # unit of time in which GM of the Sun is 1 [s]

# Chains of segments from the barycentre of the solar system (centre, target).
CHAINS = {
    "Sun": ((0, 10),),
    "Mercury": ((0, 1), (1, 199)),
    "Venus": ((0, 2), (2, 299)),
    "Earth": ((0, 3), (3, 399)),
    "Earth and Moon": ((0, 3),),
    "Moon": ((0, 3), (3, 301)),
    "Mars": ((0, 4), (4, 499)),
    "Jupiter": ((0, 5),),
    "Saturn": ((0, 6),),
}
# Period of revolution about the Sun [days]; the Moon's about the Earth.
PERIODS = {
    "Mercury": 87.969,
    "Venus": 224.701,
    "Earth and Moon": 365.256,
    "Mars": 686.980,
    "Jupiter": 4332.59,
    "Moon": 27.321661,
}
INNER = ("Mercury", "Venus", "Earth and Moon", "Mars")

Days = Float[np.ndarray, " time"]
Positions = Float[np.ndarray, "time 3"]


def kernel() -> Any:
    """The file of DE421, to be opened by `with`.

    Raises:
        MissingExtraError: the extra `ephemerides` is not installed.
    """
    reader, data = need("jplephem.spk"), need("skyfield_data")
    with warnings.catch_warnings():
        # the package also brings tables of the Earth's rotation, which age; not used
        warnings.filterwarnings("ignore", message=".*has expired", module="skyfield")
        folder = Path(data.get_skyfield_data_path())
    return reader.SPK.open(str(folder / "de421.bsp"))


def positions(body: str, days: Days, centre: str = "Sun") -> Positions:
    """Positions of a body as seen from another one [km], axes of the ICRF.

    Args:
        body: one of `CHAINS`.
        days: TDB since J2000.0.
        centre: another one of them.

    Raises:
        ValueError: a body that is not known, or a time that DE421 does not reach.
        MissingExtraError: the extra `ephemerides` is not installed.
    """
    for name in (body, centre):
        if name not in CHAINS:
            msg = f"Body {name!r} is unknown; choose from {', '.join(CHAINS)}."
            raise ValueError(msg)
    with kernel() as segments:
        return _path(segments, body, days) - _path(segments, centre, days)


def _path(segments: Any, body: str, days: Days) -> Positions:
    """Positions of a body as seen from the solar system's barycentre [km]."""
    first, last = segments[0, 3].start_jd - J2000, segments[0, 3].end_jd - J2000
    if not np.all((days >= first) & (days <= last)):
        msg = (
            f"DE421 reaches from {first:.0f} to {last:.0f} days of J2000.0 (TDB); "
            f"asked for {np.min(days):.0f} to {np.max(days):.0f}."
        )
        raise ValueError(msg)
    parts = [segments[pair].compute(J2000, days) for pair in CHAINS[body]]
    return np.sum(parts, axis=0).T


def planets(
    names: tuple[str, ...] = INNER,
    *,
    points: int = 360,
    revolutions: float = 1.0,
    start: float = 0.0,
    order: int = 6,
) -> OrbitSet:
    """Planets about the Sun, each turned into the plane in which it starts.

    AU and sqrt(AU³/GM) are the units. Newton's field is the same in every plane; the
    motion out of the plane, which other planets cause, is dropped.

    Args:
        names: which planets.
        points: samples a revolution [1].
        revolutions: how many of them [1].
        start: TDB since J2000.0 [days].
        order: of the differences.
    """
    paths, steps = [], []
    for name in names:
        step = PERIODS[name] / points  # [days]
        count = round(points * revolutions) + order
        days = start + step * (np.arange(count) - order // 2)
        paths.append(in_plane(positions(name, days) / AU, order))
        steps.append(step * DAY / YEAR_UNIT)
    return set_of_positions(
        "planets", tuple(names), paths, steps, order=order, family="planets"
    )


def in_plane(path: Positions, order: int = 6) -> Positions:
    """A path turned about the centre so that its first state lies in the xy plane.

    The first state is the first one that differences give; it becomes the x axis.
    """
    first = motion(path[: order + 1], 1.0, order)
    radial = first.position[0] / np.linalg.norm(first.position[0])
    normal = np.cross(first.position[0], first.velocity[0])
    normal = normal / np.linalg.norm(normal)
    flat = path @ np.stack([radial, np.cross(normal, radial)], axis=-1)
    return np.concatenate([flat, np.zeros((len(flat), 1))], axis=-1)
