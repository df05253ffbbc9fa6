"""Whatever a parameter holds, YAML, HTML and scripts come out whole."""

import io
import json
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from fieldnotes.website import text

ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | ANY,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY, inner, max_size=3),
    max_leaves=8,
)


class Reader(HTMLParser):
    """The text of a document that must not hold a single tag."""

    def __init__(self, **options: bool):
        super().__init__(**options)
        self.seen: list[str] = []

    def handle_data(self, data: str) -> None:
        self.seen.append(data)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        pytest.fail(f"a tag: {tag}")


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(ANY, VALUES, max_size=4))
def test_front_matter_reads_back_as_it_was(fields):
    block = text.front_matter(fields)
    assert block.startswith("---\n") and block.endswith("\n---\n")
    yaml = YAML(typ="safe").load(io.StringIO(block[4:-4]))
    assert (yaml or {}) == fields


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_json_in_a_script_holds_no_tag_and_reads_back(value):
    made = text.script_json(value)
    assert "<" not in made
    assert json.loads(made) == text.finite(value)


@given(ANY)
def test_escaped_text_reads_back_and_opens_no_tag(given_text):
    reader = Reader(convert_charrefs=True)
    reader.feed(text.escape(given_text))
    reader.close()
    assert "".join(reader.seen) == given_text


@given(ANY)
def test_a_raw_block_ends_where_its_own_fence_says(given_text):
    lines = text.raw_html(f"```\n{given_text}\n````").split("\n")
    fence = lines[0].removesuffix("{=html}")
    assert set(fence) == {"`"} and fence not in "\n".join(lines[1:-2])


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("index.qmd", "results/spreads/a.qmd", "results/spreads/a.html"),
        ("results/spreads/a.qmd", "results/b/runs/c.ipynb", "../b/runs/c.html"),
        ("results/b/runs/c.ipynb", "results/b/runs/d.ipynb", "d.html"),
        ("pages/b.qmd", "index.qmd", "../index.html"),
    ],
)
def test_links_lead_from_page_to_page(source, target, expected):
    assert text.link(source, target) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([0, 1, 2, 3], "0…3"),
        ([0, 2, 4], "[0, 2, 4]"),
        (1e-3, "0.001"),
        (True, "True"),
        ("two words", '"two words"'),
        (float("nan"), "NaN"),
        ({"from": "train"}, "{from: train}"),
    ],
)
def test_values_are_shown_on_one_line(value, expected):
    assert text.shown(value) == expected


def test_small_numbers_are_numbers_to_every_reader_of_yaml():
    # YAML 1.1, which many readers still follow, takes 1e-05 for a word.
    assert "x: 1.0e-05\n" in text.front_matter({"x": 1e-5})


def test_the_median_is_of_the_finite_values():
    assert text.median([3.0, float("nan"), 1.0, float("inf"), 2.0]) == 2.0
    assert text.median([float("nan")]) is None
