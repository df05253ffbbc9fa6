"""By cell type: what of each neuron's variance a rollout explains, and could explain.

A neuron's variance over a rollout is its total; the variance of prediction minus truth
is left unexplained. What the true circuit without noise leaves, started from the same
states, is the part that noise makes unpredictable.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float, Int
from scipy.stats import spearmanr

from studies.latent import truth
from studies.latent.circuit import Circuit
from studies.latent.metrics import by_type
from studies.latent.recordings import Recording

PerType = Float[np.ndarray, " type"]


class Shares(NamedTuple):
    """Variances of each neuron [raw units²], means over starts."""

    total: Float[np.ndarray, " neuron"]
    unexplained: Float[np.ndarray, " neuron"]


def shares(found: Mapping[str, np.ndarray], family: str) -> Shares:
    """The variances that a judgement (`reports.judge`) holds for one family."""
    total, left = found[f"{family}.total"], found[f"{family}.unexplained"]
    return Shares(total.mean(axis=0), left.mean(axis=0))


def of_noise(
    circuit: Circuit,
    recording: Recording,
    starts: Int[np.ndarray, " start"],
    steps: int,
) -> Shares:
    """The variances of each neuron for the true circuit, rolled out without noise."""
    rolled = truth.without_noise(circuit, recording, starts, steps)
    return Shares(rolled.total.mean(axis=0), rolled.unexplained.mean(axis=0))


def explained_by_type(own: Shares, type_index: Int[np.ndarray, " neuron"]) -> PerType:
    """R² of each type: 1 - mean unexplained / mean total variance of its neurons.

    NaN for a type without neurons or whose neurons all rest.
    """
    total = by_type(own.total, type_index)
    left = by_type(own.unexplained, type_index)
    resting = ~(total > 0)
    return np.where(resting, np.nan, 1 - left / np.where(resting, 1.0, total))


def table(
    type_names: Sequence[str],
    total: PerType,
    explained: Mapping[str, PerType],
) -> pd.DataFrame:
    """Types from the worst explained to the best, by the first column of R²."""
    columns = {"variance": total, **{f"R² {name}": x for name, x in explained.items()}}
    frame = pd.DataFrame(columns, index=pd.Index(type_names[: len(total)], name="type"))
    return frame.sort_values(f"R² {next(iter(explained))}")


def rank_correlation(one: PerType, two: PerType) -> float:
    """Spearman's correlation over the types that both know; NaN below three of them."""
    known = np.isfinite(one) & np.isfinite(two)
    if known.sum() < 3:
        return float("nan")
    result: Any = spearmanr(one[known], two[known])
    return float(result.statistic)
