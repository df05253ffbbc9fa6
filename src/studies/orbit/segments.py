"""From sets of orbits to what a training step takes: split, segments, labels.

Orbits are split first and each side is cut into segments afterwards; the other order
leaks pieces of one orbit into both sides. Float64 numpy in normalised units.
"""

import math
import warnings
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from studies.orbit.orbit_sets import OrbitSet, TaskError


class Segments(NamedTuple):
    """Pieces of orbits of equal length; the first state of each is its start."""

    time: Float[np.ndarray, "segment point"]  # since the piece's first sample [TU]
    states: Float[np.ndarray, "segment point 6"]
    orbit: Int[np.ndarray, " segment"]  # row of the set it was cut from


class Labels(NamedTuple):
    """States with an estimate of their acceleration, for acceleration matching."""

    states: Float[np.ndarray, "sample 6"]
    acceleration: Float[np.ndarray, "sample 3"]  # [R_E/TU²]


def split(
    orbits: OrbitSet, fraction: float = 0.8, seed: int = 5678
) -> tuple[OrbitSet, OrbitSet | None]:
    """Training and validation sets made of different whole orbits.

    `fraction` of the orbits [1] trains; with 1.0 there is no validation set. A set of
    one orbit validates on itself, with a warning.
    """
    if not 0 < fraction <= 1:
        msg = f"`fraction` of training orbits must lie in (0, 1] [1]; got {fraction}."
        raise TaskError(msg)
    if fraction == 1:
        return orbits, None
    if len(orbits) == 1:
        msg = f"{orbits.name} has one orbit: validation uses the training orbit."
        warnings.warn(msg, stacklevel=2)
        return orbits, orbits
    order = np.random.default_rng(seed).permutation(len(orbits))
    count = min(max(round(fraction * len(orbits)), 1), len(orbits) - 1)
    train = orbits.take(np.sort(order[:count]), name=f"{orbits.name} (training part)")
    rest = orbits.take(np.sort(order[count:]), name=f"{orbits.name} (validation part)")
    return train, rest


def window_indices(length: int, window: tuple[float, float]) -> range:
    """Points of a segment of `length` points that a length strategy keeps.

    Points floor(L f0) up to, not including, ceil(L f1).

    Raises:
        TaskError: a window outside 0 ≤ f0 < f1 ≤ 1, or fewer than 2 points left.
    """
    start, end = window
    if not 0 <= start < end <= 1:
        msg = f"Window {[start, end]} must satisfy 0 ≤ f0 < f1 ≤ 1 [1]."
        raise TaskError(msg)
    # 0.55 × 100 is 55.00000000000001 in binary; without rounding it would keep 56.
    first, last = (
        math.floor(round(length * start, 9)),
        math.ceil(round(length * end, 9)),
    )
    if last - first < 2:
        msg = (
            f"Window {[start, end]} keeps {last - first} of {length} points of a "
            "segment; a loss needs at least 2. Widen it or use longer segments."
        )
        raise TaskError(msg)
    return range(first, last)


def segments(
    orbits: OrbitSet, length: int, window: tuple[float, float] = (0.0, 1.0)
) -> Segments:
    """Non-overlapping pieces of `length` points, each cut down to `window`.

    Each orbit gives floor(N / length) pieces; what is left over, and pieces with a
    missing sample, are dropped. Split the orbits first, then segment each side.

    Raises:
        TaskError: `length` below 2 or above the shortest orbit, or no piece left.
    """
    if not 2 <= length <= orbits.shortest:
        msg = (
            f"Segment length {length} must lie between 2 and {orbits.shortest} [1], "
            f"the samples of the shortest orbit of {orbits.name}."
        )
        raise TaskError(msg)
    keep = window_indices(length, window)
    count = orbits.time.shape[1] // length
    shape = (len(orbits) * count, length)
    time = orbits.time[:, : count * length].reshape(shape)[:, keep.start : keep.stop]
    whole = orbits.states[:, : count * length].reshape(*shape, 6)
    complete = orbits.mask[:, : count * length].reshape(shape).all(axis=1)
    if not complete.any():
        msg = f"{orbits.name} has no complete segment of {length} points."
        raise TaskError(msg)
    owner = np.repeat(np.arange(len(orbits)), count)
    states = whole[:, keep.start : keep.stop]
    relative = time - time[:, :1]
    return Segments(relative[complete], states[complete], owner[complete])


def stencil_acceleration(
    time: Float[np.ndarray, "sample 3"], states: Float[np.ndarray, "sample 3 6"]
) -> Float[np.ndarray, "sample 3"]:
    """Acceleration [R_E/TU²] at the middle of three samples, from data only.

    The second derivative of the quintic through three positions and velocities. With
    equal steps h it is 2(p₊ − 2p₀ + p₋)/h² − (v₊ − v₋)/(2h), of fourth order; unequal
    steps solve the same four conditions for the quintic's coefficients.
    """
    scale = (time[:, 2] - time[:, 0]) / 2  # keeps the system well conditioned
    offset = (time[:, [0, 2]] - time[:, [1]]) / scale[:, None]
    powers = np.arange(2, 6)
    position_rows = offset[..., None] ** powers
    velocity_rows = powers * offset[..., None] ** (powers - 1)
    matrix = np.concatenate([position_rows, velocity_rows], axis=1)
    velocity = states[..., 3:] * scale[:, None, None]
    step = offset[..., None] * velocity[:, [1]]
    position_gap = states[:, [0, 2], :3] - states[:, [1], :3] - step
    velocity_gap = velocity[:, [0, 2]] - velocity[:, [1]]
    gaps = np.concatenate([position_gap, velocity_gap], axis=1)
    return 2 * np.linalg.solve(matrix, gaps)[:, 0] / scale[:, None] ** 2


def acceleration_labels(orbits: OrbitSet) -> Labels:
    """States and stencil accelerations at all interior samples of a set.

    Where accelerations were estimated with the states (`observing`), those.

    Raises:
        TaskError: no orbit has three samples in a row.
    """
    if orbits.estimated is not None:
        known = np.isfinite(orbits.estimated).all(axis=-1) & orbits.mask
        return Labels(orbits.states[known], orbits.estimated[known])
    triples = np.stack([orbits.mask[:, k : k - 2 or None] for k in range(3)], axis=-1)
    rows, columns = np.nonzero(triples.all(axis=-1))
    if not rows.size:
        msg = f"{orbits.name} has no three samples in a row to estimate acceleration."
        raise TaskError(msg)
    near = columns[:, None] + np.arange(3)
    time, states = orbits.time[rows[:, None], near], orbits.states[rows[:, None], near]
    return Labels(states[:, 1], stencil_acceleration(time, states))
