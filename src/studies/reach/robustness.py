"""Medians of evaluations over replicates, and sentences about them.

A *replicate* is one model of a training std. A measure is first averaged over the
trials of a replicate; what is said of a training std is the median over its replicates,
with their range.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from studies.evidence import Catalogue
from studies.reach import metrics

COLUMNS = ("median", "lowest", "highest", "replicates")


def by_replicate(frame: pd.DataFrame, value: str, by: str) -> pd.DataFrame:
    """Mean over trials: columns `field_std`, `seed`, and those of `by` and value."""
    groups = frame.groupby(["field_std", "seed", by])[value]
    return pd.DataFrame(groups.mean()).reset_index()


def summary(frame: pd.DataFrame, value: str, by: str) -> pd.DataFrame:
    """Median, lowest and highest replicate; rows (field_std, by), columns `COLUMNS`."""
    groups = by_replicate(frame, value, by).groupby(["field_std", by])[value]
    spread = groups.agg(
        median="median", lowest="min", highest="max", replicates="count"
    )
    return pd.DataFrame(spread)


def scrap(name: str, place: float) -> str:
    """What the value of a measure at some place is called: `name_at_0p5`."""
    return f"{name}_at_{place:g}".replace(".", "p").replace("-", "m")


def record(
    catalogue: Catalogue,
    summaries: Mapping[str, pd.DataFrame],
    names: Iterable[str],
    where: str,
    after: str = "",
) -> None:
    """Leave the median and the range of measures behind, for each training std.

    Args:
        catalogue: what the notebook lends.
        summaries: measure → summary by training std and place.
        names: measures that are recorded.
        where: what the places are, in words.
        after: put behind the name of each measure.
    """
    for name in names:
        rows: Any = summaries[name].to_dict("index")
        for (std, place), row in rows.items():
            tag, unit = scrap(f"{name}{after}", place), metrics.unit(name)
            for column in ("median", "lowest", "highest"):
                called = tag if column == "median" else f"{tag}_{column}"
                meaning = (
                    f"{metrics.words(name)}, {where} {place:g}: {column} replicate"
                )
                member = {"field_std": float(std)}
                value = float(row[column])
                catalogue.record(called, value, unit, meaning, member=member)


def grid(summary: pd.DataFrame, digits: int = 3) -> pd.DataFrame:
    """A summary as a table to read: a row for each `by`, a column for each std."""
    text = summary.apply(lambda row: said(row, digits), axis=1)
    return pd.DataFrame(text.unstack(level=0))


def said(row: pd.Series, digits: int = 3) -> str:
    """A median, with its range where there are several replicates."""
    median, low, high, count = (float(x) for x in row[list(COLUMNS)].tolist())
    text = f"{median:.{digits}g}"
    return text if count < 2 else f"{text} ({low:.{digits}g} to {high:.{digits}g})"


def at(summary: pd.DataFrame, place: float) -> dict[float, float]:
    """Training std → median, at one value of the other index."""
    column = summary.xs(place, level=1)["median"]
    return {float(std): float(value) for std, value in column.items()}  # pyright: ignore


def trend(values: Mapping[float, float], what: str, unit: str) -> str:
    """How a median changes with the training std, in a sentence.

    Args:
        values: training std → median.
        what: is measured.
        unit: of it.
    """
    stds = sorted(values)
    if len(stds) < 2:
        return f"There is one training std only, so {what} has no trend."
    first, last = values[stds[0]], values[stds[-1]]
    change = direction(values)
    ends = (
        f"{first:.3g} {unit} at training std {stds[0]:g} and {last:.3g} {unit} at "
        f"{stds[-1]:g}"
    )
    words = {
        -1: f"falls at every step of the training std: {ends}",
        1: f"rises at every step of the training std: {ends}",
        0: f"does not change in one direction with the training std: {ends}",
    }
    return f"{what[0].upper()}{what[1:]} {words[change]}."


def direction(values: Mapping[float, float]) -> int:
    """-1: the median falls at every step of the training std; 1: rises; 0: neither."""
    steps = np.diff([values[std] for std in sorted(values)])
    if not len(steps):
        return 0
    return -1 if (steps < 0).all() else 1 if (steps > 0).all() else 0


def verdict(holds: bool, claim: str, *, judged: bool = True) -> str:
    """A claim, and whether the numbers agree with it.

    Args:
        holds: whether they do.
        claim: a sentence.
        judged: whether there is more than one training std, where that is needed.
    """
    if not judged:
        return f"**Not judged**, for want of a second training std: {claim}"
    return f"**{'Yes' if holds else 'No'}**: {claim}"


def separated(summary: pd.DataFrame, place: float) -> bool:
    """Whether the ranges of lowest and highest training std do not overlap there."""
    rows = summary.xs(place, level=1).sort_index()
    first, last = rows.iloc[0], rows.iloc[-1]
    return bool(first["lowest"] > last["highest"] or first["highest"] < last["lowest"])


def growth(values: Mapping[float, float]) -> float:
    """Value at the highest training std over that at the lowest [1]."""
    stds = sorted(values)
    return values[stds[-1]] / values[stds[0]]


def markdown(table: pd.DataFrame, corner: str) -> str:
    """A table of texts as Markdown; `corner` names its rows and columns."""
    heads = [f"{head:g}" if isinstance(head, float) else str(head) for head in table]
    lines = [
        f"| {corner} | " + " | ".join(heads) + " |",
        "|---|" + "---:|" * len(heads),
    ]
    for name, row in table.iterrows():
        place = f"{name:g}" if isinstance(name, float) else str(name)
        lines.append(f"| {place} | " + " | ".join(map(str, row)) + " |")
    return "\n".join(lines)
