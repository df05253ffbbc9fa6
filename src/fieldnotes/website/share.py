"""One page as one file, with scripts, styles and figures inside."""

import re
from pathlib import Path

from fieldnotes.files import write_bytes
from fieldnotes.project import Project
from fieldnotes.runs import NoSuchRun, find_run, read_run
from fieldnotes.spreads import (
    SpreadError,
    list_spreads,
    noted_spreads,
    spread_called,
)
from fieldnotes.website import convert, preview
from fieldnotes.website.cases import spread_source
from fieldnotes.website.page import read_page
from fieldnotes.website.quarto import WebsiteError
from fieldnotes.website.staging import ASSETS, asset, stage
from fieldnotes.words import quoted, there_are

_STYLE = re.compile(r'<link rel="stylesheet" href="[^"]*assets/([\w.-]+)">')
_SCRIPT = re.compile(r'<script (?:defer )?src="[^"]*assets/([\w.-]+)"[^>]*></script>')
_ICON = re.compile(r'<link rel="icon"[^>]*>\n?')
# A link to another page of the site leads nowhere from a file that travels alone.
_INSIDE = re.compile(r'(<a\b[^>]*?) href="(?!#|[a-z]+:)[^"]*"', re.IGNORECASE)


def share(project: Project, named: str, output: Path | None = None) -> Path:
    """Write the page of a spread or a run as one file; where it is.

    Args:
        named: a spread, or the key of a run or the start of it.
        output: the file to write; by default the page's name in the current folder.

    Raises:
        WebsiteError: there is no such spread or run, or it has no page.
    """
    source = _source(project, named)
    page = read_page(project, source)
    text = convert.html(page, [], preview.configuration(project), alone=True)
    target = output or Path(f"{Path(source).stem}.html")
    write_bytes(target, _alone(project, text).encode("utf-8", "replace"))
    return target


def _source(project: Project, named: str) -> str:
    """The source of the page, staged anew."""
    try:
        source = spread_source(spread_called(project, named))
        staged = stage(project, [named])
    except SpreadError as error:
        try:
            run = read_run(find_run(project, named))
        except NoSuchRun:
            known = dict.fromkeys([*noted_spreads(project), *list_spreads(project)])
            message = (
                f"{quoted(named)} is no spread, and no run's key begins so."
                f"{there_are(named, known, 'The spreads are')}"
            )
            raise WebsiteError(message) from error
        if run is None:
            message = f"{named}: the folder of this run holds no manifest."
            raise WebsiteError(message) from error
        source, staged = run.page, stage(project)
    if source not in staged.pages:
        why = staged.odd.get(
            source, "it has not ended, or its spread keeps fewer pages"
        )
        message = f"{named}: there is no page of it ({why})."
        raise WebsiteError(message)
    return source


def _alone(project: Project, text: str) -> str:
    """The page with everything that it loads inside."""

    def style(found: re.Match[str]) -> str:
        return f"<style>\n{_asset(found[1])}\n</style>"

    def script(found: re.Match[str]) -> str:
        if found[1] == "plotly.min.js":
            code = (project.root / ASSETS / found[1]).read_text(encoding="utf-8")
        else:
            code = _asset(found[1])
        safe = code.replace("</script", "<\\/script")
        # Deferred scripts wait for the page; one inside it must stand at its end.
        late.append(f"<script>\n{safe}\n</script>")
        return ""

    late: list[str] = []
    head, body = text.split("</head>", 1)
    head = _SCRIPT.sub(script, _STYLE.sub(style, _ICON.sub("", head)))
    body = _INSIDE.sub(r"\1", body).replace("</body>", "\n".join([*late, "</body>"]), 1)
    return f"{head}</head>{body}"


def _asset(name: str) -> str:
    return asset(name) + (convert.code_style() if name == "preview.css" else "")
