"""Orbits in space and where on them one starts: errors by anomaly."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.stats import spearmanr

from studies.orbit import rollouts, tasks
from studies.orbit.kepler import elements_from_states
from studies.orbit.metrics import predict

BINS = 12  # of true anomaly, 30° each


class ByAnomaly(NamedTuple):
    """One model on one set of orbits, by where the orbits start and where they are."""

    start: Float[np.ndarray, " orbit"]  # true anomaly of the first sample [deg]
    stray: Float[np.ndarray, " orbit"]  # relative position error after a period [%]
    error: Float[np.ndarray, " bin"]  # acceleration error by true anomaly [%]


def centres(bins: int = BINS) -> Float[np.ndarray, " bin"]:
    """Middles of the bins of true anomaly [deg]."""
    return (np.arange(bins) + 0.5) * 360 / bins


def by_anomaly(model: Any, orbits: tasks.OrbitSet, points: int) -> ByAnomaly:
    """Errors of a model by initial and by present true anomaly.

    The acceleration error of a bin is the median over its samples; NaN without any. A
    rollout that ran away has an infinite error.
    """
    longer = rollouts.continued(orbits, 1, points)
    rolled = rollouts.roll_out(model, longer)
    stray = rollouts.relative_position_error(longer.states, rolled)[:, -1]
    found = predict(model.acceleration, orbits)
    true = np.degrees(elements_from_states(orbits.states[orbits.mask])[:, 5])
    places = np.minimum((true * BINS / 360).astype(int), BINS - 1)
    errors = found.errors[orbits.mask]
    return ByAnomaly(
        np.degrees(orbits.elements[:, 5]),
        np.where(np.isfinite(stray), stray, np.inf),
        np.array([middle(errors[places == place]) for place in range(BINS)]),
    )


def middle(values: Float[np.ndarray, " value"]) -> float:
    """The median, or NaN of nothing."""
    return float(np.median(values)) if values.size else float("nan")


def from_periapsis(angle: Float[np.ndarray, "*angles"]) -> Float[np.ndarray, "*angles"]:
    """How far a true anomaly [deg] is from periapsis, 0 to 180 [deg]."""
    return np.abs((angle + 180) % 360 - 180)


def rank_correlation(found: Sequence[ByAnomaly]) -> tuple[float, float]:
    """Spearman's ρ between start's distance from periapsis and stray, and its p-value.

    Over the median stray of all models, one value an orbit.
    """
    stray = np.median([own.stray for own in found], axis=0)
    result = spearmanr(from_periapsis(found[0].start), stray)
    rho, chance = np.asarray(result, float)
    return float(rho), float(chance)


def said_of_space(label: str, prior: str, ratio: float) -> str:
    """How much worse layers are in space, against what was predicted of their kind."""
    expected = ratio <= 2 if prior != "neutral" else ratio > 2
    as_said = "as predicted" if expected else "against the prediction"
    return (
        f"**{label}** ({prior}) errs {ratio:.2g} times as much in space as in the "
        f"plane, {as_said}."
    )


def said_of_starts(label: str, beside: str, share: dict[str, float]) -> str:
    """Whether training orbits that start at periapsis are worse, by test set.

    `beside` says where the other training orbits start; `share` is the share of pairs
    in which those from periapsis are better, by where tests start.
    """
    parts = ", ".join(
        f"{100 * value:.0f} % of pairs on orbits that start "
        f"{'at periapsis' if name == 'periapsis' else name}"
        for name, value in share.items()
    )
    alike = all(0.05 < value < 0.95 for value in share.values())
    words = "does not matter, as predicted," if alike else "matters, not as predicted,"
    return (
        f"For {label} it {words} whether training orbits start at periapsis or "
        f"{beside}: a start at periapsis gives the better model in {parts}."
    )
