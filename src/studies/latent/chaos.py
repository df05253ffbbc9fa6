r"""Chaotic systems as recordings: states, exponents, and a lift to many neurons.

A stable driven circuit forgives an error; a chaotic system multiplies it by
$e^{\lambda t}$, with $\lambda$ its largest Lyapunov exponent, so a forecast has an
honest limit. Every system is integrated by diffrax at a tolerance of 1e-9 in float64.
Exponents come from the variational equation $\dot Q=Df(x)Q$, orthonormalised as it goes
(Benettin et al. 1980, Meccanica 15:9). Parameters and equations follow Gilpin 2021,
"Chaos as an interpretable benchmark" (dysts).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from studies.latent.recordings import Recording

TOLERANCE = 1e-9  # of a step, relative and absolute
TRANSIENT = 200.0  # time before a recording, for the state to reach the attractor
LIFT_SEED = 1_000_000  # of the trajectory that standardises states, no recording's own
LIFT_STEPS = 20_000  # of that trajectory
BLOCK = 20_480  # times are filled up to a multiple, so that few programs compile


@dataclass(frozen=True)
class System:
    r"""One system $\dot x=f(t,x)$.

    Attributes:
        name: as a spread writes it.
        field: `f(t, x)`, on a state of `size` numbers.
        size: of the state [1].
        dt: one step of a recording [units of time].
        reported: largest exponents that were reported, by where [1/unit of time].
        drive: the stimulus at a time, for a driven system; None for the others.
    """

    name: str
    field: Callable[[Any, Array], Array]
    size: int
    dt: float
    reported: dict[str, float]
    drive: Callable[[Any], Any] | None = None


def _lorenz63(_: Any, x: Array) -> Array:
    rates = 10.0 * (x[1] - x[0]), x[0] * (28.0 - x[2]) - x[1]
    return jnp.stack([*rates, x[0] * x[1] - 8 / 3 * x[2]])


def _roessler(_: Any, x: Array) -> Array:
    return jnp.stack([-x[1] - x[2], x[0] + 0.2 * x[1], 0.2 + x[2] * (x[0] - 5.7)])


def _thomas(_: Any, x: Array) -> Array:
    return 10.0 * jnp.sin(jnp.roll(x, -1)) - 1.85 * x


def _lorenz96(_: Any, x: Array) -> Array:
    return (jnp.roll(x, -1) - jnp.roll(x, 2)) * jnp.roll(x, 1) - x + 8.0


def _push(time: Any) -> Any:
    """The Duffing oscillator's drive γ cos ωt."""
    return 0.35 * jnp.cos(1.4 * time)


def _duffing(time: Any, x: Array) -> Array:
    return jnp.stack([x[1], -0.1 * x[1] + x[0] - x[0] ** 3 + _push(time)])


SYSTEMS: dict[str, System] = {
    system.name: system
    for system in (
        System(
            "lorenz63", _lorenz63, 3, 0.01, {"literature": 0.906, "dysts 0.96": 0.892}
        ),
        System(
            "roessler", _roessler, 3, 0.05, {"literature": 0.071, "dysts 0.96": 0.151}
        ),
        System("thomas", _thomas, 3, 0.01, {}),
        System("lorenz96", _lorenz96, 10, 0.01, {}),
        System("duffing", _duffing, 2, 0.05, {"dysts 0.96": 0.140}, drive=_push),
    )
}


class ChaosError(ValueError):
    """An unknown system, or a recording that cannot be made of one."""


def system_of(name: str) -> System:
    """The system of this name.

    Raises:
        ChaosError: there is none.
    """
    if name not in SYSTEMS:
        message = f"`system` {name!r} is unknown; it is one of {', '.join(SYSTEMS)}."
        raise ChaosError(message)
    return SYSTEMS[name]


def trajectory(
    system: System, start: Float[np.ndarray, " size"], steps: int, time: float = 0.0
) -> Float[np.ndarray, "steps size"]:
    """States at `steps` steps of `system.dt`, the first of them `start` at `time`."""
    return _states(system, start, time + system.dt * np.arange(steps))


def _states(
    system: System,
    start: Float[np.ndarray, " size"],
    times: Float[np.ndarray, " time"],
) -> Float[np.ndarray, "time size"]:
    """States at some times, `start` at the first; the last time is repeated."""
    asked = np.pad(times, (0, -len(times) % BLOCK), mode="edge")
    with jax.enable_x64(True):
        begin = jnp.asarray(start, jnp.float64)
        return np.asarray(_solve(system.name)(begin, jnp.asarray(asked)))[: len(times)]


@cache
def _solve(name: str) -> Callable[[Array, Array], Array]:
    """States at given times, the first of which is where a state is given."""
    system = SYSTEMS[name]

    @jax.jit
    def solve(start: Array, times: Array) -> Array:
        solution = diffrax.diffeqsolve(
            diffrax.ODETerm(lambda t, x, _: system.field(t, x)),
            diffrax.Dopri8(),
            times[0],
            times[-1],
            system.dt / 10,
            start,
            saveat=diffrax.SaveAt(ts=times),
            stepsize_controller=diffrax.PIDController(rtol=TOLERANCE, atol=TOLERANCE),
            max_steps=None,
        )
        return solution.ys  # pyright: ignore[reportReturnType]

    return solve


