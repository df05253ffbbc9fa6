"""Loss figures: averages that keep the mean, stars at the best, a panel a std."""

from typing import Any

import numpy as np
import pytest

from studies.reach.figures.losses import (
    binned,
    log_bins,
    loss_history,
    replicate_spread,
)


def traces(fig: Any) -> list[Any]:
    """The traces of a figure."""
    return list(fig.data)


def history(seed, batches=40, best=20):
    """What a training leaves, made up."""
    rng = np.random.default_rng(seed)
    position, command = rng.uniform(0.5, 1, (2, batches)) / np.arange(1, batches + 1)
    return {
        "loss": position + command,
        "loss.position": position,
        "loss.command": command,
        "loss.readout_norm": np.zeros(batches),
        "validation_step": np.array([best, batches]),
        "validation": np.array([0.1, 0.2]),
        "best_step": np.array([float(best)]),
        "best_loss": np.array([0.1]),
    }


@pytest.mark.parametrize("count", [1, 7, 10_000])
def test_bins_cover_every_batch_once(count):
    edges = log_bins(count)
    assert edges[0] == 0 and edges[-1] == count and (np.diff(edges) > 0).all()
    values = np.random.default_rng(0).uniform(size=(2, count))
    means = binned(values, edges)
    np.testing.assert_allclose(means @ np.diff(edges), values.sum(axis=1))


def test_the_loss_history_shows_each_term_and_where_each_replicate_was_best():
    groups = {0.0: [history(0, best=10), history(1)], 1.5: [history(2)]}
    fig: Any = loss_history(groups)
    first = [trace for trace in traces(fig) if trace.xaxis == "x"]
    names = {trace.name for trace in first if trace.name}
    assert names == {
        "total", "position", "command", "validation", "best of a replicate"
    }  # fmt: skip
    stars = next(trace for trace in first if trace.name == "best of a replicate")
    assert list(stars.x) == [10, 20] and list(stars.y) == [0.1, 0.1]
    assert fig.layout.yaxis.type == "log" and fig.layout.xaxis.type == "log"
    assert [note.text for note in fig.layout.annotations][:2] == ["std 0", "std 1.5"]
    position = next(trace for trace in first if trace.name == "position")
    expected = np.mean([own["loss.position"][0] for own in groups[0.0]])
    assert position.y[0] == pytest.approx(expected)


def test_a_replicate_that_broke_off_leaves_the_others_shown():
    fig: Any = loss_history({1.5: [history(0), history(1, batches=9, best=9)]})
    total = next(trace for trace in traces(fig) if trace.name == "total")
    assert np.isfinite(total.y).all() and total.x[-1] > 30


def test_replicates_are_spread_by_std_in_a_panel_for_each_measure():
    measures = {"loss [1]": [1.0, 2.0, 3.0], "norm [1]": [4.0, 5.0, 6.0]}
    fig: Any = replicate_spread([0.0, 1.5, 1.5], measures, logarithmic=["loss [1]"])
    assert [list(trace.y) for trace in traces(fig)] == [[1], [2, 3], [4], [5, 6]]
    assert fig.layout.yaxis.type == "log" and fig.layout.yaxis2.type == "linear"
    assert fig.layout.yaxis2.title.text == "norm [1]"
    assert fig.layout.xaxis.title.text == "std of the field [N s/m]"
