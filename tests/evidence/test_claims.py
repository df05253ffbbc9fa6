"""Claims, verdicts and the comparison of two groups."""

import doctest
import math
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lent import Lent
from studies import evidence
from studies.evidence import (
    Claims,
    Group,
    Source,
    Verdict,
    chance_of_no_difference,
    probability_of_superiority,
    read,
    verdict,
)

NOTES = Source("notes", "notes of January")


def models(*errors: float) -> Group:
    return Group(pd.DataFrame({"error": list(errors)}))


def judged(holds, given=(), **told: Any) -> Claims:
    claims = Claims(NOTES)
    told = {"reference": "4 %", "ours": "3 %", **told}
    claims.test("helps", "It helps.", holds=holds, models=given, **told)
    return claims


def test_the_example_of_the_room_is_true():
    found = doctest.testmod(evidence)
    assert found.attempted > 8
    assert found.failed == 0


@pytest.mark.parametrize(
    ("holds", "word"),
    [
        ([True, True], "as in the source"),
        ([True, False], "in part"),
        ([False, False], "differs"),
        ([np.bool_(True)], "as in the source"),
    ],
)
def test_the_word_for_a_claim_is_that_of_its_parts(holds, word):
    assert str(verdict(holds)) == word
    (claim,) = judged(holds)
    assert claim.verdict == word


def test_a_claim_without_its_models_is_not_tested_whatever_holds():
    claims = judged([True], given=[models(1.0), models()])
    (claim,) = claims
    assert claim.verdict is Verdict.NOT_TESTED
    assert claim.ours == "–"
    assert "- It helps. No such model was trained." in claims.table()
    assert claims.sentence() == "No model was trained that could test a claim."


def test_a_claim_of_whose_models_no_number_is_known_is_not_tested():
    (claim,) = judged([False], given=[models(math.nan)], ours="– against –")
    assert claim.verdict is Verdict.NOT_TESTED
    assert claim.reason == "no number is known of its models"


def test_a_target_is_reached_or_missed():
    claims, told = Claims(), {"reference": "at most 1", "ours": "2"}
    claims.target("all", "Everything.", holds=[True, True], **told)
    claims.target("half", "Half of it.", holds=[True, False], **told)
    claims.target("untold", "More.", holds=[True], models=[models()], **told)
    words = [str(claim.verdict) for claim in claims]
    assert words == ["reached", "missed", "not tested"]
    assert claims.sentence() == "1 of 2 targets are reached. Half of it: missed."


def test_a_claim_that_cannot_be_tested_says_why():
    claims = Claims(NOTES)
    claims.leave("speed", "It is fast.", reference="14 1/s", reason="another machine")
    assert claims.table() == "\nNot tested:\n\n- It is fast. Another machine."


def test_a_claim_needs_a_name_of_its_own_and_a_test():
    claims = judged(True)
    again: dict[str, Any] = {"reference": "", "ours": "", "holds": True}
    with pytest.raises(ValueError, match="'helps' is taken"):
        claims.test("helps", "Again.", **again)
    with pytest.raises(ValueError, match="'ours: 10' is no identifier"):
        claims.test("ours: 10", "Again.", **again)
    with pytest.raises(ValueError, match="'other' has no test"):
        claims.test("other", "Again.", reference="", ours="", holds=[])


def test_a_table_gives_claim_reference_ours_and_verdict_and_cites():
    claims = judged([False], reason="the other way round")
    assert claims.table().splitlines() == [
        "| claim | reported | here | verdict |",
        "| --- | --- | --- | --- |",
        "| It helps. | 4 % | 3 % | differs: the other way round |",
        "",
        "Source: [notes of January](/pages/references.qmd#notes).",
    ]
    assert claims.sentence() == (
        "0 of 1 claims hold as in the source. It helps: differs: the other way round."
    )


def test_claims_are_read_again_as_they_were_recorded():
    catalogue, claims = Lent(), judged([True, False])
    claims.record(catalogue)
    assert catalogue.scraps["claim_helps", ()] == ("in part", "-", "It helps.")
    again = read([catalogue.scraps["claims", ()][0]])
    assert list(again) == list(claims)
    assert again.table() == claims.table()


def test_the_share_of_pairs_counts_ties_half():
    first, other = models(1.0, 2.0), models(2.0, 3.0)
    assert probability_of_superiority(first, other, "error") == 3.5 / 4
    assert probability_of_superiority(other, first, "error") == 0.5 / 4
    assert math.isnan(probability_of_superiority(first, models(), "error"))


def test_a_diverged_model_is_the_largest_of_all():
    first, other = models(1.0, math.nan), models(2.0, math.inf)
    assert probability_of_superiority(first, other, "error") == 2.5 / 4


def test_how_likely_the_pairs_are_without_a_difference_is_counted_exactly():
    first, other = [1.0, 2.0, 3.5], [3.0, 4.0, 5.0, 6.0]
    together = first + other

    def wins(a, b):
        return sum(x < y for x in a for y in b)

    found, middle = wins(first, other), len(first) * len(other) / 2
    splits = [
        (a, [x for x in together if x not in a])
        for a in combinations(together, len(first))
    ]
    as_far = [abs(wins(*own) - middle) >= abs(found - middle) for own in splits]
    given = models(*first), models(*other)
    assert chance_of_no_difference(*given, "error") == pytest.approx(np.mean(as_far))
    assert math.isnan(chance_of_no_difference(given[0], models(), "error"))
