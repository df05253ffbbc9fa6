"""What is wrong with a request, gathered so that one message can tell all of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from fieldnotes.errors import FieldnotesError
from fieldnotes.words import quoted

SHOWN = 20  # problems in one message; the rest is counted


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
