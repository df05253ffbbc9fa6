"""Published numbers of robust reaching without context, beside ours.

References were read by eye off a poster's figures, to about 5 %: curl fields, 96
reaches (four starts, 24 directions), time step 0.05 s, noise 0.01, no or little drag.
A number of ours is the median over replicates of their means over trials. Whatever
lacks its models is "not comparable", with the reason.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from studies.evidence import Claims, Source, Verdict
from studies.reach import metrics, robustness
from studies.reach.loop import Loop

STDS = (0.0, 0.5, 1.0, 1.5)  # of the training [N s/m]
AMPLITUDES = (0.0, 0.5, 1.0, 2.0, 4.0)  # of the evaluation [N s/m]
TRAINED_IN = Loop()  # the loop of the references
FEWEST = 5  # replicates behind a median
POSTER = Source("reach-poster", "poster of 2025")
NOTES = Source("reach-notes", "notes on robust reaching")
REPRODUCED, NOT, INCOMPARABLE = "reproduced", "not reproduced", "not comparable"

LATERAL = "max_orthogonal_distance_left"
VELOCITY = "max_parallel_vel_forward"
FORCE = "max_parallel_force_forward"
END = "end_position_error"

# A number counts as reproduced within the larger of a share of it and a width.
TOLERANCES = {LATERAL: (0.2, 1.5), VELOCITY: (0.0, 0.05), FORCE: (0.0, 0.2)}

# Rows are amplitudes of evaluation, columns training stds [% of reach].
DISTANCES = {
    0.0: (0.5, 0.6, 0.7, 0.7),
    0.5: (8, 5, 3, 1.5),
    1.0: (16, 9.5, 5.5, 3),
    2.0: (28, 18, 10, 6.5),
    4.0: (42.5, 31, 15.5, 10.5),
}
VELOCITIES = {  # [m/s]
    0.0: (0.44, 0.455, 0.43, 0.40),
    4.0: (0.285, 0.315, 0.385, 0.39),  # the third was read as 0.37 to 0.40
}
FORCES = {0.0: (1.32, 1.40, 1.51, 1.47)}  # [N]


class Reference(NamedTuple):
    """One published number."""

    measure: str
    amplitude: float  # of the curl field in evaluation [N s/m]
    std: float  # of the field in training [N s/m]
    value: float

    def reproduced_by(self, value: float) -> bool:
        """Whether a value is within the tolerance of this measure."""
        share, width = TOLERANCES[self.measure]
        return abs(value - self.value) <= max(share * self.value, width)


REFERENCES = [
    Reference(measure, amplitude, std, value)
    for measure, rows in ((LATERAL, DISTANCES), (VELOCITY, VELOCITIES), (FORCE, FORCES))
    for amplitude, values in rows.items()
    for std, value in zip(STDS, values, strict=True)
]


def other_loop(loop: Loop) -> str:
    """In what a loop differs from the references', in words; empty where in nothing."""
    names = ("steps", "dt", "mass", "drag", "delay", "sensory_noise", "motor_noise")
    different = [
        f"{name} is {getattr(loop, name):g}, not {getattr(TRAINED_IN, name):g}"
        for name in (*names, "force_filter")
        if getattr(loop, name) != getattr(TRAINED_IN, name)
    ]
    return "; ".join(different)


def compared(frame: pd.DataFrame, why_not: str = "") -> pd.DataFrame:
    """Every published number beside ours, with a verdict.

    Args:
        frame: `reductions.table` of the evaluation, a row a trial.
        why_not: why nothing can be compared; empty where it can.
    """
    found = {name: robustness.summary(frame, name, "amplitude") for name in TOLERANCES}
    rows = []
    for reference in REFERENCES:
        summary = found[reference.measure]
        place = (reference.std, reference.amplitude)
        row: dict[str, Any] = dict(reference._asdict())
        row |= dict.fromkeys(robustness.COLUMNS, np.nan)
        reason = why_not or ("" if place in summary.index else "no such models")
        if not reason:
            row |= summary.loc[[place]].iloc[0].to_dict()
        row["verdict"] = f"{INCOMPARABLE}: {reason}"
        if not reason:
            good = reference.reproduced_by(row["median"])
            row["verdict"] = REPRODUCED if good else NOT
        rows.append(row)
    return pd.DataFrame(rows)


def by_replicate(frame: pd.DataFrame) -> pd.DataFrame:
    """Means over trials: a row a replicate and amplitude, a column a measure."""
    names = [*TOLERANCES, END]
    means = frame.groupby(["field_std", "seed", "amplitude"])[names].mean()
    return pd.DataFrame(means).reset_index()


def not_comparable(claims: Claims, why_not: str) -> None:
    """Mark all claims so far as not tested, where there is a reason."""
    if why_not:
        left = {"verdict": Verdict.NOT_TESTED, "ours": "–", "reason": why_not}
        claims.tested[:] = [replace(claim, **left) for claim in claims]


# Words -------------------------------------------------------------------------------


def as_tables(table: pd.DataFrame) -> str:
    """The comparison as Markdown: a table a measure, published / ours in a cell."""
    parts = []
    for measure, own in table.groupby("measure", sort=False):
        name = str(measure)
        cells = own.assign(
            text=[_cell(row) for row in own.to_dict("records")],
        ).pivot(index="amplitude", columns="std", values="text")
        title = f"{metrics.words(name).capitalize()} [{metrics.unit(name)}]"
        head = "| curl \\ training std | " + " | ".join(f"{s:g}" for s in cells) + " |"
        lines = [f"**{title}**", "", head, "|---|" + "---|" * len(cells.columns)]
        for amplitude, texts in cells.iterrows():
            lines.append(f"| {amplitude:g} | " + " | ".join(texts.tolist()) + " |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _cell(row: Mapping[str, Any]) -> str:
    if row["verdict"].startswith(INCOMPARABLE):
        return f"{row['value']:g} / –"
    mark = "✓" if row["verdict"] == REPRODUCED else "✗"
    return f"{row['value']:g} / {robustness.said(pd.Series(row))} {mark}"


def counted(verdicts: Iterable[str]) -> dict[str, int]:
    """How often each verdict was given; reasons left out."""
    short = [verdict.split(":")[0] for verdict in verdicts]
    return {name: short.count(name) for name in (REPRODUCED, NOT, INCOMPARABLE)}
