r"""Losses that look at the model too: its weights, its field, its rollouts.

Each is a trajectory loss of `losses` with a further term of its own, multiplied by
`penalty` (1 is the weight of the notes, or ours where they give none). Along a predicted
segment, $f$ is the learned derivative and $\hat a$ its acceleration:

- `mse_with_reg`, `percent_error_with_reg`: $\lambda_1\sum|\theta|+\lambda_2\sum\theta^2$
- `l2_weight_norm`: $\lambda\sum\theta^2$
- `percent_error_with_attraction`: $100\,\langle\max(0,\cos\angle(\hat p,\hat a))\rangle$
- `percent_error_with_energy`: $0.2\,\langle(E-\hat E)^2\rangle/(\langle|E|\rangle+10^{-8})^2$
- `optimal_transport`: $\lambda\int\|f\|^2dt$, the mean over segments (Finlay et al., 2020)
- `jacobian_norm`: $\lambda\int\|\partial f/\partial y\|_F^2dt$, by Hutchinson's estimate
  where a key is given, exactly otherwise (the same paper)
- `multi_step_rollout`: nothing added; the error of rollouts of 8 intervals from every sample
- `steer_temporal`: nothing added; the last sample's time is drawn from
  $U(t_1-b,t_1+b)$ in every step, its state is not (STEER, Ghosh et al., 2020)

Those of perturbed orbits are in `residuals`. Attraction and energy insert physics: they are diagnostics and no baseline.
"""  # noqa: E501

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from studies.orbit import losses
from studies.orbit.adjoints import normalised
from studies.orbit.features import safe_norm
from studies.orbit.losses import SMALL, Scalar, States, Terms
from studies.orbit.models import OrbitModel
from studies.orbit.residuals import RESIDUAL, residual_terms
from studies.orbit.solvers import solve
from studies.orbit.systems import energy

Times = Float[Array, "segments samples"]

ABSOLUTE = 1e-5  # λ1 of the notes [1]
SQUARED = {"mse_with_reg": 1e-4, "percent_error_with_reg": 1e-5}  # λ2 of the notes
WEIGHTS = 1e-3  # λ of `l2_weight_norm` [%], ours
ENERGY = 0.2  # of the notes [%]
PATH = 1e-2  # λ of `optimal_transport` and `jacobian_norm` [% TU], ours
ROLLOUT_STRIDE, ROLLOUT_STEPS = 1, 8  # of the notes [samples]
STEER = 0.5  # b in intervals between samples [1], ours


class Solution(NamedTuple):
    """Segments as a model retraced them, beside the truth."""

    model: Any  # an `OrbitModel`, or any field with `acceleration`
    times: Times
    predicted: States
    true: States


def sum_of_squares(model: Any) -> Scalar:
    """Σθ² over all trained numbers [1]."""
    arrays = jax.tree.leaves(eqx.filter(model, eqx.is_inexact_array))
    return sum((jnp.sum(x**2) for x in arrays), start=jnp.zeros(()))


def sum_of_sizes(model: Any) -> Scalar:
    """Σ|θ| over all trained numbers [1]."""
    arrays = jax.tree.leaves(eqx.filter(model, eqx.is_inexact_array))
    return sum((jnp.sum(jnp.abs(x)) for x in arrays), start=jnp.zeros(()))


def along(times: Times, values: Float[Array, "segments samples"]) -> Scalar:
    """∫ values dt by the trapezoidal rule, the mean over segments."""
    middle = (values[:, 1:] + values[:, :-1]) / 2
    return jnp.mean(jnp.sum(middle * jnp.diff(times), axis=1))


def attraction(solution: Solution) -> Scalar:
    """Mean of max(0, cos) of the angle between position and learned pull [%]."""
    valid, _, predicted = losses.counted(
        solution.true[:, 1:], solution.predicted[:, 1:]
    )
    safe = jnp.where(valid[..., None], predicted, 1.0)
    pull = jax.vmap(jax.vmap(solution.model.acceleration))(safe)
    sizes = safe_norm(safe[..., :3]) * safe_norm(pull)
    cosine = jnp.sum(safe[..., :3] * pull, axis=-1) / jnp.maximum(sizes, SMALL)
    return 100 * losses.mean(jnp.maximum(cosine, 0.0), valid)


def energy_error(solution: Solution) -> Scalar:
    """Mean square of the specific energy's error over its mean size squared [1]."""
    valid, true, predicted = losses.counted(
        solution.true[:, 1:], solution.predicted[:, 1:]
    )
    one = jnp.ones(6)  # a state with a finite energy, where there is none
    exact, own = (
        jax.vmap(jax.vmap(energy))(jnp.where(valid[..., None], x, one))
        for x in (true, predicted)
    )
    scale = losses.mean(jnp.abs(exact), valid) + SMALL
    return losses.mean((exact - own) ** 2, valid) / scale**2


def transport(solution: Solution) -> Scalar:
    """∫‖f‖²dt along the predicted segments, their mean [normalised units]."""
    rates = jax.vmap(jax.vmap(solution.model))(solution.predicted)
    return along(solution.times, jnp.sum(rates**2, axis=-1))


