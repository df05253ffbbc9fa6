"""One notebook through papermill, on a kernel of this very interpreter.

Importing papermill takes most of a second, so this module is imported late.
"""

import json
import logging
import math
import os
import shutil
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty
from typing import IO, Any

from fieldnotes.files import to_json
from fieldnotes.runner.forked import Refused, ask
from fieldnotes.runner.imports import lean_imports

with lean_imports():
    import ipykernel_launcher  # it only starts anything when it is the program
    import jupytext
    import nbformat
    import papermill
    from jupyter_client.asynchronous.client import AsyncKernelClient
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager
    from jupyter_client.provisioning.local_provisioner import LocalProvisioner
    from papermill.clientwrap import PapermillNotebookClient
    from papermill.engines import NBClientEngine, papermill_engines
    from papermill.translators import PythonTranslator, papermill_translators

KERNELSPEC = {"name": "python3", "display_name": "Python 3", "language": "python"}
SOCKET_PATH = 90  # characters; the system allows 107 and names get a suffix
START_TIMEOUT = 120  # [s]; many kernels starting at once are slow
PRINTED = 200_000  # characters kept of what one cell prints
CUT = f"\n[Only the first {PRINTED:,} characters of this cell's output are kept.]\n"
LOOK = 0.01  # [s] between two looks whether a kernel has ended
OUTPUT_TIMEOUT = 300  # [s] for a cell's last outputs; four are too few under load


@dataclass
class Launch:
    """One attempt to execute a notebook, and what became of it."""

    environment: dict[str, str]
    cwd: Path
    log: IO[str]
    source: str  # the notebook's file, as its page shall name it
    on_start: Callable[[int], None]
    link: socket.socket | None = None  # to a nursery that forks the kernel
    ready: bool = False  # the kernel answered; from here on nothing is tried again
    notebook: Any = None  # the notebook as far as it was executed
    process: Any = field(default=None, repr=False)  # the kernel's process


class Provisioner(LocalProvisioner):
    """Has the kernel forked by a nursery; where that is refused, it starts afresh."""

    link: socket.socket

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        environment = kwargs["env"] | {"JPY_PARENT_PID": str(os.getpid())}
        argv, output = [ipykernel_launcher.__file__, *cmd[3:]], kwargs["stdout"]
        call = "ipykernel.kernelapp:launch_new_instance"
        try:
            self.process = ask(
                self.link, call, [], argv, environment, Path(kwargs["cwd"]), output
            )
        except Refused as refusal:
            output.write(f"The kernel is started afresh, not forked: {refusal}.\n")
            return await super().launch_kernel(cmd, **kwargs)
        self.pid = self.pgid = self.process.pid
        self.cwd = kwargs["cwd"]
        return self.connection_info


class Connection(AsyncKernelClient):
    """A client that is ready with the kernel's first word, not a fifth of a second on.

    The library waits for messages that may still come from the start. The kernel ends
    its answer with the state *idle*; once that has come, so has all before it.
    """

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        last = time.monotonic() + (math.inf if timeout is None else timeout)
        while True:
            self.kernel_info()
            with suppress(Empty):
                answer = await self.shell_channel.get_msg(timeout=1)
                asked = answer["parent_header"].get("msg_id")
                while True:
                    said = await self.iopub_channel.get_msg(timeout=0.2)
                    idle = said["content"].get("execution_state") == "idle"
                    if idle and said["parent_header"].get("msg_id") == asked:
                        self._handle_kernel_info_reply(answer)
                        return
            if not await self.is_alive():
                message = "Kernel died before replying to kernel_info"
                raise RuntimeError(message)
            if time.monotonic() > last:
                message = f"Kernel didn't respond in {timeout:g} seconds"
                raise RuntimeError(message)


class Kernel(AsyncKernelManager):
    """A kernel of this interpreter, whatever kernelspecs are installed."""

    launch: Launch

    async def _async_finish_shutdown(
        self,
        waittime: float | None = None,
        pollinterval: float = LOOK,  # the library's is a tenth of a second
        restart: bool = False,
    ) -> None:
        await super()._async_finish_shutdown(waittime, pollinterval, restart)

    @property
    def kernel_spec(self) -> KernelSpec:
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=argv, display_name="Python 3", language="python")

    async def start_kernel(self, **kw: Any) -> None:  # type: ignore[override]
        launch = self.launch
        kw.update(env=launch.environment, cwd=str(launch.cwd))
        kw.update(stdout=launch.log, stderr=launch.log)
        if launch.link is not None:
            provisioner = Provisioner(
                kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self
            )
            provisioner.link, self.provisioner = launch.link, provisioner
        await super().start_kernel(**kw)
        launch.process = getattr(self.provisioner, "process", None)
        if launch.process is not None:
            launch.on_start(launch.process.pid)


