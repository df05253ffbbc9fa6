"""A Slurm of one node, on this machine and for this test alone.

Debian's packages `slurm-wlm` and `munge`, without an init system and without cgroups:
three programs in the foreground, with their state in a folder of their own.
"""

import getpass
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "scontrol")
PLACES = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
START = 60  # [s] until the node takes jobs

CONFIGURATION = """\
ClusterName=fieldnotes
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmctldPort={controller}
SlurmdPort={node}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/builtin
SchedulerParameters=batch_sched_delay=0,sched_interval=1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
ReturnToService=2
DefMemPerCPU=100
KillWait=10
MinJobAge=2
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=8000 State=UNKNOWN
PartitionName=low Nodes={host} Default=YES MaxTime=INFINITE PriorityTier=1 GraceTime=10
PartitionName=high Nodes={host} MaxTime=INFINITE PriorityTier=2 PreemptMode=OFF
"""


def missing() -> str:
    """Why there can be no Slurm here; "" where there can."""
    lacking = [name for name in PROGRAMS if not shutil.which(name, path=PLACES)]
    if not lacking:
        return ""
    return (
        f"no Slurm here ({', '.join(lacking)} not found); on Debian: "
        "apt-get install slurm-wlm munge"
    )


@contextmanager
def slurm(folder: Path) -> Iterator[dict[str, str]]:
    """A running Slurm with its state in `folder`; the variables by which it is reached.

    Raises:
        TimeoutError: its node takes no jobs; the message ends with its logs.
    """
    controller, node = _free_ports()
    for name in ("state", "spool"):
        (folder / name).mkdir()
    configuration = folder / "slurm.conf"
    configuration.write_text(
        CONFIGURATION.format(
            folder=folder,
            host=socket.gethostname().partition(".")[0],
            user=getpass.getuser(),
            controller=controller,
            node=node,
        )
    )
    key = folder / "munge.key"
    key.write_bytes(secrets.token_bytes(128))
    key.chmod(0o600)
    variables = {"SLURM_CONF": str(configuration), "PATH": PLACES}
    files = [f"--{each}-file={folder}/munge.{each}" for each in ("log", "pid", "seed")]
    commands = [
        ["munged", "--foreground", "--force", f"--key-file={key}", *files]
        + [f"--socket={folder}/munge.socket", "--num-threads=1"],
        ["slurmctld", "-D"],
        ["slurmd", "-D"],
    ]
    started: list[subprocess.Popen] = []
    try:
        for command in commands:
            started.append(_start(command, folder, variables))
            time.sleep(0.5)
        _wait_for_node(folder, variables)
        yield variables
    finally:
        words = ["scancel", f"--user={getpass.getuser()}", "--signal=KILL", "--full"]
        subprocess.run(words, env=os.environ | variables, timeout=30, check=False)
        for process in reversed(started):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _start(
    command: list[str], folder: Path, variables: dict[str, str]
) -> subprocess.Popen:
    program = shutil.which(command[0], path=PLACES) or command[0]
    with (folder / f"{command[0]}.log").open("wb") as log:
        return subprocess.Popen(
            [program, *command[1:]],
            env=os.environ | variables,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def _wait_for_node(folder: Path, variables: dict[str, str]) -> None:
    limit, said = time.monotonic() + START, ""
    while time.monotonic() < limit:
        answer = subprocess.run(
            ["sinfo", "--noheader", "--format=%T"],
            env=os.environ | variables,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        said = answer.stdout + answer.stderr
        if set(answer.stdout.split()) == {"idle"}:
            return
        time.sleep(0.2)
    logs = "\n".join(
        path.read_text(errors="replace")[-2000:] for path in folder.glob("*.log")
    )
    message = f"Slurm's node takes no jobs: {said}\n{logs}"
    raise TimeoutError(message)


def _free_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]
