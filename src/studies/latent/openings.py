"""What a notebook opens with, and whether its prediction can be judged, in words.

Ratios are errors between the samples over those of a straight line through them. A line
has no error to compare with where a recording rests, and no step lies between samples
that are one step apart. Of a user's own recording nobody knows what drove it, unless
the file holds a stimulus.
"""

from collections.abc import Collection, Mapping

import numpy as np

from studies.evidence import counted, number
from studies.latent.recordings import ONE_TYPE, Recording
from studies.latent.sources import Sets

STUCK = 1.0  # of the variance: what the mean of each neuron leaves


def of_recording(recording: Recording, stimulated: bool = True) -> str:
    """What a recording holds, in a sentence.

    Args:
        recording: any of one system.
        stimulated: whether any of them has a stimulus; otherwise zeros stand for it.
    """
    kinds = "" if recording.type_names == (ONE_TYPE,) else " of "
    kinds += counted(len(recording.type_names), "type") if kinds else ""
    edges = 0 if recording.pre is None else len(recording.pre)
    connectome = counted(edges, "edge") if edges else "no connectome"
    seen = f"{counted(recording.stimuli, 'dimension')} of stimulus"
    return (
        f"**{recording.name}**: {counted(recording.neurons, 'neuron')}{kinds}, "
        f"{connectome}, {seen if stimulated else 'no stimulus'}."
    )


def stuck(state: str, validation: float, sets: Sets, ems: int) -> str:
    """How a training ended, "stuck" where the mean of each neuron is no worse.

    Validation adds up one error of encoding and decoding and `ems` of later samples;
    each is the variance for a model that says the mean.

    Args:
        state: of the trainer.
        validation: its last value [signal²].
        sets: the recordings.
        ems: samples ahead in a window.
    """
    variance = float(np.var(sets.validation.voltage, axis=0).mean())
    lost = validation >= STUCK * (1 + ems) * variance
    return "stuck" if state == "trained" and lost else state


def why_not(ratios: Collection[float], tu: int, sets: Sets, source: str) -> str:
    """Why the prediction cannot be judged; empty where it can.

    Args:
        ratios: of each recording that judges [1].
        tu: distance of a neuron's samples [steps].
        sets: the recordings.
        source: where they come from.
    """
    if tu == 1:
        return "no step lies between two samples"
    if source == "file" and not sets.stimulated:
        return "the file holds no stimulus, and what drove the recording is not known"
    if not np.isfinite(list(ratios)).all():
        return "a straight line has no error there, as of a recording that rests"
    return ""


def end(row: Mapping[str, float], steps: int) -> str:
    """Whether the rollouts of a model left the recording, and when."""
    if row["stable"]:
        return f"no divergence in {steps} steps"
    return f"diverged at step {number(row['divergence'])} of {steps}"
