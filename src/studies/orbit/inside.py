"""What is found when a learned field is opened: its Jacobian on the true states.

For Newton's field the divergence tr ∂f/∂y is zero and the acceleration does not change
with velocity; a learned field pays for every departure with drift.
"""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from studies.orbit.orbit_sets import OrbitSet

FIELD_COLUMNS = ("divergence", "velocity_sensitivity", "fastest_rate", "rate_spread")
SMALLEST = 1e-6  # |Re λ| below this is float32's rounding [1/TU]

Field = Callable[[Float[Array, "6"]], Float[Array, "6"]]


def jacobians(
    field: Field, orbits: OrbitSet, every: int = 10
) -> Float[np.ndarray, "orbit time 6 6"]:
    """∂f/∂y of a derivative on every so-many-th true state [1/TU and 1/TU²].

    NaN where there is no sample.
    """
    mask = orbits.mask[:, ::every, None]
    states = np.where(mask, orbits.states[:, ::every], 1.0)
    matrices = derivatives(field, jnp.asarray(states, jnp.float32))
    return np.where(mask[..., None], np.asarray(matrices, dtype=float), np.nan)


@eqx.filter_jit
def derivatives(
    field: Field, states: Float[Array, "orbit time 6"]
) -> Float[Array, "orbit time 6 6"]:
    """∂f/∂y at each state; models that differ in weights only compile once."""
    return jax.vmap(jax.vmap(jax.jacfwd(field)))(states)


def field_row(matrices: Float[np.ndarray, "orbit time 6 6"]) -> dict[str, float]:
    """Divergence, velocity sensitivity and eigenvalues of a field, for a table.

    `divergence` is the mean |tr ∂f/∂y| [1/TU], `velocity_sensitivity` the mean norm of
    ∂a/∂v [1/TU], `fastest_rate` the largest |Re λ| [1/TU] and `rate_spread` the ratio
    of the 95th to the 5th percentile of |Re λ| over those above 1e-6 [1].
    """
    known = matrices[np.isfinite(matrices).all(axis=(2, 3))]
    if not known.size:
        return dict.fromkeys(FIELD_COLUMNS, float("nan"))
    trace = np.abs(np.trace(known, axis1=1, axis2=2))
    sensitivity = np.linalg.norm(known[:, 3:, 3:], axis=(1, 2))
    rates = np.abs(np.linalg.eigvals(known).real).ravel()
    rates = rates[rates > SMALLEST]
    low, high = np.quantile(rates, [0.05, 0.95]) if rates.size else (np.nan, np.nan)
    values = (trace.mean(), sensitivity.mean(), rates.max(initial=0.0), high / low)
    return dict(zip(FIELD_COLUMNS, (float(value) for value in values), strict=True))
