"""A planned run and the plan it stands in: plain data, which the other parts fill."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fieldnotes.runner.keys import Basis
from fieldnotes.runner.queries import Model
from fieldnotes.spreads import RunRequest, Spread, Stage

DONE, TO_RUN, ELSEWHERE, SKIPPED = "done", "to run", "running elsewhere", "not selected"


@dataclass(frozen=True)
class Member:
    """One model that a run answers for, by the values of its `together` axes."""

    identity: str
    values: dict[str, Any]
    existing: Path | None


@dataclass
class PlannedRun:
    """One run of a plan: what it is, where it goes, and whether it must be made."""

    request: RunRequest
    definition: Stage
    basis: Basis
    key: str
    case: str
    folder: Path
    members: list[Member]
    needs: list[str]  # keys of the runs that must be finished before
    models: list[Model]
    upstream: list[str]  # identities of what it is made from
    inputs: dict[str, str]
    varied: dict[str, Any]
    forced: bool = False
    selected: bool = True  # may be run now; False where others were asked for
    accepted: bool = False  # another code made it and `accept` blessed it for today's
    state: str = TO_RUN
    reason: str = ""
    estimate_s: float | None = None
    guess: bool = False  # the estimate does not rest on runs like this one
    after: list[str] = field(default_factory=list)  # runs that train the same model
    broken: bool = False  # its folder cannot be read and will be archived
    ended: str | None = None  # when the run that its folder held then had ended

    @property
    def spread(self) -> str:
        return self.definition.spread

    @property
    def stage(self) -> str:
        return self.definition.name

    @property
    def notebook(self) -> str:
        return self.definition.notebook.name

    @property
    def qualified(self) -> str:
        return f"{self.spread}.{self.stage}"

    @property
    def label(self) -> str:
        """The run as a person knows it: its stage and what varies."""
        values = ", ".join(f"{name}={value}" for name, value in self.varied.items())
        return f"{self.qualified} {values}".strip()


@dataclass
class Plan:
    """Runs in the order of their needs, and what was noticed on the way."""

    runs: list[PlannedRun]
    spreads: list[Spread]
    # Every request's run, also where two spreads ask for one and the same.
    stages: dict[str, list[PlannedRun]]

    @property
    def by_key(self) -> dict[str, PlannedRun]:
        return {run.key: run for run in self.runs}

    def __iter__(self) -> Iterator[PlannedRun]:
        return iter(self.runs)
