"""The run folder: its status, its lock, and what is whole in it."""

import os
import shutil
import socket
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from fieldnotes.errors import CorruptFile, FieldnotesError
from fieldnotes.files import read_json, to_json, write_json
from fieldnotes.project import Project

FINISHED = frozenset({"done", "diverged"})
FAILED = frozenset(
    {"failed", "out-of-memory", "timed-out", "killed", "stopped-early", "interrupted"}
)
ORDER, STATUS, LOCK = "params.json", "status.json", "lock"
SCRATCH = "fn-"  # begins the name of a run's private temporary folder
HEARTBEAT = 5.0  # [s] between two touches of a lock
SILENCE = 120.0  # [s] without a touch after which a lock of another host is stale
SAME_START = 2.0  # [s] tolerance on a process's start time; clocks are adjusted


class RunnerError(FieldnotesError):
    """A request that the runner cannot meet: nothing was run."""


def now() -> str:
    """This moment as ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def myself() -> dict[str, Any]:
    """What tells this process from every other, now and later."""
    pid = os.getpid()
    start = psutil.Process(pid).create_time()
    return {"pid": pid, "host": socket.gethostname(), "process_start": start}


def read_order(folder: Path) -> dict[str, Any] | None:
    """`params.json` of a run.

    Raises:
        CorruptFile: it is there and cannot be read.
    """
    return _mapping(folder / ORDER)


def read_status(folder: Path) -> dict[str, Any] | None:
    """`status.json` of a run; a run whose worker is gone is told as `killed`.

    Raises:
        CorruptFile: it is there and cannot be read.
    """
    status = _mapping(folder / STATUS)
    if status and status.get("state") == "running" and not locked(folder):
        reason = "its worker ended without a word (killed, or the machine went down)"
        return {**status, "state": "killed", "reason": reason}
    return status


def write_status(folder: Path, status: dict[str, Any]) -> None:
    """Write `status.json`, atomically."""
    write_json(folder / STATUS, status)


def cause_of(status: dict[str, Any] | None) -> str:
    """Why a run ended as it did, short enough to group runs by."""
    if not status:
        return "never run"
    error = status.get("error") or {}
    return error.get("cause") or status.get("reason") or status.get("state", "unknown")


def whole(model: Path) -> bool:
    """Whether a model's file is there in its full length, with a readable record."""
    try:
        record = read_json(model.with_suffix(".json"))
        return bool(record) and model.stat().st_size == record.get("bytes")
    except (OSError, CorruptFile, AttributeError):
        return False


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
    found = [path for path in (old / "models").glob("*.eqx") if whole(path)]
    for path in found:
        (new / "models").mkdir(parents=True, exist_ok=True)
        for part in (old / "models").glob(f"{path.stem}.*"):
            shutil.copy2(part, new / "models" / part.name)
    return len(found)


def clear_outputs(folder: Path) -> None:
    """Remove what an earlier attempt displayed; models and checkpoints stay."""
    for name in ("run.ipynb", "run.log", "metrics.json", "progress.json"):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "figures", ignore_errors=True)


def clear_scratch(status: dict[str, Any]) -> None:
    """Remove the private temporary folder that a killed worker left on this host."""
    scratch = Path(status.get("scratch") or "")
    if scratch.name.startswith(SCRATCH) and status.get("host") == socket.gethostname():
        shutil.rmtree(scratch, ignore_errors=True)


def locked(folder: Path) -> bool:
    """Whether a live process holds the run."""
    return _alive(folder / LOCK)


class Lock:
    """A run's lock: a file that names its process and is touched while that lives."""

    def __init__(self, folder: Path):
        self.path = folder / LOCK
        self.text = to_json(myself())

    def take(self) -> bool:
        """Take the lock, over a stale one if need be; False when another holds it."""
        for _ in range(3):
            if self._create():
                return True
            if _alive(self.path):
                return False
            self._remove_stale()
        return False

    def touch(self) -> None:
        """Tell other hosts that the run still lives."""
        try:
            os.utime(self.path)
        except OSError:
            pass  # the folder may be gone for a moment on a network disk

    def release(self) -> None:
        """Give the lock back, if it is still ours."""
        try:
            if self.path.read_text() == self.text:
                self.path.unlink()
        except OSError:
            pass

    def _create(self) -> bool:
        """Link a finished file to the lock's name: it appears whole or not at all."""
        draft = self.path.with_name(f".lock.{socket.gethostname()}.{os.getpid()}")
        draft.write_text(self.text)
        try:
            os.link(draft, self.path)
        except FileExistsError:
            return False
        except OSError:  # a disk without hard links
            try:
                with self.path.open("x") as file:
                    file.write(self.text)
            except FileExistsError:
                return False
        finally:
            draft.unlink(missing_ok=True)
        return True

    def _remove_stale(self) -> None:
        """Remove a stale lock, but not the one another process just put there."""
        aside = self.path.with_name(f".stale.{socket.gethostname()}.{os.getpid()}")
        try:
            self.path.rename(aside)
            if _alive(aside):
                os.link(aside, self.path)
        except OSError:
            pass  # somebody else was faster
        finally:
            aside.unlink(missing_ok=True)


def _alive(path: Path) -> bool:
    """Whether the process that a lock names still runs."""
    try:
        age = time.time() - path.stat().st_mtime
        holder = read_json(path)
    except FileNotFoundError:
        return False
    except (OSError, CorruptFile):
        return path.exists() and time.time() - path.stat().st_mtime < HEARTBEAT
    if not holder:
        return False
    if holder["host"] != socket.gethostname():
        return age < SILENCE
    try:
        start = psutil.Process(holder["pid"]).create_time()
    except psutil.NoSuchProcess:
        return False
    return abs(start - holder["process_start"]) < SAME_START


def _mapping(path: Path) -> dict[str, Any] | None:
    value = read_json(path)
    if value is not None and not isinstance(value, dict):
        message = f"{path}: holds no mapping."
        raise CorruptFile(message)
    return value
