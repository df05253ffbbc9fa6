"""Model files: written whole with their record last, read only with their checksum.

One model is `models/<identity>.eqx`, its record `<identity>.json` and, when there is a
history, `<identity>.npz`. Another parameter set of the same training (kind "best") is
`<identity>.best.eqx` with a record of its own.
"""

import io
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from fieldnotes.catalogue.arrays import read_arrays, write_arrays
from fieldnotes.catalogue.readers import name_of, reader_of
from fieldnotes.catalogue.session import Member
from fieldnotes.catalogue.this_run import current, in_batch
from fieldnotes.errors import CatalogueError, CorruptFile
from fieldnotes.files import checksum, file_name, write_bytes, write_json
from fieldnotes.project import Project
from fieldnotes.runs import Manifest, now, read_manifest
from fieldnotes.runs.records import FINAL, read_model
from fieldnotes.runs.states import DIVERGED, STUCK
from fieldnotes.values import plain

OUTCOMES = ("trained", DIVERGED, STUCK)


def save_model(
    model: Any,
    write: Callable[[Path, Any, dict[str, Any]], Any],
    *,
    read: Callable[[Path], Any] | None = None,
    values: Mapping[str, Any] | None = None,
    history: Mapping[str, Any] | None = None,
    outcome: str = "trained",
    diverged_at: int | None = None,
    kind: str = FINAL,
    summary: Mapping[str, Any] | None = None,
) -> Path:
    """Keep a trained model of this run; its file, which is whole or absent.

    Args:
        model: anything that `write` can put into a file.
        write: `write(path, model, hyperparameters)`.
        read: `read(path)`, a function of a module; its name is kept with the model, so
            that `load_model` needs nothing but the model's row.
        values: the `values` of the member it is, from `members()`; may be left out
            when the run answers for one model only.
        history: arrays along the training, kept beside the model.
        outcome: "trained", "diverged", or "stuck" where the training reached its end
            and learned nothing.
        diverged_at: the step at which it diverged [1].
        kind: "final" or another parameter set of this training, such as "best".
        summary: a few plain values to show in tables.

    Raises:
        CatalogueError: no such member in this run, `outcome` is another word, or no
            session could import `read` by its name.
    """
    if outcome not in OUTCOMES:
        message = f"save_model: outcome {outcome!r}; allowed: {', '.join(OUTCOMES)}."
        raise CatalogueError(message)
    session = current()
    member = session.member(values)
    hyperparameters = {**session.parameters, **member.values}
    path = session.folder / "models" / f"{_stem(member.identity, kind)}.eqx"
    details = {
        "identity": member.identity,
        "reader": None if read is None else name_of(read),
        "kind": kind,
        "hyperparameters": hyperparameters,
        "values": member.values,
        "outcome": outcome,
        "diverged_at": None if diverged_at is None else int(diverged_at),
        "created": now(),
        "summary": plain(dict(summary or {}), "save_model: summary"),
        "notebook": session.manifest.notebook,
        "run": session.folder.name,
    }
    temporary = _write_aside(path, lambda to: write(to, model, hyperparameters))
    try:
        _put(path, temporary, details, history)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def _stem(identity: str, kind: str) -> str:
    return (
        identity
        if kind == FINAL
        else f"{identity}.{file_name(kind, 'save_model kind')}"
    )


