"""Evaluations across contexts: every trial at every context.

A *variant* of an evaluation is a trial's field, or its impulse, with one context. All
contexts of a field stand together, in the order in which they were asked for.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Float

from studies.evidence import Group, number
from studies.reach.evaluation import EvaluationError, common
from studies.reach.probes import Probe
from studies.reach.tasks import Trial


def across_contexts(trials: Trial, contexts: Sequence[float]) -> Trial:
    """The trials under each context.

    Args:
        trials: with leading axes (variant, condition).
        contexts: what the network is told [1].

    Returns:
        Trials with `len(contexts)` times as many variants, contexts varying fastest.
    """
    variants, conditions = trials.curl.shape
    size = jnp.asarray(contexts, jnp.float32)
    told = jnp.broadcast_to(
        jnp.tile(size, variants)[:, None], (variants * len(size), conditions)
    )
    return repeated(trials, len(contexts))._replace(context=told)


def repeated(several: Any, times: int) -> Any:
    """Trials or probes with each variant repeated, to go with `across_contexts`."""
    return jax.tree.map(lambda x: jnp.repeat(x, times, axis=0), several)


def impulses_across_contexts(
    impulses: tuple[Trial, Probe], contexts: Sequence[float]
) -> tuple[Trial, Probe]:
    """Trials and impulses of `evaluation.impulses` under each context."""
    trials, probes = impulses
    return across_contexts(trials, contexts), repeated(probes, len(contexts))


def named_variants(
    variants: Sequence[Mapping[str, Any]], contexts: Sequence[float]
) -> list[dict[str, Any]]:
    """What tells each variant of `across_contexts`: its own names, and `context`."""
    return [
        {**one, "context": float(context)} for one in variants for context in contexts
    ]


def split_contexts(
    values: Any, contexts: int
) -> Float[np.ndarray, "member variant context *axes"]:
    """An evaluation's values with the axis of variants split: (variant, context)."""
    array = np.asarray(values, float)
    members, variants = array.shape[:2]
    return array.reshape(members, variants // contexts, contexts, *array.shape[2:])


def listens(rows: Sequence[Mapping[str, Any]]) -> str:
    """The method that relates context and field, the same for all these models.

    Raises:
        EvaluationError: they have no context input, or differ in their method.
    """
    method = str(common(rows, "method"))
    if method == "none":
        message = (
            "These models have no context input (`method` none), so no context can be "
            "given to them. Choose models of another method, as in reach/context."
        )
        raise EvaluationError(message)
    return method


# What comes of them -------------------------------------------------------------------


def model_means(frame: pd.DataFrame, *variant: str) -> pd.DataFrame:
    """Means over the trials of each model: a row for each model, variant and context.

    Args:
        frame: `reductions.table` of an evaluation.
        variant: columns that tell a variant, apart from `context`.
    """
    names = ["field_std", "seed", *variant, "context"]
    means = frame.drop(columns=["evaluation", "condition"]).groupby(names).mean()
    return pd.DataFrame(means).reset_index()


def members_table(
    members: Sequence[Mapping[str, Any]], values: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    """One row for each model: training std, seed, and one number of each name."""
    return pd.DataFrame(list(members)).assign(**values)


def curves(means: Group, measure: str) -> Float[np.ndarray, "replicate context"]:
    """A measure at each context, ascending, a row a replicate."""
    wide = means.table.pivot(index="seed", columns="context", values=measure)
    return wide.sort_index(axis=1).to_numpy(float)


def medians(means: Group, measure: str) -> dict[float, float]:
    """Context → median over replicates, contexts ascending."""
    if not len(means):
        return {}
    found = means.table.groupby("context")[measure].median()
    return {float(context): float(value) for context, value in found.items()}  # pyright: ignore


def falls(values: Mapping[float, float], low: float, high: float) -> bool:
    """Whether a median falls at every context from `low` to `high`.

    False where fewer than two of the contexts lie there.
    """
    inside = [values[at] for at in sorted(values) if low <= at <= high]
    return len(inside) > 1 and bool((np.diff(inside) < 0).all())


def change(values: Mapping[float, float], low: float, high: float) -> float:
    """Largest minus smallest median from `low` to `high`, over that at context 0 [1].

    NaN where context 0 is not known.
    """
    inside = [value for at, value in values.items() if low <= at <= high]
    if 0.0 not in values or not inside:
        return float("nan")
    return (max(inside) - min(inside)) / abs(values[0.0])


def said(values: Mapping[float, float], unit: str) -> str:
    """Medians at each context, in words: "17 % at −1, 12 % at 0"."""
    after = "" if unit in ("1", "-") else f" {unit}"
    return ", ".join(f"{number(x)}{after} at {at:g}" for at, x in values.items())
