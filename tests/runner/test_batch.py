"""Batches: order, blocking, partial stages, overlap, accept, limits on failures."""

from fieldnotes.files import read_json
from fieldnotes.runner import accept, project_status
from runner.conftest import BROKEN

TWO = """
    stages:
      train:
        notebook: toy/train
        vary: [{grid: {rate: [1.0, 2.0], seed: {range: 2}}}]
        together: [seed]
      assess:
        notebook: toy/assess
        needs: train
        fix: {models: {from: train}}
"""


def test_runs_in_the_order_of_their_needs_and_repeats_nothing(toy):
    toy.spread("two", TWO)
    told = []
    outcome = toy.run("two", jobs=2, on_finished=told.append)
    assert outcome.counts == {"done": 3}
    assert outcome.exit_code == 0
    again = toy.plan("two")
    assert [run.state for run in again.runs] == ["done"] * 3
    assert sorted(map(str, told[:-1])) == sorted(str(run.folder) for run in again.runs)
    assert told[-1] is None
    order = toy.order(again.runs[-1])
    assert [row["parameters"]["seed"] for row in order["models"]] == [0, 1, 0, 1]
    assert all((toy.root / row["path"]).exists() for row in order["models"])
    assert order["absent"] == []
    assert toy.run("two").counts == {"done": 3}
    assert len(toy.trained) == 4
    counts = project_status(toy.project).spreads
    assert counts == {"two": {"done": 3}}


def test_an_overlapping_spread_trains_only_what_is_new(toy):
    grid = (
        "notebook: toy/train\nvary: [{{grid: {{seed: {{range: {}}}}}}}]\ntogether: seed"
    )
    toy.spread("small", grid.format(2))
    toy.spread("large", grid.format(4))
    toy.spread("alone", "notebook: toy/train\nfix: {seed: 3}")
    toy.run("small")
    toy.run("large")
    assert toy.trained == [f"{{'seed': {seed}}}" for seed in range(4)]
    toy.run("alone")
    assert len(toy.trained) == 4, "a seed alone is the model it is in company"
    order = toy.order(toy.plan("large").runs[0])
    assert [m["existing"] is None for m in order["members"]] == [
        False,
        False,
        True,
        True,
    ]


def test_overlapping_spreads_in_one_batch_train_nothing_twice(toy):
    grid = "notebook: toy/train\nvary: [{{grid: {{seed: {}}}}}]\ntogether: seed"
    toy.spread("a", grid.format([0, 1]))
    toy.spread(
        "b",
        """
        stages:
          train:
            notebook: toy/train
            vary: [{grid: {seed: [1, 2]}}]
            together: seed
          assess: {notebook: toy/assess, needs: train, fix: {models: {from: train}}}
        """,
    )
    assert toy.run("a", "b", jobs=2).counts == {"done": 3}
    assert sorted(toy.trained) == [f"{{'seed': {seed}}}" for seed in range(3)]
    assert [run.state for run in toy.plan("a", "b").runs] == ["done"] * 3


def test_what_needs_a_failed_run_is_blocked_and_says_by_what(toy):
    toy.spread("broken", BROKEN.replace("PARTIAL", "false"))
    outcome = toy.run("broken")
    assert outcome.counts == {"done": 1, "failed": 1, "blocked": 1}
    assert outcome.exit_code == 1
    assess = toy.plan("broken").runs[-1]
    reason = toy.status(assess)["reason"]
    assert "needs broken.train" in reason
    assert "ValueError: the loss is no number" in reason
    assert assess.reason.startswith("blocked before")


def test_a_partial_stage_runs_with_what_there_is_and_lists_the_rest(toy):
    toy.spread("broken", BROKEN.replace("PARTIAL", "true"))
    outcome = toy.run("broken")
    assert outcome.counts == {"done": 2, "failed": 1}
    assess = toy.plan("broken").runs[-1]
    order = toy.order(assess)
    assert [row["parameters"]["rate"] for row in order["models"]] == [1.0]
    (absent,) = order["absent"]
    assert absent["parameters"]["rate"] == 2.0
    assert "ValueError: the loss is no number" in absent["reason"]
    # The training is tried again, fails again, and so the summary stays as it is.
    before = toy.status(assess)["ended"]
    assert toy.run("broken").counts == {"failed": 1, "done": 2}
    assert toy.status(assess)["ended"] == before


def test_divergence_is_an_outcome_and_not_a_failure(toy):
    text = "notebook: toy/train\nvary: [{cases: [{seed: [0], diverge: [0]}, CASE]}]"
    case = "{seed: [1, 2], diverge: [2]}"
    toy.spread("wild", text.replace("CASE", "{seed: [1], diverge: [3]}"))
    assert toy.run("wild").counts == {"diverged": 1, "done": 1}
    assert toy.run("wild").counts == {"done": 2}
    toy.spread("mixed", text.replace("CASE", case) + "\ntogether: []")
    run = next(r for r in toy.plan("wild").runs if r.request.parameters["seed"] == [0])
    assert toy.status(run)["diverged"] == [{"values": {}, "step": 7}]


def test_fail_fast_starts_nothing_after_the_first_failure(toy):
    toy.spread(
        "bad",
        "notebook: toy/train\nvary: [{grid: {rate: [1, 2, 3]}}]\nfix: {fail: [0]}",
    )
    outcome = toy.run("bad", jobs=1, fail_fast=True)
    assert outcome.counts == {"failed": 1, "not started": 2}
    assert outcome.exit_code == 1


def test_force_archives_and_repeats_what_is_done(toy):
    toy.spread("one", "notebook: toy/train")
    toy.run("one")
    assert toy.plan("one", force=True).runs[0].reason == "forced"
    assert toy.run("one", force=True).counts == {"done": 1}
    assert len(toy.trained) == 2
    assert len(list((toy.project.catalogue / "archive" / "toy").iterdir())) == 1


def test_only_runs_the_named_stage(toy):
    toy.spread("two", TWO)
    outcome = toy.run("two", only="train")
    assert outcome.counts == {"done": 2, "not selected": 1}
    assert outcome.exit_code == 0
    assert toy.run("two", only=["two.assess"]).counts == {"done": 3}


def test_an_accepted_run_and_what_was_made_from_it_are_done(toy):
    toy.spread("two", TWO.replace("[1.0, 2.0]", "[1.0]"))
    toy.run("two")
    train = toy.plan("two").runs[0]
    losses = toy.root / "src" / "toyscience" / "losses.py"
    losses.write_text(losses.read_text().replace("rate**2", "rate * rate"))
    stale = toy.plan("two").runs
    assert [run.state for run in stale] == ["to run", "to run"]
    assert stale[0].reason == "code changed: src/toyscience/losses.py"
    assert stale[1].reason == "needs changed: two.train"
    assert "accepted" in accept(toy.project, train.key[:6])
    runs = toy.plan("two").runs
    assert [(run.state, run.reason) for run in runs] == [
        ("done", "accepted"),
        ("done", "done"),
    ]
    assert read_json(train.folder / "accepted.json")["identities"]
