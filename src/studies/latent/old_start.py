"""The old start beside the new one, wherever both were trained alike.

The source's failures without a map that starts as the identity could be those of a
short training or of its rate; this tells.
"""

from collections.abc import Sequence
from typing import NamedTuple, cast

import pandas as pd

from studies.latent.settings import NEW, OLD, PLAIN
from studies.latent.verdicts import Group, pick

ALIKE = 1.1  # times the error of the new start, at most: no worse


class Starts(NamedTuple):
    """Models of the old and of the new start that were trained alike."""

    rate: float  # learning rate [1]
    updates: int
    old: Group
    new: Group

    @property
    def fold(self) -> float:
        """Intervening error of the old start over that of the new one [1]."""
        name = "validation_window"
        return self.old.median(name) / self.new.median(name)

    @property
    def mended(self) -> bool:
        """Whether the old start is as good as the new one: error and stability."""
        return self.fold <= ALIKE and self.old.share_stable >= self.new.share_stable


def by_training(table: pd.DataFrame) -> list[Starts]:
    """Old start beside new start, for every rate and length that has both."""
    plain = pick(table, mode="aligned", **PLAIN).table
    if not {"learning_rate", "updates"} <= set(plain):
        return []
    found = []
    for key, own in plain.groupby(["learning_rate", "updates"]):
        rate, updates = cast("tuple[float, int]", key)
        old, new = pick(own, **OLD), pick(own, **NEW)
        new = Group(new.table[new.table["warm_up"] > 0])
        if old and new:
            found.append(Starts(float(rate), int(updates), old, new))
    return found


def said(found: Sequence[Starts]) -> str:
    """What the old start costs in each training, and where it costs nothing."""
    if not found:
        return "No training has models of both starts."
    lines = [
        f"- {one.updates:,} updates at {one.rate:g}: old start, error between "
        f"{one.old.spread('validation_ratio')} of interpolation, {one.old.lasts}; new "
        f"start, {one.new.spread('validation_ratio')}, {one.new.lasts}"
        for one in found
    ]
    mended = [f"{one.updates:,} at {one.rate:g}" for one in found if one.mended]
    named = f" ({', '.join(mended)})" if mended else ""
    count = f"{len(mended)} of {len(found)} trainings{named}"
    return "\n".join([*lines, "", f"The old start costs nothing in {count}."])
