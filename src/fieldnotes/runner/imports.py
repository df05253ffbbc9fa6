"""Imports that a run does not pay for."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

# If they can, jsonschema loads a grammar of web addresses (0.9 s), papermill a library
# for remote disks (0.15 s) and jupytext a server (0.15 s); all do without.
_HEAVY = ("rfc3987_syntax", "pyarrow", "jupyter_server")


@contextmanager
def lean_imports() -> Iterator[None]:
    """Inside, optional modules that are slow to import and never used look absent."""
    hidden = [name for name in _HEAVY if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # pyright: ignore[reportArgumentType]
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)
