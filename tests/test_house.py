"""The rules of the house, read off the source itself."""

import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import jupytext
import pytest

from fieldnotes.project import Project
from fieldnotes.spreads import list_notebooks, read_notebook

ROOT = Path(__file__).resolve().parents[1]
MACHINE, STUDIES_ROOM = ROOT / "src" / "fieldnotes", ROOT / "src" / "studies"
STATIONS = {"spreads", "runner", "catalogue", "website", "cli", "lab", "project"}
STATIONS |= {"files", "errors", "words", "settings", "__main__", "doctor"}
STATIONS |= {"runs", "query", "init", "values", "clusters", "code"}
FLOOR = {"training", "plotting", "evidence", "files"}
STUDIES = {"reach", "orbit", "latent"}
SCIENCE = {"jax", "jaxlib", "equinox", "diffrax", "optax", "scipy", "jaxtyping"}
NOTEBOOKS = [p for paths in list_notebooks(Project(ROOT)).values() for p in paths]
TEMPLATE = MACHINE / "lab_template"  # files of a new lab, not modules
MACHINE_MODULES = sorted(set(MACHINE.rglob("*.py")) - set(TEMPLATE.rglob("*.py")))
STUDY_MODULES = sorted(STUDIES_ROOM.rglob("*.py"))
MODULES = MACHINE_MODULES + STUDY_MODULES
LONGEST_CELL = 30  # lines


def room(path: Path) -> str:
    """The station, study or floor that a module of a package belongs to."""
    return path.relative_to(ROOT / "src").parts[1].removesuffix(".py")


@cache
def imported(path: Path) -> set[str]:
    """Dotted names of all that a module imports, lazily or not, relative resolved."""
    names: set[str] = set()
    package = list(path.relative_to(ROOT / "src").parent.parts)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            names |= {f"{stem}.{alias.name}" for alias in node.names}
    return names


def tops(path: Path) -> set[str]:
    """The packages that a module imports from."""
    return {given.split(".")[0] for given in imported(path)}


def rooms_imported(path: Path) -> set[str]:
    """Rooms of `studies` that a module imports."""
    parts = (given.split(".") for given in imported(path))
    return {part[1] for part in parts if part[0] == "studies" and len(part) > 1}


def dotted(path: Path) -> str:
    """The name under which a module is imported."""
    inside = path.relative_to(ROOT / "src").with_suffix("")
    return ".".join(inside.parts).removesuffix(".__init__")


NAMES = {dotted(path): path for path in MODULES}
PACKAGES = sorted(n for n, path in NAMES.items() if path.name == "__init__.py")


def below(package: str) -> dict[str, set[str]]:
    """The subpackages and modules of a package, each with those that it imports."""
    depth = package.count(".") + 2
    graph: dict[str, set[str]] = {}
    for module, path in NAMES.items():
        if module != package and not module.startswith(f"{package}."):
            continue
        part = ".".join(module.split(".")[:depth])
        for given in imported(path):
            # What is no module is the class or function of one.
            found = given if given in NAMES else given.rpartition(".")[0]
            if found == package or found.startswith(f"{package}."):
                graph.setdefault(part, set()).add(".".join(found.split(".")[:depth]))
    return {part: needed - {part} for part, needed in graph.items()}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_every_module_belongs_to_a_known_room():
    assert {room(path) for path in MACHINE_MODULES} - {"__init__"} <= STATIONS
    assert {room(path) for path in STUDY_MODULES} - {"__init__"} == FLOOR | STUDIES


@pytest.mark.parametrize("path", MACHINE_MODULES, ids=name)
def test_the_machine_imports_neither_jax_nor_a_study(path):
    assert not tops(path) & (SCIENCE | {"studies"})


@pytest.mark.parametrize("path", STUDY_MODULES, ids=name)
def test_the_science_does_not_import_the_machine(path):
    assert "fieldnotes" not in tops(path)


@pytest.mark.parametrize("path", STUDY_MODULES, ids=name)
def test_a_study_imports_no_other_study_and_the_floor_none(path):
    assert not rooms_imported(path) & (STUDIES - {room(path)})


@pytest.mark.parametrize("package", PACKAGES)
def test_no_circle_of_imports_among_the_parts_of_a_package(package):
    try:
        TopologicalSorter(below(package)).prepare()
    except CycleError as error:
        pytest.fail(" needs ".join(reversed(error.args[1])))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_a_notebook_has_a_title_a_question_and_typed_parameters(path):
    cells = jupytext.read(path).cells
    first = cells[0]
    assert first.cell_type == "markdown"
    assert first.source.startswith("# ")
    assert "?" in first.source, "the first cell asks a question"
    notebook = read_notebook(Project(ROOT), name(path))
    assert notebook.parameters
    for parameter in notebook.parameters.values():
        assert parameter.annotation
        assert parameter.unit
        assert parameter.meaning


def records(path: Path) -> list[ast.Call]:
    """The calls of the catalogue's `record` in a file."""
    calls = [
        n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)
    ]
    return [call for call in calls if _recorder(call.func) and len(call.args) > 1]


def _recorder(function: ast.expr) -> bool:
    if isinstance(function, ast.Attribute):
        return function.attr == "record" and ast.unparse(function.value) == "catalogue"
    return isinstance(function, ast.Name) and function.id == "record"


@pytest.mark.parametrize("path", [*NOTEBOOKS, *STUDY_MODULES], ids=name)
def test_every_scrap_has_an_identifier_a_unit_and_a_meaning(path):
    for call in records(path):
        named = {word.arg for word in call.keywords}
        told = len(call.args) + len(named & {"value", "unit", "meaning"})
        spread = any(isinstance(part, ast.Starred) for part in call.args)
        assert told >= 4 or spread, ast.unparse(call)
        scrap = call.args[0]
        if isinstance(scrap, ast.Constant):
            assert str(scrap.value).isidentifier(), ast.unparse(call)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_no_cell_is_longer_than_thirty_lines(path):
    code = [cell for cell in jupytext.read(path).cells if cell.cell_type == "code"]
    plain = [c for c in code if "parameters" not in c.metadata.get("tags", [])]
    longest = max(len(cell.source.splitlines()) for cell in plain)
    assert longest <= LONGEST_CELL


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_a_notebook_has_at_most_ten_lines_of_imports(path):
    code = [cell for cell in jupytext.read(path).cells if cell.cell_type == "code"]
    lines = [line for cell in code for line in cell.source.splitlines()]
    imports = [line for line in lines if line.startswith(("import ", "from "))]
    assert 0 < len(imports) <= 10


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_no_module_outgrows_its_room(path):
    assert len(path.read_text().splitlines()) <= 400
    assert ast.get_docstring(ast.parse(path.read_text())), "says what it holds"


def test_the_committed_notebooks_are_text_only():
    import subprocess

    listing = subprocess.run(
        ["git", "ls-files", "notebooks"], cwd=ROOT, capture_output=True, text=True
    )
    if listing.returncode:
        pytest.skip("not a git checkout")
    assert not [n for n in listing.stdout.split() if n.endswith(".ipynb")]
