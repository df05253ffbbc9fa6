"""What is true before anything is learned: gravity, its invariants, local axes, units.

Written in JAX for one state, to be used under `jax.vmap`; `kepler` holds the same
physics in float64 numpy for drawing data. Position [R_E], velocity [R_E/TU], mu = 1.
"""

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from studies.orbit.kepler import (
    ACCELERATION_UNIT,
    EARTH_MU,
    EARTH_RADIUS,
    GEO_RADIUS,
    LOW_RADIUS,
    SPEED_UNIT,
    TIME_UNIT,
    period,
)

__all__ = [
    "ACCELERATION_UNIT",
    "EARTH_MU",
    "EARTH_RADIUS",
    "GEO_RADIUS",
    "LOW_RADIUS",
    "SPEED_UNIT",
    "TIME_UNIT",
    "Axes",
    "Number",
    "State",
    "TwoBody",
    "Vector",
    "angular_momentum",
    "eccentricity_vector",
    "energy",
    "gravity",
    "period",
    "rtn_axes",
]

State = Float[Array, "6"]  # position then velocity [R_E, R_E/TU]
Vector = Float[Array, "3"]
Number = Float[Array, ""]


class Axes(NamedTuple):
    """The local axes of an orbit, unit vectors that turn with the motion."""

    radial: Vector  # R̂, away from the centre
    transverse: Vector  # T̂ = N̂ × R̂, along the motion on a circle
    normal: Vector  # N̂, along p × v


def gravity(position: Vector, mu: float = 1.0) -> Vector:
    """Newton's acceleration −mu p/r³ [R_E/TU²] at `position` [R_E]."""
    return -mu * position / (position @ position) ** 1.5


def energy(state: State, mu: float = 1.0) -> Number:
    """Specific energy v²/2 − mu/r [R_E²/TU²], constant on an orbit."""
    position, velocity = state[:3], state[3:]
    return velocity @ velocity / 2 - mu / jnp.sqrt(position @ position)


def angular_momentum(state: State) -> Vector:
    """Specific angular momentum p × v [R_E²/TU], constant on an orbit."""
    return jnp.cross(state[:3], state[3:])


def eccentricity_vector(state: State, mu: float = 1.0) -> Vector:
    """v × h / mu − p/r [1]: points at periapsis, its length is the eccentricity."""
    position, velocity = state[:3], state[3:]
    swing = jnp.cross(velocity, angular_momentum(state)) / mu
    return swing - position / jnp.sqrt(position @ position)


def rtn_axes(state: State) -> Axes:
    """Radial, transverse and normal axes at `state`.

    Motion straight towards the centre has no normal; then the axes are NaN.
    """
    radial = state[:3] / jnp.linalg.norm(state[:3])
    momentum = angular_momentum(state)
    normal = momentum / jnp.linalg.norm(momentum)
    return Axes(radial, jnp.cross(normal, radial), normal)


class TwoBody(eqx.Module):
    """One body about a fixed centre: the truth, with the methods of a learned model.

    `derivative = [v, −mu p/r³]`. A perturbed field is another class with the same two
    methods.
    """

    mu: float = 1.0  # gravitational parameter [R_E³/TU²]

    def __check_init__(self):
        if self.mu <= 0:
            msg = f"`mu` must be positive [R_E³/TU²]; got {self.mu}."
            raise ValueError(msg)

    def acceleration(self, state: State) -> Vector:
        """Acceleration [R_E/TU²] at `state`; the velocity does not matter."""
        return gravity(state[:3], self.mu)

    def __call__(self, state: State) -> State:
        """Rate of change of `state` [R_E/TU, R_E/TU²]."""
        return jnp.concatenate([state[3:], self.acceleration(state)])
