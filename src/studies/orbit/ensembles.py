"""Errors of an ensemble on a set of orbits: every member in one compiled call.

Models are stacked, as the trainer gives them: each array has a leading axis of members.
States go in as float64 numpy and are evaluated in float32; NaN marks padding.
"""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from studies.orbit import metrics
from studies.orbit.models import OrbitModel
from studies.orbit.solvers import fast
from studies.orbit.tasks import OrbitSet

PerMember = Float[np.ndarray, " member"]


class Followed(NamedTuple):
    """One orbit as each member sees it; padding is left out."""

    time: Float[np.ndarray, " time"]  # [TU]
    true: Float[np.ndarray, "time 6"]  # [R_E, R_E/TU]
    states: Float[np.ndarray, "member time 6"]  # rolled out from the first true state
    acceleration: Float[np.ndarray, "member time 3"]  # on the true states [R_E/TU²]
    exact: Float[np.ndarray, "time 3"]  # the true one there [R_E/TU²]

    @property
    def errors(self) -> PerMember:
        """Mean acceleration error of each member along the true orbit [%]."""
        gap = np.linalg.norm(self.acceleration - self.exact, axis=-1)
        return 100 * np.mean(gap / np.linalg.norm(self.exact, axis=-1), axis=-1)


def acceleration_errors(models: Any, orbits: OrbitSet) -> PerMember:
    """Mean acceleration error of each member on the true states of a set [%].

    Infinite where a field has no value somewhere.
    """
    states = jnp.asarray(orbits.states[orbits.mask], jnp.float32)
    true = jnp.asarray(orbits.acceleration[orbits.mask], jnp.float32)
    errors = np.asarray(_errors(models, states, true), dtype=float)
    return np.where(np.isfinite(errors), errors, np.inf)


@eqx.filter_jit
def _errors(
    models: OrbitModel,
    states: Float[Array, "samples 6"],
    true: Float[Array, "samples 3"],
) -> Float[Array, " member"]:
    return eqx.filter_vmap(
        lambda model: metrics.acceleration_error(model.acceleration, states, true)
    )(models)


def output_flips(models: Any, orbits: OrbitSet) -> PerMember:
    """Share of neighbours where magnitude and direction both change sign [%]."""
    keep = orbits.mask
    safe = jnp.asarray(np.where(keep[..., None], orbits.states, 1.0), jnp.float32)
    magnitudes, directions = (np.array(part, float) for part in _outputs(models, safe))
    magnitudes[:, ~keep], directions[:, ~keep] = np.nan, np.nan
    pairs = zip(magnitudes, directions, strict=True)
    return np.array([metrics.output_flips(*pair) for pair in pairs])


@eqx.filter_jit
def _outputs(models: OrbitModel, states: Float[Array, "orbit time 6"]):
    return eqx.filter_vmap(
        lambda model: jax.vmap(jax.vmap(model.output_features))(states)
    )(models)


def follow(models: Any, orbit: OrbitSet, row: int = 0) -> Followed:
    """Rollouts from the first true state of one orbit, and accelerations along it."""
    mask = orbit.mask[row]
    time, true = orbit.time[row, mask], orbit.states[row, mask]
    inside = (jnp.asarray(part, jnp.float32) for part in (time, true))
    states, acceleration = (np.array(x, float) for x in _follow(models, *inside))
    return Followed(time, true, states, acceleration, orbit.acceleration[row, mask])


@eqx.filter_jit
def _follow(
    models: OrbitModel, time: Float[Array, " time"], true: Float[Array, "time 6"]
):
    def one(model: OrbitModel):
        return fast(model, time, true[0]), jax.vmap(model.acceleration)(true)

    return eqx.filter_vmap(one)(models)


class Opened(NamedTuple):
    """Inputs and outputs of one model along states."""

    inputs: Float[np.ndarray, "time features"]
    magnitude: Float[np.ndarray, " time"]  # after the output layer's activation
    direction: Float[np.ndarray, "time 3"]
    acceleration: Float[np.ndarray, "time 3"]  # [R_E/TU²]

    def named(self, axes: int) -> dict[str, np.ndarray]:
        """Size of the acceleration and the outputs over time, by name."""
        size = np.linalg.norm(self.acceleration, axis=-1)
        parts = zip("xyz"[:axes], self.direction.T, strict=False)
        directions = {f"direction {name}": values for name, values in parts}
        return {"|a|": size, "magnitude": self.magnitude} | directions


def open_up(model: OrbitModel, states: Float[np.ndarray, "time 6"]) -> Opened:
    """Features, output and acceleration of `model` at `states` [R_E, R_E/TU]."""
    return Opened(*(np.array(x, float) for x in _opened(model, jnp.float32(states))))


@eqx.filter_jit
def _opened(model: OrbitModel, states: Float[Array, "time 6"]):
    def one(state: Float[Array, "6"]):
        return (
            model.inputs(state),
            *model.output_features(state),
            model.acceleration(state),
        )

    return jax.vmap(one)(states)
