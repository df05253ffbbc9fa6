"""Files below params/ by name or path."""

import os
import re
from collections.abc import Iterable
from pathlib import Path

from fieldnotes.files import not_a_file
from fieldnotes.project import Project
from fieldnotes.spreads.problems import SpreadError
from fieldnotes.words import quoted, there_are

ENDINGS = (".yml", ".yaml")
CLUSTERS = "clusters"
# What a spread has at its top and a file of defaults has not.
OPENING = re.compile(r"^[\"']?(stages|notebook|include)[\"']?\s*:", re.MULTILINE)


def list_spreads(project: Project) -> list[str]:
    """Names of the spreads below params/; files of defaults are none."""
    found = []
    for name in _list_files(project):
        try:
            text = _with_ending(project.params / name).read_text(errors="replace")
        except OSError:
            continue
        if OPENING.search(text):
            found.append(name)
    return found


def _list_files(project: Project) -> list[str]:
    """Names of the YAML files below params/, the clusters' left out."""
    found = []
    for path in sorted(project.params.rglob("*")):
        inside = path.relative_to(project.params)
        hidden = any(part.startswith(".") for part in inside.parts)
        spread = path.suffix in ENDINGS and inside.parts[0] != CLUSTERS
        if spread and not hidden and path.is_file():
            found.append(inside.with_suffix("").as_posix())
    return found


def _with_ending(path: Path) -> Path:
    paths = [path.with_name(f"{path.name}{ending}") for ending in ENDINGS]
    return next((path for path in paths if path.is_file()), paths[0])


def find_parameters_file(project: Project, name: str | Path) -> Path:
    """The file of a spread, given as name (`cooling/noise`) or as path.

    Raises:
        SpreadError: there is no such file below params/.
    """
    text = os.fspath(name)
    folders = (Path.cwd(), project.root, project.params)
    endings = ("", *ENDINGS) if text and "\0" not in text else ()
    places = [folder / f"{text}{ending}" for folder in folders for ending in endings]
    for path in places:
        if inside := _inside(project, path):
            return inside
    odd = [path for path in places if path.is_relative_to(project.params)]
    said = [
        f": {os.path.relpath(path, project.root)} {what}"
        for path in odd
        if (what := not_a_file(path))
    ]
    known = there_are(_stem(text), _list_files(project))
    message = f"{quoted(text)} is not a file below params/{''.join(said[:1])}.{known}"
    raise SpreadError(message)


def _stem(text: str) -> str:
    """The name that a path below params/ stands for."""
    inside = os.path.normpath(text).removeprefix("params/")
    return inside.removesuffix(".yml").removesuffix(".yaml")


def noted_spreads(project: Project) -> list[str]:
    """The spreads that were ever run, though their files be gone since."""
    folder = project.catalogue / "spreads"
    paths = sorted(folder.rglob("*.json"))
    return [path.relative_to(folder).with_suffix("").as_posix() for path in paths]


def spread_called(
    project: Project, name: str | Path, others: Iterable[str] = ()
) -> str:
    """The name of a spread that has a file, was ever run, or is among the `others`.

    Raises:
        SpreadError: it is none of these, as a misspelt name is.
    """
    inside = _stem(os.fspath(name).removeprefix(f"{project.root}{os.sep}"))
    if inside in noted_spreads(project) or inside in others:
        return inside
    return spread_name(project, find_parameters_file(project, name))


def spread_name(project: Project, path: Path) -> str:
    """The path below params/, without its ending."""
    inside = path.relative_to(project.params.resolve())
    return inside.with_suffix("").as_posix()


def _inside(project: Project, path: Path) -> Path | None:
    """The resolved path where it is a YAML file below params/ that holds a spread."""
    try:
        if path.suffix not in ENDINGS or not path.is_file():
            return None
        resolved = path.resolve()
        inside = resolved.relative_to(project.params.resolve())
    except (OSError, ValueError):
        return None
    return None if inside.parts[0] == CLUSTERS else resolved
