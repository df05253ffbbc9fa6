"""In what runs or models differ: parameters, code, versions, outcome."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import select

from fieldnotes.catalogue import tables as t
from fieldnotes.catalogue.frames import short_keys
from fieldnotes.catalogue.reading import Reader
from fieldnotes.errors import CatalogueError, CorruptFile
from fieldnotes.runs import Manifest, Status, read_manifest, read_status
from fieldnotes.runs.records import read_model
from fieldnotes.values import flatten, spelled

if TYPE_CHECKING:
    import pandas as pd

ABSENT = "(absent)"
Found = TypeVar("Found")
Facts = dict[tuple[str, str], Any]


def diff(reader: Reader, *things: str) -> "pd.DataFrame":
    """Everything that differs among runs or models, given by the start of their keys.

    One row for each difference: `section` (parameters, notebook, code, inputs, given,
    versions, commit, result), `name` with dots for nesting, then one column for each.
    A value that one of them does not have at all is "(absent)".

    Raises:
        CatalogueError: fewer than two were given, or a key fits none or several.
    """
    import pandas as pd

    if len(things) < 2:
        message = "diff: give two runs or models at least, by the start of their keys."
        raise CatalogueError(message)
    found = [_find(reader, thing) for thing in things]
    root = reader.index.project.root
    facts = [_facts(root, run, model) for run, model in found]
    names = list(dict.fromkeys(name for each in facts for name in each))
    rows = []
    for name in names:
        values = [each.get(name, ABSENT) for each in facts]
        told = {
            spelled(v) if name in each else ABSENT for v, each in _zip(values, facts)
        }
        if len(told) > 1:
            rows.append([*name, *values])
    columns = ["section", "name", *_headings(found)]
    return pd.DataFrame(rows, columns=pd.Index(columns), dtype=object)


def _zip(values: list[Any], facts: list[Facts]) -> list[tuple[Any, Facts]]:
    return list(zip(values, facts, strict=True))


def _headings(found: list[tuple[str, str | None]]) -> list[str]:
    keys = [_stem(model) if model else run.rpartition("/")[2] for run, model in found]
    short = short_keys(keys)
    return [
        f"{name} ({short[:at].count(name) + 1})" if name in short[:at] else name
        for at, name in enumerate(short)
    ]


def _stem(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".eqx")


def _find(reader: Reader, thing: str) -> tuple[str, str | None]:
    """Run folder and, for a model, its file, of whatever a key's start names."""
    start = str(thing).rstrip("/").rpartition("/")[2].removesuffix(".eqx")
    runs = reader.ask(
        select(t.Run.key.label("key"), t.Run.folder.label("place")).where(
            t.Run.key.startswith(start, autoescape=True)
        )
    )
    identity, _, kind = start.partition(".")
    models = reader.ask(
        select(t.Model.identity.label("key"), t.Model.path.label("place"))
        .where(t.Model.identity.startswith(identity, autoescape=True))
        .where(t.Model.kind == (kind or "final"))
        .order_by(t.Model.created.desc())
    )
    keys = {row["key"] for row in [*runs, *models]} if start else set()
    if start in keys:
        keys = {start}
    if len(keys) != 1:
        near = ", ".join(sorted(keys)[:6])
        what = f"several: {near}" if keys else "no run and no model"
        message = (
            f"diff: `{thing}` names {what}. `fieldnotes runs` and `fieldnotes models` "
            "list the keys."
        )
        raise CatalogueError(message)
    (key,) = keys
    for row in runs:
        if row["key"] == key:
            return row["place"], None
    place = next(row["place"] for row in models if row["key"] == key)
    return place.rpartition("/models/")[0], place


def _facts(root: Path, run: str, model: str | None) -> Facts:
    """Everything that could differ, by section and name, read from the folder."""
    folder = root / run
    manifest = _readable(read_manifest, folder) or Manifest()
    status = _readable(read_status, folder) or Status()
    record = _readable(read_model, root / model) if model else None
    result: dict[str, Any] = {"state": status.state}
    if record is not None:
        result |= {"outcome": record.outcome, "diverged_at": record.diverged_at}
    sections: dict[str, Mapping[str, Any]] = {
        "parameters": (record and record.hyperparameters) or manifest.parameters,
        "notebook": {"name": manifest.notebook, "code": manifest.code.notebook},
        "code": manifest.code.modules,
        "inputs": manifest.inputs,
        "given": {
            "models": sorted(entry.identity for entry in manifest.models),
            "runs": sorted(manifest.needs),
        },
        "versions": status.versions,
        "commit": {"commit": status.commit, "dirty": status.dirty},
        "result": result,
    }
    facts: Facts = {}
    for section, values in sections.items():
        # The names of modules hold dots of their own; they are never nested.
        flat = values if section == "code" else flatten(values)
        facts |= {(section, name): value for name, value in flat.items()}
    return facts


def _readable(read: Callable[[Path], Found | None], path: Path) -> Found | None:
    """What `read` gives; a file that cannot be read tells nothing."""
    try:
        return read(path)
    except CorruptFile:
        return None
