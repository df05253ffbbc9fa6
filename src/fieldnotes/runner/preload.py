"""Which installed packages the notebooks of a batch will import, read from their code.

Only what is imported when a file is executed counts, not what a function imports when
it is called. Files of the project are read and never imported: they may change while a
batch runs.
"""

import ast
import importlib.util
import sysconfig
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import fieldnotes
from fieldnotes.code import imported_names, module_files, parse
from fieldnotes.project import Project
from fieldnotes.spreads.scripts import code_cells

# These look at the kernel they are in while they are imported, and keep what they saw.
LATE = frozenset({"matplotlib", "seaborn", "tqdm"})
# What a package imports when it is first used, as nearly every notebook will.
COMPANIONS = {"plotly": ("plotly.io", "plotly.io._renderers", "nbformat")}


def installed_imports(project: Project, notebooks: Iterable[Path]) -> list[str]:
    """Modules of installed packages that these notebooks import, in order.

    Modules of the project and of the machine are followed. A name may also be
    something inside a module: `from jax import jit` gives `jax` and `jax.jit`.
    """
    places = (project.src, Path(fieldnotes.__file__).parents[1])
    todo = [
        name
        for path in notebooks
        for cell in code_cells(path)
        for name in _executed(cell.source, "", package=False)
    ]
    found: dict[str, None] = {}
    read: set[Path] = set()
    while todo:
        name = todo.pop(0)
        files = next(filter(None, (module_files(p, name) for p in places)), [])
        if not files and _installed(package := name.partition(".")[0]):
            found[name] = None
            found |= dict.fromkeys(COMPANIONS.get(package, ()))
        for module, file in files:
            if file not in read:
                read.add(file)
                source, package = file.read_text("utf-8"), file.name == "__init__.py"
                todo += _executed(source, module, package=package)
    return list(found)


def _executed(source: str, module: str, *, package: bool) -> Iterable[str]:
    """Names that executing this source imports."""
    return imported_names(_Executed().visit(parse(source)), module, package)


class _Executed(ast.NodeTransformer):
    """Leaves out bodies of functions, and what stands there for type checkers."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        return None

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        return None

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        if "TYPE_CHECKING" not in ast.dump(node.test):
            return self.generic_visit(node)
        return [self.visit(statement) for statement in node.orelse]


@cache
def _installed(package: str) -> bool:
    """Whether a package is one that was installed, and may be imported early."""
    if package in LATE:
        return False
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return False
    origin = None if spec is None else spec.origin
    places = {sysconfig.get_path(name) for name in ("purelib", "platlib")}
    return origin is not None and any(
        Path(origin).is_relative_to(place) for place in places
    )
