"""Shares of the variance against made data whose shares are known."""

import random
from typing import Any

import pytest

from fieldnotes.website.importance import importance, importance_table
from fieldnotes.website.rows import Row


def row(values: dict[str, Any], **scraps: Any) -> Row:
    case: Any = None  # importance looks at the values and the scraps alone
    return Row(case, values, scraps, "done", "")


def rows(law: Any, noise: float = 0.0, seeds: int = 5) -> list[Row]:
    chance = random.Random(0)
    return [
        row({"a": a, "b": b}, error=law(a, b) + noise * chance.gauss(0, 1))
        for a in range(3)
        for b in range(4)
        for _ in range(seeds)
    ]


def shares(found: Any) -> dict[tuple[str, ...], float]:
    return {effect.names: effect.share for effect in (*found.alone, *found.pairs)}


def test_the_only_cause_explains_everything():
    found = importance(rows(lambda a, b: 2.0 * a), "error", ["a", "b"])
    assert shares(found)["a",] == pytest.approx(1.0)
    assert shares(found)["b",] <= 0.0
    assert found is not None
    assert found.alone[0].names == ("a",)


def test_a_cause_that_only_the_pair_has_is_the_pair_s():
    found = importance(rows(lambda a, b: float((a % 2) ^ (b % 2)), 0.01), "error", "ab")
    told = shares(found)
    assert told["a", "b"] > 0.85
    assert abs(told["a",]) < 0.15 and abs(told["b",]) < 0.15


def test_shares_of_independent_causes_are_their_variances():
    # Var(a) = 2/3, Var(b) = 5/4, noise 1: of 2.917 in all
    found = importance(rows(lambda a, b: a + b, 1.0, seeds=200), "error", ["a", "b"])
    told = shares(found)
    assert told["a",] == pytest.approx(0.667 / 2.917, abs=0.04)
    assert told["b",] == pytest.approx(1.25 / 2.917, abs=0.04)
    assert ("a", "b") not in told


def test_chance_explains_nothing_however_many_values():
    chance = random.Random(1)
    table = [row({"a": n % 20}, error=chance.gauss(0, 1)) for n in range(60)]
    (effect,) = importance(table, "error", ["a"]).alone  # type: ignore[union-attr]
    assert effect.share is not None
    assert abs(effect.share) < 0.25  # SS_b / SS_t would be about 0.32


def test_where_each_value_stands_once_chance_cannot_be_told():
    table = [row({"a": n}, error=float(n)) for n in range(8)]
    found = importance(table, "error", ["a"])
    assert found is not None
    assert found.alone[0].share is None
    assert "not told" in importance_table(found, {})


def test_decades_are_looked_at_by_their_logarithm():
    found = importance(rows(lambda a, b: 10.0**a), "error", ["a", "b"])
    assert found is not None
    assert found.logarithm
    assert "of its logarithm" in importance_table(found, {})


def test_too_little_says_nothing():
    assert (
        importance([row({"a": n}, error=1.0) for n in range(9)], "error", "a") is None
    )
    assert importance(rows(lambda a, b: a)[:4], "error", ["a"]) is None
