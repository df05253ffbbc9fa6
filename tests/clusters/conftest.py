"""A toy project, as the runner's tests have it, and schedulers to send its runs to."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import lsf_stand_in
import slurm_server
from fieldnotes.clusters.sending import Sending
from fieldnotes.clusters.settings import read_cluster
from fieldnotes.runner import PlannedRun
from fieldnotes.runs.status import known_status
from runner.conftest import SLOW, Toy, make_toy

SRC = Path(__file__).resolve().parents[2] / "src"
SLURM = """
scheduler: slurm
time: 5
memory: 1
throttle: 2
"""
LSF = """
scheduler: lsf
time: 90
memory: 1
partition: short
throttle: 2
options:
  - -P dynamics
"""
THREE = "notebook: toy/slow\nvary: [{grid: {step: {range: 3}}}]\n"


class Sent:
    """Short ways to send a toy's runs somewhere and to look at them."""

    def __init__(self, toy: Toy, cluster: str):
        self.toy, self.cluster = toy, cluster
        self.said: list[str] = []

    def send(self, *spreads: str, **options: Any) -> list[str]:
        """Send what is missing of these spreads; what was said."""
        plan = self.toy.plan(*spreads)
        cluster = read_cluster(self.toy.project, self.cluster)
        said: list[str] = []
        sending = Sending(self.toy.project, plan, cluster, say=said.append, **options)
        assert sending.send() == 0
        self.said += said
        return said

    def states(self, *spreads: str) -> list[str]:
        return [known_status(run.folder).state for run in self.toy.plan(*spreads).runs]

    def reason(self, run: PlannedRun) -> str:
        return known_status(run.folder).reason

    def jobs(self) -> list[str]:
        """The jobs submitted so far."""
        words = (line.split() for line in self.said if line.startswith("job "))
        return [word[1].rstrip(":") for word in words]

    def diary(self) -> list[str]:
        path = self.toy.root / "diary.txt"
        return sorted(path.read_text().splitlines()) if path.exists() else []


@pytest.fixture
def toy(tmp_path: Path) -> Toy:
    """A fresh toy project, in a folder whose name has a space in it."""
    made = make_toy(tmp_path / "a toy")
    made.notebook("slow", SLOW)
    made.spread("slow", THREE)
    (made.project.params / "clusters").mkdir()
    return made


@pytest.fixture(scope="session")
def slurm_variables() -> Iterator[dict[str, str]]:
    """A Slurm of one node for all tests of a session, in a folder with a short name."""
    if reason := slurm_server.missing():
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="fn-slurm-", dir="/tmp") as folder:
        with slurm_server.slurm(Path(folder)) as variables:
            yield variables


@pytest.fixture
def slurm(
    toy: Toy, slurm_variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Sent:
    """The toy project on a cluster of Slurm."""
    for name, value in slurm_variables.items():
        monkeypatch.setenv(name, value)
    path = os.environ.get("PYTHONPATH")
    monkeypatch.setenv("PYTHONPATH", f"{SRC}:{path}" if path else str(SRC))
    (toy.project.params / "clusters" / "slurm.yml").write_text(SLURM)
    return Sent(toy, "slurm")


@pytest.fixture
def patience() -> float:
    """A scheduler takes its time [s]."""
    return 150


@pytest.fixture
def lsf(toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sent:
    """The toy project on a cluster of LSF, whose commands are stand-ins."""
    commands, place = tmp_path / "commands", tmp_path / "lsf"
    for folder in (commands, place):
        folder.mkdir()
    lsf_stand_in.install(commands)
    monkeypatch.setenv("LSF_STAND_IN", str(place))
    monkeypatch.setenv("PATH", f"{commands}{os.pathsep}{os.environ['PATH']}")
    path = os.environ.get("PYTHONPATH")
    monkeypatch.setenv("PYTHONPATH", f"{SRC}:{path}" if path else str(SRC))
    (toy.project.params / "clusters" / "lsf.yml").write_text(LSF)
    return Sent(toy, "lsf")


class ByHand(Sent):
    """A cluster that takes scripts and starts none: the test does, with `start`."""

    def start(self, element: int, array: str = "1-*") -> subprocess.CompletedProcess:
        """Execute the newest script as Slurm does for one element."""
        scripts = self.toy.project.catalogue.glob(f"submissions/*/{array}.sh")
        variables = {"SLURM_ARRAY_TASK_ID": str(element)}
        return subprocess.run(
            ["bash", str(sorted(scripts)[-1])],
            env=os.environ | variables,
            cwd="/",
            capture_output=True,
            text=True,
            timeout=300,
        )


@pytest.fixture
def by_hand(toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ByHand:
    """The toy project on a cluster that starts nothing by itself."""
    for name, said in (("sbatch", "17"), ("squeue", "")):
        path = tmp_path / "commands" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\necho '{said}'\n")
        path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{path.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(SRC))
    (toy.project.params / "clusters" / "slurm.yml").write_text(SLURM)
    return ByHand(toy, "slurm")
