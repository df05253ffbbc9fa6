"""The code behind an evaluation as a hash, without what only draws."""

from collections.abc import Callable
from dataclasses import asdict
from types import CodeType, FunctionType
from typing import Any

from fieldnotes.catalogue.session import Session
from fieldnotes.errors import FieldnotesError
from fieldnotes.runs import CodeKeys
from fieldnotes.values import digest, plain

DEEP = 50  # functions followed; what a notebook calls is rarely five deep


def code_key(session: Session, compute: Callable[[], Any]) -> str:
    """A hash of the project's modules and of the notebook behind `compute`.

    In a batch run that is the whole notebook but its cells tagged `figure`. By hand
    cells change faster than files are saved, so it is `compute` itself with the
    functions and plain values of the notebook that it uses.
    """
    from fieldnotes.code import read_code
    from fieldnotes.spreads.scripts import code_cells

    file = session.manifest.notebook_file or _file(session)
    path = session.project.root / file if file else None
    cells = code_cells(path) if path is not None and path.is_file() else []
    code = read_code(session.project, cells)
    if session.interactive:
        return digest([code.bare_modules, _shape(compute, {})])
    planned = session.manifest.code
    if planned == CodeKeys(code.notebook, code.modules):
        return digest([code.bare_modules, code.bare_notebook])
    # Edited since the run began: what runs is what was planned.
    return digest(asdict(planned))


def _file(session: Session) -> str | None:
    from fieldnotes.spreads import read_notebook

    try:
        notebook = read_notebook(session.project, session.manifest.notebook)
    except FieldnotesError:
        return None
    return session.project.relative(notebook.path)


def _shape(value: Any, seen: dict[int, int]) -> Any:
    """Plain data that is the same for functions that do the same."""
    if isinstance(value, FunctionType):
        if id(value) in seen or len(seen) >= DEEP:
            return ["again", seen.get(id(value), -1)]
        seen[id(value)] = len(seen)
        if value.__module__ not in ("__main__", None):
            return [value.__module__, value.__qualname__]
        return _function(value, seen)
    if isinstance(value, CodeType):
        constants = [_shape(item, seen) for item in value.co_consts]
        return [value.co_code.hex(), list(value.co_names), constants]
    if hasattr(value, "__wrapped__"):
        return _shape(value.__wrapped__, seen)
    try:
        return plain(value, "evaluation")
    except FieldnotesError:
        return _bytes(value)


def _function(value: FunctionType, seen: dict[int, int]) -> Any:
    used = [name for name in value.__code__.co_names if name in value.__globals__]
    cells = []
    for cell in value.__closure__ or ():
        try:
            cells.append(_shape(cell.cell_contents, seen))
        except ValueError:
            cells.append("empty")
    return [
        _shape(value.__code__, seen),
        [[name, _shape(value.__globals__[name], seen)] for name in used],
        cells,
        [_shape(item, seen) for item in value.__defaults__ or ()],
    ]


def _bytes(value: Any) -> Any:
    """Large arrays by their content, everything else by its type."""
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        import hashlib

        import numpy as np

        try:
            data = np.ascontiguousarray(value).tobytes()
        except (TypeError, ValueError):
            data = b""
        return [str(value.dtype), list(value.shape), hashlib.sha256(data).hexdigest()]
    return [type(value).__module__, type(value).__qualname__]
