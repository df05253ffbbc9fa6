"""Commands that ask the catalogue and keep it in order."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from fieldnotes.cli.shared import COLUMNS, CSV, SORT, WHERE, told
from fieldnotes.project import Project


@click.command()
@click.argument("things", nargs=-1, required=True, metavar="A B...")
@CSV
@told
def diff(things: tuple[str, ...], csv: bool) -> None:
    """Compare runs or models, given by their keys.

    The start of a key is enough if no other begins so.

    Example: fieldnotes diff 3f2a9c0d 77b01e54
    """
    from fieldnotes.catalogue import Catalogue
    from fieldnotes.cli.tables import show_frame

    show_frame(Catalogue(Project.find()).diff(*things), csv=csv)


def listing(command: Callable[..., None]) -> Callable[..., None]:
    """A command that prints a table: which rows, which columns, in what order."""
    return WHERE(COLUMNS(SORT(CSV(told(command)))))


@click.command()
@listing
def models(**asked: Any) -> None:
    """List trained models and what varies among them.

    Example: fieldnotes models --where 'width>=64' --where 'seed in [0, 1]'
    """
    _show("models", **asked)


@click.command()
@listing
def runs(**asked: Any) -> None:
    """List runs, their states and what varies.

    Example: fieldnotes runs --where state=done --columns final_loss --sort final_loss
    """
    _show("runs", **asked)


@click.group(invoke_without_command=True)
@WHERE
@CSV
@click.pass_context
def figures(context: click.Context, where: tuple[str, ...], csv: bool) -> None:
    """List figures by what they show.

    Example: fieldnotes figures --where kind=loss --where seed=1
    """
    if context.invoked_subcommand is None:
        told(lambda: _show("figures", where, csv))()


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
    """Find files without a record, and the reverse.

    Nothing is ever deleted; with --apply what was found is moved to the archive.

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
    """Write every table as CSV, and the database.

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


def _show(
    kind: str, where: tuple[str, ...], csv: bool, columns: str = "", sort: str = ""
) -> None:
    """Print a table of the catalogue, brought up to date.

    On a terminal it leaves out what is the same in every row, unless columns are named.
    """
    from fieldnotes.catalogue import Catalogue, brief
    from fieldnotes.cli.tables import folded, show_frame

    catalogue, query = Catalogue(Project.find()), _query(where)
    table = getattr(catalogue, kind)(query)
    if not len(table):
        catalogue.refuse_values(kind, query)
    names = [name.strip() for name in columns.split(",") if name.strip()]
    if names or sort:
        table = catalogue.pick(table, names, sort)
    if not csv and not names:
        table = folded(brief(table))
    show_frame(table, csv=csv)


def _query(where: tuple[str, ...]) -> Any:
    """What `--where` asks for; read here, since a run starts this module too."""
    from fieldnotes.query import Query

    return Query.written(where)


COMMANDS = (diff, models, runs, figures, tidy, export, restore)
