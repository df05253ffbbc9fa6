"""What tables of models amount to, in sentences computed from them.

A *group* is all models that differ only in their seed or in the draw of their training
orbits; groups are compared by the median of their models, and a difference counts only
where their ranges do not overlap.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

CHANCE = ("seed", "data_seed")  # what differs within a group
LAYERS = ("features", "output_layer")
Rows = Mapping[str, Mapping[str, Mapping[str, float]]]  # model → test set → statistics

RANKED = ("median", "lowest", "highest", "models")  # columns of a ranking
NOTHING = "No model was trained to the end, so there is nothing to compare."


def telling(rows: Sequence[Mapping[str, Any]], varied: Sequence[str]) -> list[str]:
    """The varied parameters that are needed to tell groups apart, and the seeds.

    Layers come first and stay; any other only if it splits what is still one group.
    """
    kept = [name for name in LAYERS if name in varied]
    for name in varied:
        if name not in (*kept, *CHANCE) and splits(rows, kept, name):
            kept.append(name)
    return kept + [name for name in CHANCE if name in varied]


def splits(rows: Sequence[Mapping[str, Any]], kept: Sequence[str], name: str) -> bool:
    """Whether `name` tells apart rows that are alike in all of `kept`."""

    def count(names: Sequence[str]) -> int:
        return len({tuple(repr(row.get(key)) for key in names) for row in rows})

    return count([*kept, name]) > count(kept)


def label(row: Mapping[str, Any], varied: Sequence[str]) -> str:
    """A model's name: the parameters that tell it from the others."""
    own = [name for name in CHANCE if name in varied]
    parts = [group_label(row, varied), *(spelled(name, row[name]) for name in own)]
    return ", ".join(parts)


def group_label(row: Mapping[str, Any], varied: Sequence[str]) -> str:
    """The name of a model's group: what is varied but for the seeds."""
    names = [name for name in varied if name not in CHANCE]
    names = names or LAYERS
    return ", ".join(spelled(name, row.get(name)) for name in names)


def spelled(name: str, value: Any) -> str:
    """A parameter as a label has it; a text speaks for itself."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str) and value:
        return value
    return f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"


def ranking(scores: pd.DataFrame, place: str) -> pd.DataFrame:
    """Groups by the median error of their models on one test set, best first.

    `scores` has a row a model, with its `group` and a column for each test set [%].
    Columns of the result: median, lowest, highest [%] and models [1].
    """
    if place not in scores:
        return pd.DataFrame(columns=pd.Index(RANKED))
    groups = scores.groupby("group", sort=False)[place]
    found = groups.agg(median="median", lowest="min", highest="max", models="count")
    return pd.DataFrame(found).sort_values(by="median")


def overall(scores: pd.DataFrame, place: str) -> dict[str, float]:
    """Median, lowest and highest error of all models on a test set [%]."""
    if place not in scores or not len(scores):
        return {}
    values = scores[place].to_numpy(dtype=float)
    return {
        "median": float(np.median(values)),
        "lowest": float(values.min()),
        "highest": float(values.max()),
    }


def said(row: pd.Series) -> str:
    """The error of a group with its range, when there is more than one model."""
    median, low, high, count = (float(number) for number in row[list(RANKED)].tolist())
    text = f"{median:.3g} %"
    if count > 1:
        text += f" ({low:.3g} to {high:.3g} % over {count:.0f} models)"
    return text


def verdict(ranks: pd.DataFrame, where: str) -> str:
    """Which group is best on a test set, and by how much."""
    if not len(ranks):
        return NOTHING
    text = f"On {where} **{ranks.index[0]}** errs by {said(ranks.iloc[0])}."
    if len(ranks) == 1:
        return text
    factor = ranks["median"].iloc[-1] / ranks["median"].iloc[0]
    return (
        f"{text} The worst of the {len(ranks)} groups, {ranks.index[-1]}, errs by "
        f"{said(ranks.iloc[-1])}, {factor:.3g} times as much."
    )


def overlap(ranks: pd.DataFrame) -> str:
    """Whether the best group is better than the next beyond the spread of its seeds."""
    if not len(ranks):
        return NOTHING
    best = ranks.iloc[0]
    width = best["highest"] / best["lowest"]
    if best["models"] < 2:
        return "With one model a group nothing can be said of chance: train more seeds."
    text = (
        f"Within {ranks.index[0]} the worst seed errs {width:.3g} times as much as the "
        "best."
    )
    if len(ranks) == 1:
        return text
    other = ranks.iloc[1]
    apart = best["highest"] < other["lowest"]
    found = (
        "do not overlap: the difference is real"
        if apart
        else ("overlap: these seeds do not tell them apart")
    )
    return f"{text} Its range and that of {ranks.index[1]} {found}."


def of_objects(objects: pd.DataFrame, ranks: pd.DataFrame) -> str:
    """Where among the real objects the best group fails, and against drawn orbits."""
    if not len(ranks):
        return NOTHING
    name = ranks.index[0]
    errors = pd.Series(objects[name])
    ratio = float(errors.mean() / ranks["median"].iloc[0])
    drawn = "harder than" if ratio > 1.1 else "easier than" if ratio < 0.9 else "like"
    return (
        f"For {name} the worst object is {errors.idxmax()} with {errors.max():.3g} %, "
        f"the best {errors.idxmin()} with {errors.min():.3g} %. Their mean is "
        f"{ratio:.2g} times the error on 100 drawn orbits: real objects are {drawn} "
        "drawn ones."
    )


def of_rollouts(
    rows: Rows, members: Sequence[str], periods: Sequence[int], place: str = "100"
) -> str:
    """How far a group's models stray, and what they do not conserve."""
    if not members:
        return NOTHING
    parts = []
    for number in periods:
        found = {
            name: float(
                np.median([rows[m][place][f"{name}_{number}"] for m in members])
            )
            for name in ("final_position", "energy_drift", "lost")
        }
        after = "one period" if number == 1 else f"{number} periods"
        parts.append(
            f"After {after} the best group is {found['final_position']:.3g} % of the "
            f"radius away from the truth, its energy has moved by up to "
            f"{found['energy_drift']:.2g} %, and {found['lost']:.3g} % of the orbits "
            "were lost."
        )
    return " ".join(parts)
