"""Chosen columns of a table, recorded values among them, and the order of its rows."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from fieldnotes.catalogue import tables as t
from fieldnotes.catalogue.frames import Decoder, python
from fieldnotes.catalogue.reading import TOLD, Reader
from fieldnotes.catalogue.unknown import recorded_names
from fieldnotes.errors import CatalogueError
from fieldnotes.query.conditions import as_number
from fieldnotes.runs.records import FINAL
from fieldnotes.values import same
from fieldnotes.words import there_are

if TYPE_CHECKING:
    import pandas as pd

NAMING = ("identity", "key", "run", "notebook", "state")  # what a row is, told first


def pick(
    reader: Reader, table: "pd.DataFrame", names: Sequence[str], sort: str = ""
) -> "pd.DataFrame":
    """What names the rows of a table of runs or models, then the columns asked for.

    A name is a column of the table or of a recorded value. A run of several members
    has the list of their values; a model has its own.

    Args:
        names: the columns; none for those that the table has.
        sort: a name to sort by, the smallest first; with `-` before it the largest
            first. Rows without a number come last.

    Raises:
        CatalogueError: a name that is neither, with the nearest that there are.
    """
    import pandas as pd

    by = sort.removeprefix("-")
    asked = [*dict.fromkeys(names)]
    if by and by not in asked:
        asked.append(by)
    recorded = recorded_names(reader)
    for name in asked:
        if name not in table.columns and name not in recorded:
            known = dict.fromkeys([*map(str, table.columns), *recorded])
            message = f"columns: nothing here has `{name}`.{there_are(name, known)}"
            raise CatalogueError(message)
    naming = [name for name in NAMING if name in table.columns]
    if "kind" in table.columns and set(table["kind"]) - {FINAL}:
        naming.insert(1, "kind")  # without it a row would name two models
    columns = dict(table[naming] if names else table)
    for name in asked:
        own = name in table.columns
        values = list(table[name]) if own else _recorded(reader, table, name)
        columns[name] = pd.Series(values, index=table.index, dtype=object)
    picked = pd.DataFrame(columns, index=table.index)
    if not by:
        return picked
    sign = -1 if sort.startswith("-") else 1
    numbers = [as_number(python(value)) for value in picked[by]]
    ranks = [(n is None, sign * (n or 0), spot) for spot, n in enumerate(numbers)]
    order = [spot for _, _, spot in sorted(ranks)]
    return pd.DataFrame(picked.iloc[order].reset_index(drop=True))


def _recorded(reader: Reader, table: "pd.DataFrame", name: str) -> list[Any]:
    """The value of that name of each row; a list where its members have several."""
    read = Decoder()
    found: dict[str, list[tuple[Any, Any]]] = {}
    query = select(t.Scrap.run, t.Scrap.value, TOLD.label("member"))
    for row in reader.ask(query.where(t.Scrap.name == name)):
        told = read(row["member"]) or {}, read(row["value"])
        found.setdefault(row["run"], []).append(told)
    key = "key" if "key" in table.columns else "run"
    values = []
    for row in table.to_dict("records"):
        own = [
            value
            for member, value in found.get(row[key], ())
            if key == "key" or _is_of(member, row)
        ]
        values.append(own[0] if len(own) == 1 else own or None)
    return values


def _is_of(member: dict[str, Any], row: dict[str, Any]) -> bool:
    """Whether a member's values are those of a model's row."""
    return all(same(python(row.get(name)), value) for name, value in member.items())
