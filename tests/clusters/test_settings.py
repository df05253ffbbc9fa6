"""Cluster files: those of the project, and what is said of a wrong one."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from fieldnotes.clusters import Cluster, ClusterError, read_cluster
from fieldnotes.clusters.settings import _FIELDS
from fieldnotes.project import Project

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", ["slurm", "lsf"])
def test_the_files_of_the_project_say_every_key_with_a_comment(name):
    cluster = read_cluster(Project(ROOT), name)
    assert (cluster.name, cluster.scheduler, cluster.throttle) == (name, name, 100)
    assert cluster.setup == () and cluster.options == ()
    lines = (ROOT / "params" / "clusters" / f"{name}.yml").read_text().splitlines()
    explained = (line for line in lines if re.match(r"\w+:.* # \S", line))
    commented = {line.partition(":")[0] for line in explained}
    assert commented >= set(_FIELDS)
    assert set(_FIELDS) == {field.name for field in fields(Cluster)} - {"name"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("time: 5", "`scheduler` is missing; give slurm or lsf."),
        ("scheduler: slrm", "line 1: scheduler: must be slurm or lsf; got 'slrm'."),
        ("scheduler: slrm", "Did you mean `slurm`?"),
        (
            "scheduler: lsf\ntme: 5",
            "line 2: tme: is not a key here. Did you mean",
        ),
        ("scheduler: lsf\ntime: .nan", "time: must be a positive number of minutes"),
        ("scheduler: lsf\ntime: .inf", "[min]; got inf."),
        ("scheduler: lsf\nmemory: 4GB", "gigabytes [GB]; got '4GB'."),
        (
            "scheduler: lsf\ncpus: 0",
            "cpus: must be a whole number of cores, at",
        ),
        ("scheduler: lsf\ncpus: 1.5", "got 1.5."),
        ("scheduler: lsf\nchunk: true", "chunk: must be a whole number of runs"),
        ("scheduler: lsf\nsetup: [module load x, 3]", "setup: must be a line of text"),
        ("- slurm", "must be a mapping"),
        ("a: [", "cannot be read as YAML: line 1"),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_nothing_is_sent(tmp_path, text, said):
    folder = tmp_path / "params" / "clusters"
    folder.mkdir(parents=True)
    (folder / "mine.yml").write_text(text)
    with pytest.raises(ClusterError) as caught:
        read_cluster(Project(tmp_path), "mine")
    assert str(caught.value).startswith("params/clusters/mine.yml: ")
    assert said in str(caught.value)
    assert str(caught.value).endswith("Nothing was sent.")


@pytest.mark.parametrize("name", ["slrum", "../slurm", "", "clusters/slurm"])
def test_a_place_that_is_none_is_refused_with_what_there_is(name):
    with pytest.raises(ClusterError) as caught:
        read_cluster(Project(ROOT), name)
    assert f"--on {name}: no place of this name" in str(caught.value)
    assert "lsf, slurm" in str(caught.value)


def test_what_is_left_empty_is_the_default(tmp_path):
    folder = tmp_path / "params" / "clusters"
    folder.mkdir(parents=True)
    (folder / "mine.yml").write_text("scheduler: lsf\nthrottle:\nsetup: source env\n")
    cluster = read_cluster(Project(tmp_path), "mine")
    assert cluster == Cluster("mine", "lsf", setup=("source env",))
