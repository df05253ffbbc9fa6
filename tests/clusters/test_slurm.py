"""Runs on a real Slurm of one node: sent, worked off, lost, preempted, timed out."""

import subprocess

import pytest

from fieldnotes.clusters import mark_lost
from fieldnotes.runner import project_status

BROKEN = """
    stages:
      train:
        notebook: toy/train
        vary: [{cases: [{rate: 1.0}, {rate: 2.0, fail: [0]}, {rate: 3.0}]}]
      assess:
        notebook: toy/assess
        needs: train
        partial: true
        fix: {models: {from: train}}
"""


def scheduler(*words: str) -> str:
    """What a command of Slurm prints."""
    answer = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def test_one_bad_run_stops_nothing_and_only_it_is_sent_again(slurm, wait_for):
    slurm.toy.spread("broken", BROKEN)
    said = slurm.send("broken", chunk=2)
    train, assess = slurm.jobs()
    assert f"job {train}: broken.train, 3 runs in 2 elements" in said
    assert f"job {assess}: broken.assess, 1 run in 1 element, after {train}" in said
    wait_for(lambda: slurm.states("broken")[-1] == "done")
    assert slurm.states("broken") == ["done", "failed", "done", "done"]
    summary = slurm.toy.plan("broken").runs[-1]
    order = slurm.toy.order(summary)
    assert [model["parameters"]["rate"] for model in order["models"]] == [1.0, 3.0]
    (absent,) = order["absent"]
    assert "ValueError: the loss is no number" in absent["reason"]
    before = slurm.toy.status(summary)["ended"]

    wait_for(lambda: not scheduler("squeue", "--noheader"))
    again = slurm.send("broken")
    assert [line for line in again if line.startswith("job")] == [
        f"job {slurm.jobs()[2]}: broken.train, 1 run in 1 element",
        f"job {slurm.jobs()[3]}: broken.assess, 1 run in 1 element, "
        f"after {slurm.jobs()[2]}",
    ]
    wait_for(lambda: not scheduler("squeue", "--noheader"))
    assert slurm.states("broken") == ["done", "failed", "done", "done"]
    assert len(slurm.toy.trained) == 4, "what was done was not trained again"
    assert slurm.toy.status(summary)["ended"] == before, "nothing new to sum up"


def test_what_waits_is_told_from_what_was_lost_and_only_that_is_sent(slurm, wait_for):
    toy = slurm.toy
    (toy.root / "hold").touch()
    slurm.send("slow", throttle=1)
    (job,) = slurm.jobs()
    wait_for(lambda: slurm.diary() == ["0 False"])
    scheduler("scancel", f"{job}_3")
    wait_for(lambda: f"{job} 3" not in scheduler("squeue", "-rho", "%F %K"))
    standing = project_status(toy.project, ["slow"])
    assert mark_lost(toy.project, standing.runs) == ""
    assert [run.state for run in standing.runs] == ["running", "queued", "lost"]

    said = slurm.send("slow", throttle=1)
    assert "1 run still in the scheduler" in said
    assert f"job {slurm.jobs()[1]}: slow.slow, 1 run in 1 element" in said
    (toy.root / "hold").unlink()
    wait_for(lambda: slurm.states("slow") == ["done"] * 3)
    assert slurm.diary() == ["0 False", "1 False", "2 False"]


def test_a_run_whose_job_is_out_of_time_goes_on_from_its_checkpoint(slurm, wait_for):
    toy = slurm.toy
    toy.spread("one", "notebook: toy/slow\n")
    (toy.root / "hold").touch()
    slurm.send("one")
    (job,) = slurm.jobs()
    wait_for(lambda: slurm.diary() == ["0 False"])
    assert "TimeLimit=00:05:00" in scheduler("scontrol", "show", "job", job)
    # What `--signal=B:USR2@75` does, earlier.
    scheduler("scancel", "--batch", "--signal=USR2", job)
    wait_for(lambda: slurm.states("one") == ["timed-out"])
    (run,) = toy.plan("one").runs
    assert "reached the cluster's time limit" in slurm.reason(run)
    assert run.reason.startswith("timed-out before: its job reached")
    (toy.root / "hold").unlink()
    wait_for(lambda: not scheduler("squeue", "--noheader"))
    slurm.send("one")
    wait_for(lambda: slurm.states("one") == ["done"])
    assert slurm.diary() == ["0 False", "0 True"]


def test_a_preempted_run_is_no_failure_and_goes_on_when_there_is_room(
    slurm, wait_for, tmp_path
):
    toy = slurm.toy
    toy.spread("one", "notebook: toy/slow\n")
    (toy.root / "hold").touch()
    slurm.send("one")
    wait_for(lambda: slurm.diary() == ["0 False"])
    urgent = tmp_path / "urgent.sh"
    urgent.write_text(
        "#!/bin/bash\n#SBATCH --partition=high --cpus-per-task=2\n"
        f"while test -e '{toy.root}/hold'; do sleep 0.1; done\n"
    )
    scheduler("sbatch", "--output=/dev/null", str(urgent))
    (run,) = toy.plan("one").runs
    wait_for(lambda: "preempted or cancelled" in slurm.reason(run))
    assert slurm.states("one") == ["interrupted"]
    assert "1 run still in the scheduler" in slurm.send("one")
    (toy.root / "hold").unlink()
    # Slurm starts it again by itself two minutes later; here, as soon as it may.
    at_once = ["scontrol", "update", f"JobId={slurm.jobs()[0]}", "StartTime=now"]

    def ended() -> bool:
        if "PENDING" in scheduler("squeue", "-rho", "%T"):
            subprocess.run(at_once, capture_output=True, timeout=60)
        return slurm.states("one") == ["done"]

    wait_for(ended)
    assert slurm.diary() == ["0 False", "0 True"]
    assert toy.status(run)["attempt"] == 2


@pytest.mark.slow
def test_the_scheduler_s_own_time_limit_is_told_before_it_kills(slurm, wait_for):
    toy = slurm.toy
    toy.spread("one", "notebook: toy/slow\n")
    file = toy.project.params / "clusters" / "slurm.yml"
    file.write_text(file.read_text().replace("time: 5", "time: 1"))
    (toy.root / "hold").touch()
    slurm.send("one")
    wait_for(lambda: slurm.states("one") == ["timed-out"], 150)
    (run,) = toy.plan("one").runs
    assert "reached the cluster's time limit" in slurm.reason(run)
