"""Checks that a study makes of its parameters before anything runs.

`src/<package>/<study>/checks.py` may hold a function called like the notebook (`-` as
`_`), which raises ValueError for parameters that cannot work.
"""

import importlib
import re
import sys
import tomllib
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from fieldnotes.project import Project
from fieldnotes.spreads.stages import RunRequest, Stage
from fieldnotes.spreads.values import told

SHOWN = 3  # refused cases of a stage that are told; the rest is counted


class MissingPackage(UserWarning):
    """A study's checks need a package that is not installed here."""


Check = Callable[[dict[str, Any]], None]


def call_checks(project: Project, stages: Iterable[Stage]) -> list[str]:
    """Call the study's check for every case; what it refuses, as problems."""
    problems = []
    for stage in stages:
        checks, broken = _find(project, stage)
        problems += broken
        refused = [
            told
            for request in stage.requests
            for check in checks
            if (told := _refusal(check, request, stage, project))
        ]
        problems += refused[:SHOWN]
        if len(refused) > SHOWN:
            problems.append(
                f"{stage.place}: {len(refused) - SHOWN} more cases are refused."
            )
    return problems


def _find(project: Project, stage: Stage) -> tuple[list[Check], list[str]]:
    """The check functions for a stage, and what is wrong with their modules."""
    study, _, name = stage.notebook.name.partition("/")
    function = name.replace("-", "_").replace("/", "_")
    checks, broken = [], []
    for path in sorted(project.src.glob(f"*/{study}/checks.py")):
        try:
            module = _import(project.src, path)
        except ModuleNotFoundError as error:
            if str(error.name).split(".")[0] not in _declared(project):
                broken.append(
                    f"{project.relative(path)}: cannot be imported "
                    f"({type(error).__name__}: {error})."
                )
                continue
            # The plan can be looked at where the science is not installed.
            message = (
                f"{project.relative(path)}: left out, because the package "
                f"`{error.name}` is not installed here: its parameters are not checked."
            )
            warnings.warn(message, MissingPackage, stacklevel=2)
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            broken.append(f"{project.relative(path)}: cannot be imported ({reason}).")
        else:
            check = getattr(module, function, None)
            if callable(check):
                checks.append(check)
    return checks, broken


def _declared(project: Project) -> set[str]:
    """The packages that the project's pyproject.toml says it needs, or may need."""
    try:
        about = tomllib.loads((project.root / "pyproject.toml").read_text()).get(
            "project"
        )
    except (OSError, ValueError):
        return set()
    extras = (about or {}).get("optional-dependencies", {}).values()
    named = [
        *(about or {}).get("dependencies", ()),
        *(x for each in extras for x in each),
    ]
    return {re.split(r"[^\w-]", name)[0].replace("-", "_") for name in named}


def _import(src: Path, path: Path) -> ModuleType:
    """Import a module by its dotted name, from this project's `src` and no other."""
    parts = path.relative_to(src).with_suffix("").parts
    name = ".".join(parts)
    loaded = sys.modules.get(name)
    if loaded is not None and _is_at(loaded, path):
        return loaded
    # One process may see several projects whose packages share a name.
    package = sys.modules.get(parts[0])
    same = package is not None and _is_at(package, src / parts[0] / "__init__.py")
    for other in () if same else list(sys.modules):
        if other == parts[0] or other.startswith(f"{parts[0]}."):
            del sys.modules[other]
    with _first_on_path(src):
        importlib.invalidate_caches()
        return importlib.import_module(name)


@contextmanager
def _first_on_path(src: Path) -> Iterator[None]:
    """Inside, this project's packages go before others of the same name."""
    sys.path.insert(0, str(src))
    try:
        yield
    finally:
        sys.path.remove(str(src))


def _is_at(module: ModuleType, path: Path) -> bool:
    file = getattr(module, "__file__", None)
    return file is not None and Path(file).resolve() == path.resolve()


def _refusal(
    check: Check, request: RunRequest, stage: Stage, project: Project
) -> str | None:
    """What a check says against a case; None where it says nothing."""
    try:
        with _first_on_path(project.src):  # a check may import when it is called
            check(dict(request.parameters) | _files(request, stage, project))
    except ValueError as error:
        said = str(error).rstrip(".") or "refused by the study's check"
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        said = (
            f"the check itself broke: {type(error).__name__}: {error} "
            f"({Path(frame.filename).name}, line {frame.lineno})"
        )
    else:
        return None
    case = f" (case {told(request.varied)})" if request.varied else ""
    return f"{stage.place}: {said}{case}."


def _files(request: RunRequest, stage: Stage, project: Project) -> dict[str, str]:
    """Input files where they are: a check may be called from any folder."""
    names = [p.name for p in stage.notebook.parameters.values() if p.is_file]
    given = {name: request.parameters[name] for name in names}
    return {
        name: str(project.root / value)
        for name, value in given.items()
        if isinstance(value, str) and value
    }
