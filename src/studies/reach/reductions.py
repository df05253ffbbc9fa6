"""What is kept of a chunk of trials: measures, profiles, paths; and tables of it."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Float

from studies.reach import metrics
from studies.reach.loop import Course, Loop
from studies.reach.models import Controller
from studies.reach.probes import Probe
from studies.reach.tasks import Trial


class Profile(NamedTuple):
    """Mean of aligned courses over conditions, and mean of their squares.

    The last axis is (along, to the left), as in `metrics.Aligned`.
    """

    position: Float[Array, "moment *axes time 2"]  # [m], [m²]
    velocity: Float[Array, "moment *axes time 2"]  # [m/s], [m²/s²]
    force: Float[Array, "moment *axes control 2"]  # [N], [N²]


def profile(a: metrics.Aligned) -> Profile:
    """The two moments of a chunk of aligned courses over its conditions."""

    def moments(x: Array) -> Array:
        return jnp.stack([jnp.mean(x, axis=0), jnp.mean(x**2, axis=0)])

    return Profile(moments(a.position), moments(a.velocity), moments(a.force))


def spread(moments: Any) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation over everything but the last axes, time and xy.

    Args:
        moments: of one quantity of a `Profile`, shape (…, 2, time, 2).
    """
    both = np.asarray(moments, float)
    both = both.reshape(-1, *both.shape[-3:]).mean(axis=0)
    return both[0], np.sqrt(np.maximum(both[1] - both[0] ** 2, 0.0))


class Reaches(NamedTuple):
    """What is kept of reaches: measures of each, profiles over all."""

    measures: dict[str, Float[Array, "*axes"]]
    profile: Profile


@dataclasses.dataclass(frozen=True)
class ReachReduction:
    """Measures and profiles of a chunk of reaches; a value, so that it is jit's key."""

    loop: Loop
    names: tuple[str, ...] = metrics.PLANT

    def __call__(
        self, controller: Controller, course: Course, trial: Trial, probe: Probe | None
    ) -> Reaches:
        """The measures (one for each condition) and the profile of a chunk."""
        del probe
        a = jax.vmap(lambda c, t: metrics.align_reach(c, self.loop, t))(course, trial)
        found = jax.vmap(lambda one: metrics.measure(one, self.names))(a)
        weight = controller.readout.weight
        correlation = jax.vmap(lambda h: metrics.output_correlation(h, weight))
        found["output_correlation"] = correlation(course.hidden)
        return Reaches(found, profile(a))


@dataclasses.dataclass(frozen=True)
class ImpulseReduction:
    """Measures and profiles of a chunk of steady states with an impulse each."""

    loop: Loop
    start: int  # first control step of the impulse
    duration: int  # [steps]
    names: tuple[str, ...] = metrics.FEEDBACK

    def __call__(
        self, controller: Controller, course: Course, trial: Trial, probe: Probe
    ) -> Reaches:
        """As `ReachReduction`, in the frame of the impulse."""
        del controller
        a = jax.vmap(self.align)(course, trial, impulse_directions(probe))

        def both(one: metrics.Aligned) -> dict[str, Array]:
            window = metrics.measure_impulse(one, self.start, self.duration)
            return metrics.measure(one, self.names) | window

        return Reaches(jax.vmap(both)(a), profile(a))

    def align(self, course: Course, trial: Trial, direction: Array) -> metrics.Aligned:
        """One course in the frame of its impulse, from its steady position."""
        return metrics.align(course, self.loop, trial.start, trial.goal, direction)


def impulse_directions(probe: Probe) -> Float[Array, "condition 2"]:
    """Unit vector of each trial's impulse, whether of position or of velocity."""
    assert probe.impulse is not None
    vector = probe.impulse.vector
    both = vector[:, :2] + vector[:, 2:]
    return both / jnp.linalg.norm(both, axis=-1, keepdims=True)


class Paths(NamedTuple):
    """Whole paths of a few trials, as they are or aligned, for figures."""

    position: Float[Array, "*axes time 2"]  # [m]
    velocity: Float[Array, "*axes time 2"]  # [m/s]
    force: Float[Array, "*axes control 2"]  # [N]


@dataclasses.dataclass(frozen=True)
class PathReduction:
    """The whole paths of a chunk, in the frame of reach or impulse if aligned."""

    loop: Loop
    aligned: bool = True

    def __call__(
        self,
        controller: Controller,
        course: Course,
        trial: Trial,
        probe: Probe | None,
    ) -> Paths:
        """Position, velocity and force of every trial of a chunk."""
        del controller
        if not self.aligned:
            return Paths(course.position, course.velocity, course.command)
        way = trial.goal - trial.start
        if probe is None:
            way = way / jnp.linalg.norm(way, axis=-1, keepdims=True)
        else:
            way = impulse_directions(probe)

        def align(course: Course, trial: Trial, way: Array) -> metrics.Aligned:
            return metrics.align(course, self.loop, trial.start, trial.goal, way)

        return Paths(*jax.vmap(align)(course, trial, way)[:3])


def choose(
    paths: Paths,
    members: Sequence[int],
    variant: int,
    evaluations: slice = slice(None),
    conditions: slice = slice(None),
    seeds: Sequence[int] = (),
) -> tuple[list[np.ndarray], list[str]]:
    """Some of the paths in a row, shape (curve, time, 2), and what each of them is.

    Args:
        paths: with axes (member, variant, evaluation, condition).
        members: places of the models to take.
        variant: place of the variant.
        evaluations: which of them; all by default.
        conditions: which of them; all by default.
        seeds: of all models, for the words.
    """
    taken = [
        np.asarray(part)[list(members), variant][:, evaluations, conditions]
        for part in paths
    ]
    places = np.indices(taken[0].shape[:3]).reshape(3, -1).T
    names = [seeds[m] if len(seeds) else m for m in members]
    words = [
        f"replicate (seed) {names[m]}, trial {e}, condition {c}" for m, e, c in places
    ]
    return [x.reshape(-1, *x.shape[3:]).astype(np.float32) for x in taken], words


def table(
    measures: Mapping[str, Any],
    members: Sequence[Mapping[str, Any]],
    variants: Sequence[Mapping[str, Any]],
) -> pd.DataFrame:
    """One row for each trial, with columns for the model, the variant and measures.

    Args:
        measures: arrays with axes (member, variant, evaluation, condition).
        members: what tells each model, e.g. its `field_std` and `seed`.
        variants: what tells each variant, e.g. its `amplitude`.
    """
    shape = np.shape(next(iter(measures.values())))
    places = np.indices(shape).reshape(len(shape), -1)
    columns: dict[str, Any] = {}
    for rows, place in ((members, places[0]), (variants, places[1])):
        for name in rows[0]:
            columns[name] = np.asarray([row[name] for row in rows])[place]
    columns |= {"evaluation": places[2], "condition": places[3]}
    values = {name: np.asarray(value).ravel() for name, value in measures.items()}
    return pd.DataFrame(columns | values)
