"""Output that cannot stop a batch: a lost or blocked terminal only loses text."""

import errno
import io
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

MOST = 10_000  # texts that wait to be written; more are dropped
PATIENCE = 3.0  # [s] without progress after which the end is not waited for
GONE = {errno.EIO, errno.EPIPE, errno.EBADF, errno.ENXIO, errno.ENOTCONN}


class LossyStream(io.TextIOBase):
    """A text stream that never raises and never waits.

    A thread hands the text on. A terminal that is stopped (Ctrl-S, a connection that
    hangs) blocks only that thread. A full disk loses the text of that moment; of what
    is gone for good (a closed pipe, a terminal that was closed) the descriptor leads
    to /dev/null from then on, so that nobody else's write fails either.

    Args:
        stream: where the text goes; None for nowhere.
    """

    def __init__(self, stream: TextIO | None):
        self._stream = stream
        self._file = _descriptor(stream)
        self._pending: queue.Queue[str | None] = queue.Queue(MOST)
        self._moved = time.monotonic()
        self.loss = ""  # why text was lost last; "" when none was
        if stream is not None:
            with suppress(OSError, ValueError):
                stream.flush()
        self._thread = threading.Thread(target=self._work, daemon=True, name="output")
        self._thread.start()

    def write(self, text: str, /) -> int:
        """Take the text; it is written soon, or never."""
        if not self.closed:
            try:
                self._pending.put_nowait(text)
            except queue.Full:
                self.loss = "nobody takes the output"
        return len(text)

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        try:
            return self._stream is not None and self._stream.isatty()
        except (OSError, ValueError):
            return False

    def fileno(self) -> int:
        if self._file is None:
            message = "no descriptor"
            raise io.UnsupportedOperation(message)
        return self._file

    @property
    def encoding(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        return getattr(self._stream, "encoding", None) or "utf-8"

    def close(self) -> None:
        """Wait for what is still on its way, as long as it moves on."""
        if self.closed:
            return
        with suppress(queue.Full):
            self._pending.put(None, timeout=PATIENCE)
        self._moved = time.monotonic()
        while self._thread.is_alive() and time.monotonic() - self._moved < PATIENCE:
            self._thread.join(0.1)
        super().close()

    def _work(self) -> None:
        while (text := self._pending.get()) is not None:
            try:
                self._hand_on(text)
            except (OSError, ValueError) as error:
                self.loss = getattr(error, "strerror", None) or str(error)
                if getattr(error, "errno", None) in GONE and self._file is not None:
                    _lead_nowhere(self._file)
            self._moved = time.monotonic()

    def _hand_on(self, text: str) -> None:
        if self._file is None:
            if self._stream is not None:
                self._stream.write(text)
                self._stream.flush()
            return
        data = text.encode(self.encoding, "backslashreplace")
        while data:
            data = data[os.write(self._file, data) :]
            self._moved = time.monotonic()


@contextmanager
def outlive_terminal() -> Iterator[None]:
    """Inside, hang-up is ignored (also by what is started), and no print raises.

    Afterwards the streams are as before, and so is what hang-up does.
    """
    before: tuple[Any, Any] = sys.stdout, sys.stderr
    if any(isinstance(stream, LossyStream) for stream in before):
        yield  # somebody further out has taken care
        return
    hangup = None
    with suppress(ValueError):  # not in the main thread
        hangup = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    ours = [None if stream is None else LossyStream(stream) for stream in before]
    sys.stdout, sys.stderr = ours
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
        for stream in filter(None, ours):
            stream.close()
        if hangup is not None:
            signal.signal(signal.SIGHUP, hangup)


def open_standard_streams() -> None:
    """Give the three standard descriptors a file, if the caller closed one (`>&-`).

    Otherwise the next file that is opened, a database perhaps, takes the place of the
    output, and what is printed goes into it.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free


def _descriptor(stream: TextIO | None) -> int | None:
    try:
        return None if stream is None else stream.fileno()
    except (OSError, ValueError):
        return None  # a stream in memory, as tests have it


def _lead_nowhere(file: int) -> None:
    with suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, file)
        os.close(nowhere)
