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


def place_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options `--on`, `--chunk` and `--dry-run`."""
    return PLACE(CHUNK(DRY_RUN(command)))
