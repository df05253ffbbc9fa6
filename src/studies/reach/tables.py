"""Numbers of models, left behind one by one and shown by setting."""

from collections.abc import Mapping, Sequence

import pandas as pd

from studies.evidence import Catalogue, Survey, markdown

Meanings = Mapping[str, tuple[str, str]]  # column → what it is, and its unit


def numbers(
    catalogue: Catalogue,
    found: Survey,
    meanings: Meanings,
    head: str,
    more: Sequence[Sequence[str | float]] = (),
) -> str:
    """Record what is known of each model; a Markdown table by setting.

    Args:
        catalogue: what the notebook lends.
        found: models with what was measured.
        meanings: the columns, with what each is and its unit.
        head: heading of the column of meanings.
        more: rows that are no column of the survey, below the others.
    """
    for member, row in found.members():
        for name, (meaning, unit) in meanings.items():
            if not pd.isna(row[name]):  # not known of this model
                catalogue.record(name, row[name], unit, meaning, member=member)
    rows = [
        [meaning, unit, *(group.text(name) for group in found.groups.values())]
        for name, (meaning, unit) in meanings.items()
    ]
    return markdown([head, "unit", *found.groups], [*rows, *more], text=2)
