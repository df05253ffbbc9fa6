r"""The best interpolation between two recordings: a regression on every step.

With the stimulus known only at the recordings, no model can say what it did between
them. How much that costs is asked of a ridge regression that is given both ends (states
and stimulus) and, in training, every true step between them. It predicts the deviation
from the straight line; what it leaves is a limit for linear predictors, which no method
that sees only the recordings can be blamed for.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from studies.latent.recordings import Recording

Stimulus = Literal["knots", "all"]
RIDGES = (1e-4, 1e-3, 1e-2, 1e-1)  # of the mean diagonal of the normal matrix
HELD_OUT = 0.2  # share of the windows that chooses among them


@dataclass(frozen=True)
class Interpolation:
    """An interpolation fitted over `time_units` steps."""

    time_units: int
    stimulus: Stimulus
    centre: Float[np.ndarray, " neuron"]
    basis: Float[np.ndarray, "neuron component"]
    weight: Float[np.ndarray, "feature column"]  # column: (step between, neuron)
    ridge: float

    def errors(self, recording: Recording) -> Float[np.ndarray, " step"]:
        """Mean squared error at each step between two recordings of another set."""
        rows = window_rows(recording, self.time_units, self.time_units)
        columns = features(recording, rows, self.time_units, self)
        left = deviations(recording, rows, self.time_units)
        wrong = columns @ self.weight - left.reshape(len(rows), -1)
        return (wrong.reshape(left.shape) ** 2).mean(axis=(0, 2))


def window_rows(
    recording: Recording, time_units: int, stride: int
) -> Int[np.ndarray, " window"]:
    """Rows that windows of `time_units` steps begin at."""
    return np.arange(0, recording.steps - time_units - 1, stride)


def deviations(
    recording: Recording, rows: Int[np.ndarray, " window"], time_units: int
) -> Float[np.ndarray, "window step neuron"]:
    """Truth less the straight line at each step between the ends of windows."""
    own, steps = recording.voltage, np.arange(1, time_units)
    share = (steps / time_units)[None, :, None].astype(np.float32)
    low, high = own[rows][:, None], own[rows + time_units][:, None]
    return own[rows[:, None] + steps] - ((1 - share) * low + share * high)


def straight_line(recording: Recording, time_units: int) -> Float[np.ndarray, " step"]:
    """Mean squared error of the straight line at each step between two recordings."""
    rows = window_rows(recording, time_units, time_units)
    return (deviations(recording, rows, time_units) ** 2).mean(axis=(0, 2))


def features(
    recording: Recording,
    rows: Int[np.ndarray, " window"],
    time_units: int,
    fitted: Interpolation,
) -> Float[np.ndarray, "window feature"]:
    """Features of a window: principal components of both ends, stimulus, a one."""
    ends = [
        (recording.voltage[rows + offset] - fitted.centre) @ fitted.basis
        for offset in (0, time_units)
    ]
    known = np.arange(time_units) if fitted.stimulus == "all" else [0, time_units]
    seen = recording.stimulus[rows[:, None] + np.asarray(known)]
    ones = np.ones((len(rows), 1), np.float32)
    return np.concatenate([*ends, seen.reshape(len(rows), -1), ones], axis=1)


def fit(
    recording: Recording,
    time_units: int,
    stimulus: Stimulus = "knots",
    components: int = 96,
    windows: int = 6000,
) -> Interpolation:
    """Fit an interpolation on windows of a recording that is seen whole.

    Args:
        recording: the training recording, every row of it.
        time_units: steps between the ends, at least 2.
        stimulus: known at both ends, or at every step.
        components: principal components that the states are given on.
        windows: at most so many are used.

    Raises:
        ValueError: no step lies between the ends.
    """
    if time_units < 2:
        msg = f"`time_units` must be at least 2, or nothing lies between; {time_units}."
        raise ValueError(msg)
    centre = recording.voltage.mean(axis=0)
    some = recording.voltage[:: max(1, recording.steps // 4000)] - centre
    _, axes = np.linalg.eigh(some.T @ some)
    basis = axes[:, ::-1][:, :components].astype(np.float32)
    stride = max(1, (recording.steps - time_units) // windows)
    rows = window_rows(recording, time_units, stride)
    empty = np.zeros((0, 0), np.float32)
    blank = Interpolation(time_units, stimulus, centre, basis, empty, 0.0)
    columns = features(recording, rows, time_units, blank).astype(np.float64)
    left = deviations(recording, rows, time_units).reshape(len(rows), -1)
    weight, ridge = _ridge(columns, left)
    return Interpolation(time_units, stimulus, centre, basis, weight, ridge)


def _ridge(
    columns: Float[np.ndarray, "window feature"],
    left: Float[np.ndarray, "window column"],
) -> tuple[Float[np.ndarray, "feature column"], float]:
    """Weights with the ridge that is best on the last windows."""
    cut = int((1 - HELD_OUT) * len(columns))
    first, rest = columns[:cut], columns[cut:]
    normal, moment = first.T @ first, first.T @ left[:cut]
    scale, eye = np.trace(normal) / len(normal), np.eye(len(normal))
    found = []
    for ridge in RIDGES:
        weight = np.linalg.solve(normal + ridge * scale * eye, moment)
        error = float(((rest @ weight - left[cut:]) ** 2).mean())
        found.append((error, ridge, weight))
    _, ridge, weight = min(found, key=lambda item: item[0])
    return weight.astype(np.float32), ridge
