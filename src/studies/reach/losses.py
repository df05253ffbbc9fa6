r"""What a trial costs: terms summed over steps (no time step in them), then weighted.

With $K$ control steps, states $1..K$ after the first, goal $g$, command $u$ and hidden
state $h$:
$J = w_p\sum_k (k/K)^6\,\|p_k-g\|^2 + w_v\,\|v_K\|^2 + w_u\sum_k\|u_k\|^2
+ w_h\sum_k\|h_k\|^2$. Because the sums are not multiplied by the time step, losses at
different time steps cannot be compared.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from studies.reach.loop import Course
from studies.reach.models import Controller
from studies.reach.tasks import Trial, aims, holding

Scalar = Float[Array, ""]
Terms = dict[str, Scalar]

POSITION_POWER = 6  # of the growth of the position's weight over a trial
READOUT_NORM = 2.0  # that the readout-norm term draws to


class Weights(NamedTuple):
    """Weight of each term [1]; the defaults are the researchers'."""

    position: float | Scalar = 1.0
    velocity: float | Scalar = 1.0
    command: float | Scalar = 1e-5
    hidden: float | Scalar = 1e-5
    fixation: float | Scalar = 1.0  # of a delayed reach only


def reach_loss(course: Course, trial: Trial, weights: Weights) -> Terms:
    """The weighted terms for one trial.

    In a delayed reach the aim is the start until movement begins, and staying there is
    a term of its own, `fixation`.
    """
    controls = course.command.shape[0]
    step = jnp.arange(1, controls + 1)
    growth = (step / jnp.asarray(controls)).astype(course.position.dtype)
    away = _squares(course.position[1:] - aims(trial, step))
    terms = {
        "position": weights.position * jnp.sum(growth**POSITION_POWER * away),
        "velocity": weights.velocity * jnp.sum(course.velocity[-1] ** 2),
        "command": weights.command * jnp.sum(course.command**2),
        "hidden": weights.hidden * jnp.sum(course.hidden**2),
    }
    if trial.epochs is not None:
        hold = holding(trial, step).astype(away.dtype)
        terms["fixation"] = weights.fixation * jnp.sum(hold * away)
    return terms


def readout_norm(controller: Controller) -> Scalar:
    """Frobenius norm of the readout's weights."""
    return jnp.sqrt(jnp.sum(controller.readout.weight**2))


def readout_norm_loss(controller: Controller, weight: float | Scalar) -> Scalar:
    r"""$w_r\,(\|W_{out}\|_F-2)^2$, used in training and never in validation."""
    return weight * (readout_norm(controller) - READOUT_NORM) ** 2


def _squares(vectors: Float[Array, "time 2"]) -> Float[Array, " time"]:
    return jnp.sum(vectors**2, axis=-1)
