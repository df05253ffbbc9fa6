"""Runs by hand: a notebook open in JupyterLab leaves a run folder like any other."""

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from fieldnotes.catalogue.cells import shell
from fieldnotes.catalogue.session import Session
from fieldnotes.errors import CatalogueError, FieldnotesError, ProjectNotFound
from fieldnotes.project import Project
from fieldnotes.runs import Manifest, Status, described, now
from fieldnotes.runs.locks import myself
from fieldnotes.values import LENGTH, digest, plain, spelled

NOWHERE = "by-hand/console"  # the notebook of a console that belongs to none


def hand_session(previous: Session | None) -> Session:
    """The session of this kernel, new when the values of the parameters changed."""
    path = notebook_path()
    if path is None:
        name, declared, project = NOWHERE, {}, Project.find()
    else:
        project = _project(path)
        name = notebook_name(project, path)
        declared = _declared(project, path, name)
    earlier = previous.parameters if previous and previous.interactive else {}
    parameters = _values(declared, namespace(), earlier)
    if (
        previous is not None
        and previous.interactive
        and previous.manifest.notebook == name
        and spelled(previous.parameters) == spelled(parameters)
    ):
        return previous
    return _begin(project, name, declared, parameters)


def namespace() -> dict[str, Any]:
    """The variables of the notebook: the user's namespace of this kernel."""
    kernel = shell()
    return vars(sys.modules["__main__"]) if kernel is None else kernel.user_ns


def notebook_path() -> Path | None:
    """The notebook of this kernel; None in a console that belongs to none."""
    names = namespace()
    found = names.get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME")
    if found is None:
        return _script(names.get("__file__"))
    if Path(str(found)).suffix not in (".py", ".ipynb"):
        return None
    return Path(found).absolute()


def _script(file: Any) -> Path | None:
    """A notebook run as a script, `python notebooks/cooling/1-rate.py`."""
    if not isinstance(file, str):
        return None
    try:
        project = Project.find()
    except ProjectNotFound:
        return None
    path = Path(file).resolve()
    return path if path.is_relative_to(project.notebooks.resolve()) else None


def notebook_name(project: Project, path: Path) -> str:
    """`study/name` of a notebook, without its number or the key of a copied run."""
    name = re.sub(r"^\d+-", "", path.stem).split("--")[0]
    try:
        study = path.resolve().relative_to(project.notebooks.resolve()).parent
    except ValueError:
        # A copy elsewhere (`fieldnotes open`) belongs to the notebook it came from.
        study = Path(path.parent.name)
    return f"{study.as_posix()}/{name}" if study.name else name


def _project(path: Path) -> Project:
    if os.environ.get("FIELDNOTES_PROJECT"):
        return Project.find()
    return Project.find(path.parent)


def _declared(project: Project, path: Path, name: str) -> Mapping[str, Any]:
    """What the notebook's parameters cell declares; nothing for a foreign notebook.

    Raises:
        SpreadError: something is wrong in a notebook of this project.
    """
    from fieldnotes.spreads import read_notebook

    try:
        return read_notebook(project, name).parameters
    except FieldnotesError:
        if path.with_suffix(".py").resolve().is_relative_to(project.notebooks):
            raise
        return {}


def _values(
    declared: Mapping[str, Any], names: Mapping[str, Any], earlier: Mapping[str, Any]
) -> dict[str, Any]:
    """The value of each parameter as it stands in the notebook now.

    A name that no longer holds plain data was used for something else by a later
    cell; it keeps the value it had.
    """
    values = {}
    for name, parameter in declared.items():
        before = earlier.get(name, parameter.default)
        try:
            value = plain(names.get(name, before), name)
        except CatalogueError:
            value = plain(before, name)
        checked = parameter.check(value, f"parameters cell: {name}")
        values[name] = plain(checked, name)
    return values


def _begin(
    project: Project, name: str, declared: Mapping[str, Any], parameters: dict[str, Any]
) -> Session:
    study = name.rpartition("/")[0] or "by-hand"
    from fieldnotes.runner.provenance import provenance

    folder = project.run_folder(study, uuid4().hex[:LENGTH])
    folder.mkdir(parents=True)
    manifest = Manifest(
        key=folder.name,
        case=digest([name, parameters]),
        notebook=name,
        study=study,
        title=f"{name} by hand",
        command="fieldnotes lab",
        interactive=True,
        **described(declared, parameters),
    )
    manifest.write(folder)
    status = Status(interactive=True, started=now(), attempt=1, **myself())
    status = replace(status, **provenance(project))
    return Session(project, folder, manifest, status=status)
