"""The trainer against a bare scan, and five members together against one.

    python benchmarks/ensemble.py [cores]

Prints, for a tiny network (where overhead shows most), the time of the trainer over
that of a `lax.scan` written by hand with the same steps, and for a tiny and a recurrent
network the time of five members together over that of one member, on one device and
spread over `cores` devices (default 2). Best of five, taken in turns; compilation is
left out. Five times one member is what training one after the other costs.
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

from studies.training import Phase, initialise, train  # noqa: E402

SEEDS = [0, 1, 2, 3, 4]
ROUNDS = 5


class Reader(eqx.Module):
    """A recurrent network that reads a sequence and says one number."""

    cell: eqx.nn.GRUCell
    readout: eqx.nn.Linear

    def __init__(self, key: jax.Array):
        first, second = jax.random.split(key)
        self.cell = eqx.nn.GRUCell(6, 100, key=first)
        self.readout = eqx.nn.Linear(100, 1, key=second)

    def __call__(self, sequence: jax.Array) -> jax.Array:
        def read(state, x):
            return self.cell(x, state), None

        return self.readout(jax.lax.scan(read, jnp.zeros(100), sequence)[0])


def network(key: jax.Array) -> eqx.nn.MLP:
    """The tiny network: 1,153 parameters."""
    return eqx.nn.MLP(2, 1, 32, 2, key=key)


def batch(key: jax.Array, step: Any, data: Any) -> Any:
    """Random rows of the data."""
    rows = jax.random.randint(key, (64,), 0, len(data[0]))
    return data[0][rows], data[1][rows]


def loss(model: Any, batch: Any, key: jax.Array) -> Any:
    """Mean squared error."""
    error = jnp.mean((jax.vmap(model)(batch[0]) - batch[1]) ** 2)
    return error, {"error": error}


def bare(model: Any, data: Any, steps: int) -> Callable[[], Any]:
    """The same training of one member as a scan written by hand."""
    optimiser = optax.adam(1e-3)
    arrays, static = eqx.partition(model, eqx.is_array)

    @jax.jit
    def run(arrays, data, key):
        def step(carry, index):
            arrays, state = carry
            first, second = jax.random.split(jax.random.fold_in(key, index))
            rows = batch(first, index, data)

            def objective(arrays):
                return loss(eqx.combine(arrays, static), rows, second)

            (value, _), gradient = jax.value_and_grad(objective, has_aux=True)(arrays)
            updates, state = optimiser.update(gradient, state, arrays)
            return (optax.apply_updates(arrays, updates), state), value

        begin = (arrays, optimiser.init(arrays))
        return jax.lax.scan(step, begin, jnp.arange(steps))

    return lambda: jax.block_until_ready(run(arrays, data, jax.random.key(0)))


def race(functions: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """Shortest time of each function in turns, after one call that compiles [s]."""
    times: dict[str, list[float]] = {name: [] for name in functions}
    for turn in range(ROUNDS + 1):
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            if turn:
                times[name].append(time.perf_counter() - start)
    return {name: min(values) for name, values in times.items()}


def trained(build: Callable, data: Any, steps: int, seeds: list[int], **more: Any):
    """A function that trains the members of these seeds."""
    models = initialise(build, seeds)
    phase = Phase(steps, 1e-3)
    return lambda: train(models, loss, batch, phase, data=data, seeds=seeds, **more)


def compare(name: str, build: Callable, data: Any, steps: int) -> None:
    """Print bare scan, trainer and ensembles for one network."""
    one_device = jax.devices()[:1]
    runs = {
        "bare scan": bare(build(jax.random.key(0)), data, steps),
        "one member": trained(build, data, steps, SEEDS[:1], devices=one_device),
    }
    for mapping in ("vmap", "map"):
        for devices in (one_device, jax.devices()):
            label = f"five members, {mapping} on {len(devices)} device(s)"
            more = {"devices": devices, "mapping": mapping}
            runs[label] = trained(build, data, steps, SEEDS, **more)
    times = race(runs)
    hand, single = times.pop("bare scan"), times.pop("one member")
    print(f"{name}, {steps} steps")
    print(f"  one member: bare scan {hand:.3f} s, trainer {single:.3f} s", end="")
    print(f" = {single / hand:.2f} × the bare scan")
    for label, five in times.items():
        print(f"  {label}: {five:.3f} s = {five / single:.2f} × one member")


if __name__ == "__main__":
    keys = jax.random.split(jax.random.key(1))
    points = jax.random.normal(keys[0], (1000, 2))
    compare("tiny network", network, (points, jnp.sin(points[:, :1])), 3000)
    sequences = jax.random.normal(keys[1], (1000, 50, 6))
    compare(
        "recurrent network", Reader, (sequences, sequences.mean((1, 2))[:, None]), 30
    )
