"""Values as they are kept: plain Python, exactly."""

import math
import re
from collections.abc import Mapping
from typing import Any

from fieldnotes.catalogue.errors import CatalogueError

LARGEST = 10_000  # elements of an array kept as a value; more belongs in a file
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}")


def plain(value: Any, where: str) -> Any:
    """`value` as Python's own bool, int, float, str, None, list or dict, exactly.

    NumPy and JAX scalars and 0-d arrays become scalars, small arrays nested lists,
    tuples lists. `where` opens the message of an error.

    Raises:
        CatalogueError: anything else: an object, a large array, a set, complex numbers.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, str):
        return _text(str(value), where)
    if isinstance(value, list | tuple):
        return [plain(item, where) for item in value]
    if isinstance(value, Mapping):
        return {_key(key, where): plain(item, where) for key, item in value.items()}
    if hasattr(value, "dtype") and hasattr(value, "tolist"):
        return _array(value, where)
    message = (
        f"{where}: a {type(value).__module__}.{type(value).__qualname__} cannot be "
        "kept as a value. Allowed: numbers, text, True, False, None, and lists, "
        "small arrays or dictionaries of these. Files go to `artifact(name)`."
    )
    raise CatalogueError(message)


def _array(value: Any, where: str) -> Any:
    size = math.prod(getattr(value, "shape", ()))
    if size > LARGEST:
        message = (
            f"{where}: an array of {size} elements; at most {LARGEST} are kept as a "
            "value. Keep it with `cached(...)` or in a file, `artifact(name)`."
        )
        raise CatalogueError(message)
    if str(value.dtype)[:4] in ("date", "time", "comp"):
        # tolist() would give whole numbers of nanoseconds, or Python's complex.
        message = f"{where}: {value.dtype} values cannot be kept; give plain numbers."
        raise CatalogueError(message)
    try:
        listed = value.tolist()
    except TypeError:
        # JAX's typed random keys look like arrays and have no numbers to show.
        listed = object()
    if hasattr(listed, "dtype"):
        listed = object()
    return plain(listed, where)


def _key(key: Any, where: str) -> str:
    if isinstance(key, str):
        return _text(str(key), where)
    message = (
        f"{where}: a dictionary with the key {key!r}; keys must be text to come back "
        "as they were."
    )
    raise CatalogueError(message)


def _text(text: str, where: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        message = f"{where}: text with half a character ({error})."
        raise CatalogueError(message) from error
    return text


def file_name(name: str, what: str) -> str:
    """`name`, when it can name a file on every system.

    Raises:
        CatalogueError: it is empty or holds anything but letters, digits and `._-`.
    """
    if isinstance(name, str) and _NAME.fullmatch(name):
        return name
    message = (
        f"{what}: {name!r} cannot name a file. Allowed: letters, digits, `-`, `_` and "
        "`.`, the first a letter or digit, at most 121 characters."
    )
    raise CatalogueError(message)
