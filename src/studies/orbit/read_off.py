r"""Constants of nature estimated from the motion by least squares, without a network.

Accelerations are differences of positions. Each sample counts relative to its own size,
so that an eccentric orbit is not its periapsis alone. With $s=\sin\phi=z/r$ the
acceleration about an oblate body is

$$a=-\mu\frac{\hat R}{r^2}
  +\frac32\,\mu J_2\,\frac{(5s^2-1)\hat R-2s\,\hat z}{r^4}$$

(Vallado 2013, section 8.7; lengths in radii of the body). Any power and polynomial in
$s$ may be asked instead, which is the pattern *in words*.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from studies.orbit import solar_system
from studies.orbit.differences import motion
from studies.orbit.kepler import gravity
from studies.orbit.orbit_sets import OrbitSet, TaskError

Vectors = Float[np.ndarray, "sample 3"]
POLE = np.array([0.0, 0.0, 1.0])
POWERS = range(1, 9)  # of 1/r that a pattern may have
TERMS = ("R̂", "s R̂", "s² R̂", "s³ R̂", "ẑ", "s ẑ", "s² ẑ")
TRUTH = {"R̂": -1.0, "s² R̂": 5.0, "s ẑ": -2.0}  # of J2, over 3/2 J2, at power 4
LEAST = 0.05  # share of the mean size that keeps a term of a pattern [1]


class Constants(NamedTuple):
    """What is read off a motion, in the units of its set."""

    mu: float
    j2: float  # [1]


class Pattern(NamedTuple):
    """A small acceleration in words: one power of 1/r, and a polynomial in s."""

    power: int
    misfit: dict[int, float]  # power → what all seven terms leave [%]
    coefficients: dict[str, float]  # term that is left → over 3/2 J2 [1]

    @property
    def is_oblateness(self) -> bool:
        """Whether exactly the terms of J2 are left, falling with the fourth power."""
        return self.power == 4 and set(self.coefficients) == set(TRUTH)

    @property
    def gap(self) -> float:
        """Largest relative error of the three coefficients [%]; infinite otherwise."""
        if set(self.coefficients) != set(TRUTH):
            return float("inf")
        gaps = [self.coefficients[name] / TRUTH[name] - 1 for name in TRUTH]
        return 100 * float(np.max(np.abs(gaps)))

    @property
    def words(self) -> str:
        """The pattern as a formula, in units of 3/2 J2."""
        parts = [f"{value:+.3f} {name}" for name, value in self.coefficients.items()]
        return f"r^−{self.power} · ({' '.join(parts)})"


def measured(orbits: OrbitSet) -> tuple[Vectors, Vectors]:
    """Position and measured acceleration at every sample of a set.

    Raises:
        TaskError: the set has no measured accelerations.
    """
    if orbits.estimated is None:
        msg = f"{orbits.name} has no measured accelerations: use `set_of_positions`."
        raise TaskError(msg)
    return orbits.states[orbits.mask][:, :3], orbits.estimated[orbits.mask]


def oblateness(position: Vectors) -> Vectors:
    """Acceleration of oblateness with mu J2 = 1, lengths in radii of the body."""
    radius = np.linalg.norm(position, axis=-1, keepdims=True)
    sine = position[:, 2:] / radius
    pattern = (5 * sine**2 - 1) * position / radius - 2 * sine * POLE
    return 1.5 * pattern / radius**4


def least_squares(
    columns: list[Vectors], target: Vectors, weight: Float[np.ndarray, "sample 1"]
) -> Float[np.ndarray, " column"]:
    """Coefficients of columns that add up to a target, each sample with its weight."""
    matrix = np.stack([(column * weight).ravel() for column in columns], axis=-1)
    return np.linalg.lstsq(matrix, (target * weight).ravel(), rcond=None)[0]


def relative(acceleration: Vectors) -> Float[np.ndarray, "sample 1"]:
    """The weights with which each sample counts relative to its own size."""
    return 1 / np.linalg.norm(acceleration, axis=-1, keepdims=True)


def mu_and_j2(orbits: OrbitSet) -> Constants:
    """mu and J2 of the body that a set of measured orbits goes about."""
    position, acceleration = measured(orbits)
    columns = [gravity(position), oblateness(position)]
    mu, bulge = least_squares(columns, acceleration, relative(acceleration))
    return Constants(float(mu), float(bulge / mu))


def mu_alone(orbits: OrbitSet) -> float:
    """mu of a round body that a set of measured orbits goes about."""
    position, acceleration = measured(orbits)
    columns = [gravity(position)]
    return float(least_squares(columns, acceleration, relative(acceleration))[0])


def beyond_kepler(orbits: OrbitSet) -> float:
    """Share of the measured acceleration that is not −p/r³, root mean squares [%]."""
    position, acceleration = measured(orbits)
    rest = acceleration - gravity(position)
    return 100 * float(np.sqrt(np.sum(rest**2) / np.sum(acceleration**2)))


def j2_of(position: Vectors, residual: Vectors) -> float:
    """J2 read off what is left beside Newton's field of mu = 1 [1]."""
    ones = np.ones((len(position), 1))
    return float(least_squares([oblateness(position)], residual, ones)[0])


