"""What the cells of a kernel do for a run by hand: its state, and the time they take.

A run by hand is running while a cell that uses it runs, and done, or failed, when that
cell has ended; idle hours of its kernel count for nothing. A cell that does not use the
run counts for the next that does: the training before the first value is recorded.
"""

import atexit
import os
import sys
import time
from typing import Any

from fieldnotes.catalogue.session import Session
from fieldnotes.runs import now
from fieldnotes.runs.states import DONE, INTERRUPTED, RUNNING


class Cells:
    """Follows the cells of this process; a script counts as one cell."""

    def __init__(self) -> None:
        self.began = time.monotonic()  # of the cell that runs now
        self.seconds = 0.0  # in cells whose run is not known yet
        self.session: Session | None = None  # of the run that this cell uses
        self.shell = shell()
        if self.shell is not None:
            self.shell.events.register("pre_run_cell", self._start)
            self.shell.events.register("post_run_cell", self._end_cell)

    def use(self, session: Session) -> None:
        """The cell that runs now uses this run."""
        if self.session is session:
            return
        if self.session is not None:
            self._end(None)
        elif self.shell is None:
            atexit.register(self._end_script, os.getpid())
        self.session = session
        session.status.state, session.status.ended = RUNNING, None
        session.status.reason, session.status.error = "", None
        session.status.write(session.folder)

    def _start(self, _info: Any) -> None:
        self.began = time.monotonic()

    def _end_cell(self, result: Any) -> None:
        self._end(result.error_before_exec or result.error_in_exec)

    def _end_script(self, pid: int) -> None:
        if os.getpid() == pid:  # a forked child ends nothing
            self._end(getattr(sys, "last_value", None))

    def _end(self, error: BaseException | None) -> None:
        """Enter the time of the cell, and how it ended, into the run that it used."""
        moment = time.monotonic()
        self.seconds += moment - self.began
        self.began, session = moment, self.session
        if session is None:
            return
        status, self.session = session.status, None
        status.state, status.ended = DONE, now()
        status.duration_s = round((status.duration_s or 0.0) + self.seconds, 3)
        self.seconds = 0.0
        if error is not None:
            name, message = type(error).__name__, str(error)
            status.state = INTERRUPTED if name == "KeyboardInterrupt" else "failed"
            cause = f"{name}: {message.splitlines()[0]}" if message else name
            status.error = {"name": name, "message": message, "cause": cause}
        try:
            if session.folder.is_dir():
                status.write(session.folder)
        except OSError as problem:
            # A cell's result must not depend on whether its status can be kept.
            print(f"{session.folder}: no status kept ({problem}).", file=sys.stderr)


def shell() -> Any:
    """IPython's shell in this process; None in a script."""
    return sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None


CELLS = Cells()
