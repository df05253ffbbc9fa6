"""Figures of a comparison: valid for Plotly, complete, and labelled with units."""

import math

import plotly.graph_objects as go
import pytest

from fieldnotes.website.cases import Case, read_runs
from fieldnotes.website.parallel import parallel_figure
from fieldnotes.website.plots import scrap_figure
from fieldnotes.website.rows import (
    Quantity,
    in_step,
    numeric,
    rows,
    told_once,
    varying,
)
from website.run_folders import Bench, scrap

ERROR = Quantity("error", "%")
TIME = Quantity("train_time", "s", "time that the training took")
PARAMETERS = {
    "orbits": Quantity("orbits", "1", "number of training orbits"),
    "output_layer": Quantity("output_layer", "-"),
    "seed": Quantity("seed", "1"),
}

BOTH = [["orbits"], ["output_layer"]]


@pytest.fixture
def table(filled: Bench):
    runs, _ = read_runs(filled.project)
    cases = [Case(run, run.varied) for run in runs if run.stage == "train"]
    return rows(cases)


def test_plotly_accepts_the_figures(table):
    axes = varying(table, ["output_layer", "orbits", "seed"])
    groups = [[name] for name in axes]
    go.Figure(scrap_figure(table, ERROR, groups, PARAMETERS))
    go.Figure(parallel_figure(table, list(PARAMETERS.values()), [ERROR, TIME]))


def test_every_axis_has_a_title_with_its_unit(table):
    layout = scrap_figure(table, ERROR, BOTH, PARAMETERS)["layout"]
    assert layout["xaxis"]["title"]["text"] == "number of training orbits [1]"
    assert layout["xaxis2"]["title"]["text"] == "output_layer"
    assert layout["yaxis"]["title"]["text"] == "error [%]"


def test_every_case_is_a_point_or_a_cross(table):
    data = scrap_figure(table, ERROR, [["orbits"]], PARAMETERS)["data"]
    points = sum(len(trace["x"]) for trace in data if trace["name"] != "median")
    assert points == len(table) == 28
    crosses = next(trace for trace in data if trace["name"] == "no value")
    assert len(crosses["x"]) == 2  # the failed run and the diverged member


def test_medians_stand_where_half_is_above_and_half_below(table):
    data = scrap_figure(table, ERROR, [["orbits"]], PARAMETERS)["data"]
    middle = next(trace for trace in data if trace["name"] == "median")
    for x, y in zip(middle["x"], middle["y"], strict=True):
        values = [row.scraps.get("error") for row in table if row.values["orbits"] == x]
        finite = [v for v in values if isinstance(v, float) and math.isfinite(v)]
        assert sum(v < y for v in finite) == sum(v > y for v in finite)


def test_an_axis_over_decades_is_logarithmic_and_words_are_categories(table):
    layout = scrap_figure(table, ERROR, BOTH, PARAMETERS)["layout"]
    assert layout["xaxis"]["type"] == layout["yaxis"]["type"] == "log"
    assert layout["xaxis2"]["type"] == "category"


def test_a_scrap_of_the_whole_run_is_one_point_for_each_run(table):
    assert len(told_once(table, "train_time")) == 10
    assert len(told_once(table, "error")) == len(table)


def test_a_parallel_view_draws_every_case_through_every_scale(table):
    data = parallel_figure(table, list(PARAMETERS.values()), [ERROR, TIME])["data"]
    lines = sum(trace["x"].count(None) for trace in data)
    assert lines == len(table)
    heights = [y for trace in data for y in trace["y"] if y is not None]
    assert min(heights) >= 0 and max(heights) <= 1 + 1e-12


def test_what_does_not_vary_has_no_axis(table):
    assert varying(table, ["orbits", "seed"]) == ["orbits", "seed"]
    alike = [row for row in table if row.values["orbits"] == 10]
    assert varying(alike, ["orbits", "seed"]) == ["seed"]


def test_the_legend_has_one_entry_for_each_thing(table):
    figure = scrap_figure(table, ERROR, BOTH, PARAMETERS)
    named = [trace["name"] for trace in figure["data"] if trace["showlegend"]]
    assert named == ["case", "median", "no value"]
    assert figure["layout"]["showlegend"]
    grouped = {trace["name"]: trace["legendgroup"] for trace in figure["data"]}
    assert grouped == {name: name for name in named}


def test_only_numbers_that_are_finite_make_a_figure(bench: Bench):
    scraps = [scrap("lost", float("nan")), scrap("word", "yes"), scrap("flag", True)]
    bench.run("aa", scraps=[*scraps, scrap("error", 2)])
    (run,) = read_runs(bench.project)[0]
    table = rows([Case(run, run.varied)])
    assert numeric(table, ["lost", "word", "flag", "error"]) == ["error"]


def test_parameters_that_change_in_step_share_a_panel(bench: Bench):
    zipped = [("a", 1, 1), ("b", 2, 1), ("a", 1, 2), ("b", 2, 2)]
    for place, (layer, width, orbits) in enumerate(zipped):
        varied = {"layer": layer, "width": width, "orbits": orbits}
        bench.run(f"k{place}", varied=varied, scraps=[scrap("error", 1.0 + place)])
    table = rows([Case(run, run.varied) for run in read_runs(bench.project)[0]])
    groups = in_step(table, ["layer", "width", "orbits"])
    assert groups == [["layer", "width"], ["orbits"]]
    layout = scrap_figure(table, ERROR, groups, {})["layout"]
    assert layout["xaxis"]["title"]["text"] == "width (with layer)"
    assert "xaxis3" not in layout
