"""What a plan says without running anything: keys, reasons, queries, time."""

import time

import pytest

from fieldnotes.files import write_json
from fieldnotes.runner import RunnerError
from fieldnotes.runner.planned import PlannedRun
from fieldnotes.runs import Limits, read_manifest

ONE = "notebook: toy/train\nfix: {rate: 0.25}"


def finish(toy, run: PlannedRun, seconds: float = 10.0) -> None:
    """Leave what a finished run leaves, its models included."""
    from fieldnotes.runner.manifest import draw_up

    sizes = {}
    if run.notebook == "toy/train":
        for member in run.members:
            path = run.folder / "models" / f"{member.identity}.eqx"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"weights")
            record = {"bytes": 7, "checksum": "c", "outcome": "trained"}
            write_json(path.with_suffix(".json"), record)
            sizes[member.identity] = 7
    draw_up(toy.project, run, Limits()).write(run.folder)
    done = {"state": "done", "duration_s": seconds, "models": sizes}
    write_json(run.folder / "status.json", done)


def test_a_manifest_says_what_its_parameters_are(toy):
    toy.spread("one", ONE)
    run = first(toy)
    finish(toy, run)
    manifest = read_manifest(run.folder)
    assert manifest is not None
    assert manifest.meanings == {
        "rate": "what is learned",
        "seed": "one model for each",
        "fail": "seeds whose training fails",
        "diverge": "seeds whose training diverges",
    }
    assert manifest.units == dict.fromkeys(manifest.meanings, "1")
    assert manifest.types["seed"] == "list[int]"
    assert manifest.defaults["rate"] == 0.5 and manifest.parameters["rate"] == 0.25
    assert manifest.changed == ["rate"]


def edit(path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.fixture
def done(toy):
    """A toy project in which one training is done; with files to edit."""
    toy.spread("one", ONE)
    finish(toy, toy.plan("one").runs[0])
    assert toy.plan("one").runs[0].state == "done"
    return toy


def first(toy) -> PlannedRun:
    return toy.plan("one").runs[0]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("notebooks/toy/1-train.py", "# # 1-train", "# # Training, in other words"),
        ("notebooks/toy/1-train.py", "(exist_ok=True)", "(  exist_ok = True )  # fine"),
        ("src/toyscience/losses.py", '"""Squared."""', '"""The square of it."""'),
        ("src/toyscience/losses.py", "rate**2", "(rate ** 2)  # squared"),
        ("src/toyscience/__init__.py", "Toys.", "Toys, all of them."),
        ("notebooks/toy/1-train.py", "rate: float = 0.5", "rate: float = 0.75"),
    ],
    ids=["prose", "formatting", "docstring", "comment", "package", "unused default"],
)
def test_an_edit_that_changes_no_result_makes_nothing_stale(done, file, old, new):
    edit(done.root / file, old, new)
    assert first(done).state == "done"


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        (
            "src/toyscience/losses.py",
            "rate**2",
            "rate**4",
            "code changed: src/toyscience/losses.py",
        ),
        (
            "src/toyscience/__init__.py",
            '"""Toys."""',
            "from toyscience import extra",
            "code changed: src/toyscience/__init__.py, src/toyscience/extra.py",
        ),
        (
            "notebooks/toy/1-train.py",
            "exist_ok=True",
            "parents=True",
            "notebook changed",
        ),
    ],
    ids=["a loss", "a module behind the package", "a cell"],
)
def test_an_edit_of_what_computes_makes_a_run_stale_and_says_why(
    done, file, old, new, reason
):
    (done.root / "src" / "toyscience" / "extra.py").write_text("x = 1\n")
    before = first(done)
    edit(done.root / file, old, new)
    run = first(done)
    assert (run.state, run.reason) == ("to run", reason)
    assert run.members[0].identity != before.members[0].identity


def test_an_edit_of_a_figure_remakes_the_page_and_trains_nothing(done):
    before = first(done)
    edit(done.root / "notebooks/toy/1-train.py", '"a picture"', '"a better picture"')
    run = first(done)
    assert (run.state, run.reason) == ("to run", "notebook changed")
    assert run.members[0].identity == before.members[0].identity
    assert run.members[0].existing is not None


def test_a_drawing_module_enters_the_key_and_no_identity(done):
    notebook = done.root / "notebooks/toy/1-train.py"
    before = first(done)
    figures = done.root / "src" / "toyscience" / "figures.py"
    figures.write_text("from toyscience import helper\n")
    (figures.parent / "helper.py").write_text("width = 1\n")
    edit(notebook, "import losses", "import figures, losses")
    run = first(done)
    assert run.key != before.key
    assert run.members[0].identity == before.members[0].identity
    figures.write_text("from toyscience import helper\nheight = 2\n")
    assert first(done).key != run.key
    assert first(done).members[0].identity == before.members[0].identity


