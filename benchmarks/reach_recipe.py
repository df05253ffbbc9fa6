"""Validation loss against operations: the notes' recipe of training, and ours.

    python benchmarks/reach_recipe.py [--quick] [RECIPE ...]

Trains the four training stds of the published table (0, 0.5, 1, 1.5), one replicate, 50
hidden units, in curl fields without a context, with the recipes named (default: notes,
desk, tenth, tour). Two losses of the last parameters are printed, on 4,000 random
reaches and on the 96 centre-out ones, both disturbed as in training, and the largest
distance to the side in curl fields of 1, 2 and 4 N s/m [% of reach]. Operations count
trials times steps: all else is equal. `--quick` takes one batch in a hundred, to see
that it works; its numbers mean nothing. The whole takes half an hour on two cores.
"""

import os
import sys
import time
from dataclasses import replace

os.environ.setdefault("JAX_NUM_CPU_DEVICES", str(os.cpu_count()))

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402

from studies.reach import evaluation, learning, reductions  # noqa: E402
from studies.reach.loop import draw_noise  # noqa: E402
from studies.reach.recipes import RECIPES, Recipe  # noqa: E402
from studies.reach.tasks import centre_out, random_reaches  # noqa: E402

STDS, CURLS = (0.0, 0.5, 1.0, 1.5), (1.0, 2.0, 4.0)
SETTING = learning.Setting()
SIZES = {"cell": "gru", "hidden": 50, "leak": 1.0}
LATERAL = "max_orthogonal_distance_left"


@jax.jit
def random_loss(model, std):
    """Loss on 4,000 random reaches in chunks, under fields as in training."""

    def of_chunk(key):
        keys = jax.random.split(key, 3)
        reaches = random_reaches(keys[0], 200)
        trials = SETTING.disturbed(keys[1], reaches, std)
        noise = draw_noise(SETTING.loop, keys[2], (200,))
        _, terms = learning.simulate(
            model, SETTING.loop, trials, noise, learning.Weights()
        )
        return learning.total(terms)

    return jnp.mean(jax.lax.map(of_chunk, jax.random.split(jax.random.key(99), 20)))


def aside(models):
    """Largest distance to the left [% of reach], shape (std, curl)."""
    reaches = evaluation.across_fields(centre_out(), "curl", CURLS)
    reduce = reductions.ReachReduction(SETTING.loop, (LATERAL,))
    found = evaluation.evaluate(
        models, SETTING.loop, reaches, 5, jax.random.key(7), reduce
    )
    return np.mean(np.asarray(found.measures[LATERAL]), axis=(2, 3))


def trained(name: str, recipe: Recipe) -> np.ndarray:
    """Train, print a row, and return (random loss, distances) by std."""
    began = time.perf_counter()
    result = learning.fit(recipe, SIZES, SETTING, STDS, [0] * len(STDS))
    seconds = time.perf_counter() - began
    held_out = result.validation["validation"][:, -1]
    losses = np.array(
        [float(random_loss(result.member(k), std)) for k, std in enumerate(STDS)]
    )
    table = aside(result.final)
    notes = RECIPES["notes"]
    share = recipe.batch * recipe.batches / (notes.batch * notes.batches)
    sides = "; ".join(" ".join(f"{x:.3g}" for x in column) for column in table.T)
    print(
        f"| {name} | {recipe.batches} × {recipe.batch} | {share:.3g} | {seconds:.0f} "
        f"| {' '.join(f'{x:.5f}' for x in losses)} "
        f"| {' '.join(f'{x:.5f}' for x in held_out)} | {sides} |",
        flush=True,
    )
    return np.column_stack([losses, table])


def main(arguments: list[str]) -> None:
    """Train the recipes named, and compare the others with the notes'."""
    quick = "--quick" in arguments
    names = [x for x in arguments if x != "--quick"]
    names = names or ["notes", "desk", "tenth", "tour"]
    print(
        "| recipe | batches × trials | operations | seconds | random | centre-out "
        "| aside at curl 1; 2; 4 |\n|---|---|---|---|---|---|---|"
    )
    found = {}
    for name in names:
        recipe = RECIPES[name]
        if quick:
            recipe = replace(recipe, batches=max(10, recipe.batches // 100))
        found[name] = trained(name, recipe)
    for name in [name for name in names if "notes" in found and name != "notes"]:
        ratio = found[name] / found["notes"]
        print(
            f"{name} over notes, by std: loss {ratio[:, 0].round(2)}, distance at the "
            f"worst curl {ratio[:, 1:].max(axis=1).round(2)}"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
