"""Batches that outlive their shell, and how a batch is ended from another one."""

import os
import subprocess
import sys
import time

import psutil

from fieldnotes.project import Project
from fieldnotes.runner.batches import (
    RUNNING,
    STOP,
    SUMMARY,
    VARIABLE,
    Batch,
    new_folder,
    read_batch,
)
from fieldnotes.runner.errors import RunnerError
from fieldnotes.runner.monitor import kill_tree
from fieldnotes.runs.locks import myself, process_lives

OUTPUT = "output.log"  # what a detached process prints, its last words included
TICK = 0.1  # [s] between two looks at another process
PATIENCE = 5.0  # [s] until a process that was killed is gone


def start_detached(project: Project, words: list[str], patience: float = 20.0) -> Batch:
    """Start `fieldnotes WORDS` in a process that outlives this shell.

    Args:
        words: the command and its arguments, without `--detach`.
        patience: how long the batch may take to begin [s].

    Raises:
        RunnerError: it ended at once, or did not begin in time; its words are told.
    """
    folder = new_folder(project)
    folder.mkdir(parents=True)
    with (folder / OUTPUT).open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "fieldnotes", *words],
            cwd=project.root,
            env=os.environ | {VARIABLE: str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    end = time.monotonic() + patience
    while process.poll() is None and time.monotonic() < end:
        if (folder / SUMMARY).exists():
            return read_batch(folder)
        time.sleep(TICK)
    if (folder / SUMMARY).exists():  # a short batch, which has ended already
        return read_batch(folder)
    said = (folder / OUTPUT).read_text(errors="replace").strip()
    code = process.poll()
    how = f"ended with code {code}" if code is not None else "has not begun"
    message = f"The detached batch {how}: {said or 'it said nothing'}"
    raise RunnerError(message)


def stop_batch(batch: Batch, patience: float = 10.0) -> bool:
    """Ask a batch to end, and wait until it has; whether it has.

    On this machine a batch that does not answer is ended with its workers and kernels.

    Args:
        patience: how long it may take to end [s].

    Raises:
        RunnerError: nothing can be written into its folder.
    """
    try:
        (batch.folder / STOP).touch()
    except OSError as error:
        message = f"{batch.folder / STOP}: cannot be written ({error.strerror})."
        raise RunnerError(message) from error
    end = time.monotonic() + patience
    while read_batch(batch.folder).state == RUNNING:
        if time.monotonic() > end:
            return _end_process(batch)
        time.sleep(TICK)
    return True


def _end_process(batch: Batch) -> bool:
    """End a batch of this machine that does not answer; whether it is gone."""
    pid, host, start = (batch.holder.get(n) for n in ("pid", "host", "process_start"))
    here = host == myself()["host"]
    if pid is None or not here or not process_lives(pid, host, start):
        return False
    psutil.wait_procs(kill_tree(pid), timeout=PATIENCE)
    return not process_lives(pid, host, start)
