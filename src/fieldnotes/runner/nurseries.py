"""The nurseries of one batch: who forks its workers, and who the workers' kernels."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from fieldnotes.errors import CorruptFile
from fieldnotes.project import Project
from fieldnotes.runner.forked import Forked, Refused, ask, pair, start_program
from fieldnotes.runner.preload import installed_imports
from fieldnotes.runner.variables import environment
from fieldnotes.runs import read_manifest

DEATHS = 3  # nurseries that may die in a batch; from then on runs are started afresh
WORKER = ("fieldnotes.runner.ready",)
KERNEL = ("ipykernel.kernelapp", "ipykernel.debugger", "IPython", "psutil")


class Nurseries:
    """Starts workers, by forking where that is possible.

    There is one nursery for workers and one for the kernels of each environment, which
    is mostly one number of threads. They begin with the first run that needs them.

    Args:
        notebooks: whose packages the kernels shall find imported.
        note: told, once, why something is not forked.
    """

    def __init__(
        self, project: Project, notebooks: Iterable[Path], note: Callable[[str], Any]
    ):
        self.project, self.note = project, note
        self._notebooks = list(notebooks)
        self._alive: dict[Any, _Nursery] = {}
        self._deaths = 0
        self._trouble: set[str] = set()
        self._lock = threading.Lock()

    def start(
        self, folder: str, root: str, said: IO[Any], variables: Mapping[str, str]
    ) -> Forked | subprocess.Popen[bytes]:
        """Start the worker of a run; what it prints goes into the file `said`.

        `variables` are laid over its environment.
        """
        surrounding = os.environ | {"FIELDNOTES_PROJECT": root, **variables}
        link = self._kernels(Path(folder), surrounding)
        try:
            forked = self._forked(folder, root, said, surrounding, link)
            return forked or start_afresh(folder, root, said, variables, link)
        finally:
            if link is not None:
                link.close()

    def close(self) -> None:
        """End the nurseries; no worker is left."""
        with self._lock:
            for nursery in self._alive.values():
                if nursery.process.poll() is not None:
                    self._say(nursery.last_words())
                nursery.close()
            self._alive.clear()

    def _kernels(
        self, folder: Path, surrounding: Mapping[str, str]
    ) -> socket.socket | None:
        """A connection to a nursery of kernels with the environment of this run."""
        try:
            manifest = read_manifest(folder)
        except CorruptFile:
            manifest = None
        if manifest is None:  # the worker will say so
            return None
        wanted = environment(self.project, manifest.limits.threads)
        return self._connect({**surrounding, **wanted}, KERNEL, self._packages)

    @cached_property
    def _packages(self) -> list[str]:
        return installed_imports(self.project, self._notebooks)

    def _forked(
        self,
        folder: str,
        root: str,
        said: IO[Any],
        surrounding: Mapping[str, str],
        link: socket.socket | None,
    ) -> Forked | None:
        connection = self._connect(surrounding, WORKER, ())
        if connection is None:
            return None
        try:
            return ask(
                connection,
                "fieldnotes.runner.worker:main",
                [folder],
                ["fieldnotes", "run-one", folder],
                surrounding,
                Path(root),
                said,
                link=link,
                outlives=True,
            )
        except Refused as error:
            self._say(f"no worker was forked: {error}")
            return None

    def _connect(
        self,
        surrounding: Mapping[str, str],
        programs: Iterable[str],
        packages: Iterable[str],
    ) -> socket.socket | None:
        """A connection to a nursery of this kind; None where there can be none."""
        with self._lock:
            kind = (programs, frozenset(surrounding.items()))
            nursery = self._alive.get(kind)
            try:
                if nursery is not None and nursery.process.poll() is not None:
                    self._say(nursery.last_words())
                    self._alive.pop(kind).close()
                    self._deaths += 1
                    nursery = None
                if nursery is None and self._deaths >= DEATHS:
                    return None
                if nursery is None:
                    modules = [*programs, *packages]
                    nursery = _Nursery(modules, surrounding, self.project.root)
                    self._alive[kind] = nursery
                return nursery.connect()
            except OSError as error:
                self._say(error.strerror or str(error))
                return None

    def _say(self, reason: str) -> None:
        if reason not in self._trouble:
            self._trouble.add(reason)
            self.note(f"Not every process could be forked, some start afresh: {reason}")


class _Nursery:
    """One process that forks, our end of its socket, and what it says."""

    def __init__(self, modules: list[str], surrounding: Mapping[str, str], root: Path):
        self.said = tempfile.TemporaryFile()
        try:
            self.process, self.keeper = start_program(
                modules, surrounding, root, self.said
            )
        except OSError:
            self.said.close()
            raise

    def connect(self) -> socket.socket:
        """A fresh connection to it.

        Raises:
            OSError: it has just ended, or the system gives no socket.
        """
        ours, theirs = pair()
        with theirs:
            try:
                socket.send_fds(self.keeper, [b"asker"], [theirs.fileno()])
            except OSError:
                ours.close()
                raise
        return ours

    def last_words(self) -> str:
        """How it ended, in words."""
        self.said.seek(0)
        lines = self.said.read().decode(errors="replace").strip().splitlines()
        code = self.process.wait()
        how = f"code {code}"
        if code < 0:
            how = signal.Signals(-code).name
        return f"a nursery ended ({how}). {lines[-1] if lines else ''}".strip()

    def close(self) -> None:
        """End it, and with it what it has forked."""
        self.keeper.close()
        self.process.kill()
        self.process.wait()
        self.said.close()


def start_afresh(
    folder: str,
    root: str,
    said: IO[Any],
    variables: Mapping[str, str],
    link: socket.socket | None = None,
) -> subprocess.Popen[bytes]:
    """Start `fieldnotes run-one FOLDER` as a program, in a session of its own."""
    from fieldnotes.runner.nursery import LINK

    named = {} if link is None else {LINK: str(link.fileno())}
    return subprocess.Popen(
        [sys.executable, "-m", "fieldnotes", "run-one", folder],
        cwd=root,
        env={**os.environ, "FIELDNOTES_PROJECT": root, **variables, **named},
        stdin=subprocess.DEVNULL,
        stdout=said,
        stderr=said,
        pass_fds=[link.fileno()] if link else [],
        start_new_session=True,  # no terminal: none can take the run with it
    )
