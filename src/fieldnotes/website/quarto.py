"""Quarto, where it is installed: found, checked for its version, and called."""

import re
import shutil
import subprocess
from pathlib import Path

from fieldnotes.errors import FieldnotesError
from fieldnotes.project import Project

NEEDED = (1, 7)
INSTALL = "install Quarto 1.7 or newer (conda-forge has it) and run the same command"


class WebsiteError(FieldnotesError):
    """The site could not be built as it was asked for."""


def find(command: str | Path | None = None) -> tuple[str, str] | None:
    """The path and version of a usable Quarto; None where there is none.

    Raises:
        WebsiteError: `command` was named and is missing or too old.
    """
    path = shutil.which(str(command or "quarto"))
    version = "" if path is None else _version(path)
    parts = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    if path is not None and parts >= NEEDED:
        return path, version
    if command is None:
        return None
    found = f"its version is {version or 'unknown'}" if path else "it was not found"
    message = f"quarto={command}: {found}. The site needs Quarto 1.7 or newer."
    raise WebsiteError(message)


def _version(path: str) -> str:
    try:
        done = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


def render(project: Project, path: str, page: str = "") -> None:
    """Render one page into `_site`, or the whole site.

    Raises:
        WebsiteError: Quarto ended with an error; the message holds its last lines.
    """
    done = subprocess.run(
        [path, "render", *([page] if page else []), "--no-execute"],
        cwd=project.root,
        capture_output=True,
        text=True,
        errors="replace",
    )
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).rstrip().split("\n")[-20:])
        what = f"quarto render {page}".rstrip()
        message = f"{what} ended with code {done.returncode}:\n{said}"
        raise WebsiteError(message)
