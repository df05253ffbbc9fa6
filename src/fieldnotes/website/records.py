"""The runs that the site shows: those of spreads, as the run folders tell them."""

from collections.abc import Mapping
from typing import Any

from fieldnotes.project import Project
from fieldnotes.runs import Run, list_runs


def read_runs(project: Project) -> tuple[list[Run], dict[str, str]]:
    """Every run of the catalogue, and the folders that hold none with the reason.

    Runs made by hand (interactive) are left out: they have no executed notebook.
    """
    runs, odd = list_runs(project)
    return [run for run in runs if not run.interactive], odd


def mapping(value: Any) -> Mapping[str, Any]:
    """`value` if it is a mapping, an empty one otherwise."""
    return value if isinstance(value, Mapping) else {}
