"""What Quarto makes of a staged page, restated with pandoc, which is its parser.

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
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from fieldnotes.files import write_json
from fieldnotes.website.markdown import inline
from fieldnotes.website.staging import stage
from fieldnotes.website.text import escape, markdown, raw_html
from website.run_folders import (
    Bench,
    code,
    figure,
    fill,
    notebook,
    plotly,
    prose,
    scrap,
)

HOSTILE = [
    "Is <script>x</script> {{< include a >}} run?",
    "<img src=x onerror=alert(1)>",
    "{{< include ../a >}}",
    "``` --- ::: {.x} | a | $x$ *b* _c_ `d` @fig-one [e](f)",
    "</script><script>alert(1)</script>",
    "---",
    "1. one",
]


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
    """Headings, tables, elements and visible text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.headings: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in ("br", "img", "hr", "link", "meta", "input", "col"):
            self._open.append(tag)
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append("")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "script" in self._open or "style" in self._open:
            return
        if any(re.fullmatch(r"h[1-6]", tag) for tag in self._open):
            self.headings[-1] += data
        if "pre" not in self._open and "code" not in self._open:
            self.text += data


def rendered(source: str) -> Seen:
    return Seen(pypandoc.convert_text(source, "html", format="markdown"))


def squeezed(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Pages of every kind: done, failed, diverged, with figures, tables and streams."""
    bench = fill(Bench(tmp_path_factory.mktemp("staged") / "project"))
    cells = notebook(
        prose("## What came out\n\nSome *words*.\n\n| a | b |\n|---|---|\n| 1 | 2 |"),
        code("figure", plotly(figure(meta={"fieldnotes": "loss"}))),
    )
    folder = bench.run("cap", varied={"orbits": 77}, cells=cells)
    record = {"name": "loss", "kind": "loss", "caption": "The loss of five models."}
    write_json(folder / "figures/loss.record.json", record)
    stage(bench.project)
    return bench


def pages(bench: Bench) -> list[Path]:
    found = [
        p for p in bench.project.results.rglob("*") if p.suffix in (".ipynb", ".qmd")
    ]
    assert {path.suffix for path in found} == {".ipynb", ".qmd"}
    return found


def test_no_page_shows_the_marks_of_its_own_source(staged: Bench):
    for path in pages(staged):
        seen = rendered(as_quarto_reads(path))
        for mark in ("{=html}", "---", ":::"):
            assert mark not in seen.text, path


def test_each_heading_of_a_source_is_a_heading_of_its_own(staged: Bench):
    for path in pages(staged):
        source = as_quarto_reads(path)
        wanted = re.findall(
            r"(?m)^#{2,3} (.+)$", re.sub(r"(?s)~~~~~.*?~~~~~", "", source)
        )
        headings = [squeezed(text) for text in rendered(source).headings]
        plain = [squeezed(Seen(inline(text)).text) for text in wanted]
        assert wanted or path.name == "index.qmd", path
        for text in plain:
            assert text in headings, path


def test_each_table_is_a_table(staged: Bench):
    path = staged.project.results / "toy/runs/cap.ipynb"
    source = as_quarto_reads(path)
    seen = rendered(source)
    written = source.count("<table") + len(re.findall(r"(?m)^\|---", source))
    assert written >= 4
    assert seen.tags.count("table") == written


def test_front_matter_parses_to_the_fields_that_were_staged(staged: Bench):
    for path in pages(staged):
        match = re.match(r"---\n(.*?)\n---\n", as_quarto_reads(path), re.DOTALL)
        assert match, path
        fields = YAML(typ="safe").load(match[1])
        assert fields["title"]
        if path.suffix == ".ipynb":
            assert fields["run"] == path.stem


def test_a_caption_reaches_its_page_with_the_figure_s_number(staged: Bench):
    path = staged.project.results / "toy/runs/cap.ipynb"
    source = as_quarto_reads(path)
    assert "Figure 2. The loss of five models." in rendered(source).text
    assert 'aria-label="The loss of five models."' in source


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_the_text_of_a_user_is_only_text(tmp_path: Path, value: str):
    """As a title, a parameter, a scrap's name and unit, and an error."""
    bench = Bench(tmp_path / "project")
    named = {"name": value, "value": 1.0, "unit": value, "member": None}
    bench.run(
        "aa",
        varied={"note": value},
        scraps=[named, scrap("error", 2.0)],
        order={"title": value},
    )
    error = {"name": "ValueError", "message": value, "cell": 1}
    bench.run("bb", state="failed", varied={"note": "b"}, status={"error": error})
    assert not stage(bench.project).odd
    for path in pages(bench):
        source = as_quarto_reads(path)
        assert "{{<" not in source, path
        seen = rendered(source)
        assert "img" not in seen.tags, path
        assert seen.tags.count("script") == source.count(
            '<script type="application/json">'
        )
    run = rendered(as_quarto_reads(bench.project.results / "toy/runs/aa.ipynb"))
    assert squeezed(value) in squeezed(run.text)


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1))
def test_any_text_survives_markdown_and_html(value: str):
    for source in (f"{markdown(value)}\n", raw_html(f"<p>{escape(value)}</p>")):
        seen = rendered(f"before\n\n{source}\n\nafter")
        assert squeezed(seen.text) == squeezed(f"before {value} after")
        assert set(seen.tags) == {"p"}


def test_a_text_in_one_piece_is_what_garbles_a_page():
    """The contract itself: it fails for pages whose source is no list of lines."""
    assert joined("---\ntitle: a\n---\n") == "---title: a---"
    assert joined(["---\n", "title: a\n", "---\n"]) == "---\ntitle: a\n---\n"
