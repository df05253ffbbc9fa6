"""A toy project in a fresh folder: small notebooks, one module, the real runner."""

import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from fieldnotes.files import read_json
from fieldnotes.project import Project
from fieldnotes.runner import Outcome, Plan, PlannedRun, execute, make_plan
from fieldnotes.spreads import load_spreads

HEADER = """\
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---
"""

# "Trains" one model for each missing member: a file with its parameters and a record.
TRAIN = """\
# %% tags=["parameters"]
rate: float = 0.5  # [1] what is learned
seed: list[int] = [0]  # [1] one model for each
fail: list[int] = []  # [1] seeds whose training fails
diverge: list[int] = []  # [1] seeds whose training diverges

# %%
import hashlib
import json
import os
from pathlib import Path

from toyscience import losses

# %%
folder = Path(os.environ["FIELDNOTES_RUN"])
members = json.loads((folder / "params.json").read_text())["members"]
missing = [member for member in members if member["existing"] is None]
(folder / "models").mkdir(exist_ok=True)
with (folder.parents[3] / "trained.txt").open("a") as diary:
    for member in missing:
        diary.write(f"{member['values']}\\n")
for member in missing:
    own = member["values"].get("seed", seed[0])
    if own in fail:
        raise ValueError("the loss is no number")
    data = json.dumps({"rate": rate, "seed": own, "loss": losses.loss(rate)}).encode()
    file = folder / "models" / f"{member['identity']}.eqx"
    file.write_bytes(data)
    record = {
        "identity": member["identity"], "kind": "final", "values": member["values"],
        "checksum": hashlib.sha256(data).hexdigest(), "bytes": len(data),
        "outcome": "diverged" if own in diverge else "trained",
        "diverged_at": 7 if own in diverge else None,
    }
    file.with_suffix(".json").write_text(json.dumps(record))

# %% tags=["figure"]
print("a picture")
"""

ASSESS = """\
# %% tags=["parameters"]
models: dict = {"where": {"notebook": "toy/train"}}  # [-] which models

# %%
import json
import os
from pathlib import Path

order = json.loads((Path(os.environ["FIELDNOTES_RUN"]) / "params.json").read_text())
print(models, len(order["models"]), len(order["absent"]))
"""

LOSSES = '''\
"""How wrong a rate is."""


def loss(rate):
    """Squared."""
    return rate**2
'''


# Half of its trainings fail; PARTIAL is whether the summary is made all the same.
BROKEN = """
    stages:
      train:
        notebook: toy/train
        vary: [{cases: [{rate: 1.0}, {rate: 2.0, fail: [0]}]}]
      assess:
        notebook: toy/assess
        needs: train
        partial: PARTIAL
        fix: {models: {from: train}}
"""

# Waits while the file `hold` is there; keeps a checkpoint, and a diary of its starts.
SLOW = """
    # %% tags=["parameters"]
    step: int = 0  # [1] which of several

    # %%
    import os
    import time
    from pathlib import Path

    run = Path(os.environ["FIELDNOTES_RUN"])
    (run / "artifacts").mkdir(exist_ok=True)
    resumed = (run / "artifacts" / "checkpoint").exists()
    (run / "artifacts" / "checkpoint").write_text("half")
    (run / "kernel").write_text(str(os.getpid()))
    project = run.parents[3]
    with (project / "diary.txt").open("a") as diary:
        diary.write(f"{step} {resumed}\\n")
    while (project / "hold").exists():
        time.sleep(0.05)
    print(step)
"""


@dataclass
class Recorder:
    """A display that keeps what it was told."""

    notes: list[str] = field(default_factory=list)
    ends: list[tuple[str, str]] = field(default_factory=list)

    def start(self, plan: Plan, jobs: int) -> None:
        self.jobs = jobs

    def started(self, run: PlannedRun) -> None:
        pass

    def finished(self, run: PlannedRun, state: str, cause: str) -> None:
        self.ends.append((state, cause))

    def tick(self, running: list[PlannedRun]) -> None:
        pass

    def note(self, text: str) -> None:
        self.notes.append(text)

    def end(self, outcome: Any) -> None:
        pass


@dataclass
class Toy:
    """A project, and short ways to write and run things in it."""

    project: Project
    display: Recorder = field(default_factory=Recorder)

    @property
    def root(self) -> Path:
        return self.project.root

    def notebook(self, name: str, cells: str) -> Path:
        """Write `notebooks/toy/<name>.py` with these cells."""
        path = self.root / "notebooks" / "toy" / f"{name}.py"
        text = f"{HEADER}\n# %% [markdown]\n# # {name}\n\n{textwrap.dedent(cells)}"
        path.write_text(text)
        return path

    def spread(self, name: str, text: str) -> str:
        """Write `params/<name>.yml`."""
        path = self.root / "params" / f"{name}.yml"
        path.write_text(textwrap.dedent(text))
        return name

    def code(self, text: str, values: str = "") -> str:
        """A spread of one run of a notebook that is one cell."""
        cells = '# %% tags=["parameters"]\nx: int = 0  # [1] a number\n\n# %%\nx\n'
        self.notebook("code", cells + textwrap.dedent(text))
        return self.spread("code", f"notebook: toy/code\n{values}")

    def plan(self, *spreads: str, **options: Any) -> Plan:
        return make_plan(
            self.project, load_spreads(self.project, list(spreads)), **options
        )

    def run(self, *spreads: str, force: bool = False, only=None, **options) -> Outcome:
        plan = self.plan(*spreads, force=force, only=only)
        options.setdefault("display", self.display)
        return execute(self.project, plan, **options)

    def status(self, run: PlannedRun) -> dict[str, Any]:
        return read_json(run.folder / "status.json")

    def order(self, run: PlannedRun) -> dict[str, Any]:
        return read_json(run.folder / "params.json")

    @property
    def trained(self) -> list[str]:
        """What the train notebook has trained so far, in order."""
        path = self.root / "trained.txt"
        return path.read_text().splitlines() if path.exists() else []


def make_toy(root: Path) -> Toy:
    """A project with a notebook that trains, one that assesses, and a module."""
    for name in ("notebooks/toy", "params", "src/toyscience"):
        (root / name).mkdir(parents=True)
    toy = Toy(Project(root))
    toy.notebook("1-train", TRAIN)
    toy.notebook("assess", ASSESS)
    package = root / "src" / "toyscience"
    (package / "__init__.py").write_text('"""Toys."""\n')
    (package / "losses.py").write_text(LOSSES)
    return toy


@pytest.fixture
def toy(tmp_path: Path) -> Toy:
    """A fresh toy project."""
    return make_toy(tmp_path / "toy")


@pytest.fixture(scope="module")
def shared_toy(tmp_path_factory: pytest.TempPathFactory) -> Toy:
    """A toy project for all tests of a module, which only read what one batch left."""
    return make_toy(tmp_path_factory.mktemp("shared") / "toy")


@pytest.fixture
def alive() -> Callable[[int], bool]:
    """Whether a process runs."""

    def runs(pid: int) -> bool:
        return psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"

    return runs
