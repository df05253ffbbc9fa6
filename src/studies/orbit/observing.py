r"""What an instrument sees of orbits, and what can be estimated from that.

Noise is white. Where only positions are seen, and where noise is to be taken out, a
polynomial in time is fitted to the samples around each sample, by least squares with
the instrument's deviations as weights:

$$\min_c\ \sum_j\frac{\|p_j-P(t_j)\|^2}{\sigma_p^2}
  +\sum_j\frac{\|v_j-\dot P(t_j)\|^2}{\sigma_v^2},\qquad
  P(t)=\sum_{q\le d}c_q(t-t_k)^q,$$

which gives position $c_0$, velocity $c_1$ and acceleration $2c_2$ at $t_k$ and their
deviations. How many samples: the widest window whose acceleration still agrees with
that of all narrower ones (intersection of confidence intervals; Goldenshluger and
Nemirovski 1997). Wide windows average noise out, narrow ones follow a periapsis.
"""

from dataclasses import replace
from typing import Literal, NamedTuple, get_args

import numpy as np
from jaxtyping import Float

from studies.orbit.orbit_sets import OrbitSet, TaskError

Observed = Literal["state", "position"]
Smoothing = Literal["none", "local"]
OBSERVED: tuple[str, ...] = get_args(Observed)
SMOOTHING: tuple[str, ...] = get_args(Smoothing)

DEGREE = 5  # of the polynomial; with velocities three samples then fit exactly
HALVES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)  # samples to either side of the centre
AGREE = 5.0  # deviations that intervals may differ by [1]
LEAST_POSITIONS = 7  # samples of an orbit that velocities can be taken from
FLOOR = 1e-9  # least deviation that is assumed [R_E], [R_E/TU]
RATIO = 1e-3  # least ratio of the two deviations, so that neither is ignored
# Without smoothing: the differences of order four of five positions.
DIFFERENCES = {"half": 2, "degree": 4}


class Fit(NamedTuple):
    """What polynomials say at each sample of one orbit, and how sure they are."""

    state: Float[np.ndarray, "time 6"]  # [R_E, R_E/TU]
    acceleration: Float[np.ndarray, "time 3"]  # [R_E/TU²]
    deviation: Float[np.ndarray, " time"]  # of each component of it [R_E/TU²]


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


# Estimating from what was seen -----------------------------------------------------


def velocities(
    time: Float[np.ndarray, " time"], position: Float[np.ndarray, "time 3"]
) -> tuple[Float[np.ndarray, "time 3"], float]:
    """Velocities [R_E/TU] from positions alone, and their largest error [%].

    The derivative of the polynomial of degree six through seven samples, one-sided near
    the ends. The error is how far that of degree four through five samples is from it,
    over the speed. Where samples are dense it overestimates, because the former is
    better by far; where it says several per cent the two are about as wrong.

    Raises:
        TaskError: fewer than seven samples.
    """
    if len(time) < LEAST_POSITIONS:
        msg = f"Velocities need at least {LEAST_POSITIONS} positions of an orbit."
        raise TaskError(msg)
    found, rougher = (
        fit_around(time, position, None, half, 2 * half, (1.0, 1.0)).state[:, 3:]
        for half in (3, 2)
    )
    gap = np.linalg.norm(found - rougher, axis=-1) / np.linalg.norm(found, axis=-1)
    return found, float(100 * gap.max())


def fit_around(
    time: Float[np.ndarray, " time"],
    position: Float[np.ndarray, "time 3"],
    velocity: Float[np.ndarray, "time 3"] | None,
    half: int,
    degree: int,
    deviations: tuple[float, float],
) -> Fit:
    """Polynomials of `degree` through `half` samples to either side of each sample.

    Near the ends of an orbit the window is one-sided, which the deviation tells.

    Args:
        time: of the samples, increasing [TU].
        position: as seen [R_E].
        velocity: as seen [R_E/TU], or nothing.
        half: samples to either side.
        degree: of the polynomial.
        deviations: of position [R_E] and velocity [R_E/TU], the weights.
    """
    size = 2 * half + 1
    first = np.clip(np.arange(len(time)) - half, 0, len(time) - size)
    near = first[:, None] + np.arange(size)
    offset = time[near] - time[:, None]
    scale = (offset[:, -1] - offset[:, 0])[:, None] / 2  # well-conditioned powers
    powers = np.arange(degree + 1)
    ratio = (offset / scale)[..., None]
    rows, seen = [ratio**powers / deviations[0]], [position[near] / deviations[0]]
    if velocity is not None:
        slope = powers * ratio ** np.maximum(powers - 1, 0) / scale[..., None]
        rows.append(slope / deviations[1])
        seen.append(velocity[near] / deviations[1])
    matrix, values = np.concatenate(rows, axis=1), np.concatenate(seen, axis=1)
    normal = np.einsum("kwi,kwj->kij", matrix, matrix)
    right = np.einsum("kwi,kwc->kic", matrix, values)
    found = np.linalg.solve(normal, right)
    spread = np.linalg.inv(normal)[:, 2, 2]
    state = np.concatenate([found[:, 0], found[:, 1] / scale], axis=-1)
    return Fit(
        state, 2 * found[:, 2] / scale**2, 2 * np.sqrt(spread) / scale[:, 0] ** 2
    )


