"""Run folders as one catalogue: what a notebook leaves, and every query over it.

A notebook calls `parameters`, `record`, `members`, `save_model`, `models`, `scraps`,
`load_model`, `history`, `save_figure`, `progress`, `cached` and `artifact`.
`Catalogue(project)` is the whole project: tables of runs, models, evaluations, figures
and scraps, and their upkeep.
Run folders are the truth; the index beside them can be thrown away.
"""

from copy import deepcopy
from importlib import import_module
from typing import TYPE_CHECKING, Any

from fieldnotes.catalogue.bar import progress
from fieldnotes.catalogue.modelfiles import history, load_model, save_model
from fieldnotes.catalogue.records import artifact, record, save_figure
from fieldnotes.catalogue.session import Member
from fieldnotes.catalogue.this_run import current
from fieldnotes.errors import CatalogueError, CatalogueWarning

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fieldnotes.catalogue.evaluations import cached
    from fieldnotes.catalogue.frames import brief, varying
    from fieldnotes.catalogue.gathered import scraps
    from fieldnotes.catalogue.lookup import models
    from fieldnotes.catalogue.query import Catalogue

__all__ = [
    "Catalogue",
    "CatalogueError",
    "CatalogueWarning",
    "Member",
    "artifact",
    "brief",
    "cached",
    "history",
    "load_model",
    "members",
    "models",
    "parameters",
    "progress",
    "record",
    "save_figure",
    "save_model",
    "scraps",
    "varying",
]

# pandas and SQLAlchemy take as long to import as a small run takes to start.
_LATER = {
    "Catalogue": "query",
    "brief": "frames",
    "cached": "evaluations",
    "models": "lookup",
    "scraps": "gathered",
    "varying": "frames",
}


def members(together: "Sequence[str]" = ()) -> list[Member]:
    """The models that this run answers for, in the order of the spread.

    By hand nothing says which parameters are walked together: name those that hold a
    list with one entry for each model, `members(together=("seed",))`.
    """
    return current().members(together)


def parameters() -> dict[str, Any]:
    """The current values of the parameters cell, by name; a copy.

    In a batch run these are the values of its case, by hand those in the notebook.
    """
    return deepcopy(current().parameters)


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