def test_a_changed_input_file_is_named(toy):
    cells = '# %% tags=["parameters"]\ndata: str = ""  # [file] a table\n\n# %%\ndata\n'
    toy.notebook("read", cells)
    (toy.root / "table.csv").write_text("1,2\n")
    toy.spread("one", "notebook: toy/read\nfix: {data: table.csv}")
    finish(toy, first(toy))
    assert first(toy).state == "done"
    (toy.root / "table.csv").write_text("1,2,3\n")
    assert first(toy).reason == "input file changed: table.csv"


def test_a_case_that_was_never_run_says_so_and_an_estimate_is_a_median(done):
    plan = done.plan("one")
    for rate, seconds in ((1.0, 20.0), (2.0, 90.0)):
        done.spread("one", f"notebook: toy/train\nfix: {{rate: {rate}}}")
        finish(done, first(done), seconds)
    done.spread("one", "notebook: toy/train\nfix: {rate: 7.0}")
    run = first(done)
    assert (run.state, run.reason) == ("to run", "never run")
    assert plan.runs[0].estimate_s == 10.0
    assert run.estimate_s == 20.0
    done.spread("two", "notebook: toy/train\nfix: {rate: 8.0}")
    assert not run.guess
    # The same notebook in another spread, whose runs are like none on record.
    run = done.plan("two").runs[0]
    assert (run.estimate_s, run.guess) == (20.0, True)
    done.spread("two", "notebook: toy/train\nfix: {rate: 2.0}")
    assert done.plan("two").runs[0].state == "done"


QUERY = """
    stages:
      train:
        notebook: toy/train
        vary: [{{grid: {{rate: [1.0, 2.0], seed: {{range: 3}}}}}}]
        together: [seed]
      assess:
        notebook: toy/assess
        needs: train
        fix: {{models: {query}}}
"""


@pytest.mark.parametrize(
    ("query", "chosen"),
    [
        ("{from: train}", [(r, s) for r in (1.0, 2.0) for s in range(3)]),
        ("{from: train, where: {rate: 2}}", [(2.0, 0), (2.0, 1), (2.0, 2)]),
        ("{from: train, where: {rate: 1, seed: [0, 2]}}", [(1.0, 0), (1.0, 2)]),
    ],
    ids=["all", "one value", "a list means one model for each"],
)
def test_a_query_is_resolved_while_planning(toy, query, chosen):
    toy.spread("query", QUERY.format(query=query))
    *train, assess = toy.plan("query").runs
    found = [(m.parameters["rate"], m.parameters["seed"]) for m in assess.models]
    assert found == chosen
    assert set(assess.needs) == {model.run for model in assess.models}


def test_each_makes_one_run_for_each_upstream_run(toy):
    toy.spread("query", QUERY.format(query="{from: train, each: true}"))
    *train, first, second = toy.plan("query").runs
    assert [first.needs, second.needs] == [[train[0].key], [train[1].key]]
    assert [run.varied["rate"] for run in (first, second)] == [1.0, 2.0]
    assert first.key != second.key


def test_a_query_for_a_missing_value_is_refused(toy):
    toy.spread("query", QUERY.format(query="{from: train, where: {seed: [0, 9]}}"))
    with pytest.raises(RunnerError, match="no model with seed = 9.*Nothing was run"):
        toy.plan("query")


def test_a_query_of_the_catalogue_takes_what_is_there(done):
    query = "{where: {notebook: toy/train, rate: 0.25}}"
    done.spread("look", f"notebook: toy/assess\nfix: {{models: {query}}}")
    (run,) = done.plan("look").runs
    assert [model.identity for model in run.models] == [first(done).members[0].identity]
    assert run.needs == []
    done.spread("look", "notebook: toy/assess\nfix: {models: {where: {rate: 3.0}}}")
    with pytest.raises(RunnerError, match="no model with rate"):
        done.plan("look")


def test_only_of_an_unknown_stage_is_refused(done):
    with pytest.raises(RunnerError, match="no such stage"):
        done.plan("one", only="tarin")


def test_planning_writes_nothing(toy):
    toy.spread("one", ONE)
    toy.plan("one")
    assert not toy.project.catalogue.exists()


def test_ten_thousand_cases_are_planned_in_seconds(toy):
    grid = "{grid: {rate: {linspace: [0, 1, 100]}, seed: {range: 100}}}"
    toy.spread("many", f"notebook: toy/train\nvary: [{grid}]")
    began = time.monotonic()
    assert len(toy.plan("many").runs) == 10_000
    assert time.monotonic() - began < 30, "10 s on a quiet machine; see benchmarks/"
