"""One run in this process: `fieldnotes run-one FOLDER`, what every slot calls.

Nothing here imports pandas, SQLAlchemy or jax: each would be paid for by every run.
"""

import os
import shutil
import signal
import socket
import sys
import tempfile
import time
import traceback
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import IO, Any

from fieldnotes.errors import CorruptFile, FieldnotesError
from fieldnotes.project import Project
from fieldnotes.runner.errors import RunnerError
from fieldnotes.runner.forked import inherited_link
from fieldnotes.runner.lossy import open_standard_streams
from fieldnotes.runner.monitor import (
    RUN_VARIABLE,
    Watch,
    kill_leftovers,
    kill_tree,
    oom_kills,
)
from fieldnotes.runner.outcomes import End, ending, models_left, with_place
from fieldnotes.runner.provenance import provenance
from fieldnotes.runner.variables import environment
from fieldnotes.runs import FINISHED, Manifest, Status, now, read_manifest, read_status
from fieldnotes.runs.folder import LOG, NOTEBOOK, SCRATCH, clear_outputs, clear_scratch
from fieldnotes.runs.locks import Lock, myself
from fieldnotes.runs.states import DONE, RUNNING

BUSY = 75  # exit code: another process holds this run (EX_TEMPFAIL)


def main(folder: str) -> int:
    """`fieldnotes run-one FOLDER` as a program; its exit code."""
    open_standard_streams()
    try:
        return run_one(Path(folder), inherited_link())
    except FieldnotesError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2


def run_one(folder: Path, link: socket.socket | None = None) -> int:
    """Execute the run that `folder/params.json` orders.

    Args:
        link: a connection to a nursery that forks its kernel.

    Returns 0 when it is finished (also when it was before), 1 when it failed, 75 when
    another process holds it.

    Raises:
        RunnerError: there is no readable manifest in the folder.
    """
    folder = folder.absolute()
    manifest = _manifest(folder)
    lock = Lock(folder)
    if not lock.take():
        print(f"{folder}: another process is running it.", file=sys.stderr)
        return BUSY
    try:
        return _Run(folder, manifest, lock, link).execute()
    finally:
        lock.release()


def _manifest(folder: Path) -> Manifest:
    try:
        manifest = read_manifest(folder)
    except CorruptFile as error:
        raise RunnerError(str(error)) from error
    if manifest is None:
        message = (
            f"{folder}: no params.json in it, so nothing to run. Give the folder of a "
            "run: catalogue/runs/<study>/<key>."
        )
        raise RunnerError(message)
    return manifest


def find_project(folder: Path) -> Project:
    """The project a run folder is in, also when its catalogue is a link elsewhere."""
    root = folder.parents[3]
    if (root / "notebooks").is_dir() and (root / "params").is_dir():
        return Project(root)
    return Project.find()


