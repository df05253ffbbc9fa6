"""What the notes of December report, and what they claim, as tables to test against.

Errors are mean acceleration errors [%] on test sets of 1, 10 and 100 orbits; each was
one training from one seed. Every row names the parameters that make the same training
here; what it does not name is as in `SETTING`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from fieldnotes.orbit import surveys
from fieldnotes.orbit.surveys import written

WHOLE = [[0.0, 1.0]]
TENTHS = [[0.0, k / 10] for k in range(1, 11)]  # the exhaustive length strategy
SETTING: dict[str, Any] = {
    "family": "complex",
    "orbits": 10,
    "features": "rinv_vel",
    "output_layer": "signed",
    "activation": "leaky_relu",
    "width": 64,
    "depth": 2,
    "loss": "percent_error",
    "segment_lengths": [18],
    "windows": WHOLE,
    "steps": [1000],
    "learning_rates": [1e-3],
    "schedule": "constant",
    "batch": 256,
}
SURE, CHANCE = 0.95, 0.05  # shares of pairs past which a ranking is no chance [1]


class Published(NamedTuple):
    """One row of the tables of the notes."""

    name: str
    change: dict[str, Any]
    errors: tuple[float, float, float]  # on 1, 10 and 100 orbits [%]
    angle: float | None = None  # on 100 orbits [deg]

    @property
    def where(self) -> dict[str, Any]:
        """The parameters that make this training here."""
        return SETTING | self.change


NMSE = {"loss": "percent_error_plus_nmse"}
HUNDRED = {"orbits": 100}
SECOND = HUNDRED | {"batch": 64}
HIFI = SECOND | {"activation": "tanh", "windows": TENTHS, "steps": [500]}
LONG = NMSE | {"steps": [2000]}
TWO_PHASES = {"windows": [[0.0, 0.1], [0.0, 1.0]], "steps": [500, 5000]}
TENTH = {"steps": [500, 2000], "learning_rates": [1e-3, 1e-4]}
TENTH_HUNDRED = HUNDRED | {"steps": [2000, 10], "learning_rates": [1e-3, 1e-4]}
SHORT = {"segment_lengths": [4]}


def layer(name: str) -> dict[str, Any]:
    """A change of the output layer."""
    return {"output_layer": name}


TABLE = (
    Published("2 Dec, 100, HiFi signed", HIFI, (3.87, 3.57, 3.45)),
    Published("2 Dec, 100, HiFi abs", HIFI | layer("abs"), (2.86, 3.08, 2.86)),
    Published("2 Dec, 100, signed", SECOND, (3.62, 3.30, 3.28)),
    Published("2 Dec, 100, signed, +nmse", SECOND | NMSE, (2.56, 3.26, 3.60)),
    Published("2 Dec, 100, abs", SECOND | layer("abs"), (2.62, 3.28, 2.73)),
    Published(
        "2 Dec, 100, abs, +nmse", SECOND | NMSE | layer("abs"), (2.76, 2.72, 2.34)
    ),
    Published(
        "100, signed, tanh", HUNDRED | {"activation": "tanh"}, (11.7, 15.6, 11.8)
    ),
    Published("100, signed", HUNDRED, (2.34, 2.11, 1.98)),
    Published(
        "100, abs, tanh",
        HUNDRED | layer("abs") | {"activation": "tanh"},
        (19.0, 20.1, 16.3),
    ),
    Published("100, abs", HUNDRED | layer("abs"), (2.18, 2.72, 2.18)),
    Published("1, signed", {"orbits": 1}, (517.0, 433.0, 360.0)),
    Published("1, abs", {"orbits": 1} | layer("abs"), (459.0, 367.0, 299.0)),
    Published("10, signed", {}, (4.61, 5.93, 5.38)),
    Published("10, abs", layer("abs"), (14.7, 10.6, 8.16)),
    Published("10, signed, two phases", TWO_PHASES, (7.01, 9.41, 7.68)),
    Published("10, abs, two phases", TWO_PHASES | layer("abs"), (18.1, 12.4, 9.72)),
    Published("10, signed, L=4", SHORT, (4.54, 6.26, 5.76)),
    Published("10, abs, L=4", SHORT | layer("abs"), (13.2, 10.0, 7.66)),
    Published("10, softplus, L=4", SHORT | layer("softplus"), (11.8, 11.0, 9.63)),
    Published("10, softplus", layer("softplus"), (10.4, 10.5, 9.41)),
    Published("10, signed, +nmse", NMSE, (4.26, 6.3, 5.08)),
    Published("10, softplus, +nmse", NMSE | layer("softplus"), (7.2, 9.99, 8.82)),
    Published(
        "10, logmag_unit_tanh_exp, +nmse",
        NMSE | layer("logmag_unit_tanh_exp"),
        (4.25, 10.9, 8.46),
    ),
    Published(
        "10, logmag_unit_tanh_exp, +nmse, 2000",
        LONG | layer("logmag_unit_tanh_exp"),
        (4.35, 10.4, 7.94),
    ),
    Published(
        "10, logmag_unit_tanh_softplus, +nmse, 2000",
        LONG | layer("logmag_unit_tanh_softplus"),
        (4.36, 10.4, 7.23),
    ),
    Published(
        "10, logmag_unit_exp, +nmse, 2000",
        LONG | layer("logmag_unit_exp"),
        (4.05, 5.76, 4.65),
    ),
    Published("10, signed, +nmse, 2000", LONG, (4.15, 10.7, 7.97)),
    Published("10, softplus, +nmse, 2000", LONG | layer("softplus"), (6.9, 9.07, 7.48)),
    Published(
        "10, unit_softplus, +nmse, 2000",
        LONG | layer("unit_softplus"),
        (3.49, 8.95, 6.49),
    ),
    Published("10 Dec, 10, signed", TENTH, (4.75, 7.06, 6.12), 1.75),
    Published(
        "10 Dec, 10, unit_softplus",
        TENTH | layer("unit_softplus"),
        (5.85, 14.8, 11.7),
        0.68,
    ),
    Published(
        "10 Dec, 10, logmag_unit_exp",
        TENTH | layer("logmag_unit_exp"),
        (6.64, 12.7, 10.9),
        0.824,
    ),
    Published(
        "10 Dec, 10, logmag_unit_softplus",
        TENTH | layer("logmag_unit_softplus"),
        (6.02, 14.7, 11.7),
        0.713,
    ),
    Published(
        "10 Dec, 10, softplus", TENTH | layer("softplus"), (9.64, 14.3, 12.7), 5.15
    ),
    Published(
        "10 Dec, 10, logmag_exp", TENTH | layer("logmag_exp"), (10.2, 13.9, 12.5), 4.86
    ),
    Published(
        "10 Dec, 10, logmag_unit_exp, harmonics",
        TENTH | layer("logmag_unit_exp") | {"features": "rinv_vel_harmonics"},
        (6.09, 14.0, 9.88),
        0.931,
    ),
    Published("10 Dec, 100, signed", TENTH_HUNDRED, (1.6, 1.81, 1.55), 0.436),
    Published(
        "10 Dec, 100, unit_softplus",
        TENTH_HUNDRED | layer("unit_softplus"),
        (1.3, 3.03, 2.22),
        0.336,
    ),
    Published(
        "10 Dec, 100, logmag_unit_exp",
        TENTH_HUNDRED | layer("logmag_unit_exp"),
        (2.19, 3.49, 2.38),
        0.339,
    ),
    Published(
        "10 Dec, 100, logmag_unit_softplus",
        TENTH_HUNDRED | layer("logmag_unit_softplus"),
        (1.45, 2.71, 2.05),
        0.338,
    ),
)
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
    found = {"setting": row.name, **said, "notes_angle": row.angle}
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


# Claims ----------------------------------------------------------------------------


class Claim(NamedTuple):
    """A ranking that the notes state: the first errs less than the other."""

    name: str
    first: Mapping[str, Any]
    other: Mapping[str, Any]
    notes: str
    measure: str = "mean_100"
    unit: str = "%"


def change(**parameters: Any) -> dict[str, Any]:
    """The setting of December with something changed."""
    return SETTING | parameters


TANH = {"activation": "tanh"}
CLAIMS = (
    Claim(
        "leaky_relu beats tanh, signed",
        change(**HUNDRED),
        change(**HUNDRED, **TANH),
        "1.98 against 11.8 %",
    ),
    Claim(
        "leaky_relu beats tanh, abs",
        change(**HUNDRED, **layer("abs")),
        change(**HUNDRED, **layer("abs"), **TANH),
        "2.18 against 16.3 %",
    ),
    Claim("signed beats abs", SETTING, change(**layer("abs")), "5.38 against 8.16 %"),
    Claim(
        "signed beats softplus",
        SETTING,
        change(**layer("softplus")),
        "5.38 against 9.41 %",
    ),
    Claim("100 orbits beat 10", change(**HUNDRED), SETTING, "1.98 against 5.38 %"),
    Claim("10 orbits beat 1", SETTING, change(orbits=1), "5.38 against 360 %"),
    Claim(
        "segments of 4 beat 18",
        change(**SHORT),
        SETTING,
        "shorter is better (October); 5.76 against 5.38 % (December)",
    ),
    Claim("the nmse term helps", change(**NMSE), SETTING, "5.08 against 5.38 %"),
    Claim(
        "two phases are no better than one",
        SETTING,
        change(**TWO_PHASES),
        "5.38 against 7.68 %",
    ),
    Claim(
        "HiFi is no better than LoFi",
        change(**SECOND),
        change(**HIFI),
        "3.28 against 3.45 %",
    ),
    Claim(
        "logmag_unit_exp beats signed, 2000 steps",
        change(**LONG, **layer("logmag_unit_exp")),
        change(**LONG),
        "4.65 against 7.97 %",
    ),
    Claim(
        "a final tanh is useless",
        change(**LONG, **layer("logmag_unit_exp")),
        change(**LONG, **layer("logmag_unit_tanh_exp")),
        "4.65 against 7.94 %",
    ),
    Claim(
        "unit layers point better than signed",
        change(**TENTH, **layer("unit_softplus")),
        change(**TENTH),
        "0.68 against 1.75°",
        "angle_100",
        "deg",
    ),
    Claim(
        "32×3 is worse than 16×2 with tanh",
        change(width=16, depth=2, **TANH),
        change(width=32, depth=3, **TANH),
        "stated without numbers",
    ),
    Claim(
        "64×2 mends the radial fault of narrow nets",
        change(width=64, depth=2),
        change(width=16, depth=2),
        "stated without numbers",
        "radial_sign_100",
    ),
)


def tested(table: pd.DataFrame, claim: Claim) -> dict[str, Any]:
    """A claim against ours: medians, ranges, share of pairs that agree, verdict."""
    first, other = (surveys.chosen(table, x) for x in (claim.first, claim.other))
    found = {"claim": claim.name, "notes": claim.notes, "unit": claim.unit}
    if not len(first) or not len(other):
        missing = "first" if not len(first) else "second"
        why = f"not comparable: no model of the {missing} kind was trained"
        return found | {"ours": "–", "share": float("nan"), "verdict": why}
    share = surveys.win_share(first, other, claim.measure)
    ours = " against ".join(
        surveys.said(surveys.spread_of(own, claim.measure)) for own in (first, other)
    )
    return found | {
        "ours": f"{ours} {claim.unit}",
        "share": share,
        "verdict": ranked(share),
    }


def ranked(share: float) -> str:
    """Verdict on a ranking by the share of pairs of models that agree with it [1]."""
    if share >= SURE:
        return "reproduced"
    if share <= CHANCE:
        return "not reproduced: the other way round"
    return "not reproduced: within the spread of seeds and draws"


def claims_table(table: pd.DataFrame, claims: Sequence[Claim] = CLAIMS) -> pd.DataFrame:
    """Every claim tested; columns claim, notes, ours, share, verdict, unit."""
    return pd.DataFrame([tested(table, claim) for claim in claims])


def claims_markdown(rows: pd.DataFrame) -> str:
    """Claims as a Markdown table."""
    lines = [
        "| claim | notes | ours | pairs that agree | verdict |",
        "|---|---|---|---:|---|",
    ]
    for row in rows.to_dict("records"):
        share = "–" if pd.isna(row["share"]) else f"{row['share']:.0%}"
        lines.append(
            f"| {row['claim']} | {row['notes']} | {row['ours']} | {share} | "
            f"{row['verdict']} |"
        )
    return "\n".join(lines)
