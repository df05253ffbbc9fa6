"""Quarto's Markdown as far as this project uses it, to HTML, for the plain preview."""

import html
import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from fieldnotes.website.text import escape

_FENCE = re.compile(r"^\s*(`{3,}|~{3,})")
_DIV = re.compile(r"^:{3,}\s*(?P<what>\{.*\}|[\w-]*)\s*$")
_INCLUDE = re.compile(r"(?m)^[ \t]*\{\{<\s*include\s+(\S+)\s*>\}\}[ \t]*$")
_ATTRIBUTES = re.compile(r"\s*\{[#.][^}]*\}\s*$")
CALLOUTS = {
    "note": "Note",
    "tip": "Tip",
    "important": "Important",
    "warning": "Warning",
    "caution": "Caution",
}


def to_html(source: str, page: str) -> str:
    """The HTML of `source`, seen from `page` (a path from the root of the project)."""
    parser = MarkdownWithMath(renderer=_Renderer(page))
    return parser.render(_divs(source))


def inline(source: str, page: str = "index.qmd") -> str:
    """The HTML of one line, such as a title, without the paragraph around it."""
    text = to_html(" ".join(source.split()), page).strip()
    return re.sub(r"^<p>(.*)</p>$", r"\1", text, flags=re.DOTALL)


def plain(source: str) -> str:
    """One line of Markdown as bare text, for a window title or the search."""
    return html.unescape(re.sub(r"<[^>]*>", "", inline(source))).strip()


def included(source: str, page: Path, root: Path) -> str:
    """`source` with every include replaced by the file that it names."""

    def content(match: re.Match[str]) -> str:
        name = match[1].strip("\"'")
        path = root / name[1:] if name.startswith("/") else page.parent / name
        try:
            return path.read_text(encoding="utf-8")
        except OSError:
            return f"*{name} has not been staged.*"

    return _INCLUDE.sub(content, source)


def slug(text: str) -> str:
    """The identifier of a heading, by the rule that Quarto follows."""
    bare = re.sub(r"<[^>]*>", "", html.unescape(text)).lower()
    kept = re.sub(r"[^\w\s.-]", "", bare)
    return re.sub(r"^[^a-z]+", "", re.sub(r"\s+", "-", kept.strip())) or "section"


def page_link(url: str, page: str) -> str:
    """`url` as the preview needs it: rendered names, and no address from the root."""
    if re.match(r"[a-zA-Z][\w+.-]*:|//|#", url):
        return url
    path, mark, place = url.partition("#")
    if path.startswith("/"):
        up = "../" * (len(PurePosixPath(page).parts) - 1)
        path = up + path[1:]
    return re.sub(r"\.(qmd|ipynb)$", ".html", path) + mark + place


def _divs(source: str) -> str:
    """Fenced divs as HTML blocks; a callout gets its title."""
    lines: list[str] = []
    fence = ""
    for line in source.split("\n"):
        ticks = _FENCE.match(line)
        if ticks and (not fence or line.strip().startswith(fence)):
            fence = "" if fence else ticks[1]
        div = None if fence or ticks else _DIV.match(line)
        if div is None:
            lines.append(line)
        elif div["what"]:
            lines += ["", _opening(div["what"]), ""]
        else:
            lines += ["", "</div>", ""]
    return "\n".join(lines)


def _opening(what: str) -> str:
    names = re.findall(r"\.([\w-]+)", what) if what.startswith("{") else [what]
    titled = re.search(r'title="([^"]*)"', what)
    kinds = [name for name in names if name.startswith("callout-")]
    title = titled[1] if titled else None
    if kinds and title is None:
        title = CALLOUTS.get(kinds[0].removeprefix("callout-"), "Note")
    classes = " ".join([*names, "callout"] if kinds else names)
    head = f'<p class="callout-title">{escape(title)}</p>' if title else ""
    named = re.search(r"#([\w-]+)", what) if what.startswith("{") else None
    place = f' id="{named[1]}"' if named else ""
    kind = f' class="{escape(classes)}"' if classes else ""
    return f"<div{place}{kind}>{head}"


class _Renderer(IPythonRenderer):
    """Raw blocks, MathML, plain anchors and links between pages."""

    def __init__(self, page: str) -> None:
        super().__init__(escape=False, exclude_anchor_links=True)
        self.page = page

    def block_code(self, code: str, info: str | None = None) -> str:
        if info and info.strip() == "{=html}":
            return f"{code}\n"
        language = re.sub(r"[{}.]", " ", info or "").split()
        return super().block_code(code, language[0] if language else None)

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        named = re.search(r"\{#([\w-]+)[^}]*\}\s*$", text)
        bare = _ATTRIBUTES.sub("", text)
        name = named[1] if named else slug(bare)
        return f'<h{level} id="{escape(name)}">{bare}</h{level}>\n'

    def link(self, text: str, url: str, title: str | None = None) -> str:
        return super().link(text, page_link(url, self.page), title)

    def inline_math(self, body: str) -> str:
        return _mathml(body, "inline")

    def block_math(self, body: str) -> str:
        return _mathml(body, "block")

    def latex_environment(self, name: str, body: str) -> str:
        return _mathml(f"\\begin{{{name}}}{body}\\end{{{name}}}", "block")


def _mathml(body: str, display: str) -> str:
    """A formula as MathML, which browsers draw themselves; its source if it is odd."""
    from latex2mathml.converter import convert

    make: Callable[..., str] = convert
    try:
        return make(body.strip(), display=display)
    except Exception:  # the converter raises whatever it stumbles on
        return f"<code>{escape(body.strip())}</code>"
