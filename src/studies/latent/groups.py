"""Names of settings that are compared: what they differ in, and no more.

Where many hyperparameters vary, most settings have the usual value of most of them. A
name says only what is not usual; the usual values are said once, by `said`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from studies.latent import reports

Row = Mapping[str, Any]
WHOLE = 2  # hyperparameters that a name can well say all of; one more of a few settings
FEW = 4
USUAL = "the usual"


def usual(rows: Sequence[Row], varied: Sequence[str]) -> dict[str, str]:
    """Hyperparameter → the value that more than half of the settings have, in words.

    Empty where few enough vary for a name to say them all. Seeds are no settings.
    """
    settings = {tuple(_words(row, varied).items()) for row in rows}
    columns = list(zip(*settings, strict=True))  # (name, value) of every setting
    if len(columns) <= WHOLE + (len(settings) <= FEW):
        return {}
    most = (Counter(column).most_common(1)[0] for column in columns)
    return dict(pair for pair, count in most if 2 * count > len(settings))


def named(row: Row, varied: Sequence[str], common: Mapping[str, str]) -> str:
    """The name of a model's setting; `USUAL` where nothing about it is not."""
    words = _words(row, varied)
    told = [value for name, value in words.items() if value != common.get(name)]
    return ", ".join(told) or (USUAL if words else "the setting")


def said(common: Mapping[str, str]) -> str:
    """The usual values in a sentence; empty where every name is whole."""
    if not common:
        return ""
    return f"Where a name does not say otherwise: {', '.join(common.values())}."


def _words(row: Row, varied: Sequence[str]) -> dict[str, str]:
    """Every hyperparameter in words; one that is not given is the preset's."""
    return {
        name: f"preset's {name}"
        if row.get(name) is None
        else reports.spelled(name, row[name])
        for name in varied
        if name not in reports.CHANCE
    }
