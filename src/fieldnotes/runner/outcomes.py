"""How a run ended: papermill reports a dead kernel and `sys.exit` as success."""

import re
import signal
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from fieldnotes.errors import CorruptFile
from fieldnotes.files import read_json
from fieldnotes.runner.monitor import Watch
from fieldnotes.runs.states import DIVERGED, DONE, STUCK

_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_MODULE = re.compile(r"No module named '([^'.]+)")
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


def with_place(end: End, notebook: Path, root: Path) -> End:
    """The end of a run, which says where a module belongs that lies beside a notebook.

    A run starts in the project's root and finds modules below `src/`; a notebook by
    hand starts in its own folder, so the same import works there.
    """
    error = end.error or {}
    missing = _MODULE.match(error.get("message", ""))
    if error.get("name") != "ModuleNotFoundError" or not missing:
        return end
    name = missing[1]
    for folder in [place for place in notebook.parents if place.is_relative_to(root)]:
        for found in (folder / f"{name}.py", folder / name / "__init__.py"):
            if found.is_file():
                module = found if found.stem == name else found.parent
                cause = (
                    f"{error['cause']}: it lies beside the notebook, where a run does "
                    f"not look. Move {module.relative_to(root)} to src/{module.name}"
                )
                return replace(end, reason=cause, error={**error, "cause": cause})
    return end


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


class ModelsLeft(NamedTuple):
    """The models that a run left, and those of its members that learned nothing."""

    sizes: dict[str, int]  # length by name [bytes]
    diverged: list[dict[str, Any]]  # values and step
    stuck: list[dict[str, Any]]  # values
    state: str  # of a run that reached its end


def models_left(folder: Path) -> ModelsLeft:
    """What became of the models of a run."""
    sizes: dict[str, int] = {}
    found: dict[str, list[dict[str, Any]]] = {DIVERGED: [], STUCK: []}
    good = False
    for path in sorted((folder / "models").glob("*.json")):
        try:
            record = read_json(path)
        except CorruptFile:
            continue
        if not isinstance(record, dict):
            continue
        sizes[path.stem] = record.get("bytes", -1)
        item = {"values": record.get("values", {})}
        if record.get("outcome") == DIVERGED:
            item["step"] = record.get("diverged_at")
        same = found.get(str(record.get("outcome")))
        good = good or same is None
        if same is not None and item not in same:
            same.append(item)
    diverged, stuck = found.values()
    state = STUCK if stuck else DIVERGED if diverged else DONE
    return ModelsLeft(sizes, diverged, stuck, DONE if good else state)
