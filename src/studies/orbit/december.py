"""Reported tables (notes of December) beside our medians and ranges.

What the notes say is in `published`; what counts as agreement, the notebook says.
"""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from studies.evidence import Group, Summary, markdown, number, where
from studies.orbit import reports, surveys
from studies.orbit.published import MEASURES, TABLE, Published

LEVEL = 0.05  # of the test whether there is any difference [1]
SURE, REVERSED = 0.95, 0.05  # shares of pairs past which one pair is enough [1]


def unit_of(column: str) -> str:
    """Unit of a column of a survey."""
    stem = column.removesuffix("_100")
    return "%" if stem in ("mean", "training_error") else reports.UNITS[stem]


def compared(table: pd.DataFrame, rows: Sequence[Published] = TABLE) -> pd.DataFrame:
    """Published errors beside ours [%], a row a setting.

    Columns: `setting`, `notes_<n>` and `ours_<n>` (median) for n = 1, 10 and 100
    orbits, `low` and `high` on 100 orbits, `models`, `stuck` and `diverged`. Where no
    model of the setting was trained, ours are NaN.
    """
    return pd.DataFrame([_one(where(table, **row.where), row) for row in rows])


def _one(models: Group, row: Published) -> dict[str, Any]:
    names = [f"notes_{size}" for size in surveys.SIZES]
    beside = {"setting": row.name, **dict(zip(names, row.errors, strict=True))}
    medians = {f"ours_{n}": models.median(f"mean_{n}") for n in surveys.SIZES}
    span = models.summary("mean_100")
    ended = [row["state"] for row in models]
    counts = {state: ended.count(state) for state in ("stuck", "diverged")}
    return (
        beside
        | medians
        | {"low": span.lowest, "high": span.highest, "models": len(models)}
        | counts
    )


def errors_table(rows: pd.DataFrame) -> str:
    """`compared`, with a column `inside`, as a Markdown table."""
    head = ["setting", "notes 1 / 10 / 100 [%]", "ours, medians [%]"]
    head += ["on 100, range [%]", "models", "stuck", "diverged", "in our range"]
    lines = []
    for row in rows.to_dict("records"):
        notes, ours = (
            " / ".join(number(row[f"{who}_{size}"]) for size in surveys.SIZES)
            for who in ("notes", "ours")
        )
        span = f"{number(row['low'])} to {number(row['high'])}"
        counts = [row[name] for name in ("models", "stuck", "diverged")]
        inside = ("yes" if row["inside"] else "no") if row["models"] else "not trained"
        lines.append([row["setting"], notes, ours, span, *counts, inside])
    return markdown(head, lines)


def measured(table: pd.DataFrame, rows: Sequence[Published] = TABLE) -> pd.DataFrame:
    """Every other measure that the notes tell of a setting, beside ours.

    Columns: `setting`, `measure`, `unit`, `notes`, `value` (our median), `low`, `high`.
    """
    lines = []
    for row in rows:
        models = where(table, **row.where)
        for name, reported in row.measures.items():
            ours = models.summary(name)
            told = {"setting": row.name, "measure": name, "unit": unit_of(name)}
            span = {"value": ours.median, "low": ours.lowest, "high": ours.highest}
            lines.append(told | {"notes": reported} | span)
    return pd.DataFrame(lines)


def measures_table(rows: pd.DataFrame) -> str:
    """For each measure, how many published values lie in our range (`inside`)."""
    trained = rows[rows["value"].notna()]
    lines = []
    for name in MEASURES:
        part = pd.DataFrame(trained[trained["measure"] == name])
        if len(part):
            spans = [Summary.of(part[column]) for column in ("notes", "value")]
            notes, ours = (f"{number(x.lowest)} to {number(x.highest)}" for x in spans)
            label = f"{name.removesuffix('_100').replace('_', ' ')} [{unit_of(name)}]"
            lines.append(
                [label, len(part), notes, ours, list(part["inside"]).count(True)]
            )
    if not lines:
        return "No such setting was trained."
    head = ["measure", "settings", "notes", "ours, medians", "in our range"]
    return markdown(head, lines)


def direction(share: float, chance: float) -> str:
    """How a ranking fails that does not hold in nearly all pairs of models.

    Args:
        share: of the pairs of models that agree with it [1].
        chance: of pairs so uneven without a difference [1].
    """
    if share <= REVERSED:
        return "the other way round"
    if chance >= LEVEL:
        return "no difference beyond chance"
    if share > 0.5:
        return "on average only, single pairs may differ"
    return "the other way round on average"
