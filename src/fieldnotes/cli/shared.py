"""What every command shares: arguments, and how a mistake of the user is told."""

import sys
from collections.abc import Callable
from functools import wraps
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
COLUMNS = click.option(
    "--columns",
    default="",
    metavar="A,B",
    help="These columns, parameters or recorded values: seed,final_loss.",
)
SORT = click.option(
    "--sort", default="", metavar="A", help="Smallest first; -A for largest first."
)
CSV = click.option("--csv", is_flag=True, help="Write comma-separated values.")


def told(command: Callable[..., int | None]) -> Callable[..., None]:
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


def asked(project: Project, spreads: tuple[str, ...]) -> list[str]:
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