def jacobian_norm(solution: Solution, key: PRNGKeyArray | None) -> Scalar:
    """∫‖∂f/∂y‖²_F dt along the predicted segments, their mean [normalised units].

    With a `key` one random direction a sample, E‖J ε‖² = ‖J‖²_F for ε of unit variance;
    without one the whole Jacobian.
    """
    states = solution.predicted
    if key is None:
        jacobians = jax.vmap(jax.vmap(jax.jacfwd(solution.model)))(states)
        return along(solution.times, jnp.sum(jacobians**2, axis=(-2, -1)))

    def stretched(state: Float[Array, "6"], direction: Float[Array, "6"]) -> Scalar:
        return jnp.sum(jax.jvp(solution.model, (state,), (direction,))[1] ** 2)

    directions = jax.random.rademacher(key, states.shape, states.dtype)
    return along(solution.times, jax.vmap(jax.vmap(stretched))(states, directions))


# The losses by name ----------------------------------------------------------------


def further_term(
    name: str, solution: Solution, key: PRNGKeyArray | None
) -> tuple[str, Terms]:
    """(the trajectory loss it is added to, the further term with its weight)."""
    model = solution.model
    if name in SQUARED:
        base = "mean_squared_error" if name == "mse_with_reg" else "percent_error"
        size = ABSOLUTE * sum_of_sizes(model) + SQUARED[name] * sum_of_squares(model)
        return base, {"weights": size}
    if name == "percent_error_with_attraction":
        return "percent_error", {"attraction": attraction(solution)}
    if name == "percent_error_with_energy":
        return "percent_error", {"energy": ENERGY * energy_error(solution)}
    base = "percent_error_plus_nmse"
    if name == "l2_weight_norm":
        return base, {"weights": WEIGHTS * sum_of_squares(model)}
    if name == "optimal_transport":
        return base, {"transport": PATH * transport(solution)}
    return base, {"jacobian": PATH * jacobian_norm(solution, key)}


def restarts(
    times: Times, states: States
) -> tuple[Float[Array, "pieces points"], Float[Array, "pieces points 6"]]:
    """Overlapping pieces of 8 intervals (or as many as fit) from every sample."""
    samples = times.shape[1]
    horizon = min(ROLLOUT_STEPS, samples - 1)
    starts = jnp.arange(0, samples - horizon, ROLLOUT_STRIDE)
    places = starts[:, None] + jnp.arange(horizon + 1)[None]
    pieces, rolled = times[:, places], states[:, places]
    return (
        (pieces - pieces[..., :1]).reshape(-1, horizon + 1),
        rolled.reshape(-1, horizon + 1, 6),
    )


def drawn_end(times: Times, key: PRNGKeyArray, penalty: Scalar) -> Times:
    """`times` with the last one moved by up to b = 0.5 · `penalty` intervals."""
    interval = times[:, -1] - times[:, -2]
    width = jnp.minimum(STEER * penalty, 0.95) * interval
    return times.at[:, -1].add(
        width * jax.random.uniform(key, interval.shape, minval=-1)
    )


PENALISED = (
    "mse_with_reg",
    "percent_error_with_reg",
    "percent_error_with_attraction",
    "percent_error_with_energy",
    "l2_weight_norm",
    "optimal_transport",
    "jacobian_norm",
)
RETIMED = ("multi_step_rollout", "steer_temporal")
TRAJECTORY_LOSSES = (*losses.TRAJECTORY_LOSSES, *PENALISED, *RETIMED, *RESIDUAL)
WITHOUT_PERCENT = ("mean_squared_error", "relative_squared_error", "mse_with_reg")


def unit(name: str) -> str:
    """The unit of a loss by its name: percent, or 1 for those that are mean squares."""
    return "1" if name in WITHOUT_PERCENT else "%"


def trajectory_terms(
    name: str,
    model: OrbitModel,
    solver: str,
    times: Times,
    states: States,
    *,
    nmse_weight: float | Scalar = 1.0,
    penalty: float | Scalar = 1.0,
    adjoint: str = "plain",
    key: PRNGKeyArray | None = None,
) -> Terms:
    """The terms of a trajectory loss by name; their sum is what is minimised.

    Args:
        name: one of `TRAJECTORY_LOSSES`.
        model: the learned field.
        solver: how it is integrated, see `solvers`.
        times: sample times of each segment [TU].
        states: true states of each segment [R_E, R_E/TU].
        nmse_weight: of the normalised error, where a loss has one [1].
        penalty: of the loss's further term, times the notes' weight [1].
        adjoint: how the gradient is evened out along an orbit, see `adjoints`.
        key: for losses with chance in them; without it they are deterministic.
    """
    if name in RESIDUAL:
        return residual_terms(name, model, solver, times, states, penalty)
    base, further = name, {}
    if name in RETIMED:
        base = "percent_error_plus_nmse"
    if name == "multi_step_rollout":
        times, states = restarts(times, states)
    ends = times
    if name == "steer_temporal" and key is not None:
        ends = drawn_end(times, key, jnp.asarray(penalty))
    predicted = solve(solver, normalised(model, adjoint), ends, states[:, 0])
    if name in PENALISED:
        solution = Solution(model, times, predicted, states)
        base, further = further_term(name, solution, key)
        further = {term: penalty * value for term, value in further.items()}
    compare: Callable[[States, States], Terms] = losses.trajectory_loss(
        base, nmse_weight=nmse_weight
    )
    return compare(predicted, states) | further