class Client(PapermillNotebookClient):
    """papermill's client, with our kernel over sockets in a folder of its own.

    Of what one cell prints, the first `PRINTED` characters are kept, in the notebook
    and in the log. A cell's error is kept also where the cell shows errors its own way.
    """

    launch: Launch
    sockets: Path | None

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        self.on_cell_error = keep_error
        self.printed: Counter[int] = Counter()  # characters by cell

    def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
        if msg["msg_type"] == "stream":
            text = msg["content"]["text"]
            left = PRINTED - self.printed[cell_index]
            self.printed[cell_index] += len(text)
            if left < 0:
                return None
            if len(text) > left:
                msg["content"]["text"] = text[:left] + CUT
        return super().process_message(msg, cell, cell_index)

    def create_kernel_manager(self) -> Any:
        # Its keys and ports, in the folder that goes with the run.
        file = str(Path(self.launch.environment["TMPDIR"]) / "tcp.json")
        place: dict[str, Any] = {"connection_file": file}
        if self.sockets is not None:
            file = str(self.sockets / "kernel.json")
            ip = str(self.sockets / "s")
            place = {"transport": "ipc", "ip": ip, "connection_file": file}
        kernel = Kernel(kernel_name="python3", client_factory=Connection, **place)
        kernel.launch = self.launch
        self.km = kernel  # pyright: ignore[reportAttributeAccessIssue]
        return kernel

    def papermill_execute_cells(self) -> None:
        self.launch.ready = True
        super().papermill_execute_cells()


def keep_error(cell: Any, cell_index: int, execute_reply: Any) -> None:
    """Enter the error of a cell into its outputs, unless the cell left it there."""
    if not any(output.output_type == "error" for output in cell.outputs):
        said = execute_reply["content"]
        error = {key: said.get(key, "") for key in ("ename", "evalue")}
        lines = list(said.get("traceback") or ())
        cell.outputs.append(nbformat.v4.new_output("error", traceback=lines, **error))


class Engine(NBClientEngine):
    """papermill's engine, which hands out the notebook while it is executed."""

    @classmethod
    def execute_managed_notebook(  # pyright: ignore[reportIncompatibleMethodOverride]
        cls, nb_man: Any, kernel_name: str, *, launch: Launch, sockets: Path | None, **_
    ) -> None:
        launch.notebook = nb_man.nb
        described = nb_man.nb.metadata.papermill
        # papermill keeps the whole notebook here, and NaN as no standard JSON.
        described["input_path"] = launch.source
        described["output_path"] = "run.ipynb"
        described["parameters"] = json.loads(to_json(described.get("parameters", {})))
        client = Client(
            nb_man,
            timeout=None,
            startup_timeout=START_TIMEOUT,
            iopub_timeout=OUTPUT_TIMEOUT,
            kernel_name=kernel_name,
            log=logging.getLogger("papermill"),
            stdout_file=launch.log,
            stderr_file=launch.log,
        )
        client.launch, client.sockets = launch, sockets
        client.execute()


class Translator(PythonTranslator):
    """papermill's Python, with tuples (which it would write as strings)."""

    @classmethod
    def translate(cls, val: Any) -> str:
        if isinstance(val, tuple):
            return "(" + "".join(f"{cls.translate(item)}, " for item in val) + ")"
        return super().translate(val)


papermill_engines.register("fieldnotes", Engine)
papermill_translators.register("python", Translator)


def run_notebook(
    launch: Launch,
    path: Path,
    output: Path,
    parameters: dict[str, Any],
    sockets: Path | None,
) -> Any:
    """Execute the notebook at `path` into `output`, saving as it goes.

    Args:
        sockets: a private folder for the kernel's sockets; None for TCP.

    Raises:
        Exception: whatever papermill and the kernel raise; `launch` tells the rest.
    """
    notebook: Any = jupytext.read(path, fmt="py:percent")
    notebook.metadata["kernelspec"] = dict(KERNELSPEC)
    with _log_to(launch.log), _short(sockets) as sockets:
        return papermill.execute_notebook(
            notebook,
            # papermill fills braces in a path as if it were a format string
            str(output).replace("{", "{{").replace("}", "}}"),
            parameters=parameters,
            engine_name="fieldnotes",
            kernel_name="python3",
            language="python",
            progress_bar=False,
            launch=launch,
            sockets=sockets,
        )


def tidy_notebook(output: Path, notebook: Any) -> None:
    """Write the executed notebook once more, whole and in one step."""
    from fieldnotes.files import write_text

    if notebook is not None:
        write_text(output, nbformat.writes(notebook))


@contextmanager
def _short(folder: Path | None) -> Iterator[Path | None]:
    """A folder with a short name for sockets: `folder`, or else a fresh one in /tmp.

    Kernels over TCP race for ports; over sockets in private folders they cannot.
    """
    if folder is None or len(str(folder)) <= SOCKET_PATH:
        yield folder
        return
    try:
        short = Path(tempfile.mkdtemp(prefix="fn-", dir="/tmp"))
    except OSError:
        yield None
        return
    try:
        yield short
    finally:
        shutil.rmtree(short, ignore_errors=True)


@contextmanager
def _log_to(file: IO[str]) -> Iterator[None]:
    """papermill's log, in the run's log, without its guesses about parameters."""
    logger = logging.getLogger("papermill")
    handler = logging.StreamHandler(file)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    handler.addFilter(lambda record: "unknown parameter" not in record.getMessage())
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
