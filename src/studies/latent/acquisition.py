"""Acquisition: which entries of a recording are observed, and what is made of them.

Every neuron n is sampled every `tu` steps, at its own phase φ_n: rows φ_n, φ_n + tu, ….
With a phase of 0 for all (`aligned`) a row is seen whole or not at all; with random
phases (`staggered`) every row is seen in part. Either way the w-th samples of all
neurons make the table `values[w, n] = voltage[w·tu + φ_n, n]`, and training is given
this table and nothing else: an entry that was not observed is not in it. With mode
`all` every row is seen, and the table is the recording.
"""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

Mode = Literal["all", "aligned", "staggered"]
Table = Array | np.ndarray
MODES: tuple[Mode, ...] = get_args(Mode)
Interpolation = Literal["acausal", "hold"]
INTERPOLATIONS: tuple[Interpolation, ...] = get_args(Interpolation)


class AcquisitionError(ValueError):
    """An acquisition that does not exist, or a recording too short for it."""


@dataclass(frozen=True)
class Observation:
    """How a circuit is observed.

    Attributes:
        mode: all rows, every tu-th row, or every neuron at its own phase.
        tu: steps between two samples of a neuron.
        seed: of the staggered phases.
        interpolation: how a whole state is made of staggered samples: on the straight
            line between a neuron's neighbouring samples, which uses up to tu - 1 steps
            of the future (`acausal`), or by its latest sample (`hold`).
    """

    mode: str = "aligned"
    tu: int = 20
    seed: int = 0
    interpolation: str = "acausal"

    def __post_init__(self) -> None:
        for name, value, allowed in (
            ("mode", self.mode, MODES),
            ("interpolation", self.interpolation, INTERPOLATIONS),
        ):
            if value not in allowed:
                msg = f"`{name}` {value!r} is unknown; it is one of {allowed}."
                raise AcquisitionError(msg)
        if self.tu < 1:
            msg = f"`tu` must be at least 1 step; got {self.tu}."
            raise AcquisitionError(msg)

    @property
    def stride(self) -> int:
        """Steps between two rows of the table of observed values."""
        return 1 if self.mode == "all" else self.tu

    def phases(self, neurons: int) -> Int[np.ndarray, " neuron"]:
        """The first sampled row of each neuron [steps]."""
        if self.mode != "staggered":
            return np.zeros(neurons, np.int32)
        drawn = np.random.default_rng(self.seed).integers(0, self.tu, neurons)
        return drawn.astype(np.int32)

    def mask(self, steps: int, neurons: int) -> Bool[np.ndarray, "step neuron"]:
        """True at every observed entry of a recording."""
        rows = np.arange(steps)[:, None] - self.phases(neurons)
        return (rows >= 0) & (rows % self.stride == 0)


class Observed(NamedTuple):
    """All that training may read: observed voltages, phases, and the whole stimulus."""

    values: Float[Table, "sample neuron"]  # voltage[sample·stride + phase]
    phases: Int[Table, " neuron"]  # [steps]
    stimulus: Float[Table, "step stimulus"]


def observe(recording: Any, observation: Observation) -> Observed:
    """What is observed of a recording: samples that all neurons have.

    Raises:
        AcquisitionError: no neuron was sampled twice.
    """
    voltage = np.asarray(recording.voltage)
    steps, neurons = voltage.shape
    phases, stride = observation.phases(neurons), observation.stride
    samples = (steps - 1 - int(phases.max(initial=0))) // stride + 1
    if samples < 2:
        msg = (
            f"a recording of {steps} steps has {max(samples, 0)} samples of every "
            f"neuron when each is sampled every {stride} steps; 2 are needed."
        )
        raise AcquisitionError(msg)
    rows = stride * np.arange(samples)[:, None] + phases
    values = voltage[rows, np.arange(neurons)]
    return Observed(values, phases, np.asarray(recording.stimulus))


# Windows ---------------------------------------------------------------------------


def starts(
    observed: Observed, observation: Observation, horizon: int, *, anywhere: bool
) -> tuple[int, int, int]:
    """Where windows of `horizon` steps may start: (first, number, stride) [steps].

    Args:
        observed: what training may read.
        observation: how it came about.
        horizon: steps from the first to the last sample of a window.
        anywhere: from an interpolated state, at any step but those within `tu` of
            either end, where a neuron may have no samples on both sides. Otherwise
            from a row of the table.

    Raises:
        AcquisitionError: the recording is shorter than a window.
    """
    table, margin = observation.stride, observation.tu if anywhere else 0
    stride = 1 if anywhere else table
    # the last sample of the last window is in the table, its last knot in the stimulus
    last = table * (len(observed.values) - 1) - horizon - margin
    last = min(last, len(observed.stimulus) - 1 - horizon)
    number = (last - margin) // stride + 1
    if number < 1:
        msg = (
            f"a recording of {len(observed.stimulus)} steps is too short for windows "
            f"of {horizon} steps; take a longer one, or less `tu` or `ems`."
        )
        raise AcquisitionError(msg)
    return margin, number, stride


def window_rows(
    start: Int[Array, " window"], offsets: Int[np.ndarray, " point"], stride: int
) -> Int[Array, "point window"]:
    """Rows of the table at `offsets` [steps] after the starts, multiples of `stride`.

    Raises:
        AcquisitionError: an offset falls between two samples.
    """
    between = [int(offset) for offset in offsets if offset % stride]
    if between:
        msg = (
            f"steps {between} of a window lie between samples, which come every "
            f"{stride} steps; only mode 'all' observes them."
        )
        raise AcquisitionError(msg)
    return start[None] // stride + jnp.asarray(offsets // stride)[:, None]


# Interpolation ---------------------------------------------------------------------


def interpolated_states(
    values: Float[Table, "sample neuron"],
    phases: Int[Table, " neuron"],
    rows: Int[Table, " row"],
    tu: int,
    interpolation: str = "acausal",
) -> Float[Table, "row neuron"]:
    """The state of all neurons at any rows, from the samples of each.

    Before its first and after its last sample a neuron is given that sample, never a
    value that was not observed. `values` may be numpy or JAX arrays.
    """
    last = values.shape[0] - 1
    since = rows[:, None] - phases[None]  # steps since the first sample
    low = since // tu
    ahead = (since - low * tu) / tu
    neuron = np.arange(values.shape[1])[None]
    before = values[low.clip(0, last), neuron]
    if interpolation == "hold":
        return before
    after = values[(low + 1).clip(0, last), neuron]
    weight = ahead.astype(values.dtype)
    return (1 - weight) * before + weight * after


def interpolate(
    recording: Any, observation: Observation
) -> Float[np.ndarray, "step neuron"]:
    """Every row of a recording as made of its observed entries alone."""
    observed = observe(recording, observation)
    rows = np.arange(len(observed.stimulus))
    states = interpolated_states(
        observed.values,
        observed.phases,
        rows,
        observation.stride,
        observation.interpolation,
    )
    return np.asarray(states)
