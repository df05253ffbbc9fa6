r"""How long a trained map forecasts a chaotic system, beside what it is held against.

A model is started at many states of a new trajectory, sees of each what it may see, and
is left alone. Its forecast holds until the error exceeds 0.4 standard deviations
(`forecasts.valid_steps`). On the same starts stand no change, the straight line through
the recordings, a next-generation reservoir fitted to the same observed entries, and the
true equations started with the model's own error after one step: the ceiling.
"""

from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from scipy.signal import welch
from scipy.stats import wasserstein_distance

from studies.latent import chaos, forecasts, reports, rollouts
from studies.latent.acquisition import Observation, interpolate, observe
from studies.latent.chaos import System
from studies.latent.forecasts import Reservoir, fit_reservoir, valid_steps
from studies.latent.recordings import Recording
from studies.latent.reports import Arrays

JUDGING_SEED = 1_000  # of the trajectory that judges: no training has it
DELAYS = 3  # samples that a reservoir is shown
SEGMENT = 2_048  # [steps] of a spectrum
FORGOTTEN = 500  # [steps] of the model's own before an exponent is taken


@dataclass(frozen=True)
class Trial:
    """A new trajectory and the rows at which forecasts of it start."""

    system: System
    observation: Observation
    states: Float[np.ndarray, "time size"]
    truth: Float[np.ndarray, "time neuron"]  # the states lifted, without noise
    seen: Recording  # what a model may read of them
    starts: Int[np.ndarray, " start"]  # recorded rows
    steps: int  # of a forecast

    @property
    def scale(self) -> Float[np.ndarray, " neuron"]:
        """Standard deviation of each neuron."""
        return self.truth.std(axis=0)

    def held(
        self, forecast: Float[np.ndarray, "start step neuron"]
    ) -> Int[np.ndarray, " start"]:
        """Steps that each forecast holds; its first step is start + 1."""
        after = [self.truth[row + 1 : row + 1 + self.steps] for row in self.starts]
        return valid_steps(forecast, np.stack(after), self.scale)

    def lyapunov_times(self, steps: Any, rate: float) -> Any:
        """Steps in Lyapunov times 1 / rate [1]."""
        return steps * self.system.dt * rate


def trial(
    system: System,
    observation: Observation,
    *,
    starts: int,
    time: float,
    gap: float,
    noise: float = 0.0,
    seed: int = 0,
) -> Trial:
    """A trajectory with forecasts that start at recorded rows.

    Args:
        system: what is forecast.
        observation: how it is recorded.
        starts: forecasts [1].
        time: of each forecast [units of time], rounded up to whole samples.
        gap: between two starts [units of time], likewise.
        noise: of what a model may see [standard deviations of each neuron].
        seed: of the trajectory.
    """
    tu = observation.tu
    steps, apart = (tu * int(np.ceil(x / system.dt / tu)) for x in (time, gap))
    first = tu * (DELAYS + 1)
    own = JUDGING_SEED + seed
    begin = chaos.on_attractor(system, own)
    states = chaos.trajectory(
        system, begin, first + starts * apart + steps + 2 * tu + 1
    )
    return Trial(
        system=system,
        observation=observation,
        states=states,
        truth=chaos.lift_of(system.name)(states),
        seen=chaos.lifted(system, states, seed=own, noise=noise),
        starts=first + apart * np.arange(starts),
        steps=steps,
    )


# The model -------------------------------------------------------------------------


def forecast(model: Any, on: Trial, mode: str = "all") -> np.ndarray:
    """Voltages after each step of a model left alone, shape (start, step, neuron)."""
    initial = reports.initial_states(on.seen, on.starts, on.observation)
    first = on.seen.voltage[on.starts] if initial is None else initial
    frames = [on.seen.stimulus[row : row + on.steps + 1] for row in on.starts]
    tu = on.observation.tu
    ask = (jnp.asarray(first), jnp.asarray(np.stack(frames)), mode, tu)
    return np.asarray(_forecast(model, *ask))


@eqx.filter_jit
def _forecast(
    model: Any, first: Array, frames: Array, mode: str, time_units: int
) -> Array:
    def one(given: tuple[Array, Array]) -> Array:
        return rollouts.latent_rollout(model, *given, mode, time_units)

    return jax.lax.map(one, (first, frames))


def alone(
    model: Any, recording: Recording, mode: str = "all", tu: int = 1
) -> np.ndarray:
    """Voltages of a rollout along the stimulus, from row 0 of a recording."""
    first, frames = recording.voltage[:1], recording.stimulus[None]
    ask = (jnp.asarray(first), jnp.asarray(frames), mode, tu)
    return np.asarray(_forecast(model, *ask)[0], float)


