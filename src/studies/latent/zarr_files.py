"""Recordings from zarr, where the package zarr is installed: `pip install zarr`.

Two layouts are understood: one group with the keys of the .npz files, and the pair that
the simulator of the source study writes, `metadata.zarr` (neuron, 5: index, x, y, group
type, type) beside `timeseries.zarr` (time, neuron, 4: voltage, stimulus, calcium,
fluorescence), with `edge_index.npy` (2, edge) and `weights.npy` where they were saved.
"""

from importlib import import_module
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from studies.latent.recordings import Recording, RecordingError, from_arrays

Signal = Literal["voltage", "calcium", "fluorescence"]
CHANNELS = {"voltage": 0, "stimulus": 1, "calcium": 2, "fluorescence": 3}
SMALL = ("dt", "type_names", "noise_sigma")  # arrays, or attributes of the group
PAIR_STEP = 0.02  # [s] the step of that simulator, where no attribute `dt` says another
STATES, FACTS = "timeseries.zarr", "metadata.zarr"


def load_zarr(path: str | Path, signal: Signal = "voltage") -> Recording:
    """A recording from a zarr group, or from a folder that holds the zarr pair.

    Args:
        path: the group; or a folder with the pair, at most one level below it.
        signal: what of the pair is read as the voltage.

    Raises:
        RecordingError: zarr is not installed, nothing is there, or it does not fit.
    """
    path = Path(path)
    if not path.exists():
        raise RecordingError(
            array=str(path), found="no such folder", needed="a zarr group or the pair"
        )
    folder = next((p.parent for p in _pairs(path)), None)
    if folder is not None:
        return load_pair(folder, signal)
    group = _open(path)
    if not hasattr(group, "keys"):
        raise RecordingError(
            array=str(path), found="one array", needed="a group with named arrays"
        )
    stored = {name: np.asarray(group[name][...]) for name in group.keys()}
    stored |= {name: group.attrs[name] for name in SMALL if name in group.attrs}
    return from_arrays(stored, path.stem)


def _pairs(path: Path) -> list[Path]:
    """Time series of pairs in a folder, or in folders directly in it."""
    return sorted([*path.glob(STATES), *path.glob(f"*/{STATES}")])


def _open(path: Path) -> Any:
    try:
        zarr = import_module("zarr")
    except ImportError:
        needed = "the package zarr; install it, or save the arrays as .npz"
        raise RecordingError(
            array=str(path), found="a zarr folder", needed=needed
        ) from None
    try:
        return zarr.open(str(path), mode="r")
    except Exception as error:  # zarr 2 and 3 have no common class for it
        raise RecordingError(
            array=str(path), found=str(error), needed="a readable zarr"
        ) from None


def load_pair(folder: Path, signal: Signal = "voltage") -> Recording:
    """A recording from `metadata.zarr` and `timeseries.zarr` in a folder.

    Raises:
        RecordingError: one of the pair is missing or has another shape.
    """
    if signal not in get_args(Signal):
        needed = f"one of {', '.join(get_args(Signal))}"
        raise RecordingError(array="signal", found=repr(signal), needed=needed)
    if not (folder / FACTS).exists():
        raise RecordingError(
            array=FACTS, found=f"nothing beside {STATES} in {folder}", needed="the pair"
        )
    states, facts = _open(folder / STATES), np.asarray(_open(folder / FACTS)[...])
    if len(states.shape) != 3 or states.shape[2] < 1 + CHANNELS[signal]:
        needed = f"shape (time, neuron, 4): {', '.join(CHANNELS)}"
        raise RecordingError(
            array=STATES, found=f"shape {tuple(states.shape)}", needed=needed
        )
    if facts.shape != (states.shape[1], 5):
        needed = f"shape ({states.shape[1]}, 5), a row for each neuron of {STATES}"
        raise RecordingError(array=FACTS, found=f"shape {facts.shape}", needed=needed)
    seen = np.asarray(states[:, :, CHANNELS["stimulus"]])
    kinds, index = np.unique(facts[:, 4].astype(int), return_inverse=True)
    edges = _edges(folder)
    return from_arrays(
        {
            "voltage": np.asarray(states[:, :, CHANNELS[signal]]),
            "stimulus": seen[:, (seen != 0).any(axis=0)],  # only the inputs see it
            "dt": getattr(states, "attrs", {}).get("dt", PAIR_STEP),
            "type_index": index.ravel(),
            "type_names": [f"type {kind}" for kind in kinds],
            "positions": facts[:, 1:3],
            **edges,
        },
        folder.parent.name if folder.name == "x_list_0" else folder.name,
    )


def _edges(folder: Path) -> dict[str, np.ndarray]:
    """The connectome saved beside the pair, or in the folder above it."""
    for place in (folder, folder.parent):
        index, weight = place / "edge_index.npy", place / "weights.npy"
        if index.exists() and weight.exists():
            pair = np.load(index)
            if pair.ndim != 2 or pair.shape[0] != 2:
                found, needed = f"shape {pair.shape}", "shape (2, edge): from and to"
                raise RecordingError(array="edge_index", found=found, needed=needed)
            weights = np.load(weight).ravel()
            return {"pre": pair[0], "post": pair[1], "weight": weights}
    return {}