def _write_aside(path: Path, write: Callable[[Path], Any]) -> Path:
    """A finished file beside `path`, safe on the disk; nothing is left on failure."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # The ending stays .eqx: equinox would add it to a name that has none.
    temporary = path.with_name(f".{path.stem}.{uuid4().hex}.eqx")
    try:
        write(temporary)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def _put(
    path: Path,
    temporary: Path,
    details: dict[str, Any],
    history: Mapping[str, Any] | None,
) -> None:
    """Give the file its name, then its companion, then its record.

    The old record goes first: a crash in between leaves a model without a record,
    which is no model, rather than a record of something else.
    """
    details = {**details, "checksum": checksum(temporary)}
    details["bytes"] = temporary.stat().st_size
    companion = None if history is None else _packed(history)
    with _alone_in(path.parent):
        path.with_suffix(".json").unlink(missing_ok=True)
        temporary.replace(path)
        if companion is None:
            path.with_suffix(".npz").unlink(missing_ok=True)
        else:
            write_bytes(path.with_suffix(".npz"), companion)
        write_json(path.with_suffix(".json"), details)


def _packed(history: Mapping[str, Any]) -> bytes:
    import numpy as np

    buffer = io.BytesIO()
    write_arrays(buffer, {name: np.asarray(item) for name, item in history.items()})
    return buffer.getvalue()


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """No other process saves into `folder` meanwhile: a record fits its file."""
    import fcntl

    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a network disk without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def load_model(
    row: Any,
    read: Callable[[Path], Any] | None = None,
    project: Project | None = None,
) -> Any:
    """`read(path)` of a model's file, once the file is known to be what was saved.

    Args:
        row: a row of `models()` (Series, tuple or mapping), or one of `members()`.
        read: `read(path)`, the reader that belongs to `save_model`'s `write`; by
            default the one that the model was saved with.
        project: that the row's paths count from; default the one around this folder.

    Raises:
        CatalogueError: the file is gone, its content is not what was saved, or nothing
            says how to read it.
    """
    path, expected, project = _where(row, project)
    if not path.is_file():
        message = f"{project.relative(path)}: this model's file is gone. "
        raise CatalogueError(message + retrain(path))
    record = read_model(path)
    expected = expected or (record.checksum if record else None)
    found = checksum(path)
    if expected is not None and found != expected:
        size, saved = path.stat().st_size, record.bytes if record else "unknown"
        message = (
            f"{project.relative(path)}: this is not the model that was saved. "
            f"Expected sha256 {expected} ({saved} bytes), "
            f"found {found} ({size} bytes). "
        )
        raise CatalogueError(message + retrain(path))
    if read is None:
        read = reader_of(record.reader if record else None, project, path)
    try:
        return read(path)
    except Exception as error:
        error.add_note(f"While reading the model {project.relative(path)}.")
        raise


def history(row: Any) -> dict[str, Any]:
    """The arrays kept along a model's training, by name.

    Raises:
        CatalogueError: the model has none, or the file cannot be read.
    """
    path, _, project = _where(row)
    # The parameter sets of one training share the history of the final one.
    final = path.with_name(path.stem.split(".")[0] + ".npz")
    for companion in (path.with_suffix(".npz"), final):
        if companion.is_file():
            try:
                return read_arrays(companion)
            except CorruptFile as error:
                message = f"{project.relative(companion)}: its history is damaged. "
                raise CatalogueError(message + retrain(path)) from error
    message = f"{project.relative(path)}: this model was saved without a history."
    raise CatalogueError(message)


def _where(
    row: Any, project: Project | None = None
) -> tuple[Path, str | None, Project]:
    """File and expected checksum of a row or a member, and the project it lies in."""
    if isinstance(row, Member):
        session = current()
        own = session.folder / "models" / f"{row.identity}.eqx"
        path = own if own.is_file() or row.existing is None else row.existing
        return path, None, session.project
    values = row if isinstance(row, Mapping) else getattr(row, "_asdict", dict)()
    path = values.get("path") or getattr(row, "path", None)
    if not isinstance(path, str | Path):
        message = f"{row!r} is no row of `models()`: it has no `path`."
        raise CatalogueError(message)
    project = project or _project()
    known = values.get("checksum") or getattr(row, "checksum", None)
    return project.root / path, known if isinstance(known, str) else None, project


def _project() -> Project:
    return current().project if in_batch() else Project.find()


def retrain(path: Path) -> str:
    """What to do about a lost model: the command that trains it again."""
    manifest = read_manifest(path.parent.parent) or Manifest()
    if manifest.interactive:
        return f"Run {manifest.notebook} again in JupyterLab."
    if not manifest.spread:
        return "Train it again."
    only = f" --only {manifest.stage}" if manifest.stage else ""
    return f"Train it again: `fieldnotes run params/{manifest.spread}.yml{only}`."
