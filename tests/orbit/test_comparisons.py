"""Figures of surveys, and that the spreads train what the tables of December name."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fieldnotes.project import Project
from fieldnotes.spreads import load_spreads
from studies.evidence import where
from studies.orbit import batches, december, figures, published, targets
from studies.orbit.checks import check_seeds
from studies.orbit.tasks import TaskError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def table() -> pd.DataFrame:
    """Eight models: two layers, two lengths, two orbits; one stuck, one diverged."""
    layers = [layer for layer in ("signed", "abs") for _ in range(4)]
    return pd.DataFrame(
        {
            "model": [f"m{k}" for k in range(8)],
            "group": layers,
            "output_layer": layers,
            "features": "rinv_vel",
            "segment_lengths": [4, 18] * 4,
            "orbits": [1, 1, 10, 10] * 2,
            "windows": "[0.0, 1.0]",
            "state": ["trained"] * 6 + ["stuck", "diverged"],
            "mean_100": [8.0, 7, 6, 5, 9, 8, 90, np.inf],
        }
    )


def traces(fig) -> list[Any]:
    return list(fig.data)


def titles(fig) -> list[str]:
    axes = [*fig.select_xaxes(), *fig.select_yaxes()]
    return [axis.title.text for axis in axes if axis.title.text]


def test_strips_mark_what_is_stuck_and_leave_out_what_has_no_place(table):
    fig = figures.strips(table, "output_layer", "orbits")
    symbols = [symbol for trace in traces(fig) for symbol in trace.marker.symbol]
    assert symbols.count("x") == 1
    shown = np.concatenate([np.asarray(trace.x, float) for trace in traces(fig)])
    assert np.isnan(shown).sum() == 1
    assert any("[%]" in title for title in titles(fig))


def test_heat_maps_show_medians_on_one_scale(table):
    table = table.assign(windows=["a", "b"] * 4)
    fig = figures.heat_maps(table, "orbits", "output_layer", "windows")
    assert len(traces(fig)) == 2
    assert {trace.zmin for trace in traces(fig)} == {np.log10(5.0)}
    one = figures.heat_maps(table[table["windows"] == "a"], "orbits", "output_layer")
    row = list(traces(one)[0].y).index("signed")
    assert list(traces(one)[0].text[row]) == ["8", "6"]


def test_parallel_coordinates_leave_out_models_without_a_number(table):
    fig = figures.parallel(table, ["output_layer", "orbits"])
    assert len(traces(fig)[0].dimensions) == 3
    assert {len(axis["values"]) for axis in traces(fig)[0].dimensions} == {7}


def test_main_effects_are_changes_of_the_mean_log_error():
    own = pd.DataFrame({"mean_100": [1.0, 1, 100, 100], "depth": [1, 1, 2, 2]})
    fig = figures.effects(own, ["depth"])
    assert list(traces(fig)[0].x) == pytest.approx([-1, 1])


def test_lines_and_published_numbers_are_drawn_with_their_ranges(table):
    lines = figures.error_lines(table, "orbits", "segment_lengths", "orbits [1]")
    assert list(traces(lines)[0].y) == pytest.approx([8.5, 48.0])
    assert list(traces(lines)[0].error_y.array) == pytest.approx([0.5, 42.0])
    rows = december.compared(pd.DataFrame(columns=table.columns)).assign(
        models=1, ours_100=5.0, low=4.0, high=8.0
    )
    fig = figures.beside_notes(rows)
    assert len(traces(fig)[0].y) == len(published.TABLE)
    curve = {"model": ((4, 18), (1.0, 2.0))}
    both = figures.against_lines(curve, curve, "length [samples]", "error [%]")
    assert titles(both) == ["length [samples]", "error [%]"]


# Spreads ---------------------------------------------------------------------------


def trained(name: str) -> Any:
    """Every model that a spread trains, by its parameters."""
    (spread,) = load_spreads(Project(ROOT), [name])[-1:]
    rows = []
    for stage in spread.stages.values():
        if stage.notebook.name == "orbit/train":
            for request in stage.requests:
                for member in request.members:
                    rows.append({**request.parameters, **member})
    return pd.DataFrame(rows)


def test_the_full_spread_trains_every_published_row():
    models = trained("orbit/full/december")
    for row in published.TABLE:
        assert len(where(models, **row.where)) == 60, row.name


def test_the_two_desk_spreads_train_every_published_row():
    parts = [trained(f"orbit/december{part}") for part in ("", "-rest")]
    models = pd.concat(parts)
    for row in published.TABLE:
        assert len(where(models, **row.where)) == 15, row.name


def test_the_desk_spread_trains_what_every_claim_but_one_compares():
    models = trained("orbit/december")
    for ranking in published.RANKINGS:
        if ranking.name != "two_phases_are_no_better":
            for setting in ranking.settings:
                assert len(where(models, **setting)) == 15, ranking.name


def test_the_targets_are_trained_over_enough_seeds_and_draws():
    models = trained("orbit/targets")
    for target in targets.TARGETS:
        trains = where(models, **target.where)
        assert len(set(trains.values("seed"))) >= 5, target.name
        assert len(set(trains.values("data_seed"))) >= 3, target.name


# Seeds and data seeds together -------------------------------------------------------


def test_members_of_one_draw_share_their_orbits_and_others_have_their_own():
    sizes = {"space": False, "points": 36}
    drawn = {n: batches.training_sets("complex", 2, n, **sizes) for n in (1, 2)}
    assert batches.of_members(drawn, [1, 1]) is drawn[1].training
    assert batches.of_members(drawn, [2, 1]) == [drawn[2].training, drawn[1].training]


def test_pairs_of_seed_and_draw_may_repeat_either_but_not_both():
    check_seeds({"seed": [0, 1, 0, 1], "data_seed": [1, 1, 2, 2]})
    check_seeds({"seed": [0, 1], "data_seed": [1, 2, 3]})
    with pytest.raises(TaskError, match="no model twice"):
        check_seeds({"seed": [0, 0, 1], "data_seed": [1, 1, 2]})
    with pytest.raises(TaskError, match="no model twice"):
        check_seeds({"seed": [0, 0], "data_seed": [1]})
