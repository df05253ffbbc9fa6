"""What models on unseen orbits amount to, in sentences computed from them.

Settings are compared by the median of their models; a difference counts only where
their ranges do not overlap. Where `ranks` are asked for, they are settings in words
with their models, best first, as `surveys.ranked` gives them.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from studies.evidence import Group, number

Ranks = Mapping[str, Group]
Rows = Mapping[str, Mapping[str, Mapping[str, float]]]  # model → test set → statistics
NOTHING = "No model was trained to the end, so there is nothing to compare."


def verdict(ranks: Ranks, column: str, where: str) -> str:
    """Which setting is best on a test set, and by how much.

    Args:
        ranks: settings, best first.
        column: of the mean error on the test set [%].
        where: the test set in words.
    """
    if not ranks:
        return NOTHING
    (best, first), (worst, last) = list(ranks.items())[0], list(ranks.items())[-1]
    text = f"On {where} **{best}** errs by {first.text(column, '%')}."
    if len(ranks) == 1:
        return text
    factor = last.median(column) / first.median(column)
    return (
        f"{text} The worst of the {len(ranks)} settings, {worst}, errs by "
        f"{last.text(column, '%')}, {factor:.3g} times as much."
    )


def overlap(ranks: Ranks, column: str) -> str:
    """Whether the best setting beats the next beyond the spread of its seeds."""
    if not ranks:
        return NOTHING
    names = list(ranks)
    best = ranks[names[0]].summary(column)
    if best.n < 2:
        return "With one model a group nothing can be said of chance: train more seeds."
    text = (
        f"Within {names[0]} the worst seed errs {best.highest / best.lowest:.3g} times "
        "as much as the best."
    )
    if len(names) == 1:
        return text
    beside = ranks[names[1]].summary(column)
    if beside.n < 2:
        return f"{text} {names[1]} is a single model, which says nothing of chance."
    apart = best.highest < beside.lowest
    found = (
        "do not overlap: the difference is real"
        if apart
        else "overlap: these seeds do not tell them apart"
    )
    return f"{text} Its range and that of {names[1]} {found}."


def of_objects(objects: pd.DataFrame, ranks: Ranks, column: str) -> str:
    """Where among the real objects the best setting fails, and against drawn orbits.

    Args:
        objects: errors [%], a row an object, a column a setting.
        ranks: settings, best first.
        column: of the mean error on drawn orbits [%].
    """
    if not ranks:
        return NOTHING
    name = next(iter(ranks))
    errors = pd.Series(objects[name])
    ratio = float(errors.mean() / ranks[name].median(column))
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
    for count in periods:
        stray, drift, lost = (
            float(np.median([rows[m][place][f"{name}_{count}"] for m in members]))
            for name in ("final_position", "energy_drift", "lost")
        )
        after = "one period" if count == 1 else f"{count} periods"
        if not np.isfinite([stray, drift]).all():
            parts.append(
                f"After {after} the best group has lost {number(lost)} % of the orbits."
            )
            continue
        parts.append(
            f"After {after} the position of the best group is wrong by {number(stray)} "
            f"% of the radius, its energy has changed by up to {number(drift)} %, and "
            f"{number(lost)} % of the orbits were lost."
        )
    return " ".join(parts)
