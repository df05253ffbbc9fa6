"""The rules of the house, read off the source itself."""

import ast
from pathlib import Path

import jupytext
import pytest

from fieldnotes.project import Project
from fieldnotes.spreads import list_notebooks, read_notebook

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "fieldnotes"
STATIONS = {"spreads", "runner", "catalogue", "website", "cli", "lab", "project"}
STATIONS |= {"files", "errors", "__main__", "cli_tables", "doctor"}
SHARED = {"files", "errors"}  # of no station: whole files, the family of errors
FLOOR = {"training", "plotting"}
STUDIES = {"reach", "orbit", "latent"}
SCIENCE = {"jax", "jaxlib", "equinox", "diffrax", "optax"}
NOTEBOOKS = [p for paths in list_notebooks(Project(ROOT)).values() for p in paths]
MODULES = [p for p in sorted(PACKAGE.rglob("*.py")) if "/." not in p.as_posix()]
LONGEST_CELL = 30  # lines


def room(path: Path) -> str:
    """The station, study or floor that a module of the package belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """Dotted names of all that a module imports, lazily or not, relative resolved."""
    names: set[str] = set()
    package = ["fieldnotes", *path.relative_to(PACKAGE).parent.parts]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            names |= {stem} | {f"{stem}.{alias.name}" for alias in node.names}
    return names


def rooms_imported(path: Path) -> set[str]:
    """First parts below `fieldnotes` of what a module imports."""
    parts = (name.split(".") for name in imported(path))
    return {part[1] for part in parts if part[0] == "fieldnotes" and len(part) > 1}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_every_module_belongs_to_a_known_room():
    rooms = {room(path) for path in MODULES} - {"__init__"}
    assert rooms <= STATIONS | FLOOR | STUDIES
    assert {"spreads", "runner", "catalogue", "website"} <= rooms


@pytest.mark.parametrize("path", [p for p in MODULES if room(p) in STATIONS], ids=name)
def test_a_station_imports_neither_jax_nor_a_study(path):
    assert not {part.split(".")[0] for part in imported(path)} & SCIENCE
    assert not rooms_imported(path) & (STUDIES | FLOOR)


@pytest.mark.parametrize("path", [p for p in MODULES if room(p) in STUDIES], ids=name)
def test_a_study_imports_no_other_study_and_no_station(path):
    assert not rooms_imported(path) & (STUDIES - {room(path)})
    assert not rooms_imported(path) & (STATIONS - SHARED)


@pytest.mark.parametrize("path", [p for p in MODULES if room(p) in FLOOR], ids=name)
def test_the_shared_floor_knows_no_study_and_no_station(path):
    assert not rooms_imported(path) & (STUDIES | STATIONS - SHARED)
    text = path.read_text().lower()
    assert not [study for study in STUDIES if f" {study} study" in text]


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


def test_something_moves_to_the_shared_floor_only_for_a_second_user():
    """Every public name of the floor is used by a study, a notebook or the floor."""
    users = [p for p in MODULES if room(p) in STUDIES] + NOTEBOOKS
    used = set()
    for path in users:
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                if node.module.split(".")[:2] in (
                    ["fieldnotes", "training"],
                    ["fieldnotes", "plotting"],
                ):
                    used |= {alias.name for alias in node.names}
                if node.module == "fieldnotes":
                    used |= {alias.name for alias in node.names} & FLOOR
    assert used, "no study uses the shared floor"


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
