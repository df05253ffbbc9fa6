"""Notebooks run in this very process, and what each of them told.

A kernel takes seconds to start; here many small cases share one process and what it
has compiled. The catalogue is the real one, in a project of its own folder.
"""

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jupytext
import pytest

from fieldnotes.catalogue import this_run
from fieldnotes.files import read_json
from fieldnotes.project import Project
from fieldnotes.runner.outcomes import models_left
from fieldnotes.runs import Manifest, ModelEntry
from fieldnotes.spreads import read_notebook
from project_copy import ROOT


@dataclass
class Told:
    """What a notebook left behind that a reader sees, and its folder."""

    folder: Path
    said: list[str] = field(default_factory=list)  # what each cell ended with, as text
    names: dict[str, Any] = field(default_factory=dict)  # its variables at the end

    @property
    def text(self) -> str:
        """All texts, captions of figures included, without line breaks."""
        records = sorted((self.folder / "figures").glob("*.record.json"))
        captions = [read_json(path)["caption"] for path in records]
        return " ".join("\n".join([*self.said, *captions]).split())

    @property
    def scraps(self) -> dict[str, list[Any]]:
        """The values recorded under each name, one for each member."""
        path = self.folder / "metrics.json"
        found: dict[str, list[Any]] = {}
        for scrap in read_json(path) if path.is_file() else []:
            found.setdefault(scrap["name"], []).append(scrap["value"])
        return found


class Desk:
    """A folder in which notebooks run one after the other, in this process."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch):
        self.folder, self.patch, self.runs = folder, patch, 0
        self.project = Project(folder)
        patch.setenv("FIELDNOTES_PROJECT", str(folder))
        patch.chdir(folder)

    def run(
        self, notebook: str, models: Sequence[Told] = (), **parameters: Any
    ) -> Told:
        """Run a notebook ("study/name"); it is given the models of earlier runs.

        Raises:
            Exception: whatever one of its cells raises.
        """
        read = read_notebook(Project(ROOT), notebook)
        declared = {name: item.default for name, item in read.parameters.items()}
        unknown = set(parameters) - set(declared)
        assert not unknown, f"{notebook} has no parameters {unknown}"
        values = declared | parameters
        self.runs += 1
        told = Told(self.project.run_folder(notebook.split("/")[0], f"{self.runs:016}"))
        manifest = Manifest(
            key=told.folder.name,
            notebook=notebook,
            study=notebook.split("/")[0],
            title=notebook,
            parameters=values,
            models=[entry for run in models for entry in self.entries(run)],
        )
        manifest.write(told.folder)
        self.patch.setenv(this_run.RUN, str(told.folder))
        told.names = {"__name__": "__main__", **values}
        for cell in jupytext.read(read.path).cells:
            if cell.cell_type == "code":
                said = shown(cell, notebook, told.names, parameters)
                told.said += [said] if said is not None else []
        return told

    def entries(self, run: Told) -> list[ModelEntry]:
        """The final models of a run, as a planner writes them down."""
        records = [read_json(p) for p in (run.folder / "models").glob("*.json")]
        sizes = models_left(run.folder)[0]
        return [
            ModelEntry(
                record["identity"],
                self.project.relative(
                    run.folder / "models" / f"{record['identity']}.eqx"
                ),
                run=run.folder.name,
                notebook=record["notebook"],
                parameters=record["hyperparameters"],
                outcome=record["outcome"],
            )
            for record in sorted(records, key=lambda x: str(x["values"]))
            if record["kind"] == "final" and record["identity"] in sizes
        ]


def shown(
    cell: Any, notebook: str, names: dict[str, Any], given: Mapping[str, Any]
) -> str | None:
    """Execute a cell; its last expression as text, None where it is none."""
    body = ast.parse(cell.source).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), notebook, "exec"), names)
    if "parameters" in cell.metadata.get("tags", []):
        names.update(given)
    if last is None:
        return None
    return spelled(eval(compile(ast.Expression(last.value), notebook, "eval"), names))


def spelled(value: Any) -> str | None:
    """What a page shows of a cell's last value, as text; None for a figure."""
    for name in ("to_string", "to_html"):
        if hasattr(value, name) and not hasattr(value, "layout"):
            return str(getattr(value, name)())
    text = getattr(value, "data", None)
    return text if isinstance(text, str) else None


# What is wrong in any sentence -------------------------------------------------------

MANY = "orbits|others|models|groups|settings|seeds|samples|steps|pieces|segments|rows"
MANY += "|neurons|dimensions|types|edges|trainings|checkpoints|maps|trials|rounds"
MANY += "|observed orbits|trained models|training orbits|unseen orbits"
ILL_FORMED = {
    "a number that is none": re.compile(r"(?<![\w.])[+-]?(nan|inf)\b(?!o)"),
    "a name of the code": re.compile(r"\bNone\b|\bTrue\b|\bFalse\b"),
    "one of many": re.compile(rf"(?<![\w.,^°-])1 ({MANY})\b"),
    "a gap": re.compile(r"\(\s*\)|\*\*\s*\*\*|: \.|, \.|\bof \.|  ;"),
}


def faults(told: Told) -> list[str]:
    """What is badly formed in what a notebook told, each with its surroundings."""
    found = [f"an empty text: cell {k}" for k, x in enumerate(told.said) if not x]
    for text in [*told.said, told.text]:
        for name, pattern in ILL_FORMED.items():
            for hit in pattern.finditer(text):
                near = text[max(hit.start() - 60, 0) : hit.end() + 30]
                found.append(f"{name}: …{near}…".replace("\n", " "))
    for name, values in told.scraps.items():
        found += [f"scrap {name} is not a number" for x in values if x != x]
    return list(dict.fromkeys(found))
