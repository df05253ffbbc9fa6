"""What staging keeps of a cell, and what it drops."""

import json

import pytest

from fieldnotes.website.outputs import cleaned, figure_block, settled, title_of
from website.run_folders import code, figure, notebook, plotly, prose, shown


@pytest.fixture
def kept():
    return cleaned(notebook()["cells"])


def test_parameter_cells_and_the_error_banner_are_dropped(kept):
    sources = "\n".join(cell["source"] for cell in kept)
    assert "orbits" not in sources and "Exception was" not in sources


def test_the_title_is_dropped_and_the_prose_below_it_kept(kept):
    assert kept[0]["source"].startswith("What does it *learn*?")


def test_a_later_heading_of_the_first_level_is_kept():
    cells = cleaned([prose("# One\ntext"), prose("# Two")])
    assert [cell["source"] for cell in cells] == ["text", "# Two"]


def test_no_cell_keeps_metadata_or_a_count(kept):
    for cell in kept:
        assert cell["metadata"] == {}
        assert cell.get("execution_count") is None


def test_progress_stderr_and_scraps_leave_nothing(kept):
    text = json.dumps(kept)
    assert "50 %" not in text and "noise" not in text and "scrapbook" not in text
    assert '"text": "done\\n"' in text


def test_every_output_is_one_that_quarto_shows_without_a_network(kept):
    kinds = {
        kind
        for cell in kept
        for output in cell.get("outputs", ())
        for kind in output.get("data", {})
    }
    assert kinds == {"text/markdown"}
    assert "cdn.example" not in json.dumps(kept)


def test_no_figure_is_lost():
    cells = [code("f", plotly(figure(str(n))), plotly(figure("b"))) for n in range(5)]
    text = json.dumps(cleaned(cells))
    assert text.count('class=\\"fn-figure\\"') == 10


def test_a_figure_reads_back_from_its_block():
    value = figure("</script><!-- ``` -->")
    text = figure_block(value).split('json">')[1].split("</script>")[0]
    assert json.loads(text) == {"data": value["data"], "layout": value["layout"]}


def test_a_failed_cell_shows_its_error_as_text():
    error = {"output_type": "error", "ename": "ValueError", "evalue": "\x1b[31ma < b"}
    (cell,) = cleaned([code("fail()", error | {"traceback": []})])
    assert "ValueError: a &lt; b" in cell["outputs"][0]["data"]["text/markdown"]


def test_images_are_kept():
    (cell,) = cleaned(
        [code("i", shown({"image/png": "aGk=", "text/plain": "<Image>"}))]
    )
    assert cell["outputs"][0]["data"] == {"image/png": "aGk="}


@pytest.mark.parametrize(
    ("written", "left"),
    [("1%\r2%\n", "2%\n"), ("a\r\nb", "a\nb"), ("\x1b[1mbold\x1b[0m", "bold")],
)
def test_text_is_what_a_terminal_would_leave(written, left):
    assert settled(written) == left


def test_the_title_is_the_first_heading():
    assert title_of(notebook()["cells"]) == "Train a network"
