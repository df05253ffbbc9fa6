"""`models(where)` of a notebook: planned rows in a batch run, else the index."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fieldnotes.catalogue import frames
from fieldnotes.catalogue.session import Session
from fieldnotes.catalogue.this_run import current, in_batch
from fieldnotes.errors import CatalogueError
from fieldnotes.project import Project
from fieldnotes.query import Condition, Query, is_query
from fieldnotes.runs import Manifest, Model, ModelEntry, read_manifest
from fieldnotes.runs.records import FINAL, read_model
from fieldnotes.runs.typed import typed_list
from fieldnotes.values import flatten, same

if TYPE_CHECKING:
    import pandas as pd

Pair = tuple[dict[str, Any], dict[str, Any]]


def models(where: Mapping[str, Any] | None = None) -> "pd.DataFrame":
    """Trained models by their hyperparameters, one row each.

    Columns: identity, kind, outcome, path and the like, then one for each
    hyperparameter under its dotted name. A list asks for one model for each value;
    operators are written `{"orbits": {">=": 10}}`. In a batch run the answer is what
    the planner chose for this run: `table.attrs["absent"]` lists models that could
    not be trained. By hand it is read from the index, which is brought up to date.

    Raises:
        CatalogueError: there is none; it names the spread and command that trains it.
    """
    if in_batch():
        return _planned(current(), where or {})
    return _by_hand(where or {})


def _planned(session: Session, where: Mapping[str, Any]) -> "pd.DataFrame":
    parameter = next(
        (
            name
            for name, value in session.parameters.items()
            if where and isinstance(value, Mapping) and same(value, dict(where))
        ),
        None,
    )
    entries = session.manifest.models
    if parameter is not None:
        entries = [e for e in entries if e.parameter in (None, parameter)]
        query = Query()
    else:
        query = Query.of(_without_spread(where))
    kinds = [c.value for c in query.only(["kind"]).conditions if c.operator == "="]
    kind = kinds[0] if kinds else None
    pairs = [_planned_row(session, entry, kind) for entry in entries]
    kept = [pair for pair in pairs if query.holds(pair[1], _known(pair[0]))]
    if not kept:
        raise CatalogueError(_none_planned(session, where))
    table = frames.frame(kept, frames.MODELS)
    table.attrs["absent"] = [asdict(entry) for entry in session.manifest.absent]
    return table


def _known(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row's own columns, for conditions on them."""
    study = str(row["notebook"]).rpartition("/")[0]
    return {**row, "study": study}


def _none_planned(session: Session, where: Mapping[str, Any]) -> str:
    reasons = "; ".join(entry.reason for entry in session.manifest.absent[:3])
    return (
        f"{session.manifest.notebook}: this run was given no model for "
        f"{dict(where)}. A batch run sees only the models that its spread asks for in "
        "a parameter, such as `models: {from: train}`."
        + (f" Not trained: {reasons}." if reasons else "")
    )


def _planned_row(session: Session, entry: ModelEntry, kind: str | None) -> Pair:
    """One model of the manifest with what its own record adds."""
    path = Path(entry.path)
    if kind not in (None, FINAL):
        path = path.with_name(f"{entry.identity}.{kind}.eqx")
    file = session.project.root / path
    record = read_model(file) or Model(file, entry.identity)
    maker = read_manifest(file.parents[1]) or Manifest()
    planned = path.as_posix() == Path(entry.path).as_posix()
    row = {
        "identity": entry.identity,
        "kind": record.kind,
        "outcome": record.outcome,
        "diverged_at": record.diverged_at,
        "path": path.as_posix(),
        "run": entry.run or record.run,
        "spread": maker.spread or None,
        "stage": maker.stage or None,
        "notebook": maker.notebook or None,
        "interactive": maker.interactive,
        "created": record.created,
        "bytes": record.bytes,
        "checksum": (entry.checksum if planned else None) or record.checksum,
    }
    # The record tells the model's own value of what its run held a list of.
    return row, flatten(record.hyperparameters or entry.parameters)


def _by_hand(where: Mapping[str, Any]) -> "pd.DataFrame":
    from fieldnotes.catalogue.interactive import notebook_path
    from fieldnotes.catalogue.not_found import no_such_model
    from fieldnotes.catalogue.query import Catalogue

    # A console that belongs to no notebook may look without leaving a run behind.
    session = current() if notebook_path() else None
    project = session.project if session else Project.find()
    query = Query.of(_without_spread(where))
    catalogue = Catalogue(project)
    table = catalogue.models(query)
    stage = where.get("from") if is_query(where) else None
    if stage is not None:
        table = table.loc[_made_by(table, stage)].reset_index(drop=True)
    if not len(table):
        if stage is not None:
            made = Condition("stage", "=", _names(stage)[0][1])
            query = Query((*query.conditions, made))
        raise CatalogueError(no_such_model(project, query))
    if session is not None:
        _note_use(session, table)
    return table


def _without_spread(where: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a query that the index can answer."""
    return dict((where.get("where") if is_query(where) else where) or {})


def _names(stage: Any) -> list[tuple[str, str]]:
    """Spread (may be empty) and stage of what `from` says: one name or a list."""
    listed = [stage] if isinstance(stage, str) else list(stage)
    return [(name.rpartition(".")[0], name.rpartition(".")[2]) for name in listed]


def _made_by(table: "pd.DataFrame", stage: Any) -> Any:
    """Rows of a stage of that name, or of a notebook of that name run by hand."""
    names = _names(stage)
    chosen = []
    rows = zip(table["spread"], table["stage"], table["notebook"], strict=True)
    for made_by, of_stage, notebook in rows:
        last = str(notebook).rpartition("/")[2]
        chosen.append(
            any(
                (made_by, of_stage) == (spread, name)
                if spread
                else name in (of_stage, last)
                for spread, name in names
            )
        )
    return chosen


def _note_use(session: Session, table: "pd.DataFrame") -> None:
    """Write down which models a run by hand was given, as the planner would have."""
    models = session.manifest.models
    known = {entry.path for entry in models}
    columns = ["identity", "path", "checksum", "run", "notebook", "spread", "stage"]
    rows = zip(*(table[name] for name in columns), strict=True)
    facts = (dict(zip(columns, row, strict=True)) for row in rows)
    entries = typed_list(ModelEntry, list(facts))
    new = [entry for entry in entries if entry.path not in known]
    if new:
        models += new
        session.manifest.write(session.folder)
