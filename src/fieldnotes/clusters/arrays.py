"""Which runs go together: array jobs of one stage, each after those that it needs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from fieldnotes.runner.planned import PlannedRun

Item = TypeVar("Item")


@dataclass
class Array:
    """One array job. Its elements are chunks of runs, worked off one after the other.

    `after` names the arrays of this submission that it waits for, and `jobs` the jobs
    of earlier ones.
    """

    name: str
    elements: list[list[PlannedRun]]
    after: list[str] = field(default_factory=list)
    jobs: list[str] = field(default_factory=list)

    @property
    def runs(self) -> list[PlannedRun]:
        return [run for element in self.elements for run in element]


def arrange(
    runs: Iterable[PlannedRun],
    *,
    chunk: int,
    largest: int,
    waiting: Mapping[str, str],
) -> list[Array]:
    """The arrays of these runs, in the order in which they are submitted.

    Runs of one stage share an array, unless one of them needs another, or more than
    `largest` elements of `chunk` runs come together.

    Args:
        runs: what is to be sent, each after what it needs.
        waiting: jobs of runs that were sent before and have not ended, by run key.
    """
    depths: dict[str, int] = {}
    groups: dict[tuple[int, str], list[PlannedRun]] = defaultdict(list)
    for run in runs:
        before = (depths[key] + 1 for key in _before(run) if key in depths)
        depths[run.key] = max(before, default=0)
        groups[depths[run.key], run.qualified].append(run)
    arrays: list[Array] = []
    homes: dict[str, str] = {}  # run key → name of its array
    for (_, stage), group in sorted(groups.items(), key=lambda item: item[0][0]):
        elements = _cut(group, chunk)
        for part in _cut(elements, largest):
            array = Array(f"{len(arrays) + 1}-{stage.replace('/', '-')}", part)
            keys = [key for run in array.runs for key in _before(run)]
            array.after = _known(keys, homes)
            array.jobs = _known(keys, waiting)
            arrays.append(array)
            homes |= {run.key: array.name for run in array.runs}
    return arrays


def _before(run: PlannedRun) -> tuple[str, ...]:
    """Keys of the runs that must have ended before this one starts."""
    return (*run.needs, *run.after)


def _known(keys: Iterable[str], places: Mapping[str, str]) -> list[str]:
    """Where these runs are, each place once."""
    return list(dict.fromkeys(places[key] for key in keys if key in places))


def _cut(items: list[Item], size: int) -> list[list[Item]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
