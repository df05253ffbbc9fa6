"""What other runs recorded, as a notebook that gathers it sees it."""

import pytest

from fieldnotes import catalogue as given
from fieldnotes.catalogue import CatalogueError

FIRST, SECOND, OTHER = "1" * 16, "2" * 16, "3" * 16


@pytest.fixture
def runs(make):
    """Three runs of two notebooks, each with a value and one of a member."""
    for key, notebook in ((FIRST, "toy/a"), (SECOND, "toy/b"), (OTHER, "toy/b")):
        folder = make.run(key, notebook=notebook)
        own = {"name": "verdict", "value": f"of {key[0]}", "unit": "-"}
        make.scraps(folder, own, {**own, "member": {"seed": 0}})


def values(*asked) -> list[tuple[str, str]]:
    return [(run.notebook, value) for run, value in given.scraps("verdict", *asked)]


def test_a_batch_run_sees_the_runs_that_it_needs(runs, batch):
    batch({}, needs=[SECOND, FIRST])
    assert values() == [("toy/b", "of 2"), ("toy/a", "of 1")]
    assert values(["toy/a", "toy/b"]) == [("toy/a", "of 1"), ("toy/b", "of 2")]
    assert values(["toy/b"]) == [("toy/b", "of 2")]


def test_a_run_that_failed_is_not_gathered(runs, batch, make):
    make.run(SECOND, notebook="toy/b", state="failed")
    batch({}, needs=[FIRST, SECOND])
    assert values() == [("toy/a", "of 1")]


def test_where_nothing_was_recorded_the_runs_are_named(runs, batch):
    batch({}, needs=[FIRST])
    with pytest.raises(CatalogueError, match=r"'claims'.*toy/a \(1{16}\).*`needs`"):
        given.scraps("claims")
    with pytest.raises(CatalogueError, match=r"Asked: toy/b\. Looked in: none"):
        given.scraps("verdict", ["toy/b"])


def test_by_hand_the_newest_run_of_each_notebook_is_asked(runs, make, by_hand):
    newer = make.run("4" * 16, notebook="toy/b")
    status = (newer / "status.json").read_text().replace("2030", "2031")
    (newer / "status.json").write_text(status)
    make.scraps(newer, {"name": "verdict", "value": "of 4", "unit": "-"})
    by_hand()
    assert sorted(values(["toy/a", "toy/b"])) == [("toy/a", "of 1"), ("toy/b", "of 4")]


def test_a_notebook_is_told_its_parameters(batch):
    batch({"tu": 5, "steps": [1, 2]})
    values = given.parameters()
    assert values == {"tu": 5, "steps": [1, 2]}
    values["steps"].append(3)
    assert given.parameters() == {"tu": 5, "steps": [1, 2]}, "a copy was given"


def test_by_hand_parameters_are_those_in_the_notebook(by_hand):
    names = by_hand()
    assert given.parameters()["orbits"] == 10
    names["orbits"] = 20
    assert given.parameters()["orbits"] == 20
