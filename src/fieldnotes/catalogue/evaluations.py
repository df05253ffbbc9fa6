"""Evaluations kept on disk: computed once for the same name, parameters, models, code.

`catalogue/cache/evaluations/<hash>.npz` holds the arrays and `<hash>.json` what they
are. The least recently used go when the folder outgrows its limit.
"""

import os
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from fieldnotes.catalogue.arrays import read_arrays, write_arrays
from fieldnotes.catalogue.codekey import code_key
from fieldnotes.catalogue.records import identities
from fieldnotes.catalogue.this_run import current
from fieldnotes.errors import CatalogueError, CatalogueWarning, CorruptFile
from fieldnotes.files import file_name, write_json
from fieldnotes.runs import now
from fieldnotes.values import digest, plain

VARIABLE = "FIELDNOTES_CACHE_LIMIT"  # [GB]
LIMIT = 5.0  # [GB]


class Evaluation(dict[str, Any]):
    """Arrays by name, with the `hash` under which they are kept."""

    def __init__(self, arrays: Mapping[str, Any], key: str) -> None:
        super().__init__(arrays)
        self.hash = key


def cached(
    name: str,
    parameters: Mapping[str, Any],
    compute: Callable[[], Mapping[str, Any]],
    models: Any = (),
) -> Evaluation:
    """Arrays that `compute()` gives, from the disk when they were computed before.

    They are computed again when the name, the parameters, the models or the code
    changed: that of the project's modules and of the notebook, but not of what only
    draws. Everything else that the result depends on must stand in `parameters`.

    Args:
        name: what kind of evaluation this is, such as "held-out".
        parameters: plain values that the result depends on.
        compute: gives arrays by name; called only when needed.
        models: the models applied: rows or a table of `models()`, members, identities.

    Returns:
        The arrays by name; its `hash` can be given to `save_figure(evaluations=...)`.
    """
    file_name(name, "cached")
    session = current()
    record = {
        "name": name,
        "parameters": plain(dict(parameters), f"cached {name!r}"),
        "models": identities(models),
        "code": code_key(session, compute),
    }
    key = digest(record)
    path = session.project.cache / "evaluations" / f"{key}.npz"
    arrays = _load(path)
    if arrays is None:
        arrays = _arrays(name, compute())
        details = {**record, "hash": key, "run": session.folder.name}
        _keep(path, arrays, details)
    return Evaluation(arrays, key)


def _arrays(name: str, found: Mapping[str, Any]) -> dict[str, Any]:
    import numpy as np

    if not isinstance(found, Mapping):
        message = (
            f"cached {name!r}: `compute` must give arrays by name (a dictionary); got "
            f"{type(found).__name__}."
        )
        raise CatalogueError(message)
    arrays = {str(key): np.asarray(value) for key, value in found.items()}
    for key, value in arrays.items():
        if value.dtype.hasobject:
            message = f"cached {name!r}: `{key}` is no array of numbers or text."
            raise CatalogueError(message)
    return arrays


def _load(path: Path) -> dict[str, Any] | None:
    """The arrays of a file, None when they must be computed."""
    if not path.is_file() or not path.with_suffix(".json").is_file():
        return None
    try:
        arrays = read_arrays(path)
    except CorruptFile:
        # A damaged file costs its computation, nothing more.
        return None
    try:
        os.utime(path)  # when it was last used decides who goes first
    except OSError:
        pass  # a catalogue that can only be read has no one to evict
    return arrays


def _keep(path: Path, arrays: Mapping[str, Any], record: dict[str, Any]) -> None:
    """Write arrays, then their record; a full disk costs the file, not the result."""
    temporary = path.with_name(f".{path.stem}.{uuid4().hex}.npz")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            write_arrays(file, arrays)
            file.flush()
            os.fsync(file.fileno())
        size = temporary.stat().st_size
        temporary.replace(path)
        write_json(
            path.with_suffix(".json"), {**record, "bytes": size, "created": now()}
        )
        _evict(path.parent, keep=path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        message = f"{path.name}: this evaluation was not kept ({error.strerror})."
        warnings.warn(message, CatalogueWarning, stacklevel=4)


def _evict(folder: Path, keep: Path) -> None:
    """Remove the least recently used until the folder is within its limit."""
    limit = _limit() * 1e9
    found = []
    for path in folder.glob("[!.]*.npz"):
        try:
            about = path.stat()
        except FileNotFoundError:
            continue  # another process was faster
        found.append((about.st_mtime_ns, about.st_size, path))
    total = sum(size for _, size, _ in found)
    for _, size, path in sorted(found):
        if total <= limit:
            return
        if path != keep:
            path.with_suffix(".json").unlink(missing_ok=True)
            path.unlink(missing_ok=True)
            total -= size


def _limit() -> float:
    text = os.environ.get(VARIABLE) or str(LIMIT)
    try:
        return float(text)
    except ValueError as error:
        message = f"{VARIABLE}={text}: must be a number of gigabytes, such as 5."
        raise CatalogueError(message) from error
