"""Runs on LSF, with stand-ins for its commands that run the arrays here."""

import os
import signal

import pytest

from fieldnotes.clusters import ClusterError, mark_lost
from fieldnotes.clusters.schedulers import Lsf
from fieldnotes.clusters.waiting import wait_for as wait_until_over
from fieldnotes.files import read_json
from fieldnotes.runner import project_status
from runner.conftest import BROKEN


def over() -> bool:
    """Whether no element waits or runs."""
    return not Lsf().known()


def test_a_failed_training_does_not_cancel_the_summary(lsf, wait_for):
    lsf.toy.spread("chain", BROKEN.replace("PARTIAL", "true"))
    said = lsf.send("chain", chunk=2)
    assert said[:2] == [
        "job 1: chain.train, 2 runs in 1 element",
        "job 2: chain.assess, 1 run in 1 element, after 1",
    ]
    wait_for(over)
    assert lsf.states("chain") == ["done", "failed", "done"]
    assert len(lsf.toy.order(lsf.toy.plan("chain").runs[-1])["models"]) == 1
    assert lsf.send("chain")[0] == "job 3: chain.train, 1 run in 1 element"
    wait_for(over)
    assert len(lsf.toy.trained) == 3


def test_a_command_that_waits_tells_how_all_ended(lsf):
    lsf.toy.spread("chain", BROKEN.replace("PARTIAL", "true"))
    plan = lsf.toy.plan("chain")
    lsf.send("chain", chunk=2)
    folder = next(lsf.toy.project.catalogue.glob("submissions/*"))
    said = []
    outcome = wait_until_over(lsf.toy.project, plan, folder, said.append, interval=0.1)
    assert lsf.states("chain") == ["done", "failed", "done"]
    assert dict(outcome.counts) == {"done": 2, "failed": 1}
    assert outcome.exit_code == 1
    assert said[0] == "waiting for 3 of 3 runs"
    assert any(line.startswith("1 × ValueError") for line in said)
    summary = read_json(folder / "summary.json")
    assert summary["counts"] == {"done": 2, "failed": 1}
    assert summary["spreads"] == ["chain"]


def test_the_script_says_what_an_element_may_take(lsf):
    lsf.send("slow", throttle=1)
    (script,) = lsf.toy.project.catalogue.glob("submissions/*/1-slow.slow.sh")
    lines = [line for line in script.read_text().splitlines() if "#BSUB" in line]
    folder = script.parent
    assert lines == [
        '#BSUB -J "1-slow.slow[1-3]%1"',
        f'#BSUB -o "{folder}/logs/%J-%I.log"',
        "#BSUB -W 90",
        "#BSUB -M 1300MB",
        '#BSUB -R "rusage[mem=1300MB] span[hosts=1]"',
        "#BSUB -n 1",
        "#BSUB -r",
        "#BSUB -q short",
        "#BSUB -P dynamics",
    ]
    runs = lsf.toy.plan("slow").runs
    manifest = script.with_suffix(".manifest").read_text().splitlines()
    assert manifest == [f"catalogue/runs/toy/{run.key}" for run in runs]


def test_an_element_that_is_lost_or_out_of_time_is_sent_again(lsf, wait_for, tmp_path):
    toy = lsf.toy
    (toy.root / "hold").touch()
    lsf.send("slow", throttle=1)
    wait_for(lambda: lsf.diary() == ["0 False"])
    (tmp_path / "lsf" / "1.3").unlink()  # as `bkill "1[3]"` does
    standing = project_status(toy.project, ["slow"])
    assert mark_lost(toy.project, standing.runs) == ""
    assert [run.state for run in standing.runs] == ["running", "queued", "lost"]
    # At the run limit of `-W`, LSF sends USR2 and waits ten minutes.
    os.kill(int((tmp_path / "lsf" / "1.1.pid").read_text()), signal.SIGUSR2)
    wait_for(lambda: lsf.states("slow")[0] == "timed-out")
    said = lsf.send("slow")
    assert said[:2] == [
        "1 run still in the scheduler",
        "job 2: slow.slow, 2 runs in 2 elements",
    ]
    (toy.root / "hold").unlink()
    wait_for(over)
    assert lsf.states("slow") == ["done"] * 3
    assert lsf.diary() == ["0 False", "0 True", "1 False", "2 False"]


def test_what_is_refused_is_told_and_sent_by_the_same_command(lsf, wait_for):
    cluster = lsf.toy.project.params / "clusters" / "lsf.yml"
    text = cluster.read_text()
    cluster.write_text(text.replace("-P dynamics", "-Z dynamics"))
    with pytest.raises(ClusterError, match="not taken. It said: -Z: Illegal option"):
        lsf.send("slow")
    assert lsf.states("slow") == ["queued"] * 3
    cluster.write_text(text)
    assert lsf.send("slow")[0] == "job 1: slow.slow, 3 runs in 3 elements"
    wait_for(over)
    assert lsf.states("slow") == ["done"] * 3
