"""A controller at rest: its fixed points with the hand held still, on a grid of places.

With target and feedback at the same place, and no velocity, a trained controller should
neither push nor change. `at_rest` finds where its hidden state rests then, for every
place and, where the network is told one, every context. `held` makes the inputs for
any other situation, and `Model` is a trained controller with the loop it belongs to.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from studies.evidence import Catalogue
from studies.reach import evaluation, fixed_points
from studies.reach.fixed_points import FixedPoints, Kind
from studies.reach.loop import Loop, courses
from studies.reach.models import Controller, InputLayout, from_parameters
from studies.reach.tasks import Trial, grid_points, unperturbed
from studies.training import read_model


@dataclass(frozen=True)
class Model:
    """A trained controller, the loop it was trained in, and its hyperparameters."""

    row: Mapping[str, Any]
    controller: Controller
    loop: Loop

    @property
    def layout(self) -> InputLayout:
        """Where each quantity stands in the network's input."""
        return self.controller.layout

    @property
    def readout(self) -> Float[np.ndarray, "2 hidden"]:
        """Rows of the readout, which make the force [N]."""
        return np.asarray(self.controller.readout.weight, float)

    def contexts(self, wanted: Sequence[float]) -> Float[np.ndarray, " context"]:
        """The contexts of the model; a network without that input has one, 0."""
        return np.asarray(wanted if self.layout.context else [0.0], float)

    def force(
        self, hidden: Float[np.ndarray, "*states hidden"]
    ) -> Float[np.ndarray, "*states 2"]:
        """The force that is read out of hidden states [N]."""
        return hidden @ self.readout.T + np.asarray(self.controller.readout.bias, float)


@dataclass(frozen=True)
class Steady:
    """Fixed points of a controller under held inputs, by context and place."""

    contexts: Float[np.ndarray, " context"]
    places: Float[np.ndarray, "place 2"]  # of goal and hand [m]
    inputs: Float[np.ndarray, "context place size"]
    search: FixedPoints  # axes (context, place, candidate)

    @property
    def points(self) -> Float[np.ndarray, "context place hidden"]:
        """The fixed point of each input; NaN where none was found."""
        return self.search.best

    @property
    def spacing(self) -> float:
        """Median distance of a fixed point from its nearest neighbour in place [1]."""
        gaps = np.linalg.norm(self.points[:, :, None] - self.points[:, None], axis=-1)
        gaps[:, np.arange(len(self.places)), np.arange(len(self.places))] = np.inf
        return float(np.nanmedian(np.nanmin(gaps, axis=-1)))

    def distinct(self) -> Int[np.ndarray, "context place"]:
        """How many different fixed points the searches of one input ended at."""
        count = np.zeros(self.search.kind.shape[:-1], int)
        spacing = self.spacing
        for place in np.ndindex(count.shape):
            fixed = self.search.kind[place] == Kind.FIXED
            ends = self.search.point[place][fixed]
            count[place] = len(fixed_points.unique(ends, spacing))
        return count


def open_model(catalogue: Catalogue, row: Mapping[str, Any]) -> Model:
    """A trained controller from the catalogue."""
    read = partial(read_model, build=from_parameters)
    loop = evaluation.common_loop([row])
    return Model(row, catalogue.load_model(row, read), loop)


def moves_at_once(row: Mapping[str, Any]) -> bool:
    """Whether a model reaches as soon as it sees the target.

    One that waits is told the target for a while only, so that no held input says where
    it should go; it is left out.
    """
    return row.get("task") != "delayed"


def held(
    layout: InputLayout,
    target: Any,
    feedback: Any,
    *,
    velocity: Any = (0.0, 0.0),
    context: Any = 0.0,
) -> Float[np.ndarray, "*inputs size"]:
    """The network's input in a situation that lasts, in float64.

    Args:
        layout: of the network.
        target: place of the goal, shape (*inputs, 2) [m].
        feedback: where the hand is felt [m].
        velocity: how fast it is felt to move [m/s].
        context: what the network is told, shape (*inputs); without such an input it
            only gives the leading axes.
    """
    target, feedback, velocity = (
        np.asarray(x, float) for x in (target, feedback, velocity)
    )
    context = np.asarray(context, float)
    leading = [x.shape[:-1] for x in (target, feedback, velocity)] + [context.shape]
    inputs = np.zeros((*np.broadcast_shapes(*leading), layout.size))
    inputs[..., layout["target_position"]] = target
    inputs[..., layout["feedback_position"]] = feedback
    inputs[..., layout["feedback_velocity"]] = velocity
    if layout.context:
        inputs[..., layout["context"]] = context[..., None]
    return inputs


def reaches(
    start: Float[np.ndarray, "trial 2"],
    goal: Float[np.ndarray, "trial 2"],
    context: Float[np.ndarray, " trial"],
) -> Trial:
    """Unperturbed trials from start to goal [m] with a context each."""
    begin, end, told = (jnp.asarray(x, jnp.float32) for x in (start, goal, context))
    return unperturbed(begin, end)._replace(context=told)


@eqx.filter_jit
def ends(
    controller: Controller, loop: Loop, trials: Trial, key: PRNGKeyArray
) -> Float[Array, "trial hidden"]:
    """The last hidden state of each trial, under the loop's noise."""
    keys = jax.random.split(key, trials.curl.shape[0])
    return courses(controller, loop, trials, keys).hidden[:, -1]


def candidates(
    model: Model,
    contexts: Float[np.ndarray, " context"],
    places: Float[np.ndarray, "place 2"],
    *,
    repeats: int = 2,
    spread: float = 0.1,
    anywhere: int = 2,
    seed: int = 0,
) -> Float[np.ndarray, "context place candidate hidden"]:
    """Hidden states to search from.

    Args:
        model: whose trials end in them.
        contexts: told in the trials.
        places: where the hand is held [m].
        repeats: trials of each place and context, with other noise; at least 1.
        spread: std of the normal noise added to all but the first of their last
            states [1].
        anywhere: more states of each, uniform in the cube from -1 to 1, which no hidden
            state ever leaves [1].
        seed: of all that is random.
    """
    shape = (len(contexts), len(places), repeats)
    where = np.broadcast_to(places[:, None], (*shape, 2)).reshape(-1, 2)
    told = np.broadcast_to(contexts[:, None, None], shape).ravel()
    trials = reaches(where, where, told)
    last = ends(model.controller, model.loop, trials, jax.random.key(seed))
    rng = np.random.default_rng(seed)
    near = np.asarray(last, float).reshape(*shape, -1)
    near[:, :, 1:] += rng.normal(0, spread, near[:, :, 1:].shape)
    far = rng.uniform(-1, 1, (*shape[:2], anywhere, near.shape[-1]))
    return np.concatenate([near, far], axis=2)


def at_rest(
    model: Model,
    contexts: Sequence[float],
    grid: int,
    begin: Callable[..., np.ndarray] = candidates,
    **told: Any,
) -> Steady:
    """Fixed points where the goal is where the hand is, at grid × grid places.

    Args:
        model: a trained controller.
        contexts: that it is told, if it is told any.
        grid: places in each direction of the workspace.
        begin: gives the states to search from, as `candidates` does.
        told: passed on to `begin`.
    """
    places, known = grid_points(grid), model.contexts(contexts)
    inputs = held(model.layout, places, places, context=known[:, None])
    start = begin(model, known, places, **told)
    return Steady(
        known, places, inputs, fixed_points.find(model.controller, inputs, start)
    )
