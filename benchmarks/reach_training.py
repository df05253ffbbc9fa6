"""Training of reaching controllers: ours against a plain JAX loop.

    python benchmarks/reach_training.py [cores]

One, five and six replicates, 100 hidden units, 250 trials in a batch, 100 steps, a
curl field, no context. The reference is what one writes by hand: `eqx.nn.GRUCell` in a
`lax.scan`, mapped over trials and replicates by `vmap`, noise drawn in the step, and
one jitted optimiser step called from a Python loop. Ours is `reach.learning.fit`,
members spread over `cores` devices (default 2). Both take turns, so that whatever else
the machine does hits both; the best of the turns counts, and CPU-seconds are printed
beside. The matrix rate is that of a product of two 2,000 × 2,000 matrices in the same
run.
"""

import os
import sys
import time
from collections.abc import Callable
from typing import Any

CORES = int(sys.argv[1]) if len(sys.argv) > 1 else 2
os.environ["JAX_NUM_CPU_DEVICES"] = str(CORES)  # read when JAX starts
os.environ.setdefault("PJRT_NPROC", str(CORES))

import equinox as eqx  # noqa: E402
import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import optax  # noqa: E402

from studies.reach.learning import Setting, fit  # noqa: E402
from studies.reach.recipes import Recipe  # noqa: E402

HIDDEN, BATCH, STEPS, DT, STD = 100, 250, 100, 0.05, 1.0
CONTROLS = STEPS - 1
ROUNDS, BATCHES = 5, 6  # turns, and batches in each
# Multiplications and additions of a batch, backward pass included (twice the forward).
OPERATIONS = 3 * 2 * BATCH * CONTROLS * HIDDEN * (3 * HIDDEN + 3 * 8 + 2)


class Plain(eqx.Module):
    """The controller as one writes it by hand."""

    cell: eqx.nn.GRUCell
    readout: eqx.nn.Linear

    def __init__(self, key: jax.Array):
        keys = jax.random.split(key)
        self.cell = eqx.nn.GRUCell(8, HIDDEN, key=keys[0])
        self.readout = eqx.nn.Linear(HIDDEN, 2, key=keys[1])


def plain_trial(model: Plain, start: Any, goal: Any, curl: Any, key: Any) -> jax.Array:
    """The loss of one trial."""

    def step(carry, key):
        position, velocity, hidden = carry
        keys = jax.random.split(key, 3)
        sensed = jnp.concatenate([position, velocity])
        sensed = sensed + 0.01 * jax.random.normal(keys[0], (4,))
        inputs = jnp.concatenate([goal, jnp.zeros(2), sensed])
        hidden = model.cell(inputs, hidden)
        output = model.readout(hidden)
        noise = 0.01 * jax.random.normal(keys[1], (2,)) * output
        command = output + noise + 0.018 * jax.random.normal(keys[2], (2,))
        force = command + curl * jnp.stack([-velocity[1], velocity[0]])
        after = (position + DT * velocity, velocity + DT * force, hidden)
        return after, (*after, command)

    first = (start, jnp.zeros(2), jnp.zeros(HIDDEN))
    _, rows = jax.lax.scan(step, first, jax.random.split(key, CONTROLS))
    position, velocity, hidden, command = rows
    growth = (jnp.arange(1, STEPS) / CONTROLS) ** 6
    away = jnp.sum((position - goal) ** 2, axis=-1)
    effort = 1e-5 * (jnp.sum(command**2) + jnp.sum(hidden**2))
    return jnp.sum(growth * away) + jnp.sum(velocity[-1] ** 2) + effort


def plain_loss(model: Plain, key: jax.Array) -> jax.Array:
    """The mean loss of a batch drawn from a key."""
    keys = jax.random.split(key, 3)
    ends = jax.random.uniform(keys[0], (2, BATCH, 2), minval=-1, maxval=1)
    curl = STD * jax.random.normal(keys[1], (BATCH,))
    own = jax.random.split(keys[2], BATCH)
    trial = jax.vmap(plain_trial, (None, 0, 0, 0, 0))
    return jnp.mean(trial(model, ends[0], ends[1], curl, own))


