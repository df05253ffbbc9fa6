"""The algebra of spreads: products, zips, lists of cases, and what lies over what."""

import time

import numpy as np
import pytest

from fieldnotes.spreads import load_spreads


def values(requests, *names):
    """The values of some parameters in each request, in order."""
    rows = [tuple(request.parameters[name] for name in names) for request in requests]
    return [row[0] for row in rows] if len(names) == 1 else rows


def test_without_vary_there_is_one_case_over_the_defaults(requests):
    (request,) = requests("fix: {orbits: 3, note: on}")
    assert request.parameters["orbits"] == 3
    assert request.parameters["note"] == "on"
    assert request.parameters["learning_rate"] == 1e-3
    assert request.members == ({},)
    assert request.varied == {}


def test_a_grid_is_the_product_of_its_axes_the_last_one_fastest(requests):
    found = requests("vary: [grid: {orbits: [1, 2], output_layer: [unit, exp]}]")
    pairs = values(found, "orbits", "output_layer")
    assert pairs == [(1, "unit"), (1, "exp"), (2, "unit"), (2, "exp")]


def test_a_zip_walks_its_axes_in_step_and_stretches_single_values(requests):
    found = requests(
        "vary: [zip: {orbits: [1, 2, 3], note: [a, b, c], noisy: true, widths: [[4]]}]"
    )
    rows = values(found, "orbits", "note", "noisy", "widths")
    assert rows == [(1, "a", True, (4,)), (2, "b", True, (4,)), (3, "c", True, (4,))]


def test_cases_are_put_end_to_end_over_the_constants(requests):
    found = requests(
        """
        fix: {orbits: 7}
        vary:
          - cases:
              - {note: a}
              - {note: b, orbits: 9, widths: [8, 8]}
              - {}
        """
    )
    rows = values(found, "note", "orbits", "widths")
    assert rows == [("a", 7, (64, 64)), ("b", 9, (8, 8)), ("", 7, (64, 64))]
    assert found[0].varied == {"note": "a", "orbits": 7, "widths": (64, 64)}


def test_blocks_multiply_and_nest(requests):
    found = requests(
        """
        vary:
          - zip:
              note: [a, b]
              grid: {orbits: [1, 2]}
          - cases:
              - {output_layer: exp, grid: {seed: [0, 1]}}
              - {output_layer: unit}
          - grid:
              - grid: {noisy: [true, false]}
              - zip: {learning_rate: [0.1, 0.2], label: [x, y]}
        """
    )
    assert len(found) == 2 * 3 * (2 * 2)
    assert values(found[:1], "note", "orbits", "seed") == [("a", 1, [0])]
    pairs = dict.fromkeys(values(found, "note", "orbits"))
    assert list(pairs) == [("a", 1), ("b", 2)]


def test_axes_may_stand_directly_under_vary(requests):
    found = requests("vary: {orbits: [1, 2], noisy: [true, false]}")
    assert len(found) == 4


@pytest.mark.parametrize(
    ("axis", "expected"),
    [
        ("{range: 3}", [0, 1, 2]),
        ("{range: [1, 4]}", [1, 2, 3]),
        ("{range: [9, 1, -4]}", [9, 5]),
        ("{linspace: [1, 5, 3]}", [1, 3, 5]),
        ("{logspace: [1, 1000, 4]}", [1, 10, 100, 1000]),
        ("{value: 4}", [4]),
        ("4", [4]),
        ("[4.0]", [4]),
    ],
)
def test_short_forms_spare_long_lists(requests, axis, expected):
    found = requests(f"vary: [grid: {{seed: {axis}}}]")
    assert [seed for (seed,) in values(found, "seed")] == expected


@pytest.mark.parametrize("ends", [(1e-5, 1.0), (0.3, 0.9), (1.0, 1e-4)])
@pytest.mark.parametrize("count", [1, 2, 7])
def test_spaced_values_are_numpys_to_the_last_digit_but_one(requests, ends, count):
    low, high = ends
    for form, theirs in [
        ("linspace", np.linspace(low, high, count)),
        ("logspace", np.geomspace(low, high, count)),
    ]:
        axis = f"{{{form}: [{low!r}, {high!r}, {count}]}}"
        ours = values(requests(f"vary: {{learning_rate: {axis}}}"), "learning_rate")
        # 15 digits are kept (5e-15), of a power of ten with an exponent up to 5
        np.testing.assert_allclose(ours, theirs, rtol=5e-15 + 5 * np.log(10) * 1e-15)
        assert ours[0] == low
        assert count == 1 or ours[-1] == high


def test_spaced_values_are_those_that_a_list_would_give(requests):
    spaced = requests("vary: {learning_rate: {linspace: [0.1, 0.9, 9]}}")
    listed = requests(
        "vary: {learning_rate: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]}"
    )
    assert values(spaced, "learning_rate") == values(listed, "learning_rate")


def test_a_list_is_an_axis_under_grid_and_a_value_everywhere_else(requests):
    assert values(requests("vary: [grid: {widths: [3, 4]}]"), "widths") == [(3,), (4,)]
    for one in (
        "fix: {widths: [3, 4]}",
        "vary: [grid: {widths: {value: [3, 4]}}]",
        "vary: [grid: {widths: [[3, 4]]}]",
        "vary: [cases: [{widths: [3, 4]}]]",
    ):
        assert values(requests(one), "widths") == [(3, 4)]


