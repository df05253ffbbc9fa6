"""A condition as people type it: `name=value`, `loss<1`, `seed in [0, 1]`."""

import re
from datetime import date
from typing import Any

from fieldnotes.errors import CatalogueError
from fieldnotes.query.conditions import KEYS, OPERATORS, SPELLINGS

_SIGNS = re.compile(r"(?P<name>[^<>=!]+?)\s*(?P<word>[<>=!]+)\s*(?P<value>.*)", re.S)
_WORDS = re.compile(
    r"(?P<name>\S+)\s+(?P<word>not\s+in|in|contains)\s+(?P<value>.*)", re.S
)


def read_condition(text: str) -> tuple[str, str, Any]:
    """Name, operator and value of one condition; the value is read as YAML.

    Raises:
        CatalogueError: no name, no operator, an operator that does not exist, or a
            value that is no YAML.
    """
    found = _WORDS.fullmatch(text.strip()) or _SIGNS.fullmatch(text.strip())
    if found is None:
        message = (
            f"where: {text!r} is no condition. Write NAME=VALUE, or another of "
            f"{', '.join(OPERATORS)} in place of `=`, for example orbits=10, "
            '"error_100<1" or "seed in [0, 1]".'
        )
        raise CatalogueError(message)
    name, value = found["name"], found["value"]
    word = " ".join(found["word"].split())
    if word not in OPERATORS and word not in SPELLINGS:
        message = (
            f"where: {text!r}: {word!r} is no operator. Allowed: "
            f"{', '.join(OPERATORS)}. A value that begins with such a sign is quoted: "
            f"{name}='{value or word}'."
        )
        raise CatalogueError(message)
    read = _read(value, text)
    # 12e45678 begins a key, and is no number here.
    bare = (name in KEYS or word == "contains") and not isinstance(read, str)
    return name, word, value if bare else read


def _read(value: str, text: str) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        read = YAML(typ="safe", pure=True).load(value)
    except YAMLError as error:
        message = (
            f"where: {text!r}: the value {value!r} is no YAML. A list is written "
            f"[0, 1], text with signs in it '{value}'."
        )
        raise CatalogueError(message) from error
    # The index keeps times as text, and so they are compared.
    return value if isinstance(read, date) else read
