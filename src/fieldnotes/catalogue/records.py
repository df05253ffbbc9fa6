"""What a notebook leaves behind: scraps, figures with their records, other files."""

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fieldnotes.catalogue.session import Member, Session
from fieldnotes.catalogue.this_run import current
from fieldnotes.errors import CatalogueError
from fieldnotes.files import file_name, to_json, write_json, write_text
from fieldnotes.values import plain, same

# True as soon as every notebook gives its scraps an identifier and a meaning: then what
# lacks one is refused.
STRICT = False
IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
UNWRITTEN = "fieldnotes_unwritten"  # sessions whose scraps the cell's end writes
SCRAP = "application/scrapbook.scrap.json+json"  # scrapbook's media type, version 1


def record(
    name: str,
    value: Any,
    unit: str = "1",
    meaning: str = "",
    *,
    member: Mapping[str, Any] | Member | None = None,
) -> None:
    """Leave a named value behind, with its unit and what it means.

    It goes, exactly, to the run's `metrics.json`, and into the notebook as a scrap that
    `scrapbook.read_notebook` reads. Recording a name again (for the same member)
    replaces its value.

    Args:
        name: what the value is called in queries: letters, digits and underscores.
        value: numbers, text, True, False, None, or lists, small arrays or dictionaries
            of these.
        unit: such as "m/s" or "%"; "1" for a pure number, "-" for no quantity.
        meaning: what the value is, as a phrase that tables and axes can show.
        member: the values that tell the model it belongs to from the others of this
            run, e.g. `{"seed": 3}`, or one of `members()`.

    Raises:
        CatalogueError: the value is none of the above, the name is no identifier, or
            the unit or the meaning is no text.
    """
    _check_name(name)
    if not isinstance(unit, str) or not unit:
        message = (
            f"record {name!r}: the unit must be text; got {unit!r}. "
            'Use "1" for a pure number and "-" for what is no quantity.'
        )
        raise CatalogueError(message)
    if not isinstance(meaning, str) or (STRICT and not meaning.strip()):
        message = (
            f"record {name!r}: the meaning must be text; got {meaning!r}. Say in a "
            'phrase what the value is: record(name, value, unit, "meaning").'
        )
        raise CatalogueError(message)
    scrap = {"name": name, "value": plain(value, f"record {name!r}"), "unit": unit}
    scrap["meaning"] = meaning.strip()
    values = member.values if isinstance(member, Member) else member
    if values:
        scrap["member"] = plain(dict(values), f"record {name!r}: member")
    _keep(current(), scrap)
    _glue(scrap)


def _check_name(name: Any) -> None:
    """Refuse what queries, columns and axes cannot call a scrap."""
    if not isinstance(name, str) or not name.strip():
        message = f"record: the name must be text; got {name!r}."
        raise CatalogueError(message)
    if STRICT and not IDENTIFIER.fullmatch(name):
        near = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").lower() or "value"
        message = (
            f"record: the name {name!r} is no identifier. Allowed: letters, digits and "
            f"underscores, the first a letter, such as `{near}`. Say in `meaning` what "
            'the value is: record(name, value, unit, "meaning").'
        )
        raise CatalogueError(message)


def _keep(session: Session, scrap: dict[str, Any]) -> None:
    same_name = [
        index
        for index, other in enumerate(session.scraps)
        if other["name"] == scrap["name"]
        and same(other.get("member"), scrap.get("member"))
    ]
    if same_name:
        session.scraps[same_name[0]] = scrap
    else:
        session.scraps.append(scrap)
    _write_after_cell(session)


def _write_after_cell(session: Session) -> None:
    """Write the scraps when the running cell ends, however it ends; else now.

    A cell may leave a thousand, and each writing of the file waits for the disk.
    """
    shell = _kernel()
    if shell is None:
        _write(session)
        return
    waiting = shell.meta.setdefault(UNWRITTEN, {})
    if not waiting:

        def write(_: Any) -> None:
            shell.events.unregister("post_run_cell", write)
            while waiting:
                _write(waiting.popitem()[1])

        shell.events.register("post_run_cell", write)
    waiting[session.folder] = session


