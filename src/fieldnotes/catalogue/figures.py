"""Figures by query: read back, told apart in their titles, written to a folder."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fieldnotes.catalogue.frames import python, varying_by_notebook
from fieldnotes.errors import CatalogueError
from fieldnotes.files import write_text
from fieldnotes.project import Project

if TYPE_CHECKING:
    import pandas as pd

IMAGES = ("png", "svg", "pdf")
FORMATS = ("html", "json", *IMAGES)
LONGEST = 150  # characters of a generated file name, below what every disk takes


def load_figure(project: Project, row: Any) -> Any:
    """The Plotly figure of a row of `figures()`, or of a path.

    Raises:
        CatalogueError: its file is gone or is no figure.
    """
    from plotly.io import from_json

    name = row if isinstance(row, str | Path) else getattr(row, "path", None)
    path = project.root / str(name)
    try:
        return from_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        problem = "its file is gone"
    except (OSError, ValueError) as error:
        problem = f"it cannot be read as a figure ({error})"
    message = (
        f"{project.relative(path)}: {problem}. Run its notebook again: "
        "`fieldnotes run … --force` redraws it."
    )
    raise CatalogueError(message)


def load_figures(project: Project, table: "pd.DataFrame", *, annotate: bool) -> list:
    """The figures of a table of `figures()`, in its order."""
    return [figure for figure, _ in _figures(project, table, annotate=annotate)]


def _figures(
    project: Project, table: "pd.DataFrame", *, annotate: bool
) -> list[tuple[Any, str]]:
    """Figures with the readable name of each."""
    columns = varying_by_notebook(table)
    result = []
    for _, row in table.iterrows():
        own = columns[str(row["notebook"])]
        values = {name: python(row[name]) for name in own}
        values = {
            name: value
            for name, value in values.items()
            if not (value is None or value != value)
        }
        figure = load_figure(project, row)
        if annotate and values:
            annotated(figure, values)
        result.append((figure, _name(row, values)))
    return result


def annotated(figure: Any, values: Mapping[str, Any]) -> Any:
    """Add parameters to a figure's title, on a line of their own."""
    told = ", ".join(f"{name} = {_short(value)}" for name, value in values.items())
    title = figure.layout.title.text
    figure.layout.title.text = f"{title}<br><sub>{told}</sub>" if title else told
    return figure


def export(
    project: Project,
    table: "pd.DataFrame",
    folder: Path,
    *,
    formats: Sequence[str] = ("html",),
    annotate: bool = True,
) -> list[Path]:
    """Write a table's figures to a folder, named by notebook, figure and what varies.

    HTML pages share one plotly.js in that folder and need no network.

    Args:
        formats: any of html, json, png, svg, pdf; the last three need a browser.

    Raises:
        CatalogueError: an unknown format, or an image where no browser is installed.
    """
    unknown = [name for name in formats if name not in FORMATS]
    if unknown:
        message = (
            f"figures: {unknown[0]!r} is no format. Allowed: {', '.join(FORMATS)}."
        )
        raise CatalogueError(message)
    written = []
    taken: set[str] = set()
    for figure, name in _figures(project, table, annotate=annotate):
        stem, number = name, 1
        while stem.lower() in taken:
            number += 1
            stem = f"{name}-{number}"
        taken.add(stem.lower())
        folder.mkdir(parents=True, exist_ok=True)
        for form in dict.fromkeys(formats):
            written.append(_write(figure, folder / f"{stem}.{form}"))
    return written


def _write(figure: Any, path: Path) -> Path:
    if path.suffix == ".json":
        return write_text(path, figure.to_json())
    if path.suffix == ".html":
        figure.write_html(
            path, include_plotlyjs="directory", config={"showSendToCloud": False}
        )
        return path
    try:
        figure.write_image(path)
    except Exception as error:
        message = (
            f"{path.name}: images need the package kaleido and a browser (Chrome or "
            f"Chromium), and one of the two is missing or failed: {error}. HTML and "
            "JSON always work."
        )
        raise CatalogueError(message) from error
    return path


def _name(row: Any, values: Mapping[str, Any]) -> str:
    """A readable file name: study, notebook, figure, then what varies."""
    parts = [str(row["notebook"]).replace("/", "-"), str(row["name"])]
    parts += [f"{name}={_short(value)}" for name, value in values.items()]
    text = re.sub(r"[^A-Za-z0-9._=+-]+", "-", "_".join(parts)).strip("-.")
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}_{row['run'][:8]}"


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_short, value)) + "]"
    return str(value)
