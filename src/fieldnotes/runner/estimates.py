"""How long a run will take, from finished runs of its notebook.

$t = a + b w$: a start and a work $w$, the product of the parameters that declare work
(steps, batch, …) and of the models that the run trains. The line is fitted to the runs
that agree with it in most of the other parameters. An estimate is a guess where none of
those is of its stage or has the same parameters, or where its work lies far outside
theirs.
"""

import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from fieldnotes.errors import CorruptFile
from fieldnotes.files import read_json
from fieldnotes.runs import MANIFEST, STATUS
from fieldnotes.runs.states import FINISHED
from fieldnotes.values import flatten, spelled

SAMPLE = 100  # newest runs of a stage, and of a notebook, that an estimate rests on
FAR = 2.0  # so many times the most or the least work on record is far outside


class Estimate(NamedTuple):
    """A duration [s]; a guess where it does not rest on runs like this one."""

    seconds: float
    guess: bool


class Recorded(NamedTuple):
    """A finished run: its stage, its work, its other parameters, its duration [s]."""

    stage: tuple[str, str]  # spread and stage
    work: float
    others: frozenset[tuple[str, str]]
    seconds: float


class Estimates:
    """Durations of runs, from what a project's run folders say.

    Args:
        runs: (notebook, spread, stage, folder) of every run, the newest first.
        names: parameters that declare work.
    """

    def __init__(
        self,
        runs: Callable[[], Iterable[tuple[str, str, str, Path]]],
        names: Collection[str],
    ):
        self.names = names
        self._runs = runs
        self._folders: dict[str, list[tuple[tuple[str, str], Path]]] | None = None
        self._recorded: dict[str, list[Recorded]] = {}
        self._known: dict[tuple[Any, ...], Estimate | None] = {}

    def of(
        self,
        notebook: str,
        stage: tuple[str, str],
        parameters: Mapping[str, Any],
        models: int,
    ) -> Estimate | None:
        """The estimate of a run that trains so many models; None without a record."""
        recorded = self._recorded_of(notebook)
        if not recorded:
            return None
        work, others = shape(parameters, models, self.names)
        asked = notebook, stage, work, others
        if asked not in self._known:
            self._known[asked] = _estimate(recorded, stage, work, others)
        return self._known[asked]

    def _recorded_of(self, notebook: str) -> list[Recorded]:
        if notebook not in self._recorded:
            stages: dict[tuple[str, str], int] = defaultdict(int)
            found: list[Recorded] = []
            for stage, folder in self._by_notebook().get(notebook, ()):
                if len(found) >= SAMPLE and stages[stage] >= SAMPLE:
                    continue
                run = _read(stage, folder, self.names)
                if run is not None:
                    stages[stage] += 1
                    found.append(run)
            self._recorded[notebook] = found
        return self._recorded[notebook]

    def _by_notebook(self) -> dict[str, list[tuple[tuple[str, str], Path]]]:
        if self._folders is None:
            self._folders = defaultdict(list)
            for notebook, spread, stage, folder in self._runs():
                self._folders[notebook].append(((spread, stage), folder))
        return self._folders


def shape(
    parameters: Mapping[str, Any], models: int, names: Collection[str]
) -> tuple[float, frozenset[tuple[str, str]]]:
    """The work of a run, and its other parameters in a form that can be compared.

    A list of numbers that declares work, such as the steps of each phase, counts by its
    sum; zero counts as nothing declared.
    """
    work, others = float(max(1, models)), set()
    for name, value in flatten(parameters).items():
        declared = _number(value) if name.rpartition(".")[2] in names else 0.0
        work *= declared if declared > 0 else 1.0
        if declared <= 0:
            others.add((name, spelled(value)))
    return work, frozenset(others)


def _number(value: Any) -> float:
    entries = value if isinstance(value, list | tuple) else [value]
    plain = [x for x in entries if type(x) in (int, float) and math.isfinite(x)]
    return float(sum(plain)) if len(plain) == len(entries) else 0.0


def _read(
    stage: tuple[str, str], folder: Path, names: Collection[str]
) -> Recorded | None:
    """A run as its folder tells of it; None where it is not finished or unreadable."""
    try:
        status = read_json(folder / STATUS) or {}
        if status.get("state") not in FINISHED:
            return None
        seconds = float(status["duration_s"])
        manifest = read_json(folder / MANIFEST) or {}
        members = manifest.get("members", ())
        trained = sum(member.get("existing") is None for member in members)
        return Recorded(stage, *shape(manifest["parameters"], trained, names), seconds)
    except (CorruptFile, KeyError, AttributeError, TypeError, ValueError):
        return None


def _estimate(
    recorded: Sequence[Recorded],
    stage: tuple[str, str],
    work: float,
    others: frozenset[tuple[str, str]],
) -> Estimate:
    """The duration that the runs most like this one tell of."""
    agree = [len(run.others & others) for run in recorded]
    like = [run for run, n in zip(recorded, agree, strict=True) if n == max(agree)]
    own = [run for run in like if run.stage == stage]
    like = own or like
    works = [run.work for run in like]
    far = work > FAR * max(works) or work < min(works) / FAR
    other = not own and max(agree) < len(others)
    return Estimate(_on_line(like, work), far or other)


def _on_line(runs: Sequence[Recorded], work: float) -> float:
    """$a + b w$ at `work`, with a, b ≥ 0 that make the relative errors least.

    Runs of one and the same work say nothing of a: then t is taken to grow with w.
    """
    mean = statistics.median(run.seconds for run in runs)
    if len({run.work for run in runs}) == 1:
        return mean * work / runs[0].work
    # Least squares of (a + b w)/t - 1, by its normal equations.
    rows = [(1 / run.seconds, run.work / run.seconds) for run in runs if run.seconds]
    aa, bb = sum(a * a for a, _ in rows), sum(b * b for _, b in rows)
    ab = sum(a * b for a, b in rows)
    sa, sb = sum(a for a, _ in rows), sum(b for _, b in rows)
    determinant = aa * bb - ab * ab
    if determinant <= 1e-12 * aa * bb:
        return mean
    start = (sa * bb - sb * ab) / determinant
    rate = (sb * aa - sa * ab) / determinant
    if start < 0:
        return sb / bb * work
    return mean if rate < 0 else start + rate * work
