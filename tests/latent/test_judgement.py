"""Figures of rollouts show the numbers that they are given."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from studies.latent import figures
from studies.latent.figures import panels

CURVES = np.array([[0.1, 0.2, 0.3, 0.4], [0.3, 0.4, 0.5, np.inf]])
FAMILIES = {"validation": {"a": CURVES}, "flow": {"a": CURVES}}
LINES = {family: {"linear": CURVES[:, :4] / 2} for family in FAMILIES}


def drawn(fig) -> list[Any]:
    """The traces of a figure."""
    return list(fig.data)


def test_model_and_baseline_stand_at_the_same_steps():
    fig = figures.time_aligned(FAMILIES, LINES, time_units=2, horizon=4)
    line, model = drawn(fig)[0], drawn(fig)[1]
    np.testing.assert_array_equal(line.x, model.x)
    assert model.x[0] == 1
    np.testing.assert_allclose(model.y[:3], [0.2, 0.3, 0.4])
    assert [size > 0 for size in model.marker.size] == [False, True, False, True]


def test_a_baseline_has_one_entry_in_the_legend():
    fig = figures.rollout_errors(FAMILIES, LINES)
    shown = [trace.name for trace in drawn(fig) if trace.showlegend is not False]
    assert shown.count("linear interpolation") == 1
    assert shown.count("a") == 1


def test_an_exploded_rollout_can_be_drawn():
    fig = figures.rollout_errors(FAMILIES, LINES)
    values = np.concatenate(
        [np.asarray(t.y, float) for t in drawn(fig) if t.y is not None]
    )
    assert np.isfinite(values).all()


def test_settings_stand_beside_their_models():
    table = pd.DataFrame(
        {
            "group": ["a", "a", "b"],
            "validation_ratio": [0.1, 0.2, 5.0],
            "validation_divergence": [2000.0, 2000.0, 40.0],
            "flow_divergence": [2000.0, 2000.0, 30.0],
            "validation_activity_divergence": [1.0, 1.0, 1.0],
        }
    )
    fig = figures.settings(table, {"validation_ratio": "validation"})
    assert list(drawn(fig)[0].y) == ["a", "a", "b"]
    np.testing.assert_allclose(drawn(fig)[0].x, [0.1, 0.2, 5.0])
    steps = figures.divergence(table, 2000)
    assert [trace.name for trace in drawn(steps)] == ["validation", "flow"]
    np.testing.assert_allclose(drawn(steps)[1].x, [2000, 2000, 30])


def test_variances_are_drawn_by_type_with_the_diagonal():
    total, left = np.array([1.0, 2.0, 4.0]), np.array([0.5, 0.5, 4.0])
    fig = figures.variance_scatter(total, left, np.array([0, 0, 1]), ["L1", "T4"])
    assert [trace.name for trace in drawn(fig)[:2]] == ["L1", "T4"]
    np.testing.assert_allclose(drawn(fig)[2].x, [1.5, 4.0])
    assert tuple(drawn(fig)[3].x) == tuple(drawn(fig)[3].y) == (0, 4.0)


def test_traces_show_a_neuron_of_each_type_and_say_how_much_is_explained():
    time = np.linspace(0, 6, 60)
    true = np.stack([np.sin(time), np.cos(time)], axis=1)
    fig = figures.traces(true, true, np.array([0, 1]), ["L1", "T4"], dt=0.02)
    layout: Any = fig.layout
    titles = [note.text for note in layout.annotations]
    assert all("R² 1.00" in title for title in titles)
    assert len(drawn(fig)) == 4
    np.testing.assert_allclose(drawn(fig)[0].y, true[:, 0])


def test_checkpoints_are_drawn_at_their_updates():
    fig = figures.over_training([10, 20], {"a": [1.0, np.inf]}, marks={"stop": 20})
    assert list(drawn(fig)[0].x) == [10, 20]
    assert np.isfinite(np.asarray(drawn(fig)[0].y, float)).all()


def test_a_spectrum_has_its_unit_circle_and_states_their_plane():
    values = np.array([[0.9 + 0.1j, 0.9 - 0.1j]])
    fig = figures.map_spectrum({"a": values}, values[0])
    np.testing.assert_allclose(np.hypot(drawn(fig)[0].x, drawn(fig)[0].y), 1.0)
    assert len(drawn(figures.latent_paths({"a": np.zeros((5, 2))}))) == 1
    kept = figures.variance_kept({"a": np.array([3.0, 1.0])})
    np.testing.assert_allclose(drawn(kept)[0].y[0], 0.25)
    probe = figures.listening({"a": np.array([1.0])}, {"a": np.array([2.0])})
    assert (drawn(probe)[0].x[0], drawn(probe)[0].y[0]) == (2.0, 1.0)


@pytest.mark.parametrize(
    ("names", "below"),
    [(["a", "b"], False), (list("abcdefgh"), True), (["augmentation " * 3], True)],
    ids=["few", "many", "long"],
)
def test_a_long_legend_goes_below_and_leaves_the_plot_its_height(names, below):
    fig = go.Figure([go.Scatter(y=[1], name=name) for name in names])
    fig.add_trace(go.Scatter(y=[1], name="x" * 99, showlegend=False))
    layout: Any = panels.roomy(fig).layout
    assert (layout.legend.orientation == "h") is below
    if below:
        assert layout.height - layout.margin.b - layout.margin.t == panels.PLOT


def compared_with(errors: Any, ratios: Any = 0.5) -> Any:
    """As much of a comparison as the panels ask for: two models a setting."""
    groups = [f"setting {k}" for k in range(len(errors)) for _ in range(2)]
    table = pd.DataFrame({"group": groups, "validation_window": np.repeat(errors, 2)})
    table = table.assign(validation_ratio=ratios, flow_ratio=ratios)
    names = list(dict.fromkeys(groups))
    models = SimpleNamespace(groups=dict.fromkeys(names))
    return SimpleNamespace(
        table=table, comparable=lambda: names, models=models, shown=table
    )


def test_rollouts_of_many_settings_are_thinned_by_rank_and_that_is_said():
    few = compared_with(np.arange(panels.MOST))
    assert panels.thinned(few) == (few.comparable(), "")
    errors = np.random.default_rng(0).permutation(28).astype(float)
    names, said = panels.thinned(compared_with(errors))
    kept = sorted(errors[int(name.split()[1])] for name in names)
    assert kept == [0, 3, 6, 9, 12, 15, 18, 21, 24, 27]
    assert said == ", from the least error within the window to the largest"


def test_a_setting_without_steps_between_has_no_share_of_interpolation():
    ratios = [0.2, 0.3, np.nan, np.nan, 0.5, np.inf]
    figure: Any = panels.by_setting(compared_with([1.0, 2.0, 3.0], ratios)).figure
    assert list(figure.data[0].y) == ["setting 0"] * 2 + ["setting 2"] * 2
    np.testing.assert_allclose(figure.data[0].x, [0.2, 0.3, 0.5, 1e2])
