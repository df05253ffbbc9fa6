"""Run folders → staged pages → Quarto, or the plain preview.

`build` does all of it. The station knows no study: titles, parameters, scraps and
figures come from the run folders, and questions from the spreads.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fieldnotes.project import Project
from fieldnotes.website.quarto import INSTALL, WebsiteError, find
from fieldnotes.website.staging import Staged, stage

__all__ = ["Site", "Staged", "WebsiteError", "build", "stage"]


@dataclass(frozen=True)
class Site:
    """What was built: where it begins, with what, and what is worth saying of it."""

    index: Path
    used: str  # "quarto 1.7.34" or "preview"
    pages: int
    changed: int
    remarks: tuple[str, ...] = ()

    def __str__(self) -> str:
        made = (
            f"{self.index}: {self.pages} pages, {self.changed} of them new or changed"
        )
        return "\n".join([f"{made} ({self.used})", *self.remarks])


def build(
    project: Project,
    spreads: Iterable[Any] | None = None,
    *,
    quarto: str | Path | bool | None = None,
) -> Site:
    """Stage the pages and render them.

    Args:
        spreads: names or files of spreads that must have a page, beside everything
            else in the catalogue (see `stage`).
        quarto: a path to take, False for the plain preview, True to insist on the full
            site; by default the full site where Quarto is installed.

    Raises:
        WebsiteError: Quarto was insisted on and is missing, too old, or failed.
    """
    staged = stage(project, spreads)
    remarks = [f"{where}: {why}" for where, why in staged.odd.items()]
    insisted = bool(quarto)
    found = None if quarto is False else find(_command(quarto))
    if found is not None:
        from fieldnotes.website.changed import update

        try:
            changed = update(project, *found)
        except WebsiteError as error:
            if insisted:
                raise
            remarks.append(f"{error}\nThe plain preview was built instead.")
        else:
            return _site(project, staged, f"quarto {found[1]}", changed, remarks)
    elif quarto is None:
        remarks.append(f"This is the plain preview. For the full site, {INSTALL}.")
    from fieldnotes.website import preview

    changed = len(preview.build(project))
    return _site(project, staged, "preview", changed, remarks)


def _command(quarto: str | Path | bool | None) -> str | Path | None:
    """The command to insist on, None to take what there is."""
    return "quarto" if quarto is True else quarto or None


def _site(
    project: Project, staged: Staged, used: str, changed: int, remarks: list[str]
) -> Site:
    pages = sum(1 for page in staged.pages if not Path(page).name.startswith("_"))
    pages += len([project.root / "index.qmd", *project.root.glob("pages/**/*.qmd")])
    return Site(project.site / "index.html", used, pages, changed, tuple(remarks))
