"""A recording of a circuit: voltages, stimulus, cell types and perhaps a connectome.

One form for every source. Construction refuses what does not fit together and names the
array, what was found and what is needed. Only numpy here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, no_type_check

import numpy as np
from jaxtyping import Bool, Float, Int

ONE_TYPE = "neuron"  # the name of the only type where a file names none
KEYS = ("voltage", "stimulus", "dt", "type_index", "type_names", "positions")
EDGES = ("pre", "post", "weight")
SPACING = 1e-3  # relative jitter of a file's time stamps that is still one time base


class RecordingError(ValueError):
    """An array of a recording has a wrong shape, value or time base."""

    def __init__(self, array: str, found: str, needed: str) -> None:
        super().__init__(f"`{array}`: found {found}; needed {needed}.")


@no_type_check  # its own errors name the array; a checker's would come before them
@dataclass(frozen=True)
class Recording:
    """Voltages [raw units] and stimulus [raw units] on one time base of `dt` [s].

    `voltage` holds the observed signal, whichever it is: with `signal` "calcium" it is
    calcium, and the voltages below it may be in `membrane`, which no model is shown.

    `stimulus[t]` drives the step t → t+1. Edge k carries `weight[k]` from neuron
    `pre[k]` to neuron `post[k]`; all three are None where the connectome is unknown.
    Positions may be NaN where they are unknown.

    Raises:
        RecordingError: an array does not fit the others.
    """

    voltage: Float[np.ndarray, "time neuron"]
    stimulus: Float[np.ndarray, "time stimulus"]
    dt: float
    type_index: Int[np.ndarray, " neuron"]
    type_names: Sequence[str]
    positions: Float[np.ndarray, "neuron 2"]
    pre: Int[np.ndarray, " edge"] | None = None
    post: Int[np.ndarray, " edge"] | None = None
    weight: Float[np.ndarray, " edge"] | None = None
    name: str = "recording"
    noise_sigma: float | None = None  # [raw units] process noise of each step
    signal: str = "voltage"
    membrane: Float[np.ndarray, "time neuron"] | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("voltage", "stimulus"):
            _set(self, name, _finite(name, _matrix(name, getattr(self, name))))
        _set(self, "dt", _step(self.dt))
        _set(self, "type_names", tuple(str(name) for name in self.type_names))
        _check_time(self)
        _check_membrane(self)
        _check_types(self)
        _check_positions(self)
        _check_edges(self)

    @property
    def steps(self) -> int:
        """Rows of the recording [steps]."""
        return self.voltage.shape[0]

    @property
    def neurons(self) -> int:
        return self.voltage.shape[1]

    @property
    def stimuli(self) -> int:
        """Dimensions of the stimulus."""
        return self.stimulus.shape[1]

    @property
    def step_floor(self) -> float | None:
        """Least error of one step from the whole state [raw units²]; None: unknown.

        σ² for voltage; 0 for calcium, which noise reaches a step later (`signals`).
        """
        if self.signal == "calcium":
            return 0.0
        return None if self.noise_sigma is None else self.noise_sigma**2


def split(recording: Recording, start: int, stop: int) -> Recording:
    """Rows `start` to `stop`, the last one left out.

    Raises:
        RecordingError: the range is empty or leaves the recording.
    """
    if not 0 <= start < stop <= recording.steps:
        found = f"rows {start} to {stop} of {recording.steps}"
        raise RecordingError(
            array="split", found=found, needed="0 ≤ start < stop ≤ the number of rows"
        )
    below = recording.membrane
    return replace(
        recording,
        voltage=recording.voltage[start:stop],
        membrane=None if below is None else below[start:stop],
        stimulus=recording.stimulus[start:stop],
        name=f"{recording.name}[{start}:{stop}]",
    )


def parents(recording: Recording) -> Bool[np.ndarray, "neuron neuron"] | None:
    """Row i is True at every neuron j with an edge j → i; None without a connectome.

    An edge of weight zero carries nothing and makes no parent.
    """
    if recording.pre is None or recording.post is None or recording.weight is None:
        return None
    table = np.zeros((recording.neurons, recording.neurons), bool)
    carries = recording.weight != 0
    table[recording.post[carries], recording.pre[carries]] = True
    return table


# Checks ----------------------------------------------------------------------------


def _set(recording: Recording, name: str, value: Any) -> None:
    object.__setattr__(recording, name, value)  # the dataclass is frozen


def _matrix(name: str, values: Any) -> np.ndarray:
    values = _numbers(name, values)
    if values.ndim != 2 or 0 in values.shape:
        second = "neuron" if name == "voltage" else "dimension"
        needed = f"a table of shape (time, {second}), none of them empty"
        raise RecordingError(array=name, found=f"shape {values.shape}", needed=needed)
    return np.asarray(values, np.float32)


def _numbers(name: str, values: Any) -> np.ndarray:
    values = np.asarray(values)
    if values.dtype.kind not in "fiub":
        raise RecordingError(
            array=name, found=f"values of type {values.dtype}", needed="real numbers"
        )
    return values


def _finite(name: str, values: np.ndarray) -> np.ndarray:
    bad = ~np.isfinite(values)
    if bad.any():
        first = tuple(int(place) for place in np.argwhere(bad)[0])
        found = f"{int(bad.sum())} values that are not finite, the first at {first}"
        needed = "finite numbers; cut or fill the gaps before loading"
        raise RecordingError(array=name, found=found, needed=needed)
    return values


def _step(dt: Any) -> float:
    value = _numbers("dt", dt)
    if value.size != 1 or not np.isfinite(value).all() or not (value > 0).all():
        raise RecordingError(
            array="dt", found=f"{dt!r}", needed="one positive time step [s]"
        )
    return float(value.reshape(()))


def _check_time(recording: Recording) -> None:
    rows, given = recording.voltage.shape[0], recording.stimulus.shape[0]
    if rows != given:
        raise RecordingError(
            array="stimulus",
            found=f"{given} rows beside {rows} rows of `voltage`",
            needed="the same time base: one row for each row of `voltage`; "
            "stimulus[t] drives the step t → t+1",
        )


def _check_membrane(recording: Recording) -> None:
    if recording.membrane is None:
        return
    below = _finite("membrane", _matrix("membrane", recording.membrane))
    if below.shape != recording.voltage.shape:
        raise RecordingError(
            array="membrane",
            found=f"shape {below.shape}",
            needed=f"that of `voltage`, {recording.voltage.shape}",
        )
    _set(recording, "membrane", below)


def _check_types(recording: Recording) -> None:
    neurons, names = recording.voltage.shape[1], recording.type_names
    index = _indices("type_index", recording.type_index, neurons, "neuron")
    _set(recording, "type_index", index)
    outside = np.unique(index[(index < 0) | (index >= len(names))])
    if outside.size:
        raise RecordingError(
            array="type_index",
            found=f"the unknown types {outside[:5].tolist()}",
            needed=f"an index into `type_names`, 0 to {len(names) - 1}",
        )
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if list(names).count(name) > 1})
        raise RecordingError(
            array="type_names", found=f"{twice} twice", needed="each name once"
        )


def _indices(name: str, values: Any, size: int, of: str) -> np.ndarray:
    values = _numbers(name, values)
    if values.shape != (size,):
        needed = f"shape ({size},), one entry a {of}"
        raise RecordingError(array=name, found=f"shape {values.shape}", needed=needed)
    if not np.array_equal(values, np.round(values)):
        raise RecordingError(
            array=name, found="numbers with a fraction", needed="whole numbers"
        )
    return values.astype(np.int32)


def _check_positions(recording: Recording) -> None:
    positions = _numbers("positions", recording.positions)
    needed = (recording.voltage.shape[1], 2)
    if positions.shape != needed:
        told = f"shape {needed}, x and y of each neuron"
        raise RecordingError(
            array="positions", found=f"shape {positions.shape}", needed=told
        )
    _set(recording, "positions", positions.astype(np.float32))


def _check_edges(recording: Recording) -> None:
    given = {name: getattr(recording, name) for name in EDGES}
    missing = [name for name, values in given.items() if values is None]
    if len(missing) == len(EDGES):
        return
    if missing:
        raise RecordingError(
            array=missing[0], found="nothing", needed="`pre`, `post`, `weight` together"
        )
    edges = np.size(given["pre"])
    for name in ("pre", "post"):
        _set(recording, name, _ends(name, given[name], edges, recording.neurons))
    weight = _numbers("weight", given["weight"])
    if weight.shape != (edges,):
        needed = f"shape ({edges},), one entry an edge"
        raise RecordingError(
            array="weight", found=f"shape {weight.shape}", needed=needed
        )
    _set(recording, "weight", _finite("weight", weight.astype(np.float32)))


def _ends(name: str, values: Any, edges: int, neurons: int) -> np.ndarray:
    index = _indices(name, values, edges, "edge")
    if index.size and not (index.min() >= 0 and index.max() < neurons):
        found = f"neurons {index.min()} to {index.max()}, a connectome of another size"
        raise RecordingError(
            array=name,
            found=found,
            needed=f"neurons 0 to {neurons - 1}, the columns of `voltage`",
        )
    return index


SYNONYMS = {
    **dict.fromkeys(("activity", "signal", "traces", "rates", "arr_0"), "voltage"),
    **dict.fromkeys(("input", "inputs", "stimuli"), "stimulus"),
}

# Files -----------------------------------------------------------------------------


def save_npz(recording: Recording, path: str | Path) -> Path:
    """Writes a recording that `load_npz` reads back, with the keys of its arrays."""
    arrays: dict[str, Any] = {name: getattr(recording, name) for name in KEYS}
    if recording.weight is not None:
        arrays |= {name: getattr(recording, name) for name in EDGES}
    if recording.noise_sigma is not None:
        arrays["noise_sigma"] = recording.noise_sigma
    path = Path(path)
    with path.open("wb") as stream:
        np.savez_compressed(stream, **arrays)
    return path


def load_npz(path: str | Path) -> Recording:
    """A recording from an .npz file; only `voltage` and `dt` must be in it.

    A `time` array [s] may stand beside or instead of `dt` and must agree with it.

    Raises:
        RecordingError: the file or an array is missing, or the arrays do not fit.
    """
    path = Path(path)
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
    except FileNotFoundError:
        raise RecordingError(
            array=str(path), found="no such file", needed="an .npz file"
        ) from None
    except (OSError, ValueError, AttributeError) as error:
        needed = "an .npz file of plain arrays, as `numpy.savez` writes it"
        raise RecordingError(array=str(path), found=str(error), needed=needed) from None
    return from_arrays(arrays, path.stem)


def from_arrays(arrays: Mapping[str, Any], name: str) -> Recording:
    """A recording from named arrays of a file, with what is missing filled in.

    The usual other names of `voltage` and `stimulus` are understood. Without a stimulus
    it is zero throughout, and the recording's name says so.

    Raises:
        RecordingError: an array is missing, or the arrays do not fit.
    """
    # An array under its usual name comes later, and replaces one under another name.
    order = sorted(arrays, key=lambda key: key not in SYNONYMS)
    arrays = {SYNONYMS.get(key, key): arrays[key] for key in order}
    if "voltage" not in arrays:
        there = ", ".join(sorted(arrays)) or "nothing"
        usual = ", ".join(key for key, own in SYNONYMS.items() if own == "voltage")
        raise RecordingError(
            array="voltage",
            found=f"nothing; the file holds {there}",
            needed=f"an array of shape (time, neurons), or one called {usual}",
        )
    if "stimulus" not in arrays:
        rows = np.shape(arrays["voltage"])[:1] or (0,)
        arrays["stimulus"] = np.zeros((*rows, 1))
        name = f"{name} (no stimulus)"
    neurons = np.shape(arrays["voltage"])[-1] if np.ndim(arrays["voltage"]) else 0
    sigma, edges = arrays.get("noise_sigma"), [arrays.get(edge) for edge in EDGES]
    return Recording(
        voltage=arrays["voltage"],
        stimulus=arrays["stimulus"],
        dt=time_step(arrays, np.shape(arrays["voltage"])[0]),
        type_index=arrays.get("type_index", np.zeros(neurons, np.int32)),
        type_names=_names(arrays),
        positions=arrays.get("positions", np.full((neurons, 2), np.nan)),
        pre=edges[0],
        post=edges[1],
        weight=edges[2],
        name=name,
        noise_sigma=None if sigma is None else float(sigma),
    )


def _names(arrays: Mapping[str, Any]) -> Sequence[str]:
    """Names of types; neurons without types are of one type."""
    if "type_names" in arrays:
        return [str(name) for name in np.ravel(arrays["type_names"])]
    if "type_index" not in arrays:
        return [ONE_TYPE]
    raise RecordingError(
        array="type_names",
        found="nothing",
        needed="a name for each number in `type_index`",
    )


def time_step(arrays: Mapping[str, Any], rows: int) -> float:
    """The time step [s] that `dt` and `time` of a file agree on.

    Raises:
        RecordingError: neither is there, steps are uneven, or the two disagree.
    """
    if "time" not in arrays:
        if "dt" not in arrays:
            needed = "the time step [s]: numpy.savez(file, activity=..., dt=0.02)"
            raise RecordingError(array="dt", found="nothing", needed=needed)
        return _step(arrays["dt"])
    time = np.asarray(_numbers("time", arrays["time"]), float)
    if time.shape != (rows,) or rows < 2:
        needed = f"shape ({rows},), one time stamp a row of `voltage`"
        raise RecordingError(array="time", found=f"shape {time.shape}", needed=needed)
    steps = np.diff(_finite("time", time))
    dt = float(steps.mean())
    if not dt > 0 or np.abs(steps - dt).max() > SPACING * dt:
        found = f"steps of {steps.min():.6g} to {steps.max():.6g} s"
        raise RecordingError(array="time", found=found, needed="even steps, rising")
    if "dt" in arrays and abs(_step(arrays["dt"]) - dt) > SPACING * dt:
        found = f"{_step(arrays['dt']):.6g} s where `time` rises by {dt:.6g} s a row"
        raise RecordingError(array="dt", found=found, needed="one time base")
    return _step(arrays.get("dt", dt))
