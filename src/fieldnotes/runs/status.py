"""The status of a run, `status.json`: what became of it, when, and with what."""

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fieldnotes.errors import CorruptFile
from fieldnotes.files import write_json
from fieldnotes.runs.locks import locked, process_lives
from fieldnotes.runs.states import (
    FAILED,
    FINISHED,
    KILLED,
    QUEUED,
    RUNNING,
    UNREADABLE,
)
from fieldnotes.runs.typed import read_mapping, typed

STATUS = "status.json"
WORDLESS = "its worker ended without a word (killed, or the machine went down)"
IN_A_CELL = "its kernel ended in the middle of a cell"


@dataclass
class Status:
    """What `status.json` says; None for what is not known."""

    state: str = QUEUED
    reason: str = ""  # why there is no result
    error: dict[str, Any] | None = None  # name, message, cause, cell, traceback
    ordered: str | None = None
    started: str | None = None
    ended: str | None = None
    duration_s: float | None = None
    peak_memory_mb: float | None = None
    attempt: int = 0
    models: dict[str, int] = field(default_factory=dict)  # length of each file [bytes]
    diverged: list[dict[str, Any]] = field(default_factory=list)  # values and step
    stuck: list[dict[str, Any]] = field(default_factory=list)  # values
    interactive: bool = False
    pid: int | None = None
    host: str | None = None
    process_start: float | None = None
    scratch: str | None = None  # the private temporary folder while it runs
    versions: dict[str, Any] = field(default_factory=dict)
    commit: str | None = None
    dirty: bool | None = None
    machine: dict[str, Any] = field(default_factory=dict)

    @property
    def finished(self) -> bool:
        """Whether there is a result."""
        return self.state in FINISHED

    @property
    def failed(self) -> bool:
        """Whether it ended without a result, for a reason of its own."""
        return self.state in FAILED

    @property
    def cause(self) -> str:
        """Why it ended as it did, short enough to group runs by."""
        return str((self.error or {}).get("cause") or self.reason or self.state)

    @property
    def why(self) -> str:
        """Why there is no result, in one line for people; "" where there is one."""
        name = (self.error or {}).get("name")
        if name and self.failed:
            message = str((self.error or {}).get("message") or "").strip()
            return f"{name}: {message.splitlines()[0] if message else ''}".strip(": ")
        return self.reason.strip() or ("" if self.finished else self.state)

    def write(self, folder: Path) -> Path:
        """Write it into a run folder, atomically."""
        return write_json(folder / STATUS, asdict(self))


def read_status(folder: Path, odd: list[str] | None = None) -> Status | None:
    """The status in a run folder; None where none was ever written.

    A run that says it is running and whose process is gone was killed.

    Args:
        odd: takes the names of entries that are left out, being of another type.

    Raises:
        CorruptFile: it is there and cannot be read.
    """
    status = typed(Status, read_mapping(folder / STATUS), odd)
    if status is not None and status.state == RUNNING and not lives(folder, status):
        status.state = KILLED
        status.reason = IN_A_CELL if status.interactive else WORDLESS
    return status


def known_status(folder: Path, odd: list[str] | None = None) -> Status:
    """The same for a reader that goes on: what cannot be read is `unreadable`."""
    try:
        status = read_status(folder, odd)
    except CorruptFile as error:
        reason = str(error).replace(f"{folder}/", "")
        return Status(state=UNREADABLE, reason=reason)
    if status is None:
        return Status(state=RUNNING if locked(folder) else QUEUED)
    return status


def lives(folder: Path, status: Status) -> bool:
    """Whether a run still runs: a batch run holds a lock, one by hand has a kernel."""
    by_hand = status.interactive and process_lives(
        status.pid, status.host, status.process_start
    )
    return by_hand or locked(folder)


def now() -> str:
    """This moment as ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
