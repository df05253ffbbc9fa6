"""Sets of orbits: what they hold, and how families and test sets are drawn.

Float64 numpy in normalised units (R_E, TU, mu = 1), deterministic in the seed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from studies.orbit import threebody
from studies.orbit.forces import TWO_BODY, System, integrate, kept
from studies.orbit.kepler import (
    EARTH_RADIUS,
    ELEMENTS,
    GEO_RADIUS,
    LOW_RADIUS,
    TIME_UNIT,
    elements_from_states,
    propagate,
    states_from_elements,
)

Family = Literal["single", "simple", "complex", "circular", "fixnu0", "fixnu20", "low"]
FAMILIES: tuple[str, ...] = get_args(Family)
Stream = Literal["train", "validation", "test"]

POINTS = 360  # samples over one period
OWN = "own"  # family of a user's own samples
TEST_SEEDS = {1: 101, 10: 110, 100: 200}  # test-set size → seed

# Semi-major axis [km] and eccentricity [1] of each family, lowest and highest.
RANGES: dict[str, tuple[tuple[float, float], tuple[float, float]]] = {
    "single": ((LOW_RADIUS + 12000, LOW_RADIUS + 12000), (0.5, 0.5)),
    "simple": ((LOW_RADIUS, LOW_RADIUS + 2000), (0.0, 0.1)),
    "complex": ((LOW_RADIUS, GEO_RADIUS), (0.0, 0.99)),
    "circular": ((LOW_RADIUS, GEO_RADIUS), (0.0, 0.0)),
    "fixnu0": ((LOW_RADIUS, GEO_RADIUS), (0.0, 0.99)),
    "fixnu20": ((LOW_RADIUS, GEO_RADIUS), (0.0, 0.99)),
    "low": ((EARTH_RADIUS + 250, EARTH_RADIUS + 600), (0.0, 0.03)),  # within the air
}

STARTS = {"fixnu0": 0.0, "fixnu20": np.radians(20)}  # initial true anomaly [rad]


class TaskError(ValueError):
    """A data set, segment length or length strategy that makes no sense."""


@dataclass(frozen=True)
class OrbitSet:
    """Sampled orbits, right-padded with NaN to the longest.

    `time` [TU] is relative to each orbit's first sample, `states` are position [R_E]
    and velocity [R_E/TU], `elements` are ordered as `kepler.ELEMENTS` [R_E, 1, rad] and
    belong to the first sample; in a perturbed field they osculate, and among three
    bodies there are none (NaN) and the unit of length is the distance of the two.
    """

    name: str
    time: Float[np.ndarray, "orbit time"]
    states: Float[np.ndarray, "orbit time 6"]
    elements: Float[np.ndarray, "orbit 6"]
    names: tuple[str, ...]  # one per orbit
    family: str
    seed: int | None = None
    units: tuple[str, str, str] = ("TU", "R_E", "R_E/TU")  # time, position, velocity
    system: System = TWO_BODY  # what moves them
    estimated: Float[np.ndarray, "orbit time 3"] | None = None  # see `observing`
    velocity_error: float | None = None  # [%] at most; None: velocities were given

    def __len__(self) -> int:
        return len(self.names)

    @property
    def mask(self) -> Bool[np.ndarray, "orbit time"]:
        """True where there is a sample."""
        return np.isfinite(self.states).all(axis=-1) & np.isfinite(self.time)

    @property
    def shortest(self) -> int:
        """Samples of the shortest orbit."""
        return int(self.mask.sum(axis=1).min())

    @property
    def periods(self) -> Float[np.ndarray, " orbit"]:
        """Time of one revolution [TU] of each orbit, or how long it is followed."""
        return self.system.span(self.elements)

    @property
    def acceleration(self) -> Float[np.ndarray, "orbit time 3"]:
        """True acceleration [R_E/TU²] at the states; NaN is padding."""
        return self.system.acceleration(self.states)

    @property
    def planar(self) -> bool:
        """True when every orbit lies in the xy plane."""
        return bool(np.nanmax(np.abs(self.states[..., [2, 5]])) == 0)

    def take(
        self, rows: Int[np.ndarray, " rows"], name: str | None = None
    ) -> "OrbitSet":
        """The set made of some of its orbits."""
        return replace(
            self,
            name=name or self.name,
            time=self.time[rows],
            states=self.states[rows],
            elements=self.elements[rows],
            names=tuple(self.names[row] for row in rows),
            estimated=None if self.estimated is None else self.estimated[rows],
        )

    def until(self, count: int) -> "OrbitSet":
        """The first `count` samples of each orbit."""
        known = self.estimated
        return replace(
            self,
            time=self.time[:, :count],
            states=self.states[:, :count],
            estimated=None if known is None else known[:, :count],
        )

    def table(self) -> pd.DataFrame:
        """Elements of each orbit in km and degrees, with period [h] and altitudes."""
        columns = dict(zip(ELEMENTS, self.elements.T, strict=True))
        a, e = columns["semi_major_axis"] * EARTH_RADIUS, columns["eccentricity"]
        angles = {f"{key} [deg]": np.degrees(columns[key]) for key in ELEMENTS[2:]}
        return pd.DataFrame(
            {
                "orbit": self.names,
                "semi_major_axis [km]": a,
                "eccentricity [1]": e,
                **angles,
                "period [h]": self.periods * TIME_UNIT / 3600,
                "lowest altitude [km]": a * (1 - e) - EARTH_RADIUS,
                "highest altitude [km]": a * (1 + e) - EARTH_RADIUS,
                "samples [1]": self.mask.sum(axis=1),
            }
        )


# Drawing orbits --------------------------------------------------------------------


def draw_elements(
    family: Family, orbits: int, seed: int, space: bool, stream: Stream
) -> Float[np.ndarray, "orbit 6"]:
    """Elements of `orbits` orbits, redrawn until none dips below the surface.

    One row of six uniform numbers per try, so that the first orbits of a larger set are
    those of a smaller one, and the three streams never meet whatever their seeds.
    """
    if family not in RANGES:
        msg = f"`family` {family!r} is unknown; it is one of {', '.join(FAMILIES)}."
        raise TaskError(msg)
    if orbits < 1:
        msg = f"`orbits` must be at least 1 [1]; got {orbits}."
        raise TaskError(msg)
    number = get_args(Stream).index(stream)
    generator = np.random.default_rng([number, seed])
    accepted: list[np.ndarray] = []
    while len(accepted) < orbits:
        tries = elements_of(family, generator.random((64, 6)), space)
        lowest = tries[:, 0] * (1 - tries[:, 1])
        accepted.extend(tries[lowest >= 1.0])
    return np.stack(accepted[:orbits])


def elements_of(
    family: str, uniform: Float[np.ndarray, "try 6"], space: bool
) -> Float[np.ndarray, "try 6"]:
    """Elements [R_E, 1, rad] from uniform numbers in [0, 1), before any rejection."""
    (a_low, a_high), (e_low, e_high) = RANGES[family]
    tilt = np.pi if space else 0.0
    turn = [tilt, tilt, np.pi, STARTS.get(family, 2 * np.pi)]
    start = STARTS.get(family, 0.0)
    low = np.array([a_low / EARTH_RADIUS, e_low, 0, 0, 0, start])
    high = np.array([a_high / EARTH_RADIUS, e_high, *turn])
    return low + (high - low) * uniform


def orbit_set(
    family: Family = "complex",
    orbits: int = 10,
    seed: int = 1,
    *,
    space: bool = False,
    points: int = POINTS,
    stream: Stream = "train",
    system: System = TWO_BODY,
) -> OrbitSet:
    """Orbits of one family, each sampled `points` times over exactly one period.

    Equal steps in time (equal mean anomaly), the end point left out. In a perturbed
    field the period is that at the start, and an orbit that comes down is redrawn.

    Args:
        family: ranges of the elements, see `RANGES`.
        orbits: how many orbits are accepted.
        seed: of the draw; `stream` keeps equal seeds of other sets apart.
        space: 3-D orbits instead of orbits in the xy plane.
        points: samples a period [1].
        stream: what the set is for.
        system: what moves the orbits; three bodies have ranges of their own.
    """
    if points < 2:
        msg = f"`points` must be at least 2 [1]; got {points}."
        raise TaskError(msg)
    place = "space" if space else "planar"
    name = f"{family}_{place}_{orbits}_{stream}"
    names = tuple(f"{family} {row}" for row in range(orbits))
    if system.closed:
        elements = draw_elements(family, orbits, seed, space, stream)
        return sample_orbits(name, names, elements, points, family=family, seed=seed)
    elements, starts = draw_paths(system, family, orbits, seed, space, stream)
    found = follow_paths(system, elements, starts, points)
    return replace(
        found, name=f"{system.name}_{name}", names=names, family=family, seed=seed
    )


def draw_paths(
    system: System, family: Family, orbits: int, seed: int, space: bool, stream: Stream
) -> tuple[Float[np.ndarray, "orbit 6"], Float[np.ndarray, "orbit 6"]]:
    """Elements and start states of orbits that the system keeps for one span.

    As in `draw_elements`, the first orbits of a larger set are those of a smaller one.

    Raises:
        TaskError: hardly any orbit of the family is kept.
    """
    tries = orbits + 8
    while tries < 64 * (orbits + 8):
        if system.name == "three_body":
            number = get_args(Stream).index(stream)
            uniform = np.random.default_rng([number, seed]).random((4 * tries, 6))
            starts = threebody.starts(uniform, space)
            elements = np.full_like(starts, np.nan)
        else:
            elements = draw_elements(family, tries, seed, space, stream)
            starts = states_from_elements(elements)
        rows = np.flatnonzero(kept(system, starts, system.span(elements)))[:orbits]
        if len(rows) == orbits:
            return elements[rows], starts[rows]
        tries *= 2
    msg = f"Hardly any orbit of `{family}` survives one revolution in {system}."
    raise TaskError(msg)


def follow_paths(
    system: System,
    elements: Float[np.ndarray, "orbit 6"],
    starts: Float[np.ndarray, "orbit 6"],
    points: int,
    spans: int = 1,
    *,
    end_point: bool = False,
) -> OrbitSet:
    """A set of orbits integrated from `starts`, `points` samples for each span."""
    step = system.span(elements)[:, None] / points
    time = step * np.arange(points * spans + end_point)
    names = tuple(f"{system.name} {row}" for row in range(len(starts)))
    states = integrate(system, starts, time)
    return OrbitSet(
        system.name, time, states, elements, names, system.name, system=system
    )


def sample_orbits(
    name: str,
    names: tuple[str, ...],
    elements: Float[np.ndarray, "orbit 6"],
    points: int = POINTS,
    *,
    periods: int = 1,
    end_point: bool = False,
    family: str,
    seed: int | None = None,
) -> OrbitSet:
    """A set with `points` samples a period over `periods` periods of known orbits.

    With `end_point` the last period is closed by one more sample.
    """
    count = points * periods + end_point
    step = TWO_BODY.span(elements)[:, None] / points
    time = step * np.arange(count)
    return OrbitSet(
        name, time, propagate(elements, time), elements, names, family, seed
    )


def unseen_set(
    size: int,
    *,
    family: Family = "complex",
    space: bool = False,
    points: int = POINTS,
    system: System = TWO_BODY,
) -> OrbitSet:
    """The unseen orbits that every model is judged on: 1, 10 or 100 of them.

    Their seeds are 101, 110 and 200 in a stream that no training set draws from.
    """
    if size not in TEST_SEEDS:
        msg = f"Test sets hold 1, 10 or 100 orbits [1]; got {size}."
        raise TaskError(msg)
    drawn = orbit_set(
        family,
        size,
        TEST_SEEDS[size],
        space=space,
        points=points,
        stream="test",
        system=system,
    )
    return replace(drawn, name=f"{family}_{size}_test")


def set_of_states(
    name: str, names: tuple[str, ...], times: list, states: list, family: str = OWN
) -> OrbitSet:
    """A set from orbits of unequal length: `times[i]` [time], `states[i]` [time, 6]."""
    longest = max(len(time) for time in times)
    padded_time = np.full((len(times), longest), np.nan)
    padded = np.full((len(times), longest, 6), np.nan)
    for row, (time, state) in enumerate(zip(times, states, strict=True)):
        padded_time[row, : len(time)] = np.asarray(time) - time[0]
        padded[row, : len(state)] = state
    elements = elements_from_states(padded[:, 0])
    return OrbitSet(name, padded_time, padded, elements, names, family)


def join(sets: Sequence[OrbitSet], name: str = "joined") -> OrbitSet:
    """One set of all orbits of several; shorter ones are padded with NaN.

    Raises:
        TaskError: the sets are moved by different systems.
    """
    if len({orbits.system for orbits in sets}) > 1:
        msg = "Only orbits of one system can be joined."
        raise TaskError(msg)
    longest = max(orbits.time.shape[1] for orbits in sets)

    def padded(values: np.ndarray) -> np.ndarray:
        gap = longest - values.shape[1]
        return np.pad(
            values,
            [(0, 0), (0, gap)] + [(0, 0)] * (values.ndim - 2),
            constant_values=np.nan,
        )

    return OrbitSet(
        name,
        np.concatenate([padded(orbits.time) for orbits in sets]),
        np.concatenate([padded(orbits.states) for orbits in sets]),
        np.concatenate([orbits.elements for orbits in sets]),
        tuple(name for orbits in sets for name in orbits.names),
        sets[0].family,
        system=sets[0].system,
    )


def reference_orbit(
    orbits: OrbitSet, index: int | None = None, points: int = POINTS
) -> OrbitSet:
    """One orbit to follow through training: orbit `index`, or that of mean elements.

    Among three bodies, where there are no elements, it is the first one.
    """
    if orbits.system.name == "three_body":
        index = index or 0
    if index is not None:
        return orbits.take(np.array([index]), name=f"{orbits.name} orbit {index}")
    mean = orbits.elements.mean(axis=0, keepdims=True)
    name = f"mean orbit of {orbits.name}"
    if not orbits.system.closed:
        found = follow_paths(orbits.system, mean, states_from_elements(mean), points)
        return replace(found, name=name, names=("mean orbit",), family=orbits.family)
    return sample_orbits(name, ("mean orbit",), mean, points, family=orbits.family)
