"""A learned field over the plane, and what a piece of an orbit can tell of it.

The plane is asked on a grid. A learned field depends on the velocity too, so a grid
needs one: here the speed of a circular orbit, counterclockwise.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from studies.orbit.inside import SMALLEST, derivatives
from studies.orbit.kepler import gravity
from studies.orbit.metrics import on_each
from studies.orbit.orbit_sets import OrbitSet
from studies.orbit.slopes import local_slope
from studies.orbit.solvers import fast
from studies.orbit.systems import TwoBody

EXACT = 1e-8  # relative error that counts as none [1]: float32 tells no smaller one

Grid = Float[np.ndarray, "y x"]


class Plane(NamedTuple):
    """A field on a grid of the xy plane; NaN inside the Earth."""

    x: Float[np.ndarray, " x"]  # [R_E]
    y: Float[np.ndarray, " y"]  # [R_E]
    residual: Grid  # log10 of ‖a − â‖/‖a‖ [1]
    learned: Float[np.ndarray, "y x 3"]  # [R_E/TU²]
    true: Float[np.ndarray, "y x 3"]  # [R_E/TU²]
    divergence: Grid  # tr ∂f/∂y [1/TU]
    sensitivity: Grid  # ‖∂a/∂v‖ [1/TU]
    fastest: Grid  # largest |Re λ| of ∂f/∂y [1/TU]
    rates: Float[np.ndarray, " rate"]  # |Re λ| everywhere, above rounding [1/TU]


def circular_states(
    x: Float[np.ndarray, " x"], y: Float[np.ndarray, " y"]
) -> Float[np.ndarray, "y x 6"]:
    """States on a grid with the velocity of a prograde circular orbit."""
    px, py = np.meshgrid(x, y)
    radius = np.maximum(np.hypot(px, py), 1e-3)
    speed = 1 / np.sqrt(radius)
    zero = np.zeros_like(px)
    turned = (-py / radius * speed, px / radius * speed)
    return np.stack([px, py, zero, *turned, zero], axis=-1)


def over_plane(model: Any, reach: float = 10.0, count: int = 41) -> Plane:
    """A learned field on a square grid of half width `reach` [R_E]."""
    axis = np.linspace(-reach, reach, count)
    states = circular_states(axis, axis)
    inside = np.linalg.norm(states[..., :2], axis=-1) < 1.0
    safe = jnp.asarray(np.where(inside[..., None], 1.0, states), jnp.float32)
    learned = np.array(on_each(model.acceleration, safe), float)
    matrices = np.array(derivatives(model, safe), float)
    learned[inside], matrices[inside] = np.nan, np.nan
    true = gravity(np.where(inside[..., None], np.nan, states[..., :3]))
    gap = np.linalg.norm(true - learned, axis=-1) / np.linalg.norm(true, axis=-1)
    rates = np.zeros((*inside.shape, 6))
    rates[~inside] = np.abs(np.linalg.eigvals(matrices[~inside]).real)
    rates[inside] = np.nan
    return Plane(
        axis,
        axis,
        np.log10(np.maximum(gap, EXACT)),
        learned,
        true,
        np.trace(matrices, axis1=-2, axis2=-1),
        np.linalg.norm(matrices[..., 3:, 3:], axis=(-2, -1)),
        rates.max(axis=-1),
        rates[rates > SMALLEST],
    )


def numbers(plane: Plane) -> dict[str, float]:
    """Medians over the plane; the spread is the 95th over the 5th percentile."""
    low, high = np.quantile(plane.rates, [0.05, 0.95]) if plane.rates.size else (1, 1)
    return {
        "residual [%]": float(100 * 10 ** np.nanmedian(plane.residual)),
        "divergence [1/TU]": float(np.nanmedian(np.abs(plane.divergence))),
        "velocity sensitivity [1/TU]": float(np.nanmedian(plane.sensitivity)),
        "fastest rate [1/TU]": float(np.nanmedian(plane.fastest)),
        "spread of rates [1]": float(high / low),
    }


def in_and_out(plane: Plane, training: OrbitSet) -> tuple[float, float]:
    """Median residual [%] at radii that training orbits reach, and at the others.

    The second is NaN when they reach everywhere.
    """
    radius = np.hypot(*np.meshgrid(plane.x, plane.y))
    seen = np.linalg.norm(training.states[..., :3], axis=-1)
    within = (radius >= np.nanmin(seen)) & (radius <= np.nanmax(seen))
    known = np.isfinite(plane.residual)

    def middle(part: Any) -> float:
        values = plane.residual[known & part]
        return float(100 * 10 ** np.median(values)) if values.size else float("nan")

    return middle(within), middle(~within)


class FallOff(NamedTuple):
    """How a learned pull falls off along the unseen samples."""

    radius: Float[np.ndarray, " window"]  # [R_E]
    size: Float[np.ndarray, " window"]  # mean |â| in the window [R_E/TU²]
    local: Float[np.ndarray, " window"]  # local slope [1]


def fall_off(
    radius: Float[np.ndarray, "..."], size: Float[np.ndarray, "..."], count: int = 40
) -> FallOff:
    """Geometric mean of |â| and the local slope, in windows of 0.3 in ln r."""
    centres = np.geomspace(np.nanmin(radius), np.nanmax(radius), count)
    x, y = np.log(np.ravel(radius)), np.log(np.ravel(size))
    means = np.full(count, np.nan)
    for place, centre in enumerate(np.log(centres)):
        near = (np.abs(x - centre) < 0.15) & np.isfinite(y)
        if near.any():
            means[place] = np.exp(y[near].mean())
    return FallOff(centres, means, local_slope(radius, size, centres))


# A segment and its straight neighbours -----------------------------------------------

Segment = Float[Array, "segments samples 6"]
Times = Float[Array, "segments samples"]


def linear_field(start: Float[Array, "6"]) -> Callable[[Any], Any]:
    """Newton's field linearised at `start`: f(y₀) + ∂f/∂y (y − y₀)."""
    newton = TwoBody()
    value, slope = newton(start), jax.jacfwd(newton)(start)
    return lambda state: value + slope @ (state - start)


