"""Reading the index: rows that meet conditions, and the parameters that are theirs."""

import warnings
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, not_, or_, select
from sqlalchemy.orm import aliased

from fieldnotes.catalogue import frames
from fieldnotes.catalogue import tables as t
from fieldnotes.catalogue.index import CHUNK, Index, Report
from fieldnotes.errors import CatalogueWarning
from fieldnotes.query import Query
from fieldnotes.query.sql import Columns, Owned, clauses

RUN = {name: getattr(t.Run, name) for name in frames.RUNS}
OF_RUN = {
    name: getattr(t.Run, name)
    for name in ("study", "notebook", "spread", "stage", "state", "interactive", "case")
}
MODEL = {
    **OF_RUN,
    **{
        name: getattr(t.Model, name)
        for name in (
            *("identity", "kind", "outcome", "diverged_at", "path", "run"),
            *("created", "bytes", "checksum"),
        )
    },
}
FIGURE = {
    **OF_RUN,
    **{name: getattr(t.Figure, name) for name in ("name", "kind", "caption")},
    "path": t.Figure.path,
    "run": t.Figure.run,
}
SCRAP = {
    **OF_RUN,
    **{name: getattr(t.Scrap, name) for name in ("name", "unit", "meaning", "run")},
    "value": t.Scrap.number,
}
EVALUATION = {
    name: getattr(t.Evaluation, name) for name in ("hash", "name", "bytes", "created")
}


Pair = tuple[dict[str, Any], dict[str, Any]]  # fixed values, flat parameters


class Reader:
    """Asks the index; the first question brings it up to date."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.synced = False

    def sync(self) -> Report:
        """Bring the index up to date, and tell what a user should know about it."""
        report = self.index.sync()
        self.synced = True
        for note in report.notes:
            warnings.warn(note, CatalogueWarning, stacklevel=3)
        return report

    def ask(self, query: Any) -> list[dict[str, Any]]:
        """The rows of an SQLAlchemy query on the index, brought up to date once."""
        if not self.synced:
            self.sync()
        return self.index.ask(
            lambda connection: [
                dict(row) for row in connection.execute(query).mappings()
            ]
        )

    def rows(
        self,
        table: Any,
        columns: Columns,
        query: Query,
        owned: Owned,
        shown: Columns | None = None,
    ) -> list[dict[str, Any]]:
        """Rows of one table that meet a query, joined with their run."""
        listed = [column.label(name) for name, column in (shown or columns).items()]
        asked = select(*listed).select_from(table)
        if table not in (t.Run, t.Evaluation):
            asked = asked.join(t.Run, t.Run.key == table.run)
        return self.ask(asked.where(*clauses(query, columns, owned)))

    def parameters(self, owner: Any, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
        """The flat parameters of each owner, in the order they were declared."""
        found: dict[str, dict[str, Any]] = {}
        read = frames.Decoder()
        names = (owner.label("owner"), t.Parameter.name, t.Parameter.value)
        for chunk in chunks(keys):
            query = select(*names).where(owner.in_(chunk)).order_by(t.Parameter.id)
            for row in self.ask(query):
                found.setdefault(row["owner"], {})[row["name"]] = read(row["value"])
        return found

    def pairs(self, one: Any, other: Any, keys: Iterable[str]) -> list[tuple[str, str]]:
        """Both ends of the links of a link table whose first end is among `keys`."""
        pairs = []
        for chunk in chunks(keys):
            query = select(one.label("one"), other.label("other")).where(one.in_(chunk))
            rows = self.ask(query.order_by(one, other))
            pairs += [(row["one"], row["other"]) for row in rows]
        return pairs


def owned_by(
    owner: ColumnElement[bool], recorded: ColumnElement[bool] | None = None
) -> Owned:
    """What makes a value a row's own: its parameters, else its recorded values.

    Args:
        owner: which rows of `parameters` belong to a row.
        recorded: which rows of `scraps` do; a parameter hides one of the same name.
    """

    def owned(
        name: str, test: Callable[[Any], ColumnElement[bool]]
    ) -> ColumnElement[bool]:
        named = and_(owner, t.Parameter.name == name)
        parameter = exists().where(and_(named, test(t.Parameter)))
        if recorded is None:
            return parameter
        value = exists().where(and_(recorded, t.Scrap.name == name, test(t.Scrap)))
        return or_(parameter, and_(not_(exists().where(named)), value))

    return owned


def recorded_of_model() -> ColumnElement[bool]:
    """Recorded values of a model: of its run, and of no other member of that run."""
    of_member, of_model = aliased(t.Parameter), aliased(t.Parameter)
    agrees = exists().where(
        of_model.model == t.Model.path,
        of_model.name == of_member.name,
        of_model.spelled == of_member.spelled,
    )
    agrees = agrees.correlate(t.Model, of_member)
    other = exists().where(of_member.scrap == t.Scrap.id, not_(agrees))
    return and_(t.Scrap.run == t.Model.run, not_(other))


def chunks(keys: Iterable[str]) -> Iterable[list[str]]:
    ordered = sorted(set(keys))
    return (ordered[at : at + CHUNK] for at in range(0, len(ordered), CHUNK))
