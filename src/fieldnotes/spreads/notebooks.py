"""Notebooks by name: what they take, and the code cells that they run."""

import ast
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fieldnotes.files import not_a_file
from fieldnotes.project import Project
from fieldnotes.spreads.parameters import Parameter, read_parameters
from fieldnotes.spreads.problems import Place, SpreadError
from fieldnotes.spreads.scripts import Cell, split_cells, title_of
from fieldnotes.words import nearest, quoted, there_are

NUMBER = re.compile(r"^\d+-(?=.)")
TAG = "parameters"
# What stands for all parameters at once; a space keeps it apart from their names.
WHOLE_CELL = "all parameters"


@dataclass(frozen=True)
class CodeCell:
    """A code cell: its text, tags, and position among all cells of the notebook."""

    source: str
    tags: tuple[str, ...]
    index: int


@dataclass(frozen=True, eq=False)
class Notebook:
    """A notebook: `name` is `<study>/<name>`, without a number prefix."""

    name: str
    study: str
    path: Path
    title: str
    parameters: dict[str, Parameter]
    code_cells: tuple[CodeCell, ...]
    defaults: dict[str, Any]

    @property
    def takes(self) -> str:
        """Its parameters with their units, as a message lists them."""
        labels = [parameter.label for parameter in self.parameters.values()]
        return ", ".join(labels) if labels else "no parameters"

    def unknown(self, name: str) -> str:
        """A sentence that says that `name` is no parameter, and what is."""
        near = nearest(name, self.parameters)
        return (
            f"{quoted(name)} is not a parameter of {self.name}.{near} "
            f"It takes: {self.takes}."
        )


def read_notebook(project: Project, name: str | Path) -> Notebook:
    """The notebook of this name (`cooling/rate`) or path, checked.

    Raises:
        SpreadError: there is no such notebook, or something is wrong in it; the message
            names the line.
    """
    path = find_notebook(project, name)
    about = path.stat()
    key = (project.root, path, about.st_mtime_ns, about.st_size)
    if key not in _READ:
        _READ[key] = _read(project, path)
    return _READ[key]


_READ: dict[tuple[Path, Path, int, int], Notebook] = {}


def list_notebooks(project: Project) -> dict[str, list[Path]]:
    """Files by notebook name; more than one file for a name is a mistake."""
    places = _places(project).items()
    files = {name: [path for path in paths if path.is_file()] for name, paths in places}
    return {name: paths for name, paths in files.items() if paths}


def _places(project: Project) -> dict[str, list[Path]]:
    """What is called like a notebook, be it a file or not."""
    found: dict[str, list[Path]] = {}
    for path in sorted(project.notebooks.glob("[!.]*/*.py")):
        if not path.name.startswith((".", "_")):
            found.setdefault(name_of(project, path), []).append(path)
    return found


def name_of(project: Project, path: Path) -> str:
    """`<study>/<name>` of a notebook's file."""
    inside = path.relative_to(project.notebooks).with_suffix("")
    return "/".join(NUMBER.sub("", part) for part in inside.parts)


def find_notebook(project: Project, name: str | Path) -> Path:
    """The script of a notebook given by name or by path, either half of the pair.

    Raises:
        SpreadError: there is none, or more than one.
    """
    known = list_notebooks(project)
    asked = _as_name(project, name)
    paths = known.get(asked)
    if not paths:
        odd = [
            f": {os.path.relpath(path, project.root)} {not_a_file(path)}"
            for path in _places(project).get(asked, ())
        ]
        message = (
            f"{quoted(str(name))} is not a notebook of this project"
            f"{''.join(odd[:1])}.{there_are(asked, known)}"
        )
        raise SpreadError(message)
    if len(paths) > 1:
        files = " and ".join(project.relative(path) for path in paths)
        message = f"{files} are both called {asked}; rename one of them."
        raise SpreadError(message)
    return paths[0]


def _as_name(project: Project, name: str | Path) -> str:
    text = os.fspath(name)
    path = Path(text.removesuffix(".ipynb").removesuffix(".py"))
    if path.is_absolute():
        # A path that is not below notebooks/ stays as it is and is found unknown.
        inside = path.relative_to(project.notebooks) if _below(project, path) else path
    else:
        parts = path.parts[1:] if path.parts[:1] == ("notebooks",) else path.parts
        inside = Path(*parts)
    return "/".join(NUMBER.sub("", part) for part in inside.parts)


def _below(project: Project, path: Path) -> bool:
    return path.is_relative_to(project.notebooks)


def _read(project: Project, path: Path) -> Notebook:
    name = name_of(project, path)
    place = Place(project.relative(path))
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{place}: cannot be read as UTF-8 text ({error})."
        raise SpreadError(message) from None
    cells = split_cells(text)
    parameters = _parameters(cells, place)
    code = [cell for cell in cells if cell.kind == "code"]
    _check_use(parameters, code, place)
    if place.problems:
        raise SpreadError(place.problems)
    return Notebook(
        name=name,
        study=name.partition("/")[0],
        path=path,
        title=title_of(cells) or name,
        parameters={parameter.name: parameter for parameter in parameters},
        code_cells=tuple(CodeCell(c.source, c.tags, c.index) for c in code),
        defaults={parameter.name: parameter.default for parameter in parameters},
    )


def _parameters(cells: list[Cell], place: Place) -> list[Parameter]:
    tagged = [cell for cell in cells if TAG in cell.tags and cell.kind == "code"]
    if len(tagged) != 1:
        place.refuse(
            f"{len(tagged) or 'no'} code cells are tagged `parameters`; exactly one "
            'begins with the line `# %% tags=["parameters"]`.'
        )
        return []
    return read_parameters(tagged[0].source, place, tagged[0].line)


def _check_use(parameters: list[Parameter], code: list[Cell], place: Place) -> None:
    """Tell of cells that are no Python and of parameters that no cell reads."""
    read: set[Any] = set()
    broken = False
    for cell in code:
        if TAG in cell.tags:
            continue
        try:
            tree = ast.parse(cell.source)
        except (SyntaxError, ValueError, RecursionError) as error:
            line = cell.line + (getattr(error, "lineno", None) or 1) - 1
            reason = getattr(error, "msg", None) or str(error)
            place.under(f"cell {cell.index}", line).refuse(f"not Python: {reason}.")
            broken = True
            continue
        read |= _names_read(tree)
    if broken or WHOLE_CELL in read:
        return
    for parameter in parameters:
        if parameter.name not in read:
            place.under("parameters").refuse(
                f"`{parameter.name}` is declared but no cell reads it; use it or "
                "take the line out."
            )


def _names_read(tree: ast.AST) -> set[Any]:
    """Names that the code reads, and keys: `member.values["seed"]` reads `seed`.

    A call of the catalogue's `parameters()` reads the whole cell, as `WHOLE_CELL`.
    """
    read = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store):
            read.add(node.id)
        elif isinstance(node, ast.Call) and _called(node) == "parameters":
            read.add(WHOLE_CELL)
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            read.add(node.slice.value)
    return read


def _called(call: ast.Call) -> str:
    name = call.func
    return name.attr if isinstance(name, ast.Attribute) else getattr(name, "id", "")
