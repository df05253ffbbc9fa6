"""A notebook's code cells, the same for the planner and for the worker."""

from functools import lru_cache
from pathlib import Path

from fieldnotes.spreads.scripts import Cell, split_cells


def code_cells(path: Path) -> list[Cell]:
    """The code cells of a percent script, in order."""
    state = path.stat()
    return _code_cells(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=256)
def _code_cells(path: Path, _time: int, _size: int) -> list[Cell]:
    text = path.read_text(encoding="utf-8-sig")
    return [cell for cell in split_cells(text) if cell.kind == "code"]
