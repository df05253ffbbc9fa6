"""Percent scripts are split as jupytext splits them."""

import ast

import jupytext
import pytest

from fieldnotes.spreads.scripts import split_cells, title_of

AWKWARD = {
    "plain": "# %%\nx = 1\n\n# %%\ny = 2\n",
    "header": (
        "# ---\n# jupyter:\n#   kernelspec:\n#     display_name: Python 3\n"
        "#     name: python3\n# ---\n\n"
        "# %%\nx = 1\n"
    ),
    "front matter": "# ---\n# title: A title\n# ---\n\n# %% [markdown]\n# # Title\n",
    "markdown": "# %% [markdown]\n# # A title\n#\n# words\n\n# %%\nx = 1\n",
    "md": "# %% [md]\n# words\n\n# %%\nx = 1\n",
    "raw": "# %% [raw]\n# %load\n# ---\n\n# %%\nx = 1\n",
    "quoted markdown": (
        '# %% [markdown]\n"""\n# Title\n\n# %%\nwords\n"""\n\n# %%\nx = 1\n'
    ),
    "single quoted markdown": "# %% [markdown]\n'''\nwords\n'''\n\n# %%\nx = 1\n",
    "marker in a string": 'x = """\n# %% not a cell\n"""\n\n# %%\ny = 2\n',
    "marker in another string": "# %%\nx = '''\n# %%\n'''\n# %% next\ny = 2\n",
    "quote in a comment": "# %%\n# it's fine\nx = 1  # isn't it\n\n# %%\ny = 2\n",
    "quotes in strings": (
        '# %%\nx = "it\'s" + \'"\'\n\n# %%\ny = \'"""\'\n# %%\nz = 3\n'
    ),
    "two on a line": '# %%\nx = """a""" + """b"""\n\n# %%\ny = 2\n',
    "escaped quote": '# %%\nx = "\\""\n# %%\ny = """\\"\n# %%\n"""\n# %%\nz = 3\n',
    "tags": '# %% tags=["parameters", "figure"]\nx = 1\n',
    "tags in single quotes": "# %% tags=['parameters']\nx = 1\n",
    "name and tags": '# %% name="set up" tags=["parameters"]\nx = 1\n',
    "title and tags": '# %% A title tags=["figure"]\nx = 1\n',
    "json metadata": '# %% {"tags": ["parameters"], "name": "x"}\nx = 1\n',
    "markdown with tags": '# %% [markdown] tags=["parameters"]\n# words\n',
    "titled markdown": "# %% A title [markdown]\n# words\n",
    "brackets in an option": '# %% name="[markdown]"\nx = 1\n',
    "sub cell": "# %%\nx = 1\n\n# %%%% deeper\ny = 2\n",
    "no space": "#%%\nx = 1\n#%% [markdown]\n# words\n",
    "indented marker": "# %%\nif True:\n    x = 1\n    # %%\ny = 2\n",
    "code before the first marker": "import ast\n\n# %%\nx = 1\n",
    "empty cells": "# %%\n\n# %%\n\n\n# %%\nx = 1\n",
    "blank lines inside": "# %%\nx = 1\n\n\n\ny = 2\n\n\n# %%\nz = 3\n",
    "cell magic": "# %%\n# %%time\nx = 1\n",
    "codecell": "# <codecell>\nx = 1\n# <codecell>\ny = 2\n",
    "fence": "# %% [markdown]\n# ```\n# %% not a cell\n# ```\n\n# %%\nx = 1\n",
    "open fence": "# %% [markdown]\n# ```\n# words\n\n# %%\nx = 1\n",
    "inactive": '# %% tags=["active-py"]\nx = 1\n\n# %% active="py"\ny = 2\n',
    "only in the notebook": '# %% tags=["active-ipynb"]\n# x = 1\n\n# %%\ny = 2\n',
    "carriage returns": "# %%\r\nx = 1\r\n\r\n# %%\r\ny = 2\r\n",
    "shebang": "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n# %%\nx = 1\n",
    "unicode": "# %% [markdown]\n# # Δv → ∞\n\n# %%\nx = 'Δ🙂'\n",
    "no cells": "",
}


def summary(kind, source, tags):
    if kind == "code":
        source = ast.dump(ast.parse(source))
    return kind, source if kind == "code" else None, tuple(tags)


@pytest.mark.parametrize("text", AWKWARD.values(), ids=AWKWARD.keys())
def test_cells_kinds_and_tags_are_those_of_jupytext(text):
    theirs = jupytext.reads(text, fmt="py:percent").cells
    ours = split_cells(text)
    assert [summary(c.kind, c.source, c.tags) for c in ours] == [
        summary(c.cell_type, c.source.replace("%%time", ""), c.metadata.get("tags", ()))
        for c in theirs
    ]
    assert [cell.index for cell in ours] == list(range(len(theirs)))


def test_a_cell_knows_the_line_it_starts_on():
    text = AWKWARD["header"] + "\n# %%\ny = 2\n"
    lines = text.splitlines()
    assert [lines[cell.line - 1] for cell in split_cells(text)] == ["x = 1", "y = 2"]


@pytest.mark.parametrize("name", ["markdown", "front matter", "quoted markdown"])
def test_the_title_is_the_first_level_one_heading(name):
    assert title_of(split_cells(AWKWARD[name])) in ("A title", "Title")


def test_a_comment_in_code_is_no_title():
    assert title_of(split_cells("# %%\n# # Not a title\nx = 1\n")) is None
