"""What a training step reads: windows of observed samples and the stimulus along them.

A window starts at some step; its stimulus is every row that the stimulus mode may see,
its voltages only entries of the table of observed samples. Where those lie in the
window depends on how the circuit was observed and on what is made of it; that is data
(`Source`) and static choice (`Task`), and one function draws them all.
"""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from studies.latent.acquisition import (
    Observation,
    Observed,
    Table,
    interpolated_states,
    observe,
    starts,
    window_rows,
)
from studies.latent.recordings import Recording, parents
from studies.latent.stimuli import knots

Treatment = Literal["naive", "bank", "interpolated"]
FRAMES = 256  # in a batch of the stimulus auto-encoder
HELD_OUT = 64  # windows that validate


class TaskError(ValueError):
    """A task that cannot be asked of a recording."""


@dataclass(frozen=True)
class Task:
    """What a phase of training asks; static, so each is compiled by itself.

    Attributes:
        observation: what of the circuit is seen.
        ems: time units that the map is taken through in a window.
        treatment: of staggered samples: sheared states as they are (`naive`), learned
            initial states (`bank`), or interpolated states with a masked loss.
        stimulus_mode: at which steps the stimulus is seen.
        intermediate: steps of the first time unit with a loss of their own.
        augmentation_neurons: drawn for a batch; 0 leaves the augmentation out.
        total_variation: whether the latent change is penalised.
        l1: whether the parameters are.
        objective: `dynamics`, or what comes before it.
        batch: windows.
    """

    observation: Observation = Observation()
    ems: int = 1
    treatment: str = "naive"
    stimulus_mode: str = "all"
    intermediate: tuple[int, ...] = ()
    augmentation_neurons: int = 0
    total_variation: bool = False
    l1: bool = False
    objective: str = "dynamics"
    batch: int = 32

    @property
    def horizon(self) -> int:
        """T_h, the steps of a window."""
        return self.observation.tu * self.ems

    @property
    def interpolates(self) -> bool:
        """Whether windows start from interpolated states, at any step."""
        return self.observation.mode == "staggered" and self.treatment == "interpolated"

    @property
    def points(self) -> np.ndarray:
        """Steps of a window with voltages to compare: sampled ones, intermediate."""
        sampled = self.observation.tu * np.arange(self.ems + 1)
        return np.concatenate([sampled, np.array(self.intermediate, int)])


class Source(NamedTuple):
    """What training reads, as arrays on the device."""

    observed: Observed
    parents: Bool[np.ndarray, "neuron neuron"] | None = None
    groups: "Groups | None" = None


class Groups(NamedTuple):
    """The neurons of each phase, padded to the largest group."""

    neuron: Int[Table, "phase place"]
    mask: Bool[Table, "phase place"]


class Batch(NamedTuple):
    """Windows: initial states, samples to compare with, and stimulus, time first.

    With interpolated states, `targets[m, b, n]` is the m-th sample of neuron n at or
    after the start of window b; otherwise `targets[0]` is the initial state, and the
    others are samples at the further points of the task.
    """

    initial: Float[Array, "window neuron"]
    targets: Float[Array, "point window neuron"]
    stimulus: Float[Array, "knot window stimulus"]
    start: Int[Array, " window"]


def source(recording: Recording, task: Task) -> Source:
    """What a task may read of a recording.

    Raises:
        AcquisitionError: the recording is too short.
        TaskError: the augmentation needs a connectome and aligned states.
    """
    observed = observe(recording, task.observation)
    table = None
    if task.augmentation_neurons:
        if task.observation.mode == "staggered":
            msg = "the augmentation needs states seen whole; staggered ones are not."
            raise TaskError(msg)
        table = parents(recording)
        if table is None:
            msg = f"{recording.name} has no connectome, which the augmentation needs."
            raise TaskError(msg)
    own = (
        groups(np.asarray(observed.phases), task.observation.tu)
        if task.interpolates
        else None
    )
    starts(observed, task.observation, task.horizon, anywhere=task.interpolates)
    return Source(observed, table, own)


def groups(phases: Int[np.ndarray, " neuron"], tu: int) -> Groups:
    """The neurons by phase; padding repeats neuron 0 under a false mask."""
    counts = np.bincount(phases, minlength=tu)
    order = np.argsort(phases, kind="stable")
    mask = np.arange(counts.max()) < counts[:, None]
    neuron = np.zeros(mask.shape, np.int32)
    neuron[mask] = order  # row by row, so sorted by phase
    return Groups(neuron, mask)


# Drawing ---------------------------------------------------------------------------


def draw(key: PRNGKeyArray, step: Any, data: Source, task: Task) -> Any:
    """The trainer's `batch`: random windows, or random frames of stimulus."""
    del step
    observed = data.observed
    if task.objective == "stimulus":
        rows = jax.random.randint(key, (FRAMES,), 0, len(observed.stimulus))
        return observed.stimulus[rows]
    first, number, stride = starts(
        observed, task.observation, task.horizon, anywhere=task.interpolates
    )
    chosen = jax.random.randint(key, (task.batch,), 0, number)
    return windows(observed, first + stride * chosen, task)


def held_out(data: Source, task: Task, count: int = HELD_OUT) -> Any:
    """Windows, or frames, spread evenly over a recording that validates."""
    observed = data.observed
    if task.objective == "stimulus":
        return observed.stimulus[
            np.linspace(0, len(observed.stimulus) - 1, FRAMES).astype(int)
        ]
    first, number, stride = starts(
        observed, task.observation, task.horizon, anywhere=task.interpolates
    )
    chosen = np.linspace(0, number - 1, min(count, number)).astype(np.int32)
    return windows(
        jax.tree.map(jnp.asarray, observed), jnp.asarray(first + stride * chosen), task
    )


def windows(observed: Observed, start: Int[Array, " window"], task: Task) -> Batch:
    """The windows that begin at some steps."""
    if task.objective == "dynamics":
        seen = knots(task.horizon, task.stimulus_mode, task.observation.tu)
        stimulus = observed.stimulus[start[None] + jnp.asarray(seen)[:, None]]
    else:
        stimulus = observed.stimulus[start[None, :0]]
    if task.interpolates:
        return _interpolated(observed, start, stimulus, task)
    points = task.points if task.objective == "dynamics" else task.points[:1]
    targets = observed.values[window_rows(start, points, task.observation.stride)]
    return Batch(targets[0], targets, stimulus, start)


def _interpolated(
    observed: Observed, start: Int[Array, " window"], stimulus: Array, task: Task
) -> Batch:
    tu, (values, phases, _) = task.observation.tu, observed
    how = task.observation.interpolation
    initial = interpolated_states(values, phases, start, tu, how)
    # the first sample at or after the start is in row ⌈(start - φ) / tu⌉
    late = (phases[None] < (start % tu)[:, None])[None]
    rows = start[None] // tu + jnp.arange(task.ems + 1)[:, None]
    near = values[rows]
    return Batch(
        jnp.asarray(initial), jnp.where(late, near[1:], near[:-1]), stimulus, start
    )