def test_a_swept_value_overrides_constants_and_defaults_also_when_alone(
    requests, write
):
    write("base", "orbits: 5\nlearning_rate: 0.5\nnote: base\n")
    (found,) = requests(
        """
        defaults: base
        fix: {learning_rate: 0.1, note: fixed}
        vary: [grid: {note: [swept]}]
        """
    )
    assert found.parameters["orbits"] == 5
    assert found.parameters["learning_rate"] == 0.1
    assert found.parameters["note"] == "swept"
    origin = {k: found.origin[k] for k in ("orbits", "learning_rate", "note", "seed")}
    assert origin == {
        "orbits": "params/base.yml",
        "learning_rate": "params/x.yml: fix",
        "note": "params/x.yml: vary[0]",
        "seed": "default",
    }


def test_later_defaults_lie_over_earlier_ones(requests, write):
    write("a/one", "orbits: 1\nnote: one")
    write("a/two", "orbits: 2")
    (found,) = requests("defaults: [a/one, params/a/two.yml]")
    assert (found.parameters["orbits"], found.parameters["note"]) == (2, "one")


@pytest.mark.parametrize(
    "fix", ["optimiser.decay.rate: 0.5", "optimiser: {decay: {rate: 0.5}}"]
)
def test_nested_parameters_are_updated_by_dots_or_by_maps(requests, fix):
    (found,) = requests(f"fix: {{{fix}}}")
    expected = {"name": "adam", "decay": {"rate": 0.5, "steps": 10}}
    assert found.parameters["optimiser"] == expected


def test_nested_parameters_can_be_swept_one_by_one(requests):
    found = requests(
        """
        fix: {optimiser: {name: sgd}, weights: {a: 1}}
        vary:
          - grid: {optimiser.decay.rate: [0.1, 0.2], weights.b: [2, 3]}
        """
    )
    assert [r.parameters["optimiser"]["decay"] for r in found[::2]] == [
        {"rate": 0.1, "steps": 10},
        {"rate": 0.2, "steps": 10},
    ]
    assert {r.parameters["optimiser"]["name"] for r in found} == {"sgd"}
    assert found[0].parameters["weights"] == {"a": 1.0, "b": 2.0}
    assert found[0].varied == {"optimiser.decay.rate": 0.1, "weights.b": 2.0}
    assert found[0].origin["optimiser.decay.rate"] == "params/x.yml: vary[0]"


def test_equal_cases_run_once(requests):
    found = requests("vary: [cases: [{orbits: 1}, {orbits: 1.0}, {orbits: 10}, {}]]")
    assert values(found, "orbits") == [1, 10]


def test_axes_taken_together_make_one_run_with_a_member_for_each_value(requests):
    found = requests(
        """
        vary: [grid: {output_layer: [unit, exp], seed: {range: 3}}]
        together: [seed]
        """
    )
    assert values(found, "output_layer", "seed") == [
        ("unit", [0, 1, 2]),
        ("exp", [0, 1, 2]),
    ]
    assert found[0].members == ({"seed": 0}, {"seed": 1}, {"seed": 2})
    assert found[1].varied == {"output_layer": "exp", "seed": [0, 1, 2]}


def test_two_axes_taken_together_are_walked_by_member(requests):
    (found,) = requests(
        "vary: [grid: {seed: [0, 1], widths: [3, 4]}]\ntogether: [seed, widths]"
    )
    assert found.parameters["seed"] == [0, 0, 1, 1]
    assert found.parameters["widths"] == (3, 4, 3, 4)
    assert found.members[1] == {"seed": 0, "widths": 4}


def test_groups_taken_together_may_differ_in_length(requests):
    found = requests(
        """
        vary:
          - cases:
              - {orbits: 1, grid: {seed: [0, 1, 1]}}
              - {orbits: 2, seed: 5}
        together: seed
        """
    )
    assert values(found, "orbits", "seed") == [(1, [0, 1]), (2, [5])]


AWKWARD = ['"', "'", "\\", "\\n", "{x}", "{{", "%s", "$(ls)", "a\nb\t", "🙂é\u2028", ""]


def test_any_text_stays_as_it_is(requests):
    import json

    texts = json.dumps([*AWKWARD, "".join(AWKWARD)])
    found = requests(f"vary: [grid: {{note: {texts}}}]")
    assert values(found, "note") == [*AWKWARD, "".join(AWKWARD)]


def test_an_input_file_is_looked_for_from_the_root(requests, write):
    write("data/mine.csv", "t,x\n")
    (found,) = requests("fix: {data: data/mine.csv}")
    assert found.parameters["data"] == "data/mine.csv"


def test_ten_thousand_cases_expand_in_less_than_three_seconds(project, write):
    write(
        "big",
        """
        notebook: toy/train
        vary:
          - grid: {seed: {range: 100}, orbits: {range: [1, 11]}, noisy: [true, false]}
          - zip: {learning_rate: {linspace: [0.1, 0.5, 5]}, note: [a, b, c, d, e]}
        """,
    )
    write("src/toyscience/toy/checks.py", "def train(parameters):\n    pass\n")
    start = time.process_time()
    (spread,) = load_spreads(project, ["big"])
    assert time.process_time() - start < 3.0  # [s] CPU
    assert len(spread.stages["train"].requests) == 10_000
