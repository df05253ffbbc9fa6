"""Rows as pandas tables: fixed columns first, then one a parameter, values exact."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fieldnotes.files import from_json
from fieldnotes.query.conditions import is_number
from fieldnotes.values import spelled

if TYPE_CHECKING:
    import pandas as pd

MODELS = (
    *("identity", "kind", "outcome", "diverged_at", "path", "run", "spread", "stage"),
    *("notebook", "interactive", "created", "bytes", "checksum"),
)
RUNS = (
    *("key", "study", "notebook", "spread", "stage", "title", "state", "reason"),
    *("error", "error_message", "interactive", "started", "ended", "duration_s"),
    *("peak_memory_mb", "attempt", "commit", "dirty", "host", "folder"),
)
FIGURES = (
    *("name", "kind", "caption", "path", "run", "study", "notebook", "spread"),
    *("stage", "state"),
)
SCRAPS = (
    *("name", "value", "unit", "meaning", "member", "run", "study", "notebook"),
    *("spread", "stage", "state"),
)
EVALUATIONS = ("hash", "name", "path", "run", "models", "bytes", "created")
KEYS = ("identity", "key", "hash", "run")
SHORT = 8  # characters of a key that people read
BRIEF = (
    *("identity", "key", "hash", "name", "value", "unit", "kind", "outcome"),
    *("diverged_at", "notebook", "interactive", "stage", "state", "error"),
    *("duration_s", "run"),
)
BY_HAND = "by hand"  # in the column `interactive` of a table for people
FIXED = frozenset((*MODELS, *RUNS, *FIGURES, *SCRAPS, *EVALUATIONS))

Values = Mapping[str, Any]


def column_of(name: str, fixed: Sequence[str]) -> str:
    """The column of a parameter; one that a fixed column hides gets a prefix."""
    return f"parameters.{name}" if name in FIXED or name in fixed else name


def frame(
    rows: Sequence[tuple[Values, Values]], fixed: Sequence[str]
) -> "pd.DataFrame":
    """A table of (fixed values, flat parameters) pairs."""
    import pandas as pd

    names = list(dict.fromkeys(name for _, values in rows for name in values))
    data = {name: _series([row.get(name) for row, _ in rows]) for name in fixed}
    for name in names:
        values = [parameters.get(name, _ABSENT) for _, parameters in rows]
        data[column_of(name, fixed)] = _series(values)
    return pd.DataFrame(data, columns=pd.Index(list(data)), index=range(len(rows)))


_ABSENT: Any = object()


def _series(values: list[Any]) -> Any:
    """A column of one plain type where that keeps every value, else of objects."""
    import pandas as pd

    present = [value for value in values if value is not _ABSENT]
    types = {type(value) for value in present}
    whole = len(present) == len(values)
    if types and types <= {int, float} and (whole and types != {int, float}):
        if types == {float} or all(abs(value) < 2**63 for value in present):
            return pd.Series(values)
    if types == {float} or (types == {int} and all(abs(v) < 2**53 for v in present)):
        filled = [float("nan") if value is _ABSENT else value for value in values]
        return pd.Series(filled, dtype=float)
    if whole and types in ({bool}, {str}):
        return pd.Series(values)
    filled = [None if value is _ABSENT else value for value in values]
    return pd.Series(filled, dtype=object)


class Decoder:
    """JSON texts to values; a value that occurs in many rows is read once."""

    def __init__(self) -> None:
        self.known: dict[str, Any] = {}

    def __call__(self, text: str | None) -> Any:
        if text is None:
            return None
        if text[:1] in "[{":
            # A list is the caller's to change: never shared between rows.
            return from_json(text)
        if text not in self.known:
            self.known[text] = from_json(text)
        return self.known[text]


def order_by(
    rows: Iterable[tuple[Values, Values]], first: Sequence[str], last: Sequence[str]
) -> list[tuple[Values, Values]]:
    """Rows by `first`, then by the parameters that vary, then by `last`."""
    rows = list(rows)
    names = dict.fromkeys(name for _, values in rows for name in values)
    varied = [name for name in names if len(_distinct(rows, name)) > 1]

    def key(row: tuple[Values, Values]) -> list[Any]:
        fixed, values = row
        return [
            *(_rank(fixed.get(name)) for name in first),
            *(_rank(values.get(name)) for name in varied),
            *(_rank(fixed.get(name)) for name in last),
        ]

    return sorted(rows, key=key)


def _distinct(rows: Iterable[tuple[Values, Values]], name: str) -> set[str]:
    return {spelled(values[name]) if name in values else "" for _, values in rows}


def _rank(value: Any) -> tuple[int, Any]:
    """Numbers by size, then texts by letters, then the rest by how it is written."""
    if value is None:
        return (0, "")
    if is_number(value) and value == value:
        return (1, value)
    return (2, value) if isinstance(value, str) else (3, spelled(value))


def varying(table: "pd.DataFrame") -> list[str]:
    """The parameters that differ among the rows of a table, in its column order.

    Rows are compared within a notebook: that another notebook takes other parameters
    tells no two of its runs apart. False differs from 0, 1 is 1.0, and a missing value
    is a value of its own. `table[varying(table)]` shows what tells the rows apart.
    """
    found = varying_by_notebook(table)
    names = {name for names in found.values() for name in names}
    return [str(name) for name in table.columns if str(name) in names]


def varying_by_notebook(table: "pd.DataFrame") -> dict[str, list[str]]:
    """What varies among the rows of each notebook, by its name."""
    names = [str(name) for name in table.columns if str(name) not in FIXED]
    grouped = "notebook" in table.columns
    groups = table.groupby("notebook", dropna=False) if grouped else [("", table)]
    return {
        str(notebook): [name for name in names if len(_spellings(rows[name])) > 1]
        for notebook, rows in groups
    }


def brief(table: "pd.DataFrame") -> "pd.DataFrame":
    """A table for a terminal: short keys, what says something, and what varies."""
    import pandas as pd

    told = [
        name
        for name in BRIEF
        if name in table.columns and any(map(_says, table[name].tolist()))
    ]
    shown = table[[*told, *varying(table)]].copy()
    for name in KEYS:
        if name in told:
            keys = short_keys(map(str, shown[name]))
            shown[name] = pd.Series(keys, index=shown.index, dtype=object)
    if "interactive" in told:
        words = [BY_HAND if value else "" for value in shown["interactive"]]
        shown["interactive"] = pd.Series(words, index=shown.index, dtype=object)
    return pd.DataFrame(shown)


def short_keys(keys: Iterable[str]) -> list[str]:
    """The starts of keys, as long as it takes to tell them apart."""
    several, size = list(keys), SHORT
    while len({key[:size] for key in several}) < len(set(several)):
        size += 1
    return [key[:size] for key in several]


def _says(value: Any) -> bool:
    return value is not None and value == value and value not in ("", False)


def _spellings(column: Any) -> set[str]:
    return {spelled(python(value)) for value in column}


def python(value: Any) -> Any:
    """A cell as plain Python: pandas hands out NumPy scalars."""
    return value.item() if hasattr(value, "item") else value
