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


def speed_hessian(
    controller: Map,
    held: Float[np.ndarray, " size"],
    point: Float[np.ndarray, " hidden"],
) -> Float[np.ndarray, "hidden hidden"]:
    """The Hessian of the speed q at a point, by differentiating twice."""
    with jax.enable_x64(True):
        return np.asarray(_speed(double(controller), *_both(held, point)))


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
    def speed(hidden: Array) -> Array:
        return 0.5 * jnp.sum((controller(held, hidden) - hidden) ** 2)

    return jax.hessian(speed)(point)


@eqx.filter_jit
def _flow(
    controller: Map, held: Array, point: Array, weights: Array
) -> tuple[Array, Array]:
    def seen(hidden: Array) -> Array:
        return weights @ controller(held, hidden)

    return jax.grad(seen)(point), jax.hessian(seen)(point)
