"""What `pages/clusters.qmd` shows is what happens, and the tests it names are there."""

import re

import pytest
from click.testing import CliRunner

from fieldnotes.cli import main
from fieldnotes.clusters import read_cluster
from fieldnotes.clusters.settings import Cluster
from fieldnotes.project import Project
from fieldnotes.spreads.fields import LIMITS
from project_copy import ROOT, copy_project
from shown import shown_files

PAGE = (ROOT / "pages" / "clusters.qmd").read_text()
FILES = shown_files("clusters")


def test_the_spread_of_the_page_is_sent_as_the_page_says(tmp_path, monkeypatch):
    project = copy_project(tmp_path)
    for name in ("params/orbit/grid.yml", "params/clusters/slurm.yml"):
        (project.root / name).write_text(FILES[name])
    monkeypatch.setenv("FIELDNOTES_PROJECT", str(tmp_path))
    words = "run orbit/grid --on slurm --chunk 10 --dry-run"
    assert f"fieldnotes {words}" in PAGE
    shown = CliRunner().invoke(main, words.split())
    assert shown.exit_code == 0, shown.output
    counts = re.findall(r"^# (orbit/grid\.\w+): (.*)$", shown.output, re.MULTILINE)
    assert len(counts) == 2
    told = re.findall(r"^job \d+: (orbit/grid\.\w+), ([^,\n]*)", PAGE, re.MULTILINE)
    assert told[:2] == counts
    assert "#SBATCH --array=1-600%200" in shown.output
    assert "#SBATCH --partition=short" in shown.output
    assert "module load python/3.11" in shown.output


def test_the_cluster_file_of_the_page_is_one(tmp_path):
    (tmp_path / "params" / "clusters").mkdir(parents=True)
    file = tmp_path / "params" / "clusters" / "slurm.yml"
    file.write_text(FILES["params/clusters/slurm.yml"])
    assert read_cluster(Project(tmp_path), "slurm") == Cluster(
        "slurm", "slurm", "short", throttle=200, setup=("module load python/3.11",)
    )


@pytest.mark.parametrize("name", re.findall(r"`(test_\w+)`", PAGE))
def test_a_test_that_the_page_names_is_there(name):
    file = ROOT / "tests" / "clusters" / "test_old_failures.py"
    assert f"\ndef {name}(" in file.read_text()


def test_the_limits_of_the_page_are_those_of_a_stage():
    named = re.findall(r"limits: \{(.*?)\}", PAGE)
    keys = {
        part.partition(":")[0].strip() for text in named for part in text.split(",")
    }
    assert keys == {"memory", "gpus"}
    assert keys <= set(LIMITS)
