"""Stages form a graph, also across files; study checks see every case."""

import importlib
import sys

import pytest

from fieldnotes.spreads import (
    in_order,
    is_query,
    list_spreads,
    query_stages,
    read_notebook,
)

TWO = """
title: A question?
question: Does it?
limits: {timeout: 60}
answer: {value: error, over: seed}
pages: {best: 3}
stages:
  analyse:
    notebook: toy/analyse
    needs: train
    fix: {models: {from: train}}
    partial: true
    limits: {memory: 2, timeout: 9}
  train: {notebook: toy/train, fix: {orbits: 2}, title: Training}
"""


def names(spreads):
    return [spread.name for spread in spreads]


def qualified(spreads):
    return [stage.qualified for stage in in_order(spreads)]


def test_a_stage_comes_after_what_it_needs(load):
    (spread,) = load(TWO)
    assert list(spread.stages) == ["train", "analyse"]
    stage = spread.stages["analyse"]
    assert stage.needs == ("x.train",)
    assert stage.partial
    assert stage.limits == {"timeout": 9, "memory": 2}
    assert spread.stages["train"].limits == {"timeout": 60}
    assert (spread.title, spread.question) == ("A question?", "Does it?")
    assert spread.answer == {"value": "error", "order": "min", "over": ["seed"]}
    assert spread.pages == {"best": 3}
    assert spread.stages["train"].title == "Training"
    assert stage.title == "What did it learn?"


def test_a_query_for_models_is_left_as_it_is_written(load):
    (spread,) = load(TWO)
    (request,) = spread.stages["analyse"].requests
    query = request.parameters["models"]
    assert query == {"from": "train"}
    assert is_query(query)
    assert query_stages(query, "x") == ("x.train",)
    assert not is_query({"a": 1})
    assert query_stages({"where": {}}, "x") == ()


def test_needs_reach_across_files_and_bring_only_what_is_needed(load, write):
    write(
        "other/part.1",
        """
        stages:
          data: {notebook: toy/train, fix: {note: data}}
          train: {notebook: toy/train, needs: data}
          extra: {notebook: toy/train, needs: train, fix: {note: extra}}
        """,
    )
    spreads = load(
        """
        notebook: toy/analyse
        needs: other/part.1.train
        fix: {models: {from: other/part.1.train}}
        """
    )
    assert names(spreads) == ["other/part.1", "x"]
    assert [spread.asked for spread in spreads] == [False, True]
    assert list(spreads[0].stages) == ["data", "train"]
    assert qualified(spreads) == [
        "other/part.1.data",
        "other/part.1.train",
        "x.analyse",
    ]


def test_files_may_need_stages_of_each_other_without_a_cycle(load, write):
    write("y", "stages: {b: {notebook: toy/train, needs: x.a}}")
    text = "stages: {c: {notebook: toy/train, needs: y.b}, a: {notebook: toy/train}}"
    assert qualified(load(text)) == ["x.a", "y.b", "x.c"]


def test_an_include_brings_whole_files_before_its_own_stages(load, write):
    write("a", "notebook: toy/train")
    write("b", "include: a\nnotebook: toy/train")
    spreads = load("include: [b, a]\nnotebook: toy/train\nneeds: b.train")
    assert names(spreads) == ["a", "b", "x"]
    assert all(spread.asked for spread in spreads)
    assert names(load("include: [a, b]")) == ["a", "b", "x"]


def test_a_spread_named_twice_is_loaded_once(load, project, write):
    path = write("a/b", "notebook: toy/train")
    ways = ("a/b", "params/a/b.yml", "a/b.yml", path, str(path))
    assert names(load("", *ways)) == ["a/b"]


def test_files_of_defaults_and_clusters_are_no_spreads(project, write):
    write("a/base", "orbits: 3\nnotebooks: 4")
    write("a/one", "# words\nnotebook: toy/train")
    write("two", "stages: {a: {notebook: toy/train}}")
    write("clusters/big", "notebook: toy/train")
    assert list_spreads(project) == ["a/one", "two"]


