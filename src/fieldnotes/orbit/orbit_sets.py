"""Sets of orbits: what they hold, and how families, test sets and noise are drawn.

Float64 numpy in normalised units (R_E, TU, mu = 1), deterministic in the seed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from fieldnotes.orbit.kepler import (
    EARTH_RADIUS,
    ELEMENTS,
    GEO_RADIUS,
    LOW_RADIUS,
    TIME_UNIT,
    elements_from_states,
    period,
    propagate,
)

Family = Literal["single", "simple", "complex", "circular", "fixnu0"]
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
}


class TaskError(ValueError):
    """A data set, segment length or length strategy that makes no sense."""


@dataclass(frozen=True)
class OrbitSet:
    """Sampled orbits, right-padded with NaN to the longest.

    `time` [TU] is relative to each orbit's first sample, `states` are position [R_E]
    and velocity [R_E/TU], `elements` are ordered as `kepler.ELEMENTS` [R_E, 1, rad] and
    belong to the first sample.
    """

    name: str
    time: Float[np.ndarray, "orbit time"]
    states: Float[np.ndarray, "orbit time 6"]
    elements: Float[np.ndarray, "orbit 6"]
    names: tuple[str, ...]  # one per orbit
    family: str
    seed: int | None = None
    units: tuple[str, str, str] = ("TU", "R_E", "R_E/TU")  # time, position, velocity

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
        """Time of one revolution [TU] of each orbit."""
        return np.asarray(period(self.elements[:, 0]))

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
        )

    def until(self, count: int) -> "OrbitSet":
        """The first `count` samples of each orbit."""
        return replace(self, time=self.time[:, :count], states=self.states[:, :count])

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
    turn = [0.0 if not space else np.pi, 0.0 if not space else np.pi, np.pi, 2 * np.pi]
    if family == "fixnu0":
        turn[3] = 0.0
    low = np.array([a_low / EARTH_RADIUS, e_low, 0, 0, 0, 0])
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
) -> OrbitSet:
    """Orbits of one family, each sampled `points` times over exactly one period.

    Equal steps in time (equal mean anomaly), the end point left out.

    Args:
        family: ranges of the elements, see `RANGES`.
        orbits: how many orbits are accepted.
        seed: of the draw; `stream` keeps equal seeds of other sets apart.
        space: 3-D orbits instead of orbits in the xy plane.
        points: samples a period [1].
        stream: what the set is for.
    """
    if points < 2:
        msg = f"`points` must be at least 2 [1]; got {points}."
        raise TaskError(msg)
    elements = draw_elements(family, orbits, seed, space, stream)
    place = "space" if space else "planar"
    name = f"{family}_{place}_{orbits}_{stream}"
    names = tuple(f"{family} {row}" for row in range(orbits))
    return sample_orbits(name, names, elements, points, family=family, seed=seed)


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
    step = np.asarray(period(elements[:, 0]))[:, None] / points
    time = step * np.arange(count)
    return OrbitSet(
        name, time, propagate(elements, time), elements, names, family, seed
    )


def unseen_set(
    size: int, *, family: Family = "complex", space: bool = False, points: int = POINTS
) -> OrbitSet:
    """The unseen orbits that every model is judged on: 1, 10 or 100 of them.

    Their seeds are 101, 110 and 200 in a stream that no training set draws from.
    """
    if size not in TEST_SEEDS:
        msg = f"Test sets hold 1, 10 or 100 orbits [1]; got {size}."
        raise TaskError(msg)
    drawn = orbit_set(
        family, size, TEST_SEEDS[size], space=space, points=points, stream="test"
    )
    return replace(drawn, name=f"{family}_{size}_test")


def add_noise(
    orbits: OrbitSet, position: float = 0.0, velocity: float = 0.0, seed: int = 0
) -> OrbitSet:
    """The set as an instrument would see it: white noise of these deviations.

    `position` [R_E] and `velocity` [R_E/TU] are standard deviations per component. A
    planar set stays in its plane. Elements and times stay those of the true orbits.
    """
    if position < 0 or velocity < 0:
        msg = f"Noise must not be negative; got {position} [R_E], {velocity} [R_E/TU]."
        raise TaskError(msg)
    if position == velocity == 0:
        return orbits
    noise = np.random.default_rng([7, seed]).normal(size=orbits.states.shape)
    noise *= np.array([position] * 3 + [velocity] * 3)
    if orbits.planar:
        noise[..., [2, 5]] = 0.0
    return replace(orbits, states=orbits.states + noise)


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
    """One set of all orbits of several; shorter ones are padded with NaN."""
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
    )


def into_plane(orbits: OrbitSet) -> OrbitSet:
    """The set with each orbit turned about the centre into the xy plane.

    The plane is that of the first sample, its node becomes the x axis. Newton's field
    is the same in every plane; what a perturbed orbit does out of its first plane is
    dropped.
    """
    if orbits.planar:
        return orbits
    _, _, tilt, node, _, _ = orbits.elements.T
    zero = np.zeros_like(node)
    cos, sin = np.cos(node), np.sin(node)
    axis_x = np.stack([cos, sin, zero], axis=-1)
    axis_y = np.stack([-sin * np.cos(tilt), cos * np.cos(tilt), np.sin(tilt)], axis=-1)
    axes = np.stack([axis_x, axis_y], axis=-1)
    states = np.zeros_like(orbits.states)
    states[..., :2] = orbits.states[..., :3] @ axes
    states[..., 3:5] = orbits.states[..., 3:] @ axes
    states[~orbits.mask] = np.nan
    elements = orbits.elements.copy()
    elements[:, 2:4] = 0.0
    return replace(orbits, states=states, elements=elements)


def reference_orbit(
    orbits: OrbitSet, index: int | None = None, points: int = POINTS
) -> OrbitSet:
    """One orbit to follow through training: orbit `index`, or that of mean elements."""
    if index is not None:
        return orbits.take(np.array([index]), name=f"{orbits.name} orbit {index}")
    mean = orbits.elements.mean(axis=0, keepdims=True)
    name = f"mean orbit of {orbits.name}"
    return sample_orbits(name, ("mean orbit",), mean, points, family=orbits.family)
