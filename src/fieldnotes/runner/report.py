"""What is there: the state of every spread, and the blessing of harmless changes."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fieldnotes.errors import CorruptFile
from fieldnotes.files import read_json, write_json
from fieldnotes.project import Project
from fieldnotes.runner.folder import (
    FAILED,
    FINISHED,
    RunnerError,
    cause_of,
    read_order,
    read_status,
)
from fieldnotes.runner.keys import (
    identity,
    input_digests,
    read_basis,
    run_key,
    without_queries,
)
from fieldnotes.spreads import read_notebook

BY_HAND = "by hand"
UNREADABLE = "unreadable"


@dataclass
class RunStatus:
    """One run folder: where it belongs, its state, and why."""

    folder: Path
    spread: str
    stage: str
    state: str
    cause: str
    varied: dict[str, Any]
    progress: dict[str, Any] | None = None


@dataclass
class ProjectStatus:
    """Every run there is, counted by spread and state."""

    runs: list[RunStatus] = field(default_factory=list)

    @property
    def spreads(self) -> dict[str, Counter[str]]:
        """Counts of states, by spread."""
        counts: dict[str, Counter[str]] = {}
        for run in self.runs:
            counts.setdefault(run.spread, Counter())[run.state] += 1
        return counts

    @property
    def running(self) -> list[RunStatus]:
        """Runs under way now, with what they say of their progress."""
        return [run for run in self.runs if run.state == "running"]

    @property
    def failures(self) -> dict[str, list[RunStatus]]:
        """Runs that failed, by cause."""
        found: dict[str, list[RunStatus]] = {}
        for run in self.runs:
            if run.state in FAILED:
                found.setdefault(run.cause, []).append(run)
        return found


def project_status(project: Project, spreads: Iterable[str] = ()) -> ProjectStatus:
    """The state of these spreads' runs as last planned, or of all runs there are.

    A spread that was never run has no counts.
    """
    wanted = [_spread_name(project, spread) for spread in spreads]
    lists = {
        name: read_json(project.catalogue / "spreads" / f"{name}.json")
        for name in wanted or _listed(project)
    }
    result, seen = ProjectStatus(), set()
    for name, about in lists.items():
        for stage, runs in (about or {}).get("stages", {}).items():
            for run in runs:
                folder = project.run_folder(run["study"], run["key"])
                seen.add(folder)
                result.runs.append(_one(folder, name, stage, run["varied"]))
    for folder in sorted(project.runs.glob("*/*")) if not wanted else ():
        if folder.name.startswith("hand-"):
            result.runs.append(_one(folder, BY_HAND, "", {}))
        elif folder not in seen and folder.is_dir():
            result.runs += _unlisted(folder, lists)
    return result


def _unlisted(folder: Path, lists: dict[str, Any]) -> list[RunStatus]:
    """A run of a spread that has no list here: its catalogue came from elsewhere."""
    try:
        order = read_order(folder) or {}
    except CorruptFile:
        order = {}
    spread = order.get("spread", UNREADABLE)
    if spread in lists:  # a run that the spread, or its code, has moved on from
        return []
    return [_one(folder, spread, order.get("stage", ""), order.get("varied", {}))]


def _one(folder: Path, spread: str, stage: str, varied: dict[str, Any]) -> RunStatus:
    try:
        found = read_status(folder)
    except CorruptFile as error:
        return RunStatus(folder, spread, stage, UNREADABLE, str(error), varied)
    state = (found or {}).get("state", "not run")
    run = RunStatus(folder, spread, stage, state, cause_of(found), varied)
    if state == "running":
        try:
            run.progress = read_json(folder / "progress.json")
        except CorruptFile:
            run.progress = None
    return run


def _listed(project: Project) -> list[str]:
    place = project.catalogue / "spreads"
    paths = sorted(place.rglob("*.json"))
    return [path.relative_to(place).with_suffix("").as_posix() for path in paths]


def _spread_name(project: Project, spread: str) -> str:
    path = Path(str(spread).removesuffix(".yml").removesuffix(".yaml"))
    if path.is_absolute() and path.is_relative_to(project.params):
        path = path.relative_to(project.params)
    parts = path.parts[1:] if path.parts[:1] == ("params",) else path.parts
    return "/".join(parts)


def accept(project: Project, run: str | Path) -> str:
    """Bless a finished run for the code as it is now; a sentence that says so.

    The run and its models then count as made by today's code, and so does what was
    made from them.

    Args:
        run: a run folder, or the first characters of a run's key.

    Raises:
        RunnerError: no such run, more than one, or one that is not finished.
    """
    folder = find_run(project, run)
    order, found = read_order(folder), read_status(folder)
    if not order or not found or found["state"] not in FINISHED:
        state = (found or {}).get("state", "never run")
        message = f"{folder}: is {state}; only a finished run can be accepted."
        raise RunnerError(message)
    key, identities = _today(project, order)
    path = folder / "accepted.json"
    known = read_json(path) or {"keys": [], "identities": {}}
    known["keys"] = [k for k in {*known["keys"], key} if k != order["key"]]
    before = [member["identity"] for member in order["members"]]
    renamed = zip(identities, before, strict=True)
    known["identities"] |= {new: old for new, old in renamed if new != old}
    write_json(path, known)
    name = f"{order['notebook']} {order['key'][:8]}"
    return f"{name} is accepted for the code as it is now."


def find_run(project: Project, run: str | Path) -> Path:
    """The folder of the run that a path, a key or the start of a key names.

    Raises:
        RunnerError: none, or more than one.
    """
    if (Path(run) / "params.json").exists():
        return Path(run).absolute()
    given = Path(run).name
    runs = sorted(path.parent for path in project.runs.glob("*/*/params.json"))
    found = [path for path in runs if path.name == given]
    found = found or [path for path in runs if given and path.name.startswith(given)]
    if len(found) == 1:
        return found[0]
    if found:
        several = ", ".join(sorted(project.relative(path) for path in found)[:5])
        message = f"{run}: {len(found)} runs begin so: {several}. Give more of the key."
    else:
        message = (
            f"{run}: no run of this key in {project.relative(project.runs)}. "
            "`fieldnotes runs` lists those there are."
        )
    raise RunnerError(message)


def _today(project: Project, order: dict[str, Any]) -> tuple[str, list[str]]:
    """The key and the identities that a run's case has with today's code.

    The key is computed as a plan will: with the accepted identities.
    """
    basis = read_basis(project, read_notebook(project, order["notebook"]))
    seen = without_queries(basis, order["parameters"])
    upstream = order["upstream"]
    inputs = input_digests(project, basis, order["parameters"])
    members = order["members"]
    names = [identity(basis, seen, m["values"], upstream, inputs) for m in members]
    before = [member["identity"] for member in members]
    return run_key(basis, seen, before, upstream, inputs), names
