"""Which models a stage's runs are given: from stages of the plan, or the catalogue."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from fieldnotes.files import to_json
from fieldnotes.project import Project
from fieldnotes.runner.errors import RunnerError
from fieldnotes.runner.history import History
from fieldnotes.runner.planned import PlannedRun
from fieldnotes.runner.queries import Model, choose
from fieldnotes.spreads import Stage, list_spreads


@dataclass
class Part:
    """The models of one run, the stages they stand for, what tells the run apart."""

    models: list[Model] = field(default_factory=list)
    stages: set[str] = field(default_factory=set)
    varied: dict[str, Any] = field(default_factory=dict)


class Resolver:
    """Every model that the stages planned so far leave, and those on the disk."""

    def __init__(self, project: Project, history: History):
        self.project, self.history = project, history
        self.stages: dict[str, list[Model]] = {}
        self.varied: dict[str, dict[str, Any]] = {}

    def add(self, stage: str, runs: list[PlannedRun]) -> None:
        """Enter the runs of a stage: each of their members is a model to be had."""
        self.stages[stage] = [
            Model(
                identity=member.identity,
                path=member.existing
                or run.folder / "models" / f"{member.identity}.eqx",
                run=run.key,
                notebook=run.notebook,
                spread=run.spread,
                stage=run.stage,
                parameters={**run.request.parameters, **member.values},
            )
            for run in runs
            for member in run.members
        ]
        self.varied |= {run.key: run.varied for run in runs}

    def ask(self, stage: Stage, name: str, query: Mapping[str, Any]) -> list[Model]:
        """The models that parameter `name` of a stage asks for.

        Raises:
            RunnerError: a stage that is not there, or a model that is missing.
        """
        place = f"params/{stage.spread}.yml: stages.{stage.name}: `{name}`"
        offered = [
            model
            for source in self.sources(stage, query, place)
            for model in self.stages[source]
        ]
        if not offered and not query.get("from"):
            offered = self._catalogued
        try:
            found = choose(offered, query.get("where") or {}, place)
        except RunnerError as error:
            message = f"{error} {self._advice(stage, query)}"
            raise RunnerError(message) from None
        if not found:
            asked = to_json(dict(query))
            message = f"{place}: no model answers {asked}. {self._advice(stage, query)}"
            raise RunnerError(message)
        unique = {model.name: replace(model, asked_by=name) for model in found}
        return list(unique.values())

    def sources(self, stage: Stage, query: Mapping[str, Any], place: str) -> list[str]:
        """Qualified names of the stages that a query's `from` names."""
        given = query.get("from") or []
        found = []
        for word in [given] if isinstance(given, str) else given:
            name = word if word in self.stages else f"{stage.spread}.{word}"
            if name not in self.stages:
                message = (
                    f"{place}: from: {word} is no stage that runs before this one. "
                    f"There are: {', '.join(self.stages) or 'none'}. Nothing was run."
                )
                raise RunnerError(message)
            found.append(name)
        return found

    @cached_property
    def _catalogued(self) -> list[Model]:
        """Models on the disk; of one case trained twice, by the newest code only."""
        rows = [Model(**row) for row in self.history.catalogued()]
        newest = {to_json([m.notebook, m.parameters], sort=True): m for m in rows}
        return list(newest.values())

    def _advice(self, stage: Stage, query: Mapping[str, Any]) -> str:
        """Which command trains what is missing, as far as the query tells."""
        where = query.get("where") or {}
        wanted = str(where.get("notebook", ""))
        for name in list_spreads(self.project) if wanted else ():
            path = self.project.params / f"{name}.yml"
            if path.is_file() and wanted in path.read_text(errors="replace"):
                spread = self.project.relative(path)
                return f"Train it first: `fieldnotes run {spread}`. Nothing was run."
        return "Ask for models that the spread trains. Nothing was run."


def split(
    resolver: Resolver, stage: Stage, asked: Mapping[str, Mapping[str, Any]]
) -> Iterator[Part]:
    """The parts that a request is run in: one, or one for each upstream run."""
    whole, single = Part(), {}
    for name, query in asked.items():
        models = resolver.ask(stage, name, query)
        place = f"params/{stage.spread}.yml: stages.{stage.name}: `{name}`"
        whole.stages |= set(resolver.sources(stage, query, place))
        if query.get("each"):
            single[name] = models
        else:
            whole.models += models
    if not single:
        yield whole
        return
    runs = dict.fromkeys(model.run for models in single.values() for model in models)
    for run in runs:
        own = [m for models in single.values() for m in models if m.run == run]
        varied = resolver.varied.get(run) or {"run": run}
        yield Part(whole.models + own, whole.stages, dict(varied))
