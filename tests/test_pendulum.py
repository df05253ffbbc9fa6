"""The worked example: the page's own files, in a fresh lab, without the science."""

from pathlib import Path

import pytest

from fieldnotes.files import read_json
from shown import shown_files
from test_init import SCIENCE, python, without

LONGEST = 250  # lines of the whole study


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    bare = without(tmp_path_factory.mktemp("blocker"), [*SCIENCE, "studies"])
    folder = tmp_path_factory.mktemp("labs") / "pendulum-lab"
    made = python(["-m", "fieldnotes", "init", str(folder)], folder.parent, bare)
    assert made.returncode == 0, made.stderr
    for name, text in shown_files("pendulum").items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for arguments in (["run", "pendulum/energies"], ["site"]):
        ran = python(["-m", "fieldnotes", *arguments], folder, bare)
        assert ran.returncode == 0, ran.stdout + ran.stderr
    return folder


def test_the_page_shows_a_whole_study_in_few_lines():
    shown = shown_files("pendulum")
    assert len(shown) == 4
    assert sum(len(text.splitlines()) for text in shown.values()) <= LONGEST


def test_the_study_runs_and_its_prediction_holds(lab):
    runs = [folder for folder in (lab / "catalogue/runs/pendulum").iterdir()]
    assert len(runs) == 5
    values = {}
    for run in runs:
        assert read_json(run / "status.json")["state"] == "done"
        for scrap in read_json(run / "metrics.json"):
            assert scrap["meaning"], scrap
            values[scrap["name"]] = scrap["value"]
    assert values["fit_error"] < 5
    assert values["verdict"].endswith("as predicted.")


def test_the_study_has_pages_with_the_caption_of_its_figure(lab):
    pages = list((lab / "_site/results/pendulum/runs").glob("*.html"))
    assert len(pages) == 5
    assert any("Error of the learned acceleration" in p.read_text() for p in pages)
