"""Cells of a percent script, as jupytext would split it, without its import time.

Commented magics (`# %matplotlib inline`) stay comments; everything else of a code cell
is what runs. A second of start-up would otherwise be paid by every command.
"""

import ast
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

MARKER = re.compile(r"^\s*#\s*(?:%%(%*)\s(?P<options>.*)|%%\s*|<codecell>\s*)$")
QUOTED = re.compile(r"""[rR]?(?P<q>\"{3}|'{3})\n?(?P<prose>.*)(?P=q)""", re.DOTALL)
RULE = re.compile(r"^#\s*---\s*$")
FENCE = re.compile(r"^\s{0,3}(?P<fence>`{3,}|~{3,})(?P<info>.*)$")
KIND = re.compile(r"\[(markdown|md|raw)\]")
TAGS = re.compile(r"""\btags"?\s*[=:]\s*(\[[^\]]*\])""")
ACTIVE = re.compile(r"""\bactive"?\s*[=:]\s*["']([^"']*)["']""")
STRINGS = re.compile(r"\"{3}|'{3}|\"(?:\\.|[^\"\\])*\"?|'(?:\\.|[^'\\])*'?|#.*")


@dataclass(frozen=True)
class Cell:
    """One cell: `kind` is code, markdown or raw; `line` is where its source starts."""

    kind: str
    source: str
    tags: tuple[str, ...]
    index: int
    line: int


def split_cells(text: str) -> list[Cell]:
    """The cells of a percent script, in order, the header's raw cell included."""
    lines = text.splitlines()
    start, has_front_matter = _end_of_header(lines)
    cells = [Cell("raw", "", (), 0, 1)] if has_front_matter else []
    while start < len(lines):
        kind, tags, commented = _options(lines[start])
        end = _end_of_cell(lines, start, kind)
        body = start + bool(MARKER.match(lines[start]))
        source = lines[body:end]
        quoted = QUOTED.fullmatch("\n".join(source).strip()) if kind != "code" else None
        if quoted:
            source = quoted["prose"].splitlines()
        elif kind != "code" or commented:
            source = [_uncomment(line) for line in source]
        content = "\n".join(source).rstrip()
        cells.append(Cell(kind, content, tags, len(cells), body + 1))
        start = end
    return cells


def code_cells(path: Path) -> list[Cell]:
    """The code cells of a percent script, in order: one list for planner and worker."""
    state = path.stat()
    return _code_cells(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=256)
def _code_cells(path: Path, _time: int, _size: int) -> list[Cell]:
    text = path.read_text(encoding="utf-8-sig")
    return [cell for cell in split_cells(text) if cell.kind == "code"]


def title_of(cells: list[Cell]) -> str | None:
    """The first level-one heading among the markdown cells."""
    for cell in cells:
        if cell.kind != "markdown":
            continue
        for line in cell.source.splitlines():
            if line.startswith("# "):
                return line[2:].strip()
    return None


def _end_of_header(lines: list[str]) -> tuple[int, bool]:
    """Where the cells begin, and whether the header makes a raw cell of its own."""
    start = 0
    while start < min(2, len(lines)) and re.match(r"#!|#.*coding[:=]", lines[start]):
        start += 1
    if start >= len(lines) or not RULE.match(lines[start]):
        return start, False
    keys = []
    for number in range(start + 1, len(lines)):
        line = lines[number]
        if RULE.match(line):
            blank = number + 1 < len(lines) and not _uncomment(lines[number + 1])
            return number + 1 + blank, any(key != "jupyter:" for key in keys)
        if not line.startswith("#"):
            return start, False
        if (content := _uncomment(line)) and not content[0].isspace():
            keys.append(content.rstrip())
    return start, False


def _options(line: str) -> tuple[str, tuple[str, ...], bool]:
    """Kind, tags, and whether the cell's code is kept commented in the script."""
    match = MARKER.match(line)
    options = (match["options"] if match else None) or ""
    title = re.split(r"[{=]", options, maxsplit=1)[0]
    kind = KIND.search(title)
    tags = _tags(options)
    if kind:
        return ("raw" if kind[1] == "raw" else "markdown"), tags, False
    active = next((tag for tag in tags if tag.startswith("active-")), None)
    places = active.split("-") if active else None
    if places is None and (named := ACTIVE.search(options)):
        places = re.split(r"[.,]", named[1])
    if places is None:
        return "code", tags, False
    if "ipynb" not in places:
        return "raw", tags, False
    return "code", tags, "py" not in places


def _tags(options: str) -> tuple[str, ...]:
    found = TAGS.search(options)
    if not found:
        return ()
    try:
        value = json.loads(found[1])
    except ValueError:
        try:
            value = ast.literal_eval(found[1])
        except (ValueError, SyntaxError):
            return ()
    return tuple(tag for tag in value if isinstance(tag, str))


def _end_of_cell(lines: list[str], start: int, kind: str) -> int:
    """Index of the next marker that stands neither in a string nor in a fence."""
    quote = None  # the triple quote that is open at the start of the line
    fence = None  # the code fence of the prose that is open
    for number in range(start, len(lines)):
        line = lines[number]
        if quote is None and kind != "code":
            text = _uncomment(line)
            if fence:
                fence = None if _closes(text, fence) else fence
                continue
            fence = _opens(text)
            if fence and any(
                _closes(_uncomment(x), fence) for x in lines[number + 1 :]
            ):
                continue
            fence = None
        if number > start and quote is None and MARKER.match(line):
            return number
        quote = _open_quote(line, quote)
    return len(lines)


def _open_quote(line: str, quote: str | None) -> str | None:
    """The triple quote that is open after `line`, given the one open before it."""
    position = 0
    while True:
        if quote:
            found = re.compile(rf"(?<!\\){quote}").search(line, position)
        else:
            found = STRINGS.search(line, position)
        if not found:
            return quote
        position = found.end()
        if quote:
            quote = None
        elif found[0] in ('"""', "'''"):
            quote = found[0]


def _uncomment(line: str) -> str:
    return line.removeprefix("# ") if line.startswith("# ") else line.removeprefix("#")


def _opens(text: str) -> str | None:
    found = FENCE.match(text)
    if not found or (found["fence"][0] == "`" and "`" in found["info"]):
        return None
    return found["fence"]


def _closes(text: str, fence: str) -> bool:
    found = FENCE.match(text)
    if not found or found["info"].strip():
        return False
    return found["fence"][0] == fence[0] and len(found["fence"]) >= len(fence)