def exponent(model: Any, recording: Recording) -> float:
    """Largest Lyapunov exponent of the model's own map [1/unit of time].

    Along the latent states that the model visits when it is left alone with the
    stimulus, from row 0 of a recording; NaN where they do not stay finite.
    """
    first, frames = jnp.asarray(recording.voltage[0]), jnp.asarray(recording.stimulus)
    growth = np.asarray(_growth(rollouts.ready(model), first, frames), float)
    return float(growth[min(FORGOTTEN, len(growth) // 2) :].mean() / recording.dt)


@eqx.filter_jit
def _growth(model: Any, first: Array, frames: Array) -> Array:
    def step(carry: tuple[Array, Array], frame: Array) -> tuple[Any, Array]:
        state, tangent = carry
        u = model.encode_stimulus(frame)
        after, moved = jax.jvp(lambda z: model.step(z, u), (state,), (tangent,))
        size = jnp.linalg.norm(moved)
        return (after, moved / size), jnp.log(size)

    state = model.encode(first)
    tangent = jnp.ones_like(state) / jnp.sqrt(state.size)
    return jax.lax.scan(step, (state, tangent), frames)[1]


# Climate ---------------------------------------------------------------------------


def climate(
    voltage: Float[np.ndarray, "time neuron"], truth: Float[np.ndarray, "time neuron"]
) -> tuple[float, float]:
    """How far a long rollout is from the truth in what does not depend on the start.

    Returns:
        The Wasserstein distance of the marginals in standard deviations, and the
        Hellinger distance of the normalised power spectra (0 alike, 1 disjoint), means
        over neurons; NaN where a rollout does not stay finite.
    """
    if not np.isfinite(voltage).all():
        return float("nan"), float("nan")
    scale = truth.std(axis=0)
    apart = [
        wasserstein_distance(one, other)
        for one, other in zip(voltage.T, truth.T, strict=True)
    ]
    ours, theirs = _spectrum(voltage), _spectrum(truth)
    overlap = np.sqrt(ours * theirs).sum(axis=0)
    hellinger = np.sqrt(np.maximum(1 - overlap, 0))
    return float(np.mean(apart / scale)), float(hellinger.mean())


def _spectrum(voltage: np.ndarray) -> np.ndarray:
    """Share of the power in each band, shape (frequency, neuron)."""
    length = min(SEGMENT, len(voltage))
    power = welch(voltage, nperseg=length, axis=0, detrend="constant")[1]
    return power / np.maximum(power.sum(axis=0), 1e-300)


# Yardsticks ------------------------------------------------------------------------


def reservoir_of(training: Recording, observation: Observation) -> Reservoir:
    """A reservoir of the table of observed values, sheared where recording is."""
    table = np.asarray(observe(training, observation).values, np.float64)
    return fit_reservoir(table, delays=DELAYS)


def reservoir_held(reservoir: Reservoir, on: Trial) -> Int[np.ndarray, " start"]:
    """Steps that forecasts of a reservoir hold, in whole distances of the samples.

    It is shown and asked for rows of the table of samples, each neuron at its phase.
    """
    tu, count = on.observation.stride, on.steps // on.observation.stride
    table = np.asarray(observe(on.seen, on.observation).values, np.float64)
    phases = on.observation.phases(on.truth.shape[1])
    columns = np.arange(len(phases))
    ahead, after = [], []
    for place in on.starts // tu:
        ahead.append(reservoir.forecast(table[: place + 1], count))
        rows = tu * (place + 1 + np.arange(count))[:, None] + phases
        after.append(on.truth[rows, columns])
    return tu * valid_steps(np.stack(ahead), np.stack(after), on.scale)


def yardsticks(training: Recording, on: Trial) -> Arrays:
    """Steps that forecasts hold without a model, by name; all shape (start,).

    Args:
        training: the recording whose observed entries a reservoir is fitted to.
        on: starts and truth.
    """
    line = interpolate(on.seen, on.observation)
    still = np.repeat(on.truth[on.starts][:, None], on.steps, axis=1)
    lines = np.stack([line[row + 1 : row + 1 + on.steps] for row in on.starts])
    reservoir = reservoir_of(training, on.observation)
    return {
        "constant": on.held(still),
        "linear": on.held(lines),
        "reservoir": reservoir_held(reservoir, on),
    }


def judge(model: Any, on: Trial, mode: str = "all") -> Arrays:
    """Steps that forecasts of a model and their ceiling hold, and its climate.

    Returns:
        `held` and `ceiling`, shape (start,) [steps]; `first_error`, the error after
        one step [standard deviations], shape (start,); `exponent` [1/unit of time];
        `marginals` and `spectra` as in `climate`, and `true_marginals` and
        `true_spectra`, those of another trajectory of the true system.
    """
    ahead, system = forecast(model, on, mode), on.system
    error = ahead[:, 0].astype(float) - on.truth[on.starts + 1]
    first_error = np.sqrt(np.mean((error / on.scale) ** 2, axis=-1))
    # What is lost at once has no time left, and may be too far off to be integrated.
    lost = ~(first_error <= forecasts.THRESHOLD)
    ceiling = forecasts.ceiling(
        system,
        chaos.lift_of(system.name),
        on.states[on.starts + 1],
        np.where(lost[:, None], 0.0, error),
        on.steps,
        times=system.dt * (on.starts + 1),
    )
    long = alone(model, on.seen, mode, on.observation.tu)
    marginals, spectra = climate(long, on.truth[1 : 1 + len(long)])
    other = chaos.record_chaos(system, len(on.truth), seed=2 * JUDGING_SEED).voltage
    floor = climate(other.astype(float), on.truth)
    return {
        "held": on.held(ahead),
        "ceiling": np.where(lost, 0, on.held(ceiling)),
        "first_error": first_error,
        "exponent": np.array(exponent(model, on.seen)),
        "marginals": np.array(marginals),
        "spectra": np.array(spectra),
        "true_marginals": np.array(floor[0]),
        "true_spectra": np.array(floor[1]),
    }
