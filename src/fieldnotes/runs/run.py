"""A run as its folder tells it: the one reader, tolerant of whatever lies there."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from fieldnotes.errors import CorruptFile, FieldnotesError
from fieldnotes.project import Project
from fieldnotes.runs.manifest import MANIFEST, Manifest, read_manifest
from fieldnotes.runs.records import (
    FIGURE_RECORD,
    FIGURES,
    MODELS,
    SCRAPS,
    Accepted,
    Figure,
    Model,
    Scrap,
    read_accepted,
    read_figure,
    read_model,
    read_scraps,
)
from fieldnotes.runs.states import UNREADABLE
from fieldnotes.runs.status import STATUS, Status, known_status

Answer = TypeVar("Answer")


class NoSuchRun(FieldnotesError):
    """What names a run names none, or more than one."""


@dataclass
class Run:
    """One run folder. What it left is read when it is asked for.

    `problems` lists what could not be read; the rest is there all the same.
    """

    folder: Path
    manifest: Manifest
    status: Status
    problems: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        return self.folder.name

    @property
    def study(self) -> str:
        return self.folder.parent.name

    @property
    def interactive(self) -> bool:
        """Whether a person made it by hand, in JupyterLab."""
        return self.manifest.interactive

    @property
    def state(self) -> str:
        return self.status.state

    @property
    def notebook(self) -> str:
        return self.manifest.notebook or f"{self.study}/unknown"

    @property
    def title(self) -> str:
        return self.manifest.title or self.notebook

    @property
    def spread(self) -> str:
        return self.manifest.spread

    @property
    def stage(self) -> str:
        return self.manifest.stage or self.notebook.rpartition("/")[2]

    @property
    def case(self) -> str:
        return self.manifest.case or self.key

    @property
    def parameters(self) -> dict[str, Any]:
        return self.manifest.parameters

    @property
    def units(self) -> dict[str, str]:
        return self.manifest.units

    @property
    def meanings(self) -> dict[str, str]:
        return self.manifest.meanings

    @property
    def varied(self) -> dict[str, Any]:
        return self.manifest.varied

    @property
    def members(self) -> list[dict[str, Any]]:
        """The values of the `together` axes, one mapping for each member."""
        return [member.values for member in self.manifest.members if member.values]

    @property
    def page(self) -> str:
        """The source of its page on the site, from the root of the project."""
        return f"results/{self.study}/runs/{self.key}.ipynb"

    @property
    def started(self) -> str:
        return self.status.started or ""

    @property
    def diverged(self) -> list[dict[str, Any]]:
        return self.status.diverged

    @property
    def stuck(self) -> list[dict[str, Any]]:
        return self.status.stuck

    @property
    def reason(self) -> str:
        """Why the run has no result, in one line; empty when it has one."""
        return self.status.why

    @cached_property
    def scraps(self) -> list[Scrap]:
        odd: list[str] = []
        scraps = self._tolerant(lambda folder: read_scraps(folder, odd), self.folder)
        if odd:
            self.problems.append(f"{self.folder / SCRAPS}: {len(odd)} left out.")
        return scraps or []

    @cached_property
    def member_scraps(self) -> list[str]:
        """The names of the scraps that each member has for itself."""
        return list(dict.fromkeys(s.name for s in self.scraps if s.member))

    @cached_property
    def figures(self) -> list[Figure]:
        """The figures with their records, by name."""
        paths = listed(self.folder / FIGURES, FIGURE_RECORD)
        return self._each(read_figure, paths)

    @cached_property
    def models(self) -> list[Model]:
        """The records of the models in this folder, by file name."""
        paths = listed(self.folder / MODELS, ".json")
        return self._each(lambda path: read_model(path.with_suffix(".eqx")), paths)

    @cached_property
    def accepted(self) -> Accepted:
        return self._tolerant(read_accepted, self.folder) or Accepted()

    def _each(
        self, read: Callable[[Path], Answer | None], paths: Iterable[Path]
    ) -> list[Answer]:
        answers = (self._tolerant(read, path) for path in paths)
        return [answer for answer in answers if answer is not None]

    def _tolerant(
        self, read: Callable[[Path], Answer | None], path: Path
    ) -> Answer | None:
        try:
            return read(path)
        except CorruptFile as error:
            self.problems.append(str(error))
            return None


def read_run(folder: Path) -> Run | None:
    """The run in a folder; None where no manifest was ever written.

    Raises:
        CorruptFile: the manifest cannot be read. A spoilt status only makes the run
            one of unknown outcome.
    """
    in_manifest: list[str] = []
    in_status: list[str] = []
    manifest = read_manifest(folder, in_manifest)
    if manifest is None:
        return None
    status = known_status(folder, in_status)
    problems = [status.why] if status.state == UNREADABLE else []
    for name, odd in ((MANIFEST, in_manifest), (STATUS, in_status)):
        if odd:
            problems.append(f"{folder / name}: odd and left out: {', '.join(odd)}.")
    return Run(folder, manifest, status, problems)


def list_runs(project: Project) -> tuple[list[Run], dict[str, str]]:
    """Every run of a project, and the folders that hold none with the reason."""
    runs: list[Run] = []
    odd: dict[str, str] = {}
    for folder in run_folders(project):
        try:
            run = read_run(folder)
        except (CorruptFile, OSError) as error:
            odd[project.relative(folder)] = str(error).replace(f"{project.root}/", "")
            continue
        if run is None:
            odd[project.relative(folder)] = f"holds no {MANIFEST}"
        else:
            runs.append(run)
    return runs, odd


def run_folders(project: Project) -> Iterator[Path]:
    """The folders that hold runs, by study and key; hidden ones are none."""
    for study in _folders(project.runs):
        yield from _folders(study)


def _folders(path: Path) -> list[Path]:
    try:
        with os.scandir(path) as entries:
            names = [e.name for e in entries if e.name[0] not in "._" and e.is_dir()]
    except OSError:
        return []
    return [path / name for name in sorted(names)]


def listed(folder: Path, ending: str) -> list[Path]:
    """The visible files of a folder with this ending, by name; the folder may lack."""
    try:
        names = os.listdir(folder)  # noqa: PTH208 (names are enough)
    except OSError:
        return []
    visible = (name for name in names if name.endswith(ending) and name[0] != ".")
    return [folder / name for name in sorted(visible)]


def find_run(project: Project, named: str | Path) -> Path:
    """The folder of the run that a path, a key or the start of a key names.

    Raises:
        NoSuchRun: there is none, or more than one.
    """
    if (Path(named) / MANIFEST).exists():
        return Path(named).absolute()
    start = Path(named).name
    runs = [path for path in run_folders(project) if (path / MANIFEST).exists()]
    fit = [path for path in runs if path.name == start]
    fit = fit or [path for path in runs if start and path.name.startswith(start)]
    if len(fit) == 1:
        return fit[0]
    if fit:
        several = ", ".join(project.relative(path) for path in fit[:5])
        message = f"{named}: {len(fit)} runs begin so: {several}. Give more of the key."
    else:
        message = (
            f"{named}: no run of this key in {project.relative(project.runs)}. "
            "`fieldnotes runs` lists those there are."
        )
    raise NoSuchRun(message)
