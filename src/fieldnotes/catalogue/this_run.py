"""The run of this kernel: the runner's, which it names, or one by hand, made here."""

import os
from pathlib import Path

from fieldnotes.catalogue.cells import CELLS
from fieldnotes.catalogue.interactive import hand_session
from fieldnotes.catalogue.session import Session
from fieldnotes.errors import CatalogueError
from fieldnotes.project import Project
from fieldnotes.runs import read_manifest

RUN = "FIELDNOTES_RUN"

_session: Session | None = None


def current() -> Session:
    """The run of this kernel; by hand the first call makes its folder.

    By hand a new folder is made whenever the values in the parameters cell changed.

    Raises:
        CatalogueError: the folder that the runner named holds no manifest.
    """
    global _session
    named = os.environ.get(RUN)
    if named is None:
        _session = hand_session(_session)
        CELLS.use(_session)
    elif _session is None or _session.folder != Path(named):
        _session = _batch(Path(named))
    return _session


def in_batch() -> bool:
    """Whether the runner started this kernel."""
    return RUN in os.environ


def _batch(folder: Path) -> Session:
    manifest = read_manifest(folder)
    if manifest is None:
        message = (
            f"{folder}: no params.json: this is not a run folder. Start runs with "
            f"`fieldnotes run`, or unset {RUN} to work by hand."
        )
        raise CatalogueError(message)
    from_variable = os.environ.get("FIELDNOTES_PROJECT")
    # catalogue/runs/<study>/<key> lies four levels below the root.
    root = Path(from_variable) if from_variable else folder.resolve().parents[3]
    return Session(Project(root.resolve()), folder, manifest)
