"""Names as messages write them: quoted, listed, cut when long, with the nearest one."""

import difflib
from collections.abc import Iterable
from typing import Any

WIDEST = 100  # characters of a value that a message repeats


def shown(value: Any) -> str:
    """`value` as a message repeats it: exact when short, cut when long."""
    text = repr(value)
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 3]}..."


def quoted(name: str) -> str:
    """A name in backquotes, cut when long, with control characters escaped."""
    text = name if name.isprintable() else repr(name)[1:-1]
    return f"`{text if len(text) <= WIDEST else text[: WIDEST - 3] + '...'}`"


def nearest(name: str, names: Iterable[str]) -> str:
    """` Did you mean ...?` for a misspelt name; empty when nothing is near."""
    if len(name) > WIDEST:
        return ""
    known = {known.lower(): known for known in names}
    found = difflib.get_close_matches(name.lower(), list(known), n=1, cutoff=0.6)
    return f" Did you mean {quoted(known[found[0]])}?" if found else ""


def listed(names: Iterable[str], word: str = "and") -> str:
    """Names in backquotes as a phrase: `a`, `b` and `c`."""
    items = [quoted(name) for name in names]
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {word} {items[-1]}"
