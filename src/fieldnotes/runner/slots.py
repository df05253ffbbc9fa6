"""Slots: where runs execute. Anything that can `submit` like an executor is one."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

from fieldnotes.runner.monitor import kill_leftovers, kill_tree
from fieldnotes.runs import MANIFEST

GRACE = 4.0  # [s] that workers get to write their status after Ctrl-C
ENDS = (0, 1, 75)  # exit codes by which a worker says what happened itself


class Slots(Protocol):
    """What `execute` asks of slots; `concurrent.futures` and Dask clients have it."""

    def submit(self, fn: Any, /, *args: Any) -> Future: ...


def launch(
    folder: str, root: str, variables: Mapping[str, str] = MappingProxyType({})
) -> int:
    """Run `fieldnotes run-one FOLDER` in a process group of its own; its exit code.

    A negative code is the signal that ended the worker. `variables` are laid over its
    environment.
    """
    command = [sys.executable, "-m", "fieldnotes", "run-one", folder]
    environment = os.environ | {"FIELDNOTES_PROJECT": root, **variables}
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command,
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,  # no terminal: none can take the run with it
        )
        with _running(process):
            code = process.wait()
        if code not in ENDS:
            kill_leftovers(Path(folder))
            said.seek(0)
            _append(Path(folder), said.read())
    return code


class LocalSlots:
    """Slots on this machine: a process for each run, so many at once."""

    def __init__(self, size: int):
        self.size = size
        self._pool = ThreadPoolExecutor(size, thread_name_prefix="slot")
        self._futures: set[Future] = set()

    def submit(self, fn: Any, /, *args: Any) -> Future:
        """Start `fn(*args)` in a free slot."""
        future = self._pool.submit(fn, *args)
        self._futures.add(future)
        future.add_done_callback(self._futures.discard)
        return future

    def interrupt(self) -> None:
        """Ask every running worker to stop; kill those that do not, and their kernels.

        A second Ctrl-C does not wait for them.
        """
        asked: set[subprocess.Popen] = set()
        with suppress(KeyboardInterrupt):
            self._until_done(lambda: _ask(asked))
        with suppress(KeyboardInterrupt):
            self._until_done(_kill)

    def _until_done(self, act: Callable[[], None]) -> None:
        """Repeat this until no run is left, for a while: one may just be starting."""
        limit = time.monotonic() + GRACE
        while self._futures and time.monotonic() < limit:
            act()
            time.sleep(0.05)

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


def _ask(asked: set[subprocess.Popen]) -> None:
    """Ask workers that were not asked before to stop."""
    with _LOCK:
        fresh = _PROCESSES - asked
    for process in fresh:
        # Not SIGINT: below a shell's background job it is ignored from the start.
        process.terminate()
    asked |= fresh


def stop_workers() -> None:
    """Ask the runs that this process has launched to stop; kill those that do not."""
    asked: set[subprocess.Popen] = set()
    for act in (lambda: _ask(asked), _kill):
        limit = time.monotonic() + GRACE
        while _PROCESSES and time.monotonic() < limit:
            act()
            time.sleep(0.05)


def _kill() -> None:
    with _LOCK:
        processes = list(_PROCESSES)
    for process in processes:
        kill_tree(process.pid)


def _append(folder: Path, text: bytes) -> None:
    """Keep what a worker said that ended in an unforeseen way."""
    with suppress(OSError):
        if text and (folder / MANIFEST).exists():
            with (folder / "run.log").open("ab") as log:
                log.write(text)
