"""Where a notebook's recordings come from: a circuit, a chaotic system, or a file.

Every source gives three sets: what training reads, what validates on the same family of
stimuli, and another family (for a file: its last stretch; for a chaotic system: a
trajectory without noise) that only judges. Nothing here imports jax until a recording
is simulated, so that `checks` can ask.
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

Source = Literal["hexeye", "flyvis", "chaos", "file"]
SOURCES: tuple[str, ...] = get_args(Source)
ChaoticSystem = Literal["lorenz63", "roessler", "thomas", "lorenz96", "duffing"]
CHAOTIC_SYSTEMS: tuple[str, ...] = get_args(ChaoticSystem)


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
    """Three recordings of one system; `families` names the last two in figures."""

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
    def stimulated(self) -> bool:
        """Whether there is a stimulus: a file without one has zeros in its place."""
        parts = (self.train, self.validation, self.flow)
        return any(part.stimulus.any() for part in parts)

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
    system: str = "lorenz63",
    circuit_file: str | Path = "",
) -> Sets:
    """Training, validation and other-family recordings of one source.

    Args:
        source: "hexeye", the embedded circuit, "flyvis", the fly's with trained
            parameters, "chaos", or "file".
        preset: one of `PRESETS`: size of a circuit, and length of the recordings of a
            circuit or of a chaotic system.
        noise: of training and validation: at each step of the circuit [voltage], None
            is the preset's; of what is observed of a chaotic system [standard
            deviations of each neuron], None is none. The other family is always free
            of noise.
        seed: of movies and noise; the circuit is the same for every seed.
        data_file: the recording, for source "file".
        signal: what is observed of the embedded circuit, one of `signals.SIGNALS`.
        calcium_tau: time constant of its calcium [s].
        system: for source "chaos", one of `CHAOTIC_SYSTEMS`.
        circuit_file: trained parameters, for source "flyvis".

    Raises:
        SourceError: an unknown source, preset or system, or a file that is too much or
            missing.
        SignalError: a signal that the source cannot give.
        TopologyError, ParameterFileError: no circuit can be made of the file.
        RecordingError: the file cannot be read as a recording.
    """
    check_source(source, preset, data_file, system, circuit_file)
    check_signal(signal, source, calcium_tau)
    if source == "file":
        return cut(load(data_file))
    if source == "chaos":
        return chaotic(system, preset, noise or 0.0, seed)
    settings = PRESETS[preset]
    circuit = circuit_of(source, preset, circuit_file)
    sigma = settings.noise if noise is None else noise
    made = (
        record_movie(circuit, "natural", settings.train, sigma, 3 * seed),
        record_movie(circuit, "natural", settings.validation, sigma, 3 * seed + 1),
        record_movie(circuit, "flow", settings.flow, 0.0, 3 * seed + 2),
    )
    train, validation, flow = (
        observed(recording, circuit, signal, calcium_tau) for recording in made
    )
    return Sets(train, validation, flow)


def need_stimulus(sets: Sets) -> None:
    """Refuses recordings without a stimulus where it is all that a model sees.

    Raises:
        SourceError: the stimulus is zero throughout.
    """
    if not sets.stimulated:
        msg = (
            f"{sets.train.name}: there is no stimulus, which is all that this model is "
            "shown. Add an array `stimulus` of shape (time, inputs) to the file."
        )
        raise SourceError(msg)


def chaotic(system: str, preset: str, noise: float, seed: int) -> Sets:
    """Three trajectories of a chaotic system, each lifted to the same neurons.

    Args:
        system: one of `CHAOTIC_SYSTEMS`.
        preset: gives their lengths.
        noise: of the first two [standard deviations of each neuron].
        seed: of initial states and noise.
    """
    from studies.latent.chaos import record_chaos, system_of

    chosen, lengths = system_of(system), PRESETS[preset]
    asked = ((lengths.train, noise), (lengths.validation, noise), (lengths.flow, 0.0))
    made = (
        record_chaos(chosen, steps, seed=3 * seed + place, noise=own)
        for place, (steps, own) in enumerate(asked)
    )
    return Sets(*made, families=("validation", "without noise"))


def check_source(
    source: str,
    preset: str,
    data_file: str | Path,
    system: str = "lorenz63",
    circuit_file: str | Path = "",
) -> None:
    """Refuses what no source can give.

    Raises:
        SourceError: an unknown source, preset or system, or a file that is too much or
            missing.
    """
    if source not in SOURCES:
        msg = f"`source` {source!r} is unknown; it is one of {', '.join(SOURCES)}."
        raise SourceError(msg)
    if preset not in PRESETS:
        msg = f"`preset` {preset!r} is unknown; it is one of {', '.join(PRESETS)}."
        raise SourceError(msg)
    if system not in CHAOTIC_SYSTEMS:
        known = ", ".join(CHAOTIC_SYSTEMS)
        msg = f"`system` {system!r} is unknown; it is one of {known}."
        raise SourceError(msg)
    for name, path, needs in (
        ("data_file", data_file, "file"),
        ("circuit_file", circuit_file, "flyvis"),
    ):
        if (source == needs) != bool(str(path)):
            msg = (
                f"`source` {source!r} with `{name}` {str(path)!r}: the source "
                f'"{needs}" needs a `{name}`, and the others take none.'
            )
            raise SourceError(msg)
    if source == "flyvis" and PRESETS[preset].slow_factor != 1:
        msg = (
            f"`preset` {preset!r} with `source` 'flyvis': a trained circuit has time "
            "constants of its own. Take 'tiny', 'medium' or 'default'."
        )
        raise SourceError(msg)


def circuit_of(source: str, preset: str, circuit_file: str | Path = "") -> Circuit:
    """The circuit of a source that has one: embedded, or the fly's with a file.

    Raises:
        RecordingError: there is no such file.
        TopologyError, ParameterFileError: no circuit can be made of the file.
    """
    if source != "flyvis":
        return preset_circuit(preset)
    from studies.latent.flyvis import flyvis_topology

    return flyvis_topology(PRESETS[preset].radius, parameters=locate(circuit_file))


def preset_circuit(preset: str) -> Circuit:
    """The circuit of a preset: the same whatever the seed of its recordings."""
    lengths = PRESETS[preset]
    return hexeye(
        lengths.radius, slow_factor=lengths.slow_factor, recurrence=lengths.recurrence
    )


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
