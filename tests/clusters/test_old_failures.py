"""Four ways in which large sweeps used to go wrong, and what happens here instead.

`pages/clusters.qmd` tells of them.
"""

from pathlib import Path

import pytest

from fieldnotes.clusters.settings import read_cluster
from fieldnotes.runner.admit import FREE_DISK_VARIABLE
from fieldnotes.runner.variables import cores

BAD = """
    notebook: toy/train
    vary: [{cases: [{rate: 1.0}, {rate: 2.0, fail: [0]}, {rate: 3.0}]}]
"""
# Leaves a file of five megabytes where temporary files go, and says what it was given.
LITTER = """
    # %% tags=["parameters"]
    step: int = 0  # [1] which of several

    # %%
    import os
    import tempfile
    from pathlib import Path

    handle, name = tempfile.mkstemp()
    os.write(handle, bytes(5_000_000))
    project = Path(os.environ["FIELDNOTES_RUN"]).parents[3]
    names = ("PJRT_NPROC", "JAX_NUM_CPU_DEVICES", "OMP_NUM_THREADS")
    names += ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    threads = " ".join(os.environ[name] for name in names)
    with (project / "diary.txt").open("a") as diary:
        diary.write(f"{name}|{threads}\\n")
    print(step)
"""


@pytest.fixture
def litter(by_hand):
    names = "PJRT_NPROC", "JAX_NUM_CPU_DEVICES"  # as this project's settings have them
    lines = [f'{name} = "{{threads}}"' for name in names]
    settings = "\n".join(["[environment]", *lines])
    (by_hand.toy.root / "fieldnotes.toml").write_text(settings)
    by_hand.toy.notebook("litter", LITTER)
    by_hand.toy.spread("litter", "notebook: toy/litter\nvary: [{grid: {step: [0, 1]}}]")
    return by_hand


def test_one_bad_run_does_not_end_the_sweep(by_hand):
    by_hand.toy.spread("bad", BAD)
    by_hand.send("bad", chunk=3)
    assert by_hand.start(1).returncode == 1
    assert by_hand.states("bad") == ["done", "failed", "done"]
    assert by_hand.reason(by_hand.toy.plan("bad").runs[1]) == "ValueError: " + (
        "the loss is no number"
    )


def test_temporary_files_are_gone_with_their_run(litter):
    litter.send("litter", chunk=2)
    assert litter.start(1).returncode == 0
    files = [Path(line.partition("|")[0]) for line in litter.diary()]
    assert len(files) == 2
    assert files[0].parent != files[1].parent, "each run has its own"
    assert not any(file.parent.exists() for file in files)


def test_a_run_is_not_begun_on_a_disk_that_is_nearly_full(litter, monkeypatch):
    litter.send("litter", chunk=2)
    monkeypatch.setenv(FREE_DISK_VARIABLE, "1e9")
    said = litter.start(1)
    assert said.returncode == 1
    assert said.stdout.count("disk full: ") == 2
    assert litter.diary() == []


@pytest.mark.parametrize("cpus", [1, 3])
def test_a_run_uses_the_cores_it_was_given_and_no_more(litter, cpus):
    file = litter.toy.project.params / "clusters" / "slurm.yml"
    file.write_text(f"scheduler: slurm\ncpus: {cpus}\n")
    assert read_cluster(litter.toy.project, "slurm").cpus == cpus
    litter.send("litter")
    assert litter.start(1).returncode == 0
    (line,) = litter.diary()
    assert line.partition("|")[2] == " ".join([str(cpus)] * 5)


def test_runs_side_by_side_on_this_machine_share_its_cores(litter):
    assert litter.toy.run("litter", jobs=2).counts == {"done": 2}
    share = str(max(1, cores() // 2))
    assert [line.partition("|")[2].split() for line in litter.diary()] == [
        [share] * 5
    ] * 2


def test_an_axis_with_a_single_value_counts_over_every_default(by_hand):
    toy = by_hand.toy
    (toy.project.params / "common.yml").write_text("rate: 0.25\nseed: [4]\n")
    toy.spread(
        "single",
        "notebook: toy/train\ndefaults: common\nvary: [{grid: {rate: [8.0]}}]\n",
    )
    by_hand.send("single")
    (run,) = toy.plan("single").runs
    order = toy.order(run)
    assert order["parameters"]["rate"] == 8.0, "neither 0.25 nor the notebook's 0.5"
    assert order["parameters"]["seed"] == [4]
    assert order["varied"] == {"rate": 8.0}
