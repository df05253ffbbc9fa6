"""Which runs stand on which comparison, by the planner and without it."""

from html import unescape
from typing import Any

import pytest

from fieldnotes.files import write_text
from fieldnotes.runner import make_plan
from fieldnotes.runner.manifest import write_spreads
from fieldnotes.spreads import load_spreads
from fieldnotes.website import stage
from fieldnotes.website.cases import comparisons, flat, read_runs
from fieldnotes.website.rows import parameters, rows
from fieldnotes.website.rows import scraps as recorded
from website.planned_runs import NOTEBOOK, carry_out
from website.run_folders import Bench, case, scrap


def orbits(bench: Bench, name: str) -> list[Any]:
    runs, _ = read_runs(bench.project)
    found = {item.name: item for item in comparisons(bench.project, runs, [name])}
    return [row.values["orbits"] for row in rows(found[name].cases)]


def test_a_run_of_two_spreads_stands_on_both_pages(planned: Bench):
    assert len(read_runs(planned.project)[0]) == 3
    assert orbits(planned, "toy/few") == [1, 10]
    assert orbits(planned, "toy/many") == [10, 100]


def test_each_page_shows_a_shared_run_by_what_that_spread_varies(planned: Bench):
    text = "stages:\n  train:\n    notebook: toy/train\n    fix: {orbits: 10}\n"
    text += "    vary:\n      - grid: {rate: [0.1, 0.2]}\n"
    write_text(planned.project.params / "toy/rates.yml", text)
    carry_out(planned, ["toy/few", "toy/many", "toy/rates"])
    runs, _ = read_runs(planned.project)
    found = {item.name: item for item in comparisons(planned.project, runs, [])}
    assert len(runs) == 4
    assert [row.values for row in rows(found["toy/rates"].cases)] == [
        {"rate": 0.1},
        {"rate": 0.2},
    ]


def test_a_spread_made_of_others_runs_has_a_page_once_it_was_run(planned: Bench):
    project = planned.project
    text = (project.params / "toy/few.yml").read_text()
    write_text(project.params / "toy/same.yml", text.replace("few", "same"))
    page = "results/spreads/toy-same.qmd"
    assert page not in stage(project).pages
    assert page in stage(project, ["params/toy/same.yml"]).pages
    plan = make_plan(project, load_spreads(project, ["toy/same"]))
    write_spreads(project, plan)  # as the runner does, which has nothing to run here
    assert page in stage(project).pages
    (project.params / "toy/same.yml").unlink()
    assert page in stage(project).pages
    assert orbits(planned, "toy/same") == [1, 10]


def test_a_page_has_the_title_of_the_file_and_counts_what_is_missing(planned: Bench):
    path = planned.project.params / "toy/few.yml"
    write_text(path, path.read_text().replace("[1, 10]", "[1, 10, 20, 30]"))
    stage(planned.project)
    page = (planned.project.results / "spreads/toy-few.qmd").read_text()
    assert 'title: "How few?"' in page and "2 more are planned" in page


def test_after_an_edit_of_the_code_earlier_runs_are_marked(planned: Bench):
    path = planned.project.notebooks / "toy/train.py"
    write_text(path, NOTEBOOK.replace("orbits * rate", "orbits + rate"))
    assert orbits(planned, "toy/few") == [1, 10]
    stage(planned.project)
    page = (planned.project.results / "spreads/toy-few.qmd").read_text()
    assert page.count('fn-reason">made by earlier code') == 2


def test_a_page_says_that_its_answer_is_of_earlier_code_and_what_has_changed(
    planned: Bench,
):
    project = planned.project
    write_text(project.src / "toy_rates.py", "RATE = 1\n")
    imports = NOTEBOOK.replace("print(", "import toy_rates\nprint(toy_rates.RATE, ")
    write_text(project.notebooks / "toy/train.py", imports)
    carry_out(planned, ["toy/few"])
    (page,) = (p for p in stage(project).pages if "toy-few" in p)
    runs = [run.page for run in read_runs(project)[0] if run.spread == "toy/few"]
    assert "Of earlier code" not in (project.root / page).read_text()
    write_text(project.src / "toy_rates.py", "RATE = 2\n")
    staged = stage(project)
    told = "2 runs are of earlier code; today's code would make them again"
    changed = "code changed: src/toy_rates.py"
    text = unescape((project.root / page).read_text()).replace("\\", "")
    assert "Of earlier code" in text and told in text
    assert text.count(changed) == 3  # above, and in the row of each run
    (some, *_) = [name for name in staged.pages if name in runs]
    assert changed in (project.root / some).read_text()


