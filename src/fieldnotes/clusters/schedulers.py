"""What is asked of a scheduler: directives of a script, submission, what it knows.

Slurm by `sbatch` and `squeue`; LSF by `bsub` and `bjobs` (IBM Spectrum LSF 10.1,
Command reference).
"""

import getpass
import math
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from fieldnotes.clusters.settings import NOT_SENT, Cluster, ClusterError

PATIENCE = 120  # [s] for an answer of the scheduler
NOTICE = 120  # [s] before its time limit at which a Slurm job is told, at most

Element = tuple[str, int]  # the id of a job, and the index in its array


@dataclass(frozen=True)
class Needs:
    """What one element of an array asks for."""

    name: str
    elements: int
    memory: float  # [GB]
    gpus: int
    throttle: int | None
    log: Path  # folder of the elements' output


class Scheduler(Protocol):
    """One kind of scheduler."""

    submits: str  # the command that takes a script
    index: str  # the variable that holds an element's index, from 1

    def directives(self, cluster: Cluster, needs: Needs) -> list[str]: ...
    def command(self, script: Path, after: list[str]) -> list[str]: ...
    def job(self, said: str) -> str | None: ...
    def known(self) -> set[Element]: ...


class Slurm:
    """Slurm, from version 20.11."""

    submits, index = "sbatch", "SLURM_ARRAY_TASK_ID"

    def directives(self, cluster: Cluster, needs: Needs) -> list[str]:
        minutes = math.ceil(cluster.time)
        notice = min(NOTICE, 15 * minutes)
        lines = [
            f"--job-name={needs.name}",
            f"--array=1-{needs.elements}{_throttle(needs)}",
            f"--output={shlex.quote(str(needs.log))}/%A-%a.log",
            "--open-mode=append",
            f"--time={minutes}",
            f"--mem={math.ceil(needs.memory * 1000)}M",
            f"--cpus-per-task={cluster.cpus}",
            f"--signal=B:USR2@{notice}",
            "--requeue",
        ]
        lines += [f"--partition={cluster.partition}"] if cluster.partition else []
        lines += [f"--gres=gpu:{needs.gpus}"] if needs.gpus else []
        return [f"#SBATCH {line}" for line in (*lines, *cluster.options)]

    def command(self, script: Path, after: list[str]) -> list[str]:
        # afterany, not afterok: a failed training does not cancel the summary.
        wait = [f"--dependency=afterany:{':'.join(after)}"] if after else []
        return ["sbatch", "--parsable", *wait, str(script)]

    def job(self, said: str) -> str | None:
        last = (said.strip().splitlines() or [""])[-1]
        found = re.fullmatch(r"(\d+)(;.*)?", last)  # `;` precedes a cluster's name
        return found.group(1) if found else None

    def known(self) -> set[Element]:
        """The elements of this user that wait or run."""
        words = ["squeue", "--noheader", "--array", f"--user={getpass.getuser()}"]
        rows = _ask([*words, "--format=%F %K"])
        return {(row[0], int(row[1])) for row in rows if row[1:] and row[1].isdigit()}


class Lsf:
    """IBM Spectrum LSF, from version 10.1."""

    submits, index = "bsub", "LSB_JOBINDEX"
    ended = ("DONE", "EXIT")

    def directives(self, cluster: Cluster, needs: Needs) -> list[str]:
        memory = f"{math.ceil(needs.memory * 1000)}MB"
        lines = [
            f'-J "{needs.name}[1-{needs.elements}]{_throttle(needs)}"',
            f'-o "{needs.log}/%J-%I.log"',
            f"-W {math.ceil(cluster.time)}",
            f"-M {memory}",
            f'-R "rusage[mem={memory}] span[hosts=1]"',
            f"-n {cluster.cpus}",
            "-r",  # run again when its host goes down
        ]
        lines += [f"-q {cluster.partition}"] if cluster.partition else []
        lines += [f'-gpu "num={needs.gpus}"'] if needs.gpus else []
        return [f"#BSUB {line}" for line in (*lines, *cluster.options)]

    def command(self, script: Path, after: list[str]) -> list[str]:
        # ended, not done: a failed training does not cancel the summary.
        wait = ["-w", " && ".join(f"ended({job})" for job in after)] if after else []
        return ["bsub", *wait]  # the script comes by standard input

    def job(self, said: str) -> str | None:
        found = re.search(r"Job <(\d+)>", said)
        return found.group(1) if found else None

    def known(self) -> set[Element]:
        """The elements of this user that wait or run."""
        words = ["bjobs", "-noheader", "-o", "jobid jobindex stat"]
        rows = _ask(words, empty="No unfinished job found")
        return {
            (job.partition("[")[0], int(index))
            for job, index, state in (row for row in rows if len(row) == 3)
            if index.isdigit() and state not in self.ended
        }


KINDS: dict[str, type[Scheduler]] = {"slurm": Slurm, "lsf": Lsf}


def scheduler_of(cluster: Cluster) -> Scheduler:
    """The scheduler of a cluster."""
    return KINDS[cluster.scheduler]()


def submit(scheduler: Scheduler, script: Path, after: list[str]) -> str:
    """Send a script; the id of its job.

    Raises:
        ClusterError: the scheduler did not take it.
    """
    command = scheduler.command(script, after)
    answer = _call(command, script.read_text())
    job = scheduler.job(answer.stdout)
    if answer.returncode or job is None:
        said = " ".join((answer.stderr or answer.stdout).split())
        message = f"{shlex.join(command)} ({script}): not taken. It said: {said}"
        raise ClusterError(message)
    return job


def can_submit(scheduler: Scheduler) -> None:
    """Refuse where the scheduler's commands are not at hand.

    Raises:
        ClusterError: its command is not on the PATH.
    """
    if shutil.which(scheduler.submits) is None:
        message = (
            f"{scheduler.submits}: not on the PATH. Send runs from a machine where it "
            "is, such as the cluster's login node; `--dry-run` prints the scripts "
            f"anywhere. {NOT_SENT}"
        )
        raise ClusterError(message)


def _throttle(needs: Needs) -> str:
    return f"%{needs.throttle}" if needs.throttle else ""


def _call(command: list[str], text: str = "") -> subprocess.CompletedProcess[str]:
    """Call a command of the scheduler.

    Raises:
        ClusterError: it is not there, or does not answer.
    """
    try:
        return subprocess.run(
            command,
            input=text,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except FileNotFoundError:
        message = f"{command[0]}: not on the PATH, so the scheduler cannot be asked."
    except subprocess.TimeoutExpired:
        message = f"{shlex.join(command)}: no answer within {PATIENCE} s."
    raise ClusterError(message)


def _ask(command: list[str], empty: str | None = None) -> list[list[str]]:
    """The rows that a listing prints; none where it says `empty`.

    Raises:
        ClusterError: the scheduler cannot be asked.
    """
    answer = _call(command)
    if empty and empty in answer.stderr:
        return []
    if answer.returncode:
        said = " ".join(answer.stderr.split())
        message = f"{shlex.join(command)}: failed with {said or answer.returncode}"
        raise ClusterError(message)
    return [line.split() for line in answer.stdout.splitlines() if line.strip()]
