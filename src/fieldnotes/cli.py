"""The command line: each command is a few lines that call a station.

Exit codes: 0 all done, 1 some runs failed, 2 the request was wrong and nothing was run.
"""

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from fieldnotes.errors import FieldnotesError
from fieldnotes.project import Project

SPREADS = click.argument("spreads", nargs=-1, metavar="[SPREAD...]")
WHERE = click.option(
    "--where",
    multiple=True,
    metavar="CONDITION",
    help="Keep rows where it holds: seed=1, 'rate_error<10'; repeat for more.",
)
CSV = click.option("--csv", is_flag=True, help="Write comma-separated values.")


def _told(command: Callable[..., int | None]) -> Callable[..., None]:
    """Run a command; say a user's error in plain words and end with code 2."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            code = command(*args, **kwargs)
        except FieldnotesError as error:
            click.echo(f"{type(error).__name__}: {error}", err=True)
            sys.exit(2)
        except BrokenPipeError:
            # `fieldnotes runs | head` is a fine thing to type.
            sys.stderr.close()
            sys.exit(0)
        sys.exit(code or 0)

    return run


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="fieldnotes")
def main() -> None:
    """A lab notebook for learned dynamics: spreads, runs, a catalogue, a site.

    SPREAD is a file in params/, as a path or as its name without the ending:
    params/cooling/noise.yml or cooling/noise.
    """


@main.command("init")
@click.argument("folder", default=".", type=click.Path(path_type=Path, file_okay=False))
@_told
def init_(folder: Path) -> None:
    """A new lab in FOLDER: an example notebook, a spread, and what the site needs.

    Example: fieldnotes init my-lab
    """
    from fieldnotes.init import init

    for path in init(folder):
        click.echo(f"Written: {path}")
    click.echo(f"Next: cd {folder} && fieldnotes run cooling/noise")


@main.command()
@SPREADS
@click.option("--only", metavar="STAGE", multiple=True, help="This stage alone.")
@click.option("--force", is_flag=True, help="As if nothing had been done.")
@click.option("--all", "every", is_flag=True, help="List every run, however many.")
@click.option("--values", is_flag=True, help="Say where each value comes from.")
@_told
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
    from fieldnotes.cli_tables import show_plan
    from fieldnotes.runner import make_plan
    from fieldnotes.spreads import load_spreads

    project = Project.find()
    loaded = load_spreads(project, _asked(project, spreads))
    made = make_plan(project, loaded, force=force, only=list(only) or None)
    show_plan(made, every=every, values=values)


@main.command()
@SPREADS
@click.option("--jobs", type=click.IntRange(1), help="Runs at once.")
@click.option("--on", "where", default="local", show_default=True, metavar="PLACE")
@click.option("--force", is_flag=True, help="Repeat finished runs too.")
@click.option("--only", metavar="STAGE", multiple=True, help="This stage alone.")
@click.option("--timeout", type=click.FloatRange(0, min_open=True), help="[s] a run.")
@click.option("--memory", type=click.FloatRange(0, min_open=True), help="[GB] a run.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first failure.")
@click.option("--max-failures", type=click.IntRange(1), help="Stop after so many.")
@_told
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
    loaded = load_spreads(project, _asked(project, spreads))
    made = make_plan(project, loaded, force=force, only=list(only) or None)
    catalogue = Catalogue(project)
    outcome = execute(
        project, made, on_finished=lambda folder: catalogue.sync(), **options
    )
    catalogue.sync()
    catalogue.export()
    return outcome.exit_code


@main.command("run-one")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@_told
def run_one(folder: Path) -> int:
    """Execute one run, given its folder; what every slot and cluster job calls.

    Example: fieldnotes run-one catalogue/runs/cooling/3f2a9c0d11e8b7a4
    """
    from fieldnotes.runner.worker import main as work

    return work(str(folder))


@main.command()
@click.argument("spreads", nargs=-1, metavar="[SPREAD...]")
@_told
def status(spreads: tuple[str, ...]) -> None:
    """What is done, what is running, and what failed with its cause.

    Example: fieldnotes status cooling/noise
    """
    from fieldnotes.cli_tables import show_status
    from fieldnotes.runner import project_status

    show_status(project_status(Project.find(), list(spreads)))


@main.command()
@click.argument("run")
@_told
def accept(run: str) -> None:
    """Bless a finished run after a harmless change of its code.

    Example: fieldnotes accept 3f2a9c0d
    """
    from fieldnotes.runner import accept as bless

    click.echo(bless(Project.find(), run))


@main.command()
@click.argument("spreads", nargs=-1, metavar="[SPREAD...]")
@click.option("--open", "show", is_flag=True, help="Open it in the browser.")
@click.option("--preview", is_flag=True, help="The plain site, though Quarto is here.")
@_told
def site(spreads: tuple[str, ...], show: bool, preview: bool) -> None:
    """Build the results site from the run folders; nothing is run.

    Without Quarto on the PATH a plain but complete preview is made instead.

    Example: fieldnotes site --open
    """
    from fieldnotes.website import build

    built = build(
        Project.find(), list(spreads) or None, quarto=False if preview else None
    )
    click.echo(built)
    if show:
        click.launch(built.index.as_uri())


@main.command()
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@_told
def lab(arguments: tuple[str, ...]) -> int:
    """JupyterLab on the project; what follows `--` goes to JupyterLab.

    Example: fieldnotes lab -- --no-browser --port 8899
    """
    from fieldnotes.lab import start

    return start(Project.find(), arguments)


@main.command("open")
@click.argument("run")
@click.option("--no-lab", is_flag=True, help="Only write the notebook.")
@_told
def open_(run: str, no_lab: bool) -> int:
    """A paired notebook with the parameters of RUN (its key, or the start of it).

    Example: fieldnotes open 3f2a9c0d
    """
    from fieldnotes.lab import open_run, show

    project = Project.find()
    path = open_run(project, run)
    click.echo(f"Written: {project.relative(path)}")
    return 0 if no_lab else show(project, path)


@main.command()
@click.argument("things", nargs=-1, required=True, metavar="A B...")
@CSV
@_told
def diff(things: tuple[str, ...], csv: bool) -> None:
    """In what runs or models differ, given their keys or the start of them.

    Example: fieldnotes diff 3f2a9c0d 77b01e54
    """
    _show(lambda catalogue: catalogue.diff(*things), csv)


@main.command()
@WHERE
@CSV
@_told
def models(where: tuple[str, ...], csv: bool) -> None:
    """Trained models, with the hyperparameters that vary among them.

    Example: fieldnotes models --where 'width>=64' --where 'seed in [0, 1]'
    """
    _show(lambda catalogue: catalogue.models(_query(where)), csv, short=True)


@main.command()
@WHERE
@CSV
@_told
def runs(where: tuple[str, ...], csv: bool) -> None:
    """Runs, with their state, duration and varying parameters.

    Example: fieldnotes runs --where state=done --where 'error_100<1'
    """
    _show(lambda catalogue: catalogue.runs(_query(where)), csv, short=True)


@main.group(invoke_without_command=True)
@WHERE
@CSV
@click.pass_context
def figures(context: click.Context, where: tuple[str, ...], csv: bool) -> None:
    """Figures by what they show and by any parameter.

    Example: fieldnotes figures --where kind=loss --where seed=1
    """
    if context.invoked_subcommand is None:
        query = _query(where)
        _told(lambda: _show(lambda c: c.figures(query), csv, short=True))()


@figures.command("export")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@WHERE
@click.option(
    "--format",
    "formats",
    multiple=True,
    default=("html",),
    show_default=True,
    type=click.Choice(["html", "json", "png", "svg", "pdf"]),
)
@_told
def figures_export(folder: Path, where: tuple[str, ...], formats: tuple[str]) -> None:
    """Write figures to a folder, named by what varies among them.

    Example: fieldnotes figures export plots --where kind=loss --format svg
    """
    from fieldnotes.catalogue import Catalogue

    catalogue = Catalogue(Project.find())
    for path in catalogue.figures_export(folder, _query(where), formats=formats):
        click.echo(path)


@main.command()
@click.option("--apply", is_flag=True, help="Move what was found to the archive.")
@_told
def tidy(apply: bool) -> None:
    """Files without a record and records without a file; nothing is ever deleted.

    Example: fieldnotes tidy --apply
    """
    from fieldnotes.catalogue import Catalogue
    from fieldnotes.cli_tables import show_frame

    found = Catalogue(Project.find()).tidy(apply=apply)
    show_frame(found, empty="Nothing to tidy.")
    if len(found) and not apply:
        click.echo("Nothing was moved; `fieldnotes tidy --apply` archives these.")


@main.command()
@click.argument(
    "folder", required=False, type=click.Path(path_type=Path, file_okay=False)
)
@_told
def export(folder: Path | None) -> None:
    """Every table as CSV, with a copy of the database.

    Example: fieldnotes export tables
    """
    from fieldnotes.catalogue import Catalogue

    click.echo(Catalogue(Project.find()).export(folder))


@main.command()
@_told
def restore() -> None:
    """Rebuild the index from the run folders.

    Example: fieldnotes restore
    """
    from fieldnotes.catalogue import Catalogue

    click.echo(Catalogue(Project.find()).restore())


@main.command()
@_told
def doctor() -> int:
    """What is installed, what is missing, and what that means.

    Example: fieldnotes doctor
    """
    from fieldnotes.doctor import examine

    return examine()


def _asked(project: Project, spreads: tuple[str, ...]) -> list[str]:
    """The spreads named, or else the tour.

    Raises:
        FieldnotesError: none is named, and the settings name no tour.
    """
    if spreads:
        return list(spreads)
    if project.settings.tour:
        return [project.settings.tour]
    from fieldnotes.spreads.paths import list_spreads

    message = (
        "No spread is named, and the settings of the project name no `tour` to run "
        f"instead. Name one of these: {', '.join(list_spreads(project)) or 'none'}. "
        'Or write `tour = "..."` in fieldnotes.toml. Nothing was run.'
    )
    raise FieldnotesError(message)


def _show(choose: Callable[[Any], Any], csv: bool, *, short: bool = False) -> None:
    """Print the table that `choose` takes from the catalogue, brought up to date.

    On a terminal a `short` table leaves out what is the same in every row.
    """
    from fieldnotes.catalogue import Catalogue, brief
    from fieldnotes.cli_tables import folded, show_frame

    table = choose(Catalogue(Project.find()))
    show_frame(folded(brief(table)) if short and not csv else table, csv=csv)


def _query(where: tuple[str, ...]) -> Any:
    """What `--where` asks for; read here, since a run starts this module too."""
    from fieldnotes.query import Query

    return Query.written(where)