def widest(fits: list[Fit]) -> Fit:
    """At each sample the last fit whose interval still meets all before it."""
    chosen = fits[0]
    low, high = np.full_like(chosen.acceleration, -np.inf), np.inf
    alive = np.ones(len(chosen.deviation), bool)
    for fit in fits:
        reach = AGREE * fit.deviation[:, None]
        low = np.maximum(low, fit.acceleration - reach)
        high = np.minimum(high, fit.acceleration + reach)
        alive &= (low <= high).all(axis=-1)
        keep = alive & (fit.deviation <= chosen.deviation)
        chosen = Fit(
            *(
                np.where(keep.reshape(-1, *[1] * (new.ndim - 1)), new, old)
                for new, old in zip(fit, chosen, strict=True)
            )
        )
    return chosen


def estimate(
    orbits: OrbitSet,
    *,
    observed: str = "state",
    smoothing: str = "none",
    position: float = 0.0,
    velocity: float = 0.0,
) -> OrbitSet:
    """The set with states and accelerations as they are estimated from what was seen.

    States that are seen and not smoothed stay as they are; acceleration is then left to
    the stencil of three samples. With positions only, velocity and acceleration are the
    differences of order four of five positions: without noise they err by
    $h^4p^{(5)}/30$ and $h^4p^{(6)}/90$, and noise enters them 0.95/h and 3.2/h² times.

    Args:
        orbits: as seen.
        observed: "state", or "position" when velocities are not to be used.
        smoothing: "none", or "local" for polynomials over as many samples as possible.
        position: the instrument's deviation [R_E].
        velocity: the instrument's deviation [R_E/TU].

    Raises:
        TaskError: an unknown choice, or an orbit of fewer samples than a fit needs.
    """
    for name, value, known in (
        ("observed", observed, OBSERVED),
        ("smoothing", smoothing, SMOOTHING),
    ):
        if value not in known:
            msg = f"`{name}` {value!r} is unknown; it is one of {', '.join(known)}."
            raise TaskError(msg)
    if (observed, smoothing) == ("state", "none"):
        return orbits
    least = max(FLOOR, RATIO * max(position, velocity))
    deviations = max(position, least), max(velocity, least)
    states = np.full_like(orbits.states, np.nan)
    accelerations = np.full_like(orbits.states[..., :3], np.nan)
    for row, keep in enumerate(orbits.mask):
        fit, edge = fit_orbit(
            orbits.time[row, keep],
            orbits.states[row, keep],
            observed == "state",
            smoothing == "local",
            deviations,
        )
        states[row, keep] = fit.state
        inner = np.flatnonzero(keep)[edge : -edge or None]
        accelerations[row, inner] = fit.acceleration[edge : -edge or None]
    if observed == "position" and smoothing == "none":
        states[..., :3] = orbits.states[..., :3]
    return replace(orbits, states=states, estimated=accelerations)


def fit_orbit(
    time: Float[np.ndarray, " time"],
    states: Float[np.ndarray, "time 6"],
    with_velocity: bool,
    smooth: bool,
    deviations: tuple[float, float],
) -> tuple[Fit, int]:
    """The fit at each sample of one orbit, and how many at each end have no label.

    Raises:
        TaskError: too few samples.
    """
    seen = (time, states[:, :3], states[:, 3:] if with_velocity else None)
    smallest = 1 if with_velocity else 3
    if len(time) < 2 * smallest + 1:
        msg = f"Estimates need at least {2 * smallest + 1} samples of an orbit."
        raise TaskError(msg)
    if not smooth:
        fit = fit_around(*seen, deviations=deviations, **DIFFERENCES)
        return fit, DIFFERENCES["half"]
    halves = [h for h in HALVES if h >= smallest and 2 * h + 1 <= len(time)]
    fits = [fit_around(*seen, half, DEGREE, deviations) for half in halves]
    return widest(fits), smallest
