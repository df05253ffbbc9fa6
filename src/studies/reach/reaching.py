r"""Fixed points of a reach: where a controller would settle at the present input.

While the hand moves, the network's input changes at every step, and with it the fixed
point that its hidden state moves towards. `rings` holds the two ends of that course:
the goal is shown while the hand is still at its start ("inits-goals"), and the hand has
arrived ("goals-goals"). `along` follows a reach without noise step by step.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Float

from studies.reach import fixed_points, geometry
from studies.reach.fixed_points import NEAR, FixedPoints
from studies.reach.loop import Course, Loop, courses
from studies.reach.models import Controller
from studies.reach.steady import Model, candidates, held, reaches
from studies.reach.tasks import REACH, Trial


@dataclass(frozen=True)
class Rings:
    """Fixed points at both ends of reaches from the middle of the workspace."""

    model: Model
    contexts: Float[np.ndarray, " context"]
    goals: Float[np.ndarray, "direction 2"]  # [m]
    begun: FixedPoints  # goal shown, hand at the start; axes (context, direction, 1)
    settled: FixedPoints  # goal shown, hand there

    @property
    def without(self) -> int:
        """Inputs without a fixed point."""
        return int(np.sum(~self.begun.found) + np.sum(~self.settled.found))

    def radius(self, of: FixedPoints) -> Float[np.ndarray, " context"]:
        """Root of the mean squared distance from the middle of a ring [1]."""
        return np.array([geometry.grid(some, self.goals).size for some in of.best])

    def affine(self, of: FixedPoints) -> Float[np.ndarray, " context"]:
        """Share of a ring's variance that is an affine image of the goals [1]."""
        return np.array([geometry.grid(some, self.goals).affine for some in of.best])

    @property
    def push(self) -> Float[np.ndarray, " context"]:
        """Median force towards the goal that a network settled on it gives [N].

        The hand is still at its start: it is what the network would push with in the
        end if nothing moved.
        """
        way = self.goals / np.linalg.norm(self.goals, axis=-1, keepdims=True)
        force = self.model.force(self.begun.best)
        return np.nanmedian(np.einsum("cdx,dx->cd", force, way), axis=-1)


@dataclass(frozen=True)
class Along:
    """A reach's hidden states, and the fixed point of its input at each step."""

    model: Model
    contexts: Float[np.ndarray, " context"]
    goals: Float[np.ndarray, "direction 2"]  # [m]
    hidden: Float[np.ndarray, "context direction step hidden"]
    inputs: Float[np.ndarray, "context direction step size"]
    search: FixedPoints  # axes (context, direction, step, 1)

    @property
    def points(self) -> Float[np.ndarray, "context direction step hidden"]:
        """The fixed point of each step's input; NaN where none was found."""
        return self.search.best

    @property
    def behind(self) -> Float[np.ndarray, "context direction step"]:
        """Distance of the hidden state from the fixed point of its input [1]."""
        return np.linalg.norm(self.hidden - self.points, axis=-1)

    @property
    def towards(self) -> Float[np.ndarray, "context direction step"]:
        """Cosine between the next step of the state and the way to its point [1]."""
        step = np.diff(self.hidden, axis=2)
        way = (self.points - self.hidden)[:, :, 1:]
        # The state of a step has heard its input already: what it still has to go.
        size = np.linalg.norm(step, axis=-1) * np.linalg.norm(way, axis=-1)
        return np.sum(step * way, axis=-1) / np.maximum(size, 1e-300)

    def dislocations(self) -> np.ndarray:
        """Whether a step's point continues that of the step before, not its own branch.

        The search of each step is repeated from the point of the step before. Where it
        ends elsewhere than the search from the trial's own state, the course of the
        fixed points is broken. Shape (context, direction, step − 1).
        """
        again = fixed_points.find(
            self.model.controller,
            self.inputs[:, :, 1:],
            self.points[:, :, :-1, None],
        ).best
        apart = np.linalg.norm(again - self.points[:, :, 1:], axis=-1)
        extent = np.nanmax(np.nanstd(self.points, axis=2), axis=-1)[..., None]
        return ~(apart <= NEAR * extent)


def circle(directions: int) -> Float[np.ndarray, "direction 2"]:
    """Goals evenly spaced around the middle of the workspace [m]."""
    angle = 2 * np.pi * np.arange(directions) / directions
    return REACH * np.stack([np.cos(angle), np.sin(angle)], axis=-1)


def rings(model: Model, contexts: Sequence[float], directions: int) -> Rings:
    """The fixed points at both ends of reaches in several directions."""
    goals, told = circle(directions), model.contexts(contexts)
    begin = candidates(model, told, goals, repeats=1, anywhere=0)
    ends = [
        fixed_points.find(
            model.controller,
            held(model.layout, goals, hand, context=told[:, None]),
            begin,
        )
        for hand in (np.zeros_like(goals), goals)
    ]
    return Rings(model, told, goals, *ends)


@eqx.filter_jit
def _courses(controller: Controller, loop: Loop, trials: Trial, keys: Array) -> Course:
    return courses(controller, loop, trials, keys)


def along(
    model: Model,
    contexts: Sequence[float],
    directions: int,
    *,
    curl: float = 0.0,
    every: int = 1,
) -> Along:
    """Reaches without noise, and the fixed points of their inputs.

    Args:
        model: a trained controller.
        contexts: that it is told, if it is told any.
        directions: of the reaches from the middle of the workspace [1].
        curl: amplitude of the curl field [N s/m].
        every: so many control steps lie between those that are looked at [1].
    """
    goals, told = circle(directions), model.contexts(contexts)
    shape = (len(told), directions)
    where = np.broadcast_to(goals, (*shape, 2))
    context = np.broadcast_to(told[:, None], shape)
    flat = where.reshape(-1, 2)
    trials = reaches(np.zeros_like(flat), flat, context.ravel())
    trials = trials._replace(curl=trials.curl + curl)
    still: dict[str, Any] = {"sensory_noise": 0.0, "motor_noise": 0.0}
    keys = jax.random.split(jax.random.key(0), len(flat))
    loop = replace(model.loop, **still)
    course = _courses(model.controller, loop, trials, keys)
    hidden, felt = (
        np.asarray(x, float)[:, ::every].reshape(*shape, -1, x.shape[-1])
        for x in (course.hidden, course.feedback)
    )
    inputs = held(
        model.layout,
        where[:, :, None],
        felt[..., :2],
        velocity=felt[..., 2:],
        context=context[..., None],
    )
    search = fixed_points.find(model.controller, inputs, hidden[..., None, :])
    return Along(model, told, goals, hidden, inputs, search)
