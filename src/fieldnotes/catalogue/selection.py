"""Which models answer a query: whole files, and of equal ones the one to trust."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from fieldnotes.catalogue import tables as t
from fieldnotes.catalogue.modelfiles import retrain
from fieldnotes.catalogue.reading import (
    MODEL,
    Pair,
    Reader,
    chunks,
    having,
    owned_by,
    recorded_of_model,
)
from fieldnotes.catalogue.unknown import recorded_names
from fieldnotes.errors import CatalogueWarning
from fieldnotes.project import Project
from fieldnotes.query import Condition, Query
from fieldnotes.runs import FINISHED
from fieldnotes.runs.records import FINAL


def find_models(
    reader: Reader, project: Project, query: Query, *, every: bool
) -> list[Pair]:
    """Models that meet a query; with `every` also copies and old code."""
    if "kind" not in query.names:
        query = Query((*query.conditions, Condition("kind", "=", FINAL)))
    own_values = having((t.Parameter.model, t.Model.path))
    owned = owned_by(own_values, recorded_of_model(), recorded_names(reader))
    extra = {"signature": t.Model.signature, "missing": t.Model.missing}
    rows = reader.rows(t.Model, MODEL, query, owned, {**MODEL, **extra})
    rows = [row for row in rows if _whole(project, row)]
    own = reader.parameters(t.Parameter.model, [row["path"] for row in rows])
    pairs = [(row, own.get(row["path"], {})) for row in rows]
    return pairs if every else _preferred(reader, pairs)


def _whole(project: Project, row: Mapping[str, Any]) -> bool:
    """Whether the model's file is there in full length; says so when it is not."""
    path = project.root / row["path"]
    try:
        size: int | None = path.stat().st_size
    except OSError:
        size = None
    if size == row["bytes"]:
        return True
    if not row["missing"]:
        found = "is gone" if size is None else f"has {size} bytes"
        message = (
            f"{row['path']}: left out: the file {found}, saved were "
            f"{row['bytes']} bytes. {retrain(path)}"
        )
        warnings.warn(message, CatalogueWarning, stacklevel=4)
    return False


def _preferred(reader: Reader, pairs: Sequence[Pair]) -> list[Pair]:
    """One model for each set of hyperparameters: finished, from a batch, newest."""
    given = _given(reader, {row["run"] for row, _ in pairs})

    def rank(row: Mapping[str, Any]) -> tuple[Any, ...]:
        batch = not row["interactive"]
        done = row["state"] in FINISHED
        return batch and done, batch, row["created"] or "", row["path"]

    best: dict[tuple[str, ...], Pair] = {}
    for row, values in pairs:
        group = (row["signature"], *given.get(row["run"], ()))
        if group not in best or rank(row) > rank(best[group][0]):
            best[group] = (row, values)
    return list(best.values())


def _given(reader: Reader, runs: Iterable[str]) -> dict[str, list[str]]:
    """What kinds of models each run started from; tells fine-tunings apart."""
    found: dict[str, list[str]] = {}
    for chunk in chunks(runs):
        query = (
            select(t.RunModel.run, t.Model.signature)
            .join(t.Model, t.Model.path == t.RunModel.model)
            .where(t.RunModel.run.in_(chunk))
            .order_by(t.Model.signature)
        )
        for row in reader.ask(query):
            found.setdefault(row["run"], []).append(row["signature"])
    return found
