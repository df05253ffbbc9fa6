"""Stand-ins for LSF's `bsub` and `bjobs`, which run an array on this machine.

Written from the syntax of the Command reference of IBM Spectrum LSF 10.1. `bsub` reads
a script with #BSUB lines from its standard input, takes `-w` with `ended(...)` joined
by &&, and says `Job <1> is submitted to default queue <normal>.` Each element finds its
place in LSB_JOBINDEX. `bjobs -noheader -o "jobid jobindex stat"` lists what has not
ended, and says `No unfinished job found` where there is nothing, with code 255.

A folder, $LSF_STAND_IN, holds a file for each element with its state.
"""

import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

# What this stand-in knows; anything else is an error, as it is in LSF.
TAKEN = {"-J", "-o", "-W", "-M", "-R", "-n", "-q", "-gpu", "-P", "-sla"}
FLAGS = {"-r"}
WAITING, RUNNING, DONE, FAILED = "PEND", "RUN", "DONE", "EXIT"


def place() -> Path:
    return Path(os.environ["LSF_STAND_IN"])


def directives(script: str) -> dict[str, str]:
    """The options on the #BSUB lines of a script."""
    found: dict[str, str] = {}
    for line in script.splitlines():
        if not line.startswith("#BSUB "):
            continue
        words = shlex.split(line)[1:]
        if words[0] not in TAKEN | FLAGS:
            sys.exit(f"{words[0]}: Illegal option. Job not submitted.")
        found[words[0]] = " ".join(words[1:])
    return found


def bsub(words: list[str]) -> None:
    """Take a script, answer with its job, and leave a process that runs the array."""
    script = sys.stdin.read()
    options = directives(script)
    wait = words[words.index("-w") + 1] if "-w" in words else ""
    array = re.fullmatch(r"(\S+)\[1-(\d+)\](?:%(\d+))?", options["-J"])
    if array is None:
        sys.exit(f"{options['-J']}: Bad job array. Job not submitted.")
    job = 1 + sum(1 for _ in place().glob("*.job"))
    path = place() / f"{job}.job"
    path.write_text(script)
    for index in range(1, int(array[2]) + 1):
        (place() / f"{job}.{index}").write_text(WAITING)
    log = options["-o"].replace("%J", str(job))
    command = [sys.executable, __file__, "work", str(job), array[2], array[3] or "0"]
    subprocess.Popen(
        [*command, log, wait],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    print(f"Job <{job}> is submitted to default queue <normal>.")


def work(job: str, elements: str, most: str, log: str, wait: str) -> None:
    """Run an array, `most` elements at once, when what it waits for has ended."""
    before = re.findall(r"ended\((\d+)\)", wait)
    while any(state(each) for each in before):
        time.sleep(0.05)
    todo = list(range(1, int(elements) + 1))
    active: dict[int, subprocess.Popen] = {}
    while todo or active:
        while todo and len(active) < (int(most) or 1000):
            index = todo.pop(0)
            if (place() / f"{job}.{index}").exists():  # else it was cancelled
                active[index] = start(job, index, log)
        for index in [i for i, process in active.items() if process.poll() is not None]:
            ended = active.pop(index).returncode
            (place() / f"{job}.{index}").write_text(FAILED if ended else DONE)
        time.sleep(0.05)


def start(job: str, index: int, log: str) -> subprocess.Popen:
    environment = os.environ | {"LSB_JOBID": job, "LSB_JOBINDEX": str(index)}
    (place() / f"{job}.{index}").write_text(RUNNING)
    with Path(log.replace("%I", str(index))).open("wb") as file:
        process = subprocess.Popen(
            ["bash", str(place() / f"{job}.job")],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
        )
    (place() / f"{job}.{index}.pid").write_text(str(process.pid))
    return process


def state(job: str) -> list[tuple[str, str]]:
    """The elements of a job that have not ended, with their states."""
    rows = []
    for path in sorted(place().glob(f"{job}.[0-9]*")):
        index = path.name.partition(".")[2]
        if index.isdigit() and path.read_text() in (WAITING, RUNNING):
            rows.append((index, path.read_text()))
    return rows


def bjobs(words: list[str]) -> None:
    """List what has not ended."""
    assert words == ["-noheader", "-o", "jobid jobindex stat"]
    rows = [
        f"{path.stem} {index} {said}"
        for path in sorted(place().glob("*.job"))
        for index, said in state(path.stem)
    ]
    if not rows:
        print("No unfinished job found", file=sys.stderr)
        sys.exit(255)
    print("\n".join(rows))


def install(folder: Path) -> None:
    """Write the commands `bsub` and `bjobs` into a folder."""
    for name in ("bsub", "bjobs"):
        path = folder / name
        command = shlex.join([sys.executable, __file__, name])
        path.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        path.chmod(0o755)


if __name__ == "__main__":
    name, *rest = sys.argv[1:]
    {"bsub": bsub, "bjobs": bjobs}[name](rest) if name != "work" else work(*rest)
