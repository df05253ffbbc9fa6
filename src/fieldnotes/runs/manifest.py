"""The manifest of a run, `params.json`: what it is, and all that its notebook needs.

The planner writes it for the runs of a spread, and a notebook in JupyterLab for a run
by hand; every reader reads it here.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from fieldnotes.files import write_json
from fieldnotes.runs.typed import read_mapping, typed
from fieldnotes.values import same

MANIFEST = "params.json"
SCHEMA = 1


@dataclass(frozen=True)
class Limits:
    """What a run may take: wall-clock time [s], memory [GB], threads [1], GPUs [1]."""

    timeout_s: float | None = None
    memory_gb: float | None = None
    threads: int = 1
    gpus: int = 0


@dataclass(frozen=True)
class CodeKeys:
    """Hashes of the notebook's cells and of the project's modules behind them."""

    notebook: str = ""
    modules: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class MemberEntry:
    """One model that the run answers for: its own values, and an earlier file of it."""

    identity: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    existing: str | None = None  # from the project's root


@dataclass(frozen=True)
class ModelEntry:
    """One model that the run is given, or could not be given and why (`reason`)."""

    identity: str
    path: str = ""  # from the project's root; "" of a model that is absent
    run: str = ""
    notebook: str = ""
    spread: str = ""
    stage: str = ""
    parameter: str | None = None  # whose query asked for it
    parameters: dict[str, Any] = field(default_factory=dict)
    kind: str | None = None
    outcome: str | None = None
    checksum: str | None = None
    reason: str = ""


@dataclass
class Manifest:
    """What `params.json` says. Paths count from the project's root."""

    schema: int = SCHEMA
    key: str = ""
    # The runner's history finds these four within the file's first thousand bytes.
    case: str = ""
    notebook: str = ""
    spread: str = ""  # "" of a run by hand
    stage: str = ""
    notebook_file: str = ""
    study: str = ""
    title: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)  # differ from their defaults
    units: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    meanings: dict[str, str] = field(default_factory=dict)
    varied: dict[str, Any] = field(default_factory=dict)
    together: list[str] = field(default_factory=list)
    members: list[MemberEntry] = field(default_factory=list)
    needs: list[str] = field(default_factory=list)  # keys of runs
    upstream: list[str] = field(default_factory=list)  # identities it is made from
    models: list[ModelEntry] = field(default_factory=list)
    absent: list[ModelEntry] = field(default_factory=list)
    inputs: dict[str, str] = field(default_factory=dict)  # sha256 by file
    code: CodeKeys = CodeKeys()
    limits: Limits = Limits()
    command: str = ""
    interactive: bool = False

    def write(self, folder: Path) -> Path:
        """Write it into a run folder, atomically."""
        return write_json(folder / MANIFEST, asdict(self))


def read_manifest(folder: Path, odd: list[str] | None = None) -> Manifest | None:
    """The manifest in a run folder; None where none was ever written.

    Args:
        odd: takes the names of entries that are left out, being of another type.

    Raises:
        CorruptFile: it is there and cannot be read.
    """
    return typed(Manifest, read_mapping(folder / MANIFEST), odd)


def described(
    declared: Mapping[str, Any], parameters: Mapping[str, Any]
) -> dict[str, Any]:
    """The entries of a manifest that say what its parameters are.

    Args:
        declared: the notebook's parameters by name, as `read_notebook` gives them.
        parameters: their values in this run.
    """
    return {
        "parameters": dict(parameters),
        "defaults": {name: item.default for name, item in declared.items()},
        "changed": [
            name
            for name, value in parameters.items()
            if name not in declared or not same(value, declared[name].default)
        ],
        "units": {name: item.unit for name, item in declared.items()},
        "types": {name: item.annotation.strip() for name, item in declared.items()},
        "meanings": {name: item.meaning for name, item in declared.items()},
    }
