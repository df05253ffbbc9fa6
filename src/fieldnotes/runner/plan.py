"""What a spread's runs are, which of them are done, and why the others are not.

Nothing is written here.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from fieldnotes.project import Project
from fieldnotes.runner.errors import RunnerError
from fieldnotes.runner.history import History
from fieldnotes.runner.keys import (
    Basis,
    case_key,
    identity,
    input_digests,
    queries,
    read_basis,
    run_key,
    without_queries,
)
from fieldnotes.runner.planned import DONE, SKIPPED, Member, Plan, PlannedRun
from fieldnotes.runner.queries import Model
from fieldnotes.runner.resolve import Resolver, split
from fieldnotes.runner.status import run_status
from fieldnotes.spreads import RunRequest, Spread, Stage, in_order
from fieldnotes.words import there_are


def make_plan(
    project: Project,
    spreads: Sequence[Spread],
    *,
    force: bool = False,
    only: str | Iterable[str] | None = None,
    cases: Iterable[str] = (),
) -> Plan:
    """Plan the runs of these spreads.

    Args:
        force: repeat finished runs too (those of `only`, if it is given).
        only: names of stages to run, as `stage` or `spread.stage`; the others are
            looked at, since keys depend on them, but not run.
        cases: the `case` of each run to repeat, finished or not; no other is run.

    Raises:
        RunnerError: a stage, model or input file that is not there.
    """
    return _Planner(project, spreads, force, only, frozenset(cases)).plan()


class _Planner:
    def __init__(
        self,
        project: Project,
        spreads: Sequence[Spread],
        force: bool,
        only: str | Iterable[str] | None,
        cases: frozenset[str] = frozenset(),
    ):
        self.project, self.spreads, self.force = project, list(spreads), force
        self.cases = cases
        self.history = History(project)
        self.stages = {stage.qualified: stage for stage in in_order(self.spreads)}
        self.selected = _selected(self.stages, only)
        self.resolver = Resolver(project, self.history)
        self.runs: dict[str, PlannedRun] = {}
        self.bases: dict[Path, Basis] = {}
        self.makers: dict[str, str] = {}  # identity → key of the run that leaves it

    def plan(self) -> Plan:
        made: dict[str, list[PlannedRun]] = {}
        for name, stage in self.stages.items():
            made[name] = [
                self._keep(run)
                for request in stage.requests
                for run in self._expand(stage, request, made)
            ]
            self.resolver.add(name, made[name])
        return Plan(list(self.runs.values()), self.spreads, made)

    def _expand(
        self, stage: Stage, request: RunRequest, made: dict[str, list[PlannedRun]]
    ) -> Iterator[PlannedRun]:
        """The runs of one request: one, or one for each upstream run (`each`)."""
        basis = self._basis(stage)
        asked = queries(basis, request.parameters)
        for part in split(self.resolver, stage, asked):
            # A stage whose models are asked for counts by those models alone.
            needs = [need for need in stage.needs if need not in part.stages]
            bare = [run for need in needs for run in made[need]]
            yield self._run(stage, request, basis, part.models, bare, part.varied)

    def _run(
        self,
        stage: Stage,
        request: RunRequest,
        basis: Basis,
        models: list[Model],
        bare: list[PlannedRun],
        varied: dict[str, Any],
    ) -> PlannedRun:
        inputs = input_digests(self.project, basis, request.parameters)
        upstream = [model.name for model in models]
        upstream += [member.identity for run in bare for member in run.members]
        seen = without_queries(basis, request.parameters)
        identities = [
            self.history.renamed.get(name, name)
            for values in request.members
            for name in [identity(basis, seen, values, upstream, inputs)]
        ]
        key = run_key(basis, seen, identities, upstream, inputs)
        study = stage.notebook.study
        folder = self.history.blessed.get(key) or self.project.run_folder(study, key)
        which = varied if len(varied) > 0 else ""
        case = case_key(stage.notebook.name, request.parameters, str(which))
        chosen = case in self.cases if self.cases else self._is_selected(stage)
        return PlannedRun(
            request=request,
            definition=stage,
            basis=basis,
            key=folder.name,
            case=case,
            folder=folder,
            members=[
                Member(name, dict(values), self.history.model(name, folder))
                for name, values in zip(identities, request.members, strict=True)
            ],
            needs=self._needs(models, bare),
            models=models,
            upstream=upstream,
            inputs=inputs,
            varied={**request.varied, **varied},
            forced=chosen and (self.force or bool(self.cases)),
            selected=chosen,
            accepted=key in self.history.blessed,
        )

    def _keep(self, run: PlannedRun) -> PlannedRun:
        """Enter a run into the plan, once."""
        if run.key in self.runs:
            return self.runs[run.key]
        needs = [self.runs[key] for key in run.needs]
        status = run_status(run, self.history, needs)
        run.state, run.reason = status.state, status.reason
        run.broken, run.ended = status.broken, status.ended
        if run.state != DONE and not run.selected:
            run.state = SKIPPED
        if run.forced:
            run.members = [Member(m.identity, m.values, None) for m in run.members]
        self._estimate(run)
        for member in run.members:
            maker = self.makers.setdefault(member.identity, run.key)
            if self.runs.get(maker, run).state == DONE:
                continue
            if maker != run.key and maker not in run.after:
                run.after.append(maker)
        self.runs[run.key] = run
        return run

    def _estimate(self, run: PlannedRun) -> None:
        """How long the run will take, where runs of its notebook are on record."""
        missing = sum(member.existing is None for member in run.members)
        stage = run.spread, run.stage
        parameters = run.request.parameters
        found = self.history.estimates.of(run.notebook, stage, parameters, missing)
        if found is not None:
            run.estimate_s, run.guess = found

    def _needs(self, models: list[Model], bare: list[PlannedRun]) -> list[str]:
        keys = [model.run for model in models if model.run in self.runs]
        return list(dict.fromkeys(keys + [run.key for run in bare]))

    def _basis(self, stage: Stage) -> Basis:
        path = stage.notebook.path
        if path not in self.bases:
            self.bases[path] = read_basis(self.project, stage.notebook)
        return self.bases[path]

    def _is_selected(self, stage: Stage) -> bool:
        return stage.qualified in self.selected


def _selected(stages: dict[str, Stage], only: str | Iterable[str] | None) -> set[str]:
    """Qualified names of the stages to run.

    Raises:
        RunnerError: a name that is none of them.
    """
    wanted = [only] if isinstance(only, str) else list(only or ())
    if not wanted:
        return set(stages)
    chosen = set()
    for word in wanted:
        fits = {n for n, stage in stages.items() if word in (n, stage.name)}
        if not fits:
            message = (
                f"--only {word}: no such stage.{there_are(word, stages)} "
                "Nothing was run."
            )
            raise RunnerError(message)
        chosen |= fits
    return chosen
