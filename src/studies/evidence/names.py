"""Names of settings: what they differ in, and no more.

A hyperparameter that splits nothing which others tell apart already is not said. Where
many hyperparameters vary, most settings have the usual value of most of them: then a
name says only what is not usual, and `Names.usual_values` says the rest once.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from studies.evidence.group import REPLICATES

Row = Mapping[str, Any]
WHOLE = 2  # hyperparameters that a name can well say all of; one more of a few settings
FEW = 4
USUAL = "the usual setting"
ALONE = "the setting"


@dataclass(frozen=True)
class Names:
    """How the settings of some models are named."""

    varied: tuple[str, ...]  # hyperparameters in which the models differ
    said: tuple[str, ...]  # those that names say, in order
    replicates: tuple[str, ...]  # those that tell the models of one setting apart
    usual: Mapping[str, str] = field(default_factory=dict)  # left out of a name

    def group(self, row: Row) -> str:
        """The name of a model's setting."""
        words = {name: spelled(name, row.get(name)) for name in self.said}
        told = [word for name, word in words.items() if word != self.usual.get(name)]
        return ", ".join(told) or (USUAL if words else ALONE)

    def model(self, row: Row) -> str:
        """The name of a model: its setting, and what tells it from its replicates."""
        own = [spelled(name, row.get(name)) for name in self.replicates]
        return ", ".join([self.group(row), *own])

    def usual_values(self) -> str:
        """The values that names leave out, in a sentence; empty without any."""
        if not self.usual:
            return ""
        listed = ", ".join(self.usual.values())
        return f"Where a name does not say otherwise: {listed}."


def names(
    rows: Sequence[Row],
    varied: Sequence[str],
    *,
    first: Sequence[str] = (),
    replicates: Sequence[str] = REPLICATES,
) -> Names:
    """How to name the settings of some models.

    Args:
        rows: the models' hyperparameters.
        varied: those in which they differ, replicates included.
        first: hyperparameters that names begin with, where they vary; never left out.
        replicates: hyperparameters that tell replicates apart, and no settings.
    """
    kept = [name for name in first if name in varied]
    for name in varied:
        if name not in (*kept, *replicates) and _splits(rows, kept, name):
            kept.append(name)
    chance = tuple(name for name in replicates if name in varied)
    usual = _usual(rows, [name for name in kept if name not in first])
    return Names(tuple(varied), tuple(kept), chance, usual)


def spelled(name: str, value: Any) -> str:
    """A hyperparameter in words; a text speaks for itself."""
    word = name.replace("_", " ")
    if value is None:
        return f"{word} not given"
    if isinstance(value, bool | np.bool_):
        return word if value else f"no {word}"
    if isinstance(value, list | tuple):
        if len(value) == 1:
            return spelled(name, value[0])
        return f"{word} {', '.join(map(str, value)) or 'none'}"
    if isinstance(value, str) and value:
        return value
    return f"{word} {value:g}" if isinstance(value, float) else f"{word} {value}"


def _splits(rows: Sequence[Row], kept: Sequence[str], name: str) -> bool:
    """Whether `name` tells apart models that are alike in all of `kept`."""

    def count(columns: Sequence[str]) -> int:
        return len({tuple(repr(row.get(x)) for x in columns) for row in rows})

    return count([*kept, name]) > count(kept)


def _usual(rows: Sequence[Row], kept: Sequence[str]) -> dict[str, str]:
    """Hyperparameter → the value of more than half of the settings, in words."""
    settings = {tuple(spelled(name, row.get(name)) for name in kept) for row in rows}
    if len(kept) <= WHOLE + (len(settings) <= FEW):
        return {}
    found = {}
    for name, words in zip(kept, zip(*settings, strict=True), strict=True):
        word, times = Counter(words).most_common(1)[0]
        if 2 * times > len(settings):
            found[name] = word
    return found
