"""What is wrong with a request, gathered so that one message can tell all of it."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fieldnotes.errors import FieldnotesError

SHOWN = 20  # problems in one message; the rest is counted
WIDEST = 100  # characters of a value that a message repeats


class SpreadError(FieldnotesError):
    """A spread, or a notebook that it names, cannot be run as written.

    `problems` holds one sentence or more for each thing found, without the ending.
    """

    def __init__(self, problems: str | Sequence[str]):
        found = [problems] if isinstance(problems, str) else problems
        self.problems = list(dict.fromkeys(found))
        lines = self.problems[:SHOWN]
        if len(self.problems) > SHOWN:
            lines.append(f"... and {len(self.problems) - SHOWN} more of this kind.")
        separator = " " if len(lines) == 1 else "\n"
        super().__init__("\n".join(lines) + separator + "Nothing was run.")


class Mismatch(ValueError):
    """A value is not what its parameter takes; the message completes a sentence."""


@dataclass(frozen=True)
class Place:
    """Where something stands in a file; what is wrong there is told to `problems`."""

    file: str
    problems: list[str] = field(default_factory=list)
    path: str = ""
    line: int | None = None

    def under(self, name: str, line: int | None = None) -> "Place":
        """The place of the entry `name`, on `line` where that is known."""
        name = quoted(name)[1:-1]
        path = f"{self.path}.{name}" if self.path else name
        return replace(self, path=path, line=line or self.line)

    def entry(self, index: int, line: int | None = None) -> "Place":
        """The place of item `index` (from 0) of a list."""
        return replace(self, path=f"{self.path}[{index}]", line=line or self.line)

    def on(self, line: int) -> "Place":
        """The same place, on another line."""
        return replace(self, line=line)

    def refuse(self, message: str) -> None:
        """Keep one problem found here."""
        self.problems.append(f"{self}: {message}")

    def __str__(self) -> str:
        line = f"line {self.line}" if self.line else ""
        return ": ".join(filter(None, (self.file, line, self.path)))


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
