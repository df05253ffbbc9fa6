"""What a worker needs, imported and used once: one that is forked from here has it.

Only a nursery imports this. nbformat compiles its schema with its first notebook.
"""

import nbformat

from fieldnotes.runner import cells, code, kernel, worker

__all__ = ["cells", "code", "kernel", "worker"]

nbformat.validate(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("")]))
