"""Slots: where runs execute. Anything that can `submit` like an executor is one."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from fieldnotes.runs import MANIFEST

GRACE = 10.0  # [s] that a worker gets to write its status after Ctrl-C
ENDS = (0, 1, 75)  # exit codes by which a worker says what happened itself


class Slots(Protocol):
    """What `execute` asks of slots; `concurrent.futures` and Dask clients have it."""

    def submit(self, fn: Any, /, *args: Any) -> Future: ...


def launch(folder: str, root: str) -> int:
    """Run `fieldnotes run-one FOLDER` in a process group of its own; its exit code.

    A negative code is the signal that ended the worker.
    """
    command = [sys.executable, "-m", "fieldnotes", "run-one", folder]
    environment = os.environ | {"FIELDNOTES_PROJECT": root}
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command,
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            process_group=0,
        )
        with _running(process):
            code = process.wait()
        if code not in ENDS:
            said.seek(0)
            _append(Path(folder), said.read())
    return code


class LocalSlots:
    """Slots on this machine: a process for each run, so many at once."""

    def __init__(self, size: int):
        self.size = size
        self._pool = ThreadPoolExecutor(size, thread_name_prefix="slot")

    def submit(self, fn: Any, /, *args: Any) -> Future:
        """Start `fn(*args)` in a free slot."""
        return self._pool.submit(fn, *args)

    def interrupt(self) -> None:
        """Ask every running worker to stop, as Ctrl-C would; kill those that do not."""
        with _LOCK:
            processes = list(_PROCESSES)
        for process in processes:
            _signal(process, signal.SIGINT)
        for process in processes:
            try:
                process.wait(GRACE)
            except subprocess.TimeoutExpired:
                _signal(process, signal.SIGKILL)

    def close(self) -> None:
        """End the slots; runs that have not started are given up."""
        self._pool.shutdown(wait=True, cancel_futures=True)


_PROCESSES: set[subprocess.Popen] = set()
_LOCK = threading.Lock()


@contextmanager
def _running(process: subprocess.Popen) -> Iterator[None]:
    """While inside, Ctrl-C reaches this worker."""
    with _LOCK:
        _PROCESSES.add(process)
    try:
        yield
    finally:
        with _LOCK:
            _PROCESSES.discard(process)


def _signal(process: subprocess.Popen, number: signal.Signals) -> None:
    with suppress(OSError):
        os.killpg(process.pid, number)


def _append(folder: Path, text: bytes) -> None:
    """Keep what a worker said that ended in an unforeseen way."""
    with suppress(OSError):
        if text and (folder / MANIFEST).exists():
            with (folder / "run.log").open("ab") as log:
                log.write(text)
