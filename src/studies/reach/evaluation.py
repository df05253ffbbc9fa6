"""Trained controllers on many trials, streamed: only what is reduced is kept.

An evaluation has the axes (member, variant, evaluation, condition): stacked models,
each on several variants of the same conditions (fields of several amplitudes, impulses
of several sizes), repeated with other noise. One evaluation of one variant by one model
is a *chunk*: it is run, reduced and forgotten before the next. The noise depends on
evaluation and condition alone, so that models and variants are compared under the same.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Key, PRNGKeyArray

from studies.reach.loop import Course, Loop, courses, run
from studies.reach.metrics import JUST_AFTER
from studies.reach.models import ControlLaw
from studies.reach.probes import Probe, Pulse
from studies.reach.replicates import included
from studies.reach.tasks import Trial, delayed

Law = TypeVar("Law", bound=ControlLaw)
Reduce = Callable[[Any, Course, Trial, Probe | None], Any]  # of a control law first
FEWEST = 3  # replicates among which one can stand out [1]
UNITS = ("B", "kB", "MB", "GB")  # each a thousand times the one before


class EvaluationError(ValueError):
    """These models, or these trials, cannot be evaluated together."""


def evaluate(
    models: ControlLaw,
    loop: Loop,
    trials: Trial,
    evaluations: int,
    key: PRNGKeyArray,
    reduce: Reduce,
    probes: Probe | None = None,
) -> Any:
    """What `reduce` makes of every chunk, with axes (member, variant, evaluation, …).

    Args:
        models: controllers, stacked along a leading axis of members.
        loop: that they are run in.
        trials: arrays with leading axes (variant, condition).
        evaluations: how often each trial is repeated, with other noise [1].
        key: of the noise; the same for every member and variant.
        reduce: `reduce(controller, course, trial, probe)` of one chunk, whose arrays
            have a leading axis of conditions; returns any tree of arrays.
        probes: arrays with the same leading axes as the trials; None: no probe.
    """
    keys = jax.random.split(key, (evaluations, trials.curl.shape[1]))
    return _evaluate(models, loop, trials, keys, reduce, probes)


@eqx.filter_jit
def _evaluate(models, loop, trials, keys, reduce, probes):
    arrays, static = eqx.partition(models, eqx.is_array)

    def of_member(leaves):
        controller = eqx.combine(leaves, static)

        def of_variant(variant):
            trial, probe = variant

            def of_evaluation(own_keys):
                course = chunk(controller, loop, trial, own_keys, probe)
                return reduce(controller, course, trial, probe)

            return jax.lax.map(of_evaluation, keys)

        return jax.lax.map(of_variant, (trials, probes))

    return jax.lax.map(of_member, arrays)


def chunk(
    controller: ControlLaw,
    loop: Loop,
    trials: Trial,
    keys: Key[Array, " trial"],
    probes: Probe | None,
) -> Course:
    """The courses of one chunk: each trial with its own key and its own probe."""
    if probes is None:
        return courses(controller, loop, trials, keys)
    return jax.vmap(lambda *own: run(controller, loop, *own))(trials, keys, probes)


class Memory(NamedTuple):
    """Bytes that an evaluation takes, by the shapes of its arrays."""

    chunk: int  # the courses that are alive at a time
    result: int  # what is kept
    whole: int  # the courses of all chunks, had they been kept

    def __str__(self) -> str:
        kept, whole = written(self.held), written(self.whole)
        return f"{kept} held ({whole} if all courses were kept at once)"

    @property
    def held(self) -> int:
        """What is held at a time: one chunk and the result."""
        return self.chunk + self.result


def memory(
    models: ControlLaw,
    loop: Loop,
    trials: Trial,
    evaluations: int,
    reduce: Reduce,
    probes: Probe | None = None,
) -> Memory:
    """What `evaluate` with these arguments will hold, without computing anything."""
    key = jax.random.key(0)
    variants, conditions = trials.curl.shape
    members = member_count(models)

    def one_chunk():
        first = jax.tree.map(lambda leaf: leaf[0], (trials, probes))
        arrays, static = eqx.partition(models, eqx.is_array)
        one = eqx.combine(jax.tree.map(lambda leaf: leaf[0], arrays), static)
        keys = jax.random.split(key, conditions)
        return chunk(one, loop, first[0], keys, first[1])

    def whole():
        return evaluate(models, loop, trials, evaluations, key, reduce, probes)

    alive = _bytes(jax.eval_shape(one_chunk))
    chunks = members * variants * evaluations
    return Memory(alive, _bytes(jax.eval_shape(whole)), alive * chunks)


def written(size: int | float) -> str:
    """A number of bytes to read."""
    for unit in UNITS[:-1]:
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} {UNITS[-1]}"


def _bytes(shapes: Any) -> int:
    leaves = jax.tree.leaves(shapes)
    return int(sum(np.prod(x.shape) * x.dtype.itemsize for x in leaves))


def member_count(models: ControlLaw) -> int:
    """Number of stacked models."""
    return jax.tree.leaves(eqx.filter(models, eqx.is_array))[0].shape[0]


# Models and their loops ---------------------------------------------------------------


def stack(controllers: Sequence[Law]) -> Law:
    """Controllers of one architecture along a leading axis of members.

    Raises:
        EvaluationError: there is none, or they differ in size or structure.
    """
    if not controllers:
        message = "stack: no controller was given; train one, or choose others."
        raise EvaluationError(message)
    structures = {
        (jax.tree.structure(c), *(leaf.shape for leaf in jax.tree.leaves(c)))
        for c in controllers
    }
    if len(structures) > 1:
        message = (
            f"stack: {len(controllers)} controllers of {len(structures)} different "
            "architectures cannot be evaluated together. Choose by `cell`, `hidden`, "
            "`method` and `task`, or run this notebook once for each."
        )
        raise EvaluationError(message)
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *controllers)


def alone(value: Any) -> Any:
    """A value, or the only entry of a list that holds it for a single model."""
    return alone(value[0]) if isinstance(value, list) and len(value) == 1 else value


def who(row: Mapping[str, Any]) -> dict[str, Any]:
    """What tells a model from the others: its `field_std` and `seed`."""
    return {
        "field_std": float(alone(row["field_std"])),
        "seed": int(alone(row["seed"])),
    }


def counted(
    rows: Sequence[Mapping[str, Any]], losses: Sequence[float]
) -> Bool[np.ndarray, " model"]:
    """Models that count among the replicates of their training std.

    Of two replicates the worse lies always two standard deviations above the better
    one, which says nothing, so fewer than three are judged by being finite alone.

    Args:
        rows: hyperparameters of each model.
        losses: the lowest validation loss of each, not finite where it diverged.
    """
    stds = np.array([who(row)["field_std"] for row in rows])
    count = np.zeros(len(rows), bool)
    for std in np.unique(stds):
        same = stds == std
        own = np.asarray(losses, float)[same]
        count[same] = included(own) if len(own) >= FEWEST else np.isfinite(own)
    return count


def common(rows: Sequence[Mapping[str, Any]], name: str) -> Any:
    """The value of a hyperparameter that all these models share; None: none has it.

    Raises:
        EvaluationError: they differ.
    """
    values = [alone(row[name]) for row in rows if name in row]
    different = sorted({repr(value) for value in values})
    if len(different) > 1:
        message = (
            f"The models were trained with `{name}` of {', '.join(different)}. Choose "
            "one of them, or run this notebook once for each."
        )
        raise EvaluationError(message)
    return values[0] if values else None


def common_loop(rows: Sequence[Mapping[str, Any]], **changes: Any) -> Loop:
    """The loop that all these models were trained in, with some settings replaced.

    Args:
        rows: hyperparameters of each model.
        changes: settings of `Loop` that replace the trained ones.

    Raises:
        EvaluationError: the models were trained in different loops.
    """
    names = [field.name for field in dataclasses.fields(Loop)]
    found = {name: common(rows, name) for name in names if name not in changes}
    given = {
        name: type(getattr(Loop, name))(value)  # a table may hold 5 steps as 5.0
        for name, value in found.items()
        if value is not None
    }
    return Loop(**(given | changes))


# Trials -------------------------------------------------------------------------------


def across_fields(trials: Trial, field: str, amplitudes: Sequence[float]) -> Trial:
    """The trials under each amplitude of a field: leading axes (variant, condition).

    Args:
        trials: with a leading axis of conditions.
        field: "curl", amplitudes in [N s/m], positive to the left of motion; or
            "constant", amplitudes in [N], directed to the left of the reach.
        amplitudes: one for each variant.

    Raises:
        EvaluationError: another field.
    """
    size = jnp.asarray(amplitudes, jnp.float32)
    shape = (len(size), *trials.curl.shape)
    several = jax.tree.map(lambda x: jnp.broadcast_to(x, (len(size), *x.shape)), trials)
    strength = jnp.broadcast_to(size[:, None], shape)
    if field == "curl":
        return several._replace(curl=strength)
    if field != "constant":
        message = f"`field` {field!r} is none of 'curl' and 'constant'."
        raise EvaluationError(message)
    way = several.goal - several.start
    way = way / jnp.linalg.norm(way, axis=-1, keepdims=True)
    left = jnp.stack([-way[..., 1], way[..., 0]], axis=-1)
    return several._replace(force=strength[..., None] * left)


def across_loads(trials: Trial, size: float, directions: int) -> Trial:
    """The trials under a static load [N] in each of a circle of directions.

    One variant; its conditions are the trials, each with every load.
    """
    angle = 2 * jnp.pi * jnp.arange(directions) / jnp.asarray(directions, jnp.float32)
    force = size * jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=-1)
    count = trials.curl.shape[0]
    each = jax.tree.map(lambda x: jnp.repeat(x, directions, axis=0), trials)
    each = each._replace(force=jnp.tile(force, (count, 1)))
    return jax.tree.map(lambda x: x[None], each)


def as_trained(
    trials: Trial, rows: Sequence[Mapping[str, Any]], key: PRNGKeyArray
) -> Trial:
    """The trials with the epochs of a delayed reach, where the models need them."""
    return delayed(key, trials) if common(rows, "task") == "delayed" else trials


def check_window(loop: Loop, start: int, duration: int) -> None:
    """Refuses an impulse after which too little of a trial is left.

    Raises:
        EvaluationError: fewer than five control steps follow it.
    """
    if start + duration + JUST_AFTER > loop.controls:
        message = (
            f"An impulse from step {start} for {duration} steps leaves fewer than "
            f"{JUST_AFTER} of the {loop.controls} control steps of these models' "
            "trials. Lower `start` or `duration`."
        )
        raise EvaluationError(message)


def impulses(
    trials: Trial,
    sizes: Sequence[tuple[str, float]],
    start: int,
    duration: int,
    key: PRNGKeyArray,
) -> tuple[Trial, Probe]:
    """Trials and their impulses of feedback: leading axes (variant, condition).

    Args:
        trials: with a leading axis of conditions.
        sizes: "position" or "velocity" and the size [m] or [m/s], for each variant.
        start: first control step of the impulse.
        duration: its number of steps.
        key: of the directions, one for each condition, the same for all variants.
    """
    count = trials.curl.shape[0]
    shape = (len(sizes), count)
    angle = jax.random.uniform(key, (count,), jnp.float32, maxval=2 * jnp.pi)
    way = jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=-1)
    none = jnp.zeros_like(way)
    vectors = [
        size * jnp.concatenate([way, none] if of == "position" else [none, way], -1)
        for of, size in sizes
    ]
    several = jax.tree.map(
        lambda x: jnp.broadcast_to(x, (len(sizes), *x.shape)), trials
    )
    when = (jnp.full(shape, step, jnp.int32) for step in (start, duration))
    return several, Probe(impulse=Pulse(jnp.stack(vectors), *when))
