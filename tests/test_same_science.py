"""The science is the first draft's: trainings at desk size give the same numbers.

`same-science/first-draft.json` holds what the first draft of this project recorded for
three trainings of each study and for their evaluation. The same spreads are run again
here, through the real runner.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from fieldnotes.files import read_json
from fieldnotes.project import Project
from project_copy import command, copy_project

HERE = Path(__file__).parent / "data" / "same-science"
STUDIES = ("orbit", "reach", "latent")
# Two programs that add the same floats in another order part by this much at most.
CLOSE = 1e-3


def plain(value: Any) -> Any:
    """A list of one counts as its entry."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def label(scrap: dict[str, Any]) -> str:
    """Name and member of a scrap, as the first draft's file writes them."""
    member = ", ".join(f"{k}={v}" for k, v in (scrap.get("member") or {}).items())
    return f"{scrap['name']}[{member}]" if member else scrap["name"]


def recorded(project: Project) -> dict[str, dict[str, Any]]:
    """Scraps of every run of the copy, by notebook and by what varies."""
    runs = {}
    for folder in sorted(project.runs.glob("*/*")):
        manifest = read_json(folder / "params.json")
        scraps = read_json(folder / "metrics.json")
        values = {label(scrap): scrap["value"] for scrap in scraps}
        runs[key(manifest["notebook"], manifest["varied"])] = values
    return runs


def today(scrap: str) -> str:
    """What a scrap of the first draft is called now: names became identifiers."""
    name, bracket, member = scrap.partition("[")
    return name.replace(".", "p").replace("-", "_") + bracket + member


def key(notebook: str, varied: dict[str, Any]) -> str:
    return json.dumps([notebook, {n: plain(v) for n, v in varied.items()}])


@pytest.fixture(scope="module", params=STUDIES)
def study(request, tmp_path_factory) -> tuple[str, Project]:
    project = copy_project(tmp_path_factory.mktemp(request.param))
    spread = project.params / "same-science.yml"
    shutil.copy(HERE / f"{request.param}.yml", spread)
    ran = command(project.root, "run", "same-science", "--jobs", "1")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return request.param, project


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_desk_trainings_give_the_numbers_of_the_first_draft(study):
    name, project = study
    runs, compared, different = recorded(project), 0, []
    for before in json.loads((HERE / "first-draft.json").read_text()):
        if not before["notebook"].startswith(f"{name}/"):
            continue
        found = runs[key(before["notebook"], before["varied"])]
        for scrap, value in before["scraps"].items():
            compared += 1
            now = found.get(today(scrap))
            if now != pytest.approx(value, rel=CLOSE, abs=1e-12):
                different.append(f"{scrap}: {value} before, {now} today")
    assert compared >= 50
    assert not different, "\n".join(different)
