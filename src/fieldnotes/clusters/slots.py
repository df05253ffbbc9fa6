"""Slots elsewhere: Dask workers, and whatever a factory makes that can `submit`."""

import importlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from fieldnotes.clusters.settings import ClusterError
from fieldnotes.project import Project
from fieldnotes.runner.batch import default_jobs
from fieldnotes.runner.planned import Plan
from fieldnotes.runner.slots import stop_workers

CONNECT = 20  # [s] for a Dask scheduler to answer
NOTHING = "Nothing was run."


@contextmanager
def dask_slots(plan: Plan, place: str, jobs: int | None) -> Iterator[dict[str, Any]]:
    """Dask's workers as slots: of a cluster on this machine, or at `dask://HOST:PORT`.

    Each thread of a worker is a slot. A task whose worker is lost goes to another.

    Raises:
        ClusterError: Dask is not installed, or no scheduler answers.
    """
    try:
        import distributed
    except ImportError as error:
        message = (
            f"--on {place}: Dask is not installed ({error}). "
            f"Install it: pip install 'fieldnotes[dask]'. {NOTHING}"
        )
        raise ClusterError(message) from error
    address = place.partition("://")[2]
    if place != "dask" and not address:
        message = f"--on {place}: must be dask or dask://HOST:PORT. {NOTHING}"
        raise ClusterError(message)
    number = jobs or default_jobs(plan)
    if address:
        client = _connected(distributed, f"tcp://{address}", place)
        held = client.scheduler_info(n_workers=-1)["workers"].values()
        threads = sum(worker["nthreads"] for worker in held)
        if not threads:
            client.close()
            message = (
                f"--on {place}: this scheduler has no workers. Start some: "
                f"dask worker {address}. {NOTHING}"
            )
            raise ClusterError(message)
        number = min(jobs or threads, threads)
        with client:
            yield {"slots": DaskSlots(client), "jobs": number}
        return
    local: Any = distributed.LocalCluster  # annotated without the None it takes
    with (
        local(
            n_workers=number, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield {"slots": DaskSlots(client), "jobs": number}


def _connected(distributed: Any, address: str, place: str) -> Any:
    try:
        return distributed.Client(address, timeout=CONNECT)
    except (OSError, ValueError) as error:
        message = f"--on {place}: no Dask scheduler answers ({error}). {NOTHING}"
        raise ClusterError(message) from error


class DaskSlots:
    """A Dask client as slots."""

    def __init__(self, client: Any):
        self.client = client
        self.executor = client.get_executor(pure=False)

    def submit(self, fn: Any, /, *args: Any) -> Future:
        """Run `fn(*args)` on a worker."""
        return self.executor.submit(fn, *args)

    def interrupt(self) -> None:
        """Ask the runs on every worker to stop."""
        self.client.run(stop_workers)


@contextmanager
def factory_slots(
    project: Project, place: str, jobs: int | None
) -> Iterator[dict[str, Any]]:
    """What `MODULE:FACTORY` makes, as slots; a context is entered and left.

    The factory is called with the number of `--jobs`, or without anything.

    Raises:
        ClusterError: there is no such factory, or what it makes cannot submit.
    """
    # To the end: what it starts may import its module only then.
    with project.importable(project.root):
        factory = _factory(place)
        made = factory() if jobs is None else factory(jobs)
        if not callable(getattr(made, "submit", None)):
            message = (
                f"--on {place}: the factory made {type(made).__name__}, which has no "
                "`submit`. It must return an executor, as concurrent.futures has them. "
                f"{NOTHING}"
            )
            raise ClusterError(message)
        number = jobs or getattr(made, "_max_workers", None)
        chosen = {"slots": AnySlots(made)} | ({"jobs": number} if number else {})
        if not hasattr(made, "__exit__"):
            yield chosen
            return
        with made:
            yield chosen


def _factory(place: str) -> Callable[..., Any]:
    """The function that a place names, from a module of the project or installed."""
    name, _, attribute = place.partition(":")
    try:
        factory = getattr(importlib.import_module(name), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        message = (
            f"--on {place}: {error}. It takes MODULE:FACTORY, a function of a module "
            "in the project or installed, such as "
            f"concurrent.futures:ThreadPoolExecutor. {NOTHING}"
        )
        raise ClusterError(message) from error
    if not callable(factory):
        message = f"--on {place}: `{attribute}` cannot be called. {NOTHING}"
        raise ClusterError(message)
    return factory


class AnySlots:
    """Slots of anything with `submit`; its futures become those of this language."""

    def __init__(self, made: Any):
        self.made = made

    def submit(self, fn: Any, /, *args: Any) -> Future:
        """Run `fn(*args)` there."""
        theirs = self.made.submit(fn, *args)
        if isinstance(theirs, Future):
            return theirs
        ours: Future = Future()
        ours.set_running_or_notify_cancel()
        theirs.add_done_callback(lambda done: _copy(done, ours))
        return ours

    def interrupt(self) -> None:
        """Ask the runs that were started from this process to stop."""
        stop_workers()


def _copy(done: Any, future: Future) -> None:
    try:
        result = done.result()
    except BaseException as error:  # cancelled, too
        future.set_exception(error)
    else:
        future.set_result(result)
