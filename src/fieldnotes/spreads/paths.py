"""Files below params/ by name or path."""

import os
import re
from pathlib import Path

from fieldnotes.project import Project
from fieldnotes.spreads.problems import SpreadError
from fieldnotes.words import nearest, quoted

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
        if path.suffix in ENDINGS and inside.parts[0] != CLUSTERS and not hidden:
            found.append(inside.with_suffix("").as_posix())
    return found


def _with_ending(path: Path) -> Path:
    paths = [path.with_name(f"{path.name}{ending}") for ending in ENDINGS]
    return next((path for path in paths if path.is_file()), paths[0])


def find_parameters_file(project: Project, name: str | Path) -> Path:
    """The file of a spread, given as name (`orbit/train`) or as path.

    Raises:
        SpreadError: there is no such file below params/.
    """
    text = os.fspath(name)
    places = (Path.cwd(), project.root, project.params)
    for folder in places if text and "\0" not in text else ():
        for ending in ("", *ENDINGS):
            path = _inside(project, folder / f"{text}{ending}")
            if path:
                return path
    stem = text.removeprefix("params/").removesuffix(".yml").removesuffix(".yaml")
    known = _list_files(project)
    message = (
        f"{quoted(text)} is not a file below params/.{nearest(stem, known)} "
        f"There are: {', '.join(known[:30]) or 'none'}."
    )
    raise SpreadError(message)


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
