"""Cluster files, `params/clusters/<name>.yml`: what one job of a cluster may take."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fieldnotes.errors import FieldnotesError
from fieldnotes.project import Project
from fieldnotes.spreads.problems import Place
from fieldnotes.spreads.yaml import Node, plain, read_yaml
from fieldnotes.words import nearest, quoted, shown, there_are

FOLDER = "clusters"  # below params/
SCHEDULERS = ("slurm", "lsf")
NOT_SENT = "Nothing was sent."


class ClusterError(FieldnotesError):
    """Runs cannot be sent where they were asked to go."""


@dataclass(frozen=True)
class Cluster:
    """One cluster file. A job is one element of an array and runs `chunk` runs."""

    name: str
    scheduler: str
    partition: str | None = None  # None for the cluster's default
    time: float = 60.0  # [min] wall-clock limit of one element
    memory: float = 4.0  # [GB] of one run, where its stage says nothing
    cpus: int = 1  # [1] cores of one element
    gpus: int = 0  # [1] GPUs of one element, where the stage says nothing
    setup: tuple[str, ...] = ()  # shell lines before the runs
    options: tuple[str, ...] = ()  # more directives, as after #SBATCH or #BSUB
    largest_array: int = 1000  # [1] elements of one array script at most
    throttle: int | None = None  # [1] elements at once; None for no limit
    chunk: int = 1  # [1] runs of one element, one after the other


def read_cluster(project: Project, name: str) -> Cluster:
    """The cluster that `params/clusters/<name>.yml` describes.

    Raises:
        ClusterError: there is no such file, or something in it is wrong.
    """
    path = project.params / FOLDER / f"{name}.yml"
    file = f"params/{FOLDER}/{quoted(name)[1:-1]}.yml"
    if not path.is_file() or path.parent != project.params / FOLDER:
        known = sorted(each.stem for each in (project.params / FOLDER).glob("*.yml"))
        message = (
            f"--on {name}: no place of this name. It takes local, dask, "
            "dask://HOST:PORT, MODULE:FACTORY, or a cluster that a file in "
            f"params/{FOLDER}/ describes; there is no {file}."
            f"{there_are(name, known, 'Clusters described')} {NOT_SENT}"
        )
        raise ClusterError(message)
    place = Place(file)
    cluster = _cluster(name, read_yaml(path.read_bytes(), place), place)
    if cluster is None:
        raise ClusterError("\n".join(place.problems) + f" {NOT_SENT}")
    return cluster


def _cluster(name: str, node: Node | None, place: Place) -> Cluster | None:
    """The cluster; None where something is wrong, which is told to `place`."""
    if node is None or not node.is_map:
        if node is not None:
            place.refuse(f"must be a mapping, `name: value`; got {shown(plain(node))}.")
        return None
    values: dict[str, Any] = {}
    for key, item in node.value.items():
        at = place.under(key, abs(node.keys[key]))
        if key not in _FIELDS:
            at.refuse(
                f"is not a key here.{nearest(key, _FIELDS)} "
                f"It takes: {', '.join(_FIELDS)}."
            )
            continue
        allowed, read = _FIELDS[key]
        given = plain(item)
        if given is None:  # left empty: the default
            continue
        values[key] = read(given)
        if values[key] is None:
            at.refuse(f"must be {allowed}; got {shown(given)}.{_near(key, given)}")
    if "scheduler" not in values:
        place.refuse(f"`scheduler` is missing; give {' or '.join(SCHEDULERS)}.")
    return None if place.problems else Cluster(name=name, **values)


def _near(key: str, given: Any) -> str:
    right = key == "scheduler" and isinstance(given, str)
    return nearest(given, SCHEDULERS) if right else ""


def _whole(least: int) -> Callable[[Any], int | None]:
    return lambda given: given if type(given) is int and given >= least else None


def _positive(given: Any) -> float | None:
    number = type(given) in (int, float) and math.isfinite(given) and given > 0
    return float(given) if number else None


def _line(given: Any) -> str | None:
    text = isinstance(given, str) and given.strip() and "\n" not in given
    return given if text else None


def _lines(given: Any) -> tuple[str, ...] | None:
    items = given if isinstance(given, list) else [given]
    return tuple(items) if all(_line(item) for item in items) else None


def _scheduler(given: Any) -> str | None:
    return given if given in SCHEDULERS else None


_LINES = "a line of text or a list of such lines"
# What each key takes, in words, and its reader, which gives None for anything else.
_FIELDS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "scheduler": (" or ".join(SCHEDULERS), _scheduler),
    "partition": ("the name of a partition or queue", _line),
    "time": ("a positive number of minutes [min]", _positive),
    "memory": ("a positive number of gigabytes [GB]", _positive),
    "cpus": ("a whole number of cores, at least 1", _whole(1)),
    "gpus": ("a whole number of GPUs, at least 0", _whole(0)),
    "setup": (_LINES, _lines),
    "options": (_LINES, _lines),
    "largest_array": ("a whole number of elements, at least 1", _whole(1)),
    "throttle": ("a whole number of elements, at least 1", _whole(1)),
    "chunk": ("a whole number of runs, at least 1", _whole(1)),
}
