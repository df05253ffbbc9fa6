"""The kernel's client: what it waits for, and how long."""

from types import SimpleNamespace
from typing import Any

import nbformat

from fieldnotes.runner import kernel


def test_outputs_may_come_late_on_a_busy_machine(monkeypatch):
    """nbclient gives up on a finished cell after four seconds unless told otherwise."""
    waited = []

    def execute(self):
        waited.append((self.iopub_timeout, self.timeout))

    monkeypatch.setattr(kernel.Client, "execute", execute)
    notebook = nbformat.v4.new_notebook()
    notebook.metadata["papermill"] = nbformat.NotebookNode()
    launch: Any = SimpleNamespace(notebook=None, source="notebook.py", log=None)
    kernel.Engine.execute_managed_notebook(
        SimpleNamespace(nb=notebook), "python3", launch=launch, sockets=None
    )
    assert waited == [(kernel.OUTPUT_TIMEOUT, None)]
    assert kernel.OUTPUT_TIMEOUT >= 60  # [s]
