"""How a run ended: papermill reports a dead kernel and `sys.exit` as success."""

import re
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fieldnotes.errors import CorruptFile
from fieldnotes.files import read_json
from fieldnotes.runner.monitor import Watch

_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_PLACE = re.compile(r"Cell In\[\d+\], line (\d+)")
CAUSE = 160  # characters; long enough to know an error by, short enough to group by


@dataclass(frozen=True)
class End:
    """The state a run ended in, and why."""

    state: str
    reason: str = ""
    error: dict[str, Any] | None = None


def ending(
    notebook: Any,
    exit_code: int | None,
    raised: BaseException | None,
    watch: Watch,
    oom_killed: bool,
) -> End:
    """Tell the ends of a run apart.

    Args:
        notebook: the notebook as far as it was executed, or None.
        exit_code: how the kernel's process ended by itself; None when it did not.
        raised: what papermill raised.
        oom_killed: whether the system killed for memory meanwhile.
    """
    if watch.verdict is not None:
        return End(watch.verdict, watch.reason)
    if isinstance(raised, KeyboardInterrupt):
        return End("interrupted", "stopped by the user")
    if raised is not None and exit_code is not None:
        return _death(exit_code, oom_killed)
    error = first_error(notebook)
    if error is not None:
        return _of_error(error)
    if raised is not None:
        return End("failed", _cause(type(raised).__name__, str(raised)))
    return End("done")


def _death(exit_code: int, oom_killed: bool) -> End:
    if exit_code == 0:
        return End("stopped-early", "the kernel's process ended itself (os._exit)")
    if exit_code > 0:
        return End("killed", f"the kernel's process ended with code {exit_code}")
    name = _signal_name(-exit_code)
    if name == "SIGKILL" and oom_killed:
        return End("out-of-memory", "the system killed the kernel for its memory")
    return End("killed", f"the kernel died of {name}")


def _of_error(error: dict[str, Any]) -> End:
    name, message = error["name"], error["message"]
    if name == "SystemExit":
        return End("stopped-early", f"a cell called sys.exit({message})", error)
    if name == "KeyboardInterrupt":
        return End("interrupted", "the kernel was interrupted", error)
    if name.endswith("MemoryError") or "RESOURCE_EXHAUSTED" in message:
        return End("out-of-memory", error["cause"], error)
    return End("failed", error["cause"], error)


def first_error(notebook: Any) -> dict[str, Any] | None:
    """The first error among a notebook's outputs, with the cell and line it is from."""
    cells: list[Any] = [] if notebook is None else notebook.cells
    for index, cell in enumerate(cells):
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                return _described(index, cell.source, output)
    return None


def _described(index: int, source: str, output: Any) -> dict[str, Any]:
    traceback = _COLOUR.sub("", "\n".join(output.traceback))
    lines = source.splitlines()
    found = _PLACE.search(traceback)
    number = int(found.group(1)) if found else None
    line = lines[number - 1].strip() if number and number <= len(lines) else None
    return {
        "cell": index,
        "line": number,
        "source": line,
        "name": output.ename,
        "message": _COLOUR.sub("", output.evalue),
        "traceback": traceback,
        "cause": _cause(output.ename, _COLOUR.sub("", output.evalue)),
    }


def _cause(name: str, message: str) -> str:
    first = message.strip().splitlines()[:1]
    return f"{name}: {first[0]}"[:CAUSE] if first else name


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def models_left(folder: Path) -> tuple[dict[str, int], list[dict[str, Any]], bool]:
    """The models of a run: length in bytes by name, the diverged, and if all are."""
    sizes: dict[str, int] = {}
    diverged, count = [], 0
    for path in sorted((folder / "models").glob("*.json")):
        try:
            record = read_json(path)
        except CorruptFile:
            continue
        if not isinstance(record, dict):
            continue
        count += 1
        sizes[path.stem] = record.get("bytes", -1)
        if record.get("outcome") == "diverged":
            step = record.get("diverged_at")
            diverged.append({"values": record.get("values", {}), "step": step})
    unique = [item for i, item in enumerate(diverged) if item not in diverged[:i]]
    return sizes, unique, bool(diverged) and len(diverged) == count
