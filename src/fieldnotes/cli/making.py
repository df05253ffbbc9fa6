"""Commands that make a lab, open it, and build its site."""

from pathlib import Path

import click

from fieldnotes.cli.shared import told
from fieldnotes.project import Project


@click.command("init")
@click.argument("folder", default=".", type=click.Path(path_type=Path, file_okay=False))
@told
def init_(folder: Path) -> None:
    """Make a new lab in FOLDER.

    It holds an example notebook, a spread for it, and what the site needs.

    Example: fieldnotes init my-lab
    """
    from fieldnotes.init import init

    for path in init(folder):
        click.echo(f"Written: {path}")
    click.echo(f"Next: cd {folder} && fieldnotes run cooling/noise")


@click.command()
@click.argument("spreads", nargs=-1, metavar="[SPREAD...]")
@click.option("--open", "show", is_flag=True, help="Open it in the browser.")
@click.option("--preview", is_flag=True, help="The plain site, though Quarto is here.")
@told
def site(spreads: tuple[str, ...], show: bool, preview: bool) -> None:
    """Build the results site; nothing is run.

    Its pages are made of the run folders.

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


@click.command()
@click.argument("named", metavar="SPREAD|RUN")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False))
@told
def share(named: str, output: Path | None) -> None:
    """Write a page as one file, to mail or to keep.

    Everything is inside it: it opens in any browser, without a network.

    Example: fieldnotes share cooling/noise -o noise.html
    """
    from fieldnotes.website.share import share

    click.echo(f"Written: {share(Project.find(), named, output)}")


@click.command()
@click.argument("spreads", nargs=-1, required=True, metavar="SPREAD...")
@click.option("--no-figures", is_flag=True, help="Tables alone: no browser is needed.")
@told
def publish(spreads: tuple[str, ...], no_figures: bool) -> None:
    """Write findings into pages/, to be committed.

    They are those of today's code, and stand in pages/published/.

    A reader who has computed nothing sees them at home and on the pages of the studies.
    They say so themselves as soon as the code behind them has changed.

    Example: fieldnotes publish cooling/noise
    """
    from fieldnotes.website.publish import publish as write

    made = write(Project.find(), list(spreads), figures=not no_figures)
    for file in made.files:
        click.echo(f"Written: {file}")
    for remark in made.remarks:
        click.echo(remark)


@click.command()
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@told
def lab(arguments: tuple[str, ...]) -> int:
    """Start JupyterLab on the project.

    It opens a page that looks at the catalogue.

    What follows `--` goes to JupyterLab; a file named there opens in the page's place.

    Example: fieldnotes lab -- --no-browser --port 8899
    """
    from fieldnotes.lab import start

    return start(Project.find(), arguments)


@click.command("open")
@click.argument("run")
@click.option("--no-lab", is_flag=True, help="Only write the notebook.")
@told
def open_(run: str, no_lab: bool) -> int:
    """Open a notebook with the parameters of RUN.

    RUN is a key of a run, or the start of one. The notebook is a paired copy.

    Example: fieldnotes open 3f2a9c0d
    """
    from fieldnotes.lab import open_run, show

    project = Project.find()
    path = open_run(project, run)
    click.echo(f"Written: {project.relative(path)}")
    return 0 if no_lab else show(project, path)


@click.command()
@told
def doctor() -> int:
    """Tell what is installed and what is missing.

    Example: fieldnotes doctor
    """
    from fieldnotes.doctor import examine

    return examine()


COMMANDS = (init_, site, share, publish, lab, open_, doctor)
