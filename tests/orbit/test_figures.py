"""Figures show the numbers they were given, with units on every axis."""

import json
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from studies.orbit import figures, kepler, metrics, penalties, reports, tasks
from studies.orbit.real import real_objects
from studies.orbit.systems import TwoBody

ORBITS = tasks.orbit_set("complex", 6, seed=1, points=60)
TIME, TRUE = ORBITS.time[0], ORBITS.states[0]
WRONG = TRUE * 1.01
GENERATOR = np.random.default_rng(0)
ERRORS = GENERATOR.lognormal(size=(6, 60))
HISTORY = {
    "step": np.arange(300),
    "phase": np.repeat([0, 1], 150),
    "loss": np.geomspace(100, 0.1, 300),
    "loss.percent_error": np.geomspace(90, 0.1, 300),
    "loss.nmse": np.geomspace(10, 0.1, 300),
    "validation_step": np.array([100, 200, 300]),
    "validation": np.array([5.0, 2.0, 1.0]),
}
SEEDS = pd.DataFrame(
    {
        "head": ["a", "a", "b", "b"],
        "error": [1.0, 2.0, 3.0, np.inf],
        "seed": [0, 1, 0, 1],
    }
)
PHASES = [
    figures.ReferencePhase("phase 1", WRONG, 12.5),
    figures.ReferencePhase("phase 2", TRUE, 0.5),
]
ACCELERATIONS = (kepler.gravity(TRUE[:, :3]), kepler.gravity(WRONG[:, :3]))

ALL = {
    "paths": lambda: figures.orbit_paths(ORBITS),
    "paths in space": lambda: figures.orbit_paths(real_objects(space=True)),
    "histograms": lambda: figures.element_histograms(ORBITS),
    "histograms of one": lambda: figures.element_histograms(tasks.unseen_set(1)),
    "spacing": lambda: figures.sample_spacing(ORBITS),
    "boxes": lambda: figures.error_boxes({"m": {"100": ERRORS}}, "sample"),
    "violins": lambda: figures.seed_violins(SEEDS, "head", "error", "%"),
    "heat map": lambda: figures.shape_heat_map(
        ORBITS.elements, ERRORS.mean(axis=1), ORBITS.elements[:2]
    ),
    "losses": lambda: figures.loss_curves(HISTORY),
    "reference": lambda: figures.reference_phases(TIME, TRUE, PHASES),
    "values": lambda: figures.values_over_time(
        TIME, {"1/r": TRUE[:, 0]}, {"1/r": WRONG[:, 0]}, periapsis=1.0
    ),
    "components": lambda: figures.components_over_time(
        TIME,
        (TRUE[:, :3], TRUE[:, 3:], ACCELERATIONS[0]),
        (WRONG[:, :3], WRONG[:, 3:], ACCELERATIONS[1]),
    ),
    "directions": lambda: figures.directions_over_time(
        TIME, TRUE[:, :3], *ACCELERATIONS
    ),
}


def axes_of(fig: go.Figure) -> dict[str, dict]:
    """Axes of a figure by name, of its 3-D scene too."""
    layout = json.loads(fig.to_json() or "{}")["layout"]
    axes = layout | layout.get("scene", {})
    return {k: v for k, v in axes.items() if k[:5] in ("xaxis", "yaxis", "zaxis")}


@pytest.mark.parametrize("name", ALL)
def test_every_axis_that_carries_a_title_carries_a_unit(name):
    fig = ALL[name]()
    titles = [axis.get("title", {}).get("text", "") for axis in axes_of(fig).values()]
    assert any(titles)
    named = [title for title in titles if title and title not in ("test set", "head")]
    assert all("[" in title and title.endswith("]") for title in named), named


def test_the_unit_of_length_is_that_of_the_system():
    assert figures.length_unit("j2") == "R_E"
    unit = figures.length_unit("three_body")
    drawn = (
        figures.reference_phases(TIME, TRUE, PHASES, unit),
        figures.directions_over_time(TIME, TRUE[:, :3], *ACCELERATIONS, unit),
    )
    titles = [
        axis.get("title", {}).get("text", "")
        for fig in drawn
        for axis in axes_of(fig).values()
    ]
    assert {"x [distance]", "position error [distance]"} < set(titles)
    assert "radial component [distance/TU²]" in titles
    assert not [title for title in titles if "R_E" in title]


