"""`--on PLACE`: this machine, a cluster, Dask workers, or any other slots."""

import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click

from fieldnotes.clusters.settings import ClusterError, read_cluster
from fieldnotes.errors import CatalogueError
from fieldnotes.project import Project
from fieldnotes.runner import Outcome, Plan
from fieldnotes.runner.batches import SUMMARY
from fieldnotes.runner.lossy import outlive_terminal
from fieldnotes.words import listed

LOCAL, DASK = "local", "dask"
# What a place cannot do, by the name of the option that asks for it.
WATCHED = {"fail_fast": False, "max_failures": None}
SENT = {"chunk": None, "dry_run": False, "wait": False}


def run_on(project: Project, plan: Plan, place: str, **options: Any) -> int:
    """Run a plan at a place; the exit code of the command.

    A cluster gets what is missing and this returns, unless `wait` is asked for;
    elsewhere it returns when the runs have ended. `options` are those of `fieldnotes
    run`.

    Raises:
        ClusterError: there is no such place, or it lacks what is asked of it.
    """
    if place in (LOCAL, DASK) or ":" in place:
        _refuse(place, options, SENT, "is for clusters, which get scripts")
        watched = _without(options, (*SENT, "then"))
        with outlive_terminal():
            outcome = _watch(project, plan, place, **watched)
            _afterwards(project, outcome, options["then"])
        return outcome.exit_code
    cluster = read_cluster(project, place)
    _refuse(place, options, WATCHED, "is for runs that this command waits for")
    if options["then"] and not options["wait"]:
        message = f"--on {place}: --then needs --wait. Nothing was run."
        raise ClusterError(message)
    from fieldnotes.clusters.sending import Sending

    dry, throttle = options["dry_run"], options["jobs"]
    kept = {name: options[name] for name in ("chunk", "timeout", "memory")}
    sending = Sending(project, plan, cluster, throttle=throttle, say=click.echo, **kept)
    if dry:
        sending.dry_run()
        return 0
    code = sending.send()
    return _wait(project, plan, sending.folder, options) if options["wait"] else code


def _wait(project: Project, plan: Plan, folder: Path, options: dict[str, Any]) -> int:
    """Stay until what was sent has ended; the exit code says how."""
    from fieldnotes.catalogue import Catalogue
    from fieldnotes.clusters.waiting import wait_for

    with outlive_terminal():  # where click's echo would try bytes first
        outcome = wait_for(project, plan, folder, print)
        _gather(Catalogue(project))
        _afterwards(project, outcome, options["then"])
    return outcome.exit_code


def _afterwards(project: Project, outcome: Outcome, command: str) -> None:
    """Run the command that is asked for on completion, if any."""
    command = command or project.settings.on_completion
    if not command or outcome.record is None:
        return
    from fieldnotes.runner.afterwards import run_afterwards

    summary, code = outcome.record / SUMMARY, outcome.exit_code
    run_afterwards(command, summary, code, project.root, print)


def _watch(project: Project, plan: Plan, place: str, **options: Any) -> Outcome:
    """Run a plan and wait for its end; the index follows the run folders."""
    from fieldnotes.catalogue import Catalogue
    from fieldnotes.runner import execute

    catalogue = Catalogue(project)
    catalogue.check()

    def follow(_folder: Path | None = None) -> None:
        # A server that stops in the night costs no run: the folders have it all.
        with suppress(CatalogueError):
            catalogue.sync()

    with _slots(project, plan, place, options["jobs"]) as chosen:
        options |= chosen
        outcome = execute(project, plan, on_finished=follow, **options)
    _gather(catalogue)
    return outcome


def _gather(catalogue: Any) -> None:
    """Bring the index and the tables beside it up to date, where the index answers."""
    try:
        catalogue.sync()
        catalogue.export()
    except CatalogueError as error:
        told = f"The runs are kept, the index lacks some: {error}"
        print(told, file=sys.stderr)


@contextmanager
def _slots(
    project: Project, plan: Plan, place: str, jobs: int | None
) -> Iterator[dict[str, Any]]:
    """Where runs execute, as options of `execute`."""
    if place != LOCAL:
        from fieldnotes.clusters.slots import dask_slots, factory_slots

        is_dask = place.partition(":")[0] == DASK
        elsewhere = (
            dask_slots(plan, place, jobs)
            if is_dask
            else factory_slots(project, place, jobs)
        )
        with elsewhere as chosen:
            yield chosen
        return
    from fieldnotes.clusters.devices import DeviceSlots, devices, most_gpus
    from fieldnotes.clusters.devices import refuse_too_many as refuse
    from fieldnotes.runner.batch import default_jobs

    asking = most_gpus(plan)
    if asking is None:
        yield {}
        return
    names, number = devices(), jobs or default_jobs(plan)
    refuse(asking, names)
    slots = DeviceSlots(number, names)
    try:
        yield {"slots": slots, "jobs": number}
    finally:
        slots.close()


def _refuse(
    place: str, options: dict[str, Any], unused: dict[str, Any], why: str
) -> None:
    """Refuse options that mean nothing at this place.

    Raises:
        ClusterError: one is given.
    """
    given = [f"--{n.replace('_', '-')}" for n, no in unused.items() if options[n] != no]
    if given:
        message = f"--on {place}: {listed(given)} {why}. Leave it out. Nothing was run."
        raise ClusterError(message)


def _without(options: dict[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name not in names}
