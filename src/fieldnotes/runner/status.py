"""How a planned run stands: done, to be run, or running elsewhere; and why."""

from pathlib import Path
from typing import NamedTuple

from fieldnotes.errors import CorruptFile
from fieldnotes.runner.history import History
from fieldnotes.runner.planned import DONE, ELSEWHERE, TO_RUN, PlannedRun
from fieldnotes.runs import (
    Manifest,
    ModelEntry,
    Status,
    read_manifest,
    read_status,
    whole_model,
)
from fieldnotes.runs.locks import locked


class RunStatus(NamedTuple):
    """How a run stands, and what its folder looked like when that was found."""

    state: str
    reason: str
    broken: bool = False  # its folder cannot be read
    ended: str | None = None  # when the run in the folder ended


def run_status(run: PlannedRun, history: History, needs: list[PlannedRun]) -> RunStatus:
    """State and reason of a run, from its folder and the runs that it needs."""
    try:
        manifest, status = read_manifest(run.folder), read_status(run.folder)
    except CorruptFile as error:
        name = Path(str(error).split(":")[0]).name
        return RunStatus(TO_RUN, f"unreadable: {name}", broken=True)
    if locked(run.folder):
        return RunStatus(ELSEWHERE, "another process is running it")
    if status is None or manifest is None:
        torn = status is not None
        why = "unreadable: params.json" if torn else _never(run, history)
        return RunStatus(TO_RUN, "forced" if run.forced else why, broken=torn)
    why = _unfinished(run, manifest, status, needs)
    if run.forced or why:
        return RunStatus(TO_RUN, "forced" if run.forced else why, ended=status.ended)
    return RunStatus(DONE, "accepted" if run.accepted else "done", ended=status.ended)


def _unfinished(
    run: PlannedRun, manifest: Manifest, status: Status, needs: list[PlannedRun]
) -> str:
    """Why a run that has a folder must run again; "" when it is done."""
    if status.finished:
        return _lacking(run, manifest, status, needs)
    if status.state == "queued":
        return "queued before and never started"
    return f"{status.state} before: {status.cause}"


def _lacking(
    run: PlannedRun, manifest: Manifest, status: Status, needs: list[PlannedRun]
) -> str:
    """What a finished run lacks; "" when nothing."""
    broken = missing_models(run.folder, run.folder.parents[3], manifest, status)
    if broken:
        return f"model file missing or cut short: {broken}"
    if manifest.absent and any(need.state != DONE for need in needs):
        return f"{len(manifest.absent)} models were absent before"
    if any(_came(model, run) for model in manifest.absent):
        return "models that were absent exist now"
    return ""


def _came(absent: ModelEntry, run: PlannedRun) -> bool:
    """Whether a model that was absent at the last run can be had now."""
    return any(
        model.identity == absent.identity and whole_model(model.path)
        for model in run.models
    )


def missing_models(folder: Path, root: Path, manifest: Manifest, status: Status) -> str:
    """The first model that a finished run should hold or use and that is not whole."""
    for name, size in status.models.items():
        try:
            if (folder / "models" / f"{name}.eqx").stat().st_size == size:
                continue
        except OSError:
            pass
        return name
    for member in manifest.members:
        if member.existing and not whole_model(root / member.existing):
            return member.identity
    return ""


def _never(run: PlannedRun, history: History) -> str:
    """Why there is no such run: nothing like it was ever run, or what has changed."""
    earlier = history.earlier(run.case)
    if earlier is None:
        return "never run"
    return "; ".join(changes(run, earlier)) or "never run"


def changes(run: PlannedRun, manifest: Manifest) -> list[str]:
    """What differs between a planned run and an earlier run of the same case."""
    code, said = manifest.code, []
    if code.notebook != run.basis.code.notebook:
        said.append("notebook changed")
    before, today = code.modules, run.basis.code.modules
    names = sorted(n for n in before.keys() | today if before.get(n) != today.get(n))
    if names:
        root = run.folder.parents[3]
        said.append(
            "code changed: " + ", ".join(module_file(root, name) for name in names)
        )
    files = manifest.inputs
    names = [name for name in run.inputs if files.get(name) != run.inputs[name]]
    if names:
        said.append("input file changed: " + ", ".join(names))
    given = {model.identity for model in (*manifest.models, *manifest.absent)}
    if {model.identity for model in run.models} != given:
        stages = dict.fromkeys(f"{m.spread}.{m.stage}" for m in run.models)
        said.append("needs changed: " + ", ".join(stages))
    elif not said and manifest.needs != run.needs:
        said.append("needs changed: " + ", ".join(run.definition.needs))
    if not said:
        before = [member.identity for member in manifest.members]
        if before != [member.identity for member in run.members]:
            said.append("needs changed: " + ", ".join(run.definition.needs))
    return said


def module_file(root: Path, module: str) -> str:
    """The file of a module, also of one that is gone."""
    path = Path("src", *module.split("."))
    inside = (root / path).is_dir()
    return (path / "__init__.py" if inside else path.with_suffix(".py")).as_posix()
