"""Reading the index: rows that meet conditions, and the parameters that are theirs."""

import warnings
from collections.abc import Callable, Collection, Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, select
from sqlalchemy.orm import aliased

from fieldnotes.catalogue import frames
from fieldnotes.catalogue import tables as t
from fieldnotes.catalogue.index import CHUNK, Index, Report
from fieldnotes.errors import CatalogueWarning
from fieldnotes.query import EACH, Condition, Query
from fieldnotes.query.sql import Columns, Owned, Test, clauses, test_of

MANY = 10_000  # rows; more are counted as so many
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


# What tells a scrap's member from the others of its run, as JSON.
TOLD = select(t.Member.told).where(t.Member.id == t.Scrap.member).scalar_subquery()

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
        lead = self._rarest(query, columns)
        return self.ask(asked.where(*clauses(query, columns, owned, lead)))

    def _rarest(self, query: Query, columns: Columns) -> Condition | None:
        """The condition on a parameter that fewest rows meet; None for one alone."""
        named = [
            item
            for item in query.conditions
            if item.name not in columns and item.operator in ("=", "in", EACH)
        ]
        if len(named) < 2:
            return None
        counts: list[tuple[int, int]] = []
        for place, item in enumerate(named):
            kept = t.Parameter.name == item.parameter, test_of(item)(t.Parameter)
            some = select(t.Parameter.id).where(*kept).limit(MANY).subquery()
            (row,) = self.ask(select(func.count().label("rows")).select_from(some))
            counts += [(row["rows"], place)] if row["rows"] else []
        return named[min(counts)[1]] if counts else None

    def names(self, column: Any) -> list[str]:
        """The different values of an indexed column, each found by one look-up.

        A million rows have a few names, and DISTINCT would read them all.
        """
        first = select(func.min(column).label("name")).cte("names", recursive=True)
        after = select(func.min(column)).where(column > first.c.name)
        more = select(after.scalar_subquery()).where(first.c.name.is_not(None))
        found = first.union_all(more)
        rows = self.ask(select(found.c.name).where(found.c.name.is_not(None)))
        return [row["name"] for row in rows]

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


Having = Callable[..., ColumnElement[bool]]


def having(*pairs: tuple[Any, Any]) -> Having:
    """`having(*pairs)(*tests)`: a row owns a parameter that passes all of the tests.

    Args:
        pairs: a column of `parameters` that names its owner, and the row's own name.
    """

    def clause(*tests: ColumnElement[bool], each: bool = False) -> ColumnElement[bool]:
        if each:
            owned = (exists().where(owner == row, *tests) for owner, row in pairs)
            tables = {row.table for _, row in pairs}
            return or_(*(one.correlate(*tables) for one in owned))
        # A list of names, made once by index, not a question asked of every row.
        return or_(
            *(
                row.in_(select(owner).where(owner.is_not(None), *tests))
                for owner, row in pairs
            )
        )

    return clause


def owned_by(
    parameter: Having,
    recorded: ColumnElement[bool] | None = None,
    names: Collection[str] = (),
) -> Owned:
    """What makes a value a row's own: its parameters, else its recorded values.

    Args:
        parameter: see `having`.
        recorded: which rows of `scraps` are the row's; a parameter hides one of the
            same name.
        names: those of all recorded values.
    """

    def owned(name: str, test: Test, each: bool) -> ColumnElement[bool]:
        named = t.Parameter.name == name
        given = parameter(named, test(t.Parameter), each=each)
        if recorded is None or name not in names:
            return given
        value = exists().where(and_(recorded, t.Scrap.name == name, test(t.Scrap)))
        return or_(given, and_(not_(parameter(named, each=each)), value))

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
    other = exists().where(of_member.member == t.Scrap.member, not_(agrees))
    return and_(t.Scrap.run == t.Model.run, not_(other))


def chunks(keys: Iterable[str]) -> Iterable[list[str]]:
    ordered = sorted(set(keys))
    return (ordered[at : at + CHUNK] for at in range(0, len(ordered), CHUNK))
