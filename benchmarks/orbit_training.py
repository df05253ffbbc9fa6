"""How much cheaper is a training step here than in the set-up it replaces?

Claim: `fast` trajectory steps (one Runge-Kutta step a sample, steps scanned inside one
program) cost at most a sixth of the faithful set-up's (every segment its own adaptive
Tsit5 at 1e-6/1e-8, a Python loop over jitted steps). Same 200 segments of 18 points
from ten orbits in every step, same 64×2 network, optimiser and machine, in the same
run, one thread. Figures are steps per second of processor time, medians over rounds in
turns, from a network that has already learned to turn (an untrained one moves almost
straight on, which is cheap for adaptive steps). Run it with
`python benchmarks/orbit_training.py`; it takes about two minutes.
"""

import os
import statistics
import sys
import time
from dataclasses import replace

os.environ["PJRT_NPROC"] = "1"  # before jax starts: one thread for XLA
os.environ["OMP_NUM_THREADS"] = "1"

import equinox as eqx
import jax
import optax

from studies.orbit import batches, learning
from studies.orbit.losses import percent_error
from studies.orbit.models import OrbitModel
from studies.orbit.recipes import MATCHING, Recipe
from studies.orbit.solvers import solve
from studies.orbit.tasks import orbit_set

GOAL = 6.0  # times the faithful set-up's steps per CPU-second
ROUNDS = 5  # medians of so many
SETS = (orbit_set("complex", 10, 1), orbit_set("complex", 10, 1, stream="validation"))
NETWORK = {
    "features": "rinv_vel",
    "output_layer": "signed",
    "activation": "leaky_relu",
    "width": 64,
    "depth": 2,
}
TRAJECTORIES = Recipe(
    loss="percent_error",
    segment_lengths=[18],
    learning_rates=[1e-3],
    schedule="constant",
    batch=200,
)


class Loop:
    """A Python loop over jitted steps of one network, timed in rounds."""

    def __init__(self, solver: str, model: OrbitModel, data: batches.Trajectories):
        optimiser = optax.adabelief(1e-3)
        self.model, self.data = model, data
        self.state = optimiser.init(eqx.filter(model, eqx.is_array))
        self.rates: list[float] = []

        @eqx.filter_value_and_grad
        def loss(model, data):
            states = solve(solver, model, data.times, data.states[:, 0])
            return sum(percent_error(states, data.states).values())

        @eqx.filter_jit
        def step(model, state, data):
            value, gradient = loss(model, data)
            updates, state = optimiser.update(gradient, state)
            return eqx.apply_updates(model, updates), state, value

        self.step = step
        begun = time.process_time()
        self.take(1)
        self.set_up = time.process_time() - begun

    def take(self, steps: int) -> None:
        """Train for some steps."""
        value = None
        for _ in range(steps):
            self.model, self.state, value = self.step(self.model, self.state, self.data)
        jax.block_until_ready(value)

    def round(self, steps: int) -> None:
        """Train for some steps and note the rate [1 / CPU-s]."""
        begun = time.process_time()
        self.take(steps)
        self.rates.append(steps / (time.process_time() - begun))


class Trained:
    """The project's trainer, timed in rounds of 100 steps."""

    def __init__(self, recipe: Recipe):
        self.recipe, self.rates, self.set_up = recipe, [], 0.0

    @property
    def model(self) -> OrbitModel:
        """The model of the last round."""
        return self.result.member(0)

    def round(self, steps: int) -> None:
        """Train from the start for some steps and note the rate [1 / CPU-s]."""
        marks = [(time.process_time(), 0)]

        def report(step, loss, **terms):
            marks.append((time.process_time(), step))

        recipe = replace(self.recipe, steps=[steps])
        tell = {"report": report, "chunk": 100}
        self.result = learning.fit(recipe, NETWORK, *SETS, [1], **tell)
        (begun, _), (first, early), *_, (last, late) = marks
        self.rates.append((late - early) / (last - first))
        # later rounds find the program compiled
        self.set_up = self.set_up or first - begun - early / self.rates[0]


def main() -> int:
    """Print the table; 1 when the claim does not hold."""
    fast = Trained(TRAJECTORIES)
    fast.round(500)  # both loops go on from a network that has learned to turn
    data = batches.trajectories_of(SETS[0], TRAJECTORIES.phases()[0])
    faithful, plain = (Loop(name, fast.model, data) for name in ("reference", "fast"))
    matching = [
        Trained(replace(TRAJECTORIES, loss=MATCHING, batch=size))
        for size in (512, 1024)
    ]
    for _ in range(ROUNDS):  # in turns, so that other load falls on all alike
        faithful.round(30)
        plain.round(100)
        fast.round(500)
        for own in matching:
            own.round(2000)

    print("10 orbits, 200 segments of 18 points in every step, 64×2, one thread")
    print(f"{'what':50} {'steps/CPU-s':>12} {'rounds':>15} {'set-up CPU-s':>13} ratio")
    slowest = statistics.median(faithful.rates)
    for name, one in (
        ("faithful: adaptive Tsit5 a segment, Python loop", faithful),
        ("one Runge-Kutta step a sample, Python loop", plain),
        ("`fast` through the trainer, validation included", fast),
        ("acceleration matching, 512 states, trainer", matching[0]),
        ("acceleration matching, 1024 states, trainer", matching[1]),
    ):
        rate = statistics.median(one.rates)
        span = f"{min(one.rates):.0f} to {max(one.rates):.0f}"
        ratio = rate / slowest
        print(f"{name:50} {rate:12.1f} {span:>15} {one.set_up:13.1f} {ratio:5.1f}")
    ratio = statistics.median(fast.rates) / slowest
    word = "holds" if ratio >= GOAL else "DOES NOT HOLD"
    print(f"claim: at least {GOAL:g} times as many steps: {word} ({ratio:.1f})")
    return 0 if ratio >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
