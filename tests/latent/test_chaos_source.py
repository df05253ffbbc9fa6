"""Chaotic systems as a source of recordings beside the embedded circuit."""

import numpy as np
import pytest

from studies.latent import chaos, checks, sources, trained
from studies.latent.signals import SignalError
from studies.latent.sources import SourceError

ROW = {"source": "chaos", "system": "duffing", "preset": "tiny", "noise": np.nan}


def test_the_names_that_a_spread_may_give_are_those_of_the_systems():
    assert sources.CHAOTIC_SYSTEMS == tuple(chaos.SYSTEMS)


def test_three_trajectories_of_one_lift_the_last_without_noise():
    sets = sources.recordings("chaos", "tiny", 0.05, seed=0, system="roessler")
    lengths = sources.PRESETS["tiny"]
    assert [sets.train.steps, sets.flow.steps] == [lengths.train, lengths.flow]
    assert sets.neurons == 100 and sets.stimuli == 1
    assert list(sets.judged) == ["validation", "without noise"]
    noisy, clean = (
        np.diff(x.voltage, 2, axis=0).var() for x in (sets.train, sets.flow)
    )
    share = 6 * 0.05**2 * sets.flow.voltage.var(axis=0).mean()  # 1 + 4 + 1
    assert noisy - clean == pytest.approx(share, rel=0.1)
    means = [own.voltage.mean() for own in (sets.train, sets.validation, sets.flow)]
    assert np.ptp(means) < 0.1  # one attractor, one readout
    assert not np.allclose(sets.train.voltage[:100], sets.validation.voltage[:100])


def test_the_same_seed_gives_the_same_recordings_and_another_one_others():
    ask = ("chaos", "tiny", None)
    one, same = (sources.recordings(*ask, seed=1).train for _ in range(2))
    other = sources.recordings(*ask, seed=2).train
    assert np.array_equal(one.voltage, same.voltage)
    assert not np.allclose(one.voltage[:100], other.voltage[:100])


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"system": "lorentz"}, SourceError, "one of lorenz63, roessler"),
        ({"data_file": "mine.npz"}, SourceError, "the others take none"),
        ({"signal": "calcium"}, SignalError, "Take `signal` 'voltage'"),
    ],
)
def test_what_no_chaotic_system_has_is_refused(change, error, words):
    with pytest.raises(error, match=words):
        checks.data({"source": "chaos", "preset": "tiny", **change})
    with pytest.raises(error, match=words):
        sources.recordings(**{"source": "chaos", "preset": "tiny", **change})


def test_models_of_chaos_are_judged_on_trajectories_that_no_training_has():
    assert trained.noise_of(ROW) == 0.0
    made = trained.data_of(ROW, 200, 5, keep=dict)  # nothing is kept of them
    assert list(made) == ["validation", "without noise"]
    for own in made.values():
        assert own.steps >= 200 + 5 and own.stimuli == 1
    training = trained.training_of(ROW)
    assert training.name == "duffing"
    assert not np.allclose(training.voltage[:200], made["validation"].voltage[:200])
