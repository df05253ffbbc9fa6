"""What single units, and directions of the hidden state, do to the hand.

Everything is a difference between two courses without noise, one stimulated or ablated
and one left alone, of the same controller on the same trial, so that what differs is
the effect. Controllers are stacked along a leading axis of members. A vector that is
added before the cell's update acts through the recurrence; one that is added after it
changes the output of the same step by the readout's columns alone.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from studies.reach import evaluation, fixed_points, metrics, spectra
from studies.reach.loop import Course, Loop, draw_noise, follow
from studies.reach.probes import Clamp, Probe, Pulse
from studies.reach.tasks import Trial, steady_states
from studies.reach.yardsticks import quiet

PLACES = ("before", "after")
MODES = ("least stable real", "oscillating", "most stable")
REAL = 1e-9  # largest |Im λ| of a real mode [1]


class Effect(NamedTuple):
    """What a stimulation does; the axis of kicks is that of the vectors."""

    moved: Float[np.ndarray, "member condition kick"]  # furthest from the course [m]
    angle: Float[np.ndarray, "member condition kick"]  # its direction [rad]
    output: Float[np.ndarray, "member condition kick 2"]  # change in the first step [N]


class Loss(NamedTuple):
    """What silencing each unit does, in percent of the reach."""

    moved: Float[np.ndarray, "member condition unit"]  # furthest from the intact course
    error: Float[np.ndarray, "member condition unit"]  # added distance from the goal


def check_window(loop: Loop, start: int, duration: int) -> None:
    """Refuses a stimulation that does not end within the trial.

    Raises:
        ValueError: it begins before step 1, has no step, or ends after the trial.
    """
    if start < 1 or duration < 1 or start + duration >= loop.controls:
        message = (
            f"A stimulation from control step {start} for {duration} steps does not "
            f"lie within a trial of {loop.controls} control steps with a step before "
            "and after it. Change `start`, `times` or `duration`."
        )
        raise ValueError(message)


def stimulate(
    controllers: Any,
    loop: Loop,
    trials: Trial,
    kicks: Float[np.ndarray, "member condition kick hidden"],
    start: int,
    duration: int,
    place: str = "before",
) -> Effect:
    """What adding vectors to the hidden state does to the hand.

    Args:
        controllers: stacked.
        loop: that they run in; its noise is left out.
        trials: with a leading axis of conditions.
        kicks: vectors that are added, each in a course of its own.
        start: first control step.
        duration: number of control steps.
        place: "before" or "after" the cell's update.

    Raises:
        ValueError: the place is neither, or the steps lie outside the trial.
    """
    check_window(loop, start, duration)
    if place not in PLACES:
        message = f"`place` {place!r} is none of {' and '.join(PLACES)}."
        raise ValueError(message)
    when = (jnp.asarray(start), jnp.asarray(duration))
    vectors = jnp.asarray(kicks, jnp.float32)
    effects = _stimulate(controllers, quiet(loop), trials, vectors, when, place)
    return Effect(*(np.asarray(part, float) for part in effects))


@eqx.filter_jit
def _stimulate(controllers, loop, trials, vectors, when, place):
    noise = draw_noise(loop, jax.random.key(0))

    def of_trial(controller: Any, trial: Trial, kicks: Array) -> Any:
        plain = follow(controller, loop, trial, noise)

        def one(kick: Array) -> tuple[Array, Array, Array]:
            pulse = Pulse(kick, *when)
            first = place == "before"
            probe = Probe(before=pulse) if first else Probe(after=pulse)
            course = follow(controller, loop, trial, noise, probe)
            away, distance = apart(course, plain)
            far = away[jnp.argmax(distance)]
            output = course.output[when[0]] - plain.output[when[0]]
            return jnp.max(distance), jnp.arctan2(far[1], far[0]), output

        return jax.vmap(one)(kicks)

    def of_member(arrays: tuple[Any, Array]) -> Any:
        controller = eqx.combine(arrays[0], static)
        return jax.vmap(lambda *own: of_trial(controller, *own))(trials, arrays[1])

    leaves, static = eqx.partition(controllers, eqx.is_array)
    return jax.lax.map(of_member, (leaves, vectors))


def apart(course: Course, plain: Course) -> tuple[Array, Array]:
    """Way between two courses at each state, and its length [m]."""
    away = course.position - plain.position
    return away, metrics.norm(away)


def units(members: int, conditions: int, hidden: int, size: float) -> np.ndarray:
    """Vectors that stimulate one unit each, for `stimulate`."""
    shape = (members, conditions, hidden, hidden)
    return np.broadcast_to(size * np.eye(hidden, dtype=np.float32), shape)


def ablate(controllers: Any, loop: Loop, trials: Trial) -> Loss:
    """What holding each unit at 0 over a whole reach does.

    Args:
        controllers: stacked.
        loop: that they run in; its noise is left out.
        trials: reaches, with a leading axis of conditions.
    """
    losses = _ablate(controllers, quiet(loop), trials)
    return Loss(*(np.asarray(part, float) for part in losses))


@eqx.filter_jit
def _ablate(controllers, loop, trials):
    noise = draw_noise(loop, jax.random.key(0))
    length = jnp.linalg.norm(trials.goal - trials.start, axis=-1)

    def silenced(controller: Any, mask: Array) -> tuple[Array, Array]:
        probe = Probe(clamp=Clamp(mask, jnp.zeros((), mask.dtype)))

        def of_trial(trial: Trial) -> tuple[Array, Array]:
            course = follow(controller, loop, trial, noise, probe)
            aligned = metrics.align_reach(course, loop, trial)
            return course.position, metrics.end_position_error(aligned)

        return jax.vmap(of_trial)(trials)

    def of_member(arrays: Any) -> Any:
        controller = eqx.combine(arrays, static)
        # One mask after the other, the intact network first: all of them run as the
        # same program on the same shapes, so that no effect is no difference at all.
        masks = jnp.eye(controller.hidden_size + 1, dtype=jnp.float32)[:, 1:]
        position, error = jax.lax.map(lambda mask: silenced(controller, mask), masks)
        away = jnp.linalg.norm(position[1:] - position[:1], axis=-1)
        moved = metrics.PERCENT * jnp.max(away, axis=-1) / length[None]
        return moved.T, (error[1:] - error[:1]).T

    leaves, static = eqx.partition(controllers, eqx.is_array)
    return jax.lax.map(of_member, leaves)


def regress(
    response: Float[np.ndarray, "*axes setting"],
    features: Float[np.ndarray, "setting feature"],
) -> Float[np.ndarray, "*axes feature"]:
    """Slopes of responses on features, by least squares with a constant.

    Raises:
        ValueError: the settings do not tell the features apart.
    """
    design = np.column_stack([np.ones(len(features)), features])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        message = (
            f"{len(features)} settings cannot tell {features.shape[1]} features apart: "
            "give at least two values of each."
        )
        raise ValueError(message)
    slopes = np.asarray(response, float) @ np.linalg.pinv(design).T
    return slopes[..., 1:]


# Directions of the hidden state ------------------------------------------------------


def rests(
    controllers: Any, loop: Loop, grid: int, context: float
) -> tuple[Trial, spectra.Modes]:
    """Steady states at grid × grid places, and the modes of their fixed points.

    The fixed points are looked for from where a trial without noise ends.
    """
    trials = steady_states(grid)
    trials = trials._replace(context=jnp.full_like(trials.context, context))
    one = jax.tree.map(lambda leaf: leaf[None], trials)
    ends = evaluation.evaluate(
        controllers, quiet(loop), one, 1, jax.random.key(0), _last_hidden
    )
    candidates = np.asarray(ends)[:, 0, 0, :, None]  # (member, place, 1, hidden)
    place = np.asarray(trials.goal)
    none = np.zeros_like(place)
    pack = controllers.layout.pack
    held = jax.vmap(
        lambda goal, rest: pack(
            context=jnp.full(1, context, jnp.float32),
            target_position=goal,
            target_velocity=rest,
            feedback_position=goal,
            feedback_velocity=rest,
        )
    )(jnp.asarray(place), jnp.asarray(none))
    inputs = np.broadcast_to(held, (len(candidates), *held.shape))
    found = fixed_points.find(controllers, inputs, candidates, stacked=True)
    derivatives = spectra.jacobians(controllers, inputs, found.best, stacked=True)
    return trials, spectra.modes(derivatives.hidden)


def _last_hidden(controller: Any, course: Course, trial: Trial, probe: Any) -> Array:
    del controller, trial, probe
    return course.hidden[:, -1]


def along_modes(
    modes: spectra.Modes, size: float, random: int, seed: int
) -> Float[np.ndarray, "member place kick hidden"]:
    """Vectors of one length along `MODES`, then along random directions.

    Of a complex mode the real part of its eigenvector is taken. A mode that a place
    does not have (none real, none that oscillates, no fixed point) is a vector of NaN.
    """
    shape, hidden = modes.value.shape[:-1], modes.value.shape[-1]
    value = modes.value.reshape(-1, hidden)
    right = modes.right.reshape(-1, hidden, hidden)
    chosen = [_named_modes(*pair) for pair in zip(value, right, strict=True)]
    drawn = np.random.default_rng(seed).standard_normal((len(value), random, hidden))
    vectors = np.concatenate([np.stack(chosen), drawn], axis=1)
    vectors = size * vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors.reshape(*shape, len(MODES) + random, hidden)


def _named_modes(value: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The real parts of the eigenvectors named in `MODES`; rows."""
    vectors = np.full((len(MODES), len(value)), np.nan)
    if not np.all(np.isfinite(value)):
        return vectors
    turns = np.abs(np.imag(value))
    real, oscillating = np.flatnonzero(turns <= REAL), np.flatnonzero(turns > REAL)
    places = [
        real[:1],
        oscillating[np.argsort(-turns[oscillating])[:1]],
        np.array([len(value) - 1]),
    ]
    for row, place in enumerate(places):
        if len(place):
            vectors[row] = np.real(right[:, place[0]])
    return vectors


# Senses that are deceived ever more --------------------------------------------------


def deceived(
    controllers: Any,
    loop: Loop,
    trials: Trial,
    sizes: Sequence[tuple[str, float]],
    start: int,
    duration: int,
) -> Float[np.ndarray, "member size condition"]:
    """Largest net force in answer to impulses of feedback, without noise [N].

    Args:
        controllers: stacked.
        loop: that they run in; its noise is left out.
        trials: steady states, with a leading axis of conditions.
        sizes: "position" or "velocity" and the size [m, m/s].
        start: first control step.
        duration: number of control steps.
    """
    check_window(loop, start, duration)
    key = jax.random.key(0)
    several, probes = evaluation.impulses(trials, sizes, start, duration, key)
    reduce = _Strongest(start)
    forces = evaluation.evaluate(
        controllers, quiet(loop), several, 1, key, reduce, probes
    )
    return np.asarray(forces, float)[:, :, 0]


class _Strongest(NamedTuple):
    """The largest net force of each trial from a step on [N]."""

    start: int

    def __call__(self, controller: Any, course: Course, trial: Any, probe: Any):
        del controller, trial, probe
        return jnp.max(jax.vmap(metrics.norm)(course.command)[:, self.start :], axis=1)
