"""Dataclasses from JSON that may hold anything: an entry of another type is left out.

One odd value in one folder is no reason to lose the run, and a file that a later
version wrote may hold entries that this one does not know.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

from fieldnotes.errors import CorruptFile
from fieldnotes.files import read_json

Record = TypeVar("Record")


class _Field(NamedTuple):
    name: str
    exact: tuple[type, ...] | None  # types that need no second look; None: any
    types: tuple[type, ...]
    item: type | None  # of a list of dataclasses
    required: bool
    inner: Any  # a dataclass, where that is all it may be


def typed(
    kind: type[Record], values: Any, odd: list[str] | None = None
) -> Record | None:
    """The dataclass with those entries of a mapping that have its types.

    None where `values` is no mapping, or lacks an entry that has no default.

    Args:
        odd: takes the names of the entries that were left out.
    """
    if not isinstance(values, dict | Mapping):  # a dict is told at once
        return None
    known, odd = {}, [] if odd is None else odd
    get = values.get
    for name, exact, types, item, required, dataclass in _fields(kind):
        value = get(name, MISSING)
        if value is MISSING:
            if required:
                return None
        elif exact is None or type(value) in exact:
            known[name] = value  # of most, and fast: there may be a million
        elif item is not None and isinstance(value, list):
            known[name] = typed_list(item, value)
            odd += [name] * (len(known[name]) < len(value))
        elif dataclass is not None:
            inner = typed(dataclass, value)
            known |= {} if inner is None else {name: inner}
            odd += [name] * (inner is None and value is not None)
        elif _fits(value, types):
            known[name] = value
        elif required:
            return None
        elif value is not None:
            odd.append(name)
    return kind(**known)


def typed_list(kind: type[Record], values: Any) -> list[Record]:
    """The entries of a list that make such a dataclass; none of what is no list."""
    entries = values if isinstance(values, list) else []
    made = (typed(kind, entry) for entry in entries)
    return [entry for entry in made if entry is not None]


def read_mapping(path: Path) -> dict[str, Any] | None:
    """The mapping in a JSON file; None where there is no such file.

    Raises:
        CorruptFile: the file is there and cannot be read as a mapping.
    """
    value = read_json(path)
    if value is not None and not isinstance(value, dict):
        message = f"{path}: holds no mapping."
        raise CorruptFile(message)
    return value


def _fits(value: Any, types: tuple[type, ...]) -> bool:
    if isinstance(value, bool):
        return bool in types or object in types
    return isinstance(value, types) or (float in types and isinstance(value, int))


@cache
def _fields(kind: type) -> tuple[_Field, ...]:
    hints = get_type_hints(kind)
    listed = []
    for each in fields(kind):
        hint = hints[each.name]
        options = get_args(hint) if isinstance(hint, UnionType) else (hint,)
        types = tuple(
            object if option is Any else get_origin(option) or option
            for option in options
        )
        inner = get_args(hint)[0] if types == (list,) and get_args(hint) else None
        required = each.default is MISSING and each.default_factory is MISSING
        item = inner if isinstance(inner, type) and is_dataclass(inner) else None
        sole = types[0] if len(types) == 1 and is_dataclass(types[0]) else None
        exact = None if object in types else () if item or sole else types
        listed.append(_Field(each.name, exact, types, item, required, sole))
    return tuple(listed)
