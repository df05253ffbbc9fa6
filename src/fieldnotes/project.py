"""Where things are: the folders of one project, found from inside it."""

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fieldnotes.errors import ProjectNotFound
from fieldnotes.settings import Settings, read_settings

VARIABLE = "FIELDNOTES_PROJECT"


@dataclass(frozen=True)
class Project:
    """The folders of one project.

    Everything that is computed lies under `catalogue`, `results` and `site`, so that a
    project is its repository plus three folders that can be thrown away.
    """

    root: Path

    @classmethod
    def find(cls, start: Path | str | None = None) -> "Project":
        """The project around `start` (default: $FIELDNOTES_PROJECT, then this folder).

        Raises:
            ProjectNotFound: no folder at or above it holds `notebooks/` and `params/`.
        """
        begin = Path(start or os.environ.get(VARIABLE) or Path.cwd()).resolve()
        for folder in (begin, *begin.parents):
            if (folder / "notebooks").is_dir() and (folder / "params").is_dir():
                return cls(folder)
        message = (
            f"{begin}: no project here: no folder at or above it holds both "
            "`notebooks/` and `params/`. Change into the project and try again."
        )
        raise ProjectNotFound(message)

    @cached_property
    def settings(self) -> Settings:
        """What the project says of its own tools, read once.

        Raises:
            SettingsError: the file that holds them cannot be used as written.
        """
        return read_settings(self.root)

    @property
    def notebooks(self) -> Path:
        return self.root / "notebooks"

    @property
    def params(self) -> Path:
        return self.root / "params"

    @property
    def src(self) -> Path:
        return self.root / "src"

    @contextmanager
    def importable(self, *folders: Path) -> Iterator[None]:
        """Inside, modules below `src` (and `folders`) go before others of their names.

        A process may see several projects, so the path is as it was afterwards.
        """
        added = [str(folder) for folder in (self.src, *folders)]
        sys.path[:0] = added
        importlib.invalidate_caches()
        try:
            yield
        finally:
            for folder in added:
                sys.path.remove(folder)

    @property
    def catalogue(self) -> Path:
        return self.root / "catalogue"

    @property
    def runs(self) -> Path:
        return self.catalogue / "runs"

    @property
    def cache(self) -> Path:
        return self.catalogue / "cache"

    @property
    def results(self) -> Path:
        """The staged pages."""
        return self.root / "results"

    @property
    def site(self) -> Path:
        """The rendered site."""
        return self.root / "_site"

    def run_folder(self, study: str, key: str) -> Path:
        """The folder of one run."""
        return self.runs / study / key

    def relative(self, path: Path) -> str:
        """`path` as the user would write it from the root of the project."""
        try:
            return path.resolve().relative_to(self.root).as_posix()
        except ValueError:
            return path.as_posix()
