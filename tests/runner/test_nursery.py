"""Forked workers and kernels: as if started afresh, and gone when they shall be."""

import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from fieldnotes.files import read_json
from fieldnotes.runner import LocalSlots
from fieldnotes.runner.forked import Refused, ask
from fieldnotes.runner.monitor import kill_leftovers
from fieldnotes.runner.nurseries import DEATHS, Nurseries, _Nursery
from fieldnotes.runner.preload import installed_imports

PROBE = """
    # %% tags=["parameters"]
    turn: int = 0  # [1] which of several

    # %%
    print(turn)
    import json
    import os
    import random
    import resource
    import signal
    import sys
    import tempfile
    import threading
    from pathlib import Path

    import numpy
    import psutil

    umask = os.umask(0)
    os.umask(umask)
    shown = Path("/proc/self/environ").read_bytes().rstrip(b"\\0").split(b"\\0")
    descriptors = [os.readlink(f"/proc/self/fd/{n}") for n in (0, 1, 2)]
    seen = {
        "environment": dict(os.environ),
        "shown": dict(os.fsdecode(pair).split("=", 1) for pair in shown),
        "argv": [Path(word).name for word in sys.argv],
        "path": sys.path,
        "executable": sys.executable,
        "flags": list(sys.flags),
        "folder": os.getcwd(),
        "temporary": tempfile.gettempdir() == os.environ["TMPDIR"],
        "umask": umask,
        "leads its session": os.getsid(0) == os.getpid() == os.getpgrp(),
        "signals": {s.name: str(signal.getsignal(s)) for s in signal.Signals},
        "blocked": len(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
        "limits": {
            name: resource.getrlimit(getattr(resource, name))
            for name in sorted(vars(resource)) if name.startswith("RLIMIT_")
        },
        "nice": os.nice(0),
        "cores": sorted(os.sched_getaffinity(0)),
        "input": os.read(0, 1).decode(),
        "outputs": [Path(file).name for file in descriptors[1:]],
        "sockets": sum(
            "socket:" in os.readlink(file)
            for file in Path("/proc/self/fd").iterdir() if file.is_symlink()
        ),
        "threads": sorted(t.name.split("-")[0] for t in threading.enumerate()),
        "main": [sys.modules["__main__"].__name__, "get_ipython" in globals()],
        "machine": sorted(name for name in sys.modules if "fieldnotes" in name),
    }
    drawn = [random.random(), numpy.random.random()]
    parent = psutil.Process(os.getppid()).cmdline()
    seen = {"seen": seen, "drawn": drawn, "parent": parent, "pid": os.getpid()}
    Path(os.environ["FIELDNOTES_RUN"], "seen.json").write_text(json.dumps(seen))
"""
# These name the run, and a kernel's worker.
PLACES = ("FIELDNOTES_RUN", "TMPDIR", "IPYTHONDIR", "JPY_PARENT_PID")


@pytest.fixture
def nursery(tmp_path):
    """Start a nursery with these modules; it is gone at the end."""
    started = []

    def start(*modules: str, **variables: str) -> _Nursery:
        made = _Nursery(list(modules), os.environ | variables, tmp_path)
        started.append(made)
        return made

    yield start
    for made in started:
        made.close()


@pytest.fixture
def fork(nursery, tmp_path):
    """Let a nursery fork a call of a function; what it prints goes into `said`."""

    def call(function: str, *arguments, of: _Nursery | None = None, **options):
        connection = (of or nursery()).connect()
        variables = options.pop("variables", dict(os.environ))
        with (tmp_path / "said").open("ab") as said:
            return ask(
                connection,
                function,
                arguments,
                ["x"],
                variables,
                tmp_path,
                said,
                **options,
            )

    return call


def test_a_forked_kernel_finds_what_one_started_afresh_finds(toy):
    toy.notebook("probe", PROBE)
    spread = toy.spread(
        "probe", "notebook: toy/probe\nvary: [{grid: {turn: {range: 2}}}]"
    )
    seen = []
    for slots in (None, LocalSlots(1)):
        assert toy.run(spread, jobs=1, slots=slots, force=True).counts == {"done": 2}
        seen.append([read_json(r.folder / "seen.json") for r in toy.plan(spread).runs])
    forked, fresh = seen
    assert [Path(run["parent"][1]).name for run in forked] == ["nursery.py"] * 2
    assert not any("nursery.py" in " ".join(run["parent"]) for run in fresh)
    assert forked[0]["drawn"][0] != forked[1]["drawn"][0], "random numbers repeat"
    assert forked[0]["drawn"][1] != forked[1]["drawn"][1], "random numbers repeat"
    for run in (*forked, *fresh):
        for name in ("environment", "shown"):
            assert set(PLACES) <= run["seen"][name].keys()
            for place in PLACES:
                run["seen"][name].pop(place)
    assert forked[0]["seen"] == fresh[0]["seen"]


@pytest.mark.parametrize("code", [0, 1, 3, 255])
def test_the_exit_code_is_the_childs(fork, code):
    child = fork("os:_exit", code)
    assert child.wait(60) == child.poll() == code


