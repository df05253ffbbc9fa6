"""The manifest of a planned run: what is there of its models when it may start."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from fieldnotes.errors import CorruptFile
from fieldnotes.files import read_json, write_json
from fieldnotes.project import Project
from fieldnotes.runner.planned import Member, Plan, PlannedRun
from fieldnotes.runner.queries import Model
from fieldnotes.runs import (
    CodeKeys,
    Limits,
    Manifest,
    MemberEntry,
    ModelEntry,
    described,
    read_manifest,
    whole_model,
)
from fieldnotes.runs.manifest import SCHEMA


def draw_up(
    project: Project,
    run: PlannedRun,
    limits: Limits,
    causes: Mapping[str, str] = MappingProxyType({}),
    places: Callable[[Model], list[Path]] | None = None,
    siblings: tuple[Path, ...] = (),
) -> Manifest:
    """The manifest of a run that is about to start.

    Args:
        causes: why the runs of the plan that did not finish did not, by key.
        places: files that a model may lie in; by default the one that was planned.
        siblings: run folders that may hold the models of the run's members by now.
    """
    notebook, code = run.definition.notebook, run.basis.code
    given = [_entry(project, model, causes, places) for model in run.models]
    return Manifest(
        key=run.key,
        case=run.case,
        notebook=notebook.name,
        notebook_file=run.basis.file,
        study=notebook.study,
        title=run.definition.title or notebook.title,
        spread=run.spread,
        stage=run.stage,
        varied=run.varied,
        together=list(run.definition.together),
        members=[_member(project, member, siblings) for member in run.members],
        needs=run.needs,
        upstream=run.upstream,
        models=[entry for entry in given if entry is not None and not entry.reason],
        absent=[entry for entry in given if entry is not None and entry.reason],
        inputs=run.inputs,
        code=CodeKeys(code.notebook, code.modules),
        limits=limits,
        command=f"fieldnotes run --again {run.key}",
        **described(notebook.parameters, run.request.parameters),
    )


def _member(
    project: Project, member: Member, siblings: tuple[Path, ...]
) -> MemberEntry:
    existing = member.existing
    if existing is None or not whole_model(existing):
        paths = (folder / "models" / f"{member.identity}.eqx" for folder in siblings)
        existing = next((path for path in paths if whole_model(path)), None)
    file = None if existing is None else relative(project, existing)
    return MemberEntry(member.identity, member.values, file)


def _entry(
    project: Project,
    model: Model,
    causes: Mapping[str, str],
    places: Callable[[Model], list[Path]] | None,
) -> ModelEntry | None:
    """A model as the run is given it, with a reason where it is absent.

    None for a model whose training ended otherwise than the query asks.
    """
    planned = model.path.with_name(f"{model.name}.eqx")
    paths = places(model) if places else [planned]
    record = next(filter(None, map(whole_model, paths)), None)
    facts: dict[str, Any] = {
        "identity": model.identity,
        "parameters": model.parameters,
        "run": model.run,
        "notebook": model.notebook,
        "spread": model.spread,
        "stage": model.stage,
        "parameter": model.asked_by,
    }
    if record is None:
        reason = causes.get(model.run, f"run {model.run} left no whole file of it")
        return ModelEntry(**facts, reason=reason)
    if not model.outcome.holds({}, {"outcome": record.outcome}):
        return None
    return ModelEntry(
        **facts,
        path=relative(project, record.path),
        kind=record.kind,
        outcome=record.outcome,
        checksum=record.checksum,
    )


def same_absent(run: PlannedRun, manifest: Manifest) -> bool:
    """Whether a finished run lacked the very models that are lacking now."""
    try:
        before = read_manifest(run.folder)
    except CorruptFile:
        return False
    lacked = {model.identity for model in before.absent} if before else set()
    return lacked == {model.identity for model in manifest.absent}


def relative(project: Project, path: Path) -> str:
    """A path from the project's root, without resolving links on the way."""
    try:
        return path.relative_to(project.root).as_posix()
    except ValueError:
        return path.as_posix()


def limits_of(
    run: PlannedRun, timeout: float | None, memory: float | None, threads: int
) -> Limits:
    """The limits of a run: those of the command line, else those of its stage."""
    of_stage = dict(run.definition.limits or {})
    return Limits(
        timeout_s=of_stage.get("timeout") if timeout is None else timeout,
        memory_gb=of_stage.get("memory") if memory is None else memory,
        threads=threads,
        gpus=int(of_stage.get("gpus") or 0),
    )


def write_spreads(project: Project, plan: Plan) -> None:
    """Note which runs each spread consists of now; a run may belong to several."""
    for spread in plan.spreads:
        stages = {
            name.removeprefix(f"{spread.name}."): [
                {"study": r.folder.parent.name, "key": r.key, "varied": r.varied}
                for r in runs
            ]
            for name, runs in plan.stages.items()
            if name in {f"{spread.name}.{stage}" for stage in spread.stages}
        }
        about = {"schema": SCHEMA, "spread": spread.name, "title": spread.title}
        about |= {"answer": spread.answer, "pages": spread.pages}
        path = project.catalogue / "spreads" / f"{spread.name}.json"
        if not spread.asked:  # only the stages that another spread needs are here
            stages = _stages_before(path) | stages
        write_json(path, about | {"stages": stages})


def _stages_before(path: Path) -> dict[str, Any]:
    try:
        return (read_json(path) or {}).get("stages", {})
    except CorruptFile:
        return {}
