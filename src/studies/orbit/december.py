"""The tables and rankings of December beside ours: medians, ranges, verdicts.

What the notes say is in `published`. A published number is reproduced when it lies
between the lowest and the highest of ours. A ranking is reproduced when nearly all
pairs of models agree with it, and on average when more do than chance allows: then one
run of each, which is what the notes had, may still show the opposite.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from studies.orbit import reports, surveys
from studies.orbit.published import (
    COMPARED,
    MEASURES,
    NO_GAIN,
    TABLE,
    Published,
    rankings,
    where,
)
from studies.orbit.surveys import written

SURE, REVERSED = 0.95, 0.05  # shares of pairs past which one pair is enough [1]
LEVEL = 0.05  # of the test whether there is any difference [1]
COLUMNS = (
    *("setting", "notes_1", "notes_10", "notes_100", "ours_1", "ours_10", "ours_100"),
    *("low", "high", "models", "stuck", "diverged", "notes_angle", "angle", "verdict"),
)


def within(value: float, low: float, high: float) -> str:
    """Verdict on a published number: is it inside the range of ours?"""
    if low <= value <= high:
        return "reproduced"
    return f"not reproduced: ours {'higher' if value < low else 'lower'}"


def compared(table: pd.DataFrame, rows: Sequence[Published] = TABLE) -> pd.DataFrame:
    """Published rows beside ours: medians [%], the range on 100 orbits, a verdict.

    Rows that nothing in the survey corresponds to are "not trained".
    """
    return pd.DataFrame([one(table, row) for row in rows], columns=pd.Index(COLUMNS))


def one(table: pd.DataFrame, row: Published) -> dict[str, Any]:
    """One published row beside ours."""
    said = dict(zip(("notes_1", "notes_10", "notes_100"), row.errors, strict=True))
    found = {"setting": row.name, **said, "notes_angle": row.measures.get("angle_100")}
    own: Any = surveys.chosen(table, row.where)
    if not len(own):
        return found | {"models": 0, "verdict": "not trained"}
    medians = {f"ours_{size}": float(own[f"mean_{size}"].median()) for size in (1, 10)}
    span = surveys.spread_of(own)
    found |= medians | {"ours_100": span.pop("median"), **span}
    found["angle"] = float(own["angle_100"].median()) if "angle_100" in own else None
    return found | {"verdict": within(row.errors[2], span["low"], span["high"])}


def markdown(rows: pd.DataFrame) -> str:
    """The comparison as a Markdown table; what did not end well has its own column."""
    lines = [
        "| setting | notes 1 / 10 / 100 [%] | ours, medians [%] | on 100, range [%]"
        " | models | not well | verdict |",
        "|---|---|---|---|---:|---|---|",
    ]
    for row in rows.to_dict("records"):
        notes = " / ".join(f"{row[f'notes_{size}']:g}" for size in surveys.SIZES)
        if not row["models"]:
            lines.append(f"| {row['setting']} | {notes} | – | – | 0 | | not trained |")
            continue
        ours = " / ".join(written(row[f"ours_{size}"]) for size in surveys.SIZES)
        span = f"{written(row['low'])} – {written(row['high'])}"
        lines.append(
            f"| {row['setting']} | {notes} | {ours} | {span} | {row['models']:.0f} | "
            f"{surveys.ended(row)} | {row['verdict']} |"
        )
    return "\n".join(lines)


# Measures beyond the mean error ----------------------------------------------------


def unit_of(column: str) -> str:
    """Unit of a column of a survey."""
    stem = column.removesuffix("_100")
    return "%" if stem in ("mean", "training_error") else reports.UNITS[stem]


def measured(table: pd.DataFrame, rows: Sequence[Published] = TABLE) -> pd.DataFrame:
    """Every other measure that the notes tell of a setting, beside ours.

    Columns: setting, measure, unit, notes, ours, value (our median), verdict.
    """
    found = []
    for row in rows:
        own: Any = surveys.chosen(table, row.where)
        for name, said in row.measures.items():
            one = {"setting": row.name, "measure": name, "unit": unit_of(name)}
            found.append(one | {"notes": said} | beside(own, name, said))
    names = ["setting", "measure", "unit", "notes", "ours", "value", "verdict"]
    return pd.DataFrame(found, columns=pd.Index(names))


def beside(own: pd.DataFrame, name: str, said: float) -> dict[str, Any]:
    """One measure of our models beside what the notes say of it."""
    if not len(own) or name not in own:
        why = "not comparable: no model of this setting was trained"
        return {"ours": "–", "value": float("nan"), "verdict": why}
    span = surveys.spread_of(own, name)
    verdict = within(said, span["low"], span["high"])
    return {"ours": surveys.said(span), "value": span["median"], "verdict": verdict}


def measured_markdown(rows: pd.DataFrame) -> str:
    """For each measure, how many published values lie in our range."""
    lines = [
        "| measure | settings | notes | ours, medians | in our range |",
        "|---|---:|---|---|---:|",
    ]
    trained = rows[rows["value"].notna()]
    for name in MEASURES:
        own: Any = trained[trained["measure"] == name]
        if not len(own):
            continue
        said, ours = (spanned(own[column]) for column in ("notes", "value"))
        inside = list(own["verdict"]).count("reproduced")
        label = f"{name.removesuffix('_100').replace('_', ' ')} [{unit_of(name)}]"
        lines.append(f"| {label} | {len(own)} | {said} | {ours} | {inside} |")
    return "\n".join(lines) if len(lines) > 2 else "No such setting was trained."


def spanned(values: Any) -> str:
    """Lowest and highest of some numbers."""
    return f"{written(values.min())} – {written(values.max())}"


# Claims ----------------------------------------------------------------------------


class Claim(NamedTuple):
    """A ranking that the notes state: the first errs less than the other."""

    name: str
    first: Mapping[str, Any]
    other: Mapping[str, Any]
    notes: str
    measure: str = "mean_100"

    @property
    def unit(self) -> str:
        """Unit of what is compared."""
        return unit_of(self.measure)


def claims() -> tuple[Claim, ...]:
    """Every ranking that the notes state."""
    found = []
    for name, notes, first, other in rankings():
        measure = COMPARED.get(name, "mean_100")
        found.append(Claim(name, where(first), where(other), notes, measure))
    return tuple(found)


CLAIMS = claims()


def tested(table: pd.DataFrame, claim: Claim) -> dict[str, Any]:
    """A claim against ours: medians, ranges, share of pairs that agree, p, verdict."""
    first, other = (surveys.chosen(table, x) for x in (claim.first, claim.other))
    found = {"claim": claim.name, "notes": claim.notes, "unit": claim.unit}
    if not len(first) or not len(other):
        missing = "first" if not len(first) else "second"
        why = f"not comparable: no model of the {missing} kind was trained"
        none = {"share": float("nan"), "p": float("nan")}
        return found | none | {"ours": "–", "verdict": why}
    share = surveys.win_share(first, other, claim.measure)
    p = surveys.no_difference(first, other, claim.measure)
    ours = " against ".join(
        surveys.said(surveys.spread_of(own, claim.measure)) for own in (first, other)
    )
    return found | {
        "ours": f"{ours} {claim.unit}",
        "share": share,
        "p": p,
        "verdict": (no_gain if claim.name in NO_GAIN else ranked)(share, p),
    }


def ranked(share: float, p: float) -> str:
    """Verdict on a ranking.

    Args:
        share: of the pairs of models that agree with it [1].
        p: of so many or more, or so few or fewer, if there were no difference [1].
    """
    if share >= SURE:
        return "reproduced"
    if share <= REVERSED:
        return "not reproduced: the other way round"
    if p >= LEVEL:
        return "not reproduced: no difference beyond chance"
    if share > 0.5:
        return "reproduced on average: single pairs may differ"
    return "not reproduced: the other way round on average"


def no_gain(share: float, p: float) -> str:
    """Verdict on a claim that the second kind is no better; arguments as `ranked`."""
    if share >= 0.5 or p >= LEVEL:
        return "reproduced: no gain beyond chance"
    return "not reproduced: a gain" + ("" if share <= REVERSED else " on average")


def claims_table(table: pd.DataFrame, claims: Sequence[Claim] = CLAIMS) -> pd.DataFrame:
    """Every claim tested; columns claim, notes, ours, share, p, verdict, unit."""
    return pd.DataFrame([tested(table, claim) for claim in claims])


def claims_markdown(rows: pd.DataFrame) -> str:
    """Claims as a Markdown table."""
    lines = [
        "| claim | notes | ours | pairs that agree | p | verdict |",
        "|---|---|---|---:|---:|---|",
    ]
    for row in rows.to_dict("records"):
        missing = pd.isna(row["share"])
        share = "–" if missing else f"{row['share']:.0%}"
        p = "–" if missing else f"{row['p']:.1g}"
        lines.append(
            f"| {row['claim']} | {row['notes']} | {row['ours']} | {share} | {p} | "
            f"{row['verdict']} |"
        )
    return "\n".join(lines)
