"""Fixed points of five controllers: Newton's method against joint Adam.

    python benchmarks/reach_fixed_points.py [--quick] [--batches N]

Five controllers of 100 hidden units with a context are trained first (curl fields, std
1.5, pai-asf, seeds 0 to 4, 1,000 batches of 25 unless told otherwise), so that the maps
are those of networks that reach. Then 25 places × 7 contexts (−3 to 3) × 5 controllers
are searched from the last hidden states of trials, by `fixed_points.find` and by the
recipe of the references, Adam on all of them jointly, until q, the mean over units of
(F(h) − h)², is at most 1e-12 for every input. Both programs are compiled before they
are timed, Newton's in float64 and Adam in float32, as the references compute. Adam
stops after 30,000 steps, three times as many as the researchers' finder takes at most;
where inputs are left by then the ratio is a lower bound, and is called one. The share
after 10,000 steps is printed too. CPU-seconds stand beside seconds, for a busy machine.
Exits with 1 where a target is missed: under 5 s, at least 20 times as fast, residuals
of at most 1e-10, none missing. `--quick` takes a network of 10 units after ten batches,
to see that it works; its ratio means nothing.
"""

import argparse
import sys
import time

import numpy as np

from studies.reach import descent, evaluation, fixed_points, learning, steady
from studies.reach.recipes import Recipe
from studies.reach.tasks import grid_points

CONTEXTS, GRID, REPLICATES = np.arange(-3.0, 4.0), 5, 5
MOST, BLOCK = 30_000, 1000  # steps of Adam, and steps of one call
THEIRS = 10_000  # most steps of the researchers' finder
FASTEST, AT_LEAST = 5.0, 20.0  # the targets: [s] and [1]


def trained(hidden: int, batches: int):
    """The controllers, stacked, and the loop that they were trained in."""
    setting = learning.Setting(
        disturbance=learning.Disturbance(field="curl", method="pai-asf")
    )
    recipe = Recipe(batch=25, batches=batches)
    sizes = {"cell": "gru", "hidden": hidden, "leak": 1.0}
    stds, seeds = [1.5] * REPLICATES, list(range(REPLICATES))
    result = learning.fit(recipe, sizes, setting, stds, seeds)
    members = [result.member(k) for k in range(REPLICATES)]
    return members, evaluation.stack(members), setting.loop


def situations(members, loop):
    """Held inputs (controller, context, place, size) and states to begin with."""
    models = [steady.Model({}, member, loop) for member in members]
    places = grid_points(GRID)
    told = steady.held(models[0].layout, places, places, context=CONTEXTS[:, None])
    begin = [
        steady.candidates(model, CONTEXTS, places, repeats=1, anywhere=0)
        for model in models
    ]
    return np.broadcast_to(told, (len(members), *told.shape)), np.stack(begin)


class Clock:
    """Seconds and CPU-seconds since it was made."""

    def __init__(self):
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> tuple[float, float]:
        """(seconds, CPU-seconds)."""
        return time.perf_counter() - self._wall, time.process_time() - self._cpu


def by_newton(stacked, inputs, begin):
    """Seconds, CPU-seconds and fixed points of one search, compiled before."""
    fixed_points.find(stacked, inputs, begin, stacked=True)
    clock = Clock()
    search = fixed_points.find(stacked, inputs, begin, stacked=True)
    return *clock.read(), search


def by_adam(stacked, inputs, begin):
    """Seconds, CPU-seconds, and share of the inputs at rest by number of steps."""

    def fresh():
        first = begin[..., 0, :]
        return descent.Joint(stacked, inputs, first, stacked=True, single=True)

    fresh().advance(BLOCK)  # compiles
    run, shares, clock = fresh(), {0: 0.0}, Clock()
    while run.steps < MOST and shares[run.steps] < 1:
        q = run.advance(BLOCK)[-1] ** 2 / begin.shape[-1]
        shares[run.steps] = float(np.mean(q <= descent.TOLERANCE))
    return *clock.read(), shares


def main() -> int:
    """Train, search both ways, compare; 1 where a target is missed."""
    words = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(description=words)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--batches", type=int, default=1000)
    told = parser.parse_args()
    hidden, batches = (10, 10) if told.quick else (100, told.batches)
    members, stacked, loop = trained(hidden, batches)
    inputs, begin = situations(members, loop)
    seconds, cpu, search = by_newton(stacked, inputs, begin)
    missing = int(np.sum(~search.found[:, CONTEXTS == -2]))
    print(
        f"{search.found.size} inputs of {REPLICATES} controllers of {hidden} units "
        f"after {batches} batches; without a fixed point: {search.reasons}\n"
        f"Newton's method: {seconds:.2f} s ({cpu:.2f} CPU-seconds), largest residual "
        f"{np.nanmax(search.residual):.1e}, missing at context -2: {missing}"
    )
    took, worked, shares = by_adam(stacked, inputs, begin)
    steps, ratio = max(shares), took / seconds
    early = f"{shares[THEIRS]:.1%} after {THEIRS:,}, " if steps > THEIRS else ""
    bound = "" if shares[steps] == 1 else "at least "
    print(
        f"joint Adam: {took:.1f} s ({worked:.1f} CPU-seconds) for {steps:,} steps; "
        f"inputs at q <= {descent.TOLERANCE:g}: {early}{shares[steps]:.1%} at the end\n"
        f"ratio: {bound}{ratio:.0f} in seconds, {bound}{worked / cpu:.0f} in "
        "CPU-seconds"
    )
    reached = {
        f"under {FASTEST:g} s": seconds < FASTEST,
        f"at least {AT_LEAST:g} times as fast": ratio >= AT_LEAST,
        f"residuals at most {fixed_points.EXACT:g}": bool(np.all(search.found)),
        "none missing at context -2": missing == 0,
    }
    for target, met in reached.items():
        print(f"{target}: {'reached' if met else 'MISSED'}")
    return 0 if all(reached.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
