"""How much cheaper is a training update of `latent` than the same in PyTorch?

    python benchmarks/latent_training.py --torch-python /somewhere/torch/bin/python

Claims: at least 4 × the updates per CPU-second of PyTorch's eager mode and 3 × of its
compiled mode, at least 2.5 × and 2 × the updates per second. Same networks and initial
weights (1,006 neurons, latent 96, width 96, stimulus 32), same 32 windows of 100 steps
in each update (tu = 20, ems = 5), same Adam, in turns on the same cores; the losses of
the first updates must agree. Both sides encode the stimulus of a window at once. Ours
goes through the project's trainer. Medians over rounds; compilation apart. The matrix
rate is that of a product of two 1,024 × 1,024 matrices in JAX in the same run.

The other interpreter needs `benchmarks/torch.txt` (and a C++ compiler for the compiled
mode). `--cores` says how many cores both sides may use, 2 by default.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

CHOICES = argparse.ArgumentParser(description="latent training against PyTorch")
CHOICES.add_argument("--torch-python", required=True, help="interpreter with PyTorch")
CHOICES.add_argument("--cores", type=int, default=2, help="cores for either side")
CHOICES.add_argument("--rounds", type=int, default=5)
CHOICES.add_argument("--updates", type=int, default=60, help="in a round")
CHOICES.add_argument("--modes", nargs="+", default=["eager", "compiled"])
ASKED = CHOICES.parse_args()
os.environ["PJRT_NPROC"] = str(ASKED.cores)  # before jax starts
os.environ["OMP_NUM_THREADS"] = str(ASKED.cores)

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402

from studies.latent import batches, learning  # noqa: E402
from studies.latent.acquisition import Observed  # noqa: E402
from studies.latent.losses import Weights  # noqa: E402
from studies.latent.models import LatentModel, build  # noqa: E402
from studies.latent.recipes import adam, of_dynamics  # noqa: E402
from studies.training import Phase, stack, train  # noqa: E402

NEURONS, STIMULI, STEPS, BATCH = 1006, 37, 20_000, 32
FIRST = 5  # updates whose losses are compared
GOALS = {"eager": (4.0, 2.5), "compiled": (3.0, 2.0)}  # per CPU-second, per second
TASK = batches.Task(ems=5, batch=BATCH)
RATE = 1e-3
PARTS = ("encoder", "decoder", "stimulus_encoder", "evolver")


def recording() -> batches.Source:
    """Smooth random voltages and stimulus: what they are does not change the work."""
    rng = np.random.default_rng(0)
    time_ = np.arange(STEPS)[:, None]
    waves = rng.uniform(0.01, 0.3, NEURONS), rng.uniform(0, 6, NEURONS)
    voltage = np.sin(time_ * waves[0] + waves[1]).astype(np.float32)
    stimulus = rng.uniform(0, 1, (STEPS, STIMULI)).astype(np.float32)
    phases = np.zeros(NEURONS, np.int32)
    tu = TASK.observation.tu
    return batches.Source(Observed(voltage[::tu], phases, stimulus))


class Ours:
    """The project's trainer; windows are given, so that both sides see the same."""

    def __init__(self, model: LatentModel, data: batches.Source, windows: np.ndarray):
        self.model, self.rounds = stack([model]), []
        self.data = {"source": data, "windows": windows}
        began = time.perf_counter(), time.process_time()
        self.losses = self.take(FIRST).columns["loss"][0].tolist()
        self.set_up = time.perf_counter() - began[0], time.process_time() - began[1]

    def take(self, updates: int, report: Any = None) -> Any:
        arguments = {"task": TASK, "weights": Weights()}
        phase = Phase(updates, RATE, trainable=of_dynamics, arguments=arguments)
        return train(
            self.model,
            learning.batch_loss,
            given,
            phase,
            data=self.data,
            seeds=[0],
            optimiser=adam,
            chunk=ASKED.updates,
            report=report,
        )

    def round(self, updates: int) -> None:
        """Two chunks; the second is timed, for the first has the start in it."""
        marks = []

        def report(step: int, loss: float, **terms: float) -> None:
            del step, loss, terms
            marks.append((time.perf_counter(), time.process_time()))

        self.take(2 * updates, report)
        seconds, cpu = (b - a for a, b in zip(*marks, strict=True))
        self.rounds.append((updates / seconds, updates / cpu))


def given(key: Any, step: Any, data: Any, task: batches.Task) -> learning.Judged:
    """The trainer's `batch`: the windows whose turn it is."""
    del key
    start = data["windows"][step % len(data["windows"])]
    source = data["source"]
    return learning.Judged(batches.windows(source.observed, start, task), source)


