r"""How a controller moves near its fixed points: Jacobians, modes and curvature.

Near a fixed point $h^*$ the hidden state follows $\delta h'=J\,\delta h+B\,\delta u$
with $J=\partial F/\partial h$ and $B=\partial F/\partial u$. The eigenvalues of $J$ say
how fast each mode decays and whether it oscillates; a pair of complex ones is a "wing"
of the spectrum. From the implicit function theorem the point itself moves with the
input by $\partial h^*/\partial u=(I-J)^{-1}B$.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from studies.reach.fixed_points import double

Map = Callable[[Array, Array], Array]

WING = 0.05  # smallest |Im λ| of an oscillatory mode [1]


class Jacobians(NamedTuple):
    """Derivatives of the map at points, with the leading axes of the points."""

    hidden: Float[np.ndarray, "*points hidden hidden"]  # J = ∂F/∂h
    input: Float[np.ndarray, "*points hidden size"]  # B = ∂F/∂u


class Modes(NamedTuple):
    """Eigenvalues of J by falling modulus, with right and left eigenvectors.

    Columns of `right` have length 1; `left` holds rows with left[i] @ right[:, j] = 1
    where i = j and 0 elsewhere.
    """

    value: Complex[np.ndarray, "*points hidden"]
    right: Complex[np.ndarray, "*points hidden hidden"]
    left: Complex[np.ndarray, "*points hidden hidden"]


class Planes(NamedTuple):
    """Trace τ and determinant δ of log(J)/Δt by mode, and what has no real logarithm.

    A complex pair a, ā gives (2 Re a, |a|²); real modes are paired by falling modulus
    and give (a₁ + a₂, a₁ a₂).
    """

    trace: Float[np.ndarray, " mode"]  # τ [1/s]
    determinant: Float[np.ndarray, " mode"]  # δ [1/s²]
    oscillates: np.ndarray  # whether the mode is a complex pair
    negative: int  # real λ < 0, whose logarithm is not real
    vanishing: int  # λ near 0, whose logarithm is −∞
    unpaired: int  # a last real mode without a partner


def jacobians(
    controllers: Any,
    inputs: Float[np.ndarray, "*points size"],
    points: Float[np.ndarray, "*points hidden"],
    *,
    stacked: bool = False,
) -> Jacobians:
    """∂F/∂h and ∂F/∂u at every point, in float64.

    Args:
        controllers: `F`; with `stacked` many, whose axis is the first of the points'.
        inputs: what the network is told at each point.
        points: hidden states.
        stacked: whether `controllers` has a leading axis.
    """
    with jax.enable_x64(True):
        by_hidden, by_input = _jacobians(
            double(controllers),
            jnp.asarray(inputs, jnp.float64),
            jnp.asarray(points, jnp.float64),
            stacked,
        )
        return Jacobians(np.asarray(by_hidden), np.asarray(by_input))


@eqx.filter_jit
def _jacobians(
    controllers: Any, inputs: Array, points: Array, stacked: bool
) -> tuple[Array, Array]:
    def at(controller: Map, held: Array, point: Array) -> tuple[Array, Array]:
        by_input, by_hidden = jax.jacfwd(controller, argnums=(0, 1))(held, point)
        return by_hidden, by_input

    def of_one(controller: Map, inputs: Array, points: Array) -> tuple[Array, Array]:
        flat = (
            inputs.reshape(-1, inputs.shape[-1]),
            points.reshape(-1, points.shape[-1]),
        )
        found = jax.vmap(partial(at, controller))(*flat)
        leading = points.shape[:-1]
        return jax.tree.map(lambda x: x.reshape(*leading, *x.shape[1:]), found)

    if stacked:
        return eqx.filter_vmap(of_one)(controllers, inputs, points)
    return of_one(controllers, inputs, points)


def modes(jacobian: Float[np.ndarray, "*points hidden hidden"]) -> Modes:
    """Eigenvalues and eigenvectors of each Jacobian; NaN where it has none."""
    shape = jacobian.shape
    flat = jacobian.reshape(-1, *shape[-2:])
    whole = np.all(np.isfinite(flat), axis=(-2, -1))
    value = np.full(flat.shape[:-1], np.nan, complex)
    right, left = (np.full(flat.shape, np.nan, complex) for _ in range(2))
    if whole.any():
        values, vectors = np.linalg.eig(flat[whole])
        order = np.argsort(-np.abs(values), axis=-1, kind="stable")
        value[whole] = np.take_along_axis(values, order, axis=-1)
        right[whole] = np.take_along_axis(vectors, order[:, None, :], axis=-1)
        left[whole] = np.linalg.inv(right[whole])
    back = shape[:-2]
    return Modes(value.reshape(*back, -1), right.reshape(shape), left.reshape(shape))


def spectral_radius(
    value: Complex[np.ndarray, "*points hidden"],
) -> Float[np.ndarray, "*points"]:
    """The largest |λ| of each spectrum."""
    return np.asarray(np.max(np.abs(value), axis=-1))


def moves_with_input(
    derivatives: Jacobians,
) -> Float[np.ndarray, "*points hidden size"]:
    r"""How each fixed point moves with its input: $\partial h^*/\partial u$."""
    unit = np.eye(derivatives.hidden.shape[-1])
    return np.linalg.solve(unit - derivatives.hidden, derivatives.input)


def loading(mode: Complex[np.ndarray, " hidden"]) -> Float[np.ndarray, " hidden"]:
    """Share of each unit in a mode's eigenvector: squares that sum to 1."""
    square = np.abs(mode) ** 2
    return square / square.sum()


def planes(value: Complex[np.ndarray, " hidden"], dt: float) -> Planes:
    """The trace–determinant diagram of one spectrum, in continuous time.

    Args:
        value: eigenvalues of J.
        dt: time step [s].
    """
    vanishing = np.abs(value) < 1e-12
    real = np.abs(np.imag(value)) < 1e-12
    negative = real & (np.real(value) < 0) & ~vanishing
    pairs = np.log(value[(np.imag(value) > 0) & ~real & ~vanishing]) / dt
    single = np.real(value[real & ~negative & ~vanishing])
    rates = np.log(np.sort(single)[::-1]) / dt
    even = rates[: len(rates) // 2 * 2].reshape(-1, 2)
    return Planes(
        trace=np.concatenate([2 * np.real(pairs), even.sum(axis=1)]),
        determinant=np.concatenate([np.abs(pairs) ** 2, even.prod(axis=1)]),
        oscillates=np.repeat([True, False], [len(pairs), len(even)]),
        negative=int(negative.sum()),
        vanishing=int(vanishing.sum()),
        unpaired=len(rates) % 2,
    )
