"""Comparisons of controllers: costs, lateral distances and after-effects.

All functions take controllers of one kind stacked along a leading axis of members
(trained networks, the optimal controller, the best ones without memory), run them in
one loop, and give arrays whose first axis is that of members.
"""

import dataclasses
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from studies.reach import evaluation, metrics
from studies.reach.loop import Course, Loop, draw_noise, follow
from studies.reach.losses import Weights, reach_loss
from studies.reach.probes import Placement, Probe, Switch
from studies.reach.tasks import Trial

SETTLED_GAIN = 1e-4  # relative change in an iteration at which a gain has settled [1]


class AfterEffect(NamedTuple):
    """What an old field, which pushed to the left, leaves behind [% of reach].

    Positive is to the left. Both compare two courses of one controller that differ only
    in what happened before the switch, so a controller that neither remembers nor
    strays has 0.
    """

    released: Float[np.ndarray, "member condition"]  # field off, hand put back
    flipped: Float[np.ndarray, "member condition"]  # field turned round, hand as it is


class InducedGain(NamedTuple):
    """The largest deviation that forces of a given size can cause [m/N]."""

    gain: Float[np.ndarray, "member condition"]  # ‖δp‖/‖f‖ over the trial
    change: Float[np.ndarray, "member condition"]  # in the last iteration, relative [1]


def quiet(loop: Loop) -> Loop:
    """The loop without noise."""
    return dataclasses.replace(loop, sensory_noise=0.0, motor_noise=0.0)


def single(controller: Any) -> Any:
    """One controller as a stack of one."""
    return evaluation.stack([controller])


def costs(
    controllers: Any, loop: Loop, trials: Trial, seed: int
) -> Float[np.ndarray, "member trial"]:
    """Loss of each trial, the hidden state's term left out [1]; one noise for all."""
    one = jax.tree.map(lambda leaf: leaf[None], trials)
    key = jax.random.key(seed)
    found = evaluation.evaluate(controllers, loop, one, 1, key, _cost)
    return np.asarray(found, float)[:, 0, 0]


def _cost(controller: Any, course: Course, trial: Trial, probe: Any) -> Array:
    del controller, probe
    weights = Weights(hidden=0.0)
    terms = jax.vmap(lambda one, at: reach_loss(one, at, weights))(course, trial)
    return sum(terms.values(), start=jnp.zeros((), jnp.float32))


def pushed_aside(
    controllers: Any, loop: Loop, trials: Trial
) -> Float[np.ndarray, "member variant"]:
    """Largest lateral distance without noise, mean over conditions [% of reach].

    Args:
        controllers: stacked.
        loop: that they run in; its noise is left out.
        trials: with leading axes (variant, condition).
    """
    key = jax.random.key(0)
    still = quiet(loop)
    found = evaluation.evaluate(controllers, still, trials, 1, key, _Lateral(loop))
    return np.abs(np.asarray(found, float)[:, :, 0]).max(axis=-1).mean(axis=-1)


@dataclasses.dataclass(frozen=True)
class _Lateral:
    """Lateral position of each trial of a chunk [% of reach], left positive."""

    loop: Loop

    def __call__(self, controller: Any, course: Course, trial: Trial, probe: Any):
        del controller, probe
        return jax.vmap(partial(lateral, self.loop))(course, trial)


def lateral(loop: Loop, course: Course, trial: Trial) -> Float[Array, " time"]:
    """Lateral position of one course in the frame of its reach [% of reach]."""
    aligned = metrics.align_reach(course, loop, trial)
    return metrics.PERCENT * aligned.position[:, 1] / aligned.length


def after_effects(
    controllers: Any, loop: Loop, trials: Trial, step: int
) -> AfterEffect:
    """What fields leave behind when they end or turn round on the way, without noise.

    Released: at the switch the field goes and the hand is put to where it would be had
    there never been a field; the controller keeps its memory. The largest lateral
    distance from that other course follows. Flipped: the field changes its sign; the
    comparison is a reach in which the opposite field begins at the switch. The course
    differs by what is left of the old displacement, and a controller that expects the
    old field swings through to the right; the value is the
    furthest right, which is negative, or positive where it stays on the left.

    Args:
        controllers: stacked.
        loop: that they run in; its noise is left out.
        trials: reaches in their old field, with a leading axis.
        step: control step of the switch.

    Raises:
        ValueError: no step of the trial lies before and after the switch.
    """
    if not 0 < step < loop.controls - 1:
        message = (
            f"`switch` must be a control step within the trial, from 1 to "
            f"{loop.controls - 2}; got {step}."
        )
        raise ValueError(message)
    found = _after_effects(controllers, quiet(loop), trials, step)
    return AfterEffect(*(np.asarray(part, float) for part in found))


