"""The same pages without Quarto: a plain site with the same links and figures."""

import hashlib
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML, YAMLError

from fieldnotes.files import CorruptFile, read_json, write_json
from fieldnotes.project import Project
from fieldnotes.website import convert
from fieldnotes.website.page import Page, read_page, searched
from fieldnotes.website.quarto import WebsiteError
from fieldnotes.website.staging import ASSETS, SHARED, asset, write_changed

MANIFEST = ".fieldnotes-preview.json"
_HIDDEN = re.compile(r"(^|/)[._]")


def build(project: Project) -> list[str]:
    """Convert every page that changed since the last time; the pages converted.

    Raises:
        WebsiteError: `_quarto.yml` is missing or cannot be read.
    """
    config = configuration(project)
    pages = [read_page(project, source) for source in sources(project, config)]
    _clear_foreign(project)
    version = _assets(project)
    bar = navigation(project, config, pages)
    known = _manifest(project)
    made: dict[str, str] = {}
    converted = []
    for page in pages:
        mark = _hash(version, page.source, page.fields, page.text, bar)
        target = project.site / page.output
        if known.get(page.output) != mark or not target.is_file():
            shown = convert.html(page, bar, config)
            write_changed(target, shown.encode("utf-8", "replace"))
            converted.append(page.source)
        made[page.output] = mark
    made |= _resources(project, config)
    for gone in set(known) - set(made):
        (project.site / gone).unlink(missing_ok=True)
    write_changed(project.site / "assets/search.js", _search(pages).encode())
    write_json(project.site / MANIFEST, made)
    return converted


def _resources(project: Project, config: Mapping[str, Any]) -> dict[str, str]:
    """Copy the files that `project.resources` names to where pages look for them."""
    patterns = (config.get("project") or {}).get("resources") or []
    made = {}
    for pattern in map(str, patterns):
        for path in sorted(project.root.glob(pattern)):
            name = path.relative_to(project.root).as_posix()
            if path.is_file() and not _HIDDEN.search(name):
                write_changed(project.site / name, path.read_bytes())
                made[name] = "resource"
    return made


def configuration(project: Project) -> dict[str, Any]:
    """The parts of `_quarto.yml`, as plain values.

    Raises:
        WebsiteError: the file is missing or is not YAML.
    """
    path = project.root / "_quarto.yml"
    try:
        value = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except (OSError, YAMLError) as error:
        message = f"_quarto.yml: {error}. The site needs it for its pages and its bar."
        raise WebsiteError(message) from error
    return dict(value or {})


def sources(project: Project, config: Mapping[str, Any]) -> list[str]:
    """The pages that `project.render` names, by the rules that Quarto has for them."""
    patterns = (config.get("project") or {}).get("render") or ["**/*.qmd"]
    found: dict[str, None] = {}
    for pattern in map(str, patterns):
        if pattern.startswith("!"):
            continue
        for path in sorted(project.root.glob(pattern)):
            name = path.relative_to(project.root).as_posix()
            if path.is_file() and not _HIDDEN.search(name):
                found[name] = None
    return list(found)


def navigation(
    project: Project, config: Mapping[str, Any], pages: list[Page]
) -> list[dict[str, Any]]:
    """The bar of `_quarto.yml`, without entries whose page does not exist."""
    present = {page.source for page in pages}
    website: Any = config.get("website") or {}
    bar: Any = (website.get("navbar") or {}).get("left") or []
    return list(_items(bar, present))


def _items(entries: Any, present: set[str]) -> Iterator[dict[str, Any]]:
    for entry in entries:
        item = {"href": entry} if isinstance(entry, str) else dict(entry)
        if "menu" in item:
            inside = list(_items(item["menu"], present))
            if inside:
                yield {"text": str(item.get("text", "")), "menu": inside}
        elif item.get("href") in present:
            text = str(item.get("text") or item["href"])
            yield {"text": text, "href": item["href"]}


def _search(pages: list[Page]) -> str:
    """Titles, texts, addresses as a script: a page opened as a file may not fetch."""
    index = [
        {
            "title": page.name,
            "href": page.output,
            "more": searched(page),
        }
        for page in pages
    ]
    return f"window.fieldnotesPages = {json.dumps(index, ensure_ascii=True)};\n"


def _assets(project: Project) -> str:
    """Copy scripts and styles; a hash of what pages depend on beside their source."""
    folder = project.site / "assets"
    styles = convert.code_style()
    for name in (*SHARED, "preview.js", "preview.css"):
        text = asset(name) + (styles if name == "preview.css" else "")
        write_changed(folder / name, text.encode())
    source, target = project.root / ASSETS / "plotly.min.js", folder / "plotly.min.js"
    if not target.is_file() or target.stat().st_size != source.stat().st_size:
        shutil.copyfile(source, target)
    own = sorted(Path(__file__).parent.glob("*.py"))
    return _hash(asset("page.html.j2"), *(path.read_text("utf-8") for path in own))


def _hash(*parts: Any) -> str:
    return hashlib.sha256(repr(parts).encode("utf-8", "replace")).hexdigest()[:16]


def _manifest(project: Project) -> dict[str, str]:
    try:
        value = read_json(project.site / MANIFEST)
    except CorruptFile:
        return {}
    return value if isinstance(value, dict) else {}


def _clear_foreign(project: Project) -> None:
    """A site that Quarto made goes: its pages and ours must not be mixed."""
    if project.site.is_dir() and not (project.site / MANIFEST).is_file():
        shutil.rmtree(project.site)
