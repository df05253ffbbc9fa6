r"""Losses for perturbed orbits: errors relative to what the perturbation does.

A perturbation moves an orbit little, so a percentage of the state says little of it.
With $y^0$ the two-body orbit from the segment's first state (integrated by the same
solver, no gradient), the residual is $y-y^0$, and

- `residual_state_percent_error`:
  $100\,\langle\|y-\hat y\|\rangle/\langle\|y-y^0\|\rangle$
- `residual_state_nmse`:
  $100\sqrt{\langle\|y-\hat y\|^2\rangle/\langle\|y-y^0\|^2\rangle}$
- `…_plus_acceleration_mpe`: plus 0.01 times `penalty` times the percent error of the
  acceleration at the inner samples, against the stencil of three samples

with means over all samples of all segments but the first. 100 % is what Newton's field
alone would get. Means are taken before dividing: a residual starts at zero.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from studies.orbit import losses
from studies.orbit.features import safe_norm
from studies.orbit.losses import SMALL, Scalar, States, Terms
from studies.orbit.models import OrbitModel
from studies.orbit.solvers import solve
from studies.orbit.systems import TwoBody

Times = Float[Array, "segments samples"]

WITH_ACCELERATION = "_plus_acceleration_mpe"
PLAIN = ("residual_state_percent_error", "residual_state_nmse")
RESIDUAL = (*PLAIN, *(name + WITH_ACCELERATION for name in PLAIN))
ACCELERATION = 1e-2  # weight of the acceleration's percent error, of the notes [1]


def reference_orbits(times: Times, states: States, solver: str) -> States:
    """Two-body orbits from the segments' first states, without a gradient."""
    return jax.lax.stop_gradient(solve(solver, TwoBody(), times, states[:, 0]))


def residual_error(
    predicted: States, true: States, reference: States, *, squared: bool
) -> Scalar:
    """Error of the states over the size of the residual, without the start [%]."""
    valid, true, predicted = losses.counted(true[:, 1:], predicted[:, 1:])
    reference = jnp.where(valid[..., None], reference[:, 1:], 0.0)
    error, size = safe_norm(true - predicted), safe_norm(true - reference)
    if squared:
        ratio = losses.mean(error**2, valid) / (losses.mean(size**2, valid) + SMALL**2)
        return 100 * jnp.sqrt(ratio + SMALL)
    return 100 * losses.mean(error, valid) / (losses.mean(size, valid) + SMALL)


def inner_accelerations(
    times: Times, states: States
) -> Float[Array, "segments inner 3"]:
    """Accelerations at all but the end samples, which are equally spaced.

    2(p₊ − 2p₀ + p₋)/h² − (v₊ − v₋)/(2h), of fourth order; see `segments`.
    """
    step = (times[:, 2:] - times[:, :-2])[..., None] / 2
    position, velocity = states[..., :3], states[..., 3:]
    bend = position[:, 2:] - 2 * position[:, 1:-1] + position[:, :-2]
    return 2 * bend / step**2 - (velocity[:, 2:] - velocity[:, :-2]) / (2 * step)


def residual_terms(
    name: str,
    model: OrbitModel | TwoBody,
    solver: str,
    times: Times,
    states: States,
    penalty: float | Scalar = 1.0,
) -> Terms:
    """The terms of a residual loss by name, one of `RESIDUAL`.

    Raises:
        ValueError: acceleration is asked for of segments of fewer than three samples.
    """
    base = name.removesuffix(WITH_ACCELERATION)
    predicted = solve(solver, model, times, states[:, 0])
    reference = reference_orbits(times, states, solver)
    squared = base == "residual_state_nmse"
    terms = {base: residual_error(predicted, states, reference, squared=squared)}
    if base == name:
        return terms
    if states.shape[1] < 3:
        message = f"`{name}` needs segments of at least 3 samples."
        raise ValueError(message)
    given = jax.vmap(jax.vmap(model))(states[:, 1:-1])
    labels = inner_accelerations(times, states)
    flat = (x.reshape(-1, x.shape[-1]) for x in (given, states[:, 1:-1], labels))
    matched = losses.acceleration_matching(*flat)["acceleration"]
    return terms | {"acceleration": penalty * ACCELERATION * matched}
