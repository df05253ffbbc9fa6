"""Groups of judged models by their hyperparameters, and words for what was found.

A group is all models that differ only in their seed; groups are compared by medians.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from studies.latent.reports import brief, spread

AS, DIFFERS, PARTLY, MISSING = "as in the source", "differs", "in part", "not run"
FAILS = 0.8  # of linear interpolation: above this nothing useful was learned between
WORKS = 0.4  # below this a good part of the one-step map was found
ALIKE = 1.1  # times the best seed's error


class Outcome(NamedTuple):
    """One row of the table of findings."""

    row: str  # letter in the notes
    setting: str
    source: str  # what the source reports
    ours: str  # median and range over seeds
    verdict: str


Found = tuple[str, str] | None  # (ours, verdict)


class Group:
    """Models of one setting: the same but for their seeds."""

    def __init__(self, table: Any):
        self.table = pd.DataFrame(table)

    def __bool__(self) -> bool:
        return len(self.table) > 0

    def median(self, column: str) -> float:
        """Over the seeds that have a number; NaN where none has."""
        if column not in self.table:
            return float("nan")
        values = self.table[column].to_numpy(float)
        known = values[~np.isnan(values)]
        return float(np.median(known)) if known.size else float("nan")

    def spread(self, column: str) -> str:
        """Median and range, as text."""
        if column not in self.table:
            return "–"
        return spread(self.table[column].to_numpy(float))

    @property
    def stable(self) -> bool:
        """No start of any model diverged, on either family."""
        return bool(np.all(self.table["stable"].to_numpy(float) > 0))

    @property
    def share_stable(self) -> float:
        """Share of models that are stable [1]."""
        return float(self.table["stable"].to_numpy(float).mean())

    @property
    def unstable(self) -> bool:
        """A start of every model diverged, on one of the families."""
        return bool(np.all(self.table["stable"].to_numpy(float) == 0))

    @property
    def rolls(self) -> bool:
        """Rollouts through the voltages stay to the end on validation, by median."""
        last = self.median("validation_activity_divergence")
        return last >= self.median("activity_steps")

    def alike(self, column: str) -> list[bool]:
        """Whether an error of the worst seed is within `ALIKE` times the best's.

        A part of a claim, or none of it where there is one seed only.
        """
        values = self.table[column].to_numpy(float)
        if len(values) < 2:
            return []
        return [bool(np.max(values) <= ALIKE * np.min(values))]  # NaN is like none

    @property
    def lasts(self) -> str:
        """Steps to the first divergence, and of how many models, as text."""
        steps = brief(float(self.table["steps"].to_numpy(float).max()))
        if self.stable:
            return f"no divergence in {steps} steps"
        lost = Group(self.table[self.table["stable"].to_numpy(float) == 0])
        at = f"at step {lost.spread('divergence')} of {steps}"
        if self.unstable:
            return f"diverges {at}"
        count = len(lost.table)
        verb = "diverges" if count == 1 else "diverge"
        return f"{count} of {len(self.table)} models {verb}, {at}"

    @property
    def between(self) -> str:
        """The intervening error as a share of linear interpolation, as text."""
        return (
            f"intervening error {self.spread('validation_ratio')} of interpolation, "
            f"{self.spread('flow_ratio')} on flow"
        )


def pick(table: pd.DataFrame, **values: Any) -> Group:
    """Models with these hyperparameters; a tuple allows any of its values."""
    keep = np.ones(len(table), bool)
    for name, wanted in values.items():
        if name not in table:
            return Group(table.iloc[:0])
        allowed = wanted if isinstance(wanted, tuple) else (wanted,)
        keep &= np.array(
            [any(same(own, value) for value in allowed) for own in table[name]], bool
        )
    return Group(table.loc[keep])


def of_signal(table: pd.DataFrame, signal: str) -> pd.DataFrame:
    """The models of one observed signal; voltage where a model names none."""
    if "signal" not in table:
        return table if signal == "voltage" else table.iloc[:0]
    named = [x if isinstance(x, str) else "voltage" for x in table["signal"]]
    return pd.DataFrame(table.loc[np.array(named, dtype=object) == signal])


def same(own: Any, wanted: Any) -> bool:
    """Whether a hyperparameter has a value; lists and text forms of them agree."""
    if isinstance(wanted, list):
        return list(own) == wanted if isinstance(own, list | tuple) else False
    if isinstance(wanted, bool):
        return bool(own) is wanted
    return bool(own == wanted)


def agree(*holds: bool) -> str:
    """The verdict on several parts of one claim."""
    if all(holds):
        return AS
    return PARTLY if any(holds) else DIFFERS


def effects(table: pd.DataFrame, switches: Sequence[str]) -> dict[str, float]:
    """Stable share of models with a switch on, less that with it off."""
    found = {}
    for name in switches:
        on, stable = table[name].to_numpy(bool), table["stable"].to_numpy(float)
        if np.any(on) and not np.all(on):
            found[name] = float(stable[on].mean() - stable[~on].mean())
    return found


def findings(found: Sequence[Outcome]) -> pd.DataFrame:
    """Outcomes as a table, a row a letter."""
    heads = ["row", "setting", "source", "here", "verdict"]
    return pd.DataFrame([list(o) for o in found], columns=heads).set_index("row")


def markdown(found: Sequence[Outcome]) -> str:
    """Outcomes as a Markdown table, whole: a data frame is shown with its ends cut.

    Rows that nothing was trained for are named below it.
    """
    ran = [one for one in found if one.verdict != MISSING]
    lines = ["| row | setting | source | here | verdict |", "|---|---|---|---|---|"]
    text = [f"| {' | '.join(one)} |" for one in ran]
    lines = [*lines, *text] if ran else []
    if left := [one.row for one in found if one.verdict == MISSING]:
        lines += [""] if ran else []
        lines.append(f"Not trained, so not judged: {', '.join(left)}.")
    return "\n".join(lines)


def sentence(found: Sequence[Outcome]) -> str:
    """How many outcomes agree with the source, and which do not."""
    ran = [o for o in found if o.verdict != MISSING]
    if not ran:
        return "None of the settings that the source speaks of was trained."
    alike = [o.row for o in ran if o.verdict == AS]
    other = [f"{o.row} ({o.setting}, {o.verdict})" for o in ran if o.verdict != AS]
    text = f"{len(alike)} of {len(ran)} outcomes are as in the source"
    text += f" ({', '.join(alike)})." if alike else "."
    return text + (f" Not so: {'; '.join(other)}." if other else "")
