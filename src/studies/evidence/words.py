"""Numbers over replicates, as tables and sentences write them, and Markdown tables.

One form is used everywhere: the median, the lowest and the highest in brackets, and how
many there are: "0.21 (0.19 to 0.25) of 5".
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

Cells = Sequence[Any]
UNBOUNDED = 1e6  # from here on a number comes from a model that diverged


def number(value: float) -> str:
    """A number in three digits; – where it is not known.

    Whole numbers from ten on are written out. What is infinite, or larger than a
    million, is the error of a model that diverged and is written ∞.
    """
    if np.isnan(value):
        return "–"
    if abs(value) >= UNBOUNDED:
        return "∞" if value > 0 else "−∞"
    whole = float(value).is_integer() and abs(value) >= 10
    return f"{value:,.0f}" if whole else f"{value:.3g}"


def counted(number: int, noun: str) -> str:
    """A number of things in words: "1 orbit", "12 orbits"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


class Summary(NamedTuple):
    """Median, lowest and highest of a quantity over `n` models."""

    median: float
    lowest: float
    highest: float
    n: int

    @classmethod
    def of(cls, values: Iterable[float]) -> "Summary":
        """The summary of some values; those that are NaN are not counted.

        An infinite value (a model that diverged) counts as what it is.
        """
        known = np.array([x for x in map(float, values) if not np.isnan(x)])
        if not known.size:
            return cls(np.nan, np.nan, np.nan, 0)
        with np.errstate(invalid="ignore"):  # the median of ∞ and ∞ is ∞
            middle = float(np.median(known))
        if np.isnan(middle):
            middle = np.inf
        return cls(middle, float(known.min()), float(known.max()), known.size)

    def text(self, unit: str = "1", *, count: bool = True) -> str:
        """The median with its range and the number of models, in a unit.

        Args:
            unit: "1" or "-" for none.
            count: say how many models there are; a table may have a column for it.
        """
        after = "" if unit in ("1", "-", "") else f" {unit}"
        if self.n < 2:
            return number(self.median) + (after if self.n else "")
        low, high = number(self.lowest), number(self.highest)
        counted = f" of {self.n}" if count else ""
        return f"{number(self.median)}{after} ({low} to {high}){counted}"

    def __str__(self) -> str:
        return self.text()

    def __contains__(self, value: object) -> bool:
        """Whether a value lies between the lowest and the highest."""
        return isinstance(value, int | float) and self.lowest <= value <= self.highest


# Tables -----------------------------------------------------------------------------


def markdown(head: Sequence[str], rows: Iterable[Cells], text: int = 1) -> str:
    """A Markdown table.

    Numbers are written as `number` writes them, nothing as –, and a vertical bar within
    a text does not end its cell.

    Args:
        head: a heading for each column.
        rows: a cell for each heading.
        text: so many columns, from the left, are set to the left; the others right.

    Raises:
        ValueError: a row has more or fewer cells than there are headings.
    """
    lines = [_line(head), _line(["---"] * text + ["---:"] * (len(head) - text))]
    for row in rows:
        if len(row) != len(head):
            msg = f"A row has {len(row)} cells for {len(head)} headings: {list(row)}."
            raise ValueError(msg)
        lines.append(_line(row))
    return "\n".join(lines)


def _line(cells: Cells) -> str:
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number(value)
    return str(value).replace("|", "\\|").replace("\n", " ")
