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
    with _packages_of(project):  # also while called: a check may import then
        return _problems(project, stages)


def _problems(project: Project, stages: Iterable[Stage]) -> list[str]:
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
            module = importlib.import_module(_dotted(path, project.src))
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


@contextmanager
def _packages_of(project: Project) -> Iterator[None]:
    """Inside, this project's packages are imported, also where others share a name.

    One process may see several projects. What it had imported of another one stands
    again afterwards: a class of it must not exist twice.
    """
    src = project.src
    names = {path.parents[1].name for path in src.glob("*/*/checks.py")}
    others = _loaded(names)
    packages = [others[name] for name in names & others.keys()]
    here = all(_is_in(each, src) for each in packages)
    if not here:
        _replace(names, _SET_ASIDE.get(src, {}))
    try:
        with project.importable():
            yield
    finally:
        if not here:
            _SET_ASIDE[src] = _loaded(names)
            _replace(names, others)


_SET_ASIDE: dict[Path, dict[str, ModuleType]] = {}  # by the `src` they come from


def _loaded(packages: set[str]) -> dict[str, ModuleType]:
    """The modules of these packages that this process has imported."""
    return {
        name: module
        for name, module in sys.modules.items()
        if name.split(".")[0] in packages
    }


def _replace(packages: set[str], modules: dict[str, ModuleType]) -> None:
    for name in _loaded(packages):
        del sys.modules[name]
    sys.modules.update(modules)


def _is_in(package: ModuleType, src: Path) -> bool:
    folder = (src / package.__name__).resolve()  # `src` may be a link to another
    return any(Path(place).resolve() == folder for place in package.__path__)


def _dotted(path: Path, src: Path) -> str:
    return ".".join(path.relative_to(src).with_suffix("").parts)


def _refusal(
    check: Check, request: RunRequest, stage: Stage, project: Project
) -> str | None:
    """What a check says against a case; None where it says nothing."""
    try:
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
