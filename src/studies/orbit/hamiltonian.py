r"""The two-body task of Hamiltonian neural networks, its two networks, and our layers.

Greydanus, Dzamba and Yosinski 2019: two bodies of mass 1 with G = 1 about their centre,
nearly circular, 50 samples over [0, 20]. A state is $(q_1, q_2, p_1, p_2)$ in the
plane; what is learned is its rate of change, by the mean squared error. The *plain*
network says the rate itself; the *Hamiltonian* one says a scalar $H$ and follows
$(\partial H/\partial p, -\partial H/\partial q)$. Our layers are told more: that the
second body mirrors the first, so that one body about a centre of mu = 1/4 is left, and
that the rate of a position is the momentum.

Truth is Kepler's, in closed form. Whole trials are held out; the published split could
not be confirmed.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, PRNGKeyArray

from studies.orbit.batches import SHUFFLE
from studies.orbit.kepler import elements_from_states, gravity, propagate
from studies.orbit.learning import draw_batch
from studies.orbit.models import OrbitModel, build
from studies.orbit.recipes import learning_rate_schedule
from studies.orbit.systems import TwoBody
from studies.training import Phase, initialise, train

MU = 0.25  # of one body about the centre, as the other pulls at twice the distance
SAMPLES, SPAN = 50, 20.0  # of a trial
NEAREST, FARTHEST = 0.5, 1.5  # of either coordinate of the first body at the start
NOISE = 0.05  # relative deviation of the speed from that of a circle
SUBSTEPS = 8  # of Runge-Kutta's order four between samples

Coordinates = Float[Array, "8"]
NETWORKS: dict[str, dict[str, str]] = {
    "plain": {},
    "Hamiltonian": {},
    "Cartesian": {"features": "cartesian_only", "output_layer": "hybrid"},
    "rinv_vel": {"features": "rinv_vel", "output_layer": "logmag_unit_exp"},
    "log r": {"features": "rinv_vel_logra", "output_layer": "logmag_unit_exp"},
}
PUBLISHED = {  # test loss and energy error of the paper's table
    "plain": (2.96e-5, 6.33e-2),
    "Hamiltonian": (2.82e-6, 3.88e-5),
}

MEASURES = {
    "test_loss": "mean squared error of the rate of change",
    "energy_mean": "squared error of the energy, mean over trials",
    "energy_median": "squared error of the energy, median over trials",
}


class Pairs(NamedTuple):
    """States and their true rates of change."""

    states: Float[Array, "sample 8"]
    rates: Float[Array, "sample 8"]


class Trials(NamedTuple):
    """Whole trials, float64."""

    time: Float[np.ndarray, " time"]
    states: Float[np.ndarray, "trial time 8"]
    rates: Float[np.ndarray, "trial time 8"]

    def pairs(self) -> Pairs:
        """All samples in a fixed random order, float32."""
        order = np.random.default_rng(SHUFFLE).permutation(self.states[..., 0].size)
        flat = (x.reshape(-1, 8)[order] for x in (self.states, self.rates))
        return Pairs(*map(jnp.float32, flat))


class Plain(eqx.Module):
    """The rate of change as the output of a network: 200 × 2, tanh."""

    network: eqx.nn.MLP

    def __call__(self, state: Coordinates) -> Coordinates:
        return self.network(state)


class Hamiltonian(eqx.Module):
    """The rate of change by the gradient of a learned scalar: 200 × 2, tanh."""

    network: eqx.nn.MLP

    def __call__(self, state: Coordinates) -> Coordinates:
        slope = jax.grad(self.network)(state)
        return jnp.concatenate([slope[4:], -slope[:4]])


class Mirrored(eqx.Module):
    """One of this study's models for the first body, mirrored for the second."""

    # in units where mu is 1: speeds are twice as large, pulls four times
    model: OrbitModel | TwoBody

    def __call__(self, state: Coordinates) -> Coordinates:
        zero = jnp.zeros(1, state.dtype)
        first = jnp.concatenate([state[:2], zero, state[4:6] / MU**0.5, zero])
        pull = MU * self.model.acceleration(first)[:2]
        return jnp.concatenate([state[4:6], -state[4:6], pull, -pull])


