"""Models made from seeds, and models in files."""

import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import numpy as np

from studies.files import write_bytes
from studies.training.errors import ModelFileError, TrainingError
from studies.training.placement import compiler_options
from studies.training.step import INITIALISE, member_key
from studies.training.trees import as_arrays

FORMAT = 1


def seed_array(seeds: Sequence[int] | Any) -> np.ndarray:
    """Seeds as the numbers that keys are made of, shape (members,).

    Raises:
        TrainingError: not a list of integers from 0 to 2³² - 1.
    """
    values = np.asarray(seeds)
    fits = values.ndim == 1 and values.size and np.issubdtype(values.dtype, np.integer)
    if not fits or values.min() < 0 or values.max() >= 2**32:
        message = (
            "`seeds` is a list with one integer from 0 to 4294967295 for each member; "
            f"got {seeds!r}."
        )
        raise TrainingError(message)
    return values.astype(np.uint32)


def initialise(build: Callable[[jax.Array], Any], seeds: Sequence[int]) -> Any:
    """A model for each seed, stacked: every array with a leading axis of members.

    Args:
        build: makes one model from a key.
        seeds: one integer for each member; a member depends on its own seed alone.
    """
    return _builder()(as_arrays(build), seed_array(seeds))


@cache
def _builder() -> Callable[..., Any]:
    options = compiler_options(jax.default_backend())
    jit: Any = eqx.filter_jit  # whose types leave out what it hands on to jax.jit
    return jit(_build_all, compiler_options=options)


def _build_all(build: Callable[[jax.Array], Any], seeds: Any) -> Any:
    return eqx.filter_vmap(lambda seed: build(member_key(seed, INITIALISE)))(seeds)


def write_model(path: Path, model: Any, hyperparameters: Mapping[str, Any]) -> None:
    """Write one model: a first line of JSON, then its leaves; whole or not at all.

    Args:
        path: the file; its folder is made.
        model: one model, without an axis of members.
        hyperparameters: what `build` needs to make its skeleton again.
    """
    header = {
        "format": FORMAT,
        "hyperparameters": _plain(dict(hyperparameters)),
        "leaves": _describe(model),
    }
    text = json.dumps(header, ensure_ascii=False, allow_nan=False)
    content = io.BytesIO()
    content.write(text.encode() + b"\n")
    eqx.tree_serialise_leaves(content, model)
    write_bytes(Path(path), content.getvalue())


def read_model(path: Path, build: Callable[..., Any]) -> Any:
    """The model in a file; `build(**hyperparameters)` gives its skeleton.

    Raises:
        ModelFileError: no model file, cut short, or not the structure that `build`
            makes; the message names the leaves that differ.
    """
    content = _content(path)
    header = _header(path, content)
    skeleton = eqx.filter_eval_shape(build, **header["hyperparameters"])
    _compare(path, header["leaves"], _describe(skeleton))
    body = io.BytesIO(content[content.index(b"\n") + 1 :])
    try:
        model = eqx.tree_deserialise_leaves(body, skeleton)
    except Exception as error:  # whatever NumPy makes of half a file
        message = (
            f"{path}: the file is cut short or damaged ({error}). Train the model "
            "again, or restore the file."
        )
        raise ModelFileError(message) from error
    if body.read(1):
        message = f"{path}: there are bytes after the last leaf; the file is damaged."
        raise ModelFileError(message)
    return model


def read_hyperparameters(path: Path) -> dict[str, Any]:
    """The hyperparameters in the first line of a model file.

    Raises:
        ModelFileError: there is no such line.
    """
    return _header(path, _content(path))["hyperparameters"]


def _content(path: Path) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        message = f"{path}: the model file cannot be read ({error})."
        raise ModelFileError(message) from error


def _header(path: Path, content: bytes) -> dict[str, Any]:
    line, _, _ = content.partition(b"\n")
    try:
        header = json.loads(line.decode(), object_hook=_revive)
        if header["format"] != FORMAT:
            message = (
                f"{path}: model format {header['format']}; this code reads {FORMAT}."
            )
            raise ModelFileError(message)
        _ = header["hyperparameters"], header["leaves"]
    except (UnicodeDecodeError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, ModelFileError):
            raise
        message = (
            f"{path}: the first line is not a model's header (JSON with `format`, "
            "`hyperparameters` and `leaves`). Is it a model file?"
        )
        raise ModelFileError(message) from error
    return header


def _describe(model: Any) -> list[list[Any]]:
    """Path, shape and type of each leaf that a file holds."""
    leaves = jax.tree_util.tree_leaves_with_path(model)
    described = []
    for path, leaf in leaves:
        name = jax.tree_util.keystr(path)
        if hasattr(leaf, "shape") and hasattr(leaf, "dtype"):
            described.append([name, list(leaf.shape), str(leaf.dtype)])
        elif isinstance(leaf, bool | int | float | complex):
            described.append([name, [], type(leaf).__name__])
    return described


def _compare(path: Path, inside: list[list[Any]], expected: list[list[Any]]) -> None:
    """Refuse a file whose leaves are not those of the skeleton."""
    have = {name: f"{kind}{shape}" for name, shape, kind in inside}
    want = {name: f"{kind}{shape}" for name, shape, kind in expected}
    names = [*have, *(name for name in want if name not in have)]
    different = [
        f"{name}: {have.get(name, 'absent')} in the file, "
        f"{want.get(name, 'absent')} expected"
        for name in names
        if have.get(name) != want.get(name)
    ]
    if not different:
        return
    shown = "; ".join(different[:6]) + ("; …" if len(different) > 6 else "")
    message = (
        f"{path}: the file holds a model of another structure. {len(different)} of "
        f"{len(names)} leaves differ: {shown}. The code or the hyperparameters changed "
        "since it was trained."
    )
    raise ModelFileError(message)


def _plain(value: Any) -> Any:
    """Standard JSON for every float: what it lacks becomes `{"__float__": "nan"}`."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return {"__float__": str(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _revive(value: dict[str, Any]) -> Any:
    return float(value["__float__"]) if set(value) == {"__float__"} else value