def test_the_short_form_is_a_stage_named_after_its_notebook(load):
    (spread,) = load("notebook: notebooks/toy/1-train.py\ntitle: T")
    assert list(spread.stages) == ["train"]
    assert (spread.title, spread.stages["train"].title) == ("T", "T")
    assert spread.pages is None


def test_faults_of_files_that_are_only_needed_are_told_too(refusal, write):
    write("y", "stages: {a: {notebook: toy/train}, b: {notebook: toy/x}}")
    message = refusal("notebook: toy/train\nneeds: y.a")
    assert message.startswith("params/y.yml: line 1: stages.b.notebook: `toy/x`")


@pytest.mark.parametrize("stage", ["x.a", "y.b"])
def test_a_cycle_across_files_is_refused(refusal, write, stage):
    write("y", "stages: {b: {notebook: toy/train, needs: x.a}}")
    message = refusal("stages: {a: {notebook: toy/train, needs: y.b}}", stage[0])
    assert "need each other in a cycle" in message
    assert "`x.a`" in message
    assert "`y.b`" in message


def test_files_that_include_each_other_are_refused(refusal, write):
    write("y", "include: z")
    write("z", "include: y")
    assert "y → z → y" in refusal("include: [y]\nnotebook: toy/train")


def test_an_unknown_stage_of_another_file_is_refused(refusal, write):
    write("y", "notebook: toy/train")
    message = refusal("notebook: toy/train\nneeds: y.trian")
    assert "`trian` is not a stage of params/y.yml. Did you mean `train`" in message


def query(models, needs="train"):
    return f"""
stages:
  train: {{notebook: toy/train}}
  other: {{notebook: toy/analyse}}
  analyse:
    notebook: toy/analyse
    needs: {needs}
    fix: {{models: {models}}}
"""


@pytest.mark.parametrize(
    "models",
    [
        "{from: train}",
        "{from: x.train, each: true}",
        "{from: [train], where: {orbits: 10, seed: [0, 1], output_layer: signed}}",
        "{from: train, where: {optimiser.decay.rate: 0.9, kind: best}}",
        "{where: {notebook: toy/train, orbits: [1, 10]}}",
        "{where: {learning_rate: 0.1}}",
        "{from: train, where: {orbits: {'>=': 4, '!=': 7}}}",
        "{where: {spread: x, outcome: trained}}",
    ],
)
def test_a_query_that_models_could_answer_is_taken(load, models):
    (spread,) = load(query(models))
    (request,) = spread.stages["analyse"].requests
    assert is_query(request.parameters["models"])


QUERIES = {
    "{from: trian}": "takes models from `trian`, which its stage does not need",
    "{from: other}": "Add it to `needs`",
    "{from: 3}": "the name of a stage, or a list",
    "{from: train, were: {}}": "got `were`. Did you mean `where`",
    "{from: train, where: {orbit: 1}}": "where `orbit`, .* Did you mean `orbits`",
    "{from: train, where: {orbits: ten}}": "where `orbits` must be a whole number",
    "{from: train, where: {orbits: [1, 0]}}": r"must be in \[1, inf\)",
    "{from: train, where: {orbits: {'=>': 4}}}": "'=>' is no operator",
    "{from: train, where: {orbits: {'>': many}}}": "must be a whole number",
    "{from: train, where: {orbits: {'!=': 0}}}": r"must be in \[1, inf\)",
    "{from: train, where: {kind: {'>': best}}}": "`kind` is given by its name",
    "{from: train, where: [1]}": "takes a mapping of hyperparameters",
    "{from: train, each: yes}": "`each: true` or `each: false`",
    "{where: {notebook: toy/tain, orbits: 1}}": "Did you mean `toy/train`",
    "{where: {notebook: toy/train, threshold: 1}}": "no parameter of what trains",
    "{where: {nothing: 1}}": "no parameter of what trains",
}


@pytest.mark.parametrize(("models", "said"), QUERIES.items())
def test_a_query_that_nothing_could_answer_is_refused(refusal, models, said):
    import re

    message = refusal(query(models))
    assert message.startswith("params/x.yml: line 8: stages.analyse.fix: `models` ")
    assert re.search(said, message), message


