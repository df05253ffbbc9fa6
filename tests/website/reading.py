"""A page as its readers see it: what Quarto takes from its file, what a browser shows.

Quarto takes the cells of a notebook as lists of lines and joins them; a text it splits
at its newlines and joins without them. Raw and Markdown cells and Markdown outputs
stand as they are, code as fenced blocks. Then pandoc reads the whole.
"""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pypandoc

VOID = {"br", "img", "hr", "link", "meta", "input", "col"}
HEADING = re.compile(r"h[1-6]")


def joined(source: Any) -> str:
    """A cell's source as Quarto takes it."""
    return "".join(source.split("\n") if isinstance(source, str) else source)


def as_quarto_reads(path: Path) -> str:
    """The Markdown of a staged page."""
    if path.suffix != ".ipynb":
        return path.read_text(encoding="utf-8")
    parts = []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = joined(cell["source"])
        fenced = cell["cell_type"] == "code"
        parts.append(f"~~~~~ python\n{source}\n~~~~~" if fenced else source)
        for output in cell.get("outputs", ()):
            if output["output_type"] == "stream":
                parts.append(f"~~~~~\n{joined(output['text'])}\n~~~~~")
            for kind, data in output.get("data", {}).items():
                if kind == "text/markdown":
                    parts.append(joined(data))
    return "\n\n".join(parts)


class Seen(HTMLParser):
    """Headings, tables, elements, their attributes and the visible text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.headings: list[str] = []
        self.text = ""
        self.code = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self._open.append(tag)
        if HEADING.fullmatch(tag):
            self.headings.append("")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "script" in self._open or "style" in self._open:
            return
        if any(HEADING.fullmatch(tag) for tag in self._open):
            self.headings[-1] += data
        if "pre" in self._open or "code" in self._open:
            self.code += data
        else:
            self.text += data


def rendered(source: str) -> Seen:
    """What pandoc, and so Quarto, makes of this Markdown."""
    return Seen(pypandoc.convert_text(source, "html", format="markdown"))


def squeezed(text: str) -> str:
    return " ".join(text.split())
