"""The table of a comparison: links to the runs that trained what a case looks at."""

from typing import Any

from fieldnotes.website.cases import Case, read_runs
from fieldnotes.website.rows import rows
from fieldnotes.website.tables import comparison_table
from website.run_folders import Bench

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
