"""Where a notebook's recordings come from: the embedded circuit, or a file.

Every source gives three sets: what training reads, what validates on the same family of
stimuli, and another family (for a file: its last stretch) that only judges. Nothing
here imports jax until a recording is simulated, so that `checks` can ask.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from studies.files import find_above
from studies.latent.circuit import Circuit, hexeye
from studies.latent.movies import Kind, movie
from studies.latent.recordings import (
    Recording,
    RecordingError,
    load_npz,
    split,
)
from studies.latent.signals import CALCIUM_TAU, check_signal, observed

Source = Literal["hexeye", "file"]
SOURCES: tuple[str, ...] = get_args(Source)


@dataclass(frozen=True)
class Preset:
    """A circuit and the lengths of its three recordings [steps]."""

    radius: int  # [columns]
    train: int
    validation: int
    flow: int
    noise: float = 0.05  # [voltage] at each step of training and validation
    slow_factor: float = 1.0  # [1] of the time constants of Lawf, C2 and C3
    recurrence: float = 1.0  # [1] of the weights that close a loop


PRESETS: dict[str, Preset] = {
    "tiny": Preset(radius=2, train=6_000, validation=3_000, flow=3_000),
    "medium": Preset(radius=3, train=12_000, validation=4_000, flow=4_000),
    "default": Preset(radius=3, train=40_000, validation=6_000, flow=10_000),
    "hard": Preset(
        radius=4,
        train=40_000,
        validation=6_000,
        flow=10_000,
        noise=0.1,
        slow_factor=4.0,
        recurrence=1.6,
    ),
}
SHARES = (0.7, 0.15)  # of a file: training, validation; the rest judges


class SourceError(ValueError):
    """An unknown source or preset, or a file where none can be."""


@dataclass(frozen=True)
class Sets:
    """Three recordings of one circuit; `families` names the last two in figures."""

    train: Recording
    validation: Recording
    flow: Recording
    families: tuple[str, str] = ("validation", "flow")

    @property
    def neurons(self) -> int:
        return self.train.neurons

    @property
    def stimuli(self) -> int:
        """Dimensions of the stimulus."""
        return self.train.stimuli

    @property
    def judged(self) -> dict[str, Recording]:
        """The two sets that judge, by name."""
        return dict(zip(self.families, (self.validation, self.flow), strict=True))


def recordings(
    source: str = "hexeye",
    preset: str = "default",
    noise: float | None = None,
    seed: int = 0,
    data_file: str | Path = "",
    *,
    signal: str = "voltage",
    calcium_tau: float = CALCIUM_TAU,
) -> Sets:
    """Training, validation and other-family recordings of one source.

    Args:
        source: "hexeye", the embedded circuit, or "file".
        preset: size of the embedded circuit's recordings, one of `PRESETS`.
        noise: of training and validation [voltage]; None is the preset's own. The other
            family is always free of noise.
        seed: of movies and noise; the circuit is the same for every seed.
        data_file: the recording, for source "file".
        signal: what is observed of the embedded circuit, one of `signals.SIGNALS`.
        calcium_tau: time constant of its calcium [s].

    Raises:
        SourceError: an unknown source or preset, or a file that is too much or missing.
        SignalError: a signal that the source cannot give.
        RecordingError: the file cannot be read as a recording.
    """
    check_source(source, preset, data_file)
    check_signal(signal, source, calcium_tau)
    if source == "file":
        return cut(load(data_file))
    settings = PRESETS[preset]
    circuit = preset_circuit(preset)
    sigma = settings.noise if noise is None else noise
    made = (
        record_movie(circuit, "natural", settings.train, sigma, 3 * seed),
        record_movie(circuit, "natural", settings.validation, sigma, 3 * seed + 1),
        record_movie(circuit, "flow", settings.flow, 0.0, 3 * seed + 2),
    )
    train, validation, flow = (
        observed(own, circuit, signal, calcium_tau) for own in made
    )
    return Sets(train, validation, flow)


def check_source(source: str, preset: str, data_file: str | Path) -> None:
    """Refuses what no source can give.

    Raises:
        SourceError: an unknown source or preset, or a file that is too much or missing.
    """
    if source not in SOURCES:
        msg = f"`source` {source!r} is unknown; it is one of {', '.join(SOURCES)}."
        raise SourceError(msg)
    if preset not in PRESETS:
        msg = f"`preset` {preset!r} is unknown; it is one of {', '.join(PRESETS)}."
        raise SourceError(msg)
    if (source == "file") != bool(str(data_file)):
        msg = (
            f"`source` {source!r} with `data_file` {str(data_file)!r}: the source "
            '"file" needs a `data_file`, and the others take none.'
        )
        raise SourceError(msg)


def preset_circuit(preset: str) -> Circuit:
    """The circuit of a preset: the same whatever the seed of its recordings."""
    own = PRESETS[preset]
    return hexeye(own.radius, slow_factor=own.slow_factor, recurrence=own.recurrence)


def record_movie(
    circuit: Circuit, kind: Kind, steps: int, noise: float, seed: int
) -> Recording:
    """The circuit's voltages while it watches a movie; one seed for both draws."""
    from studies.latent.simulation import simulate

    frames = movie(kind, circuit, steps, seed)
    return simulate(circuit, frames, noise, seed, name=f"{circuit.name} {kind} {seed}")


def load(path: str | Path) -> Recording:
    """A recording from an .npz file or a zarr folder, told apart by its name.

    Raises:
        RecordingError: it is neither, or does not hold a recording.
    """
    found = locate(path)
    if found.suffix == ".npz":
        return load_npz(found)
    if found.is_dir() or found.suffix == ".zip":
        from studies.latent.zarr_files import load_zarr

        return load_zarr(found)
    needed = "an .npz file, a .zarr folder or a folder with the zarr pair"
    raise RecordingError(array=str(path), found="another file", needed=needed)


def locate(path: str | Path, root: str | Path | None = None) -> Path:
    """The file or folder at `path`: below `root` if given, here, or below one above.

    Raises:
        RecordingError: there is none.
    """
    found = find_above(path, root)
    if found is not None:
        return found
    where = f"nothing, here or in a folder above {Path.cwd().name}/"
    raise RecordingError(array=str(path), found=where, needed="a file or zarr folder")


def cut(recording: Recording, shares: tuple[float, float] = SHARES) -> Sets:
    """One recording as three stretches of time, in its own order.

    Raises:
        RecordingError: too few rows for three stretches.
    """
    first = int(shares[0] * recording.steps)
    second = first + int(shares[1] * recording.steps)
    if not 0 < first < second < recording.steps:
        found = f"{recording.steps} rows"
        raise RecordingError(
            array="voltage", found=found, needed="at least 10 rows to cut in three"
        )
    return Sets(
        split(recording, 0, first),
        split(recording, first, second),
        split(recording, second, recording.steps),
        families=("validation", "last stretch"),
    )
