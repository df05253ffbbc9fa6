"""What a batch shows, on a terminal and in a log; and other people's slots."""

from collections import Counter
from concurrent.futures import Future

from fieldnotes.files import write_json
from fieldnotes.runner import Outcome, execute, project_status
from fieldnotes.runner.progress import LiveDisplay, PlainDisplay, Tally, reading
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


def test_the_time_left_comes_from_estimates_and_then_from_this_batch(toy):
    toy.spread("three", SPREAD)
    plan = toy.plan("three")
    tally = Tally(plan, jobs=2)
    assert tally.seconds_left is None
    for run in plan.runs:
        run.estimate_s = 10.0
    assert Tally(plan, jobs=2).seconds_left == 15.0


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
