"""Every notebook once, at toy size, through the real runner, up to the site."""

import subprocess
from pathlib import Path

import nbformat
import pytest
import scrapbook

from fieldnotes.catalogue.records import scrap_name
from fieldnotes.files import read_json
from fieldnotes.project import Project
from fieldnotes.spreads import load_spreads
from project_copy import ROOT, command, copy_project

TINY = sorted((ROOT / "params" / "tiny").glob("*.yml"))
FINISHED = {"done", "diverged", "stuck"}
METRICS = "metrics.json"


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> tuple[Project, subprocess.CompletedProcess[str]]:
    """A copy of the project in which every tiny spread has been run."""
    project = copy_project(tmp_path_factory.mktemp("project"))
    spreads = [f"tiny/{path.stem}" for path in TINY]
    return project, command(project.root, "run", *spreads)


def manifests(project: Project) -> dict[Path, dict]:
    return {p.parent: read_json(p) for p in project.runs.glob("*/*/params.json")}


def test_every_notebook_is_in_a_tiny_spread():
    project = Project(ROOT)
    names = [f"tiny/{path.stem}" for path in TINY]
    loaded = load_spreads(project, names)
    stages = [stage for spread in loaded for stage in spread.stages.values()]
    ran = {stage.notebook.path.resolve() for stage in stages}
    assert ran >= set((ROOT / "notebooks").glob("[!.]*/*.py"))


@pytest.mark.timeout(1600)
def test_every_tiny_run_finishes(finished):
    project, ran = finished
    states = {
        folder.name: read_json(folder / "status.json")["state"]
        for folder in manifests(project)
    }
    assert states, ran.stderr
    assert set(states.values()) <= FINISHED, ran.stdout + ran.stderr
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_scrapbook_reads_every_executed_notebook(finished):
    project, _ = finished
    for folder in manifests(project):
        kept = {scrap_name(scrap): scrap for scrap in read_json(folder / METRICS)}
        read = scrapbook.read_notebook(str(folder / "run.ipynb")).scraps
        assert kept, folder
        assert set(kept) == set(read), folder
        for name, scrap in kept.items():
            assert read[name].data["unit"] == scrap["unit"], name


def test_every_scrap_has_a_unit(finished):
    project, _ = finished
    for folder in manifests(project):
        for scrap in read_json(folder / METRICS):
            assert scrap["unit"], scrap


def test_no_progress_is_left_in_a_page(finished):
    project, _ = finished
    for folder in manifests(project):
        cells = nbformat.read(folder / "run.ipynb", 4).cells
        outputs = [out for cell in cells for out in cell.get("outputs", ())]
        assert outputs, folder
        for out in outputs:
            assert out.get("name") != "stderr", out
            assert "steps/s" not in str(out), out


def test_a_second_call_repeats_nothing(finished):
    project, _ = finished
    before = {p: p.stat().st_mtime_ns for p in project.runs.glob("*/*/run.ipynb")}
    again = command(project.root, "run", *(f"tiny/{path.stem}" for path in TINY))
    assert again.returncode == 0, again.stderr
    after = {p: p.stat().st_mtime_ns for p in project.runs.glob("*/*/run.ipynb")}
    assert after == before


def test_the_site_shows_every_run(finished):
    project, _ = finished
    built = command(project.root, "site", *(f"tiny/{path.stem}" for path in TINY))
    assert built.returncode == 0, built.stdout + built.stderr
    assert (project.site / "index.html").is_file()
    pages = {path.stem for path in project.site.rglob("*.html")}
    assert {folder.name for folder in manifests(project)} <= pages
