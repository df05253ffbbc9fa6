"""The tables of the index, in SQLAlchemy 2: facts on one side, links on the other.

Nothing here is the only copy of anything: every row is read from a run folder or from
the record of an evaluation, and the links are worked out again whenever rows change.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    Text,
    TypeDecorator,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeEngine

SCHEMA = 5  # raised whenever a table changes; an older index is rebuilt


OWNERS = ("run", "model", "evaluation", "figure", "member")  # of a parameter


class Words(TypeDecorator[str]):
    """Text as Python orders it, by its characters, in every database."""

    impl = Text
    cache_ok = True

    @property
    def python_type(self) -> type:
        return str

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        server = dialect.name == "postgresql"
        return dialect.type_descriptor(Text(collation="C") if server else Text())

    def bind_processor(self, dialect: Dialect) -> Any:
        # PostgreSQL keeps no null character.
        return _without_null if dialect.name == "postgresql" else None


def _without_null(value: str | None) -> str | None:
    return value if value is None else value.replace("\0", "\N{REPLACEMENT CHARACTER}")


class Base(DeclarativeBase):
    """All tables of the index."""

    # SQLite numbers rows by itself only in a column of type INTEGER.
    type_annotation_map = {
        str: Words,
        float: Float(53),
        int: BigInteger().with_variant(Integer(), "sqlite"),
    }


def _to(column: str) -> Mapped[str]:
    link = ForeignKey(column, ondelete="CASCADE")
    return mapped_column(link, primary_key=True, index=True)


def _owner(column: str) -> Mapped[str | None]:
    return mapped_column(ForeignKey(column, ondelete="CASCADE"), nullable=True)


def _of_owner(name: str) -> Index:
    """An index of the rows that have such an owner: one row in five has."""
    owned = text(f"{name} IS NOT NULL")
    return Index(
        f"parameters_of_{name}", name, sqlite_where=owned, postgresql_where=owned
    )


def _one_if_given(name: str) -> str:
    return f"CASE WHEN {name} IS NULL THEN 0 ELSE 1 END"


class About(Base):
    """What this index is: its schema and the project it was made from."""

    __tablename__ = "about"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class Source(Base):
    """A folder or record that was read, how it looked then, and what was wrong."""

    __tablename__ = "sources"
    path: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    problem: Mapped[str | None]


class Run(Base):
    """One run folder."""

    __tablename__ = "runs"
    key: Mapped[str] = mapped_column(primary_key=True)
    folder: Mapped[str] = mapped_column(
        ForeignKey("sources.path", ondelete="CASCADE"), unique=True
    )
    study: Mapped[str]
    notebook: Mapped[str | None]
    spread: Mapped[str | None]
    stage: Mapped[str | None]
    title: Mapped[str | None]
    case: Mapped[str | None]
    interactive: Mapped[bool]
    state: Mapped[str]
    reason: Mapped[str | None]
    error: Mapped[str | None]
    error_message: Mapped[str | None]
    started: Mapped[str | None]
    ended: Mapped[str | None]
    duration_s: Mapped[float | None]
    peak_memory_mb: Mapped[float | None]
    attempt: Mapped[int | None]
    commit: Mapped[str | None]
    dirty: Mapped[bool | None]
    host: Mapped[str | None]


class Model(Base):
    """One model file."""

    __tablename__ = "models"
    path: Mapped[str] = mapped_column(primary_key=True)
    identity: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    run: Mapped[str] = mapped_column(
        ForeignKey("runs.key", ondelete="CASCADE"), index=True
    )
    outcome: Mapped[str | None]
    diverged_at: Mapped[int | None]
    checksum: Mapped[str | None]
    bytes: Mapped[int | None]
    created: Mapped[str | None]
    signature: Mapped[str]  # of notebook, kind and hyperparameters, whatever the code
    missing: Mapped[str | None]  # since when `tidy` knows that the file is gone


class Evaluation(Base):
    """One result of applying models, kept in the cache."""

    __tablename__ = "evaluations"
    hash: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    path: Mapped[str] = mapped_column(
        ForeignKey("sources.path", ondelete="CASCADE"), unique=True
    )
    bytes: Mapped[int | None]
    created: Mapped[str | None]


class Figure(Base):
    """One figure of a run."""

    __tablename__ = "figures"
    path: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    caption: Mapped[str | None]
    run: Mapped[str] = mapped_column(
        ForeignKey("runs.key", ondelete="CASCADE"), index=True
    )


class Member(Base):
    """What tells one member of a run from the others; it may have many values."""

    __tablename__ = "members"
    id: Mapped[str] = mapped_column(primary_key=True)
    run: Mapped[str] = mapped_column(
        ForeignKey("runs.key", ondelete="CASCADE"), index=True
    )
    told: Mapped[str]  # as JSON


class Scrap(Base):
    """One recorded value of a run, or of one of its members."""

    __tablename__ = "scraps"
    id: Mapped[int] = mapped_column(primary_key=True)
    run: Mapped[str] = mapped_column(
        ForeignKey("runs.key", ondelete="CASCADE"), index=True
    )
    position: Mapped[int]
    name: Mapped[str] = mapped_column(index=True)
    value: Mapped[str]  # exact, as JSON
    number: Mapped[float | None]
    text: Mapped[str | None]
    spelled: Mapped[str]
    unit: Mapped[str | None]
    meaning: Mapped[str | None]
    member: Mapped[str | None] = mapped_column(
        ForeignKey("members.id", ondelete="CASCADE"), index=True
    )


class Parameter(Base):
    """One value under its dotted name, of exactly one run, model, figure, …"""

    __tablename__ = "parameters"
    id: Mapped[int] = mapped_column(primary_key=True)
    run: Mapped[str | None] = _owner("runs.key")
    model: Mapped[str | None] = _owner("models.path")
    evaluation: Mapped[str | None] = _owner("evaluations.hash")
    figure: Mapped[str | None] = _owner("figures.path")
    member: Mapped[str | None] = _owner("members.id")
    position: Mapped[int]
    name: Mapped[str]
    type: Mapped[str]
    number: Mapped[float | None]  # of a number, for comparing
    text: Mapped[str | None]  # of a text, for comparing
    value: Mapped[str]  # exact, as JSON
    spelled: Mapped[str]  # equal for equal values: 1 and 1.0, but not True
    __table_args__ = (
        CheckConstraint(" + ".join(map(_one_if_given, OWNERS)) + " = 1"),
        Index("parameters_by_value", "name", "spelled"),
        *map(_of_owner, OWNERS),
    )


class Wanted(Base):
    """A link as a folder states it, whether or not its other end is here."""

    __tablename__ = "wanted"
    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(
        ForeignKey("sources.path", ondelete="CASCADE"), index=True
    )
    relation: Mapped[str]
    origin: Mapped[str]
    target: Mapped[str]


class RunNeeds(Base):
    """A run needed another run."""

    __tablename__ = "run_needs"
    run: Mapped[str] = _to("runs.key")
    needed: Mapped[str] = _to("runs.key")


class RunModel(Base):
    """A run was given a model."""

    __tablename__ = "run_models"
    run: Mapped[str] = _to("runs.key")
    model: Mapped[str] = _to("models.path")


class EvaluationModel(Base):
    """An evaluation applied a model."""

    __tablename__ = "evaluation_models"
    evaluation: Mapped[str] = _to("evaluations.hash")
    model: Mapped[str] = _to("models.path")


class EvaluationRun(Base):
    """An evaluation was computed by a run."""

    __tablename__ = "evaluation_runs"
    evaluation: Mapped[str] = _to("evaluations.hash")
    run: Mapped[str] = _to("runs.key")


class FigureEvaluation(Base):
    """A figure shows an evaluation."""

    __tablename__ = "figure_evaluations"
    figure: Mapped[str] = _to("figures.path")
    evaluation: Mapped[str] = _to("evaluations.hash")


class FigureModel(Base):
    """A figure shows a model."""

    __tablename__ = "figure_models"
    figure: Mapped[str] = _to("figures.path")
    model: Mapped[str] = _to("models.path")
