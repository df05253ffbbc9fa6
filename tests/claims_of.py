"""The tests of claims as the notebooks write them, applied to a table of models."""

import ast
from functools import lru_cache
from typing import Any

import jupytext
import pandas as pd

from project_copy import ROOT
from studies.evidence import Claim
from studies.latent import settings

FOLDER = ROOT / "notebooks" / "latent"
NOTEBOOKS = ("3-one-step", "4-aligned", "5-stability", "6-stimulus-rate")
NOTEBOOKS += ("7-staggered", "8-limits", "16-calcium")


@lru_cache
def cells(notebook: str) -> str:
    """What a notebook imports of the studies, and its cells of claims."""
    path = FOLDER / f"{notebook}.py"
    imports = [
        ast.unparse(node)
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("studies")
    ]
    code = jupytext.read(path).cells
    claims = [c.source for c in code if "claims" in c.metadata.get("tags", [])]
    return "\n".join([*imports, *claims])


def claims_of(table: pd.DataFrame, *notebooks: str) -> dict[str, Claim]:
    """What notebooks say of their claims, by name, given judged models."""
    found: dict[str, Claim] = {}
    for notebook in notebooks or NOTEBOOKS:
        own = settings.calcium if notebook == "16-calcium" else settings.voltage
        names: dict[str, Any] = {"table": own(table)}
        exec(compile(cells(notebook), notebook, "exec"), names)
        found |= {claim.name: claim for claim in names["claims"]}
    return found
