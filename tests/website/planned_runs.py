"""A small notebook with two spreads, and run folders as the runner would leave them."""

from typing import Any

from fieldnotes.files import write_text
from fieldnotes.runner import make_plan
from fieldnotes.spreads import load_spreads
from website.run_folders import Bench, scrap

NOTEBOOK = """\
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Train a network
#
# Does it learn?

# %% tags=["parameters"]
orbits: int = 10  # [1] in [1, inf): number of training orbits
rate: float = 0.1  # [1] step of the optimiser

# %%
print(orbits * rate)
"""


def plan_and_run(bench: Bench) -> Bench:
    """Two spreads that share the case of ten orbits, all of it run."""
    root = bench.project.root
    write_text(root / "notebooks/toy/train.py", NOTEBOOK)
    for name, values in (("few", "[1, 10]"), ("many", "[10, 100]")):
        write_text(
            root / f"params/toy/{name}.yml",
            f"title: How {name}?\nstages:\n  train:\n    notebook: toy/train\n"
            f"    vary:\n      - grid: {{orbits: {values}}}\n",
        )
    carry_out(bench, ["toy/few", "toy/many"])
    return bench


def carry_out(bench: Bench, names: list[str], *more: dict[str, Any]) -> None:
    """Leave the folders that the runner would, each run once; `more` are scraps."""
    for item in make_plan(bench.project, load_spreads(bench.project, names)).runs:
        bench.run(
            item.key,
            spread=item.spread,
            varied=dict(item.varied),
            scraps=[scrap("error", 1.0 / item.request.parameters["orbits"]), *more],
            order={
                "case": item.case,
                "parameters": item.request.parameters,
                "code": {
                    "notebook": item.basis.code.notebook,
                    "modules": item.basis.code.modules,
                },
            },
        )
