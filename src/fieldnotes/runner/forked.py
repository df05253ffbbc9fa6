"""The asker's side of a nursery: a process that it has forked, with Popen's methods."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from fieldnotes.runner.nursery import LINK, LONGEST

PATIENCE = 120.0  # [s] for an answer; the nursery may still import, on a busy machine


class Refused(Exception):
    """A nursery does not fork what it was asked for; start it afresh."""


class Forked:
    """A process forked by a nursery, as `subprocess.Popen` would describe it.

    Should the nursery die, the process is killed, and its code is that of SIGKILL.
    """

    stdin = stdout = stderr = None

    def __init__(self, connection: socket.socket, pid: int, process: int):
        self.pid = pid
        self.returncode: int | None = None
        self._connection = connection
        self._process = process  # its descriptor: never another process's

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        return self._hear(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the exit code.

        Raises:
            subprocess.TimeoutExpired: it still runs after so many seconds.
        """
        code = self._hear(timeout)
        if code is None:
            raise subprocess.TimeoutExpired([str(self.pid)], timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._process, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def _hear(self, timeout: float | None) -> int | None:
        if self.returncode is not None or not _readable(self._connection, timeout):
            return self.returncode
        try:
            text = self._connection.recv(LONGEST)
        except ConnectionResetError:
            text = b""
        if text:
            self.returncode = json.loads(text)["code"]
        else:
            self.kill()
            _readable(self._process, None)
            self.returncode = -signal.SIGKILL
        self._connection.close()
        return self.returncode

    def __del__(self) -> None:
        self._connection.close()
        os.close(self._process)


def ask(
    connection: socket.socket,
    call: str,
    arguments: Sequence[Any],
    argv: Sequence[str],
    environment: Mapping[str, str],
    cwd: Path,
    output: IO[Any],
    *,
    link: socket.socket | None = None,
    outlives: bool = False,
) -> Forked:
    """Let a nursery fork a process that calls `module:function` with these arguments.

    The connection serves for this one process, and is closed with it.

    Args:
        argv: its `sys.argv`.
        environment: the whole of its environment.
        output: file of its output and its errors.
        link: a connection to another nursery that it shall have.
        outlives: whether it goes on when this process is gone.

    Raises:
        Refused: the nursery is gone, silent, or cannot fork this.
    """
    order = {
        "call": call,
        "arguments": list(arguments),
        "argv": list(argv),
        "environment": dict(environment),
        "cwd": str(cwd),
        "outlives": outlives,
    }
    nowhere = os.open(os.devnull, os.O_RDONLY)
    numbers = [nowhere, output.fileno(), output.fileno()]
    numbers += [] if link is None else [link.fileno()]
    try:
        socket.send_fds(connection, [json.dumps(order).encode()], numbers)
        if not _readable(connection, PATIENCE):
            message = f"no answer in {PATIENCE:g} s"
            raise TimeoutError(message)
        text, descriptors, *_ = socket.recv_fds(
            connection, LONGEST, 1, socket.MSG_CMSG_CLOEXEC
        )
    except OSError as error:
        connection.close()
        raise Refused(error.strerror or str(error)) from error
    finally:
        os.close(nowhere)
    answer: dict[str, Any] = json.loads(text or b"{}")
    if not descriptors:
        connection.close()
        raise Refused(answer.get("refused", "the nursery has ended"))
    return Forked(connection, answer["pid"], descriptors[0])


def inherited_link() -> socket.socket | None:
    """The connection by which this worker may ask for its kernel, if it has one.

    The variable that names it is removed: nothing that is started from here has it.
    """
    number = os.environ.pop(LINK, None)
    if number is None:
        return None
    connection = socket.socket(fileno=int(number))
    connection.set_inheritable(False)
    return connection


def start_program(
    modules: Iterable[str], environment: Mapping[str, str], cwd: Path, output: IO[Any]
) -> tuple[subprocess.Popen, socket.socket]:
    """Start a nursery with these modules; its process, and our end of its socket.

    Raises:
        OSError: no socket or no process can be made.
    """
    from fieldnotes.runner import nursery

    ours, theirs = pair()
    with theirs:
        number = str(theirs.fileno())
        process = subprocess.Popen(
            [sys.executable, nursery.__file__, number, *modules],
            cwd=cwd,
            env={**environment, nursery.ROOM: "." * nursery.LONGEST_NAMES},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=[theirs.fileno()],
            start_new_session=True,  # Ctrl-C at the terminal is not for it
        )
    return process, ours


def pair() -> tuple[socket.socket, socket.socket]:
    """Two ends of a connection that keeps messages apart, without a name or a file.

    Raises:
        OSError: the system has none.
    """
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def _readable(file: Any, timeout: float | None) -> bool:
    """Whether there is something to read, within so many seconds."""
    watch = select.poll()
    watch.register(file, select.POLLIN)
    return bool(watch.poll(None if timeout is None else timeout * 1000))
