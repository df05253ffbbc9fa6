"""The plain preview: every link leads somewhere, nothing leaves the machine."""

import json
import re
import time
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from fieldnotes.website import build, markdown
from website.run_folders import Bench, fill, scrap

REMOTE = re.compile(r"""(?:src|href)\s*=\s*["']?\s*(?:https?:)?//""", re.IGNORECASE)


class Reader(HTMLParser):
    """The addresses and the names of places of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.names: set[str] = set()
        self.opened: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.opened.append(tag)
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.addresses.append(value)
            elif name == "id" and value:
                self.names.add(value)


def read(path: Path) -> Reader:
    reader = Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    return reader


def pages(bench: Bench) -> list[Path]:
    return sorted(bench.project.site.rglob("*.html"))


def test_every_link_leads_to_a_file_or_a_place_on_the_page(site: Bench):
    assert len(pages(site)) == 21
    for path in pages(site):
        reader = read(path)
        for address in reader.addresses:
            if address.startswith("data:"):
                continue
            name, _, place = address.partition("#")
            target = (path.parent / unquote(name)).resolve() if name else path
            assert target.is_file(), f"{path.name}: {address}"
            assert not place or place in read(target).names, f"{path.name}: {address}"


def test_no_address_leaves_the_machine(site: Bench):
    for path in site.project.site.rglob("*"):
        if path.suffix in (".html", ".css") or path.name in ("preview.js", "search.js"):
            text = path.read_text(encoding="utf-8")
            assert not REMOTE.search(text), path
            assert "@import" not in text and "require.js" not in text, path


def test_the_site_has_one_plotly_and_only_pages_with_figures_load_it(site: Bench):
    assert len(list(site.project.site.rglob("plotly*.js"))) == 1
    for path in pages(site):
        text = path.read_text(encoding="utf-8")
        assert ('class="fn-figure"' in text) == ("plotly.min.js" in text), path


def test_no_figure_is_lost_on_the_way(site: Bench):
    for path in site.project.results.rglob("*"):
        if path.suffix in (".qmd", ".ipynb"):
            made = site.project.site / path.relative_to(site.project.root)
            html = made.with_suffix(".html").read_text(encoding="utf-8")
            staged = path.read_text(encoding="utf-8").replace('\\"', '"')
            one = '<div class="fn-figure"'
            assert html.count(one) == staged.count(one), path


def test_figures_reach_the_page_as_they_were(site: Bench):
    path = site.project.site / "results/toy/runs/00aaaa00000000.html"
    html = path.read_text(encoding="utf-8")
    (data,) = re.findall(r'<script type="application/json">(.*?)</script>', html)
    assert json.loads(data)["data"][0]["y"] == [1.0, 4.0, 2.0]


def test_formulas_are_mathml(site: Bench):
    path = site.project.site / "results/toy/runs/00aaaa00000000.html"
    html = path.read_text(encoding="utf-8")
    assert "<math" in html and "<mfrac>" in html and "$" not in read_text(html)


def read_text(html: str) -> str:
    return re.sub(r"(?s)<(script|style)\b.*?</\1>|<[^>]*>", "", html)


def test_captions_and_labels_of_cells_are_kept(site: Bench):
    html = (site.project.site / "results/toy/runs/00aaaa00000000.html").read_text()
    assert '<p class="caption">The error</p>' in html and 'id="fig-one"' in html
    assert "#|" not in html


def test_every_page_says_that_it_is_the_preview(site: Bench):
    for path in pages(site):
        assert "plain preview" in path.read_text(encoding="utf-8")


def test_listings_hold_every_page_with_numbers_that_sort(site: Bench):
    html = (site.project.site / "results/toy/index.html").read_text(encoding="utf-8")
    assert len(re.findall(r'href="runs/\w+\.html"', html)) == 11
    assert 'data-value="12.5"' in html


def test_entries_of_the_bar_without_a_page_are_left_out(site: Bench):
    html = (site.project.site / "index.html").read_text(encoding="utf-8")
    assert "pages/orbit.html" in html and "pages/notation.html" not in html


def test_the_search_knows_every_page(site: Bench):
    script = (site.project.site / "assets/search.js").read_text(encoding="utf-8")
    index = json.loads(script.partition("=")[2].strip().rstrip(";"))
    assert {item["href"] for item in index} == {
        path.relative_to(site.project.site).as_posix() for path in pages(site)
    }


def test_unchanged_pages_are_not_converted_again(tmp_path: Path):
    bench = fill(Bench(tmp_path / "project"))
    for number in range(40):
        bench.run(f"many{number:02d}", varied={"orbits": number})
    first = build(bench.project, quarto=False)
    began = time.perf_counter()
    second = build(bench.project, quarto=False)
    assert first.changed == first.pages == 61
    assert second.changed == 0
    assert time.perf_counter() - began < 3  # [s] what a second look may cost


def test_a_changed_run_is_converted_and_a_vanished_one_removed(filled: Bench):
    build(filled.project, quarto=False)
    filled.run("01aaaa00000000", varied={"orbits": 10}, scraps=[scrap("error", 7.5)])
    gone = filled.project.run_folder("toy", "02aaaa00000000")
    (gone / "params.json").unlink()
    assert 0 < build(filled.project, quarto=False).changed < 17
    runs = filled.project.site / "results/toy/runs"
    assert "7.5" in (runs / "01aaaa00000000.html").read_text(encoding="utf-8")
    assert not (runs / "02aaaa00000000.html").exists()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("[a](notation.qmd#units)", '<a href="notation.html#units">a</a>'),
        ("[a](/results/index.qmd)", '<a href="../results/index.html">a</a>'),
        ("[a](https://example.org/a.qmd)", "https://example.org/a.qmd"),
        ("## Units {#u .x}", '<h2 id="u">Units</h2>'),
        ("## A *b* `c`!", '<h2 id="a-b-c">'),
        ("```{=html}\n<b>raw</b>\n```", "<b>raw</b>"),
        ("``` {.python}\nx = 1\n```", '<div class="highlight">'),
        ("```\n::: {.note}\n```", "::: {.note}"),
        ("::: {.callout-tip}\nText\n:::", '<p class="callout-title">Tip</p>'),
        ('::: {.callout-tip title="<x>"}\nText\n:::', "&lt;x&gt;"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "<table>"),
        ("$$x^2$$", 'display="block"'),
        ("$x_1$", 'display="inline"'),
        ("costs 5 $ and 6 €", "5 $ and 6"),
    ],
)
def test_markdown_of_quarto_becomes_html(source: str, expected: str):
    assert expected in markdown.to_html(source, "pages/layout.qmd")


def test_a_callout_closes_what_it_opens():
    html = markdown.to_html("::: {.callout-note}\n*a*\n\n- b\n:::\n\nafter", "a.qmd")
    assert html.count("<div") == html.count("</div>") == 1
    assert "<em>a</em>" in html and html.rstrip().endswith("<p>after</p>")


def test_includes_are_found_from_the_page_and_from_the_root(tmp_path: Path):
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages/_near.md").write_text("near")
    (tmp_path / "_far.md").write_text("far")
    source = (
        "{{< include _near.md >}}\n\n{{< include /_far.md >}}\n\n{{<include x.md>}}"
    )
    text = markdown.included(source, tmp_path / "pages/a.qmd", tmp_path)
    assert text.startswith("near\n\nfar") and "x.md has not been staged" in text


def test_an_odd_formula_is_shown_as_it_was_written():
    assert "<code>\\left(</code>" in markdown.to_html("$\\left($", "a.qmd")
