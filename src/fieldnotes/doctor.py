"""What is installed, what is missing, and what that means for the user."""

import os
import shutil
import sys
from importlib.metadata import PackageNotFoundError, version

import psutil
from rich.console import Console
from rich.table import Table

from fieldnotes.errors import FieldnotesError
from fieldnotes.project import Project

NEEDED = ("jupyterlab", "jupytext", "papermill", "scrapbook", "six", "jax", "equinox")
NEEDED += ("diffrax", "optax", "plotly", "pandas", "SQLAlchemy", "nbconvert")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
GIGABYTE = 1e9  # bytes


def examine() -> int:
    """Print one line for each thing that matters; 0 when all that is needed is here."""
    rows = [_python(), *(_package(name) for name in NEEDED)]
    rows += [_quarto(), _browser(), _machine(), _project()]
    table = Table("", "what", "found", "what it means", box=None)
    marks = {True: "[green]ok[/]", False: "[red]missing[/]", None: "[yellow]note[/]"}
    for good, what, found, meaning in rows:
        table.add_row(marks[good], what, found, meaning)
    Console().print(table)
    return int(any(good is False for good, *_ in rows))


Row = tuple[bool | None, str, str, str]


def _python() -> Row:
    found = ".".join(map(str, sys.version_info[:3]))
    return sys.version_info >= (3, 11), "Python", found, "3.11 or newer is needed"


def _package(name: str) -> Row:
    try:
        return True, name, version(name), ""
    except PackageNotFoundError:
        return False, name, "-", "install with `make site` or environment.yml"


def _quarto() -> Row:
    path = shutil.which("quarto")
    if path:
        return True, "Quarto", path, "`fieldnotes site` makes the full site"
    meaning = "`fieldnotes site` makes the plain preview; environment.yml has Quarto"
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


def _project() -> Row:
    try:
        project = Project.find()
    except FieldnotesError as error:
        return None, "project", "-", str(error)
    free = shutil.disk_usage(project.root).free / GIGABYTE
    writable = os.access(project.root, os.W_OK) and free > 1
    found = f"{project.root} ({free:.0f} GB free)"
    return writable, "project", found, "catalogue/ grows here"
