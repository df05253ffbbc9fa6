"""The cells of a user's file, CSV or Parquet, and errors that name a place in it."""

import csv
from dataclasses import dataclass
from pathlib import Path

import pandas as pd


class EphemerisError(ValueError):
    """A file of orbits that cannot be used; names the file, the row and the column."""


@dataclass(frozen=True)
class Table:
    """The cells of a file as they were read, with where each row stands."""

    path: Path
    header: list[str]
    rows: list[list[object]]
    places: list[str]  # "line 7" or "row 6", one per row

    def refuse(self, text: str, row: int | None = None, column: str = ""):
        """The error with this text at this place."""
        where = "" if row is None else f" {self.places[row]}:"
        where += f" column `{column}`:" if column else ""
        return EphemerisError(f"{self.path}:{where} {text}")


def read_table(path: Path) -> Table:
    """All cells of a CSV or Parquet file."""
    if path.suffix.lower() in (".parquet", ".pq"):
        return read_parquet(path)
    if path.suffix.lower() == ".csv":
        return read_csv(path)
    msg = f"{path}: the file must end in .csv or .parquet; got `{path.suffix}`."
    raise EphemerisError(msg)


def read_parquet(path: Path) -> Table:
    """A Parquet file; rows are counted from 1."""
    try:
        frame = pd.read_parquet(path)
    except Exception as error:  # pyarrow raises several kinds for a broken file
        msg = f"{path}: not a readable Parquet file ({error})."
        raise EphemerisError(msg) from error
    header = [str(name) for name in frame.columns]
    places = [f"row {number}" for number in range(1, len(frame) + 1)]
    return Table(path, header, frame.astype(object).to_numpy().tolist(), places)


def read_csv(path: Path) -> Table:
    """A CSV file; empty lines and lines that start with # are skipped."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as text:
            reader = csv.reader(text)
            lines = [(row, reader.line_num) for row in reader if keeps(row)]
    except (UnicodeDecodeError, csv.Error) as error:
        msg = f"{path}: not a readable CSV file in UTF-8 ({error})."
        raise EphemerisError(msg) from error
    if not lines:
        msg = f"{path}: the file is empty; it needs a line of column names."
        raise EphemerisError(msg)
    (header, _), *rest = lines
    places = [f"line {number}" for _, number in rest]
    table = Table(path, header, [list(row) for row, _ in rest], places)
    for number, row in enumerate(table.rows):
        if len(row) != len(header):
            text = f"{len(row)} cells, but there are {len(header)} columns."
            raise table.refuse(text, number)
    return table


def keeps(row: list[str]) -> bool:
    """Whether a line of a CSV file holds data."""
    return any(cell.strip() for cell in row) and not row[0].lstrip().startswith("#")
