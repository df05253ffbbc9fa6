"""How a planned run stands: done, to be run, or running elsewhere; and why."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from fieldnotes.errors import CorruptFile
from fieldnotes.runner.folder import (
    FINISHED,
    cause_of,
    locked,
    read_order,
    read_status,
    whole,
)
from fieldnotes.runner.history import History

if TYPE_CHECKING:
    from fieldnotes.runner.plan import PlannedRun


class Standing(NamedTuple):
    """How a run stands, and what its folder looked like when that was found."""

    state: str
    reason: str
    broken: bool = False  # its folder cannot be read
    ended: str | None = None  # when the run in the folder ended


def standing(
    run: "PlannedRun", history: History, needs: list["PlannedRun"]
) -> Standing:
    """State and reason of a run, from its folder and the runs that it needs."""
    try:
        order, status = read_order(run.folder), read_status(run.folder)
    except CorruptFile as error:
        name = Path(str(error).split(":")[0]).name
        return Standing("to run", f"unreadable: {name}", broken=True)
    if locked(run.folder):
        return Standing("running elsewhere", "another process is running it")
    if status is None or order is None:
        torn = status is not None
        why = "unreadable: params.json" if torn else _never(run, history)
        return Standing("to run", "forced" if run.forced else why, broken=torn)
    why, ended = _unfinished(run, order, status, needs), status.get("ended")
    if run.forced:
        return Standing("to run", "forced", ended=ended)
    if why:
        return Standing("to run", why, ended=ended)
    return Standing("done", "accepted" if run.accepted else "done", ended=ended)


def _unfinished(
    run: "PlannedRun", order: dict[str, Any], status: dict[str, Any], needs: list
) -> str:
    """Why a run that has a folder must run again; "" when it is done."""
    state = status.get("state")
    if state in FINISHED:
        return _lacking(run, order, status, needs)
    if state == "queued":
        return "queued before and never started"
    return f"{state} before: {cause_of(status)}"


def _lacking(
    run: "PlannedRun", order: dict[str, Any], status: dict[str, Any], needs: list
) -> str:
    """What a finished run lacks; "" when nothing."""
    broken = missing_models(run.folder, run.folder.parents[3], order, status)
    if broken:
        return f"model file missing or cut short: {broken}"
    if order.get("absent") and any(need.state != "done" for need in needs):
        return f"{len(order['absent'])} models were absent before"
    if any(_came(row, run) for row in order.get("absent", ())):
        return "models that were absent exist now"
    return ""


def _came(row: dict[str, Any], run: "PlannedRun") -> bool:
    """Whether a model that was absent at the last run can be had now."""
    names = {row.get("identity")}
    return any(model.identity in names and whole(model.path) for model in run.models)


def missing_models(
    folder: Path, root: Path, order: dict[str, Any], status: dict[str, Any]
) -> str:
    """The first model that a finished run should hold or use and that is not whole."""
    for name, size in status.get("models", {}).items():
        try:
            if (folder / "models" / f"{name}.eqx").stat().st_size == size:
                continue
        except OSError:
            pass
        return name
    for member in order.get("members", ()):
        if member.get("existing") and not whole(root / member["existing"]):
            return member["identity"]
    return ""


def _never(run: "PlannedRun", history: History) -> str:
    """Why there is no such run: nothing like it was ever run, or what has changed."""
    found = history.earlier(run.case)
    if found is None:
        return "never run"
    return "; ".join(changes(run, found[1])) or "never run"


def changes(run: "PlannedRun", order: dict[str, Any]) -> list[str]:
    """What differs between a planned run and an earlier run of the same case."""
    code, said = order.get("code", {}), []
    if code.get("notebook") != run.basis.code.notebook:
        said.append("notebook changed")
    before, today = code.get("modules", {}), run.basis.code.modules
    names = sorted(n for n in before.keys() | today if before.get(n) != today.get(n))
    if names:
        root = run.folder.parents[3]
        said.append("code changed: " + ", ".join(_file(root, name) for name in names))
    files = order.get("inputs", {})
    names = [name for name in run.inputs if files.get(name) != run.inputs[name]]
    if names:
        said.append("input file changed: " + ", ".join(names))
    given = {model["identity"] for model in order.get("models", ())}
    given |= {row.get("identity") for row in order.get("absent", ())}
    if {model.identity for model in run.models} != given:
        stages = dict.fromkeys(f"{m.spread}.{m.stage}" for m in run.models)
        said.append("needs changed: " + ", ".join(stages))
    elif not said and order.get("needs") != run.needs:
        said.append("needs changed: " + ", ".join(run.definition.needs))
    if not said:
        before = [m["identity"] for m in order.get("members", ())]
        if before != [m.identity for m in run.members]:
            said.append("needs changed: " + ", ".join(run.definition.needs))
    return said


def _file(root: Path, module: str) -> str:
    """The file of a module, also of one that is gone."""
    path = Path("src", *module.split("."))
    inside = (root / path).is_dir()
    return (path / "__init__.py" if inside else path.with_suffix(".py")).as_posix()
