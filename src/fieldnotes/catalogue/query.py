"""The catalogue of a whole project: tables by query, and what is done to them."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, exists, or_, select

from fieldnotes.catalogue import compare, frames, upkeep
from fieldnotes.catalogue import tables as t
from fieldnotes.catalogue.index import Index, Report
from fieldnotes.catalogue.not_found import no_such_model
from fieldnotes.catalogue.reading import (
    EVALUATION,
    FIGURE,
    MODEL,
    RUN,
    SCRAP,
    TOLD,
    Pair,
    Reader,
    having,
    owned_by,
)
from fieldnotes.catalogue.selection import find_models
from fieldnotes.catalogue.unknown import recorded_names, refuse_names, refuse_values
from fieldnotes.errors import CatalogueError
from fieldnotes.project import Project
from fieldnotes.query import Query
from fieldnotes.query.sql import Columns
from fieldnotes.runs.records import FINAL
from fieldnotes.values import spelled

if TYPE_CHECKING:
    import pandas as pd

Where = Mapping[str, Any] | Query | None


class Catalogue:
    """Every run, model, evaluation, figure and scrap of a project, by query.

    The first query brings the index up to date; later ones see what that one saw,
    until `sync` is called. Rows are pandas tables: fixed columns, then one column for
    each parameter under its dotted name.

    Args:
        project: default the project around the current folder.
        url: an SQLAlchemy URL instead of catalogue/index.sqlite (also
            $FIELDNOTES_DATABASE).

    Raises:
        CatalogueError: no such database, or its driver is not installed.
    """

    def __init__(self, project: Project | None = None, url: str | None = None) -> None:
        self.project = project or Project.find()
        self.index = Index(self.project, url)
        self.reader = Reader(self.index)

    def check(self) -> None:
        """Whether the index can be used, before anything is run for it.

        Raises:
            CatalogueError: its server does not answer, a newer version made it, or it
                is another project's.
        """
        self.index.check()

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
        query = Query.of(where)
        pairs = find_models(self.reader, self.project, query, every=every)
        pairs = frames.order_by(pairs, ("notebook",), ("kind", "created", "path"))
        # A list of recorded values, known after a training, asks for any of them.
        planned = query.without(recorded_names(self.reader))
        missing = planned.missing(pairs)
        if missing:
            raise CatalogueError(no_such_model(self.project, query, missing))
        self._refuse_unknown(query, pairs, MODEL, t.Parameter.model)
        return frames.frame(planned.ordered(pairs), frames.MODELS)

    def runs(self, where: Where = None) -> "pd.DataFrame":
        """Runs with their state and parameters, oldest first; a list means any of."""
        query = Query.of(where)
        own_values = having((t.Parameter.run, t.Run.key))
        recorded, names = t.Scrap.run == t.Run.key, recorded_names(self.reader)
        owned = owned_by(own_values, recorded, names)
        rows = self.reader.rows(t.Run, RUN, query, owned)
        own = self.reader.parameters(t.Parameter.run, [row["key"] for row in rows])
        pairs = [(row, own.get(row["key"], {})) for row in rows]
        self._refuse_unknown(query, pairs, RUN, t.Parameter.run)
        pairs.sort(key=lambda pair: (pair[0]["started"] or "~", pair[0]["key"]))
        return frames.frame(pairs, frames.RUNS)

    def scraps(self, where: Where = None) -> "pd.DataFrame":
        """Recorded values, with the parameters of their run and their own member's."""
        query = Query.of(where)
        of_member = (t.Parameter.member, t.Scrap.member)
        owners = having(of_member, (t.Parameter.run, t.Scrap.run))
        columns = {**SCRAP, "position": t.Scrap.position}
        shown = {**columns, "value": t.Scrap.value, "member": TOLD}
        shown["of"] = t.Scrap.member
        rows = self.reader.rows(t.Scrap, columns, query, owned_by(owners), shown)
        of_run = self.reader.parameters(t.Parameter.run, {row["run"] for row in rows})
        members = {row["of"] for row in rows if row["of"]}
        own = self.reader.parameters(t.Parameter.member, members)
        read = frames.Decoder()
        pairs: list[Pair] = []
        for row in rows:
            values = {**of_run.get(row["run"], {}), **own.get(row["of"], {})}
            # A member's value hides the list that its run has under that name.
            if query.without(columns).holds(values):
                told = {"value": read(row["value"]), "member": read(row["member"])}
                pairs.append(({**row, **told}, values))
        self._refuse_unknown(query, pairs, columns, t.Parameter.run)
        pairs.sort(key=lambda pair: (pair[0]["run"], pair[0]["position"]))
        return frames.frame(pairs, frames.SCRAPS)

    def figures(self, where: Where = None) -> "pd.DataFrame":
        """Figures, found by any parameter of themselves, their run or what they show.

        The parameters of the models and evaluations that a figure shows are given
        where these agree on one value.
        """
        query = Query.of(where)
        recorded, names = t.Scrap.run == t.Figure.run, recorded_names(self.reader)
        owned = owned_by(_of_figure, recorded, names)
        rows = self.reader.rows(t.Figure, FIGURE, query, owned)
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
        self._refuse_unknown(query, pairs, FIGURE, None)
        ordered = frames.order_by(pairs, ("study", "kind"), ("name", "path"))
        return frames.frame(ordered, frames.FIGURES)

    def evaluations(self, where: Where = None) -> "pd.DataFrame":
        """Evaluations in the cache, with the identities of the models they applied."""
        query = Query.of(where)
        owned = owned_by(having((t.Parameter.evaluation, t.Evaluation.hash)))
        shown = {**EVALUATION, "path": t.Evaluation.path}
        rows = self.reader.rows(t.Evaluation, EVALUATION, query, owned, shown)
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
        self._refuse_unknown(query, pairs, EVALUATION, t.Parameter.evaluation)
        ordered = frames.order_by(pairs, ("name",), ("hash",))
        return frames.frame(ordered, frames.EVALUATIONS)

    def pick(
        self, table: "pd.DataFrame", names: Sequence[str] = (), sort: str = ""
    ) -> "pd.DataFrame":
        """A table of runs or models with recorded values as columns, in an order.

        `pick(runs, ["final_loss"], sort="-final_loss")`; see `columns.pick`.
        """
        from fieldnotes.catalogue.columns import pick

        return pick(self.reader, table, names, sort)

    def refuse_values(self, kind: str, where: Where) -> None:
        """Tell of a value in a query that no row has and no notebook declares.

        Args:
            kind: what was asked for: "runs", "models" or "figures".

        Raises:
            CatalogueError: with the values nearest to it that there are.
        """
        columns = {"runs": RUN, "models": MODEL, "figures": FIGURE}[kind]
        refuse_values(self.reader, Query.of(where), columns)

    def diff(self, *things: str) -> "pd.DataFrame":
        """In what runs or models differ; see `compare.diff`."""
        return compare.diff(self.reader, *things)

    def load_model(self, row: Any, read: Callable[[Path], Any] | None = None) -> Any:
        """The model of a row of `models()` or `pick()`, its checksum verified.

        It is read by the function that it was saved with, unless `read(path)` is given.
        """
        from fieldnotes.catalogue.modelfiles import load_model

        return load_model(self._with_path(row), read, self.project)

    def load_figure(self, row: Any) -> Any:
        """The Plotly figure of a row of `figures()`."""
        from fieldnotes.catalogue.figures import load_figure

        return load_figure(self.project, row)

    def load_figures(self, where: Where = None, *, annotate: bool = True) -> list[Any]:
        """Figures by query; `annotate` adds what varies among them to their titles."""
        from fieldnotes.catalogue.figures import load_figures

        return load_figures(self.project, self.figures(where), annotate=annotate)

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

        table, folder = self.figures(where), Path(folder)
        return export(self.project, table, folder, formats=formats, annotate=annotate)

    def tidy(self, apply: bool = False, **options: Any) -> "pd.DataFrame":
        """Files without a record and records without a file; see `upkeep.tidy`."""
        return upkeep.tidy(self.reader, apply=apply, **options)

    def export(self, folder: Path | str | None = None) -> Path:
        """Every table as CSV with a copy of the database; see `upkeep.export`."""
        return upkeep.export(self.reader, None if folder is None else Path(folder))

    def ask(self, query: Any) -> list[dict[str, Any]]:
        """The rows of an SQLAlchemy query on the index, brought up to date once."""
        return self.reader.ask(query)

    def _with_path(self, row: Any) -> Any:
        """A row that names its file; a row of `pick` holds identity, run and kind."""

        def told(name: str) -> Any:
            return row.get(name) if isinstance(row, Mapping) else getattr(row, name, "")

        if told("path") or not (told("identity") and told("run")):
            return row
        query = select(t.Model.path, t.Model.checksum)
        of_row = t.Model.identity == told("identity"), t.Model.run == told("run")
        kind = t.Model.kind == (told("kind") or FINAL)
        found = self.reader.ask(query.where(*of_row, kind))
        return dict(found[0]) if found else row

    def _refuse_unknown(
        self, query: Query, pairs: Sequence[Any], columns: Columns, owner: Any
    ) -> None:
        """Say so when nothing was found because a name is misspelt."""
        if not pairs:
            refuse_names(self.reader, query, columns, owner)

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


def _of_figure(*tests: ColumnElement[bool], each: bool = True) -> ColumnElement[bool]:
    """A parameter of a figure, of its run, or of a model or evaluation it shows.

    It is asked of each figure, whatever `each` says.
    """
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
    own = or_(
        t.Parameter.figure == t.Figure.path,
        t.Parameter.run == t.Figure.run,
        model.correlate(t.Figure, t.Parameter),
        evaluation.correlate(t.Figure, t.Parameter),
    )
    return exists().where(and_(own, *tests))


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
