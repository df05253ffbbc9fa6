"""One query: the same rows by hand, in SQL, in a spread and on the command line."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fieldnotes.catalogue import CatalogueError, brief, varying
from fieldnotes.files import to_json
from fieldnotes.query import EACH, Condition, from_words, parse
from fieldnotes.runner.queries import Model, choose

NUMBERS = st.integers(-3, 3) | st.sampled_from([0.5, 1.0, 1e-3, -2.5])
WORDS = st.sampled_from(["a", "b", "ab", "zwölf", "1", "true", "on"])
VALUES = NUMBERS | WORDS | st.booleans() | st.lists(NUMBERS, min_size=1, max_size=2)
OPERATORS = st.sampled_from(["=", "!=", "<", "<=", ">", ">=", "contains"])


@st.composite
def conditions(draw: Any) -> dict[str, Any]:
    operator = draw(OPERATORS)
    if operator in ("<", "<=", ">", ">="):
        return {operator: draw(NUMBERS | WORDS)}
    return {operator: draw(WORDS if operator == "contains" else VALUES)}


def by_spread(rows: list[Any], where: dict[str, Any]) -> list[int]:
    """What a batch run with this `where` would be given."""
    models = [
        Model(str(place), Path("m"), "run", "toy/train", "s", "t", {"n": value})
        for place, value in enumerate(rows)
    ]
    try:
        return [int(model.identity) for model in choose(models, where, "here")]
    except Exception as error:  # a condition that nothing meets is refused there
        assert "no model with" in str(error)
        return []


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rows=st.lists(VALUES, min_size=1, max_size=6), condition=conditions())
def test_four_ways_of_asking_find_the_same_rows(
    rows: list[Any], condition: dict[str, Any], catalogue_of: Any
):
    where = {"n": condition}
    (operator, value), *_ = condition.items()
    single = parse(where)[0]
    by_hand = [k for k, row in enumerate(rows) if single.holds({"n": row})]
    found = catalogue_of(rows).runs(where) if rows else None
    in_sql = sorted(int(title) for title in found["title"]) if found is not None else []
    spoken = f"n {operator} {to_json(value)}"
    words = parse(from_words([spoken]))
    typed = [k for k, r in enumerate(rows) if all(c.holds({"n": r}) for c in words)]
    assert in_sql == by_hand
    assert by_spread(rows, where) == by_hand
    if not (operator == "=" and isinstance(value, list)):  # typed lists mean any of
        assert typed == by_hand


@pytest.mark.parametrize(
    ("text", "name", "operator", "value"),
    [
        ("orbits=10", "orbits", "=", 10),
        ("orbits == 10", "orbits", "=", 10),
        ("error_100<1", "error_100", "<", 1),
        ("orbits>=10", "orbits", ">=", 10),
        ("family != complex", "family", "!=", "complex"),
        ("seed in [0, 1]", "seed", "in", [0, 1]),
        ("seed=[0, 1]", "seed", "in", [0, 1]),
        ("layer not in [a, b]", "layer", "not in", ["a", "b"]),
        ("notebook=orbit/train", "notebook", "=", "orbit/train"),
        ("optimiser.rate<=1e-3", "optimiser.rate", "<=", 1e-3),
        ("word contains ab", "word", "contains", "ab"),
    ],
)
def test_conditions_are_read_as_people_write_them(text, name, operator, value):
    assert parse(from_words([text])) == [Condition(name, operator, value)]


def test_two_conditions_on_one_name_both_hold():
    between = parse(from_words(["n>=1", "n<3"]))
    assert [c.operator for c in between] == [">=", "<"]


@pytest.mark.parametrize("text", ["orbits", "=3", "n=[1, 2", "n >"])
def test_what_is_no_condition_is_refused_with_an_example(text):
    if text == "n >":  # an empty value is YAML's null, which has no order
        with pytest.raises(CatalogueError, match="wants a number or text"):
            parse(from_words([text]))
        return
    with pytest.raises(CatalogueError, match="for example orbits=10"):
        from_words([text])


def test_a_list_in_a_spread_still_asks_for_each_of_its_values():
    models = [
        Model(str(n), Path("m"), "run", "toy/train", "s", "t", {"n": n})
        for n in range(3)
    ]
    assert len(choose(models, {"n": [0, 2]}, "here")) == 2
    assert parse({"n": [0, 2]}, lists=EACH)[0].operator == EACH
    with pytest.raises(Exception, match="no model with n = 7"):
        choose(models, {"n": [0, 7]}, "here")


def test_recorded_values_are_asked_for_like_parameters(make, catalogue):
    for seed, error in [(0, 0.5), (1, 2.0)]:
        folder = make.trained(seed)
        make.scraps(folder, {"name": "error_100", "value": error, "unit": "%"})
    few = catalogue.runs({"error_100": {"<": 1}})
    assert list(few["seed"]) == [0]
    assert list(catalogue.models({"error_100": {"<": 1}})["seed"]) == [0]
    assert len(catalogue.runs({"error_100": {"<": 3}, "seed": 1})) == 1


def test_a_member_s_value_is_that_of_its_own_model(make, catalogue):
    folder = make.run("cccc000011112222", {"seed": [0, 1]})
    for seed in (0, 1):
        make.model(folder, f"model{seed}", {"seed": seed})
    make.scraps(
        folder,
        {"name": "end_error", "value": 0.1, "unit": "1", "member": {"seed": 0}},
        {"name": "end_error", "value": 9.0, "unit": "1", "member": {"seed": 1}},
    )
    assert list(catalogue.models({"end_error": {">": 1}})["seed"]) == [1]
    assert len(catalogue.runs({"end_error": {">": 1}})) == 1


def test_what_varies_is_judged_within_a_notebook(make, catalogue):
    for key, layer in [("aaaa000000000001", "a"), ("aaaa000000000002", "b")]:
        make.run(key, {"layer": layer, "width": 64, "orbits": 10})
    make.run("bbbb000000000001", {"starts": 5, "orbits": 20}, notebook="toy/judge")
    table = catalogue.runs()
    assert varying(table) == ["layer"]
    assert "width" not in brief(table).columns


def test_figures_are_named_by_what_varies_in_their_own_notebook(
    make, catalogue, tmp_path
):
    for key, layer in [("aaaa000000000001", "a"), ("aaaa000000000002", "b")]:
        folder = make.run(key, {"layer": layer, "width": 64})
        make.figure(folder, "loss", "loss", title="Loss")
    folder = make.run("bbbb000000000001", {"starts": 5}, notebook="toy/judge")
    make.figure(folder, "loss", "loss", title="Loss")
    paths = catalogue.figures_export(tmp_path / "out", formats=("json",))
    assert sorted(path.name for path in paths) == [
        "toy-judge_loss.json",
        "toy-train_loss_layer=a.json",
        "toy-train_loss_layer=b.json",
    ]


def test_the_owner_of_a_table_loads_the_models_of_its_rows(make, catalogue):
    make.trained(3)
    row = next(catalogue.models().itertuples())
    assert (
        catalogue.load_model(row, Path.read_bytes)
        == Path(catalogue.project.root / row.path).read_bytes()
    )