class _Run:
    """One run from its lock to its final status."""

    def __init__(
        self, folder: Path, manifest: Manifest, lock: Lock, link: socket.socket | None
    ):
        self.folder, self.manifest, self.link = folder, manifest, link
        self.project = find_project(folder)
        limits = manifest.limits
        memory = limits.memory_gb
        self.watch = Watch(
            None if memory is None else memory * 1e9,
            limits.timeout_s,
            beat=lock.touch,
        )
        self.began = time.monotonic()
        self.status = Status()

    def execute(self) -> int:
        earlier = self._earlier()
        if earlier.finished:
            return 0
        if earlier.attempt:
            kill_leftovers(self.folder)  # its worker may have been killed
        clear_scratch(earlier)
        self.status = Status(
            RUNNING, started=now(), attempt=earlier.attempt + 1, **myself()
        )
        self.status.write(self.folder)
        clear_outputs(self.folder)
        before = _catch_signals(self._interrupt)
        self.watch.start()
        try:
            end = self._end()
        finally:
            self.watch.stop()
            kill_leftovers(self.folder)
            for number, handler in before.items():
                signal.signal(number, handler)
        return self._close(end)

    def _earlier(self) -> Status:
        try:
            return read_status(self.folder) or Status()
        except CorruptFile:
            return Status()

    def _end(self) -> End:
        """Run the notebook; whatever happens on the way is an end of the run."""
        private = None
        try:
            stale = changed_since(self.project, self.manifest)
            if stale:
                return End("failed", stale)
            private = Path(tempfile.mkdtemp(prefix=SCRATCH))
            self.status.scratch = str(private)
            self.status.write(self.folder)  # whoever finds us killed shall remove it
            with (self.folder / LOG).open("a", buffering=1) as log:
                return self._attempts(log, private)
        except KeyboardInterrupt:
            return End("interrupted", "stopped by the user")
        except Exception as error:
            with suppress(OSError):  # a full disk, or no terminal
                traceback.print_exc()
            return End("failed", f"{type(error).__name__}: {error}")
        finally:
            if private is not None:
                shutil.rmtree(private, ignore_errors=True)

    def _attempts(self, log: IO[str], private: Path) -> End:
        self.status = replace(self.status, **provenance(self.project))
        self.status.write(self.folder)
        end, started = self._attempt(log, private, ipc=True)
        if started or self.watch.verdict or end.state == "interrupted":
            return end
        # A kernel that did not start is tried once more, afresh and over TCP; a failed
        # cell never.
        log.write(f"The kernel did not start: {end.reason}. Trying once more.\n")
        return self._attempt(log, private, ipc=False)[0]

    def _attempt(self, log: IO[str], private: Path, *, ipc: bool) -> tuple[End, bool]:
        """Execute once; the end, and whether the kernel ever answered."""
        from fieldnotes.runner.kernel import Launch, run_notebook, tidy_notebook

        own = {
            RUN_VARIABLE: str(self.folder),
            "TMPDIR": str(private),
            "IPYTHONDIR": str(private / "ipython"),  # no start-up files of the user
        }
        shared = environment(self.project, self.manifest.limits.threads)
        launch = Launch(
            environment=os.environ | shared | own,
            cwd=self.project.root,
            log=log,
            source=self.manifest.notebook_file,
            on_start=self.watch.attach,
            link=self.link if ipc else None,
        )
        path = self.project.root / self.manifest.notebook_file
        output, raised, kills = self.folder / NOTEBOOK, None, oom_kills()
        try:
            sockets = private if ipc else None
            run_notebook(launch, path, output, self._parameters(), sockets)
        except (Exception, KeyboardInterrupt) as error:
            raised = error
            log.write(f"{type(error).__name__}: {error}\n")
        code = None if launch.process is None else launch.process.poll()
        if launch.process is not None:
            kill_tree(launch.process.pid)
        with suppress(OSError):
            tidy_notebook(output, launch.notebook)
        killed = oom_kills() > kills
        died = code if _dead_kernel(raised) else None
        end = ending(launch.notebook, died, raised, self.watch, killed)
        end = with_place(end, path, self.project.root)
        return end, launch.ready

    def _parameters(self) -> dict[str, Any]:
        """The full set of parameters; JSON has no tuples, the notebook may."""
        types = self.manifest.types
        return {
            name: tuple(value)
            if isinstance(value, list) and types.get(name, "").startswith("tuple")
            else value
            for name, value in self.manifest.parameters.items()
        }

    def _interrupt(self, _signal: int, _frame: FrameType | None) -> None:
        self.watch.end("interrupted", "stopped by the user")

    def _close(self, end: End) -> int:
        """Write the final status; the exit code."""
        left = models_left(self.folder)
        state = left.state if end.state == DONE else end.state
        self.status = replace(
            self.status,
            state=state,
            ended=now(),
            duration_s=round(time.monotonic() - self.began, 3),
            peak_memory_mb=round(self.watch.peak / 1e6, 1),
            reason=end.reason,
            error=end.error,
            models=left.sizes,
            diverged=left.diverged,
            stuck=left.stuck,
            scratch=None,
        )
        self.status.write(self.folder)
        name = f"{self.manifest.notebook} {self.folder.name}"
        said = f"{name}: {state} {self.status.cause if end.reason else ''}".strip()
        with suppress(OSError):  # the terminal is gone; the status is written
            print(said, flush=True)
        return 0 if state in FINISHED else 1


def changed_since(project: Project, manifest: Manifest) -> str:
    """What changed in the run's code since it was planned, in words; "" for nothing."""
    from fieldnotes.code import read_code
    from fieldnotes.spreads.scripts import code_cells

    path, planned = project.root / manifest.notebook_file, manifest.code
    if not path.is_file():
        return f"{manifest.notebook_file} is gone since the run was planned"
    if not planned.notebook:
        return ""
    code = read_code(project, code_cells(path))
    names = [] if code.notebook == planned.notebook else [manifest.notebook_file]
    for name in sorted(code.modules.keys() | planned.modules.keys()):
        if code.modules.get(name) != planned.modules.get(name):
            names.append(name)
    if not names:
        return ""
    return f"changed since planned: {', '.join(names)}; plan and run again"


def _dead_kernel(raised: BaseException | None) -> bool:
    """Whether papermill gave up because the kernel's process was gone."""
    if raised is None:
        return False
    early = isinstance(raised, RuntimeError) and str(raised).startswith("Kernel died")
    return early or type(raised).__name__ == "DeadKernelError"


def _catch_signals(handler: Any) -> dict[int, Any]:
    """Let Ctrl-C and friends end the run with a status; what was there before."""
    before = {}
    with suppress(ValueError):  # not the main thread: a test, or a Dask worker
        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, handler)
        before[signal.SIGHUP] = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    return before
