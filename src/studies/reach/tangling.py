r"""Tangling: how far a trajectory is from having one direction of flow at each place.

$Q_i=\max_j\lVert\dot x_i-\dot x_j\rVert^2/(\lVert x_i-x_j\rVert^2+\epsilon)$ over all
samples of all trials (Russo et al. 2018, Neuron 97:953). It is large where two nearby
states move on differently, so that noise may carry one on to the other's way, and it is
bounded where the flow is smooth: on $\dot x=Ax$ by the square of the largest singular
value of $A$. $\dot x$ is a forward difference over the time step.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.spatial.distance import cdist

from studies.reach import evaluation
from studies.reach.loop import Course, Loop
from studies.reach.tasks import Trial
from studies.reach.yardsticks import quiet

BLOCK = 512  # samples whose distances to all others are held at a time [1]
SPACES = ("hidden state", "force", "hand")


class Spaces(NamedTuple):
    """What is followed over a trial, in the order of `SPACES`."""

    hidden: Float[Array | np.ndarray, "*axes control hidden"]
    force: Float[Array | np.ndarray, "*axes control 2"]  # the network's output [N]
    hand: Float[Array | np.ndarray, "*axes control 4"]  # position and velocity [m, m/s]


def tangling(
    paths: Float[np.ndarray, "trial time dimension"],
    dt: float,
    *,
    dimensions: int = 10,
    softening: float = 0.1,
) -> Float[np.ndarray, "trial time-1"]:
    """Q at every sample of every trial but the last ones [1/s²].

    Args:
        paths: trajectories that are compared with each other and themselves.
        dt: time step [s].
        dimensions: principal components that are kept, where there are more.
        softening: ε, as a share of the mean square of the centred samples; Russo et al.
            take 0.1.

    Raises:
        ValueError: nothing moves, a sample is no number, or a choice is not positive.
    """
    if dimensions < 1 or not softening > 0 or not dt > 0:
        message = (
            "tangling: `dimensions`, `softening` and `dt` must be positive; got "
            f"{dimensions}, {softening} and {dt}."
        )
        raise ValueError(message)
    states = principal(paths, dimensions)
    square = float(np.mean(np.sum(states**2, axis=-1)))
    if not np.isfinite(square) or square == 0:
        message = (
            "tangling: the trajectories must be finite and not all the same point; "
            f"their mean square is {square}."
        )
        raise ValueError(message)
    speeds = np.diff(states, axis=1) / dt
    trials, times = speeds.shape[:2]
    places = states[:, :-1].reshape(trials * times, -1)
    flat = speeds.reshape(trials * times, -1)
    found = [
        np.max(
            cdist(flat[k : k + BLOCK], flat, "sqeuclidean")
            / (
                cdist(places[k : k + BLOCK], places, "sqeuclidean") + softening * square
            ),
            axis=1,
        )
        for k in range(0, len(flat), BLOCK)
    ]
    return np.concatenate(found).reshape(trials, times)


def principal(
    paths: Float[np.ndarray, "trial time dimension"], dimensions: int
) -> Float[np.ndarray, "trial time kept"]:
    """The first principal components of all samples together, centred."""
    flat = np.asarray(paths, float).reshape(-1, paths.shape[-1])
    centred = flat - flat.mean(axis=0)
    if not np.all(np.isfinite(centred)):
        return np.full((*paths.shape[:2], 1), np.nan)
    _, _, rows = np.linalg.svd(centred, full_matrices=False)
    return (centred @ rows[:dimensions].T).reshape(*paths.shape[:2], -1)


def rms(values: Float[np.ndarray, "*axes time"]) -> float:
    """Root mean square over all trials and times."""
    return float(np.sqrt(np.mean(np.asarray(values, float) ** 2)))


def follow_reaches(controllers: Any, loop: Loop, trials: Trial) -> Spaces:
    """Hidden state, force and hand in reaches without noise, axes (member, condition).

    The first control step is left out: in it the hidden state leaves 0, in all trials.

    Args:
        controllers: stacked.
        loop: that they run in; its noise is left out.
        trials: with a leading axis of conditions.
    """
    one = jax.tree.map(lambda leaf: leaf[None], trials)
    key = jax.random.key(0)
    found = evaluation.evaluate(controllers, quiet(loop), one, 1, key, _spaces)
    return Spaces(*(np.asarray(part)[:, 0, 0] for part in found))


def _spaces(controller: Any, course: Course, trial: Trial, probe: Any) -> Spaces:
    del controller, trial, probe
    hand = jnp.concatenate([course.position, course.velocity], axis=-1)
    return Spaces(course.hidden[:, 1:], course.output[:, 1:], hand[:, 2:])