def trials(count: int, seed: int) -> Trials:
    """Trials of the published kind: positions drawn, nearly the speed of a circle."""
    rng = np.random.default_rng([2019, seed])
    start = rng.uniform(NEAREST, FARTHEST, (count, 2))
    radius = np.linalg.norm(start, axis=-1, keepdims=True)
    turned = np.stack([-start[:, 1], start[:, 0]], axis=-1)
    speed = 1 + NOISE * rng.normal(size=(count, 1))  # over that of a circle
    velocity = turned * radius**-1.5 * speed  # in units where mu is 1
    zero = np.zeros((count, 1))
    elements = elements_from_states(
        np.concatenate([start, zero, velocity, zero], axis=-1)
    )
    time = np.linspace(0, SPAN, SAMPLES)
    path = propagate(elements, np.broadcast_to(time * MU**0.5, (count, SAMPLES)))
    place, momentum = path[..., :2], path[..., 3:5] * MU**0.5
    pull = MU * gravity(path[..., :3])[..., :2]
    states = np.concatenate([place, -place, momentum, -momentum], axis=-1)
    rates = np.concatenate([momentum, -momentum, pull, -pull], axis=-1)
    return Trials(time, states, rates)


def energy(states: Float[np.ndarray, "*batch 8"]) -> Float[np.ndarray, "*batch"]:
    """Kinetic energy of both bodies and −1 over their distance."""
    distance = np.linalg.norm(states[..., :2] - states[..., 2:4], axis=-1)
    return np.sum(states[..., 4:] ** 2, axis=-1) / 2 - 1 / distance


def fresh(key: PRNGKeyArray, name: str) -> Any:
    """An untrained network by its name in `NETWORKS`."""
    if NETWORKS[name]:
        sizes = {"activation": "silu", "width": 64, "depth": 2}
        return Mirrored(build(**NETWORKS[name], **sizes, key=key))
    size = 8 if name == "plain" else "scalar"
    kind = Plain if name == "plain" else Hamiltonian
    return kind(eqx.nn.MLP(8, size, 200, 2, jnp.tanh, key=key))


def squared_error(model: Any, batch: Pairs, key: PRNGKeyArray):
    """The trainer's `loss`: mean over samples and all eight components."""
    del key
    gap = jax.vmap(model)(batch.states) - batch.rates
    return jnp.mean(gap**2), {}


def learn(
    name: str,
    taught: Trials,
    seeds: Sequence[int],
    steps: int,
    report: Callable[..., None] | None = None,
) -> list[Any]:
    """Networks of one kind, a seed each.

    The published ones train as published (Adam, 1e-3, batches of 200); ours as in the
    rest of this study (AdaBelief, cosine from 3e-3, batches of 512).
    """
    ours = bool(NETWORKS[name])
    rate = learning_rate_schedule("cosine" if ours else "constant", 3e-3, steps)
    result = train(
        initialise(partial(fresh, name=name), seeds),
        squared_error,
        draw_batch,
        Phase(
            steps,
            rate if ours else 1e-3,
            arguments={"batch_size": 512 if ours else 200},
        ),
        data=taught.pairs(),
        seeds=seeds,
        optimiser=optax.adabelief if ours else optax.adam,
        report=report,
    )
    return [result.member(place) for place in range(len(seeds))]


@eqx.filter_jit
def roll_out(
    model: Any, starts: Float[Array, "trial 8"], step: float
) -> Float[Array, "trial time 8"]:
    """States at every sample of a trial, from its first: Runge-Kutta of order four."""
    rate, h = jax.vmap(model), step / SUBSTEPS

    def once(states: Array, _: None):
        first = rate(states)
        second = rate(states + h / 2 * first)
        third = rate(states + h / 2 * second)
        fourth = rate(states + h * third)
        return states + h / 6 * (first + 2 * second + 2 * third + fourth), None

    def sample(states: Array, _: None):
        after, _ = jax.lax.scan(once, states, None, length=SUBSTEPS)
        return after, after

    _, path = jax.lax.scan(sample, starts, None, length=SAMPLES - 1)
    return jnp.moveaxis(jnp.concatenate([starts[None], path]), 0, 1)


def judge(model: Any, test: Trials) -> dict[str, float]:
    """Test loss, and the squared error of the energy along rollouts of test trials.

    The energy's is a mean over time for each trial; `energy_mean` and `energy_median`
    are over trials. A rollout that leaves the numbers counts as infinite.
    """
    told = jax.vmap(jax.vmap(model))(jnp.float32(test.states))
    loss = np.mean((np.asarray(told, float) - test.rates) ** 2)
    step = float(test.time[1] - test.time[0])
    path = np.asarray(roll_out(model, jnp.float32(test.states[:, 0]), step), float)
    gap = np.mean((energy(path) - energy(test.states)) ** 2, axis=-1)
    gap = np.where(np.isfinite(gap), gap, np.inf)
    return {
        "test_loss": float(loss),
        "energy_mean": float(np.mean(gap)),
        "energy_median": float(np.median(gap)),
    }
