"""One executed cell as the page keeps it: no progress noise, no scraps, no CDN."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fieldnotes.website.text import escape, raw_html, script_json

PLOTLY = "application/vnd.plotly.v1+json"
IMAGES = ("image/svg+xml", "image/png", "image/jpeg")
HEIGHT = 450  # [px] what plotly.js takes when a figure does not say
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_REMOTE = re.compile(
    r"<script\b[^>]*\bsrc\s*=[^>]*>.*?</script\s*>|<link\b[^>]*>|<script\b.*?</script>",
    re.IGNORECASE | re.DOTALL,
)
_DROPPED_TAGS = {"parameters", "injected-parameters", "papermill-error-cell-tag"}

Cell = dict[str, Any]


def cleaned(
    cells: Sequence[Mapping[str, Any]], captions: Mapping[str, str] | None = None
) -> list[Cell]:
    """The cells of an executed notebook as a page shows them.

    Args:
        cells: of the executed notebook.
        captions: of its figures, by name; the figures are numbered as they come.
    """
    legend = Legend(captions or {})
    kept: list[Cell] = []
    titled = False
    for cell in cells:
        if _tags(cell) & _DROPPED_TAGS:
            continue
        kind, source = cell.get("cell_type"), text_of(cell.get("source"))
        if kind == "markdown":
            if not titled:
                source, titled = without_title(source)
            if source.strip():
                kept.append(markdown_cell(source))
        elif kind == "code" and (source.strip() or cell.get("outputs")):
            kept.append(code_cell(source, list(_outputs(cell, legend))))
    return kept


@dataclass
class Legend:
    """The captions of a page's figures, and how many figures it has had so far."""

    captions: Mapping[str, str]
    figures: int = 0

    def block(self, figure: Any) -> str:
        """A figure with its number and its caption beneath."""
        self.figures += 1
        figure = json.loads(figure) if isinstance(figure, str) else figure
        meta = (figure.get("layout") or {}).get("meta")
        name = meta.get("fieldnotes") if isinstance(meta, Mapping) else None
        return figure_block(figure, self.captions.get(str(name), ""), self.figures)


def _tags(cell: Mapping[str, Any]) -> set[str]:
    metadata = cell.get("metadata")
    return set(metadata.get("tags") or ()) if isinstance(metadata, Mapping) else set()


def text_of(value: Any) -> str:
    """A multi-line string of a notebook file, which may be a list of lines."""
    return "".join(map(str, value)) if isinstance(value, list) else str(value or "")


def without_title(source: str) -> tuple[str, bool]:
    """`source` without its first level-one heading, and whether there was one."""
    text, count = re.subn(r"(?m)^#[ \t]+.*(?:\n|\Z)", "", source, count=1)
    return (text.lstrip("\n"), True) if count else (source, False)


def title_of(cells: Sequence[Mapping[str, Any]]) -> str:
    """The first level-one heading of a notebook, empty when it has none."""
    for cell in cells:
        if cell.get("cell_type") == "markdown":
            text = text_of(cell.get("source"))
            if match := re.search(r"(?m)^#[ \t]+(.+?)[ \t#]*$", text):
                return match[1]
    return ""


def markdown_cell(source: str) -> Cell:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def code_cell(source: str, outputs: list[dict[str, Any]]) -> Cell:
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": outputs,
        "source": source,
    }


def _outputs(cell: Mapping[str, Any], legend: Legend) -> Iterator[dict[str, Any]]:
    for output in cell.get("outputs") or ():
        kind = output.get("output_type")
        if kind == "stream" and output.get("name") != "stderr":
            text = settled(text_of(output.get("text")))
            if text.strip():
                yield {"output_type": "stream", "name": "stdout", "text": text}
        elif kind == "error":
            yield _markdown_output(_error(output))
        elif kind in ("display_data", "execute_result"):
            kept = _display(output.get("data") or {}, legend)
            if kept is not None:
                yield kept


def settled(text: str) -> str:
    """`text` as a terminal would leave it: the last state of every rewritten line."""
    lines = _ANSI.sub("", text).replace("\r\n", "\n").split("\n")
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)


def _error(output: Mapping[str, Any]) -> str:
    name, message = output.get("ename", "Error"), output.get("evalue", "")
    text = f"{name}: {_ANSI.sub('', str(message))}"
    return raw_html(f'<pre class="fn-error">{escape(text)}</pre>')


def _display(data: Mapping[str, Any], legend: Legend) -> dict[str, Any] | None:
    if any("scrapbook" in kind or "jupyter.widget" in kind for kind in data):
        return None
    if PLOTLY in data:
        return _markdown_output(legend.block(data[PLOTLY]))
    if "text/markdown" in data:
        return _markdown_output(text_of(data["text/markdown"]))
    if "text/html" in data:
        return _markdown_output(html_block(text_of(data["text/html"])))
    for kind in (*IMAGES, "text/latex", "text/plain"):
        if kind in data:
            return _display_output({kind: data[kind]})
    return None


def _display_output(data: dict[str, Any]) -> dict[str, Any]:
    return {"output_type": "display_data", "metadata": {}, "data": data}


def _markdown_output(text: str) -> dict[str, Any]:
    return _display_output({"text/markdown": text})


def html_block(text: str) -> str:
    """HTML of a notebook inside a box that scrolls; scripts and links are dropped.

    A page needs no network, and Quarto would load two libraries from one for any
    output that it sees as `text/html`.
    """
    return raw_html(f'<div class="fn-scroll">\n{_REMOTE.sub("", text)}\n</div>')


def figure_block(figure: Any, caption: str = "", number: int | None = None) -> str:
    """A Plotly figure as data; `fieldnotes.js` draws it when it comes into view.

    Args:
        figure: with `data` and `layout`.
        caption: stands beneath it, and is what a screen reader says of it.
        number: of the figure on its page.
    """
    layout = figure.get("layout") or {}
    height = layout.get("height")
    pixels = height if isinstance(height, int | float) else HEIGHT
    kept = {"data": figure.get("data") or [], "layout": layout}
    if figure.get("frames"):
        kept["frames"] = figure["frames"]
    label = f' role="figure" aria-label="{escape(caption)}"' if caption else ""
    drawn = (
        f'<div class="fn-figure"{label} style="min-height:{pixels:.0f}px">'
        f'<script type="application/json">{script_json(kept)}</script></div>'
    )
    if not caption:
        return raw_html(drawn)
    which = "" if number is None else f"<strong>Figure {number}.</strong> "
    legend = f"<figcaption>{which}{escape(caption)}</figcaption>"
    return raw_html(f'<figure class="fn-captioned">{drawn}{legend}</figure>')
