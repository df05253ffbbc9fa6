r"""Adjoints: how a loss at samples of an orbit reaches the field and its parameters.

With $\dot y=f(y,\theta)$ and losses $\ell_k(y_k)$ at samples, the adjoint
$a(t)=\partial L/\partial y(t)$ obeys $\dot a=-a^\top\,\partial f/\partial y$ between
the samples, jumps by $\partial\ell_k/\partial y_k$ at each, and gives

$$\frac{\mathrm dL}{\mathrm d\theta}=\int_{t_0}^{t_1}a^\top\frac{\partial f}
{\partial\theta}\,\mathrm dt .$$

(Chen et al. 2018, Neural ordinary differential equations; with the limits in this
order the sign is plus.) States near periapsis move fast, so they weigh more in that
integral. The *normalised* adjoint puts $\rho(y)=1/(\lVert f\rVert+\epsilon)$ inside it
and nowhere else: $a$ itself is not touched. It is then no longer the gradient of $L$.

Everything is written for one segment.
"""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from studies.orbit.models import OrbitModel
from studies.orbit.solvers import Field, Times, Trajectory, runge_kutta_step
from studies.orbit.systems import State

Scalar = Float[Array, ""]
Normalisation = Literal["plain", "magnitude", "relative", "absolute"]
NORMALISATIONS: tuple[Normalisation, ...] = (
    "plain",
    "magnitude",
    "relative",
    "absolute",
)
EPSILON = 1e-3  # [R_E/TU and R_E/TU²] keeps ρ finite where the field vanishes


def weight(rate: State, normalisation: str) -> State:
    r"""$\rho$ for each component of the derivative `rate` = f(y).

    `magnitude`: $1/(\lVert f\rVert+\epsilon)$ for all; `absolute`: each component by
    its own size, $1/(|f_i|+\epsilon)$; `relative`: the same, scaled so that the mean
    over components is that of `magnitude`.
    `plain` is one.

    Raises:
        ValueError: the normalisation is not known.
    """
    if normalisation not in NORMALISATIONS:
        known = ", ".join(NORMALISATIONS)
        message = f"normalisation `{normalisation}` is unknown; choose from {known}."
        raise ValueError(message)
    if normalisation == "plain":
        return jnp.ones_like(rate)
    size = jnp.sqrt(jnp.sum(rate**2))
    whole = jnp.ones_like(rate) / (size + EPSILON)
    if normalisation == "magnitude":
        return whole
    each = 1.0 / (jnp.abs(rate) + EPSILON)
    return each if normalisation == "absolute" else each * whole[0] / jnp.mean(each)


def normalised(model: OrbitModel, normalisation: str) -> Field:
    r"""`model` with the same values and state derivative, but $\rho$ on its parameters.

    $\tilde f=f(y,\bar\theta)+\bar\rho\,(f(\bar y,\theta)-\overline{f(\bar y,\theta)})$,
    where a bar stops the gradient: the value is f, the derivative by y that of f, and
    the derivative by θ is ρ times that of f. It holds for any solver.
    """
    if normalisation == "plain":
        return model
    arrays, rest = eqx.partition(model, eqx.is_array)
    fixed = eqx.combine(jax.lax.stop_gradient(arrays), rest)

    def field(state: State) -> State:
        still = jax.lax.stop_gradient(state)
        by_parameters = model(still)
        value = jax.lax.stop_gradient(by_parameters)
        return fixed(state) + weight(value, normalisation) * (by_parameters - value)

    return field


# Gradients in several ways --------------------------------------------------------


def adaptive(
    field: Field,
    times: Times,
    start: State,
    *,
    relative: float,
    absolute: float,
    adjoint: diffrax.AbstractAdjoint,
) -> Trajectory:
    """States at `times` [TU] by adaptive Tsit5 with a chosen way back.

    NaN where the solver gives up.
    """
    elapsed = times - times[0]
    solution = diffrax.diffeqsolve(
        # parameters are handed over as arguments: the continuous adjoint needs them
        diffrax.ODETerm(lambda _, state, own: own(state)),
        diffrax.Tsit5(),
        t0=elapsed[0],
        t1=elapsed[-1],
        dt0=elapsed[1],
        y0=start,
        args=field,
        saveat=diffrax.SaveAt(ts=elapsed),
        stepsize_controller=diffrax.PIDController(rtol=relative, atol=absolute),
        adjoint=adjoint,
        max_steps=4096,
        throw=False,
    )
    assert solution.ys is not None
    finished = solution.result == diffrax.RESULTS.successful
    return jnp.where(finished, solution.ys, jnp.nan)


