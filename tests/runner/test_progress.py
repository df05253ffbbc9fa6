"""What a batch shows, on a terminal and in a log; and other people's slots."""

from collections import Counter
from concurrent.futures import Future

import pytest

from fieldnotes.files import write_json
from fieldnotes.runner import Outcome, execute, project_status
from fieldnotes.runner import tally as tallies
from fieldnotes.runner.progress import LiveDisplay, PlainDisplay, reading
from fieldnotes.runner.tally import Tally, TimeLeft
from fieldnotes.runs import Manifest, Status

SPREAD = "notebook: toy/train\nvary: [{grid: {rate: [1.0, 2.0, 3.0]}}]\n"


def show(display, plan):
    """Tell a display of one run that is done and one that failed."""
    first, second, third = plan.runs
    display.start(plan, 2)
    for run in (first, second, third):
        display.started(run)
    write_json(third.folder / "progress.json", {"step": 3, "steps": 9, "loss": 0.25})
    display.tick([third])
    display.finished(first, "done", "")
    display.finished(second, "failed", "ValueError: no")
    outcome = Outcome(Counter(done=1, failed=1), {"ValueError: no": [second]})
    display.end(outcome)


def test_plain_lines_say_what_ended_how_and_how_much_is_left(toy, capsys):
    toy.spread("three", SPREAD)
    show(PlainDisplay(), toy.plan("three"))
    said = capsys.readouterr().out
    assert "3 to run, 0 done; 2 at once" in said
    assert "done  three.train rate=1.0" in said
    assert "failed  three.train rate=2.0" in said
    assert "[2/3]" in said
    assert "1 done, 1 failed" in said
    assert "1 × ValueError: no" in said


def test_the_live_display_tells_failures_as_they_happen(toy, capsys):
    toy.spread("three", SPREAD)
    show(LiveDisplay(), toy.plan("three"))
    said = capsys.readouterr().out
    assert "failed: three.train rate=2.0" in said
    assert "1 × ValueError: no" in said


def test_a_running_case_shows_its_step_and_loss(toy):
    toy.spread("three", SPREAD)
    run = toy.plan("three").runs[0]
    assert reading(run) == ""
    told = {"step": 30, "steps": 90, "loss": 0.125, "phase": "warm up"}
    write_json(run.folder / "progress.json", told)
    assert reading(run) == "warm up 30/90 loss 0.125"
    (run.folder / "progress.json").write_text("{")
    assert reading(run) == ""


