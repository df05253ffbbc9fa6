r"""How long a forecast of a chaotic system holds, and what it is held against.

A forecast is valid until its error, each neuron's in units of its standard deviation,
exceeds 0.4; the time is told in Lyapunov times $1/\lambda$. Nothing that is learned can
hold longer than the true equations started with the learned map's own error after one
step (`ceiling`): a forecast beyond it has seen what it should not. Below stand no
change, and a next-generation reservoir (Gauthier et al. 2021, Nature Communications
12:5564): ridge regression on delays and their products.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from studies.latent.chaos import Lift, System, trajectory

RUNAWAY = 1e6  # component at which a reservoir's forecast has left the attractor
THRESHOLD = 0.4  # of the normalised error at which a forecast ends [1]


def valid_steps(
    forecast: Float[np.ndarray, "start time neuron"],
    truth: Float[np.ndarray, "start time neuron"],
    scale: Float[np.ndarray, " neuron"],
) -> np.ndarray:
    """Steps of each forecast before its error exceeds the threshold, shape (start,).

    Args:
        forecast: voltages; NaN counts as an error beyond any threshold.
        truth: what happened.
        scale: standard deviation of each neuron.

    Returns:
        The number of steps; the whole length where the threshold is never exceeded.
    """
    error = np.sqrt(np.mean(((forecast - truth) / scale) ** 2, axis=-1))
    beyond = ~(error <= THRESHOLD)
    first = np.argmax(beyond, axis=1)
    return np.where(beyond.any(axis=1), first, beyond.shape[1])


def ceiling(
    system: System,
    lift: Lift,
    states: Float[np.ndarray, "start size"],
    errors: Float[np.ndarray, "start neuron"],
    steps: int,
    times: Float[np.ndarray, " start"] | None = None,
) -> Float[np.ndarray, "start time neuron"]:
    """Voltages that the true equations give from states that are off by one step.

    Args:
        system: the true equations.
        lift: from states to voltages.
        states: true states where the forecasts begin.
        errors: of the learned map after one step from there [voltage]; the state is
            displaced by what explains most of them (least squares on the lift's slope).
        steps: of a forecast, the first one the displaced state itself [1].
        times: of the starts, for a driven system.
    """
    times = np.zeros(len(states)) if times is None else times
    rows = []
    for state, error, time in zip(states, errors, times, strict=True):
        displaced = state + np.linalg.lstsq(slope(lift, state), error, rcond=None)[0]
        rows.append(lift(trajectory(system, displaced, steps, float(time))))
    return np.stack(rows)


def slope(
    lift: Lift, state: Float[np.ndarray, " size"]
) -> Float[np.ndarray, "neuron size"]:
    """Derivative of the voltages with respect to the state."""
    return (1 - lift(state) ** 2)[:, None] * lift.weight / lift.scale


@dataclass(frozen=True)
class Reservoir:
    """A next-generation reservoir on the principal components of a recording.

    From `delays` frames, `stride` samples apart, and the products of their components
    it predicts the change of the components to the next sample.
    """

    mean: Float[np.ndarray, " neuron"]
    basis: Float[np.ndarray, "component neuron"]
    weight: Float[np.ndarray, "feature component"]
    delays: int

    def forecast(
        self, past: Float[np.ndarray, "delay neuron"], steps: int
    ) -> Float[np.ndarray, "time neuron"]:
        """The next samples after the last `delays` samples of `past`, oldest first.

        NaN from where the forecast runs away.
        """
        frames = list((past[-self.delays :] - self.mean) @ self.basis.T)
        for _ in range(steps):
            feature = features(np.concatenate(frames[-self.delays :])[None])[0]
            ahead = frames[-1] + feature @ self.weight
            # Products of what runs away overflow; voltages of a lift are below 1.
            away = not np.abs(ahead).max() < RUNAWAY
            frames.append(np.full_like(ahead, np.nan) if away else ahead)
        return np.stack(frames[self.delays :]) @ self.basis + self.mean


def fit_reservoir(
    voltage: Float[np.ndarray, "time neuron"],
    *,
    components: int = 10,
    delays: int = 3,
    ridge: float = 1e-4,
) -> Reservoir:
    """Fit a reservoir to a recording of samples that follow each other.

    Args:
        voltage: samples, as sparse as they were recorded.
        components: principal components that are kept [1].
        delays: samples it sees at once [1].
        ridge: weight of the squared coefficients, relative to a feature's mean square.
    """
    mean = voltage.mean(axis=0)
    _, _, basis = np.linalg.svd(voltage - mean, full_matrices=False)
    basis = basis[:components]
    low = (voltage - mean) @ basis.T
    count = len(low) - delays
    seen = np.concatenate([low[k : k + count] for k in range(delays)], axis=1)
    design = features(seen)
    change = low[delays:] - low[delays - 1 : -1]
    size = np.mean(design**2, axis=0)
    gram = design.T @ design + len(design) * ridge * np.diag(size)
    weight = np.linalg.solve(gram, design.T @ change)
    return Reservoir(mean, basis, weight, delays)


def features(
    seen: Float[np.ndarray, "time linear"],
) -> Float[np.ndarray, "time feature"]:
    """A constant, the components of all delays, and their products of two."""
    rows, columns = np.triu_indices(seen.shape[1])
    ones = np.ones((len(seen), 1))
    return np.concatenate([ones, seen, seen[:, rows] * seen[:, columns]], axis=1)
