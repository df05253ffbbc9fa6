"""Staged pages as Quarto reads them: headings, tables, front matter and captions.

`reading` restates with pandoc, which is Quarto's parser, what Quarto makes of a page.
"""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from fieldnotes.files import write_json
from fieldnotes.website.markdown import inline
from fieldnotes.website.staging import stage
from website.reading import Seen, as_quarto_reads, joined, rendered, squeezed
from website.run_folders import Bench, code, figure, fill, notebook, plotly, prose


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


def test_a_text_in_one_piece_is_what_garbles_a_page():
    """The contract itself: it fails for pages whose source is no list of lines."""
    assert joined("---\ntitle: a\n---\n") == "---title: a---"
    assert joined(["---\n", "title: a\n", "---\n"]) == "---\ntitle: a\n---\n"
