"""Run folders as the site reads them: tolerant, because one odd folder is no reason
to lose the pages of all the others."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from fieldnotes.errors import CorruptFile
from fieldnotes.files import read_json
from fieldnotes.project import Project

FINISHED = ("done", "diverged")
FAILED = (
    "failed",
    "out-of-memory",
    "timed-out",
    "killed",
    "stopped-early",
    "interrupted",
)
STATES = (*FINISHED, *FAILED, "blocked", "running", "queued")


@dataclass(frozen=True)
class Run:
    """One run folder: its order, how it ended, and the scraps that it left."""

    folder: Path
    study: str
    key: str
    order: Mapping[str, Any]
    status: Mapping[str, Any] = field(default_factory=dict)
    scraps: tuple[Mapping[str, Any], ...] = ()

    @property
    def state(self) -> str:
        return str(self.status.get("state") or "queued")

    @property
    def notebook(self) -> str:
        return str(self.order.get("notebook") or f"{self.study}/unknown")

    @property
    def title(self) -> str:
        return str(self.order.get("title") or self.notebook)

    @property
    def spread(self) -> str:
        return str(self.order.get("spread") or "")

    @property
    def stage(self) -> str:
        return str(self.order.get("stage") or self.notebook.rpartition("/")[2])

    @property
    def parameters(self) -> Mapping[str, Any]:
        return mapping(self.order.get("parameters"))

    @property
    def units(self) -> Mapping[str, Any]:
        return mapping(self.order.get("units"))

    @property
    def varied(self) -> Mapping[str, Any]:
        return mapping(self.order.get("varied"))

    @property
    def case(self) -> str:
        return str(self.order.get("case") or self.key)

    @property
    def started(self) -> str:
        return str(self.status.get("started") or "")

    @property
    def page(self) -> str:
        """The source of its page, from the root of the project."""
        return f"results/{self.study}/runs/{self.key}.ipynb"

    @property
    def members(self) -> list[dict[str, Any]]:
        """The values of the `together` axes, one mapping for each member."""
        values = [mapping(item).get("values") for item in listed(self.order, "members")]
        return [dict(item) for item in values if isinstance(item, Mapping) and item]

    @cached_property
    def member_scraps(self) -> list[str]:
        """The names of the scraps that each member has for itself."""
        own = (str(s["name"]) for s in self.scraps if s.get("member") is not None)
        return list(dict.fromkeys(own))

    @property
    def diverged(self) -> list[Mapping[str, Any]]:
        return [mapping(item) for item in listed(self.status, "diverged")]

    @property
    def reason(self) -> str:
        """Why the run has no result, in one line; empty when it has one."""
        error = mapping(self.status.get("error"))
        if error.get("name") and self.state in FAILED:
            message = str(error.get("message") or "").strip().split("\n")[0]
            return f"{error['name']}: {message}".strip(": ")
        if self.status.get("reason"):
            return str(self.status["reason"]).strip()
        return "" if self.state in FINISHED else self.state


def mapping(value: Any) -> Mapping[str, Any]:
    """`value` if it is a mapping, an empty one otherwise."""
    return value if isinstance(value, Mapping) else {}


def listed(source: Mapping[str, Any], name: str) -> list[Any]:
    """The list at `name`, an empty one when there is none."""
    value = source.get(name)
    return list(value) if isinstance(value, list | tuple) else []


def read_runs(project: Project) -> tuple[list[Run], dict[str, str]]:
    """Every run of the catalogue, and the folders that hold none with the reason.

    Runs made by hand (interactive) are left out: they have no executed notebook.
    """
    runs: list[Run] = []
    odd: dict[str, str] = {}
    for folder in _folders(project):
        try:
            run = read_run(folder)
        except (CorruptFile, OSError) as error:
            odd[project.relative(folder)] = str(error).replace(f"{project.root}/", "")
            continue
        if run is None:
            odd[project.relative(folder)] = "holds no params.json"
        elif not run.order.get("interactive"):
            runs.append(run)
    return runs, odd


def _folders(project: Project) -> Iterator[Path]:
    if not project.runs.is_dir():
        return
    for study in sorted(path for path in project.runs.iterdir() if path.is_dir()):
        for folder in sorted(path for path in study.iterdir() if path.is_dir()):
            if not folder.name.startswith((".", "_")):
                yield folder


def read_run(folder: Path) -> Run | None:
    """The run in `folder`, None where no order was ever written.

    Raises:
        CorruptFile: params.json cannot be read; a spoilt status or list of scraps only
            makes the run one of unknown outcome.
    """
    order = read_json(folder / "params.json")
    if not isinstance(order, Mapping):
        return None
    status = _lenient(folder / "status.json", {"state": "running"})
    scraps = _lenient(folder / "metrics.json", {})
    return Run(
        folder=folder,
        study=folder.parent.name,
        key=folder.name,
        order=order,
        status=mapping(status),
        scraps=tuple(_scraps(scraps)),
    )


def _lenient(path: Path, running: Mapping[str, Any]) -> Any:
    try:
        value = read_json(path)
    except CorruptFile as error:
        return {"state": "failed", "reason": str(error).replace(f"{path.parent}/", "")}
    if value is None and (path.parent / "lock").exists():
        return running
    return value


def _scraps(value: Any) -> Iterator[Mapping[str, Any]]:
    for scrap in value if isinstance(value, list) else ():
        if isinstance(scrap, Mapping) and isinstance(scrap.get("name"), str):
            yield scrap


def member_of(scrap: Mapping[str, Any]) -> dict[str, Any]:
    """What tells this scrap from its siblings in the run; empty for the whole run."""
    member = scrap.get("member")
    if isinstance(member, Mapping):
        return dict(mapping(member.get("values")) or member)
    return {} if member is None else {"member": member}