class Theirs:
    """PyTorch in its own process, asked for a round at a time."""

    def __init__(self, python: str, kind: str, path: Path):
        script = Path(__file__).with_name("latent_torch.py")
        self.rounds: list[tuple[float, float]] = []
        self.process = subprocess.Popen(
            [python, str(script), str(path), kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        first = self.answer()
        self.losses, self.set_up = first["losses"], first["set_up"]

    def answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            msg = "The PyTorch side ended; its message stands above."
            raise SystemExit(msg)
        return json.loads(line)

    def round(self, updates: int) -> None:
        """One round of updates."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{updates}\n")
        self.process.stdin.flush()
        told = self.answer()
        self.rounds.append((updates / told["seconds"], updates / told["cpu"]))


def write(
    path: Path, model: LatentModel, data: batches.Source, windows: np.ndarray
) -> None:
    """What the other side is handed."""
    arrays: dict[str, Any] = {
        "tu": TASK.observation.tu,
        "ems": TASK.ems,
        "learning_rate": RATE,
        "threads": ASKED.cores,
        "first": FIRST,
        "windows": windows.astype(np.int64),
        "stimulus": data.observed.stimulus,
        "voltage": np.repeat(data.observed.values, TASK.observation.tu, axis=0),
    }
    for name in PARTS:
        network = getattr(model, name)
        arrays[f"{name}.count"] = len(network.layers)
        for part in ("layers", "skips"):
            for k, layer in enumerate(getattr(network, part)):
                arrays[f"{name}.{part}.{k}.weight"] = np.asarray(layer.weight)
                arrays[f"{name}.{part}.{k}.bias"] = np.asarray(layer.bias)
    np.savez(path, **arrays)


def matrix_rate() -> float:
    """Multiplications and additions of a matrix product [10⁹/s]."""
    size = 1024
    square = jnp.ones((size, size))
    product = jax.jit(lambda a: a @ a)
    product(square).block_until_ready()
    times = []
    for _ in range(10):
        began = time.perf_counter()
        product(square).block_until_ready()
        times.append(time.perf_counter() - began)
    return 2 * size**3 / min(times) / 1e9


def medians(side: Ours | Theirs) -> tuple[float, float]:
    """Updates per second, and per CPU-second."""
    wall, cpu = zip(*side.rounds, strict=True)
    return statistics.median(wall), statistics.median(cpu)


def main() -> int:
    """Print the table; 1 when a claim does not hold or the losses differ."""
    data = recording()
    rng = np.random.default_rng(1)
    number = len(data.observed.values) - TASK.ems - 1
    windows = rng.integers(0, number, (200, BATCH)).astype(np.int32)
    windows = windows * np.int32(TASK.observation.tu)
    model = build(neurons=NEURONS, stimuli=STIMULI)
    rates = [matrix_rate()]
    sides: dict[str, Ours | Theirs] = {"trainer": Ours(model, data, windows)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "given.npz"
        write(path, model, data, windows)
        for kind in ASKED.modes:
            sides[kind] = Theirs(ASKED.torch_python, kind, path)
    for _ in range(ASKED.rounds):  # in turns, so that other load falls on all alike
        for side in sides.values():
            side.round(ASKED.updates)
    rates.append(matrix_rate())
    return report(sides, rates)


def report(sides: dict[str, Ours | Theirs], rates: list[float]) -> int:
    """Print rates and ratios; 1 when a claim does not hold."""
    print(f"tu 20, ems 5, 32 windows, {NEURONS} neurons, {ASKED.cores} cores; matrix")
    print(f"rate {rates[0]:.0f} before and {rates[1]:.0f} GFLOP/s after the rounds")
    print(f"{'what':10} {'updates/s':>10} {'updates/CPU-s':>14} {'set-up s (CPU)':>18}")
    wall, cpu = medians(sides["trainer"])
    failed = False
    for name, side in sides.items():
        own, set_up = medians(side), side.set_up
        start = f"{set_up[0]:.1f} ({set_up[1]:.1f})"
        print(f"{name:10} {own[0]:10.1f} {own[1]:14.1f} {start:>18}")
    for name in ASKED.modes:
        own, goals = medians(sides[name]), GOALS[name]
        same = np.allclose(sides["trainer"].losses, sides[name].losses, rtol=1e-3)
        ratios = cpu / own[1], wall / own[0]
        held = same and ratios[0] >= goals[0] and ratios[1] >= goals[1]
        failed |= not held
        print(
            f"against {name}: {ratios[0]:.2f} × per CPU-second (claim {goals[0]:g}), "
            f"{ratios[1]:.2f} × per second (claim {goals[1]:g}), losses "
            f"{'agree' if same else 'DIFFER'}: {'holds' if held else 'DOES NOT HOLD'}"
        )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
