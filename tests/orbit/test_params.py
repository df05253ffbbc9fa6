"""The spreads of the study: each is accepted whole, and runs what its comments say."""

import re
from functools import cache
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from fieldnotes.project import Project
from fieldnotes.spreads import load_spreads

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "params" / "orbit"
FILES = sorted(FOLDER.rglob("*.yml"))
QUESTIONS = [path for path in FILES if "stages" in YAML(typ="safe").load(path)]


def name_of(path: Path) -> str:
    """A spread as the command line names it."""
    return path.relative_to(ROOT / "params").with_suffix("").as_posix()


@cache
def loaded(name: str) -> list:
    """A spread, or those of a collection, as the command line loads them."""
    return load_spreads(Project(ROOT), [name])


def spread_of(path: Path):
    """A spread as the full run holds it, or by its own name."""
    own = name_of(path)
    whole = {spread.name: spread for spread in loaded("full")}
    return whole.get(own) or loaded(own)[-1]


def cases(stage) -> int:
    """Models or analyses that a stage makes."""
    return sum(max(len(request.members), 1) for request in stage.requests)


@pytest.mark.parametrize("path", QUESTIONS, ids=name_of)
def test_a_spread_is_accepted_and_counts_its_models(path):
    spread = spread_of(path)
    assert spread.name == name_of(path)
    assert spread.title.endswith("?"), "a spread states its question"
    said = re.findall(r"(\d+) runs?, (\d+) models", path.read_text())
    counts = [
        (len(stage.requests), cases(stage))
        for stage in spread.stages.values()
        if stage.together or stage.notebook.name == "orbit/train"
    ]
    assert counts == [tuple(map(int, pair)) for pair in said]


@pytest.mark.parametrize("name", ["tour", "full", "tiny/orbit"])
def test_the_collections_are_accepted(name):
    notebooks = {
        stage.notebook.name
        for spread in loaded(name)
        for stage in spread.stages.values()
    }
    assert {"orbit/train", "orbit/generalisation"} <= notebooks


# Desk spreads that share a full one: the same question in parts.
WHOLE = {"december-rest": "december", "features": "layers", "output-layers": "layers"}


def test_everything_in_the_study_is_part_of_the_full_run():
    """Each question itself, or its full size."""
    names = {spread.name for spread in loaded("full")}
    for path in QUESTIONS:
        full = f"orbit/full/{WHOLE.get(path.stem, path.stem)}"
        own = name_of(path)
        assert own in names or full in names, own
