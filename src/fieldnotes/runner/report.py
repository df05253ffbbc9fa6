"""What is there: the state of every spread, and the blessing of harmless changes."""

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from fieldnotes.errors import CorruptFile
from fieldnotes.files import read_json, write_json
from fieldnotes.project import Project
from fieldnotes.runner.errors import RunnerError
from fieldnotes.runner.keys import (
    identity,
    input_digests,
    read_basis,
    run_key,
    without_queries,
)
from fieldnotes.runs import (
    FAILED,
    UNREADABLE,
    Manifest,
    find_run,
    read_manifest,
    read_status,
    run_folders,
)
from fieldnotes.runs.records import ACCEPTED, PROGRESS, read_accepted
from fieldnotes.runs.states import INTERRUPTED, RUNNING
from fieldnotes.spreads import noted_spreads, read_notebook, spread_called

BY_HAND = "by hand"


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
        """Runs that failed, by cause; what the user stopped did not fail."""
        found: dict[str, list[RunStatus]] = {}
        for run in self.runs:
            if run.state in FAILED - {INTERRUPTED}:
                found.setdefault(run.cause, []).append(run)
        return found


def project_status(project: Project, spreads: Iterable[str] = ()) -> ProjectStatus:
    """The state of these spreads' runs as last planned, or of all runs there are.

    A spread that was never run has no counts.

    Raises:
        SpreadError: a name is that of no spread.
    """
    wanted = [spread_called(project, spread) for spread in spreads]
    lists = {
        name: read_json(project.catalogue / "spreads" / f"{name}.json")
        for name in wanted or noted_spreads(project)
    }
    result, seen = ProjectStatus(), set()
    for name, about in lists.items():
        for stage, runs in (about or {}).get("stages", {}).items():
            for run in runs:
                folder = project.run_folder(run["study"], run["key"])
                seen.add(folder)
                result.runs.append(_one(folder, name, stage, run["varied"]))
    for folder in run_folders(project) if not wanted else ():
        if folder not in seen:
            result.runs += _unlisted(folder, lists)
    return result


def _unlisted(folder: Path, lists: dict[str, Any]) -> list[RunStatus]:
    """A run by hand, or of a spread whose list is elsewhere with its catalogue."""
    try:
        manifest = read_manifest(folder) or Manifest()
    except CorruptFile:
        return [_one(folder, UNREADABLE, "", {})]
    if manifest.interactive:
        return [_one(folder, BY_HAND, manifest.notebook, {})]
    spread = manifest.spread or UNREADABLE
    if spread in lists:  # the spread, or its code, has moved on from it
        return []
    return [_one(folder, spread, manifest.stage, manifest.varied)]


def _one(folder: Path, spread: str, stage: str, varied: dict[str, Any]) -> RunStatus:
    try:
        status = read_status(folder)
    except CorruptFile as error:
        return RunStatus(folder, spread, stage, UNREADABLE, str(error), varied)
    if status is None:
        return RunStatus(folder, spread, stage, "not run", "never run", varied)
    run = RunStatus(folder, spread, stage, status.state, status.cause, varied)
    if status.state == RUNNING:
        with suppress(CorruptFile):
            run.progress = read_json(folder / PROGRESS)
    return run


def accept(project: Project, run: str | Path) -> str:
    """Bless a finished run for the code as it is now; a sentence that says so.

    The run and its models then count as made by today's code, and so does what was
    made from them.

    Args:
        run: a run folder, or the first characters of a run's key.

    Raises:
        NoSuchRun: there is no such run, or more than one.
        RunnerError: the run is not finished.
    """
    folder = find_run(project, run)
    manifest, status = read_manifest(folder), read_status(folder)
    if not manifest or not status or not status.finished:
        state = status.state if status else "never run"
        message = f"{folder}: is {state}; only a finished run can be accepted."
        raise RunnerError(message)
    key, identities = _today(project, manifest)
    accepted = read_accepted(folder)
    accepted.keys = [k for k in {*accepted.keys, key} if k != manifest.key]
    pairs = zip(identities, manifest.members, strict=True)
    accepted.identities |= {
        new: member.identity for new, member in pairs if new != member.identity
    }
    write_json(folder / ACCEPTED, asdict(accepted))
    name = f"{manifest.notebook} {manifest.key[:8]}"
    return f"{name} is accepted for the code as it is now."


def _today(project: Project, manifest: Manifest) -> tuple[str, list[str]]:
    """The key and the identities that a run's case has with today's code.

    The key is computed as a plan will: with the accepted identities.
    """
    basis = read_basis(project, read_notebook(project, manifest.notebook))
    seen = without_queries(basis, manifest.parameters)
    upstream, members = manifest.upstream, manifest.members
    inputs = input_digests(project, basis, manifest.parameters)
    names = [identity(basis, seen, m.values, upstream, inputs) for m in members]
    before = [member.identity for member in members]
    return run_key(basis, seen, before, upstream, inputs), names
