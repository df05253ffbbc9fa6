"""Reaching trials: where the hand starts, where it should go, and what disturbs it.

The workspace is the square from -1 to 1 in both coordinates [m]. A `Trial` is one
trial; functions here make many, with a leading axis of trials on every array.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

REACH = 0.5  # length of a centre-out reach [m]
# Fewest and most steps (excluded) of the epochs before movement: start, target, delay.
EPOCHS = ((5, 15), (10, 20), (10, 25))
NEVER = 2**30  # a step after the end of any trial


class Trial(NamedTuple):
    """One trial; with a leading axis on every array, many.

    Attributes:
        start: position of the resting hand at the beginning [m].
        goal: where it should arrive [m].
        curl: amplitude of the curl field [N s/m], positive pushes to the left.
        force: constant field [N].
        context: what the network is told about the field [1].
        epochs: steps at which the three epochs before movement end; None: the target
            is shown, and the hand may move, from the first step.
        gusts: outside force at each control step [N]; None: none.
    """

    start: Float[Array, "*trial 2"]
    goal: Float[Array, "*trial 2"]
    curl: Float[Array, "*trial"]
    force: Float[Array, "*trial 2"]
    context: Float[Array, "*trial"]
    epochs: Int[Array, "*trial 3"] | None = None
    gusts: Float[Array, "*trial control 2"] | None = None


def unperturbed(start: Float[Array, "trial 2"], goal: Float[Array, "trial 2"]) -> Trial:
    """Trials without a field and with context 0."""
    none = jnp.zeros(start.shape[0], jnp.float32)
    return Trial(start, goal, none, jnp.zeros_like(start), none)


def random_reaches(key: PRNGKeyArray, count: int) -> Trial:
    """Trials with start and goal independent and uniform in the workspace."""
    ends = jax.random.uniform(key, (2, count, 2), jnp.float32, minval=-1.0, maxval=1.0)
    return unperturbed(ends[0], ends[1])


def grid_points(grid: int) -> Float[np.ndarray, "points 2"]:
    """The grid × grid points inside the workspace, evenly spaced [m]."""
    line = np.linspace(-1, 1, grid + 2)[1:-1]
    return np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2)


def centre_out(grid: int = 2, directions: int = 24, length: float = REACH) -> Trial:
    """Reaches of one length [m] from every point of a grid in all directions.

    Ordered by point, then by direction, from angle 0 counter-clockwise.
    """
    angle = 2 * np.pi * np.arange(directions) / directions
    way = length * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    start = np.repeat(grid_points(grid), directions, axis=0)
    goal = start + np.tile(way, (grid * grid, 1))
    return unperturbed(jnp.asarray(start, jnp.float32), jnp.asarray(goal, jnp.float32))


def steady_states(grid: int = 5) -> Trial:
    """Trials whose goal is their start; of an odd grid the middle one is the origin."""
    return centre_out(grid, directions=1, length=0.0)


def delayed(
    key: PRNGKeyArray,
    trials: Trial,
    lengths: tuple[tuple[int, int], ...] = EPOCHS,
    catch: float = 0.0,
) -> Trial:
    """The trials with epochs of random length before movement.

    Args:
        key: the epochs are the same with and without catch trials.
        trials: with a leading axis.
        lengths: fewest and most steps (excluded) of each epoch.
        catch: probability of a catch trial, in which the delay never ends: the target
            is shown, and the hand should stay.
    """
    count = trials.start.shape[0]
    low, high = (jnp.asarray(side) for side in zip(*lengths, strict=True))
    shape = (count, len(lengths))
    low, high = jnp.broadcast_to(low, shape), jnp.broadcast_to(high, shape)
    epochs = jnp.cumsum(jax.random.randint(key, shape, low, high), axis=-1)
    if catch > 0:
        caught = jax.random.bernoulli(jax.random.fold_in(key, 1), catch, (count,))
        end = jnp.where(caught, jnp.full_like(epochs[:, 2], NEVER), epochs[:, 2])
        epochs = epochs.at[:, 2].set(end)
    return trials._replace(epochs=epochs)


def holding(trial: Trial, steps: Int[Array, " time"]) -> Bool[Array, " time"]:
    """Whether the hand of one trial should stay at its start at these steps."""
    if trial.epochs is None:
        return jnp.zeros(steps.shape, bool)
    return steps < trial.epochs[2]


def aims(trial: Trial, steps: Int[Array, " time"]) -> Float[Array, "time 2"]:
    """Where the hand of one trial should be at these steps [m]."""
    hold = jnp.broadcast_to(holding(trial, steps)[:, None], (*steps.shape, 2))
    shape = hold.shape
    start, goal = (jnp.broadcast_to(x, shape) for x in (trial.start, trial.goal))
    return jnp.where(hold, start, goal)
