"""The record of a batch: who runs it, its log, and how it ended.

Each call of `execute` has a folder `catalogue/batches/<time>-<pid>/` with a `lock`, as
runs have one, `batch.log` and `summary.json`. A file `stop` in it asks the batch to
end, from any machine that sees the folder.
"""

import os
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, TextIO

from fieldnotes.errors import CorruptFile
from fieldnotes.files import read_json, write_json
from fieldnotes.project import Project
from fieldnotes.runner.lossy import LossyStream
from fieldnotes.runs import now
from fieldnotes.runs.locks import HEARTBEAT, LOCK, Lock, locked

PLACE, LOG, SUMMARY, STOP = "batches", "batch.log", "summary.json", "stop"
VARIABLE = "FIELDNOTES_BATCH"  # the folder that a batch started by `--detach` takes
RUNNING, ENDED, STOPPED, LOST = "running", "ended", "stopped", "ended without a word"


@dataclass(frozen=True)
class Batch:
    """One batch as its folder tells of it.

    `state` is "running", "ended", "stopped" or "ended without a word".
    """

    folder: Path
    state: str
    summary: dict[str, Any]
    holder: dict[str, Any]  # pid, host and start of the process that runs it

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def log(self) -> Path:
        return self.folder / LOG

    @property
    def where(self) -> str:
        """The process that runs it, in words."""
        return f"pid {self.holder.get('pid', '?')} on {self.holder.get('host', '?')}"


class BatchRecord:
    """What a batch leaves while it runs; where nothing can be written, it goes on.

    A context: at its end the log is closed, the summary written, the lock given back.
    `stream` is the log, which can neither raise nor wait.
    """

    def __init__(self, project: Project, plan: Any, jobs: int):
        self.folder = new_folder(project)
        self.summary: dict[str, Any] = {
            "state": RUNNING,
            "started": now(),
            "spreads": [spread.name for spread in plan.spreads if spread.asked],
            "jobs": jobs,
        }
        self._lock: Lock | None = None
        self._file: TextIO | None = None
        self._trouble = ""
        self._touched = 0.0

    def __enter__(self) -> Self:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = Lock(self.folder)
            self._lock.take()
            write_json(self.folder / SUMMARY, self.summary)
            self._file = (self.folder / LOG).open("a", encoding="utf-8")
        except OSError as error:
            self._trouble = error.strerror or str(error)
        self.stream = LossyStream(self._file)
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if error is not None:
            self.stream.write("".join(traceback.format_exception(error)))
        self.stream.close()
        with suppress(OSError):  # the disk is full; how the runs ended is in their own
            if self._file is not None:
                self._file.close()
            write_json(self.folder / SUMMARY, self.summary)
        if self._lock is not None:
            self._lock.release()

    @property
    def trouble(self) -> str:
        """Why there is no log, or why it lacks something; "" when all is well."""
        return self._trouble or self.stream.loss

    def touch(self) -> None:
        """Tell other machines, now and then, that the batch lives.

        Raises:
            KeyboardInterrupt: `fieldnotes stop` asks the batch to end, as Ctrl-C does.
        """
        if (self.folder / STOP).exists():
            raise KeyboardInterrupt
        if self._lock is not None and time.monotonic() - self._touched > HEARTBEAT:
            self._touched = time.monotonic()
            self._lock.touch()

    def finish(self, outcome: Any) -> None:
        """Note how the batch ended."""
        self.summary |= summary_of(outcome)


def summary_of(outcome: Any) -> dict[str, Any]:
    """How a batch ended, as `summary.json` has it."""
    return {
        "state": STOPPED if outcome.interrupted else ENDED,
        "ended": now(),
        "seconds": round(outcome.seconds, 3),
        "exit_code": outcome.exit_code,
        "counts": dict(outcome.counts),
        "obstacle": outcome.obstacle,
        "failures": {
            cause: [{"run": run.key, "label": run.label} for run in runs]
            for cause, runs in outcome.failures.items()
        },
        "blocked": [
            {"run": run.key, "label": run.label, "reason": reason}
            for run, reason in outcome.blocked
        ],
    }


def new_folder(project: Project) -> Path:
    """A batch's folder: the one that `--detach` chose, else one named by the time."""
    chosen = os.environ.pop(VARIABLE, None)  # not for the runs, nor for a next batch
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}"[:-3]
    return Path(chosen or project.catalogue / PLACE / f"{stamp}-{os.getpid()}")


def batches(project: Project) -> list[Batch]:
    """Every batch there is a record of, the oldest first."""
    folders = sorted((project.catalogue / PLACE).glob("*/"))
    return [read_batch(folder) for folder in folders if not folder.name[0] == "."]


def running_batches(project: Project) -> list[Batch]:
    """The batches that run now, here or on another machine."""
    return [batch for batch in batches(project) if batch.state == RUNNING]


def read_batch(folder: Path) -> Batch:
    """A batch from its folder; what cannot be read is left empty."""
    holder, lives = _mapping(folder / LOCK), locked(folder)
    summary = _mapping(folder / SUMMARY)  # after the lock: it may end at this moment
    state = summary.get("state", RUNNING)
    if state == RUNNING and not lives:
        state = LOST
    return Batch(folder, state, summary, holder)


def _mapping(path: Path) -> dict[str, Any]:
    value = None
    with suppress(CorruptFile):
        value = read_json(path)
    return value if isinstance(value, dict) else {}
