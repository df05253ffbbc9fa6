"""The study's own targets: settings, what they must reach, and in what time."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import jax
import numpy as np
import pandas as pd
from jax.experimental.compilation_cache import compilation_cache

from studies.evidence import Group, where
from studies.orbit.batches import training_sets
from studies.orbit.learning import fit
from studies.orbit.models import architecture_of
from studies.orbit.recipes import MATCHING, Recipe

MATCHED = {"family": "complex", "space": False, "loss": MATCHING}
INFORMED = {"features": "rtn", "output_layer": "rtn_logmag", "activation": "silu"}
PLAIN = {
    "features": "rinv_vel",
    "output_layer": "logmag_unit_exp",
    "activation": "silu",
}


class Target(NamedTuple):
    """What a setting must reach on 100 unseen orbits, and in what time."""

    name: str
    words: str
    where: dict[str, Any]
    error: float  # largest median [%]
    seconds: float  # longest training, compilation included [s]


TARGETS = (
    Target(
        "informed_ten",
        "From ten orbits, symmetry-informed layers",
        MATCHED | INFORMED | {"orbits": 10},
        0.1,
        10.0,
    ),
    Target(
        "neutral_hundred",
        "From a hundred orbits, neutral layers",
        MATCHED | PLAIN | {"orbits": 100},
        0.5,
        30.0,
    ),
    Target(
        "neutral_hundred_with_log_r",
        "From a hundred orbits, neutral layers that are shown log r",
        MATCHED | PLAIN | {"orbits": 100, "features": "rinv_vel_logra"},
        0.5,
        30.0,
    ),
)


def best_recipe(table: pd.DataFrame, setting: Mapping[str, Any]) -> Group:
    """The models of a setting; of several recipes the one with the lowest median."""
    models = where(table, **setting)
    if not models:
        return models
    names = ["steps", "learning_rates", "batch", "width", "depth"]
    keys = models.table[names].astype(str).agg("; ".join, axis=1)
    best = models.table.groupby(keys)["mean_100"].median().idxmin()
    return Group(models.table[keys == best])


def clocked(row: Mapping[str, Any]) -> float:
    """Seconds to train one model of a row's recipe again, compilation included [s].

    A user's own file or noise in the observations is left out.
    """
    lists = ("steps", "learning_rates", "segment_lengths", "windows")
    listed = {n: row[n] if isinstance(row[n], list) else [row[n]] for n in lists}
    recipe = Recipe.of(**{**row, **listed})
    sizes = {"space": bool(row["space"]), "points": int(row["points"])}
    sets = training_sets(row["family"], int(row["orbits"]), 1, **sizes)
    with compiled_anew():
        began = time.perf_counter()
        result = fit(recipe, architecture_of(row), sets.training, sets.validation, [0])
        jax.block_until_ready(jax.tree.leaves(result.final)[0])
        return time.perf_counter() - began


def clock(models: Group) -> float:
    """`clocked` for the first of some models; NaN where there is none."""
    return clocked(next(iter(models))) if len(models) else np.nan


@contextmanager
def compiled_anew() -> Iterator[None]:
    """Without the programs that earlier processes left in JAX's cache on disk."""
    name = "jax_enable_compilation_cache"
    before = jax.config.values[name]
    jax.config.update(name, False)
    compilation_cache.reset_cache()  # JAX asks the setting once only
    try:
        yield
    finally:
        jax.config.update(name, before)
        compilation_cache.reset_cache()