def mean_percent_error(predicted: Trajectory, true: Trajectory) -> Scalar:
    """100 · mean ‖y − ŷ‖/‖y‖ over samples 2…L [%]."""
    gap = jnp.sqrt(jnp.sum((predicted - true)[1:] ** 2, axis=-1) + 1e-20)
    return 100 * jnp.mean(gap / jnp.linalg.norm(true[1:], axis=-1))


def gradient(
    solver: Callable[[Field, Times, State], Trajectory],
    model: OrbitModel,
    times: Float[Array, "segments samples"],
    states: Float[Array, "segments samples 6"],
) -> tuple[Scalar, Float[Array, " parameters"]]:
    """(loss [%], its gradient as one vector) over segments, by a solver."""

    def loss(model: OrbitModel) -> Scalar:
        found = jax.vmap(lambda ts, start: solver(model, ts, start))(
            times, states[:, 0]
        )
        return jnp.mean(jax.vmap(mean_percent_error)(found, states))

    value, slopes = eqx.filter_value_and_grad(loss)(model)
    return value, ravel_pytree(eqx.filter(slopes, eqx.is_array))[0]


# The adjoint along an orbit -------------------------------------------------------


class AlongOrbit(NamedTuple):
    """What the gradient is made of, at each sample of a rolled-out orbit."""

    states: Float[Array, "time 6"]  # rolled out [R_E, R_E/TU]
    adjoint: Float[Array, "time 6"]  # ∂L/∂y, after the jump at the sample
    sensitivity: Float[Array, " time"]  # ‖∂f/∂θ‖, Frobenius
    integrand: Float[Array, " time"]  # ‖aᵀ ∂f/∂θ‖
    divergence: Float[Array, " time"]  # tr ∂f/∂y [1/TU]


def along(model: OrbitModel, times: Times, true: Trajectory) -> AlongOrbit:
    """The adjoint of the mean percent error on one orbit, back from its last sample.

    It is that of the Runge-Kutta steps actually taken, and so exact for them.
    """
    intervals = jnp.diff(times)

    def advance(state: State, interval: Scalar) -> tuple[State, State]:
        after = runge_kutta_step(model, state, interval)
        return after, after

    _, later = jax.lax.scan(advance, true[0], intervals)
    states = jnp.concatenate([true[:1], later])
    jumps = jax.grad(mean_percent_error)(states, true)

    def back(above: State, row: tuple[State, Scalar, State]) -> tuple[State, State]:
        state, interval, jump = row
        _, pull = jax.vjp(lambda y: runge_kutta_step(model, y, interval), state)
        here = pull(above)[0] + jump
        return here, here

    rows = (states[:-1], intervals, jumps[:-1])
    _, earlier = jax.lax.scan(back, jumps[-1], rows, reverse=True)
    adjoint = jnp.concatenate([earlier, jumps[-1:]])
    parts = jax.lax.map(lambda pair: _local(model, *pair), (states, adjoint))
    return AlongOrbit(states, adjoint, *parts)


def _local(
    model: OrbitModel, state: State, adjoint: State
) -> tuple[Scalar, Scalar, Scalar]:
    """(‖∂f/∂θ‖, ‖aᵀ ∂f/∂θ‖, tr ∂f/∂y) at one state."""
    arrays, rest = eqx.partition(model, eqx.is_array)

    def rate(arrays: Any) -> State:
        return eqx.combine(arrays, rest)(state)

    rows = jax.tree.leaves(jax.jacrev(rate)(arrays))
    _, pull = jax.vjp(rate, arrays)
    pulled = jax.tree.leaves(pull(adjoint)[0])
    whole = jnp.sqrt(sum((jnp.sum(x**2) for x in rows), start=jnp.zeros(())))
    seen = jnp.sqrt(sum((jnp.sum(x**2) for x in pulled), start=jnp.zeros(())))
    return whole, seen, jnp.trace(jax.jacfwd(model)(state))
