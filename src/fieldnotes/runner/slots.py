"""Slots: where runs execute. Anything that can `submit` like an executor is one."""

import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, Protocol

from fieldnotes.runner.forked import Forked
from fieldnotes.runner.monitor import kill_leftovers, kill_tree
from fieldnotes.runner.nurseries import Nurseries, start_afresh
from fieldnotes.runs import MANIFEST

GRACE = 4.0  # [s] that workers get to write their status after Ctrl-C
ENDS = (0, 1, 75)  # exit codes by which a worker says what happened itself
NO_VARIABLES: Mapping[str, str] = MappingProxyType({})

Process = subprocess.Popen[bytes] | Forked


class Slots(Protocol):
    """What `execute` asks of slots; `concurrent.futures` and Dask clients have it."""

    def submit(self, fn: Any, /, *args: Any) -> Future: ...


def launch(folder: str, root: str, variables: Mapping[str, str] = NO_VARIABLES) -> int:
    """Run `fieldnotes run-one FOLDER` in a process group of its own; its exit code.

    A negative code is the signal that ended the worker. `variables` are laid over its
    environment.
    """
    return _supervise(folder, root, variables, start_afresh)


def _supervise(
    folder: str, root: str, variables: Mapping[str, str], start: Callable[..., Process]
) -> int:
    """Start a worker, wait for its end, and keep what an unforeseen end has said."""
    with tempfile.TemporaryFile() as said:
        process = start(folder, root, said, variables)
        with _running(process):
            code = process.wait()
        if code not in ENDS:
            kill_leftovers(Path(folder))
            said.seek(0)
            _append(Path(folder), said.read())
    return code


class LocalSlots:
    """Slots on this machine: a process for each run, so many at once.

    Args:
        nurseries: fork the workers and their kernels; without, all start afresh.
    """

    def __init__(self, size: int, nurseries: Nurseries | None = None):
        self.size = size
        self._nurseries = nurseries
        self._stopped = threading.Event()
        self._pool = ThreadPoolExecutor(size, thread_name_prefix="slot")
        self._futures: set[Future] = set()

    def submit(self, fn: Any, /, *args: Any) -> Future:
        """Start `fn(*args)` in a free slot."""
        future = self._pool.submit(fn, *args)
        self._futures.add(future)
        future.add_done_callback(self._futures.discard)
        return future

    def launch(
        self, folder: str, root: str, variables: Mapping[str, str] = NO_VARIABLES
    ) -> int:
        """What `launch` does, with a forked worker where that is possible."""
        return _supervise(folder, root, variables, self._start)

    def _start(
        self, folder: str, root: str, said: IO[Any], variables: Mapping[str, str]
    ) -> Process:
        start = start_afresh if self._nurseries is None else self._nurseries.start
        process = start(folder, root, said, variables)
        if self._stopped.is_set():
            process.terminate()  # it was on its way when the others were asked
        return process

    def interrupt(self) -> None:
        """Stop every running worker, and every one that is just starting."""
        self._stopped.set()
        stop_workers(self._futures)

    def close(self) -> None:
        """End the slots; runs that have not started are given up."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        if self._nurseries is not None:
            self._nurseries.close()


_PROCESSES: set[Process] = set()
_LOCK = threading.Lock()


@contextmanager
def _running(process: Process) -> Iterator[None]:
    """While inside, Ctrl-C reaches this worker."""
    with _LOCK:
        _PROCESSES.add(process)
    try:
        yield
    finally:
        with _LOCK:
            _PROCESSES.discard(process)


def _ask(asked: set[Process]) -> None:
    """Ask workers that were not asked before to stop."""
    with _LOCK:
        fresh = _PROCESSES - asked
    for process in fresh:
        # Not SIGINT: below a shell's background job it is ignored from the start.
        process.terminate()
    asked |= fresh


def stop_workers(left: Collection[Any] = _PROCESSES) -> None:
    """Ask the runs that this process has launched to stop; kill those that do not.

    Their kernels end with them. A second Ctrl-C does not wait for the answers.

    Args:
        left: empty once all have ended; one that is just starting may be in it.
    """
    asked: set[Process] = set()
    for act in (lambda: _ask(asked), _kill):
        limit = time.monotonic() + GRACE
        with suppress(KeyboardInterrupt):
            while left and time.monotonic() < limit:
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
