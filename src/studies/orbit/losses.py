r"""Losses: what is minimised, each with its terms kept apart.

A trajectory loss compares predicted with true states, `[segments, samples, 6]`, in
normalised units. A sample counts where the *true* state is finite (shorter orbits are
padded with NaN); a NaN in the prediction is never hidden, it makes the loss NaN. The
first sample is the start that the solver was given: all losses but `mean_squared_error`
leave it out.

With $\langle\cdot\rangle$ the mean over the counted samples of all segments:

- `percent_error`: $100\,\langle\|y-\hat y\|/\max(\|y\|,10^{-8})\rangle$
- `percent_error_plus_nmse`: that, plus
  $w\,100\sqrt{\langle(y-\hat y)^2\rangle/(\langle y^2\rangle+10^{-8})+10^{-8}}$,
  a normalised root mean square in spite of its name; never below $0.01\,w$
- `mean_squared_error`: $\langle(y-\hat y)^2\rangle$ over components, start included
- `relative_squared_error`: $\langle\|y-\hat y\|^2/(\|y\|^2+10^{-8})\rangle$
- `percent_error_weighted`: the percent error with samples weighted by $r^2$, which
  lifts the apoapsis, where a state is large and its error looks small
- `acceleration_matching`: $100\,\langle\|a(y)-\tilde a\|/\|\tilde a\|\rangle$ with
  labels $\tilde a$ made from the data alone; nothing is integrated

Those that look at the model as well, its weights or its field, are in `penalties`.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from studies.orbit.features import safe_norm

Scalar = Float[Array, ""]
States = Float[Array, "segments samples 6"]
Terms = dict[str, Scalar]
SMALL = 1e-8  # of the notes, in every denominator


def mean(
    values: Float[Array, "*batch"], valid: Bool[Array, "*batch"]
) -> Float[Array, ""]:
    """Mean of the valid values; not a number where there is none."""
    count = jnp.sum(valid, dtype=values.dtype)
    return jnp.sum(jnp.where(valid, values, 0.0)) / count


def counted(
    true: States, predicted: States
) -> tuple[Bool[Array, "..."], States, States]:
    """Which samples count, and both sets of states with harmless zeros elsewhere."""
    valid = jnp.all(jnp.isfinite(true), axis=-1)
    keep = valid[..., None]
    return valid, jnp.where(keep, true, 0.0), jnp.where(keep, predicted, 0.0)


def percent_error(predicted: States, true: States) -> Terms:
    """Mean error of the state relative to its size, without the start [%]."""
    valid, true, predicted = counted(true[:, 1:], predicted[:, 1:])
    relative = safe_norm(true - predicted) / jnp.maximum(safe_norm(true), SMALL)
    return {"percent_error": 100 * mean(relative, valid)}


def normalised_error(predicted: States, true: States) -> Float[Array, ""]:
    """Root mean square error over root mean square, without the start [%]."""
    valid, true, predicted = counted(true[:, 1:], predicted[:, 1:])
    error = mean(jnp.mean((true - predicted) ** 2, axis=-1), valid)
    size = mean(jnp.mean(true**2, axis=-1), valid)
    return 100 * jnp.sqrt(error / (size + SMALL) + SMALL)


def percent_error_plus_nmse(
    predicted: States, true: States, *, nmse_weight: float | Scalar = 1.0
) -> Terms:
    """`percent_error` and `nmse_weight` [1] times the normalised error [%]."""
    nmse = nmse_weight * normalised_error(predicted, true)
    return percent_error(predicted, true) | {"nmse": nmse}


def mean_squared_error(predicted: States, true: States) -> Terms:
    """Mean square of all components in normalised units, the start included."""
    valid, true, predicted = counted(true, predicted)
    square = jnp.mean((true - predicted) ** 2, axis=-1)
    return {"mean_squared_error": mean(square, valid)}


def acceleration_matching(
    predicted: Float[Array, "batch 6"],
    states: Float[Array, "batch 6"],
    labels: Float[Array, "batch 3"],
    *,
    with_velocity: bool = False,
) -> Terms:
    """Mean error of the acceleration relative to its label [%].

    Args:
        predicted: derivatives that the model gives at `states` [R_E/TU, R_E/TU²].
        states: where it was asked [R_E, R_E/TU].
        labels: accelerations estimated from the data [R_E/TU²]; NaN where unknown.
        with_velocity: for a model that learns the velocity too; adds its own term.
    """
    valid = jnp.all(jnp.isfinite(labels), axis=-1)
    labels = jnp.where(valid[:, None], labels, 1.0)
    acceleration = jnp.where(valid[:, None], predicted[:, 3:], 1.0)
    error = safe_norm(acceleration - labels) / jnp.maximum(safe_norm(labels), SMALL)
    terms = {"acceleration": 100 * mean(error, valid)}
    if with_velocity:
        velocity = jnp.where(valid[:, None], states[:, 3:], 1.0)
        given = jnp.where(valid[:, None], predicted[:, :3], 1.0)
        error = safe_norm(given - velocity) / jnp.maximum(safe_norm(velocity), SMALL)
        terms["velocity"] = 100 * mean(error, valid)
    return terms


def relative_squared_error(predicted: States, true: States) -> Terms:
    """Mean over samples of the squared error over the squared size, without the start.

    The source left it unreduced; the mean makes it a loss.
    """
    valid, true, predicted = counted(true[:, 1:], predicted[:, 1:])
    size = jnp.sum(true**2, axis=-1) + SMALL
    relative = jnp.sum((true - predicted) ** 2, axis=-1) / size
    return {"relative_squared_error": mean(relative, valid)}


def percent_error_weighted(predicted: States, true: States) -> Terms:
    """`percent_error` with the samples weighted by the squared true radius [%]."""
    valid, true, predicted = counted(true[:, 1:], predicted[:, 1:])
    relative = safe_norm(true - predicted) / jnp.maximum(safe_norm(true), SMALL)
    weight = jnp.sum(true[..., :3] ** 2, axis=-1)
    return {
        "percent_error_weighted": 100
        * mean(weight * relative, valid)
        / mean(weight, valid)
    }


TRAJECTORY_LOSSES: dict[str, Callable[..., Terms]] = {
    "percent_error": percent_error,
    "percent_error_plus_nmse": percent_error_plus_nmse,
    "mean_squared_error": mean_squared_error,
    "relative_squared_error": relative_squared_error,
    "percent_error_weighted": percent_error_weighted,
}


def trajectory_loss(
    name: str, *, nmse_weight: float | Scalar = 1.0
) -> Callable[[States, States], Terms]:
    """The trajectory loss called `name`, with its weights filled in.

    Raises:
        ValueError: there is no such trajectory loss.
    """
    if name not in TRAJECTORY_LOSSES:
        known = ", ".join([*TRAJECTORY_LOSSES, "acceleration_matching"])
        message = f"loss `{name}` is unknown; choose from {known}."
        raise ValueError(message)
    if name == "percent_error_plus_nmse":
        return jax.tree_util.Partial(percent_error_plus_nmse, nmse_weight=nmse_weight)
    return TRAJECTORY_LOSSES[name]
