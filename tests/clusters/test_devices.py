"""GPU slots, told by the environment of the runs: no GPU is needed here."""

import pytest
from click.testing import CliRunner

from fieldnotes.cli import main
from fieldnotes.clusters import ClusterError, run_on
from fieldnotes.clusters.devices import devices

OPTIONS = {
    **{"jobs": 4, "timeout": None, "memory": None, "fail_fast": False},
    **{"max_failures": None, "chunk": None, "dry_run": False},
    **{"wait": False, "then": None},
}
# Notes in a diary what it may use, and when; a "GPU" is busy as long as its file is.
LOOK = """
    # %% tags=["parameters"]
    step: int = 0  # [1] which of several

    # %%
    import os
    import time
    from pathlib import Path

    project = Path(os.environ["FIELDNOTES_RUN"]).parents[3]
    device = os.environ.get("CUDA_VISIBLE_DEVICES")
    platforms = os.environ.get("JAX_PLATFORMS")
    ahead = os.environ.get("XLA_PYTHON_CLIENT_PREALLOCATE")
    taken = project / f"busy-{device}"
    if device:
        taken.touch(exist_ok=False)
        time.sleep(1)
        taken.unlink()
    with (project / "diary.txt").open("a") as diary:
        diary.write(f"{device} {platforms} {ahead}\\n")
    print(step)
"""
MIXED = """
    stages:
      large: {notebook: toy/look, vary: [{grid: {step: {range: 4}}}], limits: {gpus: 1}}
      small: {notebook: toy/look, vary: [{grid: {step: [10, 11]}}]}
"""


@pytest.fixture
def mixed(toy, monkeypatch):
    """Four runs that need a GPU and two that do not, on a machine with two GPUs."""
    toy.notebook("look", LOOK)
    toy.spread("mixed", MIXED)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,GPU-5a")
    monkeypatch.delenv("JAX_PLATFORMS", raising=False)
    return toy


def test_one_run_a_device_and_runs_without_one_beside_them(mixed):
    assert run_on(mixed.project, mixed.plan("mixed"), "local", **OPTIONS) == 0
    diary = (mixed.root / "diary.txt").read_text().splitlines()
    on_cpu = [line for line in diary if line == " cpu None"]
    on_gpu = [line.split()[0] for line in diary if line.endswith(" None false")]
    assert len(on_cpu) == 2
    assert len(on_gpu) == 4 and set(on_gpu) == {"3", "GPU-5a"}
    assert diary.index(" cpu None") < 3, "the CPU does not wait for the GPUs"
    run = mixed.plan("mixed", force=True).runs[0]
    assert mixed.order(run)["limits"]["gpus"] == 1


def test_more_gpus_than_there_are_is_told_before_anything_runs(mixed, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with pytest.raises(ClusterError) as caught:
        run_on(mixed.project, mixed.plan("mixed"), "local", **OPTIONS)
    assert "stage mixed.large: `limits: {gpus: 1}` asks for more than" in str(
        caught.value
    )
    assert "the 0 GPUs of this machine" in str(caught.value)
    assert not mixed.project.runs.exists()


def test_a_stage_that_asks_gets_a_gpu_of_the_cluster(mixed, monkeypatch):
    monkeypatch.setenv("FIELDNOTES_PROJECT", str(mixed.root))
    for scheduler, line in (("slurm", "#SBATCH --gres=gpu:1"), ("lsf", '-gpu "num=1"')):
        file = mixed.project.params / "clusters" / f"{scheduler}.yml"
        file.write_text(f"scheduler: {scheduler}\n")
        words = ["run", "mixed", "--on", scheduler, "--dry-run"]
        shown = CliRunner().invoke(main, words)
        assert shown.exit_code == 0, shown.output
        large, _, small = shown.output.partition("2-mixed.small.sh")
        assert line in large
        assert "export XLA_PYTHON_CLIENT_PREALLOCATE=false" in large.splitlines()
        assert "XLA" not in small
        assert "gpu" not in small


@pytest.mark.parametrize(
    ("named", "found"),
    [("0,1", ["0", "1"]), ("", []), ("-1", []), ("GPU-8a, 2", ["GPU-8a", "2"])],
)
def test_the_environment_says_which_gpus_may_be_used(monkeypatch, named, found):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    assert devices() == found


def test_otherwise_the_driver_is_asked(monkeypatch, tmp_path):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert devices() == []
    driver = tmp_path / "nvidia-smi"
    driver.write_text('#!/bin/sh\ntest "$1" = --query-gpu=index && printf "0\\n1\\n"\n')
    driver.chmod(0o755)
    assert devices() == ["0", "1"]


@pytest.mark.parametrize("value", ["1.5", "-1", "true", "many", "65", ".nan"])
def test_a_number_of_gpus_is_checked(mixed, value):
    from fieldnotes.spreads import SpreadError

    mixed.spread("mixed", MIXED.replace("gpus: 1", f"gpus: {value}"))
    with pytest.raises(SpreadError, match="gpus: must be a whole number of GPUs, 0 to"):
        mixed.plan("mixed")