def constant_field(start: Float[Array, "6"]) -> Callable[[Any], Any]:
    """The acceleration of `start` for ever: a parabola."""
    pull = TwoBody().acceleration(start)
    return lambda state: jnp.concatenate([state[3:], pull])


@eqx.filter_jit
def propagator_errors(times: Times, states: Segment) -> dict[str, Float[Array, ""]]:
    """Percent error of segments retraced by simpler fields than Newton's [%].

    Each field is built at the segment's true start, so it knows the truth there; what
    it cannot know is how the pull changes along the segment.
    """
    fields = {"constant": constant_field, "linear": linear_field, "newton": None}
    errors = {}
    for name, make in fields.items():

        def retrace(ts: Any, ys: Any, make: Any = make) -> Any:
            field = TwoBody() if make is None else make(ys[0])
            return fast(field, ts, ys[0])

        predicted = jax.vmap(retrace)(times, states)
        errors[name] = segment_error(predicted, states)
    return errors


@eqx.filter_jit
def model_error(model: Any, times: Times, states: Segment) -> Float[Array, ""]:
    """Percent error of segments retraced by a model [%]."""
    predicted = jax.vmap(lambda ts, ys: fast(model, ts, ys[0]))(times, states)
    return segment_error(predicted, states)


def segment_error(predicted: Segment, states: Segment) -> Float[Array, ""]:
    """Mean relative error of the state without the start [%]."""
    gap = jnp.linalg.norm((predicted - states)[:, 1:], axis=-1)
    return 100 * jnp.mean(gap / jnp.linalg.norm(states[:, 1:], axis=-1))
