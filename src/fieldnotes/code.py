"""Code as what it does: a hash that comments, prose and formatting cannot change.

Modules are found by reading `import` statements, wherever they stand in a file. An
import made at run time from a computed name (`importlib.import_module(name)`) cannot be
seen, so a change behind one makes nothing stale.
"""

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from fieldnotes.files import checksum
from fieldnotes.project import Project
from fieldnotes.settings import Settings
from fieldnotes.values import digest

FIGURE = "figure"  # tag of a cell that only draws


class Cell(Protocol):
    """A code cell, as `spreads` reads it."""

    @property
    def source(self) -> str: ...
    @property
    def tags(self) -> Iterable[str]: ...


@dataclass(frozen=True)
class Code:
    """What a notebook computes with: its own cells and the project's modules.

    The `bare` halves leave out what only draws; a trained model depends on them alone.
    """

    notebook: str
    modules: dict[str, str]
    bare_notebook: str
    bare_modules: dict[str, str]


def file_digest(path: Path) -> str:
    """sha256 of a file, remembered while its time and size stay the same."""
    state = path.stat()
    return _file_digest(path, state.st_mtime_ns, state.st_size)


@cache
def _file_digest(path: Path, _time: int, _size: int) -> str:
    return checksum(path)


def read_code(project: Project, cells: Sequence[Cell]) -> Code:
    """The code behind a notebook's cells; its parameters cell is not part of it.

    Raises:
        SettingsError: the settings of the project cannot be used as written.
    """
    src, settings = project.src, project.settings
    used = [cell for cell in cells if "parameters" not in cell.tags]
    trees = [parse(cell.source) for cell in used]
    computing = [cell for cell in used if FIGURE not in cell.tags]
    bare_trees = [_undrawn(cell.source, settings.drawing) for cell in computing]
    bare = {
        name: module.bare_shape
        for name, module in _reach(src, bare_trees, settings, bare=True).items()
    }
    every = {
        name: module.shape for name, module in _reach(src, trees, settings).items()
    }
    return Code(
        notebook=digest([shape(tree) for tree in trees]),
        modules=every,
        bare_notebook=digest([shape(tree) for tree in bare_trees]),
        bare_modules=bare,
    )


def module_files(src: Path, dotted: str) -> list[tuple[str, Path]]:
    """Files that importing `dotted` executes: its packages' `__init__`, then itself."""
    found = []
    parts = dotted.split(".")
    for count in range(1, len(parts) + 1):
        name = ".".join(parts[:count])
        place = src.joinpath(*parts[:count])
        for path in (place / "__init__.py", place.with_name(f"{place.name}.py")):
            if path.is_file():
                found.append((name, path))
                break
    return found


def project_modules(project: Project, sources: Iterable[str]) -> dict[str, Path]:
    """Every module of the project that these sources import, with its file."""
    found = _reach(project.src, map(parse, sources), project.settings)
    return {name: module.path for name, module in found.items()}


@dataclass(frozen=True)
class _Module:
    path: Path
    shape: str
    bare_shape: str
    imports: tuple[str, ...]
    bare_imports: tuple[str, ...]


def _reach(
    src: Path, trees: Iterable[ast.AST], settings: Settings, *, bare: bool = False
) -> dict[str, _Module]:
    """Every project module that these trees import, directly or through others."""
    drawing = settings.drawing
    todo = [name for tree in trees for name in imported_names(tree, "", False)]
    found: dict[str, _Module] = {}
    asked: set[str] = set()
    while todo:
        wanted = todo.pop()
        if wanted in asked or not settings.counts(wanted.partition(".")[0]):
            continue
        asked.add(wanted)
        for name, path in module_files(src, wanted):
            parts = name.split(".")
            if bare and drawing & set(parts):
                break
            if name not in found:
                state = path.stat()
                module = _module(name, path, drawing, state.st_mtime_ns, state.st_size)
                found[name] = module
                todo += module.bare_imports if bare else module.imports
    return dict(sorted(found.items()))


@cache
def _module(
    name: str, path: Path, drawing: frozenset[str], _time: int, _size: int
) -> _Module:
    source = path.read_text(encoding="utf-8")
    package = path.name == "__init__.py"
    own, imports = _read_tree(parse(source), name, package)
    bare, bare_imports = own, imports
    if any(word in source for word in drawing):
        bare, bare_imports = _read_tree(_undrawn(source, drawing), name, package)
    return _Module(path, own, bare, imports, bare_imports)


def _read_tree(tree: ast.AST, name: str, package: bool) -> tuple[str, tuple[str, ...]]:
    return digest(shape(tree)), tuple(imported_names(tree, name, package))


def parse(source: str) -> ast.Module:
    """The tree of a source; one that is no Python (a `%magic`) stands as its text."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):
        text = ast.Constant(source.strip())
        return ast.Module([ast.Expr(ast.Tuple([text], ast.Load()))], [])


def imported_names(tree: ast.AST, module: str, package: bool) -> Iterable[str]:
    """Dotted names that may be modules, from every import statement in the tree."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _base(node, module, package)
            yield from (f"{base}.{alias.name}".strip(".") for alias in node.names)


def _base(node: ast.ImportFrom, module: str, package: bool) -> str:
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    kept = parts[: len(parts) - node.level + package]
    return ".".join([*kept, *filter(None, [node.module])])


def _undrawn(source: str, drawing: frozenset[str]) -> ast.Module:
    """The tree without imports of drawing modules, which no result depends on."""
    return _DropDrawing(drawing).visit(parse(source))


class _DropDrawing(ast.NodeTransformer):
    def __init__(self, drawing: frozenset[str]):
        self.drawing = drawing

    def visit_Import(self, node: ast.Import) -> ast.Import | None:
        node.names = [
            a for a in node.names if not self.drawing & set(a.name.split("."))
        ]
        return node if node.names else None

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom | None:
        if self.drawing & set((node.module or "").split(".")):
            return None
        node.names = [alias for alias in node.names if alias.name not in self.drawing]
        return node if node.names else None


_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
_SILENT = frozenset({"ctx", "kind", "type_comment", "type_ignores"})


def shape(node: Any) -> Any:
    """A syntax tree as nested lists, without docstrings and positions.

    Empty fields are left out, so that the shape is the same for every Python that can
    parse the source (`ast.dump` is not).
    """
    if isinstance(node, list):
        return [shape(item) for item in node]
    if not isinstance(node, ast.AST):
        return f"{type(node).__name__}:{node!r}"
    fields: list[Any] = [type(node).__name__]
    for name, value in ast.iter_fields(node):
        if name == "body" and isinstance(node, _DOCUMENTED):
            value = value[1:] if ast.get_docstring(node, clean=False) else value
        if value is None and name != "value" or value == [] or name in _SILENT:
            continue
        fields.append([name, shape(value)])
    return fields
