"""Commands that plan, run, watch and stop."""

from pathlib import Path
from typing import Any

import click

from fieldnotes.cli.shared import SPREADS, asked, told
from fieldnotes.errors import FieldnotesError
from fieldnotes.project import Project


@click.command()
@SPREADS
@click.option("--only", metavar="STAGE", multiple=True, help="This stage alone.")
@click.option("--force", is_flag=True, help="As if nothing had been done.")
@click.option("--all", "every", is_flag=True, help="List every run, however many.")
@click.option("--values", is_flag=True, help="Say where each value comes from.")
@told
def plan(
    spreads: tuple[str, ...],
    only: tuple[str, ...],
    force: bool,
    every: bool,
    values: bool,
) -> None:
    """What would run and why; nothing is run or written.

    Without a SPREAD it is the `tour` of the project's settings.

    Example: fieldnotes plan cooling/noise --values
    """
    from fieldnotes.cli.tables import show_plan
    from fieldnotes.runner import make_plan
    from fieldnotes.spreads import load_spreads

    project = Project.find()
    loaded = load_spreads(project, asked(project, spreads))
    made = make_plan(project, loaded, force=force, only=list(only) or None)
    show_plan(made, every=every, values=values)


@click.command()
@SPREADS
@click.option("--jobs", type=click.IntRange(1), help="Runs at once.")
@click.option("--on", "where", default="local", show_default=True, metavar="PLACE")
@click.option("--force", is_flag=True, help="Repeat finished runs too.")
@click.option("--only", metavar="STAGE", multiple=True, help="This stage alone.")
@click.option("--timeout", type=click.FloatRange(0, min_open=True), help="[s] a run.")
@click.option("--memory", type=click.FloatRange(0, min_open=True), help="[GB] a run.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first failure.")
@click.option("--max-failures", type=click.IntRange(1), help="Stop after so many.")
@told
def run(
    spreads: tuple[str, ...],
    where: str,
    force: bool,
    only: tuple[str, ...],
    **options: Any,
) -> int:
    """Run what is not done yet; a failed run never stops another.

    Without a SPREAD it is the `tour` of the project's settings.

    Example: fieldnotes run cooling/noise --jobs 2 --timeout 3600
    """
    from fieldnotes.catalogue import Catalogue
    from fieldnotes.runner import execute, make_plan
    from fieldnotes.spreads import load_spreads

    if where != "local":
        message = (
            f"--on {where}: runs go to this machine only (`local`). On a cluster, "
            "start `fieldnotes run-one FOLDER` for each folder of catalogue/runs."
        )
        raise FieldnotesError(message)
    project = Project.find()
    loaded = load_spreads(project, asked(project, spreads))
    made = make_plan(project, loaded, force=force, only=list(only) or None)
    catalogue = Catalogue(project)
    outcome = execute(
        project, made, on_finished=lambda folder: catalogue.sync(), **options
    )
    catalogue.sync()
    catalogue.export()
    return outcome.exit_code


@click.command("run-one")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@told
def run_one(folder: Path) -> int:
    """Execute one run, given its folder; what every slot and cluster job calls.

    Example: fieldnotes run-one catalogue/runs/cooling/3f2a9c0d11e8b7a4
    """
    from fieldnotes.runner.worker import main as work

    return work(str(folder))


@click.command()
@click.argument("spreads", nargs=-1, metavar="[SPREAD...]")
@told
def status(spreads: tuple[str, ...]) -> None:
    """What is done, what is running, and what failed with its cause.

    Example: fieldnotes status cooling/noise
    """
    from fieldnotes.cli.tables import show_status
    from fieldnotes.runner import project_status

    show_status(project_status(Project.find(), list(spreads)))


@click.command()
@click.argument("run")
@told
def accept(run: str) -> None:
    """Bless a finished run after a harmless change of its code.

    Example: fieldnotes accept 3f2a9c0d
    """
    from fieldnotes.runner import accept as bless

    click.echo(bless(Project.find(), run))


COMMANDS = (plan, run, run_one, status, accept)
