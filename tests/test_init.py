"""A lab elsewhere, made and used in an environment without the science."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from fieldnotes.cli import main
from fieldnotes.files import read_json
from fieldnotes.init import init

ROOT = Path(__file__).resolve().parents[1]
SCIENCE = "jax jaxlib equinox diffrax optax scipy jaxtyping lineax optimistix".split()

# Python imports this module at every start: of the command, the workers, the kernels.
BLOCKER = """\
import sys
from importlib.abc import MetaPathFinder


class Absent(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ABSENT:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, Absent())
"""


def without(folder: Path, packages: Sequence[str]) -> dict[str, str]:
    """An environment in which these packages cannot be imported."""
    text = f"ABSENT = {list(packages)!r}\n{BLOCKER}"
    (folder / "sitecustomize.py").write_text(text)
    path = os.pathsep.join([str(folder), str(ROOT / "src")])
    return {**os.environ, "PYTHONPATH": path}


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment without the science and without the studies."""
    return without(tmp_path_factory.mktemp("blocker"), [*SCIENCE, "studies"])


def python(
    code: list[str], where: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *code],
        cwd=where,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture(scope="module")
def lab(
    tmp_path_factory: pytest.TempPathFactory, bare: dict[str, str]
) -> tuple[Path, dict[str, str]]:
    """A fresh lab, whose spread has been run and whose site was built."""
    folder = tmp_path_factory.mktemp("labs") / "mine"
    for arguments in (["init", str(folder)],):
        made = python(["-m", "fieldnotes", *arguments], folder.parent, bare)
        assert made.returncode == 0, made.stderr
    for arguments in (["run"], ["site"]):
        made = python(["-m", "fieldnotes", *arguments], folder, bare)
        assert made.returncode == 0, made.stdout + made.stderr
    return folder, bare


@pytest.mark.parametrize("package", ["jax", "studies", "scipy"])
def test_the_science_really_is_absent(package, bare, tmp_path):
    ran = python(["-c", f"import {package}"], tmp_path, bare)
    assert ran.returncode == 1
    assert "ModuleNotFoundError" in ran.stderr


def test_the_machine_is_imported_without_the_science(bare, tmp_path):
    ran = python(["-c", "import fieldnotes, fieldnotes.cli"], tmp_path, bare)
    assert ran.returncode == 0, ran.stderr


def test_a_fresh_lab_runs_and_every_run_has_a_verdict(lab):
    folder, _ = lab
    runs = sorted((folder / "catalogue/runs/cooling").iterdir())
    assert len(runs) == 6
    for run in runs:
        assert read_json(run / "status.json")["state"] == "done"
        scraps = {scrap["name"]: scrap for scrap in read_json(run / "metrics.json")}
        assert "predict" in scraps["verdict"]["value"]
        assert scraps["rate_error"]["meaning"]


def test_a_fresh_lab_has_a_site_with_a_page_a_run(lab):
    folder, _ = lab
    assert (folder / "_site/index.html").is_file()
    assert len(list((folder / "_site/results/cooling/runs").glob("*.html"))) == 6


def test_a_fresh_lab_is_asked_about_its_runs(lab):
    folder, bare = lab
    asked = ["-m", "fieldnotes", "runs", "--where", "rate_error<10", "--csv"]
    few = python(asked, folder, bare)
    assert few.returncode == 0, few.stderr
    every = python(["-m", "fieldnotes", "runs", "--csv"], folder, bare)
    assert 1 < len(few.stdout.splitlines()) <= len(every.stdout.splitlines()) == 7


def test_this_project_s_tour_is_planned_without_the_science(tmp_path):
    bare = without(tmp_path, SCIENCE)
    project = {**bare, "FIELDNOTES_PROJECT": str(ROOT)}
    ran = python(["-m", "fieldnotes", "plan", "params/tour.yml"], ROOT, project)
    assert ran.returncode == 0, ran.stderr
    assert "orbit/train" in ran.stdout
    assert "its parameters are not checked" in ran.stderr


def test_a_lab_is_not_written_over_what_is_there(tmp_path):
    init(tmp_path / "lab")
    (tmp_path / "lab/README.md").write_text("mine")
    again = CliRunner().invoke(main, ["init", str(tmp_path / "lab")])
    assert again.exit_code == 2
    assert "README.md" in again.output and "Nothing was written" in again.output
    assert (tmp_path / "lab/README.md").read_text() == "mine"


def test_one_file_in_the_way_is_enough_and_nothing_is_written(tmp_path):
    (tmp_path / "index.qmd").write_text("mine")
    refused = CliRunner().invoke(main, ["init", str(tmp_path)])
    assert refused.exit_code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["index.qmd"]