def test_a_query_can_be_swept(load, refusal):
    text = query("{from: train}") + "    vary: {models.where.orbits: [%s]}\n"
    (spread,) = load(text % "1, [2, 3]")
    assert [r.parameters["models"] for r in spread.stages["analyse"].requests] == [
        {"from": "train", "where": {"orbits": 1}},
        {"from": "train", "where": {"orbits": [2, 3]}},
    ]
    message = refusal(text % "1, 0")
    assert "must be in [1, inf); got 0. (case models.where.orbits=0)" in message


CHECKS = """
from pathlib import Path

def train(parameters):
    seen = Path(__file__).with_name("seen")
    with seen.open("a") as file:
        file.write(repr(parameters["seed"]) + "\\n")
    if parameters["orbits"] > 3:
        raise ValueError(f"{parameters['orbits']} orbits are too many")
    parameters.clear()
"""


def test_the_check_of_the_study_sees_every_case(load, write):
    path = write("src/toyscience/toy/checks.py", CHECKS)
    (spread,) = load(
        "notebook: toy/train\nvary: {orbits: [1, 2], seed: [0, 1]}\ntogether: seed"
    )
    assert path.with_name("seen").read_text() == "[0, 1]\n[0, 1]\n"
    assert spread.stages["train"].requests[0].parameters["orbits"] == 1


def test_a_case_that_the_study_refuses_is_told_with_its_values(refusal, write):
    write("src/toyscience/toy/checks.py", CHECKS)
    message = refusal("notebook: toy/train\nvary: {orbits: [1, 4, 5, 6, 7, 8]}")
    lines = message.splitlines()
    assert lines[0] == "params/x.yml: 4 orbits are too many (case orbits=4)."
    assert lines[3:] == ["params/x.yml: 2 more cases are refused.", "Nothing was run."]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "def train(parameters):\n    parameters['x']",
            "the check itself broke: KeyErr",
        ),
        ("import nowhere", "cannot be imported (ModuleNotFoundError"),
        ("def train(:", "cannot be imported (SyntaxError"),
        (
            "def train(parameters):\n    raise ValueError",
            "refused by the study's check",
        ),
    ],
)
def test_a_broken_check_is_told_and_is_no_traceback(refusal, write, text, said):
    write("src/toyscience/toy/checks.py", text)
    assert said in refusal("notebook: toy/train")


def test_a_check_of_a_copy_leaves_what_the_process_imported(
    load, write, tmp_path, monkeypatch
):
    other = tmp_path / "other" / "copied"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text("class Group: pass\n")
    monkeypatch.syspath_prepend(str(other.parent))
    before = importlib.import_module("copied")
    write("src/copied/__init__.py", "class Group: pass\n")
    path = write(
        "src/copied/toy/checks.py",
        "def train(parameters):\n"
        "    from copied import Group, __file__ as file\n"
        "    assert 'other' not in file\n"
        "    open(__file__ + '.seen', 'w').close()\n",
    )
    load("notebook: toy/train")
    assert path.with_name("checks.py.seen").exists()
    assert importlib.import_module("copied") is before
    assert "copied.toy.checks" not in sys.modules


def test_checks_are_not_called_while_something_else_is_wrong(refusal, write):
    path = write("src/toyscience/toy/checks.py", CHECKS)
    refusal("notebook: toy/train\nfix: {orbits: 0}")
    assert not path.with_name("seen").exists()


def test_a_notebook_lists_what_it_takes(project):
    takes = read_notebook(project, "toy/analyse").takes
    assert takes == "models, threshold [%]"


def test_files_in_a_circle_leave_the_order_of_the_others(load, write):
    two = "two: {notebook: toy/train, needs: b.one}"
    write("a", f"stages: {{one: {{notebook: toy/train}}, {two}}}")
    write("b", "stages: {one: {notebook: toy/train, needs: a.one}}")
    write("last", "notebook: toy/train\nneeds: first.train\n")
    write("first", "notebook: toy/train\n")
    names = [spread.name for spread in load("", "last", "a", "first")]
    assert names.index("first") < names.index("last")
    assert {"a", "b"} < set(names)
    ordered = [stage.qualified for stage in in_order(load("", "last", "a"))]
    assert ordered.index("a.one") < ordered.index("b.one") < ordered.index("a.two")
