"""Checkpoints: everything a training needs to go on as if it had never stopped."""

import hashlib
import inspect
import json
import re
import time
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from studies.files import write_bytes
from studies.training.errors import CheckpointError
from studies.training.job import Job
from studies.training.progress import Progress
from studies.training.trees import is_array

FORMAT = 1


class Keeper:
    """Keeps the checkpoint of one training up to date, or keeps none."""

    def __init__(self, path: Path | str | None, seconds: float, job: Job):
        self.path = None if path is None else Path(path)
        self.seconds = seconds
        # Hashing the data costs time, so only where there is a checkpoint.
        self.fingerprint = {} if self.path is None else fingerprint(job.identity())
        self.last = time.monotonic()

    def load(self) -> Progress | None:
        """The progress in the checkpoint; None where there is none yet.

        Raises:
            CheckpointError: it is of another training, or damaged.
        """
        if self.path is None or not self.path.exists():
            return None
        header, arrays = _read(self.path)
        self._check_same(header["fingerprint"])
        return Progress.from_arrays(header["progress"], arrays)

    def save(self, progress: Progress, *, at_once: bool = False) -> None:
        """Write the checkpoint if it is due."""
        now = time.monotonic()
        if self.path is None or (not at_once and now - self.last < self.seconds):
            return
        numbers, arrays = progress.to_arrays()
        _write(
            self.path, {"fingerprint": self.fingerprint, "progress": numbers}, arrays
        )
        self.last = time.monotonic()

    def _check_same(self, found: dict[str, str]) -> None:
        names = [*found, *(name for name in self.fingerprint if name not in found)]
        changed = [n for n in names if found.get(n) != self.fingerprint.get(n)]
        if not changed:
            return
        message = (
            f"{self.path}: this is the checkpoint of another training; different: "
            f"{', '.join(changed)}. Remove the file to train anew, or name another one."
        )
        raise CheckpointError(message)


def fingerprint(identity: dict[str, Any]) -> dict[str, str]:
    """A short hash for each part of what defines a training."""
    return {name: _hash(value) for name, value in identity.items()}


def _hash(tree: Any) -> str:
    digest = hashlib.sha256()
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
        digest.update(jax.tree_util.keystr(path).encode())
        if is_array(leaf):
            values = _as_numpy(leaf)
            digest.update(f"{values.dtype}{values.shape}".encode())
            digest.update(np.ascontiguousarray(values).tobytes())
        else:
            digest.update(_words(leaf).encode())
    return digest.hexdigest()[:16]


def _as_numpy(leaf: Any) -> np.ndarray:
    if isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        leaf = jax.random.key_data(leaf)
    return np.asarray(leaf)


def _words(leaf: Any) -> str:
    """What a static leaf is: a function by its source, else its `repr`."""
    if callable(leaf):
        name = f"{getattr(leaf, '__module__', '')}.{getattr(leaf, '__qualname__', '')}"
        try:
            return name + inspect.getsource(leaf)
        except (OSError, TypeError):
            return name
    return re.sub(r" at 0x[0-9a-f]+", "", repr(leaf))  # addresses change every time


def _write(path: Path, header: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """One line of JSON, then the bytes of the arrays one after the other."""
    body = b"".join(np.ascontiguousarray(x).tobytes() for x in arrays.values())
    listing = [[name, str(x.dtype), list(x.shape)] for name, x in arrays.items()]
    header = header | {
        "format": FORMAT,
        "arrays": listing,
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    write_bytes(path, json.dumps(header).encode() + b"\n" + body)


def _read(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    line, _, body = path.read_bytes().partition(b"\n")
    try:
        header = json.loads(line)
        intact = header["sha256"] == hashlib.sha256(body).hexdigest()
        listing = header["arrays"] if header["format"] == FORMAT else None
    except (ValueError, KeyError, TypeError):
        intact, header, listing = False, {}, None
    if not intact or listing is None:
        message = (
            f"{path}: not a whole checkpoint of this version. Remove it to train anew."
        )
        raise CheckpointError(message)
    arrays, place = {}, 0
    for name, kind, shape in listing:
        values = np.frombuffer(body, jnp.dtype(kind), int(np.prod(shape)), place)
        arrays[name] = values.reshape(shape).copy()
        place += values.nbytes
    return header, arrays
