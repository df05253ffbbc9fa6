"""Real satellites by SGP4: positions from published element sets, and sets of orbits.

SGP4 (Hoots and Roehrich 1980; Vallado et al. 2006) is the theory by which two-line
element sets are to be read. **It is a theory and not nature**: an analytical solution
for the Earth's zonal harmonics, the air and, for slow orbits, Moon and Sun, all
truncated, with the constants of WGS 72. What is read off its motion is judged against
those constants. The element sets are those of its verification, which the package
`sgp4` brings with the positions they should give.

Frame: TEME, the true equator and mean equinox of date, centred at the Earth. Time:
minutes UTC since the epoch of the elements. Units of a set: 6378.135 km and 806.81 s,
in which mu of WGS 72 is 1. **Positions only are read**: the velocity that SGP4 gives is
not the derivative of its position. Needs the extra `ephemerides`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from studies.orbit.differences import set_of_positions
from studies.orbit.extras import need
from studies.orbit.orbit_sets import OrbitSet, TaskError

RADIUS = 6378.135  # of the Earth [km] (WGS 72)
MU = 398600.8  # [km³/s²] (WGS 72)
J2 = 1.082616e-3  # [1] (WGS 72)
MINUTE = 60 / (RADIUS**3 / MU) ** 0.5  # [unit of time]

LOW = (6251, 28057, 28350, 29238, 88888)  # near-circular and low
NEARLY_CIRCULAR = (*LOW, 14128, 24208, 25954, 26900, 28129, 28626)  # e < 0.05
ECCENTRIC = (
    5,
    4632,
    8195,
    9880,
    11801,
    16925,
    21897,
    22674,
    23177,
    23599,
    26975,
    28623,
)
HELD_OUT = (28057, 28129, 26975, 28626, 5)  # of every kind of orbit one
LEFT_OUT = {
    9998: "its path jumps",
    20413: "its path jumps",
    22312: "it decays within hours",
    23333: "its elements are no closed orbit near the Earth",
    28872: "it decays within its first revolution",
    29141: "it decays within hours",
    33333: "made to fail",
    33334: "made to fail",
    33335: "made to fail",
}


class Elements(NamedTuple):
    """A two-line element set and the times of its verification [min]."""

    number: int  # in the satellite catalogue
    lines: tuple[str, str]
    times: tuple[float, float, float]  # first, last, step


def verification_file(name: str) -> Path:
    """A file of the verification of SGP4, which its package brings.

    Raises:
        MissingExtraError: the package is not installed.
    """
    return Path(str(need("sgp4").__file__)).parent / name


def elements() -> list[Elements]:
    """The element sets of the verification, in the order of the file."""
    text = verification_file("SGP4-VER.TLE").read_text()
    lines = [line for line in text.splitlines() if line[:2] in ("1 ", "2 ")]
    found = []
    for first, second in zip(lines[::2], lines[1::2], strict=True):
        start, stop, step = map(float, second[69:].split())
        number = int(first[2:7])
        found.append(Elements(number, (first, second), (start, stop, step)))
    return found


def satellite(number: int) -> Any:
    """The first element set of a satellite, ready for `positions`.

    Raises:
        TaskError: the verification has no such satellite.
    """
    known = {one.number: one for one in reversed(elements())}  # 20413 stands twice
    if number not in known:
        listed = ", ".join(map(str, sorted(known)))
        msg = f"Satellite {number} is not in the verification of SGP4: {listed}."
        raise TaskError(msg)
    return propagator(known[number])


def propagator(one: Elements) -> Any:
    """An element set, ready for `positions`."""
    api = need("sgp4.api")
    return api.Satrec.twoline2rv(*one.lines, api.WGS72)


def positions(
    satellite: Any, minutes: Float[np.ndarray, " time"]
) -> Float[np.ndarray, "time 3"]:
    """Positions [km] in TEME, at minutes UTC since the epoch of the elements.

    Raises:
        TaskError: SGP4 gives none, as for a satellite that has decayed.
    """
    days = satellite.jdsatepochF + minutes / 1440
    whole = np.full_like(days, satellite.jdsatepoch)
    errors, path, _ = satellite.sgp4_array(whole, days)
    failed = np.flatnonzero(errors)
    if failed.size:
        reasons = need("sgp4.api").SGP4_ERRORS
        msg = (
            f"Satellite {satellite.satnum} has no position {minutes[failed[0]]:.1f} "
            f"minutes after its epoch: {reasons[errors[failed[0]]]}."
        )
        raise TaskError(msg)
    return path


def satellites(
    numbers: Sequence[int],
    *,
    points: int = 360,
    revolutions: float = 1.0,
    start: float = 0.0,
    order: int = 6,
) -> OrbitSet:
    """Satellites over some revolutions, velocities and accelerations by differences.

    Args:
        numbers: in the satellite catalogue.
        points: samples a revolution [1].
        revolutions: how many [1].
        start: revolutions after the epoch of the elements at which they begin [1].
        order: of the differences, 4 or 6.

    Raises:
        TaskError: a satellite that is not there, is left out, or has decayed.
    """
    paths, steps = [], []
    for number in numbers:
        if number in LEFT_OUT:
            msg = f"Satellite {number} is left out: {LEFT_OUT[number]}."
            raise TaskError(msg)
        one = satellite(number)
        step = 2 * np.pi / one.no_kozai / points  # [min]
        count = round(points * revolutions) + order
        minutes = step * (start * points + np.arange(count) - order // 2)
        paths.append(positions(one, minutes) / RADIUS)
        steps.append(step * MINUTE)
    names = tuple(f"{number:05d}" for number in numbers)
    return set_of_positions(
        "satellites", names, paths, steps, order=order, family="satellites"
    )


def held_out(
    numbers: Sequence[int], test: Sequence[int]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Training and test satellites: those of `numbers` that are not tested, and `test`.

    Raises:
        TaskError: nothing is left to train on.
    """
    rest = tuple(number for number in numbers if number not in test)
    if not rest:
        msg = f"All of {tuple(numbers)} are tested: none is left to learn from."
        raise TaskError(msg)
    return rest, tuple(test)
