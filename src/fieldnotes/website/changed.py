"""Quarto for what changed: single pages where that is enough, else the whole site."""

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fieldnotes.files import CorruptFile, read_json, write_json
from fieldnotes.project import Project
from fieldnotes.website.markdown import included
from fieldnotes.website.page import output_of
from fieldnotes.website.preview import MANIFEST, configuration, sources
from fieldnotes.website.quarto import render
from fieldnotes.website.staging import ASSETS

RECORD = ".fieldnotes-quarto.json"  # in the site: what its pages were rendered from
SEARCH = "search.json"  # in the site: Quarto's index, to which it only adds


def update(project: Project, path: str, version: str) -> int:
    """Render what changed since the last time; how many pages that was.

    The settings (`_quarto.yml`, scripts and styles, Quarto itself) are on every page: a
    change of them renders everything. Pages come before those that list them.

    Raises:
        WebsiteError: Quarto failed; the next call renders the same pages again.
    """
    settings, pages = _settings(project, version), _pages(project)
    known = _known(project)
    before: dict[str, str] = known.get("pages") or {}
    changed = [
        page
        for page, mark in pages.items()
        if before.get(page) != mark or not (project.site / output_of(page)).is_file()
    ]
    # A call for one page costs about twice what the page costs in a call for all.
    if known.get("settings") != settings or len(changed) > len(pages) // 2:
        if (project.site / MANIFEST).is_file():
            shutil.rmtree(project.site)  # pages of the preview must not be mixed in
        render(project, path)
        changed = list(pages)
    else:
        for page in sorted(changed, key=lambda page: not page.endswith(".ipynb")):
            render(project, path, page)
    _forget(project, before.keys() - pages.keys())
    write_json(project.site / RECORD, {"settings": settings, "pages": pages})
    return len(changed)


def _known(project: Project) -> dict[str, Any]:
    try:
        value = read_json(project.site / RECORD)
    except CorruptFile:
        return {}
    return value if isinstance(value, dict) else {}


def _settings(project: Project, version: str) -> str:
    """A hash of what every page depends on."""
    files = sorted(path for path in (project.root / ASSETS).glob("*") if path.is_file())
    whole = [version.encode()]
    whole += [path.read_bytes() for path in (project.root / "_quarto.yml", *files)]
    return _hash(whole)


def _pages(project: Project) -> dict[str, str]:
    """A hash of each page with the files that it includes."""
    marks = {}
    for source in sources(project, configuration(project)):
        path = project.root / source
        whole = [path.read_bytes()]
        if path.suffix != ".ipynb":
            text = whole[0].decode("utf-8", "replace")
            whole = [included(text, path, project.root).encode("utf-8", "replace")]
        marks[source] = _hash(whole)
    return marks


def _forget(project: Project, gone: Iterable[str]) -> None:
    """Remove pages whose source is gone, from the folder and from the search."""
    outputs = {output_of(page) for page in gone}
    if not outputs:
        return
    for name in outputs:
        (project.site / name).unlink(missing_ok=True)
    path: Path = project.site / SEARCH
    try:
        entries = read_json(path)
    except CorruptFile:
        return
    if isinstance(entries, list):
        kept = [entry for entry in entries if _href(entry) not in outputs]
        write_json(path, kept)


def _href(entry: Any) -> str:
    """The page that an entry of the search leads to."""
    href = entry.get("href") if isinstance(entry, dict) else ""
    return str(href or "").partition("#")[0]


def _hash(parts: Iterable[bytes]) -> str:
    whole = hashlib.sha256()
    for part in parts:
        whole.update(hashlib.sha256(part).digest())
    return whole.hexdigest()[:16]
