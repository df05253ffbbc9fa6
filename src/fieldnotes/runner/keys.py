"""Keys of runs and identities of models: hashes of what they depend on.

Versions of packages, the commit and the host enter neither: they are recorded. What a
run draws enters its key and not the identity of its models, so that a new figure is
made without training anything again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fieldnotes.code import Code, file_digest, read_code
from fieldnotes.project import Project
from fieldnotes.query import is_query
from fieldnotes.runner.errors import RunnerError
from fieldnotes.spreads import Notebook
from fieldnotes.spreads.scripts import code_cells
from fieldnotes.values import digest, sole


@dataclass(frozen=True)
class Basis:
    """What the runs of one notebook share: its code and its files."""

    notebook: Notebook
    code: Code
    file: str  # the notebook's file, from the project's root
    maps: frozenset[str]  # parameters that may hold a model query
    files: tuple[str, ...]  # parameters that name input files


def read_basis(project: Project, notebook: Notebook) -> Basis:
    """Read a notebook's code and the project's modules behind it."""
    parameters = notebook.parameters.values()
    return Basis(
        notebook=notebook,
        code=read_code(project, code_cells(notebook.path)),
        file=project.relative(notebook.path),
        maps=frozenset(item.name for item in parameters if item.is_map),
        files=tuple(item.name for item in parameters if item.is_file),
    )


def queries(basis: Basis, parameters: Mapping[str, Any]) -> dict[str, Mapping]:
    """The model queries among a run's parameters, by name."""
    named = ((name, parameters.get(name)) for name in sorted(basis.maps))
    return {name: value for name, value in named if value and is_query(value)}


def input_digests(project: Project, basis: Basis, parameters: Mapping) -> dict:
    """sha256 of each input file that the parameters name.

    Raises:
        RunnerError: a file is not there.
    """
    found = {}
    for name in basis.files:
        value = parameters.get(name)
        for item in value if isinstance(value, list | tuple) else [value]:
            if item:
                found[item] = _input(project, basis, name, item)
    return found


def _input(project: Project, basis: Basis, name: str, item: str) -> str:
    try:
        return file_digest(project.root / item)
    except OSError as error:
        message = (
            f"{basis.notebook.name}: `{name}` names the file {item}, which cannot be "
            f"read ({error.strerror or error}). Paths count from {project.root}. "
            "Nothing was run."
        )
        raise RunnerError(message) from error


def case_key(notebook: str, parameters: Mapping[str, Any], extra: str = "") -> str:
    """The hash of a case alone: finds earlier runs of it, whatever their code."""
    return digest([notebook, dict(parameters), extra])


def identity(
    basis: Basis,
    parameters: Mapping[str, Any],
    values: Mapping[str, Any],
    upstream: Sequence[str],
    inputs: Mapping[str, str],
) -> str:
    """The identity of the model that a run trains for one set of `together` values."""
    single = {name: sole(value) for name, value in {**parameters, **values}.items()}
    code = [basis.code.bare_notebook, basis.code.bare_modules]
    return digest([code, single, sorted(upstream), dict(inputs)])


def run_key(
    basis: Basis,
    parameters: Mapping[str, Any],
    identities: Sequence[str],
    upstream: Sequence[str],
    inputs: Mapping[str, str],
) -> str:
    """The key of a run."""
    code = [basis.code.notebook, basis.code.modules]
    parts = [code, dict(parameters), list(identities), sorted(upstream), dict(inputs)]
    return digest(parts)


def without_queries(basis: Basis, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as keys see them: which models, not how they were asked for."""
    asked = queries(basis, parameters)
    return {
        name: "models" if name in asked else value for name, value in parameters.items()
    }
