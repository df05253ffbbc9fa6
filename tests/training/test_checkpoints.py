"""Checkpoints: an interrupted training ends as the uninterrupted one, to the bit."""

import numpy as np
import optax
import pytest

from studies.training import CheckpointError, Phase, train
from tiny_training import ROWS, Points, draw, far_valley, noisy, parabola, points, same

PHASES = (
    Phase(20, 1e-2),
    Phase(20, 1e-3, trainable=lambda model: Points(True, False, False)),  # type: ignore
    Phase(20, 1e-2, reset_optimiser=False, reset_at=[10]),
)


class Killed(Exception):
    """What ends the training in these tests."""


def go(path=None, die_at=None, seen=None, **change):
    def report(step, loss, **terms):
        if seen is not None:
            seen.append(step)
        if step == die_at:
            raise Killed

    usual = {
        "models": points(2),
        "loss": noisy,
        "batch": draw,
        "phases": PHASES,
        "data": ROWS,
        "seeds": [1, 2],
        "validation": far_valley,
        "validate_every": 7,
        "chunk": 5,
    }
    return train(
        **(usual | change), checkpoint=path, checkpoint_seconds=0.0, report=report
    )


@pytest.mark.parametrize("step", [5, 20, 35, 50, 60])
def test_a_resumed_training_equals_the_uninterrupted_one_bit_for_bit(tmp_path, step):
    path = tmp_path / "artifacts" / "checkpoint"
    with pytest.raises(Killed):
        go(path, die_at=step)
    assert path.exists()
    resumed, whole = go(path), go()
    assert same(resumed.final, whole.final)
    assert same(resumed.best_by_phase, whole.best_by_phase)
    for name in ("best_loss", "best_step", "diverged_at"):
        np.testing.assert_array_equal(getattr(resumed, name), getattr(whole, name))
    for kind in ("columns", "validation"):
        one, other = getattr(resumed, kind), getattr(whole, kind)
        assert one.keys() == other.keys()
        for name in other:
            np.testing.assert_array_equal(one[name], other[name])
            assert one[name].dtype == other[name].dtype


def test_a_training_interrupted_twice_is_no_different(tmp_path):
    path = tmp_path / "checkpoint"
    for step in (15, 45):
        with pytest.raises(Killed):
            go(path, die_at=step)
    assert same(go(path).final, go().final)


def test_a_resumed_training_takes_only_the_steps_that_are_left(tmp_path):
    path, seen = tmp_path / "checkpoint", []
    with pytest.raises(Killed):
        go(path, die_at=35)
    go(path, seen=seen)
    assert seen == [40, 45, 50, 55, 60]


def test_a_finished_training_is_not_repeated(tmp_path):
    path = tmp_path / "checkpoint"
    first = go(path)
    second = go(path, die_at=5)
    assert same(first.final, second.final)


def slow(learning_rate):
    return optax.adam(learning_rate, b1=0.5)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("seeds", {"seeds": [1, 3]}),
        ("data", {"data": ROWS + 1e-6}),
        ("models", {"models": points(2, left=1.1)}),
        ("phases", {"phases": PHASES[:2]}),
        ("phases", {"phases": (Phase(21, 1e-2), *PHASES[1:])}),
        ("optimiser", {"optimiser": slow}),
        ("loss", {"loss": parabola}),
        ("clip", {"clip": 1.0}),
        ("hyper", {"hyper": {"unused": np.zeros(2)}}),
        ("validate_every", {"validate_every": 8}),
    ],
)
def test_the_checkpoint_of_another_training_is_refused_by_name(
    checkpoint, name, change
):
    before = checkpoint.read_bytes()
    with pytest.raises(CheckpointError, match=f"different: .*{name}"):
        go(checkpoint, **change)
    assert checkpoint.read_bytes() == before


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    path = tmp_path_factory.mktemp("training") / "checkpoint"
    with pytest.raises(Killed):
        go(path, die_at=5)
    return path


@pytest.mark.parametrize("kept", [0, 1, 40, -1])
def test_a_damaged_checkpoint_is_refused(checkpoint, tmp_path, kept):
    path = tmp_path / "checkpoint"
    path.write_bytes(checkpoint.read_bytes()[:kept])
    with pytest.raises(CheckpointError, match="not a whole checkpoint"):
        go(path)


def test_how_it_is_run_is_not_part_of_what_a_training_is(checkpoint, tmp_path):
    path = tmp_path / "checkpoint"
    path.write_bytes(checkpoint.read_bytes())
    result = go(path, chunk=9, mapping="map")
    assert result.columns["loss"].shape == (2, 60)