def test_a_run_replaced_after_an_edit_is_shown_once(planned: Bench):
    path = planned.project.notebooks / "toy/train.py"
    write_text(path, NOTEBOOK.replace("orbits * rate", "orbits + rate"))
    carry_out(planned, ["toy/few", "toy/many"])
    assert len(read_runs(planned.project)[0]) == 6
    assert orbits(planned, "toy/few") == [1, 10]
    staged = stage(planned.project)
    assert len([name for name in staged.pages if "/runs/" in name]) == 3


def test_a_broken_spread_leaves_the_pages_of_its_runs(planned: Bench):
    write_text(planned.project.params / "toy/few.yml", "stages: [")
    assert orbits(planned, "toy/few") == [1, 10]
    assert orbits(planned, "toy/many") == [10, 100]


def test_members_have_a_row_each_and_share_what_belongs_to_the_run():
    scraps = [scrap("error", seed + 1.0, member={"seed": seed}) for seed in range(3)]
    scraps.append(scrap("time", 9.0, "s"))
    table = rows([case(varied={"orbits": 10, "seed": [0, 1, 2]}, scraps=scraps)])
    assert [row.values["seed"] for row in table] == [0, 1, 2]
    assert [row.scraps["error"] for row in table] == [1.0, 2.0, 3.0]
    assert {row.scraps["time"] for row in table} == {9.0}


def test_results_of_members_come_before_what_a_run_took():
    scraps = [scrap("time", 9.0, "s"), scrap("count", 3, "1")]
    scraps += [scrap("error", 1.0, member={"seed": seed}) for seed in range(2)]
    assert list(recorded([case(scraps=scraps)])) == ["error", "count", "time"]


def test_a_member_that_diverged_is_told_from_those_that_did_not():
    lost = {"diverged": [{"values": {"seed": 1}, "step": 7}]}
    members = [{"values": {"seed": seed}} for seed in range(2)]
    table = rows([case(members=members, status=lost)])
    assert [(row.state, row.reason) for row in table] == [
        ("done", ""),
        ("diverged", "diverged at step 7"),
    ]


def test_a_member_that_learned_nothing_says_so():
    lost = {"state": "stuck", "stuck": [{"values": {"seed": 1}}]}
    members = [{"values": {"seed": seed}} for seed in range(2)]
    table = rows([case(members=members, status=lost)])
    assert [(row.state, row.reason) for row in table] == [
        ("done", ""),
        ("stuck", "learned nothing"),
    ]
    (alone,) = rows([case(status={"state": "stuck", "stuck": [{"values": {}}]})])
    assert (alone.state, alone.reason) == ("stuck", "learned nothing")


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ({"state": "done"}, ""),
        ({"state": "out-of-memory", "reason": "above 4 GB"}, "above 4 GB"),
        ({"state": "blocked", "reason": "train failed"}, "train failed"),
        ({"state": "failed", "error": {"name": "E", "message": "a\nb"}}, "E: a"),
        ({"state": "killed"}, "killed"),
    ],
)
def test_a_run_without_a_result_says_why(status: dict[str, Any], reason: str):
    (row,) = rows([case(status=status)])
    assert row.reason == reason


def test_nested_parameters_have_dotted_names_and_queries_stay_whole():
    values = {"a": {"b": 1, "c": {"d": 2}}, "models": {"from": "train"}}
    assert flat(values) == {"a.b": 1, "a.c.d": 2, "models": {"from": "train"}}


def test_a_parameter_has_the_meaning_of_the_notebook_that_declares_it():
    """An analysis of trained models varies what only the training declares."""
    analysed = case(varied={"depth": 3}, notebook="toy/compare")
    trained = case(
        parameters={"depth": 3},
        meanings={"depth": "hidden layers of the network"},
        units={"depth": "1"},
    )
    assert parameters([analysed])["depth"].words == "depth"
    named = parameters([analysed], [analysed, trained])
    assert named["depth"].words == "hidden layers of the network [1]"
    assert parameters([trained])["depth"] == named["depth"]
