"""Commands that ask the catalogue and keep it in order."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from fieldnotes.cli.shared import CSV, WHERE, told
from fieldnotes.project import Project


@click.command()
@click.argument("things", nargs=-1, required=True, metavar="A B...")
@CSV
@told
def diff(things: tuple[str, ...], csv: bool) -> None:
    """In what runs or models differ, given their keys or the start of them.

    Example: fieldnotes diff 3f2a9c0d 77b01e54
    """
    _show(lambda catalogue: catalogue.diff(*things), csv)


@click.command()
@WHERE
@CSV
@told
def models(where: tuple[str, ...], csv: bool) -> None:
    """Trained models, with the hyperparameters that vary among them.

    Example: fieldnotes models --where 'width>=64' --where 'seed in [0, 1]'
    """
    _show(lambda catalogue: catalogue.models(_query(where)), csv, short=True)


@click.command()
@WHERE
@CSV
@told
def runs(where: tuple[str, ...], csv: bool) -> None:
    """Runs, with their state, duration and varying parameters.

    Example: fieldnotes runs --where state=done --where 'error_100<1'
    """
    _show(lambda catalogue: catalogue.runs(_query(where)), csv, short=True)


@click.group(invoke_without_command=True)
@WHERE
@CSV
@click.pass_context
def figures(context: click.Context, where: tuple[str, ...], csv: bool) -> None:
    """Figures by what they show and by any parameter.

    Example: fieldnotes figures --where kind=loss --where seed=1
    """
    if context.invoked_subcommand is None:
        query = _query(where)
        told(lambda: _show(lambda c: c.figures(query), csv, short=True))()


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
@told
def figures_export(folder: Path, where: tuple[str, ...], formats: tuple[str]) -> None:
    """Write figures to a folder, named by what varies among them.

    Example: fieldnotes figures export plots --where kind=loss --format svg
    """
    from fieldnotes.catalogue import Catalogue

    catalogue = Catalogue(Project.find())
    for path in catalogue.figures_export(folder, _query(where), formats=formats):
        click.echo(path)


@click.command()
@click.option("--apply", is_flag=True, help="Move what was found to the archive.")
@told
def tidy(apply: bool) -> None:
    """Files without a record and records without a file; nothing is ever deleted.

    Example: fieldnotes tidy --apply
    """
    from fieldnotes.catalogue import Catalogue
    from fieldnotes.cli.tables import show_frame

    found = Catalogue(Project.find()).tidy(apply=apply)
    show_frame(found, empty="Nothing to tidy.")
    if len(found) and not apply:
        click.echo("Nothing was moved; `fieldnotes tidy --apply` archives these.")


@click.command()
@click.argument(
    "folder", required=False, type=click.Path(path_type=Path, file_okay=False)
)
@told
def export(folder: Path | None) -> None:
    """Every table as CSV, with a copy of the database.

    Example: fieldnotes export tables
    """
    from fieldnotes.catalogue import Catalogue

    click.echo(Catalogue(Project.find()).export(folder))


@click.command()
@told
def restore() -> None:
    """Rebuild the index from the run folders.

    Example: fieldnotes restore
    """
    from fieldnotes.catalogue import Catalogue

    click.echo(Catalogue(Project.find()).restore())


def _show(choose: Callable[[Any], Any], csv: bool, *, short: bool = False) -> None:
    """Print the table that `choose` takes from the catalogue, brought up to date.

    On a terminal a `short` table leaves out what is the same in every row.
    """
    from fieldnotes.catalogue import Catalogue, brief
    from fieldnotes.cli.tables import folded, show_frame

    table = choose(Catalogue(Project.find()))
    show_frame(folded(brief(table)) if short and not csv else table, csv=csv)


def _query(where: tuple[str, ...]) -> Any:
    """What `--where` asks for; read here, since a run starts this module too."""
    from fieldnotes.query import Query

    return Query.written(where)


COMMANDS = (diff, models, runs, figures, tidy, export, restore)
