"""Names as messages write them: quoted, listed, cut when long, with the nearest one."""

import difflib
from collections.abc import Iterable
from typing import Any

LIKE = 0.6  # likeness, from 0 to 1, of a name that may have been meant
FEW = 8  # names that a message lists whole; of more, as many of the nearest
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
    likeness, known = max(((_likeness(name, n), n) for n in names), default=(0, ""))
    return f" Did you mean {quoted(known)}?" if likeness >= LIKE else ""


def there_are(name: str, names: Iterable[str], verb: str = "There are") -> str:
    """The name that was meant, and what there is: all of a few, the nearest of many."""
    known = list(names)
    if len(known) <= FEW:
        return f"{nearest(name, known)} {verb}: {', '.join(known) or 'none'}."
    close = sorted(known, key=lambda other: -_likeness(name, other))[:FEW]
    return (
        f"{nearest(name, known)} {verb} {len(known)}, the nearest of them: "
        f"{', '.join(close)}."
    )


def _likeness(name: str, known: str) -> float:
    """From 0 to 1; `mine` is as like to `orbit/mine` as it is to `mine`."""
    whole = known.lower()
    return max(
        difflib.SequenceMatcher(None, text, name.lower()[:WIDEST]).ratio()
        for text in {whole, whole.rpartition("/")[2]}
    )


def listed(names: Iterable[str], word: str = "and") -> str:
    """Names in backquotes as a phrase: `a`, `b` and `c`."""
    items = [quoted(name) for name in names]
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {word} {items[-1]}"
