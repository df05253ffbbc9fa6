"""Commands that plan, run, watch and stop."""

import sys
import time
from pathlib import Path
from typing import Any

import click

from fieldnotes.cli.shared import AGAIN, SPREADS, planned, told
from fieldnotes.clusters.options import place_options
from fieldnotes.errors import FieldnotesError
from fieldnotes.project import Project
from fieldnotes.words import listed, nearest, quoted


@click.command()
@SPREADS
@AGAIN
@click.option("--only", metavar="STAGE", multiple=True, help="This stage alone.")
@click.option("--force", is_flag=True, help="As if nothing had been done.")
@click.option("--all", "every", is_flag=True, help="List every run, however many.")
@click.option("--values", is_flag=True, help="Say where each value comes from.")
@told
def plan(
    spreads: tuple[str, ...],
    again: str,
    only: tuple[str, ...],
    force: bool,
    every: bool,
    values: bool,
) -> None:
    """Tell what would run and why; nothing is run.

    Without a SPREAD it is the `tour` of the project's settings.

    Example: fieldnotes plan cooling/noise --values
    """
    from fieldnotes.cli.tables import show_plan

    project = Project.find()
    made = planned(project, spreads, again, force=force, only=only)
    show_plan(made, every=every, values=values)


@click.command()
@SPREADS
@AGAIN
@click.option("--jobs", type=click.IntRange(1), help="Runs at once.")
@place_options
@click.option("--force", is_flag=True, help="Repeat finished runs too.")
@click.option("--only", metavar="STAGE", multiple=True, help="This stage alone.")
@click.option("--timeout", type=click.FloatRange(0, min_open=True), help="[s] a run.")
@click.option("--memory", type=click.FloatRange(0, min_open=True), help="[GB] a run.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first failure.")
@click.option("--max-failures", type=click.IntRange(1), help="Stop after so many.")
@click.option("--detach", is_flag=True, help="In a process that outlives this shell.")
@told
def run(
    spreads: tuple[str, ...],
    again: str,
    where: str,
    force: bool,
    only: tuple[str, ...],
    detach: bool,
    **options: Any,
) -> int:
    """Run what is not done yet.

    A failed run never stops another.

    Without a SPREAD it is the `tour` of the project's settings. In the place of a
    spread a notebook can be named, with parameters: `depth=3 seed=0,1` are two cases.
    With --detach, `fieldnotes status --watch` shows how it goes on, and `fieldnotes
    stop` ends it.

    Example: fieldnotes run cooling/noise --jobs 2 --timeout 3600
    """
    from fieldnotes.clusters import run_on
    from fieldnotes.runner.detached import start_detached

    project = Project.find()
    made = planned(project, spreads, again, force=force, only=only)
    if detach:
        batch = start_detached(project, [a for a in sys.argv[1:] if a != "--detach"])
        click.echo(f"Batch {batch.name} runs by itself. Its log: {batch.log}")
        click.echo(f"To end it: fieldnotes stop {batch.name}")
        return 0
    return run_on(project, made, where, **options)


@click.command("run-one")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@told
def run_one(folder: Path) -> int:
    """Execute one run, given its folder.

    This is what every slot and every cluster job calls.

    Example: fieldnotes run-one catalogue/runs/cooling/3f2a9c0d11e8b7a4
    """
    from fieldnotes.runner.worker import main as work

    return work(str(folder))


@click.command()
@click.argument("spreads", nargs=-1, metavar="[SPREAD...]")
@click.option("--watch", is_flag=True, help="Again and again, until nothing runs.")
@click.option(
    "--every",
    type=click.FloatRange(0, min_open=True),
    default=5.0,
    show_default=True,
    help="[s] between two looks of --watch.",
)
@told
def status(spreads: tuple[str, ...], watch: bool, every: float) -> int:
    """Tell what is done, what runs, what failed.

    The cause of each failure stands beside it.

    It ends with code 1 when something failed. With --watch it ends when no batch runs,
    no run is under way and none waits in a scheduler.

    Example: fieldnotes status cooling/noise
    """
    project = Project.find()
    while True:
        found, busy = _shown_status(project, spreads, clear=watch)
        if not watch or not busy:
            return 1 if found.failures else 0
        try:
            time.sleep(every)
        except KeyboardInterrupt:
            return 1 if found.failures else 0


def _shown_status(
    project: Project, spreads: tuple[str, ...], clear: bool
) -> tuple[Any, bool]:
    """Show how everything stands, on an empty screen if asked; whether it goes on."""
    from fieldnotes.cli.tables import show_batches, show_status
    from fieldnotes.clusters import mark_lost
    from fieldnotes.runner import project_status
    from fieldnotes.runner.batches import batches
    from fieldnotes.runs.states import QUEUED, RUNNING

    found = project_status(project, list(spreads))
    unasked = mark_lost(project, found.runs)
    every = batches(project)
    if clear:
        click.clear()  # does nothing where the output is no terminal
    show_batches(every)
    show_status(found)
    if unasked:
        click.echo(unasked, err=True)
    busy = any(batch.state == "running" for batch in every)
    return found, busy or any(run.state in (QUEUED, RUNNING) for run in found.runs)


@click.command()
@click.argument("names", nargs=-1, metavar="[BATCH...]")
@told
def stop(names: tuple[str, ...]) -> int:
    """End batches; results are kept.

    Without a name it ends all batches of this project that run.

    Example: fieldnotes stop
    """
    from fieldnotes.runner.batches import running_batches
    from fieldnotes.runner.detached import stop_batch

    running = {batch.name: batch for batch in running_batches(Project.find())}
    for name in names:
        if name not in running:
            message = (
                f"No batch {quoted(name)} is running.{nearest(name, running)} "
                f"Running: {listed(running) or 'none'}."
            )
            raise FieldnotesError(message)
    if not running:
        click.echo("No batch of this project is running.")
    left = 0
    for name in names or running:
        ended = stop_batch(running[name])
        left += not ended
        said = "is stopped" if ended else "was asked to stop, and has not answered yet"
        click.echo(f"Batch {name} ({running[name].where}) {said}.")
    return 1 if left else 0


@click.command()
@click.argument("run")
@told
def accept(run: str) -> None:
    """Keep a run after a harmless change of code.

    Its results then count as those of the code as it is now, and are not made again.

    Example: fieldnotes accept 3f2a9c0d
    """
    from fieldnotes.runner import accept as bless

    click.echo(bless(Project.find(), run))


COMMANDS = (plan, run, run_one, status, stop, accept)
