"""Small recordings and tasks that the tests of training share."""

import copy
from typing import Any

import numpy as np

from studies.latent import batches
from studies.latent.acquisition import Observation
from studies.latent.recordings import Recording
from studies.latent.sources import Sets

NEURONS, STIMULI, STEPS = 7, 3, 120
SIZES: dict[str, Any] = {"latent": 4, "width": 5, "stimulus_latent": 3}

TASKS = {
    "all": batches.Task(Observation("all", 4), ems=2, intermediate=(1, 3)),
    "aligned": batches.Task(Observation("aligned", 4), ems=3),
    "naive": batches.Task(Observation("staggered", 4, 1), ems=2, treatment="naive"),
    "bank": batches.Task(Observation("staggered", 4, 1), ems=3, treatment="bank"),
    "acausal": batches.Task(
        Observation("staggered", 4, 1), ems=3, treatment="interpolated"
    ),
    "hold": batches.Task(
        Observation("staggered", 4, 1, "hold"), ems=3, treatment="interpolated"
    ),
}


def recording(seed: int = 0, steps: int = STEPS) -> Recording:
    """Random voltages and stimulus; neuron i listens to its predecessor."""
    rng = np.random.default_rng(seed)
    return Recording(
        voltage=rng.normal(size=(steps, NEURONS)),
        stimulus=rng.normal(size=(steps, STIMULI)),
        dt=0.02,
        type_index=np.zeros(NEURONS, int),
        type_names=["neuron"],
        positions=np.zeros((NEURONS, 2)),
        pre=np.arange(NEURONS - 1),
        post=np.arange(1, NEURONS),
        weight=np.ones(NEURONS - 1),
        name=f"small {seed}",
    )


def sets() -> Sets:
    """Three of them."""
    return Sets(recording(0), recording(1), recording(2))


def blinded(whole: Recording, observation: Observation) -> Recording:
    """The recording with NaN at every entry that is not observed."""
    seen = observation.mask(whole.steps, whole.neurons)
    own = copy.copy(whole)
    # past the check that a recording is finite, which NaN is here to break
    object.__setattr__(own, "voltage", np.where(seen, whole.voltage, np.nan))
    return own