@pytest.fixture
def three(toy, monkeypatch):
    """A plan of three runs, and a clock that stands still until it is set."""
    toy.spread("three", SPREAD)
    now = [1000.0]
    monkeypatch.setattr(tallies.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(tallies.time, "time", lambda: now[0])
    return toy.plan("three"), now


def test_the_time_left_comes_from_estimates_and_then_from_this_batch(three):
    plan, now = three
    tally = Tally(plan, jobs=2, at_once=2)
    assert tally.left is None
    for run in plan.runs:
        run.estimate_s = 10.0
    assert tally.left == TimeLeft(15.0, False)
    tally.started(plan.runs[0])
    now[0] += 20.0
    tally.finished(plan.runs[0])  # twice as slow as estimated: so will be the others
    assert tally.left == TimeLeft(20.0, False)


def test_more_slots_than_cores_are_not_faster(three, monkeypatch):
    plan, _ = three
    for run in plan.runs:
        run.estimate_s = 10.0
    monkeypatch.setattr("fieldnotes.runner.tally.cores", lambda: 2)
    assert Tally(plan, jobs=8).left == Tally(plan, jobs=2).left == TimeLeft(15.0, False)
    assert Tally(plan, jobs=1).left == TimeLeft(30.0, False)


def test_a_run_is_not_divided_among_slots(three):
    plan, _ = three
    for run, seconds in zip(plan.runs, (100.0, 1.0, 1.0), strict=True):
        run.estimate_s = seconds
    assert Tally(plan, jobs=2, at_once=2).left == TimeLeft(100.0, False)


def seconds_left(tally: Tally) -> float:
    assert tally.left is not None
    return tally.left.seconds


def report(run, step, elapsed, steps=12_000, **more):
    state = {"step": step, "steps": steps, "elapsed_s": elapsed, **more}
    write_json(run.folder / "progress.json", state)


def test_the_rate_so_far_corrects_an_estimate_that_was_too_low(three):
    plan, now = three
    first, second, third = plan.runs
    for run in plan.runs:
        run.estimate_s = 20.0
    tally = Tally(plan, jobs=1, at_once=1)
    tally.started(first)
    now[0] += 30.0
    report(first, 645, 30.0)  # 15 s of them compiled
    tally.look(first)
    assert seconds_left(tally) > 400  # not the 10 s that the estimate would leave
    now[0] += 30.0
    report(first, 1935, 60.0)  # 43 steps a second
    tally.look(first)
    left = (12_000 - 1935) / 43
    each = 60 + left
    assert tally.left is not None
    assert tally.left.seconds == pytest.approx(left + 2 * each)
    assert not tally.left.guess


def test_the_progress_of_an_earlier_attempt_counts_for_nothing(three):
    plan, now = three
    first = plan.runs[0]
    for run in plan.runs:
        run.estimate_s = 20.0
    report(first, 645, 30.0, time=now[0] - 1)
    tally = Tally(plan, jobs=1, at_once=1)
    tally.started(first)
    tally.look(first)
    assert seconds_left(tally) == 60.0


def test_a_guess_is_called_one_until_a_run_of_the_stage_has_ended(three, capsys):
    plan, now = three
    for run in plan.runs:
        run.estimate_s, run.guess = 20.0, True
    display = PlainDisplay()
    display.start(plan, 1)
    assert "1 at once, about 60 s (a guess)" in capsys.readouterr().out
    tally = display.tally
    tally.started(plan.runs[0])
    now[0] += 30.0
    tally.finished(plan.runs[0])
    assert tally.left == TimeLeft(60.0, False)


class Together:
    """Slots as a Dask client has them: a `submit` that gives a future."""

    def __init__(self):
        self.calls = []

    def submit(self, fn, /, *args):
        future: Future = Future()
        self.calls.append(args)
        future.set_result(fn(*args))
        return future


def test_anything_with_a_submit_serves_as_slots(toy):
    toy.spread("one", "notebook: toy/train")
    slots = Together()
    outcome = execute(toy.project, toy.plan("one"), slots=slots, display=toy.display)
    assert outcome.counts == {"done": 1}
    folder, root = slots.calls[0]
    assert folder == str(toy.plan("one").runs[0].folder)
    assert root == str(toy.root)


def test_a_slot_that_fails_is_a_failed_run(toy):
    class Broken:
        def submit(self, fn, /, *args):
            future: Future = Future()
            future.set_exception(RuntimeError("the scheduler is away"))
            return future

    toy.spread("one", "notebook: toy/train")
    outcome = execute(toy.project, toy.plan("one"), slots=Broken(), display=toy.display)
    assert list(outcome.failures) == ["the scheduler is away"]


def test_a_hook_that_fails_stops_nothing(toy):
    def hook(folder):
        raise OSError(28, "No space left on device")

    toy.spread("one", "notebook: toy/train")
    assert toy.run("one", on_finished=hook).counts == {"done": 1}
    assert "No space left" in toy.display.notes[0]


def test_the_status_of_a_project_counts_runs_by_spread_and_state(toy):
    toy.spread("two", "notebook: toy/train\nvary: [{grid: {fail: [[], [0]]}}]")
    toy.run("two", jobs=2)
    found = project_status(toy.project)
    assert found.spreads == {"two": {"done": 1, "failed": 1}}
    assert list(found.failures) == ["ValueError: the loss is no number"]
    run = toy.plan("two").runs[0]
    hand = run.folder.with_name("20260101")
    Manifest(notebook="toy/train", interactive=True).write(hand)
    Status("done").write(hand)
    assert project_status(toy.project).spreads["by hand"] == {"done": 1}
    assert "by hand" not in project_status(toy.project, ["params/two.yml"]).spreads
