"""The options of `fieldnotes run` that say where runs go."""

from collections.abc import Callable
from typing import Any

import click

PLACE = click.option(
    "--on",
    "where",
    default="local",
    show_default=True,
    metavar="PLACE",
    help="local, dask, dask://HOST:PORT, MODULE:FACTORY, or a file of params/clusters.",
)
CHUNK = click.option(
    "--chunk", type=click.IntRange(1), help="Runs of one cluster job, for short runs."
)
DRY_RUN = click.option(
    "--dry-run", is_flag=True, help="Print the cluster's scripts; send nothing."
)

WAIT = click.option(
    "--wait", is_flag=True, help="Stay until the cluster's runs have ended."
)
THEN = click.option(
    "--then",
    default="",
    metavar="COMMAND",
    help="Run this when all has ended; $FIELDNOTES_SUMMARY names the summary.",
)


def place_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--on`, `--chunk`, `--dry-run`, `--wait` and `--then`."""
    return PLACE(CHUNK(DRY_RUN(WAIT(THEN(command)))))