def on_attractor(system: System, seed: int) -> Float[np.ndarray, " size"]:
    """A state on the attractor, another one for each seed, at time 0 of the drive."""
    start = np.random.default_rng([seed, system.size]).normal(size=system.size)
    period = 2 * np.pi / 1.4 if system.drive else system.dt
    # A driven system must begin its recording in phase with its drive.
    length = period * np.ceil(TRANSIENT / period)
    return _states(system, 1.0 + 0.1 * start, np.array([0.0, length]))[-1]


def exponents(
    system: System, *, time: float = 500.0, interval: float = 0.5, seeds: int = 8
) -> Float[np.ndarray, "seed size"]:
    """Lyapunov exponents from the variational equation, largest first, by start.

    Args:
        system: whose exponents are wanted.
        time: over which each is averaged.
        interval: between two orthonormalisations.
        seeds: starts on the attractor.

    Returns:
        The exponents of each start [1/unit of time].
    """
    starts = np.stack([on_attractor(system, seed) for seed in range(seeds)])
    count = int(time / interval)
    with jax.enable_x64(True):
        rates = jax.jit(
            jax.vmap(partial(_rates, system.field, interval=interval, count=count))
        )(jnp.asarray(starts, jnp.float64))
        return -np.sort(-np.asarray(rates), axis=-1)


def _rates(
    field: Callable[[Any, Array], Array], start: Array, *, interval: float, count: int
) -> Array:
    def variational(time: Any, both: Any, _: Any) -> Any:
        state, tangent = both
        slope = jax.jacfwd(partial(field, time))(state)
        return field(time, state), slope @ tangent

    def advance(carry: tuple[Array, Array], index: Array) -> tuple[Any, Array]:
        begin = index * interval
        solution = diffrax.diffeqsolve(
            diffrax.ODETerm(variational),
            diffrax.Tsit5(),
            begin,
            begin + interval,
            interval / 50,
            carry,
            stepsize_controller=diffrax.PIDController(rtol=TOLERANCE, atol=TOLERANCE),
            max_steps=None,
        )
        state, tangent = jax.tree.map(lambda x: x[-1], solution.ys)
        orthonormal, triangle = jnp.linalg.qr(tangent)
        growth = jnp.log(jnp.abs(jnp.diagonal(triangle)))
        return (state, orthonormal), growth

    first = start, jnp.eye(start.size)
    _, growth = jax.lax.scan(advance, first, jnp.arange(count, dtype=start.dtype))
    return growth.sum(axis=0) / (count * interval)


class Lift:
    """A fixed random non-linear readout: what many neurons make of a state.

    Neuron i has the voltage tanh(wᵢ·z + bᵢ) of the standardised state z; the weights
    are the same for every recording of a system.
    """

    def __init__(self, states: Float[np.ndarray, "time size"], neurons: int = 100):
        rng = np.random.default_rng([neurons, states.shape[1]])
        self.mean, self.scale = states.mean(axis=0), states.std(axis=0)
        self.weight = rng.normal(size=(neurons, states.shape[1]))
        self.weight /= np.linalg.norm(self.weight, axis=1, keepdims=True)
        self.bias = rng.uniform(-1, 1, neurons)

    def __call__(
        self, states: Float[np.ndarray, "*time size"]
    ) -> Float[np.ndarray, "*time neuron"]:
        """Voltages of all neurons."""
        standard = (states - self.mean) / self.scale
        return np.tanh(standard @ self.weight.T + self.bias)


@cache
def lift_of(name: str) -> Lift:
    """The lift of a system: the same for all of its recordings."""
    system = system_of(name)
    return Lift(trajectory(system, on_attractor(system, LIFT_SEED), LIFT_STEPS))


def record_chaos(
    system: System,
    steps: int,
    *,
    seed: int,
    lift: Lift | None = None,
    noise: float = 0.0,
) -> Recording:
    """A recording of the lifted system from a state on its attractor.

    Args:
        system: what is recorded.
        steps: rows.
        seed: of the initial state and the noise.
        lift: to voltages; None is that of the system (`lift_of`).
        noise: of observation, in standard deviations of each neuron.
    """
    states = trajectory(system, on_attractor(system, seed), steps)
    return lifted(system, states, seed=seed, lift=lift, noise=noise)


def lifted(
    system: System,
    states: Float[np.ndarray, "time size"],
    *,
    seed: int = 0,
    lift: Lift | None = None,
    noise: float = 0.0,
) -> Recording:
    """A recording of states that begin at time 0; arguments as in `record_chaos`.

    The stimulus is the drive, or a single zero where nothing drives the system.
    """
    voltage, steps = (lift or lift_of(system.name))(states), len(states)
    rng = np.random.default_rng([seed, steps])
    voltage = voltage + noise * voltage.std(axis=0) * rng.normal(size=voltage.shape)
    times = system.dt * np.arange(steps)
    drive = system.drive(times) if system.drive else np.zeros(steps)
    neurons = voltage.shape[1]
    return Recording(
        voltage=voltage.astype(np.float32),
        stimulus=np.asarray(drive, np.float32)[:, None],
        dt=system.dt,
        type_index=np.zeros(neurons, int),
        type_names=["neuron"],
        positions=np.full((neurons, 2), np.nan),
        name=system.name,
        meta={"seed": seed, "noise": noise},
    )
