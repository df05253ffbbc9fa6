"""What the machine must know of one project's own tools, read from its TOML file.

The settings stand in the table `[tool.fieldnotes]` of `pyproject.toml`, or alone in
`fieldnotes.toml` at the project's root. Every one of them has a default, so a project
needs neither file. Settings enter no key of a run; `code` and `drawing` decide which
modules do.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from string import Formatter
from typing import Any

from fieldnotes.errors import FieldnotesError
from fieldnotes.words import listed, nearest, quoted, shown

ALONE = "fieldnotes.toml"
SHARED = "pyproject.toml"
TABLE = "tool.fieldnotes"  # in the shared file
PLACEHOLDERS = ("threads", "cache", "root")
# The machine sets these itself; another value would break the run.
RESERVED = ("FIELDNOTES_PROJECT", "FIELDNOTES_RUN", "IPYTHONDIR")
RESERVED += ("PYTHONPATH", "TMPDIR")


class SettingsError(FieldnotesError):
    """The settings of the project cannot be used as written."""


_AMOUNT = re.compile(r"(\d+(?:\.\d*)?) ?(MB|GB|TB)", re.IGNORECASE)
_UNITS = {"MB": 1e-3, "GB": 1.0, "TB": 1e3}  # in gigabytes
WORK = frozenset({"batch", "batches", "epochs", "iterations", "steps", "updates"})


@dataclass(frozen=True)
class Settings:
    """The settings of one project.

    Attributes:
        tour: the spread that a newcomer should run first; `fieldnotes run` and
            `fieldnotes plan` take it when no spread is named.
        packages: installed packages, beside the machine's own, that the project stands
            on: their versions are recorded with each run, and `doctor` looks for them.
        code: packages and modules below `src/` whose code counts for the key of a run;
            all of them where nothing is said.
        drawing: names of modules that only show results. A model is trained again when
            the code behind it changes, but not for a change in one of these.
        work: names of numeric parameters that the duration of a run grows with; they
            scale its estimate.
        free_disk: disk that must be free before a run is started [GB].
        on_completion: shell command that is run when a batch has ended.
        environment: variables of each run's process. `{threads}` stands for the run's
            share of the cores, `{cache}` for the folder that all runs share and
            `{root}` for the root of the project.
    """

    tour: str = ""
    packages: tuple[str, ...] = ()
    code: tuple[str, ...] | None = None
    drawing: frozenset[str] = frozenset({"figures", "plotting"})
    work: frozenset[str] = WORK
    free_disk: float = 1.0
    on_completion: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)

    def counts(self, package: str) -> bool:
        """Whether the code of a package below `src/` enters keys."""
        return self.code is None or package in self.code

    def variables(self, **values: str) -> dict[str, str]:
        """The environment with `threads`, `cache` and `root` filled in."""
        return {name: text.format(**values) for name, text in self.environment.items()}


def read_settings(root: Path) -> Settings:
    """The settings of the project at `root`; the defaults where nothing is said.

    Raises:
        SettingsError: a file is no TOML, both files hold settings, or a setting is
            unknown or has a value that it does not take. All of it is told at once.
    """
    alone, shared = _load(root / ALONE), _load(root / SHARED)
    tools = (shared or {}).get("tool")
    table = tools.get("fieldnotes") if isinstance(tools, dict) else None
    if alone is not None and table is not None:
        message = (
            f"{ALONE} and the table [{TABLE}] of {SHARED} both hold settings. "
            "Keep one of the two and move everything there."
        )
        raise SettingsError(message)
    if table is not None:
        return _settings(table, f"{SHARED}: {TABLE}.", root)
    return _settings(alone or {}, f"{ALONE}: ", root)


def _load(path: Path) -> dict[str, Any] | None:
    try:
        return tomllib.loads(path.read_bytes().decode())
    except FileNotFoundError:
        return None
    except OSError as error:
        message = f"{path.name}: cannot be read ({error.strerror or error})."
        raise SettingsError(message) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        message = f"{path.name}: is not TOML ({error}). Mend it and try again."
        raise SettingsError(message) from error


def _settings(table: Any, place: str, root: Path) -> Settings:
    if not isinstance(table, dict):
        message = f"{place[:-1]} must be a table of settings; got {shown(table)}."
        raise SettingsError(message)
    names = [item.name for item in fields(Settings)]
    problems, values = [], {}
    for name, value in table.items():
        if name not in names:
            problems.append(
                f"{place}{name} is not a setting.{nearest(name, names)} "
                f"The settings are {listed(names)}."
            )
            continue
        try:
            values[name] = _READERS[name](value, root)
        except ValueError as error:
            problems.append(f"{place}{name} {error}")
    if problems:
        raise SettingsError("\n".join(problems))
    return Settings(**values)


def _text(example: str) -> Callable[[Any, Path], str]:
    def read(value: Any, _root: Path) -> str:
        if not isinstance(value, str) or not value.strip():
            message = f"must be text, like {quoted(example)}; got {shown(value)}."
            raise ValueError(message)
        return value

    return read


def _gigabytes(value: Any, _root: Path) -> float:
    found = _AMOUNT.fullmatch(value.strip()) if isinstance(value, str) else None
    if found:
        return float(found[1]) * _UNITS[found[2].upper()]
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return float(value)
    message = f'must be an amount of disk, like "1 GB" or "500 MB"; got {shown(value)}.'
    raise ValueError(message)


def _names(value: Any, _root: Path) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(x, str) and x for x in value):
        message = f'must be a list of names, like ["figures"]; got {shown(value)}.'
        raise ValueError(message)
    return tuple(value)


def _packages_below_src(value: Any, root: Path) -> tuple[str, ...]:
    names = _names(value, root)
    there = sorted(
        path.stem
        for path in (root / "src").glob("[!._]*")
        if path.suffix == ".py" or (path / "__init__.py").is_file()
    )
    for name in names:
        if name not in there:
            message = (
                f"names {quoted(name)}, which is not a package or module below src/."
                f"{nearest(name, there)} There are: {listed(there) or 'none'}."
            )
            raise ValueError(message)
    return names


def _environment(value: Any, _root: Path) -> dict[str, str]:
    if not isinstance(value, dict):
        message = f'must be a table, like {{NAME = "value"}}; got {shown(value)}.'
        raise ValueError(message)
    for name, text in value.items():
        if name in RESERVED:
            message = (
                f"sets {quoted(name)}, which the runner sets itself. Leave it out."
            )
            raise ValueError(message)
        if not isinstance(text, str):
            message = (
                f"sets {quoted(name)} to {shown(text)}; a variable is text, so write "
                f'{name} = "{str(text).lower()}".'
            )
            raise ValueError(message)
        _refuse_placeholders(name, text)
    return value


def _refuse_placeholders(name: str, text: str) -> None:
    try:
        parts = list(Formatter().parse(text))
    except ValueError as error:
        message = (
            f"sets {quoted(name)} to {shown(text)}: {error}. A brace that is meant as "
            "one is written twice."
        )
        raise ValueError(message) from error
    for _, inside, form, conversion in parts:
        if inside is None or (inside in PLACEHOLDERS and not form and not conversion):
            continue
        allowed = listed([f"{{{known}}}" for known in PLACEHOLDERS])
        message = (
            f"sets {quoted(name)} to {shown(text)}, where {quoted(f'{{{inside}}}')} "
            f"stands for nothing.{nearest(inside, PLACEHOLDERS)} There are: {allowed}."
        )
        raise ValueError(message)


_READERS: dict[str, Callable[[Any, Path], Any]] = {
    "tour": _text("params/first.yml"),
    "packages": _names,
    "code": _packages_below_src,
    "drawing": lambda value, root: frozenset(_names(value, root)),
    "work": lambda value, root: frozenset(_names(value, root)),
    "free_disk": _gigabytes,
    "on_completion": _text("notify-send done"),
    "environment": _environment,
}