def test_an_error_of_the_child_is_told_where_it_prints(fork, tmp_path):
    assert fork("no_such_module:main").wait(60) == 1
    assert "No module named 'no_such_module'" in (tmp_path / "said").read_text()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_a_signal_ends_the_child_and_is_told(fork, number):
    child = fork("time:sleep", 60)
    assert child.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.1)
    child.send_signal(number)
    assert child.wait(60) == -number
    child.send_signal(number)  # to nobody


def test_a_child_goes_with_its_asker_unless_it_outlives_it(
    fork, nursery, alive, wait_for
):
    parent = nursery()
    short, long = (
        fork("time:sleep", 60, of=parent, outlives=outlives)
        for outlives in (False, True)
    )
    pids = short.pid, long.pid
    del short, long
    wait_for(lambda: not alive(pids[0]))
    assert alive(pids[1])


def test_children_end_with_their_nursery(fork, nursery, alive, wait_for):
    parent = nursery()
    child = fork("time:sleep", 60, of=parent, outlives=True)
    parent.process.kill()
    wait_for(lambda: not alive(child.pid))  # before anybody asks for it
    assert child.wait(60) == -signal.SIGKILL


def test_a_nursery_ends_when_nobody_can_ask_and_no_child_is_left(fork, nursery):
    parent = nursery()
    child = fork("time:sleep", 60, of=parent, outlives=True)
    parent.keeper.close()
    with pytest.raises(subprocess.TimeoutExpired):
        parent.process.wait(0.5)
    child.kill()
    assert child.wait(60) == -signal.SIGKILL
    assert parent.process.wait(60) == 0


def test_another_environment_is_refused(fork, nursery):
    parent = nursery(OMP_NUM_THREADS="1")
    for variables, names in (
        ({"OMP_NUM_THREADS": "2"}, "OMP_NUM_THREADS"),
        ({"OMP_NUM_THREADS": "1", "XLA_FLAGS": ""}, "XLA_FLAGS"),
    ):
        with pytest.raises(Refused, match=f"^another environment: {names}$"):
            fork("os:_exit", 0, of=parent, variables=os.environ | variables)


def test_a_forked_process_is_known_by_its_run(fork, tmp_path):
    variables = os.environ | {"FIELDNOTES_RUN": str(tmp_path / ("ä" * 40))}
    child = fork("time:sleep", 60, variables=variables)
    kill_leftovers(tmp_path / "another")
    assert child.poll() is None
    kill_leftovers(Path(variables["FIELDNOTES_RUN"]))
    assert child.wait(60) == -signal.SIGKILL


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (
            "import threading\nthreading.Timer(60, print).start()",
            "threads",
        ),
        ("import jax\njax.devices()", "started JAX"),
    ],
)
def test_what_cannot_be_forked_is_not(nursery, tmp_path, code, reason):
    (tmp_path / "rude.py").write_text(f"{code}\n")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    rude = nursery("rude", PYTHONPATH=path)
    connection = rude.connect()
    with connection, pytest.raises(Refused):
        output = (tmp_path / "said").open("wb")
        with output:
            ask(connection, "os:_exit", [0], ["x"], os.environ, tmp_path, output)
    rude.process.kill()
    assert reason in rude.last_words()


def test_without_a_socket_runs_start_afresh_and_the_batch_says_so_once(
    toy, monkeypatch
):
    def no_socket(*_):
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(socket, "socketpair", no_socket)
    toy.notebook("probe", PROBE)
    spread = toy.spread(
        "probe", "notebook: toy/probe\nvary: [{grid: {turn: {range: 2}}}]"
    )
    outcome = toy.run(spread, jobs=2)
    assert outcome.counts == {"done": 2}
    said = [note for note in toy.display.notes if "start afresh" in note]
    assert len(said) == 1
    assert "Too many open files" in said[0]
    assert (outcome.record / "batch.log").read_text().count("start afresh") == 1
    for run in toy.plan(spread).runs:
        assert "nursery.py" not in " ".join(
            read_json(run.folder / "seen.json")["parent"]
        )


def test_a_nursery_that_keeps_dying_is_given_up(toy):
    notes = []
    nurseries = Nurseries(toy.project, [], notes.append)
    try:
        for _ in range(DEATHS):
            connection = nurseries._connect(os.environ, ("os",), ())
            assert connection is not None
            connection.close()
            for one in nurseries._alive.values():
                one.process.kill()
                one.process.wait()
        assert nurseries._connect(os.environ, ("os",), ()) is None
    finally:
        nurseries.close()
    assert len(notes) == 1
    assert "SIGKILL" in notes[0]


def test_what_notebooks_import_is_read_and_nothing_of_the_project(toy):
    module = toy.root / "src" / "toyscience" / "losses.py"
    module.write_text(
        "from typing import TYPE_CHECKING\n"
        "import numpy as np\n"
        "if TYPE_CHECKING:\n    import scipy\n"
        "def loss(rate):\n    import pandas\n    return rate\n"
    )
    path = toy.root / "notebooks" / "toy" / "1-train.py"
    found = installed_imports(toy.project, [path])
    assert found == ["numpy"]
    path = toy.notebook("more", "# %%\nimport tqdm, json\nfrom psutil import Process\n")
    assert installed_imports(toy.project, [path]) == ["psutil.Process"]
