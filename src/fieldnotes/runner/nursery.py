"""A process that has imported what runs import, and forks them when it is asked.

`python nursery.py DESCRIPTOR MODULE...` imports the modules and then waits at its end
of a socket, which it inherits under this number. Each message there brings a further
connection; on that, whoever holds its other end asks for one child after another:

    {"call": "module:function", "arguments": [...], "argv": [...],
     "environment": {...}, "cwd": "...", "outlives": false}

The descriptors that come with it become the child's input, output and errors; a fourth
one stays open, and the variable `FIELDNOTES_NURSERY` names it. The answer is the pid,
with a descriptor of the process, and the exit code when the child has ended, negative
for a signal. When the asker is gone, the child is killed with its group, unless it is
one that outlives its asker. A child never outlives the nursery.

What libraries read while they are imported cannot be changed later. So a request is
refused unless its environment is the nursery's, but for names that differ from run to
run. The program imports nothing of this project by itself, and it has one thread: a
thread that held a lock while the process forks would leave it locked in the child.
"""

import ctypes
import gc
import importlib
import json
import os
import random
import selectors
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LINK = "FIELDNOTES_NURSERY"  # the descriptor by which a worker asks for its kernel
ROOM = "FIELDNOTES_ROOM"  # padding of the nursery's environment, see `show_environment`
# What differs between the runs of a batch, and is read only when it is needed.
PER_RUN = ("FIELDNOTES_RUN", "TMPDIR", "IPYTHONDIR", "JPY_PARENT_PID", LINK, ROOM)
LONGEST = 1 << 20  # bytes of a request
LONGEST_NAMES = 1 << 14  # bytes that the variables of one run may take
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)


def shared(environment: Mapping[str, str]) -> dict[str, str]:
    """The part of a run's environment that its libraries may read on import."""
    return {name: text for name, text in environment.items() if name not in PER_RUN}


@dataclass
class Birth:
    """What a child has to become."""

    order: dict[str, Any]
    descriptors: list[int]
    parent: int
    added: dict[str, str]  # variables that imports have set, as they would in the child


@dataclass(eq=False)
class Asker:
    """A connection, and the child that was last asked for on it."""

    connection: socket.socket | None
    pid: int = 0
    process: int = -1  # descriptor of the child's process
    outlives: bool = False

    def answer(self, descriptors: Iterable[int] = (), **words: Any) -> None:
        """Tell the asker, if it is still there."""
        if self.connection is not None:
            with suppress(OSError):
                text = json.dumps(words).encode()
                socket.send_fds(self.connection, [text], list(descriptors))


