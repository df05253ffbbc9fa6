"""What notebook 2 refuses before anything runs."""

import pytest

from studies.latent.checks import ParameterError, train, your_recording
from studies.latent.stimulus_modes import StimulusError

GOOD = {"preset": "tiny", "tu": 20, "ems": 5, "mode": "aligned", "seed": [0, 1]}


def test_a_sound_setting_passes():
    train(GOOD)
    train(GOOD | {"mode": "all", "intermediate_steps": [3, 7]})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tu": 1, "stimulus_mode": "constant"}, "Take 'all'"),
        ({"tu": 1, "stimulus_mode": "learned"}, "every step is a knot"),
        ({"tu": 1000, "ems": 5}, "validation has 3000"),
        ({"mode": "all", "intermediate_steps": [20]}, "from 1 to 19"),
        ({"mode": "all", "intermediate_steps": [3, 3]}, "once"),
        ({"intermediate_steps": [3]}, "only mode 'all'"),
        ({"mode": "staggered", "augmentation_neurons": 5}, "seen whole"),
        ({"updates": 5, "checkpoints": 6}, "from 1 to the 5"),
        ({"seed": [1, 1]}, "each once"),
        ({"seed": []}, "at least one"),
        ({"preset": "enormous"}, "enormous"),
        ({"source": "file"}, "data_file"),
        ({"signal": "odour"}, "one of voltage, calcium"),
        ({"signal": "calcium", "calcium_tau": 0.01}, "at least the time step of 0.02"),
        (
            {"signal": "calcium", "source": "file", "data_file": "mine.npz"},
            "Put its calcium in the array `voltage`",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_remedy(change, words):
    with pytest.raises(ValueError, match=words):
        train(GOOD | change)


def test_your_own_recording_needs_steps_between_knots_as_well():
    your_recording({"tu": 2, "stimulus_mode": "learned"})
    with pytest.raises(StimulusError, match="Take 'all'"):
        your_recording({"tu": 1, "stimulus_mode": "learned"})


def test_refusals_are_of_the_study():
    with pytest.raises(ParameterError):
        train(GOOD | {"checkpoints": 0})
