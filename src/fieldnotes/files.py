"""Files that are whole or absent: atomic writes, and JSON that keeps every float."""

import errno
import hashlib
import json
import math
import os
import re
import stat
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from fieldnotes.errors import CatalogueError, CorruptFile

_FLOAT = "__float__"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}")


def write_bytes(path: Path, data: bytes) -> Path:
    """Write `data` so that a reader sees the old file or the new one, never half.

    The bytes go to a temporary file in the same folder, reach the disk, and take the
    name in one rename; a crash or a full disk leaves what was there before.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        # mkstemp makes private files; a shared catalogue needs the usual rights.
        Path(name).chmod(0o666 & ~umask)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return path


def write_text(path: Path, text: str) -> Path:
    """Write `text` as UTF-8, atomically (see `write_bytes`)."""
    return write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> Path:
    """Write `value` as standard JSON, atomically; NaN and infinities survive."""
    return write_text(path, to_json(value, indent=1) + "\n")


def read_json(path: Path) -> Any:
    """The value in a JSON file, or None where there is no such file.

    Raises:
        CorruptFile: the file is there but holds no readable JSON.
    """
    try:
        text = path.read_bytes().decode()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path}: cannot be read ({error})."
        raise CorruptFile(message) from error
    try:
        return from_json(text)
    except ValueError as error:
        message = f"{path}: is not JSON ({error})."
        raise CorruptFile(message) from error


def checksum(path: Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def to_json(value: Any, *, indent: int | None = None, sort: bool = False) -> str:
    """Standard JSON text; floats that JSON lacks become `{"__float__": "nan"}`."""
    if type(value) is int or (type(value) is float and math.isfinite(value)):
        return repr(value)  # the same text, without an encoder of its own
    return _encoder(indent, sort).encode(_plain(value))


@cache
def _encoder(indent: int | None, sort: bool) -> json.JSONEncoder:
    return json.JSONEncoder(
        indent=indent, sort_keys=sort, ensure_ascii=False, allow_nan=False
    )


def from_json(text: str) -> Any:
    """The inverse of `to_json`, exact for every float."""
    return json.loads(text, object_hook=_revive if _FLOAT in text else None)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return {_FLOAT: "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"}
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Path):
        return value.as_posix()
    return value


def _revive(value: dict[str, Any]) -> Any:
    return float(value[_FLOAT]) if set(value) == {_FLOAT} else value


def not_a_file(path: Path) -> str:
    """What stands at a path where no file is, as "is a folder".

    Empty where a file is, or nothing at all.
    """
    try:
        mode = path.stat().st_mode
    except ValueError:  # a null character
        return ""
    except OSError as error:
        if error.errno == errno.ELOOP:
            return "is a link that leads to itself"
        return "is a link to what does not exist" if path.is_symlink() else ""
    if stat.S_ISDIR(mode):
        return "is a folder"
    return "" if stat.S_ISREG(mode) else "is neither a file nor a folder"


def file_name(name: str, what: str) -> str:
    """`name`, when it can name a file on every system.

    Raises:
        CatalogueError: it is empty or holds anything but letters, digits and `._-`.
    """
    if isinstance(name, str) and _NAME.fullmatch(name):
        return name
    message = (
        f"{what}: {name!r} cannot name a file. Allowed: letters, digits, `-`, `_` and "
        "`.`, the first a letter or digit, at most 121 characters."
    )
    raise CatalogueError(message)
