"""What is done to a run folder as a whole: set aside, cleared, made to start anew."""

import shutil
import socket
from datetime import UTC, datetime
from pathlib import Path

from fieldnotes.project import Project
from fieldnotes.runs.locks import LOCK
from fieldnotes.runs.records import FIGURES, MODELS, PROGRESS, SCRAPS, whole_model
from fieldnotes.runs.status import Status

NOTEBOOK, LOG = "run.ipynb", "run.log"
SCRATCH = "fn-"  # begins the name of a run's private temporary folder


def archive(project: Project, folder: Path) -> Path:
    """Move a run folder out of the way, under `catalogue/archive`; nothing is lost."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    place = project.catalogue / "archive" / folder.parent.name
    place.mkdir(parents=True, exist_ok=True)
    target, count = place / f"{folder.name}-{stamp}", 1
    while target.exists():
        target, count = place / f"{folder.name}-{stamp}-{count}", count + 1
    folder.rename(target)
    (target / LOCK).unlink(missing_ok=True)
    return target


def keep_models(old: Path, new: Path) -> int:
    """Copy whole models, with their companions, into a fresh folder; how many."""
    paths = [path for path in (old / MODELS).glob("*.eqx") if whole_model(path)]
    for path in paths:
        (new / MODELS).mkdir(parents=True, exist_ok=True)
        for part in (old / MODELS).glob(f"{path.stem}.*"):
            shutil.copy2(part, new / MODELS / part.name)
    return len(paths)


def clear_outputs(folder: Path) -> None:
    """Remove what an earlier attempt displayed; models and checkpoints stay."""
    for name in (NOTEBOOK, LOG, SCRAPS, PROGRESS):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / FIGURES, ignore_errors=True)


def clear_scratch(status: Status) -> None:
    """Remove the private temporary folder that a killed worker left on this host."""
    scratch = Path(status.scratch or "")
    if scratch.name.startswith(SCRATCH) and status.host == socket.gethostname():
        shutil.rmtree(scratch, ignore_errors=True)
