r"""Curvature at a point of the hidden state's flow, of two kinds that are kept apart.

The speed $q(h)=\frac12\lVert F(u,h)-h\rVert^2$ has the Hessian
$(J-I)^\top(J-I)+\sum_i r_i\nabla^2F_i$ with $r=F-h$. At a fixed point $r=0$, so it is
never negative there and only its small eigenvalues, the slow directions, say anything.
The flow itself is curved by $\partial^2F_i/\partial h_j\partial h_k$; it is looked at
through a vector of weights $w$, as the Hessian of $\langle w,F\rangle$, for which rows
of the readout and leading left eigenvectors are the natural choices.
"""

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from studies.reach.fixed_points import double

Map = Callable[[Array, Array], Array]


class FlowCurvature(NamedTuple):
    """How strongly the flow is curved, seen through one vector of weights."""

    hessian: Float[np.ndarray, "hidden hidden"]  # of ⟨w, F⟩
    spectral: float  # its largest |eigenvalue|
    frobenius: float
    radius: float  # ‖wᵀJ‖ / spectral: how far the linear picture holds [1]


class Bends(NamedTuple):
    """Curvature of the flow at many points, through several vectors at each."""

    spectral: Float[np.ndarray, "*points n"]
    frobenius: Float[np.ndarray, "*points n"]
    radius: Float[np.ndarray, "*points n"]  # ‖wᵀJ‖ / spectral [1]


def speed_hessian(
    controller: Map,
    held: Float[np.ndarray, "*points size"],
    point: Float[np.ndarray, "*points hidden"],
) -> Float[np.ndarray, "*points hidden hidden"]:
    """The Hessian of the speed q at each point, by differentiating twice."""
    with jax.enable_x64(True):
        told, at = (x.reshape(-1, x.shape[-1]) for x in _both(held, point))
        found = np.asarray(_speed(double(controller), told, at))
    return found.reshape(*point.shape, point.shape[-1])


def bends(
    controller: Map,
    inputs: Float[np.ndarray, "*points size"],
    points: Float[np.ndarray, "*points hidden"],
    weights: Float[np.ndarray, "*points n hidden"],
) -> Bends:
    """How strongly the flow is curved at many points, through `weights` at each."""
    many = weights.shape[-2]
    with jax.enable_x64(True):
        held, at = _both(inputs, points)
        rows = jnp.asarray(weights, jnp.float64).reshape(-1, many, weights.shape[-1])
        held, at = (x.reshape(-1, x.shape[-1]) for x in (held, at))
        found = _bends(double(controller), held, at, rows)
        parts = (np.asarray(x).reshape(weights.shape[:-1]) for x in found)
        spectral, frobenius, slope = parts
    with np.errstate(divide="ignore"):
        return Bends(spectral, frobenius, slope / spectral)


def flow_curvature(
    controller: Map,
    held: Float[np.ndarray, " size"],
    point: Float[np.ndarray, " hidden"],
    weights: Float[np.ndarray, " hidden"],
) -> FlowCurvature:
    """The curvature of the flow at a point, through `weights`."""
    with jax.enable_x64(True):
        slope, hessian = _flow(
            double(controller), *_both(held, point), jnp.asarray(weights, jnp.float64)
        )
        hessian, slope = np.asarray(hessian), np.asarray(slope)
    spectral = float(np.max(np.abs(np.linalg.eigvalsh(hessian))))
    reach = np.linalg.norm(slope) / spectral if spectral else np.inf
    return FlowCurvature(
        hessian, spectral, float(np.linalg.norm(hessian)), float(reach)
    )


def _both(held: np.ndarray, point: np.ndarray) -> tuple[Array, Array]:
    return jnp.asarray(held, jnp.float64), jnp.asarray(point, jnp.float64)


@eqx.filter_jit
def _speed(controller: Map, held: Array, point: Array) -> Array:
    def of_one(held: Array, point: Array) -> Array:
        def speed(hidden: Array) -> Array:
            return 0.5 * jnp.sum((controller(held, hidden) - hidden) ** 2)

        return jax.hessian(speed)(point)

    return jax.lax.map(lambda pair: of_one(*pair), (held, point))


@eqx.filter_jit
def _bends(
    controller: Map, inputs: Array, points: Array, weights: Array
) -> tuple[Array, Array, Array]:
    def through(held: Array, point: Array, row: Array) -> tuple[Array, Array, Array]:
        slope, hessian = _flow(controller, held, point, row)
        size = jnp.max(jnp.abs(jnp.linalg.eigvalsh(hessian)))
        return size, jnp.linalg.norm(hessian), jnp.linalg.norm(slope)

    def of_one(one: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        held, point, rows = one
        return jax.vmap(lambda row: through(held, point, row))(rows)

    return jax.lax.map(of_one, (inputs, points, weights))


@eqx.filter_jit
def _flow(
    controller: Map, held: Array, point: Array, weights: Array
) -> tuple[Array, Array]:
    def seen(hidden: Array) -> Array:
        return weights @ controller(held, hidden)

    return jax.grad(seen)(point), jax.hessian(seen)(point)
