"""In a batch run a notebook sees the models that the planner chose, and no others."""

import pytest

from fieldnotes.catalogue import CatalogueError, models
from fieldnotes.files import read_json


@pytest.fixture
def planned(make, project):
    """Rows as the planner writes them, in an order of its own."""

    def rows(*seeds: int, parameter: str = "models") -> list[dict]:
        found = []
        for seed in seeds:
            folder = make.trained(seed)
            path = next(folder.glob("models/*.eqx"))
            about = read_json(path.with_suffix(".json"))
            found.append(
                {
                    "identity": path.stem,
                    "parameters": about["hyperparameters"],
                    "path": project.relative(path),
                    "checksum": about["checksum"],
                    "run": folder.name,
                    "parameter": parameter,
                }
            )
        return found

    return rows


QUERY = {"from": "train", "where": {"seed": [2, 0]}}


def test_the_query_of_a_parameter_gives_the_planned_rows_in_order(batch, planned):
    rows = planned(2, 0) + planned(1, parameter="others")
    batch({"models": QUERY, "others": {"from": "train"}}, models=rows)
    table = models(QUERY)
    assert list(table["identity"]) == [row["identity"] for row in rows[:2]]
    assert list(table["seed"]) == [2, 0]
    assert list(table["optimiser.rate"]) == [1e-3, 1e-3]
    assert set(table["notebook"]) == {"toy/train"}
    assert set(table["outcome"]) == {"trained"}


def test_another_query_chooses_among_the_planned(batch, planned):
    batch({"models": QUERY}, models=planned(2, 0))
    assert list(models({"seed": 0})["seed"]) == [0]
    assert list(models({"where": {"orbits": {">": 5}}})["seed"]) == [2, 0]


def test_what_was_not_planned_is_not_seen_though_it_exists(batch, planned, make):
    make.trained(1)
    batch({"models": QUERY}, models=planned(2, 0))
    with pytest.raises(CatalogueError, match="was given no model"):
        models({"seed": 1})


def test_models_that_could_not_be_trained_are_listed(batch, planned):
    absent = [{"identity": "x", "parameters": {"seed": 9}, "reason": "out of memory"}]
    batch({"models": QUERY}, models=planned(2), absent=absent)
    (told,) = models(QUERY).attrs["absent"]
    assert {name: told[name] for name in absent[0]} == absent[0]


def test_with_none_at_all_the_reason_is_told(batch):
    absent = [{"identity": "x", "parameters": {"seed": 9}, "reason": "out of memory"}]
    batch({"models": QUERY}, models=[], absent=absent)
    with pytest.raises(CatalogueError, match="Not trained: out of memory"):
        models(QUERY)


def test_the_best_parameters_lie_beside_the_planned_ones(batch, planned, make, project):
    (row,) = planned(2)
    folder = project.root / row["path"]
    make.model(folder.parents[1], row["identity"], row["parameters"], kind="best")
    batch({"models": QUERY}, models=[row])
    best = models({"kind": "best"}).iloc[0]
    assert best["path"].endswith(f"{row['identity']}.best.eqx")
    assert best["checksum"] != row["checksum"]


def test_a_batch_run_writes_no_database(batch, planned, project):
    batch({"models": QUERY}, models=planned(2, 0))
    models(QUERY)
    assert not (project.catalogue / "index.sqlite").exists()
