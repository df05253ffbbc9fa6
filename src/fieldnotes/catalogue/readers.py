"""The function that reads a model's file, kept with the model by its name.

The name is `module:function`, as an entry point is written. The machine imports it when
the model is asked for, and knows nothing else of how a model is built.
"""

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from fieldnotes.errors import CatalogueError
from fieldnotes.project import Project

Read = Callable[[Path], Any]


def name_of(read: Read) -> str:
    """`module:function`, by which any session can import `read`.

    Raises:
        CatalogueError: it is no function of a module: a lambda, a `partial`, a function
            of the notebook.
    """
    module = getattr(read, "__module__", None)
    name = getattr(read, "__qualname__", None)
    if name and module != "__main__" and _found(module, name) is read:
        return f"{module}:{name}"
    message = (
        f"save_model: `read` is {read!r}, which another session cannot import. Give a "
        "function that stands in a module below src/, such as `def read(path): ...`."
    )
    raise CatalogueError(message)


def _found(module: str | None, name: str) -> Any:
    return getattr(sys.modules.get(module or ""), name, None)


def reader_of(name: str | None, project: Project, path: Path) -> Read:
    """The function of that name; `src/` of the project is searched as in a run.

    Raises:
        CatalogueError: the model was saved without a name, or it cannot be imported.
    """
    where = project.relative(path)
    if name is None:
        message = (
            f"{where}: this model was saved without the function that reads it. Give "
            "one, `load_model(row, read)`, or name it where the notebook saves the "
            "model: `save_model(..., read=...)`."
        )
        raise CatalogueError(message)
    module, _, function = name.partition(":")
    try:
        with project.importable():
            return getattr(import_module(module), function)
    except (ImportError, AttributeError) as error:
        message = (
            f"{where}: `{name}` reads this model and cannot be imported ({error}). "
            "Install what the project needs, or give another function: "
            "`load_model(row, read)`."
        )
        raise CatalogueError(message) from error