def reference(replicates: int) -> Callable[[], None]:
    """A function that trains the plain replicates for a few batches."""
    optimiser = optax.adam(0.01)
    models = eqx.filter_vmap(Plain)(jax.random.split(jax.random.key(0), replicates))
    arrays, static = eqx.partition(models, eqx.is_array)
    state = jax.vmap(optimiser.init)(arrays)

    @jax.jit
    def step(arrays, state, key):
        def one(arrays, state, key):
            def objective(arrays):
                return plain_loss(eqx.combine(arrays, static), key)

            loss, gradient = jax.value_and_grad(objective)(arrays)
            updates, state = optimiser.update(gradient, state, arrays)
            return optax.apply_updates(arrays, updates), state, loss

        return jax.vmap(one)(arrays, state, jax.random.split(key, replicates))

    def run() -> None:
        nonlocal arrays, state
        for batch in range(BATCHES):
            arrays, state, loss = step(arrays, state, jax.random.key(batch))
        jax.block_until_ready(arrays)

    return run


class Ours:
    """Trains replicates by `fit`; keeps when the batches between two reports ended."""

    def __init__(self, replicates: int):
        self.seeds = list(range(replicates))

    def __call__(self) -> tuple[float, float, float]:
        """(until the first batches, wall and CPU time of the others) [s]."""
        recipe = Recipe(batch=BATCH, batches=2 * BATCHES)
        marks = [(time.perf_counter(), time.process_time())]

        def report(*_: Any, **__: Any) -> None:
            marks.append((time.perf_counter(), time.process_time()))

        sizes = {"cell": "gru", "hidden": HIDDEN, "leak": 1.0}
        stds = [STD] * len(self.seeds)
        fit(recipe, sizes, Setting(), stds, self.seeds, chunk=BATCHES, report=report)
        (began, _), (first, busy), (last, done) = marks
        return first - began, last - first, done - busy


def first_batch() -> float:
    """From the call to the first trained batch of one replicate [s]."""
    marks = [time.perf_counter()]
    sizes = {"cell": "gru", "hidden": HIDDEN, "leak": 1.0}
    fit(
        Recipe(batch=BATCH, batches=1),
        sizes,
        Setting(),
        [STD],
        [0],
        chunk=1,
        report=lambda *_, **__: marks.append(time.perf_counter()),
    )
    return marks[1] - marks[0]


def matrix_rate(size: int = 2000) -> float:
    """Multiplications and additions a second of a large product [GFLOP/s]."""
    one = jnp.ones((size, size))
    product = jax.jit(lambda x: x @ x)
    jax.block_until_ready(product(one))
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        jax.block_until_ready(product(one))
        times.append(time.perf_counter() - began)
    return 2 * size**3 / min(times) / 1e9


def compare(replicates: int, matrix: float) -> None:
    """Print both rates for one number of replicates."""
    plain, ours = reference(replicates), Ours(replicates)
    began = time.perf_counter()
    plain()
    plain_first = time.perf_counter() - began
    ours()
    walls: list[tuple[float, float]] = []
    busy: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        began, work = time.perf_counter(), time.process_time()
        plain()
        reference_wall = time.perf_counter() - began
        reference_busy = time.process_time() - work
        _, wall, work = ours()
        walls.append((reference_wall, wall))
        busy.append((reference_busy, work))
    theirs, own = (min(column) for column in zip(*walls, strict=True))
    their_work, own_work = (min(column) for column in zip(*busy, strict=True))
    models = replicates * BATCHES
    share = models * OPERATIONS / own / 1e9 / matrix
    print(
        f"{replicates} replicates: reference {BATCHES / theirs:.2f} batches/s, ours "
        f"{BATCHES / own:.2f} = {theirs / own:.2f} ×; CPU-seconds a model and batch "
        f"{their_work / models:.3f} and {own_work / models:.3f} = "
        f"{their_work / own_work:.2f} ×; ours is {share:.0%} of the matrix rate "
        f"(reference, compiling and {BATCHES} batches: {plain_first:.1f} s)",
        flush=True,
    )


if __name__ == "__main__":
    print(f"first trained batch after {first_batch():.1f} s")
    rate = matrix_rate()
    print(f"matrix rate {rate:.0f} GFLOP/s; a batch has {OPERATIONS / 1e9:.2f} GFLOP")
    for count in (1, 5, 6):
        compare(count, rate)
