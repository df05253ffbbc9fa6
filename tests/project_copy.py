"""A copy of this project in a fresh folder, and its command line there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from fieldnotes.project import Project

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("notebooks", "params", "pages", "src")
FILES = ("_quarto.yml", "index.qmd", "jupytext.toml", "pyproject.toml")


def copy_project(folder: Path) -> Project:
    """This project's files in `folder`; compiled programs are shared between tests."""
    skip = shutil.ignore_patterns("__pycache__", "*.ipynb", "*.egg-info", ".*")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=skip)
    for name in FILES:
        shutil.copy(ROOT / name, folder / name)
    project = Project(folder)
    kept = ROOT / ".pytest_cache" / "jax-of-notebooks"  # compiled in earlier tests
    for place in (kept, project.cache):
        place.mkdir(parents=True, exist_ok=True)
    (project.cache / "jax").symlink_to(kept, target_is_directory=True)
    return project


def command(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`fieldnotes ARGUMENTS` in the copy, with the copy's own code."""
    environment = os.environ | {
        "FIELDNOTES_PROJECT": str(project),
        "PYTHONPATH": str(project / "src"),
    }
    return subprocess.run(
        [sys.executable, "-m", "fieldnotes", *arguments],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=3000,
    )
