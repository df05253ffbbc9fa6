"""What a gradient costs, and how well the ways of computing it agree.

A *way* is a solver together with its way back. All are asked for the gradient of the
same loss on the same segments, so that they can be compared with one of them.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import diffrax
import equinox as eqx
import jax
import numpy as np
import pandas as pd
from jaxtyping import Array, Float

from studies.orbit.adjoints import adaptive, gradient
from studies.orbit.models import OrbitModel
from studies.orbit.solvers import Field, Times, Trajectory, fast
from studies.orbit.systems import State

Solver = Callable[[Field, Times, State], Trajectory]
DISCRETE = diffrax.RecursiveCheckpointAdjoint()  # exact for the steps taken
CONTINUOUS = diffrax.BacksolveAdjoint()  # integrates the orbit backwards in time
NOTES = {"relative": 1e-6, "absolute": 1e-8}
LOOSE = {"relative": 1e-3, "absolute": 1e-5}

WAYS: Mapping[str, Solver] = {
    "adaptive 1e-6, discrete": partial(adaptive, adjoint=DISCRETE, **NOTES),
    "adaptive 1e-3, discrete": partial(adaptive, adjoint=DISCRETE, **LOOSE),
    "adaptive 1e-6, continuous": partial(adaptive, adjoint=CONTINUOUS, **NOTES),
    "adaptive 1e-3, continuous": partial(adaptive, adjoint=CONTINUOUS, **LOOSE),
    "one Runge-Kutta step": fast,
}
COLUMNS = {  # of `table`, with their units
    "loss": "%",
    "cosine": "1",
    "difference": "%",
    "set_up": "s",
    "cost": "s",
    "speed_up": "1",
}


class Cost(NamedTuple):
    """One way's answer, and what it cost in processor time."""

    loss: float  # mean percent error of the segments [%]
    gradient: Float[np.ndarray, " parameters"]
    set_up: float  # the first call, compilation included [CPU-s]
    cost: float  # a later call, median over rounds [CPU-s]


def measure(
    solver: Solver,
    model: OrbitModel,
    times: Float[Array, "segments samples"],
    states: Float[Array, "segments samples 6"],
    rounds: int = 3,
) -> Cost:
    """The gradient by one way, computed once to compile and `rounds` times to time."""
    ask = eqx.filter_jit(partial(gradient, solver))
    spent = []
    loss = slopes = None
    for _ in range(rounds + 1):
        begun = time.process_time()
        loss, slopes = jax.block_until_ready(ask(model, times, states))
        spent.append(time.process_time() - begun)
    assert loss is not None
    return Cost(
        float(loss),
        np.asarray(slopes, dtype=float),
        spent[0],
        float(np.median(spent[1:])),
    )


def table(costs: Mapping[str, Cost], standard: str) -> pd.DataFrame:
    """Each way beside the standard: cosine of the gradients, their difference, cost.

    `difference` is ‖g − g₀‖/‖g₀‖ [%] and `speed_up` the standard's cost over the way's.
    """
    ground = costs[standard]
    size = np.linalg.norm(ground.gradient)
    rows = {
        name: {
            "loss": one.loss,
            "cosine": _cosine(one.gradient, ground.gradient),
            "difference": 100 * np.linalg.norm(one.gradient - ground.gradient) / size,
            "set_up": one.set_up,
            "cost": one.cost,
            "speed_up": ground.cost / one.cost,
        }
        for name, one in costs.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(COLUMNS))


def _cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))


def share_near(
    radius: Sequence[float] | np.ndarray, amount: np.ndarray, below: float
) -> float:
    """Share [%] of a quantity summed over samples that lies nearer than a radius."""
    near = np.asarray(radius) < below
    return float(100 * np.sum(amount[near]) / np.sum(amount))
