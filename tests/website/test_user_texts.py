"""A text of a user is only text: on the pages that Quarto reads and in the preview."""

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fieldnotes.website import build
from fieldnotes.website.markdown import to_html
from fieldnotes.website.parallel import parallel_figure
from fieldnotes.website.plots import scrap_figure
from fieldnotes.website.rows import Quantity, Row
from fieldnotes.website.text import escape, markdown, raw_html
from website.reading import Seen, as_quarto_reads, rendered, squeezed
from website.run_folders import Bench, case, code, notebook, prose, scrap, shown

HOSTILE = [
    "Is <script>x</script> {{< include a >}} run?",
    "<img src=x onerror=alert(1)>",
    "{{< include ../a >}}",
    "{{<",
    "``` --- ::: {.x} | a | $x$ *b* _c_ `d` @fig-one [e](f)",
    "</script><script>alert(1)</script>",
    "---",
    "1. one",
    "A. one -- two ... https://example.org :smile:",
    "quote \" back\\slash ' $x$ *a* _b_ <b>&amp;",
    "zwölf 🛰️ עברית tab\tline\nbreak",
    "---\ntitle: other\n---",
]
# What Markdown, HTML, Quarto and YAML take for their own, and letters in between.
SIGNS = "`*_[]()<>{}$~^@#|&\"'\\:-+=.!/%?a1Ä;"
TEXTS = st.text(SIGNS, min_size=1, max_size=30) | st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1
)


def filled(root: Path, value: str) -> Bench:
    """A project with one text everywhere: titles, parameters, scraps, errors, logs."""
    bench = Bench(root / "project")
    named = {"name": value, "value": 1.0, "unit": value, "member": None}
    bench.run(
        "aa",
        varied={"note": value, "orbits": 1},
        scraps=[named, scrap("error", 2.0), scrap("word", value)],
        cells=notebook(
            prose("Shortcodes such as {{< include a >}} are Quarto's."),
            code("'{{<'", shown({"text/plain": value})),
            code(f"print({value!r})", {"output_type": "stream", "text": value}),
        ),
        order={"title": value, "units": {"orbits": value, "note": value}},
    )
    bench.run("cc", varied={"note": "c", "orbits": 2}, scraps=[named | {"value": 2.0}])
    error = {"name": value, "message": value, "cell": 1, "traceback": value}
    status = {"error": error, "versions": {value: value}}
    bench.run("bb", state="failed", varied={"note": "b"}, status=status, log=value)
    return bench


@pytest.fixture(scope="module", params=HOSTILE, ids=range(len(HOSTILE)))
def hostile(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Bench]:
    bench = filled(tmp_path_factory.mktemp("hostile"), request.param)
    assert "preview" in build(bench.project, quarto=False).used
    return request.param, bench


def staged(bench: Bench) -> list[Path]:
    pages = bench.project.results.rglob("*")
    return [path for path in pages if path.suffix in (".ipynb", ".qmd", ".md")]


def test_quarto_finds_no_shortcode_and_no_element_in_a_text(hostile: Any):
    value, bench = hostile
    for path in staged(bench):
        source = as_quarto_reads(path)
        assert "{{<" not in source, path
        seen = rendered(source)
        assert "img" not in seen.tags, path
        ours = '<script type="application/json">'
        assert seen.tags.count("script") == source.count(ours), path
    run = rendered(as_quarto_reads(bench.project.results / "toy/runs/aa.ipynb"))
    assert squeezed(value) in squeezed(run.text)


def test_the_preview_shows_the_text_and_no_element_of_it(hostile: Any):
    value, bench = hostile
    for path in bench.project.site.rglob("*.html"):
        source = path.read_text(encoding="utf-8")
        seen = Seen(source)
        assert "img" not in seen.tags, path
        assert not [name for name, _ in seen.attributes if name.startswith("on")]
        ours = re.findall(
            r'<script (?:defer )?(?:src="[./]*assets/|type="appl)', source
        )
        assert seen.tags.count("script") == len(ours), path
    page = bench.project.site / "results/toy/runs/aa.html"
    seen = Seen(page.read_text(encoding="utf-8"))
    assert squeezed(value) == squeezed(seen.headings[0]).partition(" – ")[0]
    assert squeezed(value) in squeezed(seen.text)


@settings(max_examples=100, deadline=None)
@example("A. one")
@example("(i) one")
@example("a -- b ... https://example.org")
@given(TEXTS)
def test_any_text_survives_markdown_and_html(value: str):
    source = f"one\n\n{markdown(value)}\n\n{raw_html(f'<p>{escape(value)}</p>')}\n"
    for seen in (rendered(source), Seen(to_html(source, "index.qmd"))):
        assert squeezed(seen.text) == squeezed(f"one {value} {value}")
        assert set(seen.tags) == {"p"}


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_the_labels_of_a_figure_are_texts_to_plotly(value: str):
    """plotly.js reads HTML in every label: `<b>`, links and line breaks."""
    table = [
        Row(case(), {value: 1, "b": value}, {value: 1.0}, "done", ""),
        Row(case(), {value: 2, "b": "other"}, {value: None}, "failed", value),
    ]
    told, other = Quantity(value, value, value), Quantity("b")
    for figure in (
        scrap_figure(table, told, [[value], ["b"]], {value: told}),
        parallel_figure(table, [told, other], [told]),
    ):
        texts = list(labels(figure))
        assert any(squeezed(value) in squeezed(html.unescape(text)) for text in texts)
        assert not [text for text in texts if re.search(r"<(?!br>|/?extra>)", text)]


def labels(value: Any) -> Iterator[str]:
    """Every text in a figure that is no name of an option."""
    items = value.values() if isinstance(value, dict) else value
    for item in items if isinstance(value, dict | list) else ():
        yield from [item] if isinstance(item, str) else labels(item)