def _write(session: Session) -> None:
    write_json(session.folder / "metrics.json", session.scraps)


def _kernel() -> Any:
    """The shell of the kernel this runs in, None outside of notebooks."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return None if getattr(shell, "kernel", None) is None else shell


def _glue(scrap: Mapping[str, Any]) -> None:
    """Put the scrap into the notebook as scrapbook does.

    The output is written here rather than by `scrapbook.glue`, whose import takes
    longer than a small run; a test compares the two.
    """
    if _kernel() is None:
        return
    from IPython.display import display

    name = scrap_name(scrap)
    data = json.loads(to_json({k: v for k, v in scrap.items() if k != "name"}))
    payload = {"name": name, "data": data, "encoder": "json", "version": 1}
    metadata = {"scrapbook": {"name": name, "data": True, "display": False}}
    display({SCRAP: payload}, metadata=metadata, raw=True)


def scrap_name(scrap: Mapping[str, Any]) -> str:
    """The name in the notebook: scrapbook keeps one scrap a name, so members differ."""
    member = scrap.get("member")
    if not member:
        return scrap["name"]
    values = ", ".join(f"{name}={to_json(value)}" for name, value in member.items())
    return f"{scrap['name']}[{values}]"


def artifact(name: str) -> Path:
    """Where this run keeps a file of this name; the folder exists afterwards."""
    path = current().folder / "artifacts" / file_name(name, "artifact")
    path.parent.mkdir(exist_ok=True)
    return path


def save_figure(
    fig: Any,
    name: str,
    *,
    kind: str,
    caption: str,
    models: Any = (),
    parameters: Mapping[str, Any] | None = None,
    evaluations: Iterable[Any] = (),
) -> Any:
    """Keep a Plotly figure with a record of what it shows; give it back to be shown.

    Args:
        fig: the figure; its `layout.meta["fieldnotes"]` is set to `name`, so that the
            site can tell which figure on a page this is.
        name: of the file in the run's `figures` folder.
        kind: what sort of figure it is, the same word in every run: "loss", "paths".
        caption: one sentence on what is seen.
        models: the models it shows: rows or a table of `models()`, members, identities.
        parameters: what tells it from other figures of this run, beyond the run's own.
        evaluations: results of `cached(...)` that it shows.
    """
    if file_name(name, "save_figure").endswith(".record"):
        message = f"save_figure: {name!r} ends like the record beside a figure."
        raise CatalogueError(message)
    for word, text in (("kind", kind), ("caption", caption)):
        if not isinstance(text, str) or not text:
            message = f"save_figure {name!r}: `{word}` must be text; got {text!r}."
            raise CatalogueError(message)
    session = current()
    meta = fig.layout.meta if isinstance(fig.layout.meta, dict) else {}
    fig.layout.meta = {**meta, "fieldnotes": name}
    entry = {
        "name": name,
        "kind": kind,
        "caption": caption,
        "parameters": plain(dict(parameters or {}), f"save_figure {name!r}"),
        "models": identities(models),
        "evaluations": [getattr(item, "hash", item) for item in evaluations],
    }
    folder = session.folder / "figures"
    write_text(folder / f"{name}.json", fig.to_json())
    write_json(folder / f"{name}.record.json", entry)
    return fig


def identities(models: Any) -> list[str]:
    """The identities of models given as a table, rows, members or plain text."""
    if models is None:
        return []
    if isinstance(models, str):
        return [models]
    if hasattr(models, "columns"):
        return [str(identity) for identity in models["identity"]]
    if hasattr(models, "identity"):
        return [str(models.identity)]
    if isinstance(models, Mapping):
        return [str(models["identity"])]
    if isinstance(models, Sequence) or hasattr(models, "__iter__"):
        return [identity for item in models for identity in identities(item)]
    message = (
        f"models: {models!r} names no model. Give rows of `models()`, members or "
        "identities."
    )
    raise CatalogueError(message)
