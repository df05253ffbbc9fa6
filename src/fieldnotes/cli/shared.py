"""What every command shares: arguments, and how a mistake of the user is told."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from fieldnotes.errors import FieldnotesError
from fieldnotes.project import Project
from fieldnotes.words import listed

SPREADS = click.argument("spreads", nargs=-1, metavar="[SPREAD... | NOTEBOOK A=1...]")
AGAIN = click.option("--again", default="", metavar="KEY", help="This run, once more.")
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


def planned(
    project: Project, words: tuple[str, ...], again: str, **options: Any
) -> Any:
    """The plan of the spreads that `words` name or spell, or of one run `again`.

    Raises:
        FieldnotesError: there is no such spread or run, or something is wrong in it.
    """
    from fieldnotes.runner import make_plan
    from fieldnotes.spreads import load_spreads, read_words

    if not again:
        names, typed = read_words(project, words)
        names = names if names or typed else _tour(project)
        return make_plan(project, load_spreads(project, names, typed), **options)
    if words:
        message = (
            f"--again {again}: leave {listed(words)} out; the run says its spread."
        )
        raise FieldnotesError(message)
    return _again(project, again)


def _again(project: Project, key: str) -> Any:
    """The plan that makes one run again, and no other."""
    from fieldnotes.files import to_json
    from fieldnotes.runner import make_plan
    from fieldnotes.runs import find_run, read_manifest
    from fieldnotes.spreads import load_spreads, noted_spreads, spread_text
    from fieldnotes.spreads.typed import FOLDER

    folder = find_run(project, key)
    manifest = read_manifest(folder)
    if manifest is None:
        message = f"--again {key}: {project.relative(folder)} has no manifest."
        raise FieldnotesError(message)
    spread = manifest.spread
    if spread in noted_spreads(project) and not spread.startswith(f"{FOLDER}/"):
        loaded = load_spreads(project, [spread])
    else:
        values = {name: to_json(manifest.parameters[name]) for name in manifest.changed}
        loaded = load_spreads(project, [], spread_text(manifest.notebook, values))
    plan = make_plan(project, loaded, cases=[manifest.case])
    if not any(run.selected for run in plan.runs):
        message = (
            f"--again {key}: no run of today's {spread} has its parameters. Open it as "
            f"a notebook instead: `fieldnotes open {key}`. Nothing was run."
        )
        raise FieldnotesError(message)
    return plan


def _tour(project: Project) -> list[str]:
    """The spread that stands for none.

    Raises:
        FieldnotesError: the settings name no tour.
    """
    if project.settings.tour:
        return [project.settings.tour]
    from fieldnotes.spreads.paths import list_spreads

    message = (
        "No spread is named, and the settings of the project name no `tour` to run "
        f"instead. Name one of these: {', '.join(list_spreads(project)) or 'none'}. "
        'Or write `tour = "..."` in fieldnotes.toml. Nothing was run.'
    )
    raise FieldnotesError(message)
