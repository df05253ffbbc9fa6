"""Controllers of many settings on the same reaches, each in its own loop.

Settings may differ in the body, the noise, the network or the method, so each is
evaluated by itself, as it was trained, and the results are one table with a row a
model. What is measured at a context stands in a column of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import numpy as np
import pandas as pd

from studies.evidence import Catalogue, Group, Survey, groups, survey, where
from studies.reach import contexts as told
from studies.reach import evaluation, reductions
from studies.reach.models import from_parameters
from studies.reach.tasks import centre_out
from studies.training import read_model

DISTANCE = "max_orthogonal_distance_left"
MEASURES = (
    DISTANCE,
    "end_position_error",
    "max_parallel_vel_forward",
    "max_net_force",
)
REPLICATES = ("field_std", "seed")  # all else is a setting


@dataclass(frozen=True)
class Conditions:
    """On what every model is tested; each field is a parameter of the notebook."""

    field: str
    amplitude: float  # [N s/m, or N]
    contexts: tuple[float, ...]
    grid: int
    directions: int
    evaluations: int
    seed: int


def settings(catalogue: Catalogue, models: Mapping[str, Any]) -> Survey:
    """The models that a query finds, a setting being all but training std and seed."""
    return survey(catalogue, models, replicates=REPLICATES)


def tested(
    catalogue: Catalogue,
    models: Survey,
    test: Conditions,
    report: Callable[..., None] | None = None,
) -> pd.DataFrame:
    """One row a model: hyperparameters, how its training ended, and what it does.

    Columns of measures are called `at(measure, context)` in the field, and `free_…`
    without a field at context 0. They are NaN for a model that diverged, which has
    `diverged` 1.
    """
    parts = []
    for done, (_, group) in enumerate(models.groups.items(), start=1):
        parts.append(_tested(catalogue, group, test))
        if report is not None:
            report(done)
    table = pd.concat(parts, ignore_index=True)
    measured = [at(m, c) for m in MEASURES for c in test.contexts]
    measured += [free(m) for m in MEASURES]
    absent = [name for name in measured if name not in table]  # all have diverged
    return table.reindex(columns=[*table, *absent])


def at(measure: str, context: float) -> str:
    """The column of a measure in the field at a context."""
    return f"{measure} at {context:g}"


def free(measure: str) -> str:
    """The column of a measure without a field at context 0."""
    return f"free_{measure}"


def _tested(catalogue: Catalogue, group: Group, test: Conditions) -> pd.DataFrame:
    table = group.table.reset_index(drop=True)
    rows = table.to_dict("records")
    losses = [float(catalogue.history(row)["best_loss"][-1]) for row in rows]
    ended = [row.get("outcome") == "diverged" for row in rows]
    diverged = np.array(ended) | ~np.isfinite(losses)
    table = table.assign(
        best_loss=losses,
        diverged=diverged.astype(float),
        field_std=[evaluation.who(row)["field_std"] for row in rows],
        seed=[evaluation.who(row)["seed"] for row in rows],
    )
    kept = [row for row, bad in zip(rows, diverged, strict=True) if not bad]
    if not kept:
        return table
    means = _measured(catalogue, kept, test)
    wide = _wide(means, test)
    return table.merge(wide, on=list(REPLICATES), how="left")


def _measured(
    catalogue: Catalogue, rows: Sequence[Mapping[str, Any]], test: Conditions
) -> pd.DataFrame:
    """Means of each model in each field and context."""
    read = partial(read_model, build=from_parameters)
    stacked = evaluation.stack([catalogue.load_model(row, read) for row in rows])
    loop = evaluation.common_loop(rows)
    reaches = centre_out(test.grid, test.directions)
    keys = jax.random.split(jax.random.key(test.seed))
    known = evaluation.as_trained(reaches, rows, keys[0])
    amplitudes = (0.0, test.amplitude)
    fields = evaluation.across_fields(known, test.field, amplitudes)
    trials = told.across_contexts(fields, test.contexts)
    reduction = reductions.ReachReduction(loop, MEASURES)
    result = evaluation.evaluate(
        stacked, loop, trials, test.evaluations, keys[1], reduction
    )
    variants = [{"amplitude": amplitude} for amplitude in amplitudes]
    frame = reductions.table(
        result.measures,
        [evaluation.who(row) for row in rows],
        told.named_variants(variants, test.contexts),
    )
    return told.model_means(frame, "amplitude")


def _wide(means: pd.DataFrame, test: Conditions) -> pd.DataFrame:
    """One row a model, a column for each measure and context."""
    parts = []
    for context in test.contexts:
        own = _where(means, test.amplitude, context)
        parts.append(own.set_axis([at(m, context) for m in MEASURES], axis=1))
    own = _where(means, 0.0, 0.0)
    parts.append(own.set_axis([free(m) for m in MEASURES], axis=1))
    return pd.concat(parts, axis=1).reset_index()


def _where(means: pd.DataFrame, amplitude: float, context: float) -> pd.DataFrame:
    """The measures of each model in one field at one context, models as index."""
    rows = where(means, amplitude=amplitude, context=context).table
    return pd.DataFrame(rows.set_index(list(REPLICATES))[list(MEASURES)])


# What settings amount to --------------------------------------------------------------


def knob(table: pd.DataFrame, low: float, high: float) -> np.ndarray:
    """How far a context turns each model: share of the distance that it saves [1].

    The distance to the side at context `low` minus that at `high`, over the first.
    """
    first, last = (table[at(DISTANCE, c)].to_numpy(float) for c in (low, high))
    return (first - last) / first


def gap(models: Group, context: float) -> float:
    """How far the training stds lie apart at a context, over the distance at std 0 [1].

    The median distance without a field in training minus that of the largest std; 0
    where the curves overlap, NaN where there are not both.
    """
    of = groups(models.table, "field_std")
    stds = sorted(of)
    if len(stds) < 2 or stds[0] != 0:
        return float("nan")
    none, top = (of[std].median(at(DISTANCE, context)) for std in (0.0, stds[-1]))
    return (none - top) / none
