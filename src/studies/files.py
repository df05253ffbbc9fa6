"""Files of the science: found from a notebook's folder, written whole or not at all."""

import os
from collections.abc import Callable
from pathlib import Path


def write_bytes(path: Path, data: bytes) -> Path:
    """Write `data` so that a reader sees the old file or the new one, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return path


def find_above(
    path: str | Path,
    root: str | Path | None = None,
    accept: Callable[[Path], bool] = Path.exists,
) -> Path | None:
    """What stands at `path`: below `root` if given, here, or below a folder above.

    The first that `accept` takes; None where there is nothing. A notebook runs in its
    own folder, and names files from the project's.
    """
    here = [Path(root)] if root else []
    for folder in (*here, Path.cwd(), *Path.cwd().parents):
        if accept(folder / path):
            return folder / path
    return None
