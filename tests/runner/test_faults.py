"""What can go wrong around runs: nothing finished is lost, the next call completes."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fieldnotes.files import read_json, write_json
from fieldnotes.project import Project
from fieldnotes.runner import RunnerError, execute, project_status
from fieldnotes.runner.admit import FREE_DISK_VARIABLE, disk_is_full
from fieldnotes.runner.batch import check_writable
from fieldnotes.runner.progress import summary
from fieldnotes.runner.slots import launch
from runner.conftest import SLOW

TWO = "notebook: toy/slow\nvary: [{grid: {step: {range: 2}}}]\n"
PAIR = "notebook: toy/train\nvary: [{grid: {seed: [0, 1]}}]\ntogether: seed\n"
RUNNER = """
    import signal

    from fieldnotes.project import Project
    from fieldnotes.runner import execute, make_plan
    from fieldnotes.spreads import load_spreads

    # A shell that starts the tests in the background has Ctrl-C ignored below it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    project = Project.find()
    plan = make_plan(project, load_spreads(project, ["slow"]))
    raise SystemExit(execute(project, plan, jobs=2).exit_code)
"""


@pytest.fixture
def slow(toy):
    """A spread of two runs that wait as long as the file `hold` is there."""
    toy.notebook("slow", SLOW)
    toy.spread("slow", TWO)
    (toy.root / "hold").touch()
    return toy


@pytest.fixture
def runner(slow):
    """Start a runner on the spread, in a process of its own; it is gone at the end."""
    started = []

    def start():
        command = [sys.executable, "-c", textwrap.dedent(RUNNER)]
        environment = os.environ | {"FIELDNOTES_PROJECT": str(slow.root)}
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield start
    (slow.root / "hold").unlink(missing_ok=True)
    for process in started:
        process.kill()
        process.communicate(timeout=30)


def kernels(toy):
    """Process ids of the kernels that have begun."""
    return [int(p.read_text()) for p in toy.project.runs.glob("*/*/kernel")]


def diary(toy):
    return sorted((toy.root / "diary.txt").read_text().splitlines())


def test_a_kernel_killed_in_the_middle_is_found_and_repeated(slow, runner, wait_for):
    process = runner()
    wait_for(lambda: len(kernels(slow)) == 2)
    os.kill(kernels(slow)[0], signal.SIGKILL)
    (slow.root / "hold").unlink()
    assert process.wait(60) == 1
    states = sorted(run.state for run in project_status(slow.project, ["slow"]).runs)
    assert states == ["done", "killed"]
    assert slow.run("slow").counts == {"done": 2}
    # What the first attempt kept is there for the second, to go on from.
    assert sum("True" in line for line in diary(slow)) == 1


def test_ctrl_c_stops_cleanly_and_the_next_call_goes_on(slow, runner, wait_for, alive):
    process = runner()
    wait_for(lambda: len(kernels(slow)) == 2)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 1
    states = [run.state for run in project_status(slow.project, ["slow"]).runs]
    assert states == ["interrupted", "interrupted"]
    assert not any(alive(pid) for pid in kernels(slow))
    (slow.root / "hold").unlink()
    assert slow.run("slow", jobs=2).counts == {"done": 2}


def test_a_killed_runner_loses_nothing_and_its_runs_are_not_done_twice(
    slow, runner, wait_for
):
    first = runner()
    wait_for(lambda: len(kernels(slow)) == 2)
    first.kill()
    first.wait(30)
    assert {run.state for run in slow.plan("slow").runs} == {"running elsewhere"}
    second = runner()
    for line in second.stdout:
        if "waiting for it" in line:
            break
    (slow.root / "hold").unlink()
    assert second.wait(60) == 0
    assert diary(slow) == ["0 False", "1 False"]


def test_two_runners_at_once_do_each_run_once(slow, runner, wait_for):
    first, second = runner(), runner()
    wait_for(lambda: len(kernels(slow)) == 2)
    (slow.root / "hold").unlink()
    assert (first.wait(60), second.wait(60)) == (0, 0)
    assert diary(slow) == ["0 False", "1 False"]


def test_a_machine_that_went_down_is_told_as_killed_and_the_run_repeated(slow):
    folder = slow.plan("slow").runs[0].folder
    write_json(folder / "status.json", {"state": "running", "pid": 1, "attempt": 1})
    write_json(folder / "params.json", {"notebook": "toy/slow"})
    assert slow.plan("slow").runs[0].reason.startswith("killed before")
    (slow.root / "hold").unlink()
    assert slow.run("slow").counts == {"done": 2}
    assert read_json(folder / "status.json")["attempt"] == 2


def test_what_another_runner_did_since_the_plan_is_not_done_again(toy):
    toy.spread("one", "notebook: toy/train")
    plan = toy.plan("one")
    toy.run("one")
    assert execute(toy.project, plan, display=toy.display).counts == {"done": 1}
    assert toy.display.ends[-1] == ("done", "done elsewhere")
    assert len(toy.trained) == 1


@pytest.mark.parametrize("name", ["status.json", "params.json"])
def test_a_corrupted_folder_is_archived_and_repeated_with_its_models(toy, name):
    toy.spread("one", PAIR)
    toy.run("one")
    run = toy.plan("one").runs[0]
    (run.folder / name).write_text('{"state": "do')
    assert toy.plan("one").runs[0].reason == f"unreadable: {name}"
    assert toy.run("one").counts == {"done": 1}
    assert len(list((toy.project.catalogue / "archive" / "toy").iterdir())) == 1
    assert "archived" in toy.display.notes[-1]
    assert len(toy.trained) == 2, "models that are whole are not trained again"
    assert toy.plan("one").runs[0].state == "done"


def test_a_truncated_model_is_trained_again_and_no_other(toy):
    toy.spread("one", PAIR)
    toy.run("one")
    run = toy.plan("one").runs[0]
    model = run.folder / "models" / f"{run.members[1].identity}.eqx"
    model.write_bytes(model.read_bytes()[:5])
    again = toy.plan("one").runs[0]
    assert again.state == "to run"
    assert again.members[1].identity in again.reason
    assert toy.run("one").counts == {"done": 1}
    assert toy.trained == ["{'seed': 0}", "{'seed': 1}", "{'seed': 1}"]


def test_a_catalogue_that_cannot_be_written_is_refused_before_the_start(toy):
    toy.spread("one", "notebook: toy/train")
    plan = toy.plan("one")
    toy.project.catalogue.write_text("a file stands here")
    with pytest.raises(RunnerError, match="cannot be written .*Nothing was run"):
        execute(toy.project, plan, display=toy.display)
    assert toy.trained == []


def test_many_runners_may_ask_at_once_whether_the_catalogue_can_be_written(toy):
    with ThreadPoolExecutor(8) as pool:
        for asked in [pool.submit(check_writable, toy.project) for _ in range(400)]:
            assert asked.exception() is None
    assert [path.name for path in toy.project.catalogue.iterdir()] == ["runs"]


def test_on_a_full_disk_no_run_is_started_and_none_is_lost(toy, monkeypatch):
    toy.spread("two", "notebook: toy/train\nvary: [{grid: {rate: [1.0, 2.0]}}]")
    monkeypatch.setenv(FREE_DISK_VARIABLE, "1e9")
    outcome = toy.run("two")
    assert outcome.counts == {"not started": 2}
    assert outcome.exit_code == 1
    assert "1e+09 GB needed before a start (setting free_disk)" in outcome.obstacle
    assert [note for note in toy.display.notes if "No new run is started" in note]
    assert read_json(outcome.record / "summary.json")["obstacle"] == outcome.obstacle
    assert summary(outcome)[1].startswith("Not started: disk full")
    monkeypatch.delenv(FREE_DISK_VARIABLE)
    assert toy.run("two").counts == {"done": 2}


def test_the_setting_says_how_much_disk_must_be_free(toy, monkeypatch):
    monkeypatch.delenv(FREE_DISK_VARIABLE, raising=False)
    toy.project.catalogue.mkdir()
    assert disk_is_full(toy.project) == ""
    (toy.root / "fieldnotes.toml").write_text('free_disk = "1000000 TB"\n')
    assert "1e+09 GB needed" in disk_is_full(Project(toy.root))


def test_a_disk_that_fills_up_while_runs_start_stops_nothing_else(toy, monkeypatch):
    from fieldnotes.runs import Manifest

    write, calls = Manifest.write, []

    def full_at_first(self, *arguments):
        calls.append(self)
        if len(calls) == 1:
            raise OSError(28, "No space left on device")
        write(self, *arguments)

    monkeypatch.setattr(Manifest, "write", full_at_first)
    toy.spread("two", "notebook: toy/train\nvary: [{grid: {rate: [1.0, 2.0]}}]")
    outcome = toy.run("two", jobs=1)
    assert outcome.counts == {"failed": 1, "done": 1}
    assert "No space left" in next(iter(outcome.failures))


def test_a_worker_that_dies_leaves_a_status_and_stops_nothing_else(
    slow, wait_for, alive
):
    run = slow.plan("slow").runs[0]
    batch = threading.Thread(target=lambda: slow.run("slow", jobs=2))
    batch.start()
    wait_for(lambda: len(kernels(slow)) == 2)
    status_then = slow.status(run)
    os.kill(status_then["pid"], signal.SIGKILL)
    (slow.root / "hold").unlink()
    batch.join(60)
    wait_for(lambda: not any(alive(pid) for pid in kernels(slow)))
    assert slow.status(run)["state"] == "killed"
    assert "signal 9" in slow.status(run)["reason"]
    assert not Path(status_then["scratch"]).exists(), "its temporary folder is gone"
    assert sorted(state for state, _ in slow.display.ends) == ["done", "killed"]
    assert launch(str(run.folder), str(slow.root)) == 0
