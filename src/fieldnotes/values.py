"""Plain values compared, spelled, flattened and hashed: one way for every room."""

import hashlib
from collections.abc import Mapping
from typing import Any

from fieldnotes.files import to_json

LENGTH = 16  # hexadecimal digits of a key: 64 bits


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
    if isinstance(value, Mapping):
        return {name: _whole(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_whole(item) for item in value]
    return value
