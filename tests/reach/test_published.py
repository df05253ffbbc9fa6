"""Published numbers with a context: each finds its models, and no others."""

import pandas as pd
import pytest

from studies.reach import metrics, published

STD, CONTEXT = "field_std", "context"


def means(**columns):
    """Two replicates of std 1.5 at three contexts in the curl field of the poster."""
    rows = [
        {STD: 1.5, "seed": seed, "amplitude": published.CURL, CONTEXT: context}
        | {published.DISTANCE: 20.0 + seed - 4 * context, published.NET: 2.0}
        for seed in (0, 1)
        for context in (-3.0, 0.0, 1.0)
    ]
    return pd.DataFrame(rows).assign(**columns)


def test_numbers_stand_beside_the_models_of_the_same_std_field_and_context():
    pairs = published.beside(means(), published.in_field("curl", "pai-asf"))
    found = {(p.reference.name, p.reference.where[CONTEXT]): p for p in pairs}
    assert set(found) == {
        ("distance_by_context", -3.0),
        ("distance_by_context", 0.0),
        ("force_by_context", -3.0),
    }
    pair = found["distance_by_context", -3.0]
    assert pair.reference.value == 52
    assert (pair.ours.lowest, pair.ours.highest, pair.ours.n) == (32.0, 33.0, 2)
    assert not published.beside(means(amplitude=2.0), published.IN_CURL)


def test_a_method_has_only_its_numbers():
    assert published.in_field("curl", "dai") == []
    idle = published.in_field("constant", "dai")
    assert {one.where[STD] for one in idle} == {0.0}
    assert {one.where["amplitude"] for one in idle} == {published.FORCE}
    sums = [
        x for x in published.in_field("constant", "pai-asf") if "sum_o" in x.measure
    ]
    assert [x.value for x in sums] == pytest.approx([0.675, 0.55, 0.3, 0.115, -0.035])


@pytest.mark.parametrize("method", ["bcs", "dai", "pai-asf", "pai-n"])
@pytest.mark.parametrize("field", ["curl", "constant"])
def test_every_measure_is_one_that_notebooks_take(field, method):
    for one in published.in_field(field, method):
        assert one.measure in metrics.MEASURES
        assert one.name.isidentifier()


def test_the_ratio_of_the_acceptance_test_is_that_of_the_published_forces():
    at = {
        (one.where[STD], one.where["size"], one.where[CONTEXT]): one.value
        for one in published.IMPULSES
    }
    assert at[1.5, 1.2, 3.0] / at[0.0, 1.2, 3.0] == pytest.approx(2.1, abs=0.06)
    assert len(at) == len(published.IMPULSES) == 12


def test_a_table_says_which_numbers_are_near():
    pairs = published.beside(means(), published.IN_CURL)
    text = published.as_table(pairs, [True, False, True])
    assert text.count("✓") == 2 and text.count("✗") == 1
    assert "32.5 (32 to 33) of 2" in text
