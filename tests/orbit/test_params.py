"""The spreads of the study: each is accepted whole, and runs what its comments say."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from fieldnotes.project import Project
from fieldnotes.spreads import load_spreads

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "params" / "orbit").glob("*.yml"))
QUESTIONS = [path for path in FILES if "stages" in YAML(typ="safe").load(path)]


def cases(stage) -> int:
    """Models or analyses that a stage makes."""
    return sum(max(len(request.members), 1) for request in stage.requests)


@pytest.mark.parametrize("path", QUESTIONS, ids=lambda path: path.stem)
def test_a_spread_is_accepted_and_counts_its_models(path):
    (spread,) = load_spreads(Project(ROOT), [f"orbit/{path.stem}"])
    assert spread.title.endswith("?"), "a spread states its question"
    (said,) = re.findall(r"(\d+) runs?, (\d+) models", path.read_text())
    train = spread.stages["train"]
    assert (len(train.requests), cases(train)) == tuple(map(int, said))


@pytest.mark.parametrize("name", ["tour", "full", "tiny/orbit"])
def test_the_collections_are_accepted(name):
    spreads = load_spreads(Project(ROOT), [name])
    notebooks = {
        stage.notebook.name for spread in spreads for stage in spread.stages.values()
    }
    assert {"orbit/train", "orbit/generalisation"} <= notebooks


def test_everything_in_the_study_is_part_of_the_full_run():
    names = {spread.name for spread in load_spreads(Project(ROOT), ["full"])}
    assert names >= {f"orbit/{path.stem}" for path in QUESTIONS}
