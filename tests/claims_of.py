"""The tests of claims as the notebooks write them, applied to a table of models."""

import ast
from functools import lru_cache
from typing import Any

import jupytext
import pandas as pd

from project_copy import ROOT
from studies.evidence import Claim
from studies.latent import settings

NOTEBOOKS = ("3-one-step", "4-aligned", "5-stability", "6-stimulus-rate")
NOTEBOOKS += ("7-staggered", "8-limits", "16-calcium")
NEVER = ("fieldnotes", "IPython")  # what the cells of claims can do without


@lru_cache
def cells(notebook: str, tag: str = "claims") -> str:
    """What a notebook ("study/number-name") imports, and its cells with a tag."""
    path = ROOT / "notebooks" / f"{notebook}.py"
    imports = [
        ast.unparse(node)
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        and not ast.unparse(node).split()[1].startswith(NEVER)
    ]
    code = jupytext.read(path).cells
    tagged = [c.source for c in code if tag in c.metadata.get("tags", [])]
    assert tagged, f"{notebook} has no cell of {tag}"
    return "\n".join([*imports, *tagged])


def names_after(notebook: str, tag: str, **names: Any) -> dict[str, Any]:
    """What is known after a notebook's cells with a tag, given what they ask for."""
    exec(compile(cells(notebook, tag), notebook, "exec"), names)
    return names


def claims_in(notebook: str, **names: Any) -> dict[str, Claim]:
    """What a notebook says of its claims, by name, given what its cells ask for."""
    claims = names_after(notebook, "claims", **names)["claims"]
    return {claim.name: claim for claim in claims}


def claims_of(table: pd.DataFrame, *notebooks: str) -> dict[str, Claim]:
    """What notebooks of latent say of their claims, given judged models."""
    found: dict[str, Claim] = {}
    for notebook in notebooks or NOTEBOOKS:
        own = settings.calcium if notebook == "16-calcium" else settings.voltage
        found |= claims_in(f"latent/{notebook}", table=own(table))
    return found
