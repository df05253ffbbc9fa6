"""Figures by query, told apart by what varies, and written without a network."""

import json
import re

import pytest

from fieldnotes.catalogue import CatalogueError


@pytest.fixture
def drawn(make):
    """A loss curve of three runs."""
    for seed, layer in [(0, "a/b"), (1, "a/b"), (1, "c")]:
        folder = make.trained(seed, layer=layer)
        make.figure(folder, "loss", "loss", title="Loss")


def test_titles_tell_what_varies_and_nothing_else(drawn, catalogue):
    titles = [f.layout.title.text for f in catalogue.load_figures({"kind": "loss"})]
    assert titles == [
        "Loss<br><sub>seed = 0, layer = a/b</sub>",
        "Loss<br><sub>seed = 1, layer = a/b</sub>",
        "Loss<br><sub>seed = 1, layer = c</sub>",
    ]
    plain = catalogue.load_figures({"seed": 0}, annotate=True)
    assert [figure.layout.title.text for figure in plain] == ["Loss"]


def test_html_and_json_have_readable_names_and_one_copy_of_plotly(
    drawn, catalogue, tmp_path
):
    paths = catalogue.figures_export(tmp_path / "out", formats=("html", "json"))
    names = [path.name for path in paths]
    assert names[:2] == [
        "toy-train_loss_seed=0_layer=a-b.html",
        "toy-train_loss_seed=0_layer=a-b.json",
    ]
    assert len(set(names)) == 6
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(
        [*names, "plotly.min.js"]
    )
    page = paths[0].read_text()
    sources = re.findall(r'<script[^>]*src="([^"]*)"', page)
    assert sources == ["plotly.min.js"]
    assert "cdn" not in page
    assert json.loads(paths[1].read_text())["data"][0]["y"] == [1, 2]


def test_equal_names_get_numbers(make, catalogue, tmp_path):
    for key in ("k1", "k2"):
        make.figure(make.run(key, {"x": 1}), "loss")
    paths = catalogue.figures_export(tmp_path / "out", formats=("json",))
    assert [path.name for path in paths] == [
        "toy-train_loss.json",
        "toy-train_loss-2.json",
    ]


def test_an_unknown_format_is_refused_before_anything_is_written(
    drawn, catalogue, tmp_path
):
    with pytest.raises(CatalogueError, match="gif"):
        catalogue.figures_export(tmp_path / "out", formats=("html", "gif"))
    assert not (tmp_path / "out").exists()


def test_an_image_without_a_browser_says_what_is_needed(
    drawn, catalogue, tmp_path, monkeypatch
):
    import plotly.graph_objects as go

    def fail(*_):
        message = "Kaleido requires Google Chrome"
        raise RuntimeError(message)

    monkeypatch.setattr(go.Figure, "write_image", fail)
    with pytest.raises(CatalogueError, match="kaleido and a browser"):
        catalogue.figures_export(tmp_path / "out", {"seed": 0}, formats=("png",))


@pytest.mark.parametrize("content", [None, "{", '{"data": [{"type": "nonsense"}]}'])
def test_a_figure_that_is_gone_or_broken_says_so(make, catalogue, content):
    path = make.figure(make.run("k1"), "loss")
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(CatalogueError, match=r"figures/loss\.json"):
        catalogue.load_figures()
