"""Conditions as people write them, in text and in mappings, and the order of a list."""

from pathlib import Path

import pytest

from fieldnotes.catalogue import CatalogueError
from fieldnotes.query import EACH, Condition, Query
from fieldnotes.runner.errors import RunnerError
from fieldnotes.runner.queries import Model, choose


@pytest.mark.parametrize(
    ("text", "name", "operator", "value"),
    [
        ("orbits=10", "orbits", "=", 10),
        ("orbits == 10", "orbits", "=", 10),
        ("error_100<1", "error_100", "<", 1),
        ("orbits>=10", "orbits", ">=", 10),
        ("family != complex", "family", "!=", "complex"),
        ("seed in [0, 1]", "seed", "in", [0, 1]),
        ("seed=[0, 1]", "seed", EACH, [0, 1]),
        ("hidden==[64, 64]", "hidden", "=", [64, 64]),
        ("layer not in [a, b]", "layer", "not in", ["a", "b"]),
        ("notebook=orbit/2-train.py", "notebook", "=", "orbit/train"),
        ("spread=params/tour.yml", "spread", "=", "tour"),
        ("optimiser.rate<=1e-3", "optimiser.rate", "<=", 1e-3),
        ("word contains 12", "word", "contains", "12"),
        ("key=12e45678", "key", "=", "12e45678"),
        ("started>=2030-01-02", "started", ">=", "2030-01-02"),
        ("layer=no", "layer", "=", "no"),
        ("shift=-1", "shift", "=", -1),
        ("end error=3", "end error", "=", 3),
    ],
)
def test_conditions_are_read_as_people_write_them(text, name, operator, value):
    assert Query.written([text]).conditions == (Condition(name, operator, value),)


def test_two_conditions_on_one_name_both_hold():
    between = Query.written(["n>=1", "n<3"])
    assert [n for n in range(5) if between.holds({"n": n})] == [1, 2]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("orbits", "for example orbits=10"),
        ("=3", "for example orbits=10"),
        ("n=[1, 2", r"A list is written \[0, 1\]"),
        ("n >", "wants a number or text"),
        ("n=>1", "'=>' is no operator. Allowed: =, !=, <, <="),
        ("n in 1", "wants a list"),
        ("n<.nan", "wants a number or text"),
    ],
)
def test_what_is_no_condition_is_refused_with_what_to_write(text, said):
    with pytest.raises(CatalogueError, match=said):
        Query.written([text])


def offered(count: int) -> list[Model]:
    return [
        Model(str(n), Path("m"), f"run{n}", "toy/train", "s", "t", {"n": n})
        for n in range(count)
    ]


def test_a_list_asks_for_each_of_its_values_and_gives_them_in_its_order():
    chosen = choose(offered(3), {"n": [2, 0, 2]}, "here")
    assert [model.identity for model in chosen] == ["2", "0"]
    with pytest.raises(RunnerError, match="here: no model with n = 7"):
        choose(offered(3), {"n": [0, 7]}, "here")
    with pytest.raises(RunnerError, match="no model with n > 7"):
        choose(offered(3), {"n": {">": 7}}, "here")


def test_every_combination_of_two_lists_is_asked_for():
    rows = [({}, {"a": 1, "b": 1}), ({}, {"a": 2, "b": 2})]
    missing = Query.of({"a": [1, 2], "b": [1, 2]}).missing(rows)
    assert list(map(str, missing)) == ["a = 1, b = 2", "a = 2, b = 1"]


def test_a_key_is_given_by_its_start_and_a_parameter_of_that_name_is_not():
    assert len(choose(offered(3), {"run": "run1"}, "here")) == 1
    assert len(choose(offered(3), {"run": "run"}, "here")) == 3
    assert not Query.of({"run": "run"}).holds({"run": "run1"})


def test_kind_and_outcome_are_settled_when_the_model_is_there():
    (best, _) = choose(offered(2), {"kind": "best", "outcome": ["trained"]}, "here")
    assert best.name == "0.best"
    assert best.outcome.holds({}, {"outcome": "trained"})
    assert not best.outcome.holds({}, {"outcome": "diverged"})
