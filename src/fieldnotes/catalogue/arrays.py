"""Arrays by name in one `.npz` file, under any name they may have."""

from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile, ZipFile

from fieldnotes.errors import CorruptFile


def write_arrays(file: IO[bytes], arrays: Mapping[str, Any]) -> None:
    """Write arrays as `numpy.load` reads them.

    `numpy.savez` takes the names as keywords, so that none could be called `file`.
    """
    from numpy.lib import format as npy

    with ZipFile(file, "w") as archive:
        for name, value in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                npy.write_array(entry, value, allow_pickle=False)


def read_arrays(path: Path) -> dict[str, Any]:
    """The arrays of a file by name.

    Raises:
        CorruptFile: it is cut short or holds something else.
    """
    import numpy as np

    try:
        # NumPy leaves a file open that it cannot read; this one is always closed.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (OSError, ValueError, EOFError, KeyError, AttributeError, BadZipFile) as bad:
        message = f"{path}: cannot be read as arrays ({bad})."
        raise CorruptFile(message) from bad
