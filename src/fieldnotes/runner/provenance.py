"""What a run was made with: versions, commit, machine. Recorded, never hashed."""

import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil

from fieldnotes.project import Project

# What every run stands on; the settings name what else it does.
_PACKAGES = ("fieldnotes", "numpy", "papermill", "jupytext")
_PACKAGES += ("ipykernel", "plotly", "scrapbook")


def provenance(project: Project) -> dict[str, Any]:
    """`versions`, `commit`, `dirty` and `machine` of a run's status."""
    commit, dirty = _commit(project.root)
    return {
        "versions": _versions(project.settings.packages),
        "commit": commit,
        "dirty": dirty,
        "machine": {
            "cores": os.cpu_count(),
            "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
            "system": platform.system(),
            "architecture": platform.machine(),
        },
    }


def _versions(packages: Sequence[str]) -> dict[str, str]:
    found = {"python": sys.version.split()[0]}
    for name in (*_PACKAGES, *packages):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _commit(root: Path) -> tuple[str | None, bool | None]:
    """The commit of the tree and whether it has changes; None outside of git."""
    try:
        commit = _git(root, "rev-parse", "HEAD").strip()
        return commit, bool(_git(root, "status", "--porcelain").strip())
    except (OSError, subprocess.SubprocessError):
        return None, None


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=20
    ).stdout
