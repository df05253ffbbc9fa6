"""One look: one value, one colour; and a figure says what it leaves out."""

import json
from typing import Any

import numpy as np
import plotly.graph_objects as go
import plotly.io as pio
import pytest

from studies import plotting


def plain(item: Any) -> Any:
    """A figure or trace as what it is in JSON, but with its arrays."""
    return item.to_plotly_json()


@pytest.fixture(autouse=True)
def _clean_registry(monkeypatch):
    monkeypatch.setattr(plotting, "_variables", {})


def test_a_value_has_the_same_colour_whatever_was_asked_before():
    first = plotting.colour("layer", "signed")
    plotting.colour("layer", "unit")
    plotting.colour("seed", 4)
    assert plotting.colour("layer", "signed") == first


def test_seeds_next_to_each_other_differ():
    colours = [plotting.colour("seed", seed) for seed in range(len(plotting.PALETTE))]
    assert len(set(colours)) == len(plotting.PALETTE)


def test_registered_values_take_distinct_colours_in_their_order():
    plotting.register("layer", values=["b", "a", "off-ish", "c"], null="off-ish")
    colours = [plotting.colour("layer", value) for value in ("b", "a", "c")]
    assert colours == list(plotting.PALETTE[:3])


@pytest.mark.parametrize("value", [None, False, "none", "off", "null", 0.0])
def test_the_null_value_is_grey(value):
    plotting.register("gain", low=0, high=20, null=0)
    assert plotting.colour("gain", value) == plotting.GREY


def test_a_number_that_is_not_the_null_value_is_not_grey():
    plotting.register("gain", low=-20, high=20)
    assert plotting.colour("gain", 0) != plotting.GREY
    assert plotting.colour("seed", 0) != plotting.GREY


def test_a_scale_is_monotone_and_ends_at_its_range():
    plotting.register("gain", low=0, high=20)
    ends = [plotting.colour("gain", value) for value in (0, 20)]
    beyond = [plotting.colour("gain", value) for value in (-5, 50)]
    assert ends == beyond
    green = [
        float(plotting.colour("gain", value).split(",")[1]) for value in range(0, 21, 2)
    ]
    assert np.all(np.diff(green) > 0)  # Viridis brightens all the way


def test_an_axis_names_its_unit():
    assert plotting.axis("distance", "R_E") == "distance [R_E]"
    assert plotting.axis("index") == "index"


def test_a_band_spans_the_runs_and_leaves_missing_values_out():
    x = np.arange(4)
    runs = np.array(
        [[1.0, 2, 3, np.nan], [3.0, 4, np.nan, np.nan], [2.0, 9, 4, np.nan]]
    )
    area, line = map(plain, plotting.band(x, runs, "loss", "#0072b2"))
    np.testing.assert_array_equal(line["y"], [2, 4, 3.5])
    np.testing.assert_array_equal(area["y"], [3, 9, 4, 3, 2, 1])
    np.testing.assert_array_equal(area["x"], [0, 1, 2, 2, 1, 0])
    assert area["fillcolor"] == "rgba(0, 114, 178, 0.2)"


def test_a_faded_colour_of_a_scale_keeps_its_colour():
    assert plotting.faded("rgb(68, 1, 84)", 0.5).replace(" ", "") == "rgba(68,1,84,0.5)"


@pytest.mark.parametrize("count", [1, 999, 1000, 1001, 3500])
def test_thinned_lines_keep_to_the_limit_and_say_so(count):
    kept, words = plotting.thin(count, most=1000)
    drawn = len(range(count)[kept])
    assert drawn <= 1000
    assert drawn > 499 or drawn == count
    assert bool(words) == (drawn < count)
    if words:
        assert f"{count:,}" in words
        figure = plain(plotting.note(go.Figure(), words))
        assert figure["layout"]["annotations"][0]["text"] == words


def test_violins_show_points_only_where_they_are_few():
    groups = {"few": np.arange(5.0), "many": np.arange(500.0)}
    ink = {"few": "#000000", "many": "#111111"}
    few, many = map(plain, plotting.violins(groups, ink))
    assert few["points"] == "all"
    assert many["points"] is False


def test_the_border_of_stability_is_the_unit_circle_or_the_imaginary_axis():
    values = np.array([0.5 + 3j, -1.0])
    parts = plotting.complex_plane(values, "eigenvalues", "#000000")
    circle, dots = map(plain, parts)
    np.testing.assert_allclose(np.hypot(circle["x"], circle["y"]), 1)
    np.testing.assert_array_equal(dots["y"], [3, 0])
    parts = plotting.complex_plane(values, "eigenvalues", "#000000", discrete=False)
    line, _ = map(plain, parts)
    np.testing.assert_array_equal(line["x"], 0)
    assert max(line["y"]) > 3


def test_phases_shade_the_steps_they_took():
    bands = plotting.phase_bands(go.Figure(), [100, 50, 25], ["a", "b", "c"])
    layout = plain(bands)["layout"]
    spans = [(shape["x0"], shape["x1"]) for shape in layout["shapes"]]
    assert spans == [(0, 100), (100, 150), (150, 175)]
    assert [note["text"] for note in layout["annotations"]] == ["a", "b", "c"]


def test_a_path_in_space_has_equal_axes_with_units():
    path = np.stack([np.cos(np.arange(9)), np.sin(np.arange(9)), np.arange(9.0)], 1)
    line = plotting.space(path, "orbit", "#000000")
    np.testing.assert_array_equal(plain(line)["z"], np.arange(9.0))
    figure = go.Figure(line, {"scene": plotting.scene(["x", "y", "z"], "R_E")})
    shown = plain(figure)["layout"]["scene"]
    assert shown["zaxis"]["title"]["text"] == "z [R_E]"
    assert shown["aspectmode"] == "data"


def test_an_empty_figure_costs_less_than_two_kilobytes():
    text = str(go.Figure(go.Scatter(y=[1, 2])).to_json())
    assert len(text) < 2000
    template = json.loads(text)["layout"]["template"]
    assert template["layout"]["colorway"] == list(plotting.PALETTE)


def test_no_figure_offers_to_upload_itself():
    renderer: Any = pio.renderers["plotly_mimetype"]
    assert renderer.config["showSendToCloud"] is False
    assert pio.renderers.default == "plotly_mimetype"


def test_a_mark_on_a_logarithmic_axis_has_its_words_where_its_line_is():
    """The words stood at the power of ten of their place, and the axis followed."""
    figure = go.Figure(go.Scatter(x=[1, 100], y=[1, 2]))
    plotting.mark(figure, 48, "48")
    (line,), (words,) = figure.layout.shapes, figure.layout.annotations
    assert line.x0 == line.x1 == 48
    assert 10**words.x == pytest.approx(48) and words.text == "48"