def pattern(position: Vectors, residual: Vectors, j2: float) -> Pattern:
    """The power of 1/r and the polynomial in s that describe a small acceleration.

    Args:
        position: in radii of the body.
        residual: what is left beside Newton's field.
        j2: the unit of the coefficients is 3/2 of it [1].
    """
    ones = np.ones((len(position), 1))
    size = float(np.sqrt(np.mean(np.sum(residual**2, axis=-1))))
    fits = {}
    for power in POWERS:
        columns = _columns(position, power)
        found = least_squares(list(columns.values()), residual, ones)
        fitted = sum(c * x for c, x in zip(found, columns.values(), strict=True))
        gap = np.sqrt(np.mean(np.sum((residual - fitted) ** 2, axis=-1)))
        fits[power] = 100 * float(gap) / size
    best = min(fits, key=lambda power: fits[power])
    return Pattern(best, fits, _thresholded(_columns(position, best), residual, j2))


def _columns(position: Vectors, power: int) -> dict[str, Vectors]:
    radius = np.linalg.norm(position, axis=-1, keepdims=True)
    sine, radial = position[:, 2:] / radius, position / radius
    along = [sine**k * radial for k in range(4)] + [sine**k * POLE for k in range(3)]
    return {name: x / radius**power for name, x in zip(TERMS, along, strict=True)}


def _thresholded(
    columns: dict[str, Vectors], residual: Vectors, j2: float
) -> dict[str, float]:
    """Coefficients over 3/2 J2 once small terms are dropped, round after round."""
    ones, kept = np.ones((len(residual), 1)), list(columns)
    size = np.mean(np.linalg.norm(residual, axis=-1))
    while kept:
        found = least_squares([columns[name] for name in kept], residual, ones)
        sizes = [np.mean(np.linalg.norm(columns[name], axis=-1)) for name in kept]
        shares = np.abs(found) * np.array(sizes) / size
        if shares.min() >= LEAST:
            return {k: float(x / (1.5 * j2)) for k, x in zip(kept, found, strict=True)}
        kept.pop(int(np.argmin(shares)))
    return {}


# The Moon ----------------------------------------------------------------------------


class Moon(NamedTuple):
    """GM of Earth and Moon over that of DE421, less one [%]."""

    two_bodies: float
    with_tide: float
    tide: float  # size of the Sun's tide relative to the whole, root mean squares [%]


def moon(points: int = 360, revolutions: float = 13.0, order: int = 6) -> Moon:
    """What the Moon's motion about the Earth gives, without and with the Sun's tide.

    The tide is GM of the Sun times the difference of its pull at the Moon and at the
    Earth; that GM and the Sun's place are those of DE421.

    Raises:
        MissingExtraError: the extra `ephemerides` is not installed.
    """
    step = solar_system.PERIODS["Moon"] / points  # [days]
    count = round(points * revolutions) + order
    days = step * (np.arange(count) - order // 2)
    path = solar_system.positions("Moon", days, "Earth")
    seen = motion(path, step * solar_system.DAY, order)
    sun = solar_system.positions("Sun", days[order // 2 : -(order // 2)], "Earth")
    tide = solar_system.GM_SUN * (gravity(seen.position - sun) - gravity(-sun))
    two_bodies = _central(seen.position, seen.acceleration)
    with_tide = _central(seen.position, seen.acceleration - tide)
    share = np.sqrt(np.sum(tide**2) / np.sum(seen.acceleration**2))
    return Moon(two_bodies, with_tide, 100 * float(share))


def _central(position: Vectors, acceleration: Vectors) -> float:
    """GM over that of DE421, less one [%]."""
    columns, weight = [gravity(position)], relative(acceleration)
    found = least_squares(columns, acceleration, weight)[0]
    return 100 * float(found / solar_system.GM_EARTH_MOON - 1)
