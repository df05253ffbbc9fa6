"""Tables: of a comparison, with links to what was trained, and of one run."""

from typing import Any

from fieldnotes.website.cases import Case, read_runs
from fieldnotes.website.rows import parameters, rows
from fieldnotes.website.tables import comparison_table, parameter_table
from website.run_folders import Bench, case, scrap

PAGE = "results/spreads/toy-layers.qmd"


def models(*keys: str) -> dict[str, Any]:
    named = {"notebook": "toy/train", "path": "x.eqx"}
    return {"models": [{"identity": f"m{key}", "run": key, **named} for key in keys]}


def table(bench: Bench, linked: dict[str, str]) -> str:
    runs, _ = read_runs(bench.project)
    return comparison_table(PAGE, rows([Case(run, {}) for run in runs]), [], [], linked)


def test_a_case_names_the_runs_that_trained_its_models(bench: Bench):
    bench.run("eval0", order=models("t1", "t1", "t2", "t3", "t4", "t5"))
    html = table(bench, {"t1": "results/toy/runs/t1.ipynb"})
    assert ">trained by</th>" in html
    assert html.count('<a href="../toy/runs/t1.html">t1</a>') == 1
    assert "t2, t3, and 2 more" in html


def test_a_training_has_no_such_column(bench: Bench):
    bench.run("train0")
    assert "trained by" not in table(bench, {})


def test_a_run_shows_what_its_spread_varies_also_where_it_is_the_default():
    """The reader of one of two cases looks for the axis that tells them apart."""
    run = case(
        parameters={"ems": 5, "width": 8, "steps": 10},
        defaults={"ems": 5, "width": 96, "steps": 10},
        varied={"ems": 5},
        changed=["width"],
    ).run
    shown, rest = (parameter_table(run, changed=each) for each in (True, False))
    assert "<code>ems</code>" in shown and "<code>width</code>" in shown
    assert "<code>steps</code>" in rest and "<code>ems</code>" not in rest
    assert shown.count("fn-changed") == 1, "only the width is not the default"


def test_a_member_that_is_told_by_more_than_the_spread_varies_has_one_row():
    """Each seed had a second row without a value: scraps also named the data seed."""
    told = [
        scrap("error", 1.0, "%", member={"seed": n, "data_seed": 1}) for n in (0, 1)
    ]
    members = [{"values": {"seed": n}} for n in (0, 1, 2)]
    table = rows([case(told, varied={"seed": [0, 1, 2]}, members=members)])
    assert [row.values["seed"] for row in table] == [2, 0, 1]
    assert [row.scraps.get("error") for row in table] == [None, 1.0, 1.0]


def test_what_a_stage_compares_has_the_words_of_the_notebook_that_declares_it():
    trained = case([], varied={"layer": "a"})
    trained.run.manifest.meanings["layer"] = "what is known before"
    trained.run.manifest.units["layer"] = "-"
    judged = case([scrap("error", 1.0, "%", member={"layer": "a"})])
    assert parameters([judged], [trained, judged])["layer"].meaning == (
        "what is known before"
    )
