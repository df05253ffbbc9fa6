"""The order of a run, `params.json`: all that the worker and the notebook need."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from fieldnotes.errors import CorruptFile
from fieldnotes.files import read_json, write_json
from fieldnotes.project import Project
from fieldnotes.runner.folder import ORDER, whole
from fieldnotes.runner.plan import Plan, PlannedRun
from fieldnotes.runner.queries import Model

SCHEMA = 1


@dataclass(frozen=True)
class Limits:
    """What a run may take: wall-clock time [s], memory [GB], threads [1]."""

    timeout_s: float | None = None
    memory_gb: float | None = None
    threads: int = 1


@dataclass
class Order:
    """A run's order, with what is there of it at the moment of its release."""

    run: PlannedRun
    present: list[dict[str, Any]] = field(default_factory=list)
    absent: list[dict[str, Any]] = field(default_factory=list)

    def write(self, project: Project, limits: Limits, siblings: list[str]) -> None:
        """Write `params.json`; `siblings` are folders that may hold its models now."""
        run = self.run
        notebook = run.definition.notebook
        parameters = run.request.parameters
        defaults = notebook.defaults
        order = {
            "schema": SCHEMA,
            "key": run.key,
            "case": run.case,
            "notebook": notebook.name,
            "notebook_file": run.basis.file,
            "study": notebook.study,
            "title": run.definition.title or notebook.title,
            "spread": run.spread,
            "stage": run.stage,
            "parameters": parameters,
            "changed": [n for n in parameters if parameters[n] != defaults.get(n)],
            "units": run.basis.units,
            "types": run.basis.types,
            "varied": run.varied,
            "together": list(run.definition.together),
            "members": [self._member(project, m, siblings) for m in run.members],
            "needs": run.needs,
            "upstream": run.upstream,
            "models": self.present,
            "absent": self.absent,
            "inputs": run.inputs,
            "code": {
                "notebook": run.basis.code.notebook,
                "modules": run.basis.code.modules,
            },
            "limits": {
                "timeout_s": limits.timeout_s,
                "memory_gb": limits.memory_gb,
                "threads": limits.threads,
            },
            "command": f"fieldnotes run params/{run.spread}.yml --only {run.stage}",
            "interactive": False,
        }
        write_json(run.folder / ORDER, order)

    def _member(self, project: Project, member: Any, siblings: list[str]) -> dict:
        found = member.existing
        if found is None or not whole(found):
            places = [Path(folder, "models") for folder in siblings]
            paths = (place / f"{member.identity}.eqx" for place in places)
            found = next((path for path in paths if whole(path)), None)
        existing = None if found is None else relative(project, found)
        return {
            "identity": member.identity,
            "values": member.values,
            "existing": existing,
        }


def draw_up(
    project: Project,
    run: PlannedRun,
    causes: Mapping[str, str] = MappingProxyType({}),
    places: Callable[[Model], list[Path]] | None = None,
) -> Order:
    """The order of a run that is about to start.

    Args:
        causes: why the runs of the plan that did not finish did not, by key.
        places: files that a model may lie in; by default the one that was planned.
    """
    order = Order(run)
    for model in run.models:
        row = {"identity": model.identity, "parameters": model.parameters}
        planned = model.path.with_name(f"{model.name}.eqx")
        paths = places(model) if places else [planned]
        path = next((path for path in paths if whole(path)), planned)
        record = _record(path)
        if record is not None:
            if _wanted(model, record):
                own = {"path": relative(project, path), **_known(record)}
                order.present.append({**row, **own, **_origin(model)})
        else:
            reason = causes.get(model.run, f"run {model.run} left no whole file of it")
            order.absent.append({**row, "reason": reason, **_origin(model)})
    return order


def same_absent(run: PlannedRun, order: Order) -> bool:
    """Whether a finished run lacked the very models that are lacking now."""
    try:
        before = read_json(run.folder / ORDER) or {}
    except CorruptFile:
        return False
    lacked = {row.get("identity") for row in before.get("absent", ())}
    return lacked == {row["identity"] for row in order.absent}


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
    own = dict(run.definition.limits or {})
    return Limits(
        timeout_s=own.get("timeout") if timeout is None else timeout,
        memory_gb=own.get("memory") if memory is None else memory,
        threads=threads,
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
        about["pages"] = spread.pages
        path = project.catalogue / "spreads" / f"{spread.name}.json"
        if not spread.asked:  # only the stages that another spread needs are here
            stages = _stages_before(path) | stages
        write_json(path, about | {"stages": stages})


def _stages_before(path: Path) -> dict[str, Any]:
    try:
        return (read_json(path) or {}).get("stages", {})
    except CorruptFile:
        return {}


def _record(model: Path) -> dict[str, Any] | None:
    """A model's record; None when the model is not whole."""
    return read_json(model.with_suffix(".json")) if whole(model) else None


def _wanted(model: Model, record: dict[str, Any]) -> bool:
    outcomes = model.outcome
    if outcomes is None:
        return True
    many = outcomes if isinstance(outcomes, list | tuple) else [outcomes]
    return record.get("outcome") in many


def _known(record: dict[str, Any]) -> dict[str, Any]:
    named = ("checksum", "kind", "outcome")
    return {name: record.get(name) for name in named}


def _origin(model: Model) -> dict[str, str]:
    return {
        "run": model.run,
        "notebook": model.notebook,
        "spread": model.spread,
        "stage": model.stage,
        "parameter": model.asked_by,
    }
