"""Array scripts: what a scheduler starts for each element."""

import shlex
import sys
from pathlib import Path

from fieldnotes.clusters.arrays import Array
from fieldnotes.clusters.devices import ON_GPU
from fieldnotes.clusters.schedulers import Needs, Scheduler
from fieldnotes.clusters.settings import FOLDER, Cluster
from fieldnotes.project import VARIABLE, Project

LOGS = "logs"
BESIDE = 0.3  # [GB] of the two programs that start a run and watch it


def script_of(
    project: Project,
    cluster: Cluster,
    scheduler: Scheduler,
    array: Array,
    folder: Path,
    throttle: int | None,
) -> str:
    """The script of an array whose orders lie in `folder`."""
    memory, gpus = resources(cluster, array)
    number = len(array.elements)
    logs = folder / LOGS
    needs = Needs(array.name, number, memory + BESIDE, gpus, throttle, logs)
    root, python = shlex.quote(str(project.root)), shlex.quote(sys.executable)
    element = f'{shlex.quote(str(folder))} {array.name} "${scheduler.index}"'
    setup = [f"# setup of params/{FOLDER}/{cluster.name}.yml", *cluster.setup]
    lines = [
        "#!/bin/bash",
        *scheduler.directives(cluster, needs),
        f"# {_described(array)}",
        *(setup if cluster.setup else []),
        f"export {VARIABLE}={root}",
        *(f"export {name}={value}" for name, value in ON_GPU.items() if gpus),
        f"cd {root} || exit 2",
        # exec: what the scheduler tells its job, it tells the program.
        f"exec {python} -m fieldnotes.clusters.element {element}",
    ]
    return "\n".join(lines) + "\n"


def resources(cluster: Cluster, array: Array) -> tuple[float, int]:
    """Memory [GB] and GPUs of one element: those of the stage, else the cluster's."""
    limits = array.runs[0].definition.limits or {}
    gpus = limits.get("gpus")
    memory = limits.get("memory") or cluster.memory
    return memory, cluster.gpus if gpus is None else int(gpus)


def manifest_of(project: Project, array: Array) -> str:
    """One line an element: the folders of its runs. Line 17 is element 17."""
    lines = (
        " ".join(project.relative(run.folder) for run in element)
        for element in array.elements
    )
    return "\n".join(lines) + "\n"


def _described(array: Array) -> str:
    runs, elements = len(array.runs), len(array.elements)
    number = f"{counted(runs, 'run')} in {counted(elements, 'element')}"
    return f"{array.runs[0].qualified}: {number}"


def counted(number: int, word: str) -> str:
    """`1 run`, `2 runs`."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
