"""Published numbers of robust reaching without context, beside ours.

References were read by eye off a poster's figures, to about 5 %: curl fields, 96
reaches (four starts, 24 directions), time step 0.05 s, noise 0.01, no or little drag.
A number of ours is the median over replicates of their means over trials. Whatever
lacks its models is "not comparable", with the reason.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from studies.reach import metrics, robustness
from studies.reach.loop import Loop

STDS = (0.0, 0.5, 1.0, 1.5)  # of the training [N s/m]
AMPLITUDES = (0.0, 0.5, 1.0, 2.0, 4.0)  # of the evaluation [N s/m]
TRAINED_IN = Loop()  # the loop of the references
FEWEST = 5  # replicates behind a median
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


# Claims ------------------------------------------------------------------------------


class Claim(NamedTuple):
    """What is said, what was found, and whether that agrees."""

    claim: str
    ours: str
    value: float
    unit: str
    verdict: str


def claims(
    frame: pd.DataFrame, away: Mapping[str, np.ndarray], why_not: str = ""
) -> pd.DataFrame:
    """The acceptance tests that are no single number of the tables.

    Args:
        frame: `reductions.table` of the evaluation, a row a trial.
        away: by name of a definition of the context, whether each training ran away.
        why_not: why models cannot be compared; empty where they can.
    """
    end = robustness.summary(frame, END, "amplitude")
    lateral = robustness.summary(frame, LATERAL, "amplitude")
    force = robustness.summary(frame, FORCE, "amplitude")
    made = [_end_error(end)]
    made += [_falls(lateral, amplitude) for amplitude in AMPLITUDES[2:]]
    made += [_steady_force(force, std) for std in STDS]
    if why_not:
        lost = f"{INCOMPARABLE}: {why_not}"
        made = [claim._replace(verdict=lost) for claim in made]
    return pd.DataFrame([*made, _runs_away(away)])


def _end_error(end: pd.DataFrame) -> Claim:
    said = "without a field in training or test the end error is below 1 %"
    if (0.0, 0.0) not in end.index:
        return _absent(said, "%")
    row = end.loc[[(0.0, 0.0)]].iloc[0]
    value = float(row["median"])
    return Claim(said, robustness.said(row), value, "%", _verdict(value < 1.0))


def _falls(lateral: pd.DataFrame, amplitude: float) -> Claim:
    said = f"at curl {amplitude:g} the distance to the side falls with training std"
    known = [std for std in STDS if (std, amplitude) in lateral.index]
    if len(known) < len(STDS):
        return _absent(said, "1")
    values = [float(lateral.loc[[(s, amplitude)], "median"].iloc[0]) for s in known]
    steps = int(np.sum(np.diff(values) < 0))
    ours = ", ".join(f"{value:.3g}" for value in values) + " %"
    return Claim(said, ours, float(steps), "1", _verdict(steps == len(known) - 1))


def _steady_force(force: pd.DataFrame, std: float) -> Claim:
    said = (
        f"the largest forward force of std {std:g} is the same at curl 0 and 4 (± 10 %)"
    )
    if any((std, amplitude) not in force.index for amplitude in (0.0, 4.0)):
        return _absent(said, "1")
    weak, strong = (
        float(force.loc[[(std, amplitude)], "median"].iloc[0])
        for amplitude in (0.0, 4.0)
    )
    ratio = strong / weak
    return Claim(said, f"ratio {ratio:.3g}", ratio, "1", _verdict(abs(ratio - 1) < 0.1))


def _runs_away(away: Mapping[str, np.ndarray]) -> Claim:
    said = (
        "the original definition of the context always runs away, the uniform one never"
    )
    if not away:
        return _absent(said, "1")._replace(verdict=f"{INCOMPARABLE}: not trained")
    first, third = away["std-2024-11"], away["std-uniform"]
    ours = f"{first.sum()} of {len(first)}, {third.sum()} of {len(third)}"
    right = float(np.mean([*first, *~third]))
    return Claim(said, ours, right, "1", _verdict(right == 1.0))


def _verdict(good: Any) -> str:
    return REPRODUCED if good else NOT


def _absent(said: str, unit: str) -> Claim:
    return Claim(said, "–", np.nan, unit, f"{INCOMPARABLE}: no such models")


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


def as_list(claims: pd.DataFrame) -> str:
    """The claims as a Markdown table."""
    lines = ["| claim | ours | verdict |", "|---|---|---|"]
    for row in claims.to_dict("records"):
        lines.append(f"| {row['claim']} | {row['ours']} | {row['verdict']} |")
    return "\n".join(lines)


def counted(verdicts: Iterable[str]) -> dict[str, int]:
    """How often each verdict was given; reasons left out."""
    short = [verdict.split(":")[0] for verdict in verdicts]
    return {name: short.count(name) for name in (REPRODUCED, NOT, INCOMPARABLE)}
