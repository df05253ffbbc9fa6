"""Chosen columns, recorded values among them; values that nothing has."""

import pytest

from fieldnotes.catalogue import CatalogueError


@pytest.fixture
def measured(make, catalogue):
    """Two trainings with an error each, and one run of two members."""
    for seed, error in [(0, 2.0), (1, 0.5)]:
        folder = make.trained(seed)
        make.scraps(folder, {"name": "error_100", "value": error, "unit": "%"})
    folder = make.run("cccc000011112222", {"seed": [2, 3]})
    for seed in (2, 3):
        make.model(folder, f"model{seed}", {"seed": seed})
    make.scraps(
        folder,
        *(
            {"name": "error_100", "value": e, "unit": "%", "member": {"seed": s}}
            for s, e in [(2, 7.0), (3, 9.0)]
        ),
    )
    return catalogue


def test_recorded_values_are_columns_and_give_the_order(measured):
    table = measured.pick(measured.runs(), ["error_100"], "error_100")
    assert list(table["error_100"]) == [0.5, 2.0, [7.0, 9.0]]
    assert list(table.columns) == ["key", "notebook", "state", "error_100"]
    down = measured.pick(measured.runs(), ["seed"], "-error_100")
    assert list(down["error_100"])[:2] == [2.0, 0.5]


def test_a_model_has_the_value_of_its_own_member(measured):
    table = measured.pick(measured.models(), ["seed", "error_100"], "-error_100")
    assert list(zip(table["seed"], table["error_100"], strict=True)) == [
        *((3, 9.0), (2, 7.0), (0, 2.0), (1, 0.5))
    ]


def test_a_column_that_nothing_has_is_told_with_the_nearest(measured):
    with pytest.raises(CatalogueError, match="Did you mean `error_100`"):
        measured.pick(measured.runs(), ["eror_100"])


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ({"state": "dne"}, "Did you mean `done`"),
        ({"notebook": "train"}, "Did you mean `toy/train`"),
        ({"seed": 77}, "There are: 0, 1"),
        ({"seed": {"in": [0, 55]}}, "nothing in the catalogue has seed = 55"),
    ],
)
def test_a_value_that_nothing_has_is_told_with_the_nearest(measured, where, told):
    with pytest.raises(CatalogueError, match=told):
        measured.refuse_values("runs", where)


@pytest.mark.parametrize("where", [{"state": "diverged"}, {"error_100": {">": 99}}])
def test_a_value_that_is_possible_is_no_mistake(measured, where):
    assert len(measured.runs(where)) == 0
    measured.refuse_values("runs", where)
