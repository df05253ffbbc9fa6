"""Spreads: YAML files that say which notebooks run with which parameters.

A notebook's parameters cell is the schema. A spread is expanded into requests, one a
run, and refused as a whole, before anything runs, when any part of it cannot be.
"""

from fieldnotes.query import is_query
from fieldnotes.spreads.loading import in_order, load_spreads
from fieldnotes.spreads.notebooks import (
    CodeCell,
    Notebook,
    list_notebooks,
    read_notebook,
)
from fieldnotes.spreads.parameters import Parameter
from fieldnotes.spreads.paths import list_spreads, noted_spreads, spread_called
from fieldnotes.spreads.problems import SpreadError
from fieldnotes.spreads.queries import qualify, query_stages
from fieldnotes.spreads.stages import RunRequest, Spread, Stage
from fieldnotes.spreads.typed import read_words, spread_text

__all__ = [
    "CodeCell",
    "Notebook",
    "Parameter",
    "RunRequest",
    "Spread",
    "SpreadError",
    "Stage",
    "in_order",
    "is_query",
    "list_notebooks",
    "list_spreads",
    "load_spreads",
    "noted_spreads",
    "qualify",
    "query_stages",
    "read_notebook",
    "read_words",
    "spread_called",
    "spread_text",
]
