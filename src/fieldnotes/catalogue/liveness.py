"""Whether a run that says it is running still does."""

import socket
from collections.abc import Mapping
from typing import Any

from fieldnotes.project import Project

SAME_START = 2.0  # [s] tolerance on a process's start time; clocks are adjusted


def still_running(project: Project, run: Mapping[str, Any]) -> tuple[str, str | None]:
    """The state and reason of a run whose status says `running`.

    A run by hand ends with its kernel; a batch run holds a lock while it runs.
    """
    from fieldnotes.runs.locks import locked

    if run["interactive"]:
        alive = process_lives(run["pid"], run["host"], run["process_start"])
        return ("running" if alive else "done"), run["reason"]
    if locked(project.root / run["folder"]):
        return "running", run["reason"]
    return (
        "killed",
        "its worker ended without a word (killed, or the machine went down)",
    )


def process_lives(pid: int | None, host: str | None, start: float | None) -> bool:
    """Whether that very process runs; another machine's is taken at its word."""
    import psutil

    if host != socket.gethostname():
        return True
    try:
        found = psutil.Process(pid or 0).create_time()
    except psutil.Error:
        return False
    return start is None or abs(found - start) < SAME_START
