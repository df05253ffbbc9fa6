"""One source of the site, read as far as navigation, search and the preview need it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import unescape
from typing import Any

import nbformat
from ruamel.yaml import YAML, YAMLError

from fieldnotes.project import Project
from fieldnotes.website import markdown

LONGEST = 20_000  # characters of one page in the index of the search
_DATA = re.compile(r"<script\b.*?</script>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_WORD = re.compile(r"[^\W_][\w./=-]*[^\W_]|[^\W_]{2,}")
_FRONT = re.compile(r"\A---\n(.*?)\n---\n?", re.DOTALL)


@dataclass
class Page:
    """A Markdown file or a notebook with its front matter."""

    source: str  # path from the root of the project
    text: str  # Markdown below the front matter; of a notebook the whole JSON
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def output(self) -> str:
        return output_of(self.source)

    @cached_property
    def title(self) -> str:
        """The title as HTML."""
        return markdown.inline(self._titled, self.source)

    @cached_property
    def name(self) -> str:
        """The title as bare text."""
        return markdown.plain(self._titled)

    @property
    def _titled(self) -> str:
        return str(self.fields.get("title") or self.source)


def output_of(source: str) -> str:
    """Where the page of a source lies in the site."""
    return re.sub(r"\.\w+$", ".html", source)


def read_page(project: Project, source: str) -> Page:
    """A page with its front matter; includes are already in its text."""
    path = project.root / source
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix == ".ipynb":
        first = nbformat.reads(text, 4).cells[0].source
        return Page(source, text, _fields(_FRONT.match(first)))
    match = _FRONT.match(text)
    body = text[match.end() :] if match else text
    return Page(source, markdown.included(body, path, project.root), _fields(match))


def _fields(match: re.Match[str] | None) -> Mapping[str, Any]:
    try:
        value = YAML(typ="safe").load(match[1]) if match else {}
    except YAMLError:
        return {}
    return value if isinstance(value, Mapping) else {}


def searched(page: Page) -> str:
    """The words of a page that its search looks at, once each: prose and tables."""
    text = page.text
    if page.source.endswith(".ipynb"):
        cells = nbformat.reads(page.text, 4).cells
        text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    text = _DATA.sub(" ", text)
    words = dict.fromkeys(_WORD.findall(_TAG.sub(" ", unescape(text)).lower()))
    extra = (str(page.fields.get(name) or "") for name in ("spread", "run"))
    return " ".join([*extra, *words])[:LONGEST]