class Nursery:
    """The loop of the parent; in a child it ends with what the child becomes."""

    def __init__(self, keeper: socket.socket, environment: Mapping[str, str]):
        self.keeper = keeper
        self.shared = shared(environment)
        self.added = {
            name: text
            for name, text in shared(os.environ).items()
            if environment.get(name) != text
        }
        self.watched = selectors.DefaultSelector()
        self.watched.register(keeper, selectors.EVENT_READ)

    def serve(self) -> Birth | None:
        """Fork until nobody can ask any more and every child has ended."""
        while self.watched.get_map():
            key = self.watched.select()[0][0]
            asker: Asker | None = key.data
            if asker is None:
                self._adopt()
            elif key.fileobj is asker.connection:
                birth = self._hear(asker)
                if birth is not None:
                    self._leave()
                    return birth
            else:
                self._reap(asker)
        return None

    def _adopt(self) -> None:
        """Take a further connection; or see that no more will come."""
        _, descriptors = _receive(self.keeper, 16)
        if not descriptors:
            self.watched.unregister(self.keeper)
        for number in descriptors:
            connection = socket.socket(fileno=number)
            asker = Asker(connection)
            self.watched.register(connection, selectors.EVENT_READ, asker)

    def _hear(self, asker: Asker) -> Birth | None:
        """Read what an asker says; in the child that it asks for, what to become."""
        assert asker.connection is not None
        text, descriptors = _receive(asker.connection, LONGEST)
        try:
            if not text:
                self._forget(asker)
                return None
            order = json.loads(text)
            reason = self._obstacle(asker, order)
            if reason:
                asker.answer(refused=reason)
                return None
            parent = os.getpid()
            pid = os.fork()
            if pid == 0:
                birth, descriptors = Birth(order, descriptors, parent, self.added), []
                return birth
        finally:
            for number in descriptors:
                os.close(number)
        asker.pid, asker.process = pid, os.pidfd_open(pid)
        asker.outlives = bool(order["outlives"])
        self.watched.register(asker.process, selectors.EVENT_READ, asker)
        asker.answer([asker.process], pid=pid)
        return None

    def _obstacle(self, asker: Asker, order: dict[str, Any]) -> str:
        """Why a request cannot be met; "" when it can."""
        if asker.pid:
            return "the child that was asked for before is still there"
        asked = shared(order["environment"])
        names = sorted(
            name
            for name in asked.keys() | self.shared.keys()
            if asked.get(name) != self.shared.get(name)
        )
        return f"another environment: {', '.join(names)}" if names else ""

    def _forget(self, asker: Asker) -> None:
        """The asker is gone: its child goes with it, unless it outlives it."""
        assert asker.connection is not None
        self.watched.unregister(asker.connection)
        asker.connection.close()
        asker.connection = None
        if asker.pid and not asker.outlives:
            with suppress(ProcessLookupError):  # it has no group of its own yet
                os.killpg(asker.pid, signal.SIGKILL)
            with suppress(ProcessLookupError):
                os.kill(asker.pid, signal.SIGKILL)

    def _reap(self, asker: Asker) -> None:
        """A child has ended: tell how."""
        _, status = os.waitpid(asker.pid, 0)
        self.watched.unregister(asker.process)
        os.close(asker.process)
        asker.pid = 0
        asker.answer(code=os.waitstatus_to_exitcode(status))

    def _leave(self) -> None:
        """In a child: close what belongs to the parent."""
        for key in list(self.watched.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
            else:
                os.close(key.fd)
        self.watched.close()


def _receive(connection: socket.socket, size: int) -> tuple[bytes, list[int]]:
    try:
        flags = socket.MSG_CMSG_CLOEXEC
        text, descriptors, *_ = socket.recv_fds(connection, size, 4, flags)
    except ConnectionResetError:
        return b"", []
    return text, descriptors


def become(birth: Birth) -> Any:
    """In a child: be as if started afresh, and do what was ordered; never return."""
    order = birth.order
    os.setsid()
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != birth.parent:
        os._exit(1)  # the nursery died before the line above
    for number, descriptor in enumerate(birth.descriptors[:3]):
        os.dup2(descriptor, number)
        os.close(descriptor)
    environment = dict(order["environment"])
    if birth.descriptors[3:]:
        environment[LINK] = str(birth.descriptors[3])
    os.environ.clear()
    os.environ.update(environment | birth.added)
    show_environment(environment)  # what imports add is not shown of any process
    os.chdir(order["cwd"])
    sys.argv[:] = order["argv"]
    tempfile.tempdir = None
    random.seed()
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()  # pyright: ignore[reportAttributeAccessIssue]
    gc.enable()
    module, _, function = order["call"].partition(":")
    sys.exit(getattr(importlib.import_module(module), function)(*order["arguments"]))


def show_environment(environment: Mapping[str, str]) -> None:
    """Let the system show this environment of the process, as if started with it.

    By it a run's processes are known (`kill_leftovers`). The system shows the memory in
    which a process found its environment when it began; in a nursery there is `ROOM`
    for the names of a run. The variables themselves have been copied elsewhere.
    """
    pairs = (f"{name}={text}" for name, text in environment.items())
    block = b"".join(os.fsencode(pair) + b"\0" for pair in pairs)
    # Counted from behind the name in brackets, which may hold anything; see proc(5).
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    start, end = int(fields[47]), int(fields[48])
    if len(block) < end - start:
        ctypes.memmove(start, block.ljust(end - start, b"\0"), end - start)


def prepare(modules: Iterable[str]) -> None:
    """Import all of these; one that cannot be imported is left to whoever needs it.

    Raises:
        SystemExit: a process that has imported them cannot be forked.
    """
    os.environ["JPY_PARENT_PID"] = str(os.getpid())  # ipykernel reads it on import
    for name in modules:
        try:
            importlib.import_module(name)
        except ModuleNotFoundError:
            continue  # a name inside a module, which is imported now
        except Exception as error:
            print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)
    # JAX first: it starts threads too, and is the better reason.
    bridge = sys.modules.get("jax._src.xla_bridge")
    started = getattr(bridge, "backends_are_initialized", lambda: False)
    if started():
        sys.exit("What was imported has started JAX, so nothing can be forked.")
    if threading.active_count() > 1:
        sys.exit("What was imported has started threads, so nothing can be forked.")
    gc.disable()
    gc.collect()
    gc.freeze()  # a child's collector leaves the pages alone that it shares


def main(descriptor: int, modules: Iterable[str]) -> None:
    """The whole life of a nursery, or of one of its children."""
    keeper = socket.socket(fileno=descriptor)
    keeper.set_inheritable(False)
    os.environ.pop(ROOM, None)
    environment = dict(os.environ)
    prepare(modules)
    birth = Nursery(keeper, environment).serve()
    if birth is not None:
        keeper.close()
        become(birth)


if __name__ == "__main__":
    del sys.path[0]  # the folder of this file; nothing is imported from there
    main(int(sys.argv[1]), sys.argv[2:])
