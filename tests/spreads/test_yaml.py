"""YAML is read the way people expect it, and faults are told with line and column."""

import json
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from fieldnotes.spreads.problems import Place
from fieldnotes.spreads.yaml import plain, read_yaml


def read(text):
    place = Place("params/x.yml")
    data = text if isinstance(text, bytes) else text.encode()
    node = read_yaml(data, place)
    assert not place.problems, place.problems
    assert node is not None
    return plain(node)


def fault(text):
    place = Place("params/x.yml")
    read_yaml(text if isinstance(text, bytes) else text.encode(), place)
    (problem,) = place.problems
    return problem


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1E3", 1000.0),
        ("+.5", 0.5),
        ("-1.", -1.0),
        ("017", 17),
        ("0o17", 15),
        ("0x1F", 31),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        *[(word, word) for word in ("on", "off", "yes", "no", "Yes", "NO", "y", "n")],
        *[(word, word) for word in ("2026-01-01", "1:20", "1_000", "nan", "tRUE", "=")],
        ("'1'", "1"),
        ('"true"', "true"),
        ("!!str 12", "12"),
        ("!!float 3", 3.0),
    ],
)
def test_a_word_means_what_yaml_1_2_says(text, value):
    result = read(f"a: {text}")["a"]
    assert result == value
    assert type(result) is type(value)


def test_nan_is_a_number():
    assert math.isnan(read("a: .nan")["a"])


def test_anchors_aliases_and_merges_are_followed():
    text = "a: &x {q: 1, r: 2}\nb: *x\nc: {<<: *x, q: 3}\nd: {q: 4, <<: [*x, {s: 5}]}"
    value = read(text)
    assert value["b"] == {"q": 1, "r": 2}
    assert value["c"] == {"q": 3, "r": 2}
    assert value["d"] == {"q": 4, "r": 2, "s": 5}


@pytest.mark.filterwarnings("error")
def test_an_anchor_that_is_used_again_means_the_last():
    assert read("a: &x 1\nb: &x 2\nc: *x")["c"] == 2


def test_an_emoji_written_as_json_writes_it_is_one_character():
    assert read(r'a: "\ud83d\ude42"')["a"] == "🙂"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: [1, 2\nc: 3\n", "line 3, column 2"),
        ("a:\n\tb: 1\n", "line 2, column 1.*Indent with spaces"),
        ("a: b: c\n", "line 1, column 5"),
        ("a: 'b\n", "line 2, column 1"),
        ("x\ta: \x07\n", "line 1, column 6: the character"),
        (b"a: 1\nb: \xff\n", "line 2 is not UTF-8"),
        ("a: 1\n\na: 2\n", "line 3, column 1.*`a`.*line 1"),
        ("a: {b: 1, b: 2}", "line 1, column 11.*`b`"),
        ("1: 2", "line 1, column 1: keys are text; got `1`"),
        ("a: {true: 2}", "keys are text; got `True`"),
        ("[1, 2]: 3", "keys are text; got a list"),
        ("a: *b", "nothing is called &b"),
        ("a: &b [*b]", "nothing is called &b"),
        ("a: 1\n---\nb: 2\n", "line 2, column 1: a second document"),
        ("", "the file is empty"),
        ("# only a comment\n", "the file is empty"),
        ("a: !!python/object:os.system x", "the tag python/object"),
        ("a: !mine {b: 1}", "the tag !mine"),
        ("a: !!int x", "tag int"),
        (r'a: "\ud800"', "half a character"),
        (r'a: "\UFFFFFFFF"', "cannot be read as YAML"),
        ("a: " + "9" * 5000, "a number of 5000 digits"),
        ("a: 0x" + "f" * 5000, "a number of 5002 digits"),
        ("[" * 1000, "nested too deeply"),
        ("a: {<<: 3}", "<< takes a mapping"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(text, said):
    problem = fault(text)
    assert problem.startswith("params/x.yml: ")
    assert re.search(said, problem), problem


def test_a_file_that_multiplies_itself_is_refused():
    rows = ["a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    for old, new in zip("abcdefgh", "bcdefghi", strict=True):
        rows.append(f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]")
    assert "values" in fault("\n".join(rows))


# YAML takes keys of at most 1024 characters, escapes included.
KEYS = st.text(max_size=20)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | FLOATS | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner),
    max_leaves=10,
)


@given(st.dictionaries(KEYS, VALUES, min_size=1))
def test_json_is_yaml_and_comes_back_unchanged(value):
    assert read(json.dumps(value)) == value


@given(st.binary() | st.text().map(str.encode))
def test_random_bytes_are_a_value_or_a_told_fault(data):
    place = Place("params/x.yml")
    node = read_yaml(data, place)
    assert (node is None) <= bool(place.problems)


@given(st.text(alphabet="ab:{}[]&*<>-!|'\"%#? \n\t1.,~@`\\", max_size=40))
def test_random_syntax_is_a_value_or_a_told_fault(text):
    place = Place("params/x.yml")
    node = read_yaml(text.encode(), place)
    assert (node is None) <= bool(place.problems)


def test_line_and_column_of_a_value_are_those_of_the_parser():
    text = "a:\n  - 1\n  - b: [x, {c: 2}]\n"
    node = read_yaml(text.encode(), Place("x"))
    assert node is not None
    inner = node.value["a"].value[1].value["b"].value[1]
    theirs = YAML(typ="rt", pure=True).load(text)["a"][1]["b"][1].lc
    assert (inner.line, inner.column) == (theirs.line + 1, theirs.col + 1)