@pytest.mark.parametrize("name", ALL)
def test_a_figure_stays_small_enough_for_a_page(name):
    assert len(ALL[name]().to_json() or "") < 300_000


def test_a_box_shows_the_quartiles_of_its_pool():
    fig: Any = ALL["boxes"]()
    box = fig.data[0]
    expected = np.quantile(ERRORS, [0.25, 0.5, 0.75])
    assert [box.q1[0], box.median[0], box.q3[0]] == pytest.approx(expected.tolist())
    assert box.mean[0] == pytest.approx(ERRORS.mean())
    assert min(fig.data[1].y) > box.upperfence[0]
    assert fig.layout.yaxis.type == "log"


def test_a_violin_has_a_dot_for_each_model_that_has_a_value():
    fig: Any = ALL["violins"]()
    assert [list(trace.y) for trace in fig.data] == [[1.0, 2.0], [3.0]]


@pytest.mark.parametrize(
    ("loss", "unit"), [("acceleration_matching", "%"), ("mse_with_reg", "1")]
)
def test_the_axis_of_a_loss_has_the_unit_that_is_recorded(loss, unit):
    assert penalties.unit(loss) == unit
    fig: Any = figures.loss_curves(HISTORY, penalties.unit(loss))
    assert fig.layout.yaxis.title.text == f"loss [{unit}]"


def test_losses_have_a_band_for_each_phase():
    fig: Any = ALL["losses"]()
    assert [(shape.x0, shape.x1) for shape in fig.layout.shapes] == [
        (0.0, 150.0),
        (150.0, 300.0),
    ]
    assert {trace.name for trace in fig.data} == {
        "total",
        "percent_error",
        "nmse",
        "validation",
    }


def test_a_cell_of_the_heat_map_is_the_median_of_its_orbits():
    elements = np.zeros((4, 6))
    elements[:, 0], elements[:, 1] = [1.1, 1.1, 6.0, 6.0], [0.1, 0.1, 0.8, 0.8]
    errors = np.array([1.0, 3.0, 10.0, 10.0])
    fig: Any = figures.shape_heat_map(elements, errors, bins=2)
    assert np.asarray(fig.data[0].customdata).ravel() == pytest.approx(
        [2.0, np.nan, np.nan, 10.0], nan_ok=True
    )


def test_the_table_marks_the_best_of_each_column_and_keeps_the_diverged():
    given = metrics.predict(TwoBody().acceleration, ORBITS)
    weaker = metrics.predict(TwoBody(0.9).acceleration, ORBITS)
    rows = {
        "true": {"10": reports.table_row(given)},
        "weaker": {"10": reports.table_row(weaker)},
        "broken": {},
    }
    table = figures.generalisation_table(rows, ("mean", "slope"))
    assert table.loc["weaker", ("10", "mean")] == pytest.approx(10.0, abs=1e-3)
    text = figures.markdown_table(table, {"broken": "diverged at step 12"})
    head, _, *body = text.splitlines()
    assert head == "| model | mean [%] | slope [1] |"
    several = figures.generalisation_table({"a": {"10": {}, "real": {}}}, ("mean",))
    head = figures.markdown_table(several).splitlines()[0]
    assert head == "| model | 10: mean [%] | real: mean [%] |"
    assert body[0].startswith("| true | **")
    assert "**" not in body[1].split("|")[2]
    assert body[2] == "| broken | diverged at step 12 |  |"


def test_a_number_that_is_not_there_is_a_dash_and_one_without_bound_is_infinite():
    table = figures.generalisation_table(
        {"a": {"10": {"mean": np.inf}}, "b": {"10": {}}}, ("mean",)
    )
    text = figures.markdown_table(table)
    assert "| a | ∞ |" in text
    assert "| b | – |" in text


def test_a_pool_with_infinite_errors_still_has_a_box():
    fig: Any = figures.error_boxes(
        {"m": {"10": np.array([1.0, 2, 3, np.inf])}}, "orbit"
    )
    assert fig.data[0].median[0] == 2.0
    assert len(fig.data[1].y) == 0


def test_where_all_models_are_alike_none_is_best():
    rows = {name: {"10": {"mean": 0.0}} for name in "ab"}
    text = figures.markdown_table(figures.generalisation_table(rows, ("mean",)))
    assert "**" not in text
