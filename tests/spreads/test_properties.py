"""Laws that hold for any spread: refused or expanded, never a traceback."""

import json
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fieldnotes.project import Project
from fieldnotes.spreads import SpreadError, load_spreads, read_notebook

SHARED = settings(
    # The project is the same for all examples; only its one spread is rewritten.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,  # two cores are shared by many
    max_examples=150,
)

PARAMETERS = ["orbits", "seed", "note", "optimiser", "models", "weights.a", "lr"]
WORDS = ["x", "train", "notebook", "toy/train", "toy/analyse", "from", "where", "value"]
WORDS += ["range", "linspace", "logspace", "grid", "zip", "cases", "include", "limits"]
WORDS += ["title", "defaults", "stages", "fix", "vary", "needs", "together", "pages"]
WORDS += ["answer", "value", "text", "order", "over", "words"]
NAMES = st.sampled_from([*PARAMETERS, *WORDS]) | st.text(max_size=5)
NUMBERS = st.integers() | st.floats() | st.sampled_from([0, 1, 2, 1e308, 10**399])
SCALARS = st.none() | st.booleans() | NUMBERS | NAMES
ANY = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4)
    ),
    max_leaves=12,
)


def axes(values):
    return st.dictionaries(st.sampled_from(PARAMETERS) | NAMES, values, max_size=3)


def blocks(inner):
    block = st.sampled_from(["grid", "zip", "cases"])
    return st.dictionaries(block, axes(ANY | inner) | st.lists(inner, max_size=3))


STAGES = st.fixed_dictionaries(
    {"notebook": st.sampled_from(["toy/train", "toy/analyse"])},
    optional={
        "fix": axes(ANY),
        "vary": st.lists(st.recursive(axes(ANY), blocks, max_leaves=5), max_size=3),
        "together": st.lists(NAMES, max_size=2),
        "needs": NAMES | st.lists(NAMES, max_size=2),
        "limits": ANY,
        "answer": ANY,
        "pages": ANY,
        "partial": ANY,
        "title": ANY,
        "include": ANY,
        "defaults": ANY,
        "stages": ANY,
    },
)
FILES = ANY | STAGES | st.fixed_dictionaries({"stages": st.dictionaries(NAMES, STAGES)})


def as_yaml(value) -> str:
    """JSON is YAML, but for the names of the floats that JSON lacks."""
    if isinstance(value, dict):
        items = (f"{json.dumps(k)}: {as_yaml(v)}" for k, v in value.items())
        return "{" + ", ".join(items) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_yaml, value)) + "]"
    if isinstance(value, float) and not math.isfinite(value):
        return {"nan": ".nan", "inf": ".inf", "-inf": "-.inf"}[repr(value)]
    return json.dumps(value)


def load(project: Project, data: str | bytes):
    raw = data if isinstance(data, bytes) else data.encode()
    (project.params / "x.yml").write_bytes(raw)
    return load_spreads(project, ["x"])


def assert_expanded_or_refused(project, data):
    try:
        spreads = load(project, data)
    except SpreadError as error:
        assert str(error).endswith("Nothing was run.")
        assert error.problems
        str(error).encode()
    else:
        assert all(
            request.parameters.keys() == stage.notebook.parameters.keys()
            for spread in spreads
            for stage in spread.stages.values()
            for request in stage.requests
        )


@SHARED
@given(value=FILES)
def test_any_nested_data_is_expanded_or_refused(shared_project, value):
    assert_expanded_or_refused(shared_project, as_yaml(value))


@SHARED
@given(stage=STAGES)
def test_any_stage_is_expanded_or_refused(shared_project, stage):
    assert_expanded_or_refused(shared_project, as_yaml(stage))


@SHARED
@given(data=st.binary(max_size=60))
def test_any_bytes_are_refused(shared_project, data):
    assert_expanded_or_refused(shared_project, data)


@SHARED
@given(
    text=st.text(alphabet="notebk:/ry{}[]-fixvg\n 1,&*'\"|>#%.", max_size=60).map(
        "notebook: toy/train\n{}".format
    )
)
def test_any_text_is_expanded_or_refused(shared_project, text):
    assert_expanded_or_refused(shared_project, text)


@SHARED
@given(name=st.text(max_size=30) | NAMES)
def test_any_name_is_found_or_refused(shared_project, name):
    with pytest.raises(SpreadError):
        load_spreads(shared_project, [f"{name}!"])
    with pytest.raises(SpreadError):
        read_notebook(shared_project, f"{name}!")


TYPED = {
    "orbits": st.integers(1, 10**300),
    "learning_rate": st.floats(0, 1, exclude_min=True),
    "output_layer": st.sampled_from(["signed", "unit", "exp"]),
    "seed": st.lists(st.integers(0, 2**64)),
    "note": st.text(),
    "label": st.none() | st.text(),
    "widths": st.lists(st.integers()).map(tuple),
    "noisy": st.booleans(),
    "weights": st.dictionaries(st.sampled_from("abc"), st.floats(allow_nan=False)),
}


@SHARED
@given(values=st.fixed_dictionaries({}, optional=TYPED))
def test_values_of_the_right_type_come_back_unchanged(shared_project, values):
    plain = {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}
    (spread,) = load(shared_project, f"notebook: toy/train\nfix: {as_yaml(plain)}")
    (request,) = spread.stages["train"].requests
    for name, value in values.items():
        assert repr(request.parameters[name]) == repr(value)


SWEPT = {
    "orbits": list(range(1, 5)),
    "note": ["a", "b", "c", "d"],
    "learning_rate": [0.1, 0.2, 0.3, 0.4],
    "noisy": [True, False],
    "seed": [0, 1, 2, 3],
    "optimiser.name": ["adam", "sgd", "lion"],
    "weights.a": [1.0, 2.0],
}


@st.composite
def trees(draw, names, depth=2):
    """A block over some of the names with distinct values, and its number of cases."""
    kind = draw(st.sampled_from(["grid", "zip"]))
    names = list(names)
    size = draw(st.integers(1, 4))
    parts, counts = [], []
    while names and len(parts) < 3:
        if depth and draw(st.booleans()):
            cut = draw(st.integers(1, len(names)))
            mine, names = names[:cut], names[cut:]
            block, count = draw(trees(mine, depth - 1))
            parts.append(block)
        else:
            name = names.pop(0)
            count = min(len(SWEPT[name]), size) if kind == "zip" else 4
            values = SWEPT[name][:count]
            count = len(values)
            parts.append({"grid": {name: values}})
        counts.append(count)
    if kind == "zip" and any(count not in (1, max(counts)) for count in counts):
        kind = "grid"
    total = max(counts) if kind == "zip" else math.prod(counts)
    return {kind: parts}, total


@SHARED
@given(data=st.data())
def test_a_product_multiplies_and_a_zip_keeps_its_length(shared_project, data):
    names = data.draw(st.permutations(list(SWEPT)))
    cut = data.draw(st.integers(1, len(names) - 1))
    first, m = data.draw(trees(names[:cut]))
    second, n = data.draw(trees(names[cut:]))
    vary = as_yaml([first, second])
    if m * n > 3000:
        return
    (spread,) = load(shared_project, f"notebook: toy/train\nvary: {vary}")
    requests = spread.stages["train"].requests
    assert len(requests) == m * n
    assert len({repr(request.parameters) for request in requests}) == m * n
    assert len({repr(request.varied) for request in requests}) == m * n
