"""A Jupyter server and its kernels, spoken to as JupyterLab speaks to them."""

import json
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
import websocket

from fieldnotes.project import Project

PATIENCE = 120.0  # [s] for a server or a kernel on a machine that is busy
TOKEN = "a-token-for-the-test"


@dataclass
class Server:
    """A Jupyter server of this test, spoken to as JupyterLab speaks to it."""

    project: Project
    port: int
    home: Path

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON answer of the server's HTTP interface."""
        request = Request(
            f"http://127.0.0.1:{self.port}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {TOKEN}"},
        )
        with urlopen(request, timeout=PATIENCE) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def open(self, path: str) -> dict[str, Any]:
        """A file as JupyterLab opens it when it opens it as a notebook."""
        return self.call("GET", f"/api/contents/{path}?type=notebook&content=1")

    def save(self, path: str, content: Any) -> None:
        body = {"type": "notebook", "format": "json", "content": content}
        self.call("PUT", f"/api/contents/{path}", body)

    @contextmanager
    def kernel(self, path: str) -> Iterator["Kernel"]:
        """The kernel of a session for the notebook at `path`."""
        body = {"path": path, "name": Path(path).name, "type": "notebook"}
        session = self.call(
            "POST", "/api/sessions", {**body, "kernel": {"name": "python3"}}
        )
        address = f"/api/kernels/{session['kernel']['id']}/channels?token={TOKEN}"
        try:
            with closing(
                websocket.create_connection(
                    f"ws://127.0.0.1:{self.port}{address}", timeout=PATIENCE
                )
            ) as channel:
                yield Kernel(channel)
        finally:
            self.call("DELETE", f"/api/sessions/{session['id']}")


@dataclass
class Kernel:
    """A kernel behind its websocket, and all that it has said."""

    channel: websocket.WebSocket
    messages: list[dict[str, Any]] = field(default_factory=list)

    def run(self, source: str) -> list[dict[str, Any]]:
        """Execute one cell; the messages it caused, until the kernel is idle."""
        identity = uuid.uuid4().hex
        header = {"msg_id": identity, "msg_type": "execute_request", "session": "test"}
        header |= {"username": "", "version": "5.3", "date": ""}
        content = {"code": source, "silent": False, "store_history": True}
        content |= {"allow_stdin": False, "user_expressions": {}, "stop_on_error": True}
        message = {"channel": "shell", "header": header, "parent_header": {}}
        self.channel.send(json.dumps({**message, "metadata": {}, "content": content}))
        heard = []
        while True:
            answer = json.loads(self.channel.recv())
            if answer["parent_header"].get("msg_id") == identity:
                heard.append(answer)
                if answer["content"].get("execution_state") == "idle":
                    break
        errors = [m["content"] for m in heard if m["msg_type"] == "error"]
        assert not errors, "\n".join(errors[0]["traceback"])
        self.messages += heard
        return heard

    def run_all(self, content: Any) -> list[str]:
        """Execute every code cell of an opened notebook; what they printed."""
        cells = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
        return [printed(self.run(cell["source"])) for cell in cells]


def printed(messages: list[dict[str, Any]]) -> str:
    streams = [m["content"] for m in messages if m["msg_type"] == "stream"]
    return "".join(stream["text"] for stream in streams)


def wait_for(server: Server, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            server.call("GET", "/api/status")
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(log.read_text())
