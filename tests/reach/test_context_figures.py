"""Figures of contexts: what they draw, in which order, and where the training was."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from studies.evidence import groups
from studies.reach.figures import context_effects

CONTEXTS = [-2.0, 0.0, 2.0]
COLOURS = {"low": "#0072b2", "high": "#e69f00"}
ROWS = np.array([[3.0, 2.0, 1.0], [5.0, 2.0, 1.5], [4.0, 9.0, 1.2]])


def traces(fig: Any) -> list[Any]:
    return list(fig.data)


def test_medians_of_the_replicates_are_drawn_against_context():
    panels = {
        "distance [%]": {"low": ROWS, "high": ROWS + 1},
        "force [N]": {"low": 2 * ROWS},
    }
    fig: Any = context_effects.against_context(CONTEXTS, panels, COLOURS)
    lines = [t for t in traces(fig) if t.mode != "none" and t.name in COLOURS]
    drawn = [t for t in lines if np.array_equal(t.y, np.median(ROWS, axis=0))]
    assert len(drawn) == 1
    assert drawn[0].x.tolist() == CONTEXTS
    named = [t.name for t in traces(fig) if t.showlegend]
    assert sorted(named) == ["high", "low"], "each is named once"
    spans = [(s.x0, s.x1) for s in fig.layout.shapes]
    assert spans == [context_effects.TOLD] * 2
    assert fig.layout.yaxis2.title.text == "force [N]"


def test_levels_are_marked_in_the_first_panel_only():
    panels = {"share [1]": {"low": ROWS}, "axes [1]": {"low": ROWS}}
    fig: Any = context_effects.in_time(np.arange(3.0), panels, COLOURS, {"chance": 0.1})
    assert [(s.y0, s.yref) for s in fig.layout.shapes] == [(0.1, "y")]
    assert "chance" in [note.text for note in fig.layout.annotations]


def test_traces_are_put_in_order_and_strangers_refused():
    fig: Any = go.Figure([go.Scatter(legendgroup=name) for name in ("b", "c", "a")])
    fig = context_effects.in_order(fig, ["a", "b", "c"])
    assert [trace.legendgroup for trace in traces(fig)] == ["a", "b", "c"]
    with pytest.raises(ValueError, match="not in list"):
        context_effects.in_order(fig, ["a", "b"])


def test_settings_are_drawn_with_the_range_of_their_replicates():
    table = pd.DataFrame(
        {
            "group": ["one"] * 4 + ["two"] * 2,
            "field_std": [0.0, 1.5, 1.5, 1.5, 1.5, 1.5],
            "distance": [9.0, 1.0, 2.0, 6.0, 3.0, np.nan],
        }
    )
    columns = {"std 1.5": ("distance", 1.5, "#0072b2")}
    fig: Any = context_effects.setting_ranges(groups(table), columns, "distance [%]")
    (drawn,) = traces(fig)
    assert list(drawn.y) == ["one", "two"]
    np.testing.assert_allclose(drawn.x, [2, 3])
    np.testing.assert_allclose(drawn.error_x.array, [4, 0])
    np.testing.assert_allclose(drawn.error_x.arrayminus, [1, 0])
