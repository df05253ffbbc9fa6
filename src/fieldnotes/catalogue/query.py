"""The catalogue of a whole project: tables by query, and what is done to them."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, exists, or_, select

from fieldnotes.catalogue import frames
from fieldnotes.catalogue import tables as t
from fieldnotes.catalogue.errors import CatalogueError
from fieldnotes.catalogue.index import Index, Report
from fieldnotes.catalogue.not_found import no_such_model, unknown_name
from fieldnotes.catalogue.reading import (
    EVALUATION,
    FIGURE,
    MODEL,
    RUN,
    SCRAP,
    Pair,
    Reader,
)
from fieldnotes.catalogue.selection import find_models, is_case, walked
from fieldnotes.catalogue.sql import Columns, parameter_name
from fieldnotes.project import Project
from fieldnotes.query import EACH, Condition, cases, parse
from fieldnotes.values import sole, spelled

if TYPE_CHECKING:
    import pandas as pd

Where = Mapping[str, Any] | None


class Catalogue:
    """Every run, model, evaluation, figure and scrap of a project, by query.

    The first query brings the index up to date; later ones see what that one saw,
    until `sync` is called. Rows are pandas tables: fixed columns, then one column for
    each parameter under its dotted name.

    Args:
        project: default the project around the current folder.
        url: an SQLAlchemy URL instead of catalogue/index.sqlite (also
            $FIELDNOTES_DATABASE).
    """

    def __init__(self, project: Project | None = None, url: str | None = None) -> None:
        self.project = project or Project.find()
        self.index = Index(self.project, url)
        self.reader = Reader(self.index)

    def sync(self) -> Report:
        """Read what changed in the run folders; the rest stays as it is."""
        return self.reader.sync()

    def restore(self) -> Report:
        """Build the index anew from the run folders."""
        self.reader.synced = True
        return self.index.restore()

    def models(self, where: Where = None, *, every: bool = False) -> "pd.DataFrame":
        """Models, one row each, with their hyperparameters.

        A list asks for one model for each value. Of models with the same notebook,
        kind and hyperparameters the one of a finished batch run is given, the newest
        of several; `every` gives them all. Only `kind` "final" unless it is asked for.
        A model whose file is missing or cut short is left out, with a warning.

        Raises:
            CatalogueError: there is no model for a value of a list, or no model has a
                parameter of that name; it names the spread and command to train one.
        """
        conditions, recorded = self._split(parse(where, lists=EACH), MODEL)
        pairs = find_models(self.reader, self.project, conditions, every=every)
        pairs = self._met(recorded, pairs, lambda row: row["run"])
        self._refuse_missing(conditions, pairs)
        return frames.frame(walked(conditions, pairs), frames.MODELS)

    def runs(self, where: Where = None) -> "pd.DataFrame":
        """Runs with their state and parameters, oldest first; a list means any of."""
        conditions, recorded = self._split(parse(where), RUN)
        rows = self.reader.rows(t.Run, RUN, conditions, t.Parameter.run == t.Run.key)
        own = self.reader.parameters(t.Parameter.run, [row["key"] for row in rows])
        pairs = [(row, own.get(row["key"], {})) for row in rows]
        pairs = self._met(recorded, pairs, lambda row: row["key"])
        self._refuse_unknown(conditions, pairs, RUN, t.Parameter.run)
        pairs.sort(key=lambda pair: (pair[0]["started"] or "~", pair[0]["key"]))
        return frames.frame(pairs, frames.RUNS)

    def scraps(self, where: Where = None) -> "pd.DataFrame":
        """Recorded values, with the parameters of their run and their own member's."""
        conditions = parse(where)
        owners = or_(t.Parameter.scrap == t.Scrap.id, t.Parameter.run == t.Scrap.run)
        columns = {**SCRAP, "id": t.Scrap.id, "position": t.Scrap.position}
        shown = {**columns, "value": t.Scrap.value, "member": t.Scrap.member}
        rows = self.reader.rows(t.Scrap, columns, conditions, owners, shown)
        of_run = self.reader.parameters(t.Parameter.run, {row["run"] for row in rows})
        own = self.reader.parameters(t.Parameter.scrap, [row["id"] for row in rows])
        read = frames.Decoder()
        pairs: list[Pair] = []
        for row in rows:
            values = {**of_run.get(row["run"], {}), **own.get(row["id"], {})}
            # A member's value hides the list that its run has under that name.
            if _hold(conditions, columns, values):
                told = {"value": read(row["value"]), "member": read(row["member"])}
                pairs.append(({**row, **told}, values))
        self._refuse_unknown(conditions, pairs, columns, t.Parameter.run)
        pairs.sort(key=lambda pair: (pair[0]["run"], pair[0]["position"]))
        return frames.frame(pairs, frames.SCRAPS)

    def figures(self, where: Where = None) -> "pd.DataFrame":
        """Figures, found by any parameter of themselves, their run or what they show.

        The parameters of the models and evaluations that a figure shows are given
        where these agree on one value.
        """
        conditions = parse(where)
        rows = self.reader.rows(t.Figure, FIGURE, conditions, _of_figure())
        keys = [row["path"] for row in rows]
        of_run = self.reader.parameters(t.Parameter.run, {row["run"] for row in rows})
        own = self.reader.parameters(t.Parameter.figure, keys)
        shown = self._shown(keys)
        pairs = [
            (
                row,
                {
                    **_agreed(shown.get(row["path"], [])),
                    **of_run.get(row["run"], {}),
                    **own.get(row["path"], {}),
                },
            )
            for row in rows
        ]
        self._refuse_unknown(conditions, pairs, FIGURE, None)
        ordered = frames.order_by(pairs, ("study", "kind"), ("name", "path"))
        return frames.frame(ordered, frames.FIGURES)

    def evaluations(self, where: Where = None) -> "pd.DataFrame":
        """Evaluations in the cache, with the identities of the models they applied."""
        conditions = parse(where)
        owners = t.Parameter.evaluation == t.Evaluation.hash
        shown = {**EVALUATION, "path": t.Evaluation.path}
        rows = self.reader.rows(t.Evaluation, EVALUATION, conditions, owners, shown)
        keys = [row["hash"] for row in rows]
        own = self.reader.parameters(t.Parameter.evaluation, keys)
        by = dict(
            self.reader.pairs(t.EvaluationRun.evaluation, t.EvaluationRun.run, keys)
        )
        models = self._applied(keys)
        pairs = [
            (
                {
                    **row,
                    "path": row["path"].removesuffix(".json") + ".npz",
                    "run": by.get(row["hash"]),
                    "models": models.get(row["hash"], []),
                },
                own.get(row["hash"], {}),
            )
            for row in rows
        ]
        self._refuse_unknown(conditions, pairs, EVALUATION, t.Parameter.evaluation)
        ordered = frames.order_by(pairs, ("name",), ("hash",))
        return frames.frame(ordered, frames.EVALUATIONS)

    def diff(self, *things: str) -> "pd.DataFrame":
        """In what runs or models differ; see `compare.diff`."""
        from fieldnotes.catalogue.compare import diff

        return diff(self, *things)

    def load_model(self, row: Any, read: Callable[[Path], Any]) -> Any:
        """`read(path)` of the model of a row of `models()`, its checksum verified."""
        from fieldnotes.catalogue.modelfiles import load_model

        return load_model(row, read, self.project)

    def load_figure(self, row: Any) -> Any:
        """The Plotly figure of a row of `figures()`."""
        from fieldnotes.catalogue.figures import load_figure

        return load_figure(self.project, row)

    def load_figures(self, where: Where = None, *, annotate: bool = True) -> list[Any]:
        """Figures by query; `annotate` adds what varies among them to their titles."""
        from fieldnotes.catalogue.figures import load_figures

        return load_figures(self, where, annotate=annotate)

    def figures_export(
        self,
        folder: Path | str,
        where: Where = None,
        *,
        formats: Sequence[str] = ("html",),
        annotate: bool = True,
    ) -> list[Path]:
        """Write figures by query to a folder; see `figures.export`."""
        from fieldnotes.catalogue.figures import export

        return export(self, Path(folder), where, formats=formats, annotate=annotate)

    def tidy(self, apply: bool = False, **options: Any) -> "pd.DataFrame":
        """Files without a record and records without a file; see `upkeep.tidy`."""
        from fieldnotes.catalogue.upkeep import tidy

        return tidy(self, apply=apply, **options)

    def export(self, folder: Path | str | None = None) -> Path:
        """Every table as CSV with a copy of the database; see `upkeep.export`."""
        from fieldnotes.catalogue.upkeep import export

        return export(self, None if folder is None else Path(folder))

    def ask(self, query: Any) -> list[dict[str, Any]]:
        """The rows of an SQLAlchemy query on the index, brought up to date once."""
        return self.reader.ask(query)

    def _split(
        self, conditions: Sequence[Condition], columns: Columns
    ) -> tuple[list[Condition], list[Condition]]:
        """Conditions on columns and parameters, and those on recorded values.

        A name is one of a recorded value where no column and no parameter has it.
        """
        free = {item.name for item in conditions if item.name not in columns}
        known = select(t.Parameter.name).where(t.Parameter.name.in_(free)).distinct()
        free -= {row["name"] for row in self.ask(known)}
        scraps = select(t.Scrap.name).where(t.Scrap.name.in_(free)).distinct()
        recorded = {row["name"] for row in self.ask(scraps)} if free else set()
        return (
            [item for item in conditions if item.name not in recorded],
            [item for item in conditions if item.name in recorded],
        )

    def _met(
        self,
        recorded: Sequence[Condition],
        pairs: Sequence[Pair],
        run_of: Callable[[Mapping[str, Any]], str],
    ) -> list[Pair]:
        """Rows of whose recorded values some meet each condition.

        A value of one member counts for a model only where the member's values are the
        model's own; for a run any member's counts.
        """
        kept, read = list(pairs), frames.Decoder()
        for condition in recorded:
            query = select(t.Scrap.run, t.Scrap.value, t.Scrap.member)
            found: dict[str, list[tuple[Any, Any]]] = {}
            for row in self.ask(query.where(t.Scrap.name == condition.name)):
                told = read(row["value"]), read(row["member"])
                found.setdefault(row["run"], []).append(told)
            kept = [
                (row, values)
                for row, values in kept
                if any(
                    condition.holds({condition.name: value})
                    for value, member in found.get(run_of(row), [])
                    if "identity" not in row or _is_of(member, values)
                )
            ]
        return kept

    def _refuse_missing(
        self, conditions: Sequence[Condition], pairs: Sequence[Pair]
    ) -> None:
        wanted = cases(conditions)
        missing = [
            case
            for case in wanted
            if not any(is_case(case, row, values) for row, values in pairs)
        ]
        if missing and any(missing):
            raise CatalogueError(no_such_model(self.project, conditions, missing))
        self._refuse_unknown(conditions, pairs, MODEL, t.Parameter.model)

    def _refuse_unknown(
        self,
        conditions: Sequence[Condition],
        pairs: Sequence[Any],
        columns: Columns,
        owner: Any,
    ) -> None:
        """Say so when nothing was found because a name is misspelt."""
        names = [item.name for item in conditions if item.name not in columns]
        if pairs or not names:
            return
        query = select(t.Parameter.name).distinct()
        if owner is not None:
            query = query.where(owner.is_not(None))
        known = [row["name"] for row in self.ask(query)]
        for name in names:
            if known and parameter_name(name) not in known:
                raise CatalogueError(unknown_name(name, [*columns, *known]))

    def _shown(self, figures: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
        """The parameters of everything that each figure shows."""
        found: dict[str, list[dict[str, Any]]] = {}
        links = (
            (t.FigureEvaluation.figure, t.FigureEvaluation.evaluation, "evaluation"),
            (t.FigureModel.figure, t.FigureModel.model, "model"),
        )
        for one, other, owner in links:
            pairs = self.reader.pairs(one, other, figures)
            column = getattr(t.Parameter, owner)
            values = self.reader.parameters(column, {target for _, target in pairs})
            for figure, target in pairs:
                found.setdefault(figure, []).append(values.get(target, {}))
        return found

    def _applied(self, evaluations: Sequence[str]) -> dict[str, list[str]]:
        link = t.EvaluationModel
        paths = self.reader.pairs(link.evaluation, link.model, evaluations)
        found: dict[str, list[str]] = {}
        for key, path in paths:
            identity = Path(path).stem.split(".")[0]
            if identity not in found.setdefault(key, []):
                found[key].append(identity)
        return found


def _of_figure() -> ColumnElement[bool]:
    """Parameters of a figure, of its run, or of a model or evaluation it shows."""
    model = exists().where(
        and_(
            t.FigureModel.figure == t.Figure.path,
            t.FigureModel.model == t.Parameter.model,
        )
    )
    evaluation = exists().where(
        and_(
            t.FigureEvaluation.figure == t.Figure.path,
            t.FigureEvaluation.evaluation == t.Parameter.evaluation,
        )
    )
    return or_(
        t.Parameter.figure == t.Figure.path,
        t.Parameter.run == t.Figure.run,
        model.correlate(t.Figure, t.Parameter),
        evaluation.correlate(t.Figure, t.Parameter),
    )


def _agreed(several: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The values that all of several sets of parameters share."""
    if not several:
        return {}
    first = several[0]
    return {
        name: value
        for name, value in first.items()
        if all(
            name in other and spelled(other[name]) == spelled(value)
            for other in several[1:]
        )
    }


def _is_of(member: Mapping[str, Any] | None, values: Mapping[str, Any]) -> bool:
    """Whether a recorded value's member is the model with these parameters."""
    return all(
        name in values and spelled(sole(values[name])) == spelled(value)
        for name, value in (member or {}).items()
    )


def _hold(
    conditions: Sequence[Condition], columns: Columns, values: Mapping[str, Any]
) -> bool:
    return all(
        Condition(parameter_name(item.name), item.operator, item.value).holds(values)
        for item in conditions
        if item.name not in columns
    )
