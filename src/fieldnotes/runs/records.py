"""What a run left behind: scraps, figures with their records, models with theirs."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fieldnotes.errors import CorruptFile
from fieldnotes.files import read_json
from fieldnotes.runs.typed import read_mapping, typed

SCRAPS, ACCEPTED, PROGRESS = "metrics.json", "accepted.json", "progress.json"
MODELS, FIGURES = "models", "figures"
FIGURE_RECORD = ".record.json"  # ends the name of the record beside a figure
FINAL = "final"  # the kind of the parameter set that a training ends with


@dataclass(frozen=True)
class Scrap:
    """One recorded value of a run, or of one of its members."""

    name: str
    value: Any
    unit: str = "1"
    meaning: str = ""
    member: dict[str, Any] = field(default_factory=dict)  # values that tell it apart


@dataclass(frozen=True)
class Figure:
    """The record of one figure; `path` is its Plotly JSON."""

    path: Path
    name: str
    kind: str = ""
    caption: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    models: list[str] = field(default_factory=list)  # identities
    evaluations: list[str] = field(default_factory=list)  # hashes


@dataclass(frozen=True)
class Model:
    """The record of one model; `path` is its file."""

    path: Path
    identity: str
    kind: str = FINAL
    hyperparameters: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    outcome: str | None = None
    diverged_at: int | None = None
    created: str | None = None
    summary: dict[str, Any] = field(default_factory=dict)
    notebook: str | None = None
    run: str | None = None
    reader: str | None = None  # `module:function` that reads the file
    checksum: str | None = None
    bytes: int | None = None
    missing: str | None = None  # since when `tidy` knows that the file is gone

    @property
    def whole(self) -> bool:
        """Whether its file is there in the length that was saved."""
        try:
            return self.path.stat().st_size == self.bytes
        except OSError:
            return False


@dataclass
class Accepted:
    """The code that a finished run was blessed for: run keys, identities new to old."""

    keys: list[str] = field(default_factory=list)
    identities: dict[str, str] = field(default_factory=dict)


def read_scraps(folder: Path, odd: list[str] | None = None) -> list[Scrap]:
    """The scraps of a run, in the order in which they were recorded.

    Args:
        odd: takes an entry for each scrap that is left out, being none.

    Raises:
        CorruptFile: the file is there and holds no list.
    """
    path = folder / SCRAPS
    values = read_json(path)
    if values is not None and not isinstance(values, list):
        message = f"{path}: holds no list."
        raise CorruptFile(message)
    values = values or []
    made = [typed(Scrap, value) for value in values]
    whole = [scrap for scrap in made if scrap is not None]
    if odd is not None and len(whole) < len(made):
        odd += [repr(v) for v, x in zip(values, made, strict=True) if x is None]
    return whole


def read_model(path: Path) -> Model | None:
    """The record of the model file at `path`; None where there is none.

    Raises:
        CorruptFile: the record is there and cannot be read.
    """
    record = read_mapping(path.with_suffix(".json"))
    named = {"identity": path.stem.split(".")[0]}
    return None if record is None else typed(Model, {**named, **record, "path": path})


def whole_model(path: Path) -> Model | None:
    """The record of a model whose file is there in full length; None otherwise."""
    try:
        model = read_model(path)
    except CorruptFile:
        return None
    return model if model is not None and model.whole else None


def read_figure(record: Path) -> Figure | None:
    """The figure that a `<name>.record.json` describes.

    Raises:
        CorruptFile: the record cannot be read.
    """
    name = record.name.removesuffix(FIGURE_RECORD)
    own = {"name": name, "path": record.with_name(f"{name}.json")}
    values = read_mapping(record)
    return None if values is None else typed(Figure, {**values, **own})


def read_accepted(folder: Path) -> Accepted:
    """What a run was accepted for; empty where it never was.

    Raises:
        CorruptFile: the file is there and cannot be read.
    """
    return typed(Accepted, read_mapping(folder / ACCEPTED)) or Accepted()
