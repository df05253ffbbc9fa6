r"""What changes inside a network when something happens to it, and what the hand does.

Each trial is followed twice without noise, with a probe (another context from a step
on, an impulse of feedback) and without it. The difference of the hidden states,
$\Delta h$, is split into what the readout shows and what it hides: with $P$ the
projection on the rows of the readout, $\|P\Delta h\|^2/\|\Delta h\|^2$ is the share of
the change that becomes a force at once, and the rest lies in the *output-null space*.
Of a change in a random direction the share is $2/H$ on average, with $H$ hidden units.
"""

from dataclasses import replace
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from studies.reach.loop import Course, Loop, draw_noise, follow
from studies.reach.models import Controller
from studies.reach.probes import Probe, Switch
from studies.reach.tasks import Trial

OUTPUTS = 2  # components of the force


class Response(NamedTuple):
    """Differences between a trial with a probe and the same without."""

    hidden: Float[Array, "*axes control"]  # squared size of the change [1]
    shown: Float[Array, "*axes control"]  # of it, on the rows of the readout
    reaching: Float[Array, "*axes control"]  # of it, on the axes of reaching activity
    force: Float[Array, "*axes control"]  # size of the change of the command [N]
    position: Float[Array, "*axes time"]  # size of the change of the hand's place [m]
    before: Float[Array, "*axes time"]  # place to the left of the reach, without [m]
    after: Float[Array, "*axes time"]  # the same with the probe [m]
    units: Float[Array, "*axes control hidden"]  # change of each unit


def row_projection(readout: Float[Array, "out hidden"]) -> Float[Array, "out hidden"]:
    """Orthonormal rows that span those of a readout: no rows may be parallel."""
    return jnp.linalg.qr(readout.T)[0].T


def shown_share(
    change: Float[Array, "*axes hidden"], readout: Float[Array, "out hidden"]
) -> Float[Array, "*axes"]:
    """Share of a squared change that a readout shows [1]; NaN of no change."""
    shown = jnp.sum((change @ row_projection(readout).T) ** 2, axis=-1)
    return shown / jnp.sum(change**2, axis=-1)


def quiet(loop: Loop) -> Loop:
    """The closed loop without noise."""
    return replace(loop, sensory_noise=0.0, motor_noise=0.0)


def context_switches(trials: Trial, values: list[float], start: int) -> Probe:
    """Probes that set the context of all trials to a value from a control step on.

    Args:
        trials: with leading axes (variant, condition).
        values: one for each variant [1].
        start: the first control step with the new context.
    """
    shape = trials.curl.shape
    size = jnp.asarray(values, jnp.float32)
    to = jnp.broadcast_to(size[:, None], shape)
    return Probe(context=Switch(to, jnp.full(shape, start, jnp.int32)))


class Activity(NamedTuple):
    """Activity of reaches, of each member."""

    axes: Float[Array, "member axis hidden"]  # principal ones, orthonormal
    explained: Float[Array, " member"]  # share of the variance along them [1]
    size: Float[Array, " member"]  # root mean squared distance from the mean [1]


@eqx.filter_jit
def reaching_activity(
    models: Controller, loop: Loop, trials: Trial, count: int
) -> Activity:
    """Principal axes of the activity of reaches, over conditions and time.

    Args:
        models: controllers stacked along an axis of members.
        loop: that they are run in, without noise.
        trials: reaches, with a leading axis.
        count: number of axes.
    """

    def of(controller: Controller) -> Activity:
        hidden = _follow(controller, loop, trials, None).hidden
        rows = hidden.reshape(-1, hidden.shape[-1])
        rows = rows - jnp.mean(rows, axis=0, keepdims=True)
        values, vectors = jnp.linalg.eigh(rows.T @ rows)
        whole = jnp.sum(values)
        size = jnp.sqrt(whole / jnp.asarray(len(rows), whole.dtype))
        leading = vectors[:, ::-1][:, :count].T
        return Activity(leading, jnp.sum(values[-count:]) / whole, size)

    return _over_members(of, models)


@eqx.filter_jit
def responses(
    models: Controller,
    loop: Loop,
    trials: Trial,
    probes: Probe,
    axes: Float[Array, "member axis hidden"],
) -> Response:
    """What the probes change, with axes (member, variant, condition, …).

    Args:
        models: controllers stacked along an axis of members.
        loop: that they are run in; its noise is left out.
        trials: with leading axes (variant, condition).
        probes: with the same leading axes.
        axes: orthonormal axes of reaching activity of each member.
    """

    def of(controller: Controller, own: Array) -> Response:
        def of_variant(variant: tuple[Trial, Probe]) -> Response:
            trial, probe = variant
            with_probe = _follow(controller, loop, trial, probe)
            without = _follow(controller, loop, trial, None)
            return _difference(controller, own, trial, with_probe, without)

        return jax.lax.map(of_variant, (trials, probes))

    return _over_members(of, models, axes)


def _difference(
    controller: Controller, axes: Array, trial: Trial, one: Course, other: Course
) -> Response:
    change = one.hidden - other.hidden
    rows = row_projection(controller.readout.weight)
    return Response(
        hidden=jnp.sum(change**2, axis=-1),
        shown=jnp.sum((change @ rows.T) ** 2, axis=-1),
        reaching=jnp.sum((change @ axes.T) ** 2, axis=-1),
        force=jnp.linalg.norm(one.command - other.command, axis=-1),
        position=jnp.linalg.norm(one.position - other.position, axis=-1),
        before=_left(other, trial),
        after=_left(one, trial),
        units=change,
    )


def _left(course: Course, trial: Trial) -> Float[Array, "condition time"]:
    """Places to the left of the way to the goal; zeros where there is none."""
    way = trial.goal - trial.start
    length = jnp.linalg.norm(way, axis=-1, keepdims=True)
    way = way / jnp.where(length > 0, length, jnp.ones_like(length))
    away = course.position - trial.start[:, None]
    return way[:, None, 0] * away[..., 1] - way[:, None, 1] * away[..., 0]


def _follow(
    controller: Controller, loop: Loop, trials: Trial, probe: Probe | None
) -> Course:
    noise = draw_noise(quiet(loop), jax.random.key(0))  # zeros
    if probe is None:
        return jax.vmap(lambda trial: follow(controller, loop, trial, noise))(trials)
    both = jax.vmap(lambda trial, own: follow(controller, loop, trial, noise, own))
    return both(trials, probe)


def _over_members(of, models: Controller, *more):
    arrays, static = eqx.partition(models, eqx.is_array)
    return jax.lax.map(
        lambda own: of(eqx.combine(own[0], static), *own[1:]), (arrays, *more)
    )


def share(part: Float[Array, "*axes"], whole: Float[Array, "*axes"]) -> np.ndarray:
    """Share of a summed square over the conditions, the second axis from the end.

    NaN where nothing changed.
    """
    above = np.asarray(part, float).sum(axis=-2)
    below = np.asarray(whole, float).sum(axis=-2)
    return np.where(below > 0, above / np.where(below > 0, below, 1.0), np.nan)
