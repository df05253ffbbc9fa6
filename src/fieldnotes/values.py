"""Plain values made, compared, spelled, flattened and hashed: one way for all rooms."""

import hashlib
import math
from collections.abc import Mapping
from typing import Any, TypeGuard

from fieldnotes.errors import CatalogueError
from fieldnotes.files import to_json

LENGTH = 16  # hexadecimal digits of a key: 64 bits
LARGEST = 10_000  # elements of an array kept as a value; more belongs in a file


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


def digest(value: Any, length: int = LENGTH) -> str:
    """A short hash of a plain value; the order of its keys does not matter."""
    return hashlib.sha256(to_json(value, sort=True).encode()).hexdigest()[:length]


def flatten(values: Mapping[str, Any]) -> dict[str, Any]:
    """Nested mappings as one level, names joined by dots; empty ones stay."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            inside = flatten(value).items()
            flat |= {f"{name}.{inner}": item for inner, item in inside}
        else:
            flat[name] = value
    return flat


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether a value is a number; True and False are answers, not numbers."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def same(one: Any, other: Any) -> bool:
    """Whether two plain values are one: True is not 1, 1 is 1.0, NaN is NaN."""
    return spelled(one) == spelled(other)


def spelled(value: Any) -> str:
    """Text that equal plain values share; whole floats are spelled as integers."""
    return to_json(_whole(value), sort=True)


def sole(value: Any) -> Any:
    """The entry of a list of one, which is the same training as the entry alone."""
    single = isinstance(value, list | tuple) and len(value) == 1
    return value[0] if single else value


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, Mapping):
        return {name: _whole(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_whole(item) for item in value]
    return value
