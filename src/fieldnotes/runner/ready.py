"""What a worker needs, imported and used once: one that is forked from here has it.

Only a nursery imports this. nbformat compiles its schema with its first notebook.
"""

import nbformat

from fieldnotes import code
from fieldnotes.runner import kernel, worker
from fieldnotes.spreads import scripts

__all__ = ["code", "kernel", "scripts", "worker"]

nbformat.validate(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("")]))
