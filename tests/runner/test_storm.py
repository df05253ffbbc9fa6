"""Kernels, workers, nurseries and the runner killed at random: nothing is lost."""

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import suppress

import psutil
import pytest

from fieldnotes.catalogue import Catalogue
from fieldnotes.files import read_json

RESTARTS = 3
LONGEST = 5.0  # [s] to wait for somebody to kill
KINDS = ("nursery", "kernel", "worker", "runner")
STORM = """
    # %% tags=["parameters"]
    step: int = 0  # [1] which of several

    # %%
    import fcntl
    import os
    import time
    from pathlib import Path

    project = Path(os.environ["FIELDNOTES_RUN"]).parents[3]
    alone = (project / f"held-{step}").open("w")
    fcntl.flock(alone, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the system frees it with us
    with (project / "diary.txt").open("a") as diary:
        diary.write(f"{step}\\n")
    time.sleep(0.5)
"""
RUNNER = """
    from fieldnotes.project import Project
    from fieldnotes.runner import execute, make_plan
    from fieldnotes.spreads import load_spreads

    project = Project.find()
    plan = make_plan(project, load_spreads(project, ["storm"]))
    raise SystemExit(execute(project, plan, jobs=JOBS).exit_code)
"""


@pytest.fixture
def storm(toy, tmp_path):
    """So many runs that note when they begin, and that no two processes do at once."""

    def make(runs):
        toy.notebook("storm", STORM)
        grid = f"{{grid: {{step: {{range: {runs}}}}}}}"
        toy.spread("storm", f"notebook: toy/storm\nvary: [{grid}]\n")
        (tmp_path / "temporary").mkdir()
        return toy

    return make


def processes(toy):
    """What runs for this project, by kind: kernels, workers, nurseries, others."""
    kinds: dict[str, list[psutil.Process]] = {
        "runner": [],
        "nursery": [],
        "worker": [],
        "kernel": [],
    }
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            environment = process.environ()
            if environment.get("FIELDNOTES_PROJECT") != str(toy.root):
                continue
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            forking = "FIELDNOTES_ROOM" in environment
            running = "FIELDNOTES_RUN" in environment
            first = "-c" in process.cmdline()
            kind = "kernel" if running else "nursery" if forking else "worker"
            kinds["runner" if first else kind].append(process)
    return kinds


def indexed(toy):
    """The state of each run, as the index made from the folders has it."""
    runs = Catalogue(toy.project).runs()
    return dict(zip(runs["key"], runs["state"], strict=True))


@pytest.mark.parametrize(
    ("runs", "jobs", "rounds"),
    [
        (12, 3, 1),
        pytest.param(200, 4, 5, marks=[pytest.mark.slow, pytest.mark.timeout(3600)]),
    ],
    ids=["12", "200"],
)
def test_every_run_finishes_however_often_something_is_killed(
    storm, tmp_path, wait_for, runs, jobs, rounds
):
    """`rounds`: how often each kind is killed between two starts; the runner goes last
    and but once, as nothing is left to kill without it."""
    storm = storm(runs)
    chance = random.Random(7)
    surroundings = os.environ | {
        "FIELDNOTES_PROJECT": str(storm.root),
        "TMPDIR": str(tmp_path / "temporary"),
    }
    program = textwrap.dedent(RUNNER).replace("JOBS", str(jobs))
    command = [sys.executable, "-c", program]
    killed: list[str] = []
    code = None
    for start in range(1 + RESTARTS):
        runner = subprocess.Popen(command, env=surroundings, stdout=subprocess.DEVNULL)
        # Nothing is killed after the last start.
        others = [kind for kind in KINDS if kind != "runner"] * rounds
        victims = [*others, "runner"] if start < RESTARTS else []
        for kind in victims:
            # After three deaths of nurseries a batch has none any more.
            last = time.monotonic() + LONGEST
            while (
                runner.poll() is None
                and time.monotonic() < last
                and not processes(storm)[kind]
            ):
                time.sleep(0.05)
            time.sleep(chance.uniform(0, 1))
            there = processes(storm)[kind]
            if there:
                with suppress(psutil.NoSuchProcess):
                    chance.choice(there).send_signal(signal.SIGKILL)
                    killed.append(kind)
        code = runner.wait(60 + 5 * runs)
    assert set(killed) == set(KINDS)
    assert code == 0
    plan = storm.plan("storm")
    assert [run.state for run in plan.runs] == ["done"] * runs
    begun = (storm.root / "diary.txt").read_text().split()
    for run in plan.runs:
        status, step = storm.status(run), str(run.request.parameters["step"])
        assert status["attempt"] <= 1 + RESTARTS
        assert 1 <= begun.count(step) <= status["attempt"]
        assert not (run.folder / "lock").exists()
        assert read_json(run.folder / "params.json")["parameters"]["step"] == int(step)
    wait_for(lambda: not any(processes(storm).values()))
    assert list((tmp_path / "temporary").iterdir()) == []
    assert indexed(storm) == {run.folder.name: "done" for run in plan.runs}
    assert storm.run("storm").counts == {"done": runs}
    assert (storm.root / "diary.txt").read_text().split() == begun
