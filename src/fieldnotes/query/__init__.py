"""Queries: conditions on names, the same by hand, in a spread, at a prompt and in SQL.

`Query.of({"orbits": 10, "rate": {">=": 1e-3}, "seed": [0, 1]})` reads what Python and
YAML write, `Query.written(["orbits=10", "rate>=1e-3"])` what a person types. `holds`
says whether a row meets the query, `fieldnotes.query.sql` says the same to a database.
"""

from fieldnotes.query.conditions import EACH, KEYS, Condition
from fieldnotes.query.queries import Query, is_query

__all__ = ["EACH", "KEYS", "Condition", "Query", "is_query"]
