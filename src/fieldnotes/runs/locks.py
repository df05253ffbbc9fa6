"""Whether a run lives: the lock that its worker holds, or the process that it is in."""

import os
import socket
import time
from pathlib import Path
from typing import Any

import psutil

from fieldnotes.errors import CorruptFile
from fieldnotes.files import read_json, to_json

LOCK = "lock"
HEARTBEAT = 5.0  # [s] between two touches of a lock
SILENCE = 120.0  # [s] without a touch after which a lock of another host is stale
SAME_START = 2.0  # [s] tolerance on a process's start time; clocks are adjusted


def myself() -> dict[str, Any]:
    """What tells this process from every other, now and later."""
    pid = os.getpid()
    start = psutil.Process(pid).create_time()
    return {"pid": pid, "host": socket.gethostname(), "process_start": start}


def process_lives(pid: int | None, host: str | None, start: float | None) -> bool:
    """Whether that very process runs; another machine's is taken at its word."""
    if host != socket.gethostname():
        return True
    if not isinstance(pid, int):
        return False
    try:
        process = psutil.Process(pid)
        began, state = process.create_time(), process.status()
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:  # it is there, and another user's
        return True
    if state == psutil.STATUS_ZOMBIE:
        return False  # dead; in a container without an init process it stays listed
    return start is None or abs(began - start) < SAME_START


def locked(folder: Path) -> bool:
    """Whether a live process holds the run."""
    return _held(folder / LOCK)


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
            if _held(self.path):
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
            if _held(aside):
                os.link(aside, self.path)
        except OSError:
            pass  # somebody else was faster
        finally:
            aside.unlink(missing_ok=True)


def _held(path: Path) -> bool:
    """Whether the process that a lock names still runs."""
    try:
        age = time.time() - path.stat().st_mtime
        holder = read_json(path)
    except FileNotFoundError:
        return False
    except (OSError, CorruptFile):
        return path.exists() and time.time() - path.stat().st_mtime < HEARTBEAT
    if not isinstance(holder, dict):
        return False
    if holder.get("host") != socket.gethostname():
        return age < SILENCE
    return process_lives(*(holder.get(n) for n in ("pid", "host", "process_start")))
