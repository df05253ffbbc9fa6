"""What is measured of a learned field: errors, angles, signs and flips.

Pointwise measures take one vector, in JAX, to be used under `jax.vmap`. Those of whole
sets are numpy in float64 and leave out NaN (padding). Errors of acceleration are taken
on the true states of a set, not along a rollout; `rollouts` has those, `slopes` the
fall-off with distance, `distributions` the shapes, and `reports` makes a table's row.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from studies.orbit.orbit_sets import OrbitSet

Vector = Float[Array, "3"]
Number = Float[Array, ""]
Vectors = Float[np.ndarray, "orbit time 3"]
PerSample = Float[np.ndarray, "orbit time"]
Acceleration = Callable[[Float[Array, "6"]], Vector]

# One vector ------------------------------------------------------------------------


def percent_error(true: Vector, predicted: Vector) -> Number:
    """Error of an acceleration relative to its true size [%]: 100 ‖a − â‖ / ‖a‖."""
    return 100 * jnp.linalg.norm(true - predicted) / jnp.linalg.norm(true)


def angle(first: Vector, second: Vector) -> Number:
    """Angle between two vectors [deg], by arctan2: exact also where it is small."""
    across = jnp.linalg.norm(jnp.cross(first, second))
    return jnp.degrees(jnp.arctan2(across, first @ second))


def radial_component(position: Vector, acceleration: Vector) -> Number:
    """Outward component of an acceleration [R_E/TU²]; a pull is negative."""
    return position @ acceleration / jnp.linalg.norm(position)


def acceleration_error(
    field: Acceleration,
    states: Float[Array, "*batch 6"],
    accelerations: Float[Array, "*batch 3"],
) -> Number:
    """Mean error of a field's acceleration on true states [%], padding left out.

    `accelerations` are the true ones there [R_E/TU²]. May be called inside `jax.jit`:
    the validation metric of a training.
    """
    flat, true = states.reshape(-1, 6), accelerations.reshape(-1, 3)
    valid = jnp.isfinite(flat).all(axis=-1)
    safe = jnp.where(valid[:, None], flat, 1.0)
    true = jnp.where(valid[:, None], true, 1.0)
    error = jax.vmap(percent_error)(true, jax.vmap(field)(safe))
    return jnp.mean(error, where=valid)


# One set ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Predictions:
    """A learned field on the true states of a set, beside the truth; NaN is padding."""

    position: Vectors  # [R_E]
    true: Vectors  # [R_E/TU²]
    predicted: Vectors  # [R_E/TU²]
    mask: Bool[np.ndarray, "orbit time"]

    def take(self, rows: slice) -> "Predictions":
        """Those of some of the orbits."""
        return Predictions(
            self.position[rows], self.true[rows], self.predicted[rows], self.mask[rows]
        )

    @property
    def errors(self) -> PerSample:
        """Error of each acceleration [%]; infinite where the field has no value."""
        difference = np.linalg.norm(self.true - self.predicted, axis=-1)
        error = 100 * difference / np.linalg.norm(self.true, axis=-1)
        return np.where(self.mask & ~np.isfinite(error), np.inf, error)

    @property
    def orbit_errors(self) -> Float[np.ndarray, " orbit"]:
        """Mean error of each orbit [%]: the pool in which every orbit counts once."""
        total = np.where(self.mask, self.errors, 0.0).sum(axis=1)
        return total / self.mask.sum(axis=1)

    @property
    def angles(self) -> PerSample:
        """Angle between true and predicted acceleration [deg]."""
        return angles(self.true, self.predicted)

    @property
    def radial(self) -> PerSample:
        """Outward component of the predicted acceleration [R_E/TU²]."""
        radius = np.linalg.norm(self.position, axis=-1)
        return np.sum(self.position * self.predicted, axis=-1) / radius


@eqx.filter_jit
def on_each(function: Any, states: Float[Array, "orbit time 6"]) -> Any:
    """`function` of each state; models that differ in weights only compile once."""
    return jax.vmap(jax.vmap(function))(states)


def predict(field: Acceleration, orbits: OrbitSet) -> Predictions:
    """Accelerations of `field` on every sample of a set, evaluated in float32."""
    mask = orbits.mask
    safe = jnp.asarray(np.where(mask[..., None], orbits.states, 1.0), jnp.float32)
    learned = np.asarray(on_each(field, safe), dtype=float)
    position = np.where(mask[..., None], orbits.states[..., :3], np.nan)
    predicted = np.where(mask[..., None], learned, np.nan)
    true = np.where(mask[..., None], orbits.acceleration, np.nan)
    return Predictions(position, true, predicted, mask)


def angles(
    first: Float[np.ndarray, "*batch 3"], second: Float[np.ndarray, "*batch 3"]
) -> Float[np.ndarray, "*batch"]:
    """Angles between vectors [deg], of arrays."""
    across = np.linalg.norm(np.cross(first, second), axis=-1)
    return np.degrees(np.arctan2(across, np.sum(first * second, axis=-1)))


def share(events: Bool[np.ndarray, "..."], valid: Bool[np.ndarray, "..."]) -> float:
    """Percentage of valid cases in which something happens [%]; NaN without a case."""
    return float(100 * events[valid].mean()) if valid.any() else float("nan")


def radial_sign_error(position: Vectors, predicted: Vectors) -> float:
    """Share of samples where the field pushes away from the centre [%]."""
    outward = np.sum(position * predicted, axis=-1)
    return share(outward > 0, ~np.isnan(outward))


def direction_flips(predicted: Vectors) -> float:
    """Share of neighbouring samples whose accelerations point apart [%]."""
    product = np.sum(predicted[:, 1:] * predicted[:, :-1], axis=-1)
    return share(product < 0, ~np.isnan(product))


def output_flips(magnitude: PerSample, direction: Vectors) -> float:
    """Share of neighbours whose magnitude and direction both turn over [%].

    The twin failure: then their product, the acceleration, shows nothing of it.
    """
    turned = np.sum(direction[:, 1:] * direction[:, :-1], axis=-1)
    sign = magnitude[:, 1:] * magnitude[:, :-1]
    return share((sign < 0) & (turned < 0), ~np.isnan(turned) & ~np.isnan(sign))


def output_features(model: Any, orbits: OrbitSet) -> tuple[PerSample, Vectors]:
    """Magnitude and direction of a model's output on a set; NaN is padding."""
    mask = orbits.mask
    safe = jnp.asarray(np.where(mask[..., None], orbits.states, 1.0), jnp.float32)
    features = on_each(model.output_features, safe)
    magnitude, direction = (np.asarray(part, dtype=float) for part in features)
    keep = mask[..., None]
    return np.where(mask, magnitude, np.nan), np.where(keep, direction, np.nan)
