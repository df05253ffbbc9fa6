"""A batch and its terminal: what closes loses nothing, what is stopped ends."""

import os
import pty
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest

from fieldnotes.runner import project_status
from fieldnotes.runner.batches import LOG, PLACE, VARIABLE, batches
from fieldnotes.runner.detached import stop_batch
from fieldnotes.runner.lossy import MOST, LossyStream

SHORT = """
    # %% tags=["parameters"]
    step: int = 0  # [1] which of several

    # %%
    import time

    time.sleep(0.2)
    print(step)
"""
BUSY = """
    # %% tags=["parameters"]
    step: int = 0  # [1] which of several

    # %%
    import os
    import subprocess
    from pathlib import Path

    subprocess.Popen(["sleep", f"60{step}"], start_new_session=True)
    (Path(os.environ["FIELDNOTES_RUN"]) / "kernel").write_text(str(os.getpid()))
    while True:
        pass
"""
SIX = "notebook: toy/cell\nvary: [{grid: {step: {range: 6}}}]\n"
TWO = "notebook: toy/cell\nvary: [{grid: {step: {range: 2}}}]\n"
# Takes a terminal and then becomes the command. A function of this process cannot do
# so between fork and exec: other tests have threads of JAX here, which forbids a fork.
BECOME = """
import os, signal, sys

signal.signal(signal.SIGINT, signal.SIG_DFL)
if sys.argv[1]:
    os.login_tty(int(sys.argv[1]))
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""


@pytest.fixture
def command(toy):
    """Start `fieldnotes` in a process of its own, on a terminal if one is given."""
    started = []

    def start(*words, terminal=None, **options):
        options["env"] = os.environ | {
            "FIELDNOTES_PROJECT": str(toy.root),
            **options.pop("env", {}),
        }
        given = () if terminal is None else (terminal,)
        line = [sys.executable, "-c", BECOME, "".join(map(str, given))]
        line += ["-m", "fieldnotes", *words]
        process = subprocess.Popen(line, pass_fds=given, **options)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait(30)
    for process in family(toy):
        process.kill()


def family(toy) -> list[psutil.Process]:
    """Every process that belongs to the project, whoever its parent is now."""
    found = []
    for process in psutil.process_iter():
        try:
            mine = process.environ().get("FIELDNOTES_PROJECT") == str(toy.root)
            if mine and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def states(toy) -> Counter:
    return Counter(run.state for run in project_status(toy.project).runs)


def six(toy, wait_for, process):
    """Wait until the first of six runs is done, with more to come."""
    wait_for(lambda: states(toy)["done"])
    assert process.poll() is None
    assert states(toy)["done"] < 6


def all_done(toy, process):
    assert process.wait(120) == 0
    assert states(toy) == {"done": 6}
    (batch,) = batches(toy.project)
    assert batch.state == "ended"
    assert batch.summary["counts"] == {"done": 6}


@pytest.fixture
def short(toy):
    toy.notebook("cell", SHORT)
    toy.spread("six", SIX)
    return toy


def test_a_terminal_that_hangs_up_and_closes_stops_nothing(short, command, wait_for):
    ours, theirs = pty.openpty()
    process = command("run", "six", "--jobs", "2", terminal=theirs)
    os.close(theirs)
    six(short, wait_for, process)
    os.killpg(process.pid, signal.SIGHUP)
    wait_for(lambda: states(short)["done"] >= 3)
    os.close(ours)
    all_done(short, process)
    (batch,) = batches(short.project)
    text = batch.log.read_text()
    assert text.count("done  six.cell step=") == 6
    assert "6 done; " in text


def test_a_pipe_that_closes_stops_nothing(short, command, wait_for):
    read, write = os.pipe()
    process = command("run", "six", "--jobs", "2", stdout=write, stderr=write)
    os.close(write)
    six(short, wait_for, process)
    os.close(read)
    all_done(short, process)


def test_a_full_disk_below_output_and_log_stops_nothing(short, command):
    folder = short.project.catalogue / PLACE / "here"
    folder.mkdir(parents=True)
    (folder / LOG).symlink_to("/dev/full")
    with Path("/dev/full").open("w") as full:
        process = command(
            *("run", "six", "--jobs", "2"),
            env={VARIABLE: str(folder)},
            stdout=full,
            stderr=full,
        )
    all_done(short, process)


def test_where_no_log_can_be_kept_the_output_says_so(toy):
    toy.spread("one", "notebook: toy/train")
    toy.project.catalogue.mkdir()
    (toy.project.catalogue / PLACE).write_text("a file stands here")
    assert toy.run("one").counts == {"done": 1}
    assert any(note.startswith("the log lacks some") for note in toy.display.notes)


def test_streams_that_are_closed_from_the_start_stop_nothing(toy):
    toy.spread("one", "notebook: toy/train")
    line = f"exec {sys.executable} -m fieldnotes run one >&- 2>&- <&-"
    environment = os.environ | {"FIELDNOTES_PROJECT": str(toy.root)}
    process = subprocess.run(["sh", "-c", line], env=environment, timeout=60)
    assert process.returncode == 0
    assert states(toy) == {"done": 1}


@pytest.mark.parametrize("tty", [False, True], ids=["pipe", "terminal"])
def test_output_that_nobody_takes_makes_nobody_wait(tty):
    ours, theirs = pty.openpty() if tty else os.pipe()
    os.set_blocking(theirs, False)
    with pytest.raises(BlockingIOError):
        while True:
            os.write(theirs, b"x" * 100)
    os.set_blocking(theirs, True)
    with os.fdopen(theirs, "w") as target:
        stream = LossyStream(target)
        began = time.monotonic()
        for _ in range(2 * MOST):
            print("a line", file=stream, flush=True)
        assert time.monotonic() - began < 2
        assert stream.loss == "nobody takes the output"
        os.close(ours)
        stream.close()
        print("nor does this raise", file=stream)


def test_text_that_finds_its_way_arrives_whole_and_in_order():
    read, write = os.pipe()
    with os.fdopen(write, "w", encoding="ascii") as target:
        stream = LossyStream(target)
        lines = [f"line {number} \N{MULTIPLICATION SIGN}\n" for number in range(999)]
        for line in lines:
            stream.write(line)
        stream.close()
        assert stream.loss == ""
    with os.fdopen(read) as source:
        text = source.read()
    assert text == "".join(lines).replace("\N{MULTIPLICATION SIGN}", "\\xd7")


@pytest.mark.parametrize("gone", [False, True], ids=["with a terminal", "without one"])
def test_sigterm_leaves_no_process(toy, command, wait_for, gone):
    toy.notebook("cell", BUSY)
    toy.spread("two", TWO)
    ours, theirs = pty.openpty()
    process = command("run", "two", "--jobs", "2", terminal=theirs)
    os.close(theirs)
    os.set_blocking(ours, False)
    wait_for(lambda: len(list(toy.project.runs.glob("*/*/kernel"))) == 2)
    # The runner, two workers, two kernels and their children; for a moment /proc shows
    # a process that has just become another one without its environment.
    wait_for(lambda: len(family(toy)) >= 7, 5)
    if gone:
        os.close(ours)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 1
    wait_for(lambda: not family(toy), 1)
    assert states(toy) == {"interrupted": 2}
    (batch,) = batches(toy.project)
    assert batch.state == "stopped"


@pytest.fixture
def two_busy(toy, command, wait_for):
    """A detached batch of two runs that never end by themselves."""
    toy.notebook("cell", BUSY)
    toy.spread("two", TWO)
    ours, theirs = pty.openpty()
    shell = command("run", "two", "--jobs", "2", "--detach", terminal=theirs)
    os.close(theirs)
    assert shell.wait(60) == 0
    os.close(ours)
    wait_for(lambda: len(list(toy.project.runs.glob("*/*/kernel"))) == 2)
    (batch,) = batches(toy.project)
    return batch


def said_by(command, *words) -> tuple[int, str]:
    process = command(
        *words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    text, _ = process.communicate(timeout=60)
    return process.returncode, text


def test_a_detached_batch_is_told_by_status_and_ended_by_stop(
    toy, two_busy, command, wait_for
):
    assert two_busy.state == "running"
    code, text = said_by(command, "status")
    assert code == 0
    assert f"batch {two_busy.name}" in text.replace("\n", " ")
    code, text = said_by(command, "stop")
    assert code == 0, text
    assert "is stopped" in text
    wait_for(lambda: not family(toy), 10)
    assert states(toy) == {"interrupted": 2}
    (batch,) = batches(toy.project)
    assert batch.state == "stopped"
    code, text = said_by(command, "status")  # what the user stopped did not fail
    assert (code, "failure" in text) == (0, False)


def test_a_batch_that_does_not_answer_is_ended_all_the_same(toy, two_busy, wait_for):
    runner = psutil.Process(two_busy.holder["pid"])
    runner.suspend()
    assert stop_batch(two_busy, patience=1.0)
    wait_for(lambda: not [p for p in family(toy) if p.pid == runner.pid], 10)


def test_stop_names_the_batch_that_was_meant(short, two_busy, command):
    code, text = said_by(command, "stop", two_busy.name[:-1] + "x")
    assert code == 2
    assert two_busy.name in text


def test_a_detached_batch_that_cannot_begin_says_why(toy, command):
    toy.spread("bad", "notebook: toy/nowhere\n")
    code, text = said_by(command, "run", "bad", "--detach")
    assert code == 2
    assert "toy/nowhere" in text
    assert not batches(toy.project)
