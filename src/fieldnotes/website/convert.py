"""One page of the preview: nbconvert with a small template of our own."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from html import unescape
from typing import Any

import nbformat
from jinja2 import DictLoader, pass_context
from nbconvert.exporters import HTMLExporter, TemplateExporter
from nbconvert.filters import Highlight2HTML
from pygments.formatters import HtmlFormatter

from fieldnotes.website import markdown
from fieldnotes.website.page import Page
from fieldnotes.website.quarto import INSTALL
from fieldnotes.website.staging import asset
from fieldnotes.website.text import escape, link

TEMPLATE = "page.html.j2"
_OPTION = re.compile(r"(?m)^#\|\s*([\w-]+)\s*:\s*(.*)\n?")
_HEADING = re.compile(r'<h2 id="([^"]+)">(.*?)</h2>', re.DOTALL)


class _Exporter(HTMLExporter):
    """nbconvert's exporter with our Markdown, without its second parse."""

    page = "index.qmd"

    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        return markdown.to_html(source, self.page)

    def from_notebook_node(self, *args: Any, **kwargs: Any) -> Any:
        # HTMLExporter would read the page again to add alt texts, and take most of the
        # time on the JSON of the figures.
        return TemplateExporter.from_notebook_node(self, *args, **kwargs)


@cache
def _exporter() -> _Exporter:
    exporter = _Exporter(extra_loaders=[DictLoader({TEMPLATE: asset(TEMPLATE)})])
    exporter.template_file = TEMPLATE
    code = Highlight2HTML(pygments_lexer="python", parent=exporter)
    exporter.register_filter("highlight_code", code)
    return exporter


def html(
    page: Page,
    bar: Sequence[Mapping[str, Any]],
    config: Mapping[str, Any],
    *,
    alone: bool = False,
) -> str:
    """The whole HTML of a page, with the entries `bar` of the site's navigation.

    A page that travels `alone` has no navigation and no search.
    """
    exporter = _exporter()
    exporter.page = page.source
    resources = {
        "title": page.title,
        "window": page.name,
        "subtitle": page.fields.get("subtitle"),
        "site": (config.get("website") or {}).get("title", "fieldnotes"),
        "bar": [_entry(item, page.source) for item in bar],
        "up": "../" * page.source.count("/"),
        "install": INSTALL,
        "alone": alone,
        "wide": page.fields.get("page-layout") == "full",
        "plotly": "fn-figure" in page.text,
        "contents": page.fields.get("toc", True) is not False,
    }
    text, _ = exporter.from_notebook_node(_notebook(page), resources)
    return text.replace("<!--contents-->", _contents(text, resources), 1)


def _notebook(page: Page) -> Any:
    if not page.source.endswith(".ipynb"):
        cells = [nbformat.v4.new_markdown_cell(page.text)]
        return nbformat.v4.new_notebook(cells=cells)
    notebook: Any = nbformat.reads(page.text, 4)
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type != "raw"]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            options = dict(_OPTION.findall(cell.source))
            cell.source = _OPTION.sub("", cell.source)
            cell.metadata["caption"] = options.get("fig-cap", "").strip("\"'")
            cell.metadata["label"] = options.get("label", "")
    return notebook


def _entry(item: Mapping[str, Any], source: str) -> dict[str, Any]:
    if "menu" in item:
        inside = [_entry(entry, source) for entry in item["menu"]]
        return {"text": item["text"], "menu": inside}
    here = item["href"] == source
    return {"text": item["text"], "href": link(source, item["href"]), "here": here}


def _contents(text: str, resources: Mapping[str, Any]) -> str:
    """Links to the sections of a page that has at least three of them."""
    sections = _HEADING.findall(text)
    if len(sections) < 3 or not resources["contents"]:
        return ""
    items = "".join(
        f'<li><a href="#{name}">{_bare(title)}</a></li>' for name, title in sections
    )
    return f'<nav class="contents" aria-label="On this page"><ul>{items}</ul></nav>'


def _bare(title: str) -> str:
    return escape(unescape(re.sub(r"<[^>]*>", "", title)))


def code_style() -> str:
    """The colours of code in both themes; all stand out from the shade behind them."""
    light = HtmlFormatter(style="xcode").get_style_defs(".highlight")
    dark = HtmlFormatter(style="github-dark").get_style_defs(".highlight")
    return (
        f"\n{light}\n:root[data-theme='dark'] {{\n{dark}\n}}\n"
        "@media (prefers-color-scheme: dark) {\n"
        f":root:not([data-theme='light']) {{\n{dark}\n}}\n}}\n"
        ".highlight { background: var(--fn-shade) !important; }\n"
    )
