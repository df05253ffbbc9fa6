"""Settings: read once, refused with place and remedy, and what each one changes."""

from pathlib import Path

import pytest

from fieldnotes.code import read_code
from fieldnotes.project import Project
from fieldnotes.runner.provenance import provenance
from fieldnotes.runner.variables import environment
from fieldnotes.settings import RESERVED, Settings, SettingsError, read_settings
from test_init import ROOT


class Cell:
    """One code cell, as the reader of notebooks gives it."""

    tags = ()

    def __init__(self, source: str):
        self.source = source


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with two packages below `src/`, of which one draws."""
    for name, text in {
        "science/__init__.py": '"""Science."""\n',
        "science/law.py": "def law(x):\n    return x**2\n",
        "science/figures.py": "def show(x):\n    return [x]\n",
        "science/charts.py": "def show(x):\n    return (x,)\n",
        "tools.py": "def half(x):\n    return x / 2\n",
    }.items():
        path = tmp_path / "src" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Project(tmp_path)


def write(project: Project, text: str, name: str = "fieldnotes.toml") -> Project:
    """The project as it is read with this text for its settings."""
    (project.root / name).write_text(text)
    return Project(project.root)


def refusal(project: Project, text: str, name: str = "fieldnotes.toml") -> str:
    write(project, text, name)
    with pytest.raises(SettingsError) as caught:
        read_settings(project.root)
    return str(caught.value)


def test_without_a_file_there_are_the_defaults(project):
    assert read_settings(project.root) == Settings()


def test_both_places_say_the_same(project):
    alone = write(project, 'tour = "a"\ndrawing = ["charts"]\n').settings
    (project.root / "fieldnotes.toml").unlink()
    text = '[tool.fieldnotes]\ntour = "a"\ndrawing = ["charts"]\n'
    assert write(project, text, "pyproject.toml").settings == alone
    assert alone.tour == "a"
    assert alone.drawing == {"charts"}


def test_a_pyproject_about_other_things_holds_no_settings(project):
    text = '[project]\nname = "x"\n[tool.ruff]\nline-length = 88\n'
    assert write(project, text, "pyproject.toml").settings == Settings()


def test_settings_in_both_places_are_refused(project):
    write(project, "[tool.fieldnotes]\n", "pyproject.toml")
    said = refusal(project, 'tour = "a"\n')
    assert "fieldnotes.toml" in said and "pyproject.toml" in said
    assert "Keep one" in said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("draws = []", ("toml: draws is not a setting", "`drawing`?", "`environment`")),
        ("tour = 3", ("toml: tour must be text", "got 3")),
        ('tour = ""', ("must be text",)),
        ('packages = "jax"', ("must be a list of names", "got 'jax'")),
        ("drawing = [1]", ("must be a list of names",)),
        ('code = ["sciense"]', ("`sciense`", "Did you mean `science`?", "`tools`")),
        ("environment = 3", ("must be a table", "got 3")),
        ("[environment]\nA = 4", ("sets `A` to 4", 'A = "4"')),
        ("[environment]\nA = true", ('A = "true"',)),
        ('[environment]\nA = "{thread}"', ("Did you mean `threads`?", "`{cache}`")),
        ('[environment]\nA = "{threads:3}"', ("stands for nothing",)),
        ('[environment]\nA = "{"', ("written twice",)),
        ('[environment]\nPYTHONPATH = "x"', ("`PYTHONPATH`", "Leave it out")),
        ("tour = \n", ("is not TOML", "line 1")),
    ],
)
def test_a_wrong_setting_is_refused_with_place_and_remedy(project, text, words):
    said = refusal(project, text)
    assert said.startswith("fieldnotes.toml")
    for word in words:
        assert word in said


def test_all_that_is_wrong_is_told_at_once_and_by_its_place(project):
    text = "[tool.fieldnotes]\ntour = 1\ncolour = 2\n"
    said = refusal(project, text, "pyproject.toml")
    assert "pyproject.toml: tool.fieldnotes.tour" in said
    assert "tool.fieldnotes.colour is not a setting" in said


def test_a_run_finds_its_variables_filled_in(project):
    text = (
        '[environment]\nA = "{threads} of {{}}"\nB = "{cache}/b"\nOMP_NUM_THREADS = "1"'
    )
    seen = environment(write(project, text), threads=3)
    assert seen["A"] == "3 of {}"
    assert seen["B"] == f"{project.cache}/b"
    assert seen["OMP_NUM_THREADS"] == "1", "the project's word goes over the default"
    assert seen["MKL_NUM_THREADS"] == "3"


def test_without_settings_a_run_finds_no_variable_of_anybody_s_tools(project):
    names = set(environment(project))
    assert not {name for name in names if name.startswith(("JAX", "PJRT", "EQX"))}
    assert {"FIELDNOTES_PROJECT", "PYTHONPATH", "OMP_NUM_THREADS"} <= names


def test_every_variable_the_runner_sets_for_itself_is_reserved(project):
    mine = {name for name in environment(project) if name.startswith("FIELDNOTES")}
    assert mine | {"PYTHONPATH"} <= set(RESERVED)


def test_named_packages_are_recorded_and_absent_ones_left_out(project):
    text = 'packages = ["pluggy", "no-such-package"]\n'
    before = provenance(project)["versions"]
    after = provenance(write(project, text))["versions"]
    assert "pluggy" not in before
    assert after == before | {"pluggy": after["pluggy"]}


NOTEBOOK = "import tools\nfrom science import charts, figures, law\n"


def modules(project: Project) -> tuple[set[str], set[str]]:
    """Modules behind the notebook: of its runs, and of its trained models."""
    code = read_code(project, [Cell(NOTEBOOK)])
    return set(code.modules), set(code.bare_modules)


def test_what_counts_for_a_key_is_what_the_settings_say(project):
    science = {"science", "science.law", "science.charts", "science.figures"}
    assert modules(project) == ({*science, "tools"}, {*science, "tools"} - DRAWN)
    assert modules(write(project, 'code = ["science"]'))[0] == science
    drawing = write(project, 'drawing = ["charts"]')
    assert modules(drawing)[1] == {*science, "tools"} - {"science.charts"}


DRAWN = {"science.figures"}


def test_settings_that_say_what_holds_anyway_change_no_key(project):
    before = read_code(project, [Cell(NOTEBOOK)])
    text = 'tour = "a"\npackages = ["x"]\ncode = ["science", "tools"]\n'
    text += 'drawing = ["plotting", "figures"]\n[environment]\nA = "{threads}"\n'
    assert read_code(write(project, text), [Cell(NOTEBOOK)]) == before


def test_this_project_keeps_its_machine_out_of_its_keys_and_names_its_stack():
    project = Project(ROOT)
    assert Path(ROOT / project.settings.tour).is_file()
    cell = Cell("from fieldnotes import catalogue\nfrom studies.orbit import tasks\n")
    names = read_code(project, [cell]).modules
    assert "studies.orbit.tasks" in names
    assert not {name for name in names if name.startswith("fieldnotes")}
    seen = environment(project, threads=2)
    assert seen["PJRT_NPROC"] == seen["JAX_NUM_CPU_DEVICES"] == "2"
    assert seen["JAX_COMPILATION_CACHE_DIR"] == str(project.cache / "jax")
    assert seen["EQX_ON_ERROR"] == "nan"


def test_amounts_of_disk_are_read_as_they_are_written(project):
    for text, amount in (
        ('"1 GB"', 1.0),
        ('"500 MB"', 0.5),
        ("2", 2.0),
        ('"1TB"', 1e3),
    ):
        assert write(project, f"free_disk = {text}\n").settings.free_disk == amount
    for text in ('"much"', "-1", "true", '"3 kg"'):
        said = refusal(project, f"free_disk = {text}\n")
        assert "free_disk must be an amount of disk, like" in said


def test_what_declares_work_and_what_is_run_at_the_end_are_settings(project):
    text = 'work = ["trials"]\non_completion = "true"\n'
    settings = write(project, text).settings
    assert settings.work == frozenset({"trials"})
    assert settings.on_completion == "true"
    assert "on_completion must be text" in refusal(project, "on_completion = 3\n")
