"""Figures of fixed points, spectra and curvature: they draw what they are given."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from studies import plotting
from studies.evidence import named
from studies.reach import geometry, spectra
from studies.reach.figures import bends, modes, rest
from studies.reach.plotting import std_colour


def survey_of(rows: list[dict]):
    table = pd.DataFrame(rows)
    return named(table, [name for name in table if len(set(table[name])) > 1])


def test_settings_have_the_colour_of_their_std_where_that_tells_them_apart():
    rows = [
        {"field": "curl", "field_std": s, "seed": k} for s in (0.0, 1.5) for k in (0, 1)
    ]
    colours = rest.group_colours(survey_of(rows))
    assert list(colours.values()) == [std_colour(0.0), std_colour(1.5)]
    rows = [{"field": "curl", "field_std": 1.5, "method": m} for m in ("bcs", "dai")]
    assert list(rest.group_colours(survey_of(rows)).values()) == list(
        plotting.PALETTE[:2]
    )


def test_residuals_are_drawn_with_their_limit_and_above_zero():
    curves = {"one": np.array([[1.0, 2.0], [0.0, 1e-3]]), "two": np.ones((500, 2))}
    fig: Any = rest.falls(curves, 1e-10)
    assert fig.layout.yaxis.type == "log"
    assert fig.layout.shapes[0].y0 == 1e-10
    lines = [trace for trace in fig.data if trace.name]
    assert [line.name for line in lines] == ["one", "two"]
    assert lines[0].y[1] > 0
    assert len(lines[1].x) <= 200
    assert lines[1].x[-1] == 500


def test_a_readout_is_drawn_from_the_first_points_and_has_no_mean():
    points = 50 + np.random.default_rng(0).normal(size=(10, 6))
    frame = geometry.frame(points)
    readout = np.random.default_rng(1).normal(size=(2, 6))
    fig: Any = rest.scenes({"a": (frame, {"one": points}, readout)}, {"one": "#000000"})
    cloud, first, second = fig.data
    assert np.allclose(np.stack([cloud.x, cloud.y, cloud.z], 1), frame.point(points))
    for arrow, row in zip((first, second), readout, strict=True):
        begin, end = np.stack([arrow.x, arrow.y, arrow.z], axis=1)
        assert np.allclose(begin, frame.point(points).mean(axis=0))
        way = frame.vector(row)
        cosine = (end - begin) @ way / np.linalg.norm(end - begin) / np.linalg.norm(way)
        assert cosine == pytest.approx(1)


class Curves:
    """What was found of a model: numbers over its contexts."""

    contexts = (0.0, 3.0)

    def __init__(self, place: float):
        self.curve = [place, -place]


def test_what_was_found_is_gathered_by_setting_and_by_context():
    stds, seeds = [0.0, 0.0, 1.0, 1.0, 1.5, 1.5], [0, 1] * 3
    rows = pd.DataFrame({"field_std": stds, "seed": seeds})
    models = named(rows, ["field_std", "seed"])
    found = [Curves(float(k)) for k in range(6)]
    looked = dict(zip(models.table["model"], found, strict=True))
    first, middle, last = models.groups
    ends = {first: found[0], last: found[4]}
    assert rest.first_and_last(models, looked) == ends
    panels = rest.by_setting(models, looked, {"x [1]": lambda it: it.curve})
    assert panels["x [1]"][middle] == (Curves.contexts, [[2.0, -2.0], [3.0, -3.0]])
    shown = rest.named_contexts(Curves.contexts, "ab", "cd")
    assert shown["context 3"] == ("b", "d", rest.context_colour(3.0))


def test_one_context_is_drawn_as_a_point_and_several_as_a_line():
    panels = {
        "a [1]": {"x": ([0.0], [[1.0], [2.0]])},
        "b [1]": {"x": ([0, 1], [[3, 4]])},
    }
    fig: Any = rest.by_context(panels, {"x": "#000000"}, log=["b [1]"])
    shown = [trace for trace in fig.data if trace.name == "x"]
    assert all("markers" in trace.mode for trace in shown)
    assert [trace.showlegend for trace in shown] == [True, False]
    assert fig.layout.yaxis2.type == "log"
    assert fig.layout.xaxis.title.text == "context [1]"


def test_pairs_of_real_modes_are_open_and_turning_ones_are_filled():
    pair = np.exp((-2 + 3j) * 0.05)
    value = np.array([pair, pair.conj(), *np.exp(-np.array([1, 5]) * 0.05)])
    plane = spectra.planes(value, 0.05)
    fig: Any = modes.trace_determinant({"a": {"one": (plane, "#000000")}})
    parabola, points = fig.data
    assert np.allclose(parabola.y, parabola.x**2 / 4)
    assert points.marker.symbol == ("circle", "circle-open")


def test_eigenvalues_overlaps_and_responses_are_drawn_as_they_are():
    values = np.array([[0.5 + 0.1j, 0.5 - 0.1j]])
    fig: Any = modes.spectra({"a": {"one": (values, "#000000")}})
    assert np.allclose(fig.data[1].x + 1j * np.asarray(fig.data[1].y), values.ravel())
    fig = modes.overlaps({"a": {"one": (np.ones(2), np.zeros(2), "#000000")}}, 0.04)
    assert fig.layout.shapes[0].y0 == 0.04
    assert min(fig.data[0].y) > 0  # a logarithmic axis has no zero
    rows = {"s": [np.array([5.0, 6.0, 1.0, 2.0])]}
    fig = modes.against_chance(rows, {"s": "#000000"})
    violin, slow, turning = fig.data
    assert list(violin.y) == [1.0, 2.0]
    assert (slow.y, turning.y) == ((5.0,), (6.0,))


def test_eigenvalues_that_are_not_positive_are_left_out_of_a_logarithm():
    fig: Any = bends.sorted_values({"a": {"one": (np.array([-1.0, 2.0]), "#000000")}})
    assert np.isnan(fig.data[0].y[0])
    assert fig.data[0].y[1] == 2.0
    fig = bends.by_distance(
        [0.1, 1.0], {"p [1]": {"s": [[1.0, 2.0], [3.0, 4.0]]}}, {"s": "#000000"}
    )
    assert list(fig.data[1].y) == [2.0, 3.0]
    assert fig.layout.xaxis.type == "log"


def test_curves_along_a_trial_are_over_seconds():
    fig: Any = rest.over_time(
        {"s": [np.array([1.0, 2.0, 3.0])]}, {"s": "#000000"}, 0.05, "d"
    )
    assert np.allclose(fig.data[1].x, [0.05, 0.1, 0.15])
