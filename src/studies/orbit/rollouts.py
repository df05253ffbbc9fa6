"""Rollouts of a learned field: their errors, and what they fail to conserve.

A rollout starts at each orbit's first true state. Numpy in float64; a rollout that ran
away holds NaN from there on and is counted as lost, never averaged.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from studies.orbit.kepler import invariants
from studies.orbit.orbit_sets import OrbitSet, follow_paths, sample_orbits
from studies.orbit.solvers import solve

States = Float[np.ndarray, "orbit time 6"]
PerSample = Float[np.ndarray, "orbit time"]
PerOrbit = Float[np.ndarray, " orbit"]
Field = Callable[[Float[Array, "6"]], Float[Array, "6"]]


def continued(orbits: OrbitSet, periods: int, points: int) -> OrbitSet:
    """The same orbits over several periods, end point included."""
    name = f"{orbits.name} over {periods} periods"
    if not orbits.system.closed:
        longer = follow_paths(
            orbits.system,
            orbits.elements,
            orbits.states[:, 0],
            points,
            periods,
            end_point=True,
        )
        return replace(longer, name=name, names=orbits.names, family=orbits.family)
    return sample_orbits(
        name,
        orbits.names,
        orbits.elements,
        points,
        periods=periods,
        end_point=True,
        family=orbits.family,
    )


# Models that differ in weights only compile once.
solve_all = eqx.filter_jit(solve)


def roll_out(field: Field, orbits: OrbitSet, solver: str = "fast") -> States:
    """States of `field` at the times of a set, from each orbit's first true state.

    NaN where the set has no sample, and from where a rollout ran away.
    """
    mask = orbits.mask
    last = np.nanmax(np.where(mask, orbits.time, 0), axis=1, keepdims=True)
    steps = np.arange(orbits.time.shape[1]) * 1e-3  # padding: times still increase
    time = jnp.asarray(np.where(mask, orbits.time, last + steps), jnp.float32)
    start = jnp.asarray(orbits.states[:, 0], jnp.float32)
    states = np.asarray(solve_all(solver, field, time, start), dtype=float)
    return np.where(mask[..., None], states, np.nan)


def position_error(true: States, predicted: States) -> PerSample:
    """Distance between positions [R_E]."""
    return np.linalg.norm(true[..., :3] - predicted[..., :3], axis=-1)


def relative_position_error(true: States, predicted: States) -> PerSample:
    """Distance between positions relative to the true radius [%]."""
    radius = np.linalg.norm(true[..., :3], axis=-1)
    return 100 * position_error(true, predicted) / radius


def accumulated_error(true: States, predicted: States) -> PerSample:
    """Root mean square of the position error up to each sample [R_E]."""
    square = position_error(true, predicted) ** 2
    return np.sqrt(np.cumsum(square, axis=1) / np.arange(1, square.shape[1] + 1))


def energy_drift(states: States) -> PerSample:
    """Change of energy since the start, relative to its size there [%]."""
    energy = np.asarray(invariants(states).energy)
    return 100 * (energy - energy[:, :1]) / np.abs(energy[:, :1])


def momentum_drift(states: States) -> PerSample:
    """Change of angular momentum since the start, relative to its size there [%]."""
    momentum = invariants(states).angular_momentum
    change = np.linalg.norm(momentum - momentum[:, :1], axis=-1)
    return 100 * change / np.linalg.norm(momentum[:, :1], axis=-1)


def phase_lead(true: States, predicted: States, points: int) -> PerOrbit:
    """How far a rollout runs ahead of the truth [deg of mean anomaly].

    The shift of up to a quarter period at which positions correlate best; negative when
    the rollout lags. `points` samples make one period.
    """
    shifts = np.arange(-(points // 4), points // 4 + 1)
    scores = similarity(true, predicted, shifts)
    best = shifts[np.argmax(np.nan_to_num(scores, nan=-np.inf), axis=0)]
    return np.where(np.isnan(scores).all(axis=0), np.nan, best * 360.0 / points)


def similarity(
    true: States, predicted: States, shifts: Int[np.ndarray, " shift"]
) -> Float[np.ndarray, "shift orbit"]:
    """Normalised correlation of true positions with predictions `shifts` samples ago.

    Over the samples that both have; NaN where either is all zero there. All shifts at
    once by the correlation theorem.
    """
    number = true.shape[1]
    start, earlier = np.maximum(shifts, 0), np.maximum(-shifts, 0)
    overlap = number - np.abs(shifts)
    a, b = true[..., :3], predicted[..., :3]
    spectra = [np.fft.rfft(x, 2 * number, axis=1) for x in (a, b)]
    product = np.fft.irfft(spectra[0] * spectra[1].conj(), axis=1).sum(axis=-1)

    def energy(x: Float[np.ndarray, "orbit time 3"], first: Any) -> np.ndarray:
        total = np.cumsum(np.sum(x**2, axis=-1), axis=1)
        total = np.pad(total, ((0, 0), (1, 0)))
        return total[:, first + overlap] - total[:, first]

    with np.errstate(invalid="ignore", divide="ignore"):
        norm = np.sqrt(energy(a, start) * energy(b, earlier))
        return np.where(norm > 0, product[:, shifts] / norm, np.nan).T


def rollout_row(
    true: OrbitSet, predicted: States, label: str, points: int | None = None
) -> dict[str, float]:
    """What a table says of rollouts, medians over orbits, with `label` in the names.

    Medians, because one runaway orbit would own any mean; `lost` says how many ran
    away. Position errors are means over the samples of an orbit, drifts the largest.
    `points` are the samples of a period; without it there is no phase lead.
    """
    ran_away = (np.isnan(predicted).any(axis=-1) & true.mask).any(axis=1)
    kept = ~ran_away
    measures = per_orbit(true.states[kept], predicted[kept], true.mask[kept])
    if points is not None:
        states, rolled = np.nan_to_num(true.states), np.nan_to_num(predicted)
        measures["phase_lead"] = phase_lead(states[kept], rolled[kept], points)
    row = {f"lost_{label}": 100 * float(ran_away.mean())}
    return row | {
        f"{name}_{label}": float(np.median(values)) if values.size else float("nan")
        for name, values in measures.items()
    }


def per_orbit(
    true: States, rolled: States, mask: Bool[np.ndarray, "orbit time"]
) -> dict[str, PerOrbit]:
    """Errors and drifts of each orbit, for orbits that did not run away."""
    last = mask.sum(axis=1) - 1
    rows = np.arange(last.size)
    relative = relative_position_error(true, rolled)
    speed = np.linalg.norm(true[..., 3:], axis=-1)
    velocity = 100 * np.linalg.norm(true[..., 3:] - rolled[..., 3:], axis=-1) / speed
    energy = energy_drift(rolled)
    square = np.nanmean(position_error(true, rolled) ** 2, axis=1)
    return {
        "position": np.nanmean(relative, axis=1),
        "final_position": relative[rows, last],
        "final_velocity": velocity[rows, last],
        "rmse": np.sqrt(square),
        "energy_drift": np.nanmax(np.abs(energy), axis=1),
        "final_energy_drift": energy[rows, last],
        "momentum_drift": np.nanmax(momentum_drift(rolled), axis=1),
    }
