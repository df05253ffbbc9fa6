"""Runs on Dask workers, and in anything that a factory makes and that can submit."""

import os
import signal
import sys
import textwrap
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import psutil
import pytest

from fieldnotes.clusters import ClusterError, run_on
from fieldnotes.clusters.places import _slots
from fieldnotes.clusters.slots import AnySlots
from fieldnotes.runner import execute
from fieldnotes.runner.slots import stop_workers
from fieldnotes.runs.status import known_status

OPTIONS = {
    **{"jobs": None, "timeout": None, "memory": None, "fail_fast": False},
    **{"max_failures": None, "chunk": None, "dry_run": False},
    **{"wait": False, "then": None},
}
ODD = """
    import threading


    class Promise:
        def __init__(self, fn, args):
            self.done, self.value = threading.Event(), None
            self.thread = threading.Thread(target=self.work, args=(fn, args))

        def work(self, fn, args):
            self.value = fn(*args)
            self.done.set()

        def add_done_callback(self, call):
            self.call = call
            threading.Thread(target=lambda: self.done.wait() and call(self)).start()
            self.thread.start()

        def result(self):
            return self.value


    class Pool:
        made = []

        def __init__(self, size=1):
            self.size = size
            Pool.made.append(self)

        def submit(self, fn, *args):
            return Promise(fn, args)


    def nothing():
        return 3


    constant = 3
"""


@pytest.fixture
def odd(toy):
    """A toy with a module that makes slots whose futures are its own."""
    (toy.root / "src" / "toyodd.py").write_text(textwrap.dedent(ODD))
    toy.spread("pair", "notebook: toy/train\nvary: [{grid: {rate: [1.0, 2.0]}}]")
    before = list(sys.path)
    yield toy
    sys.path[:] = before
    sys.modules.pop("toyodd", None)


def states(toy, spread):
    return [known_status(run.folder).state for run in toy.plan(spread).runs]


@pytest.mark.parametrize(
    "place", ["toyodd:Pool", "concurrent.futures:ThreadPoolExecutor"]
)
def test_anything_that_can_submit_takes_runs(odd, place):
    options = OPTIONS | {"jobs": 2}
    assert run_on(odd.project, odd.plan("pair"), place, **options) == 0
    assert states(odd, "pair") == ["done", "done"]
    assert len(odd.trained) == 2


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("toyodd:nothing", "the factory made int, which has no `submit`"),
        ("toyodd:constant", "`constant` cannot be called"),
        ("toyodd:Pol", "has no attribute 'Pol'"),
        ("toyold:Pool", "No module named 'toyold'"),
        (":", "It takes MODULE:FACTORY"),
        ("dask:8786", "must be dask or dask://HOST:PORT"),
        ("dask://", "must be dask or dask://HOST:PORT"),
    ],
)
def test_a_place_that_takes_no_runs_is_refused(odd, place, said):
    with pytest.raises(ClusterError) as caught:
        run_on(odd.project, odd.plan("pair"), place, **OPTIONS)
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"--on {place}: ")
    assert str(caught.value).endswith("Nothing was run.")
    assert not odd.trained


def test_the_error_of_a_foreign_future_is_kept():
    class Lost:
        def submit(self, fn, *args):
            return self

        def add_done_callback(self, call):
            call(self)

        def result(self):
            message = "the worker is gone"
            raise ConnectionError(message)

    future = AnySlots(Lost()).submit(print)
    assert isinstance(future, Future)
    assert str(future.exception(timeout=5)) == "the worker is gone"


@pytest.fixture
def no_warnings(recwarn):
    """Dask's own clean-up warns; what is asked here is what becomes of the runs."""
    pytest.importorskip("distributed", reason="Dask is not installed (extra `dask`)")


@pytest.mark.filterwarnings("default")
def test_a_dask_worker_killed_in_mid_run_loses_no_run(toy, wait_for, no_warnings):
    (toy.root / "hold").touch()
    plan = toy.plan("slow")
    with _slots(toy.project, plan, "dask", 2) as chosen, ThreadPoolExecutor(1) as pool:
        done = pool.submit(execute, toy.project, plan, display=toy.display, **chosen)
        diary = toy.root / "diary.txt"
        wait_for(lambda: diary.exists() and len(diary.read_text().split("\n")) == 3)
        worker = next(iter(chosen["slots"].client.run(os.getpid).values()))
        os.kill(worker, signal.SIGKILL)
        time.sleep(1)
        (toy.root / "hold").unlink()
        assert done.result(120).counts == {"done": 3}
    assert states(toy, "slow") == ["done"] * 3
    starts = diary.read_text().splitlines()
    assert sorted(starts) == ["0 False", "1 False", "2 False"], "none was run twice"


@pytest.mark.filterwarnings("default")
def test_a_scheduler_elsewhere_takes_runs_and_one_that_is_not_there_is_told(
    odd, no_warnings
):
    import distributed

    local: Any = distributed.LocalCluster
    with local(n_workers=1, threads_per_worker=2, dashboard_address=None) as cluster:
        place = f"dask://{cluster.scheduler_address.removeprefix('tcp://')}"
        assert run_on(odd.project, odd.plan("pair"), place, **OPTIONS) == 0
    assert states(odd, "pair") == ["done", "done"]
    with pytest.raises(ClusterError, match="no Dask scheduler answers"):
        with _slots(odd.project, odd.plan("pair"), "dask://127.0.0.1:9", None):
            pass


def test_runs_in_slots_elsewhere_stop_when_they_are_told_to(toy, wait_for):
    (toy.root / "hold").touch()
    plan = toy.plan("slow")
    place = "concurrent.futures:ThreadPoolExecutor"
    with _slots(toy.project, plan, place, 2) as chosen, ThreadPoolExecutor(1) as pool:
        done = pool.submit(
            execute, toy.project, plan, display=toy.display, fail_fast=True, **chosen
        )
        diary = toy.root / "diary.txt"
        wait_for(lambda: diary.exists() and len(diary.read_text().split("\n")) == 3)
        try:
            stop_workers()
            assert done.result(60).counts["interrupted"] == 2
        finally:
            (toy.root / "hold").unlink()
    names = [
        word
        for p in psutil.process_iter(["cmdline"])
        for word in p.info["cmdline"] or ()
    ]
    assert not any(str(toy.root) in name for name in names)
