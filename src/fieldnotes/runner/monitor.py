"""What a run may take: memory by sampling its processes, time by the wall clock."""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from fieldnotes.runs.locks import HEARTBEAT

RUN_VARIABLE = "FIELDNOTES_RUN"  # by it a kernel, and what it starts, know their run
INTERVAL = 0.2  # [s] between two samples
FAMILY = 5  # samples between two searches for child processes, which cost more


class Watch(threading.Thread):
    """Samples a kernel and its children; kills them all when they pass a limit.

    `verdict` is the state that the run then ends in, or None. Memory is resident
    memory summed over the processes.

    Args:
        memory: limit [bytes]; None for no limit.
        seconds: limit of wall-clock time from now [s]; None for no limit.
        beat: called every few seconds while the run lives.
    """

    def __init__(
        self,
        memory: float | None = None,
        seconds: float | None = None,
        beat: Callable[[], None] = lambda: None,
    ):
        super().__init__(name="watch", daemon=True)
        self.memory = memory
        self.seconds = seconds
        self.beat = beat
        self.verdict: str | None = None
        self.reason = ""
        self.peak = 0  # [bytes]
        self._began = time.monotonic()
        self._kernel: psutil.Process | None = None
        self._over = threading.Event()

    def attach(self, pid: int) -> None:
        """Watch this process, and what it starts, from now on."""
        try:
            self._kernel = psutil.Process(pid)
        except psutil.NoSuchProcess:
            self._kernel = None
        if self.verdict:
            kill_tree(pid)

    def stop(self) -> None:
        """End the watch."""
        self._over.set()
        self.join()

    def end(self, verdict: str, reason: str) -> None:
        """Kill the run; the first verdict stands."""
        if self.verdict is None:
            self.verdict, self.reason = verdict, reason
        if self._kernel is not None:
            kill_tree(self._kernel.pid)

    def run(self) -> None:
        family: list[psutil.Process] = []
        count, last_beat = 0, 0.0
        while not self._over.wait(INTERVAL):
            if time.monotonic() - last_beat > HEARTBEAT:
                self.beat()
                last_beat = time.monotonic()
            if self._kernel is not None:
                if count % FAMILY == 0 or self._kernel not in family:
                    family = _family(self._kernel)
                count += 1
                self._check_memory(sum(map(_resident, family)))
            self._check_time()

    def _check_memory(self, used: int) -> None:
        self.peak = max(self.peak, used)
        if self.memory is not None and used > self.memory:
            sizes = f"{used / 1e9:.2f} GB, more than its limit of {self.memory / 1e9:g}"
            self.end("out-of-memory", f"used {sizes} GB")

    def _check_time(self) -> None:
        if self.seconds is not None and time.monotonic() - self._began > self.seconds:
            self.end("timed-out", f"took longer than its limit of {self.seconds:g} s")


def kill_tree(pid: int) -> list[psutil.Process]:
    """SIGKILL a process, its children, and the process group that it leads.

    Returns:
        The process and its children, which may take a moment to be gone.
    """
    try:
        family = _family(psutil.Process(pid))
    except psutil.NoSuchProcess:
        family = []
    try:
        if os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
    except OSError:
        pass  # gone already
    for process in family:
        try:
            process.kill()
        except psutil.Error:
            pass
    return family


def kill_leftovers(folder: Path) -> None:
    """SIGKILL what a run has left behind: processes whose environment names its folder.

    A kernel whose worker was killed, what a cell has put into the background.
    """
    for process in psutil.process_iter():
        try:
            run = process.environ().get(RUN_VARIABLE)
            if run == str(folder) and process.pid != os.getpid():
                process.kill()
        except psutil.Error:
            continue  # gone already, or another user's


def oom_kills() -> int:
    """How often the system has killed for memory, as far as it tells us."""
    for path, word in (
        ("/sys/fs/cgroup/memory.events", "oom_kill"),
        ("/sys/fs/cgroup/memory/memory.oom_control", "oom_kill"),
        ("/proc/vmstat", "oom_kill"),
    ):
        try:
            lines = Path(path).read_text().splitlines()
        except OSError:
            continue
        for line in lines:
            name, _, value = line.partition(" ")
            if name == word:
                return int(value)
    return 0


def _family(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return [process]


def _resident(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.Error:
        return 0
