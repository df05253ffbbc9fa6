"""The page that says how an analysis is added: its own files, run as it says."""

import re
from pathlib import Path

import pytest

from fieldnotes.catalogue import Catalogue
from fieldnotes.project import Project
from project_copy import command, copy_project
from shown import shown_files

FILES = shown_files("add-an-analysis")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the project with the page's files and nothing else changed."""
    project = copy_project(tmp_path_factory.mktemp("added"))
    for name, text in FILES.items():
        assert not (project.root / name).exists()
        (project.root / name).write_text(text, encoding="utf-8")
    for words in (
        ["run", "orbit/time-near", "tiny/time-near", "--jobs", "2"],
        ["site", "orbit/time-near"],
    ):
        ran = command(project.root, *words)
        assert ran.returncode == 0, ran.stdout + ran.stderr
    return project


def test_one_notebook_and_its_spreads_are_all_that_is_added():
    assert {Path(name).parts[0] for name in FILES} == {"notebooks", "params"}
    assert sum(name.startswith("notebooks/") for name in FILES) == 1


def test_every_case_agrees_with_the_closed_form(project):
    catalogue, notebook = Catalogue(project), {"notebook": "orbit/time-near"}
    assert list(catalogue.runs(notebook)["state"]) == ["done"] * 9
    assert len(catalogue.runs(notebook | {"agrees": True})) == 9


def test_the_site_answers_the_question_of_the_spread(project):
    page = project.root / "_site" / "results" / "spreads" / "orbit-time-near.html"
    text = re.sub(r"<[^>]+>", " ", page.read_text(encoding="utf-8"))
    assert "share of the samples on the near half" in text
    answers = re.findall(
        r"comes lowest, with\s+([0-9.]+)\s+\(share of the samples", text
    )
    assert answers, text
    # 1/2 - 0.75/pi, to a sample of 90
    assert abs(float(answers[0]) - 0.2613) < 1 / 90
