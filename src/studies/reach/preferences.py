r"""Which direction each hidden unit prefers: a least-squares fit of its activity.

A unit's activity is fitted by $h\approx w\cdot x+b$ with a feature $x$ of two
components, such as the force or the goal; its preferred direction is the angle of $w$.
The fit needs only sums over samples, $\sum zz^T$ and $\sum zh$ with $z=(x,1)$, which
are added up chunk by chunk. It is solved exactly; nothing is trained.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from studies.reach.loop import Course
from studies.reach.metrics import norm
from studies.reach.models import Controller
from studies.reach.probes import Probe
from studies.reach.tasks import Trial

TINY = 1e-12
# Sums of n terms in single precision are wrong by about this times √n of themselves.
ROUNDING = 4 * float(np.finfo(np.float32).eps)
SETTLED = 10  # steps at the end in which a steady state is taken for settled [1]


class Moments(NamedTuple):
    """Sums over samples from which the fit follows; they add up over chunks."""

    gram: Float[Array, "*axes 3 3"]  # Σ z zᵀ
    cross: Float[Array, "*axes 3 hidden"]  # Σ z h
    square: Float[Array, "*axes hidden"]  # Σ h²


class Preferences(NamedTuple):
    """The fit of each unit."""

    weight: Float[np.ndarray, "*axes hidden 2"]  # w
    angle: Float[np.ndarray, "*axes hidden"]  # of w, in (-π, π] [rad]
    explained: Float[np.ndarray, "*axes hidden"]  # share of the variance [1]


def moments(
    feature: Float[Array, "*axes sample 2"],
    activity: Float[Array, "*axes sample hidden"],
    weight: Float[Array, "*axes sample"],
) -> Moments:
    """Sums over the axis of samples, each counted by its weight (0 or 1)."""
    one = jnp.ones_like(feature[..., :1])
    z = jnp.concatenate([feature, one], axis=-1)
    counted = z * weight[..., None]
    turned = jnp.swapaxes(counted, -1, -2)
    square = jnp.sum(activity**2 * weight[..., None], axis=-2)
    return Moments(turned @ z, turned @ activity, square)


def fit(found: Moments) -> Preferences:
    """The least-squares fit, in double precision.

    A unit whose activity never changes has no preferred direction: NaN.
    """
    gram, cross, square = (np.asarray(part, float) for part in found)
    solution = np.linalg.pinv(gram) @ cross
    count = gram[..., 2, 2][..., None]
    mean = cross[..., 2, :] / np.maximum(count, 1.0)
    total = square - count * mean**2
    left = square - np.sum(solution * cross, axis=-2)
    silent = total <= ROUNDING * np.sqrt(count) * np.maximum(square, TINY)
    explained = np.where(silent, np.nan, 1 - left / np.where(silent, 1.0, total))
    weight = np.swapaxes(solution[..., :2, :], -1, -2)
    angle = np.where(silent, np.nan, np.arctan2(weight[..., 1], weight[..., 0]))
    return Preferences(weight, angle, explained)


def total(found: Moments, axes: tuple[int, ...]) -> Moments:
    """The sums over further axes, such as evaluations."""
    return Moments(*(np.asarray(part, float).sum(axis=axes) for part in found))


def turned(
    before: Float[np.ndarray, "*#axes"], after: Float[np.ndarray, "*#axes"]
) -> Float[np.ndarray, "*axes"]:
    """Change of an angle, counter-clockwise positive, in (-π, π] [rad]."""
    change = np.asarray(after, float) - np.asarray(before, float)
    return np.pi - np.mod(np.pi - change, 2 * np.pi)


def readout_angles(
    weight: Float[Array | np.ndarray, "*axes 2 hidden"],
) -> Float[np.ndarray, "*axes hidden"]:
    """Direction in which each unit pushes the hand: of its column of the readout."""
    columns = np.asarray(weight, float)
    return np.arctan2(columns[..., 1, :], columns[..., 0, :])


def agreement(change: Float[np.ndarray, "*axes"]) -> float:
    """Mean cosine of angles [1]: 1 all zero, 0 no relation; NaN are left out."""
    known = present(change)
    return float(np.cos(known).mean()) if len(known) else np.nan


def circular_mean(angles: Float[np.ndarray, "*axes"]) -> float:
    """Direction of the mean of unit vectors at these angles [rad]; NaN are left out."""
    known = present(angles)
    return float(np.angle(np.exp(1j * known).mean())) if len(known) else np.nan


def middle(values: Float[np.ndarray, "*axes"]) -> float:
    """The median; NaN are left out."""
    known = present(values)
    return float(np.median(known)) if len(known) else np.nan


def present(values: Float[np.ndarray, "*axes"]) -> Float[np.ndarray, " known"]:
    """The values that are there, in a row."""
    flat = np.asarray(values, float).ravel()
    return flat[np.isfinite(flat)]


def agreement_in_time(
    change: Float[np.ndarray, "model time hidden"],
) -> Float[np.ndarray, "model time"]:
    """Mean cosine over units at each time; NaN where no unit has a direction."""
    known = np.isfinite(change)
    cosine = np.where(known, np.cos(np.where(known, change, 0.0)), 0.0)
    count = known.sum(axis=-1)
    return np.where(count, cosine.sum(axis=-1) / np.maximum(count, 1), np.nan)


# What is kept of a chunk of trials ----------------------------------------------------


class ReachMoments(NamedTuple):
    """Moments of a chunk of reaches."""

    force_speeding: Moments  # feature: the command, until peak speed
    force_slowing: Moments  # the same, as long again after it
    goal_speeding: Moments  # feature: the goal from the start
    goal_slowing: Moments
    force_in_time: Moments  # feature: the command, at each control step
    goal_in_time: Moments


def epochs(
    velocity: Float[Array, "time 2"], controls: int
) -> Float[Array, "epoch control"]:
    """Which control steps of a trial are speeding up, and which slowing down (1 or 0).

    With peak speed at state t*, steps [0, t*) and [t*, 2 t*).
    """
    peak = jnp.argmax(norm(velocity))
    step = jnp.arange(controls)
    inside = jnp.stack([step < peak, (step >= peak) & (step < 2 * peak)])
    return inside.astype(velocity.dtype)


def reach_moments(
    controller: Controller, course: Course, trial: Trial, probe: Probe | None
) -> ReachMoments:
    """Moments of a chunk of reaches, by epoch and by time step."""
    del controller, probe
    controls, size = course.command.shape[1], course.hidden.shape[-1]
    weights = jax.vmap(lambda velocity: epochs(velocity, controls))(course.velocity)
    goal = jnp.broadcast_to(
        (trial.goal - trial.start)[:, None], (len(trial.goal), controls, 2)
    )
    hidden = course.hidden.reshape(-1, size)

    def in_epoch(feature: Array, epoch: int) -> Moments:
        return moments(feature.reshape(-1, 2), hidden, weights[:, epoch].ravel())

    def in_time(feature: Array) -> Moments:
        first = [jnp.swapaxes(x, 0, 1) for x in (feature, course.hidden)]
        return moments(first[0], first[1], jnp.ones_like(first[0][..., 0]))

    force = course.command
    return ReachMoments(
        force_speeding=in_epoch(force, 0),
        force_slowing=in_epoch(force, 1),
        goal_speeding=in_epoch(goal, 0),
        goal_slowing=in_epoch(goal, 1),
        force_in_time=in_time(force),
        goal_in_time=in_time(goal),
    )


class SteadyMoments(NamedTuple):
    """Moments of a chunk of steady states."""

    position: Moments  # feature: where the hand is held
    load: Moments  # feature: the mean command, which holds against the load
    error: Float[Array, "*axes condition"]  # mean distance to the goal [m]


def steady_moments(
    controller: Controller, course: Course, trial: Trial, probe: Probe | None
) -> SteadyMoments:
    """Moments of a chunk of steady states, from means over their settled steps."""
    del controller, probe
    hidden = jnp.mean(course.hidden[:, -SETTLED:], axis=1)
    command = jnp.mean(course.command[:, -SETTLED:], axis=1)
    every = jnp.ones_like(command[:, 0])
    late = course.position[:, -SETTLED:]
    away = late - jnp.broadcast_to(trial.goal[:, None], late.shape)
    return SteadyMoments(
        moments(trial.goal, hidden, every),
        moments(command, hidden, every),
        jnp.mean(jax.vmap(norm)(away), axis=1),
    )
