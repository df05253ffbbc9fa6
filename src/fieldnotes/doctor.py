"""What is installed, what is missing, and what that means for the user."""

import os
import shutil
import sys
from importlib.metadata import PackageNotFoundError, requires, version

import psutil
from packaging.requirements import Requirement
from rich.console import Console
from rich.table import Table

from fieldnotes.errors import FieldnotesError
from fieldnotes.project import Project

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
GIGABYTE = 1e9  # bytes

# Whether it is good (None: worth a note), what it is, what was found, what that means.
Row = tuple[bool | None, str, str, str]


def examine() -> int:
    """Print one line for each thing that matters; 0 when all that is needed is here."""
    rows = [_python(), *map(_package, _requirements())]
    rows += [_quarto(), _browser(), _machine(), *_project()]
    table = Table("", "what", "found", "what it means", box=None)
    marks = {True: "[green]ok[/]", False: "[red]wrong[/]", None: "[yellow]note[/]"}
    for good, what, found, meaning in rows:
        table.add_row(marks[good], what, found, meaning)
    Console().print(table)
    return int(any(good is False for good, *_ in rows))


def _python() -> Row:
    found = ".".join(map(str, sys.version_info[:3]))
    return sys.version_info >= (3, 11), "Python", found, "3.11 or newer is needed"


def _requirements() -> list[Requirement]:
    """What the installed machine says it needs, without its extras."""
    try:
        lines = requires("fieldnotes") or []
    except PackageNotFoundError:  # run from its source, not installed
        return []
    needed = [Requirement(line) for line in lines]
    return [item for item in needed if not item.marker or item.marker.evaluate()]


def _package(needed: Requirement) -> Row:
    try:
        found = version(needed.name)
    except PackageNotFoundError:
        meaning = f"the machine needs it: pip install '{needed}'"
        return False, needed.name, "-", meaning
    if needed.specifier.contains(found, prereleases=True):
        return True, needed.name, found, ""
    meaning = f"the machine needs {needed.specifier}: pip install '{needed}'"
    return False, needed.name, found, meaning


def _quarto() -> Row:
    path = shutil.which("quarto")
    if path:
        return True, "Quarto", path, "`fieldnotes site` makes the full site"
    meaning = "`fieldnotes site` makes the plain preview; conda-forge has Quarto"
    return None, "Quarto", "-", meaning


def _browser() -> Row:
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path:
        return True, "browser", path, "figures export to PNG, SVG and PDF"
    return None, "browser", "-", "figures export to HTML and JSON only"


def _machine() -> Row:
    cores = len(os.sched_getaffinity(0))
    memory = psutil.virtual_memory().available / GIGABYTE
    found = f"{cores} cores, {memory:.0f} GB free"
    return True, "machine", found, "decides how many runs go at once"


def _project() -> list[Row]:
    try:
        project = Project.find()
    except FieldnotesError as error:
        return [(None, "project", "-", str(error))]
    free = shutil.disk_usage(project.root).free / GIGABYTE
    writable = os.access(project.root, os.W_OK) and free > 1
    found = f"{project.root} ({free:.0f} GB free)"
    row = (writable, "project", found, "catalogue/ grows here")
    try:
        return [row, *map(_named, project.settings.packages)]
    except FieldnotesError as error:
        return [row, (False, "settings", "-", str(error))]


def _named(package: str) -> Row:
    """A package that the project's settings name."""
    try:
        return True, package, version(package), ""
    except PackageNotFoundError:
        meaning = f"the project's settings name it: pip install {package}"
        return False, package, "-", meaning