@eqx.filter_jit
def _after_effects(controllers: Any, loop: Loop, trials: Trial, step: int) -> Any:
    noise = draw_noise(loop, jax.random.key(0))

    def of_trial(controller: Any, trial: Trial) -> tuple[Array, Array]:
        def course(trial: Trial, probe: Probe | None = None) -> Course:
            return follow(controller, loop, trial, noise, probe)

        def switched(trial: Trial, curl: Array, force: Array, **more: Any) -> Array:
            fields = {"curl": Switch(curl, step), "force": Switch(force, step)}
            probe = Probe(**fields, **more)
            return lateral(loop, course(trial, probe), trial)[step + 1 :]

        none = trial._replace(
            curl=jnp.zeros_like(trial.curl), force=jnp.zeros_like(trial.force)
        )
        plain = course(none)
        there = jnp.concatenate([plain.position[step], plain.velocity[step]])
        back = {"placement": Placement(there, step)}
        released = switched(trial, none.curl, none.force, **back)
        away = released - lateral(loop, plain, trial)[step + 1 :]
        opposite = (-trial.curl, -trial.force)
        swing = switched(trial, *opposite) - switched(none, *opposite)
        return metrics.signed_largest(away), jnp.min(swing)

    return _over_members(
        controllers, lambda one: jax.vmap(partial(of_trial, one)), trials
    )


def induced_gains(
    controllers: Any, loop: Loop, trials: Trial, iterations: int = 60
) -> InducedGain:
    """Worst-case gain from forces to deviations, by power iteration [m/N].

    The closed loop is linearised along each reach without noise. Both forces and
    deviations are measured over all of the trial, the last state left out.

    Args:
        controllers: stacked.
        loop: that they run in; its noise is left out.
        trials: reaches, with a leading axis.
        iterations: of the power method; `change` says whether they were enough.
    """
    found = _induced(controllers, quiet(loop), trials, iterations)
    return InducedGain(*(np.asarray(part, float) for part in found))


def deviation(controller: Any, loop: Loop, trial: Trial, force: Array) -> Array:
    """Positions of one trial under an added force, first and last state left out [m].

    Args:
        controller: one.
        loop: without noise.
        trial: one.
        force: at each control step, shape (control, 2) [N].
    """
    noise = draw_noise(loop, jax.random.key(0))
    course = follow(controller, loop, trial._replace(gusts=force), noise)
    return course.position[1:-1]


@eqx.filter_jit
def _induced(controllers: Any, loop: Loop, trials: Trial, iterations: int) -> Any:
    rest = jnp.zeros((loop.controls, 2), jnp.float32)
    begin = jax.random.normal(jax.random.key(0), rest.shape, jnp.float32)

    def of_trial(controller: Any, trial: Trial) -> tuple[Array, Array]:
        moved = partial(deviation, controller, loop, trial)
        _, push = jax.linearize(moved, rest)
        pull = jax.linear_transpose(push, rest)

        def iterate(force: Array, _: None) -> tuple[Array, Array]:
            away = push(force / jnp.linalg.norm(force))
            return pull(away)[0], jnp.linalg.norm(away)

        _, gains = jax.lax.scan(iterate, begin, None, length=iterations)
        return gains[-1], jnp.abs(gains[-1] / gains[-2] - 1)

    return _over_members(
        controllers, lambda one: jax.vmap(partial(of_trial, one)), trials
    )


def _over_members(controllers: Any, mapped: Any, trials: Trial) -> Any:
    """One member after the other, each on all trials at once."""
    arrays, static = eqx.partition(controllers, eqx.is_array)
    return jax.lax.map(lambda own: mapped(eqx.combine(own, static))(trials), arrays)
