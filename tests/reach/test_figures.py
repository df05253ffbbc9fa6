"""Figures: axes with units, one colour a value, thinning stated, limits that hold."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from studies.reach import figures as drawn_figures
from studies.reach import frequency
from studies.reach.figures import common, measures

figures: Any = drawn_figures  # plotly types the entries of a figure as anything at all


def group(curves=5, css="#0072b2", shift=0.0):
    rng = np.random.default_rng(curves)
    panels = [rng.normal(size=(curves, 12, 2)) + shift for _ in range(3)]
    return figures.Group(
        panels, css, [f"replicate 0, trial {k}" for k in range(curves)]
    )


def trials(stds=(0.0, 1.5), seeds=(0, 1), amplitudes=(0.0, 4.0), count=150):
    rng = np.random.default_rng(0)
    rows = [
        (std, seed, amplitude, 0, condition, 10 * amplitude / (1 + std) + rng.normal())
        for std in stds
        for seed in seeds
        for amplitude in amplitudes
        for condition in range(count)
    ]
    names = ["field_std", "seed", "amplitude", "evaluation", "condition", "distance"]
    return pd.DataFrame(rows, columns=pd.Index(names))


COLOURS = {std: figures.std_colour(std) for std in (0.0, 0.5, 1.5)}


def titles(fig):
    return [axis.title.text for axis in (*fig.select_xaxes(), *fig.select_yaxes())]


def test_few_curves_are_all_drawn_and_many_are_thinned_with_words():
    few = figures.aligned_paths({"a": group(6)}, 0.5)
    many = figures.aligned_paths({"a": group(90)}, 0.5)
    drawn = [trace for trace in many.data if "trial" in (trace.hovertemplate or "")]
    assert len(drawn) == 3 * common.MOST
    assert sum("trial" in (t.hovertemplate or "") for t in few.data) == 18
    words = [note.text for note in many.layout.annotations]
    assert "20 of 90 curves of each colour drawn" in words
    assert not any("drawn" in note.text for note in few.layout.annotations)


def test_the_mean_is_that_of_all_curves_not_of_those_drawn():
    one = group(90)
    fig = figures.aligned_paths({"a": one}, 0.5)
    mean = next(t for t in fig.data if "mean of 90" in (t.hovertemplate or ""))
    assert np.allclose(np.column_stack([mean.x, mean.y]), one.panels[0].mean(axis=0))
    assert mean.line.width == common.THICK["width"]
    assert mean.showlegend


def test_axes_of_paths_have_units_and_the_goal_is_an_open_circle():
    fig = figures.aligned_paths({"a": group()}, 0.5)
    assert "forward position [m]" in titles(fig)
    assert "left velocity [m/s]" in titles(fig)
    assert "left force [N]" in titles(fig)
    goal = next(trace for trace in fig.data if trace.name == "goal")
    assert (goal.marker.symbol, goal.x[0]) == ("circle-open", 0.5)
    start = next(trace for trace in fig.data if trace.name == "start")
    assert start.marker.symbol == "square"


def test_limits_hold_every_group_and_are_the_same_in_both_figures():
    low, high = {"a": group(shift=-3.0)}, {"a": group(shift=4.0)}
    edges = figures.limits([*low.values(), *high.values()])
    for groups in (low, high):
        fig = figures.centre_out_set(groups, np.zeros((1, 2)), np.ones((1, 2)), edges)
        x = fig.layout.xaxis.range
        assert tuple(x) == edges[0][0]
        points = groups["a"].panels[0][..., 0]
        assert x[0] < points.min() and points.max() < x[1]


def test_colours_are_of_the_variable():
    assert COLOURS[0.0] != COLOURS[0.5] != COLOURS[1.5]
    full = figures.direction_colour(0.3 + 2 * np.pi)
    assert full == figures.direction_colour(0.3), "directions are cyclic"
    strong = figures.amplitude_colour(4.0, 4.0)
    assert strong == figures.amplitude_colour(0.4, 0.4), "largest of its kind"
    assert figures.std_colour(0.1, "constant") != figures.std_colour(0.01, "constant")


@pytest.mark.parametrize("shaded", [None, (0.2, 0.4)], ids=["plain", "impulse"])
def test_profiles_are_over_seconds_with_a_grey_impulse(shaded):
    band = (np.ones((20, 2)), np.full((20, 2), 0.1))
    bands = {"velocity": {"a": band}, "force": {"a": band}}
    edges = figures.profile_limits([bands])
    fig = figures.profiles(bands, {"a": "#009e73"}, 0.05, edges, shaded)
    assert "forward<br>velocity [m/s]" in titles(fig)
    assert "time [s]" in titles(fig)
    mean = next(trace for trace in fig.data if trace.name == "a")
    assert mean.x[-1] == pytest.approx(19 * 0.05)
    low, high = edges["velocity"][0]
    assert low < 0.9 < 1.1 < high
    grey = [shape for shape in fig.layout.shapes if shape.type == "rect"]
    assert len(grey) == (4 if shaded else 0)


def test_violins_of_many_trials_are_of_their_quantiles_and_name_the_extremes():
    frame = trials(count=300)
    fig = figures.measure_violins(
        frame,
        "distance",
        ("field_std", "training std"),
        ("amplitude", "amplitude"),
        {0.0: "#0072b2", 4.0: "#e69f00"},
        "distance [%]",
    )
    violin = next(t for t in fig.data if t.type == "violin" and "4" in t.name)
    at_low = np.asarray(violin.y)[np.asarray(violin.x) == "0"]
    own: Any = frame[(frame.field_std == 0.0) & (frame.amplitude == 4.0)]["distance"]
    assert len(at_low) == measures.MOST
    assert np.median(at_low) == pytest.approx(own.median(), abs=0.02)
    assert np.std(at_low) == pytest.approx(own.std(), rel=0.05)
    dots = next(t for t in fig.data if t.type == "box")
    assert {"seed", "evaluation", "condition"} <= set(
        dots.text[0].replace("<br>", " ").split()
    )
    assert any("quantiles of 600 trials" in a.text for a in fig.layout.annotations)


def test_split_violins_have_a_side_for_each_training_std():
    fig = figures.split_violins(
        trials(), "distance", (0.0, 1.5), COLOURS, "distance [%]"
    )
    assert [trace.side for trace in fig.data] == ["negative", "positive"]
    assert set(fig.data[0].x) == {"0", "1"}
    assert "distance [%]" in titles(fig)


def test_the_summary_shows_means_at_both_ends():
    frame = trials()
    fig = figures.low_high_summary(
        frame, {"distance": "distance [%]"}, (0.0, 4.0), COLOURS
    )
    assert len(fig.data) == 2
    own = frame[(frame.field_std == 1.5) & (frame.amplitude == 4.0)]["distance"]
    assert fig.data[1].y[1] == pytest.approx(own.mean())


def test_frequency_responses_have_gain_phase_and_coherence():
    at = np.linspace(0.1, 10, 30)
    one = frequency.Response(at, 1 / at, -at, np.full(30, 0.5))
    found = {name: {"a": [one, one]} for name in ("position", "velocity")}
    fig = figures.frequency_response(found, {"a": "#0072b2"})
    assert {"gain [N/m]", "gain [N s/m]", "phase [rad]", "coherence [1]"} <= set(
        titles(fig)
    )
    assert len(fig.data) == 2 * 2 * 3, "an area and a median in each panel"


def test_histograms_of_angles_have_a_mean_density_of_one():
    rng = np.random.default_rng(0)
    angles = np.append(rng.uniform(-np.pi, np.pi, 4000), np.nan)
    fig = figures.angle_histograms({"force": {"a": angles}}, {"a": "#0072b2"})
    radius = np.asarray(fig.data[0].r)[:-1]
    assert radius.mean() == pytest.approx(1)
    assert np.abs(radius - 1).max() < 0.3
    peaked = figures.angle_histograms(
        {"force": {"a": np.full(9, 0.1)}}, {"a": "#0072b2"}
    )
    place = int(np.argmax(peaked.data[0].r))
    assert abs(peaked.data[0].theta[place] - np.degrees(0.1)) < 15


def test_agreement_in_time_stays_within_its_axis():
    rows = np.cos(np.linspace(0, 3, 10))[None].repeat(2, axis=0)
    fig = figures.angles_in_time(np.arange(10) * 0.05, {"a": rows}, {"a": "#0072b2"})
    assert tuple(fig.layout.yaxis.range) == (-1, 1)
    assert "time [s]" in titles(fig)
