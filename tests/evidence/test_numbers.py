"""Numbers and tables as they are written."""

import math

import pytest

from studies.evidence import Summary, markdown, number


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.123456, "0.123"),
        (12.0, "12"),
        (1234.0, "1,234"),
        (1234.5, "1.23e+03"),
        (2.0, "2"),
        (math.nan, "–"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
        (1e9, "∞"),
    ],
)
def test_a_number_is_written_in_three_digits(value, text):
    assert number(value) == text


def test_a_summary_is_median_range_and_number():
    found = Summary.of([3.0, math.nan, 1.0, 2.0, 9.0])
    assert found == (2.5, 1.0, 9.0, 4)
    assert str(found) == "2.5 (1 to 9) of 4"
    assert found.text("m/s") == "2.5 m/s (1 to 9) of 4"
    assert found.text("%", count=False) == "2.5 % (1 to 9)"


def test_a_summary_of_one_has_no_range_and_that_of_none_no_number():
    assert str(Summary.of([0.25])) == "0.25"
    empty = Summary.of([math.nan])
    assert empty.n == 0
    assert empty.text("%") == "–"


def test_a_diverged_model_is_not_averaged_away():
    found = Summary.of([1.0, math.inf, math.inf])
    assert found.median == math.inf
    assert str(found) == "∞ (1 to ∞) of 3"
    assert Summary.of([math.inf, math.inf]).median == math.inf


def test_a_value_is_within_a_range_that_includes_its_ends():
    found = Summary.of([1.0, 2.0])
    assert 1.0 in found
    assert 2.0 in found
    assert 2.1 not in found
    assert 1.0 not in Summary.of([])


def test_a_table_keeps_its_columns_whatever_a_cell_says():
    text = markdown(["name", "value"], [["a|b", 0.5], ["c\nd", None]])
    assert text.splitlines() == [
        "| name | value |",
        "| --- | ---: |",
        "| a\\|b | 0.5 |",
        "| c d | – |",
    ]


def test_a_row_of_another_length_is_refused():
    with pytest.raises(ValueError, match="A row has 1 cells for 2 headings"):
        markdown(["name", "value"], [["a"]])
