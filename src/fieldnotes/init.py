"""A lab elsewhere: the least that runs, can be looked at, and grows."""

from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from fieldnotes.errors import FieldnotesError
from fieldnotes.files import write_bytes

TEMPLATE = "lab_template"
RENAMED = {"gitignore": ".gitignore"}  # packages are built without hidden files


class InitError(FieldnotesError):
    """A lab cannot be made in this folder."""


def init(folder: Path) -> list[Path]:
    """Write the files of a new lab below `folder`; their paths.

    Raises:
        InitError: some of the files exist; nothing was written.
    """
    template = resources.files("fieldnotes") / TEMPLATE
    files = {folder / path: source for path, source in _walk(template, Path())}
    there = [path for path in files if path.exists() or path.is_symlink()]
    if there:
        shown = ", ".join(path.relative_to(folder).as_posix() for path in there[:5])
        more = f" and {len(there) - 5} more" if len(there) > 5 else ""
        message = (
            f"{folder}: not an empty place for a lab: {shown}{more} exist already. "
            "Name another folder, or move them away. Nothing was written."
        )
        raise InitError(message)
    try:
        return [write_bytes(path, files[path].read_bytes()) for path in sorted(files)]
    except OSError as error:
        message = f"{folder}: a lab cannot be written here ({error.strerror or error})."
        raise InitError(message) from error


def _walk(source: Traversable, below: Path) -> list[tuple[Path, Traversable]]:
    """Every file of the template, by its path in the lab."""
    found = []
    for item in sorted(source.iterdir(), key=lambda item: item.name):
        if item.name == "__pycache__":
            continue
        path = below / RENAMED.get(item.name, item.name)
        found += _walk(item, path) if item.is_dir() else [(path, item)]
    return found
