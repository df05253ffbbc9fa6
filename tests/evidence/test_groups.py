"""Settings and replicates: which models belong together, and what they are called."""

import math

import pandas as pd
import pytest

from lent import Lent
from studies.evidence import Survey, groups, named, names, survey, table_of, where


def table(**columns) -> pd.DataFrame:
    return pd.DataFrame(columns)


def test_models_are_chosen_by_their_hyperparameters():
    models = table(tu=[1, 5, 20], zero_init=[True, False, True], steps=[[3], [], [4]])
    assert where(models, tu=(1, 20)).table["tu"].tolist() == [1, 20]
    assert where(models, zero_init=True, tu=5).table.empty
    assert where(models, steps=[]).table["tu"].tolist() == [5]
    assert where(models, steps=([3], [4])).table["tu"].tolist() == [1, 20]
    assert len(where(models, absent=None)) == 3
    assert len(where(models, absent=0)) == 0


@pytest.mark.parametrize(
    ("value", "wanted", "chosen"),
    [
        (True, True, True),
        (1.0, True, True),
        (1, True, False),
        (True, 1, False),
        ([3], 3, True),
        ([3, 4], 3, False),
        (math.nan, None, True),
        (0, None, False),
        ("relu", True, False),
    ],
)
def test_a_value_is_compared_as_what_it_is(value, wanted, chosen):
    models = pd.DataFrame({"x": pd.Series([value], dtype=object)})
    assert bool(len(where(models, x=wanted))) is chosen


def test_nothing_is_raised_where_no_model_is():
    nothing = where(table(tu=[1], error=[2.0]), tu=5)
    assert not nothing
    assert math.isnan(nothing.median("error"))
    assert math.isnan(nothing.share("error"))
    assert not nothing.median("error") < 1
    assert nothing.text("unknown") == "–"


def test_a_share_counts_what_says_yes():
    models = where(table(stable=[1.0, 0.0, 1.0, 1.0]))
    assert models.share("stable") == 0.75


def test_groups_keep_the_order_of_the_table():
    found = groups(table(group=["b", "a", "b"], error=[1.0, 2.0, 3.0]))
    assert list(found) == ["b", "a"]
    assert found["b"].median("error") == 2.0
    assert table_of(found, {"error": "error [%]", "none": "none"}).splitlines() == [
        "| setting | error [%] | models |",
        "| --- | ---: | ---: |",
        "| b | 2 (1 to 3) | 2 |",
        "| a | 2 | 1 |",
    ]


def row(**values):
    usual = {"tu": 20, "ems": 1, "zero_init": True, "activation": "tanh", "seed": 0}
    return usual | values


def test_a_hyperparameter_that_splits_nothing_is_not_said():
    rows = [row(tu=5, ems=3), row(tu=20, ems=1), row(tu=5, ems=3, seed=1)]
    own = names(rows, ["tu", "ems", "seed"])
    assert [own.group(x) for x in rows] == ["tu 5", "tu 20", "tu 5"]
    assert own.model(rows[2]) == "tu 5, seed 1"


def test_names_begin_with_what_comes_first():
    rows = [row(), row(activation="relu", ems=2)]
    own = names(rows, ["ems", "activation"], first=["activation"])
    assert [own.group(x) for x in rows] == ["tanh", "relu"]


def test_many_things_that_vary_leave_what_is_not_usual():
    rows = [row(), row(tu=5), row(ems=2), row(zero_init=False), row(activation="relu")]
    own = names(rows, ["tu", "ems", "zero_init", "activation"])
    assert [own.group(x) for x in rows] == [
        "the usual setting",
        "tu 5",
        "ems 2",
        "no zero init",
        "relu",
    ]
    assert own.usual_values() == (
        "Where a name does not say otherwise: tu 20, ems 1, zero init, tanh."
    )


def test_few_things_that_vary_are_said_whole():
    rows = [row(), row(tu=5), row(ems=2)]
    own = names(rows, ["tu", "ems"])
    assert [own.group(x) for x in rows] == [
        "tu 20, ems 1",
        "tu 5, ems 1",
        "tu 20, ems 2",
    ]
    assert own.usual_values() == ""


def test_models_that_differ_in_nothing_are_the_setting():
    own = names([row()], [])
    assert own.group(row()) == "the setting"


def lent() -> Lent:
    """A catalogue of two settings with two seeds each."""
    return Lent({"tu": [1, 1, 5, 5], "seed": [0, 1, 0, 1]})


def test_a_survey_groups_what_a_query_finds():
    catalogue = lent()
    models = survey(catalogue, {"where": {"study": "x"}})
    assert catalogue.asked == [{"where": {"study": "x"}}]
    assert isinstance(models, Survey)
    assert {name: len(own) for name, own in models.groups.items()} == {
        "tu 1": 2,
        "tu 5": 2,
    }
    assert models.table["model"].tolist()[:2] == ["tu 1, seed 0", "tu 1, seed 1"]


def test_what_is_kept_no_longer_varies():
    models = survey(lent(), {}, keep=lambda row: row["tu"] == 5)
    assert models.varied == ("seed",)
    assert list(models.groups) == ["the setting"]
    with pytest.raises(ValueError, match="None of the 4 models"):
        survey(lent(), {}, keep=lambda row: False)


def test_what_was_measured_stands_beside_each_model():
    catalogue = lent()
    told = []
    values = iter([1.0, math.inf, 3.0, 4.0])
    models = survey(catalogue, {}).measured(
        lambda row: {"error": next(values)}, told.append
    )
    assert told == [1, 2, 3, 4]
    member, row = next(iter(models.members()))
    assert member == {"tu": 1, "seed": 0}
    assert row["error"] == 1.0
    assert models.where(tu=5).median("error") == 3.5


def test_a_survey_of_no_varying_hyperparameter_is_one_setting():
    models = named(table(tu=[1, 1]), [])
    assert list(models.groups) == ["the setting"]
