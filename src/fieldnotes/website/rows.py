"""The rows of a comparison, what varies among them, and the words for its columns."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fieldnotes.runs import Run
from fieldnotes.runs.states import DIVERGED, DONE, STUCK
from fieldnotes.values import is_number
from fieldnotes.website.cases import (
    Case,
    Comparison,
    flat,
    is_scalar,
    mapping,
)
from fieldnotes.website.text import canonical, with_unit

COSTS = ("s", "min", "h", "1/s", "MB", "GB")  # units of what a run took
LEARNED_NOTHING = "learned nothing"  # why a stuck member has no good number
Scalar = bool | int | float | str | None


@dataclass(frozen=True)
class Quantity:
    """A parameter or a scrap in the words of its notebook; the name identifies it."""

    name: str
    unit: str = ""
    meaning: str = ""

    @property
    def words(self) -> str:
        """What heads its column and its axis."""
        return with_unit(self.meaning or self.name, self.unit)


@dataclass(frozen=True)
class Row:
    """One line of a comparison: a run, or one member of it."""

    case: Case
    values: Mapping[str, Any]  # varied parameter (dotted) -> its value here
    scraps: Mapping[str, Scalar]
    state: str
    reason: str


def rows(cases: Iterable[Case]) -> list[Row]:
    """The table of one stage: a row per run, or per member where scraps tell them."""
    return [row for case in cases for row in _rows_of(case)]


def _rows_of(case: Case) -> list[Row]:
    run = case.run
    shared = flat(case.varied)
    members = _members(run)
    if not members:
        return [_row(case, shared, {}, run.state, run.reason)]
    lines = []
    for member in members:
        state, reason = _outcome(run, member)
        lines.append(_row(case, shared | flat(member), member, state, reason))
    return lines


def _row(
    case: Case, values: dict[str, Any], member: dict[str, Any], state: str, reason: str
) -> Row:
    scraps = {}
    for scrap in case.run.scraps:
        if scrap.member in ({}, member) and is_scalar(scrap.value):
            scraps[scrap.name] = scrap.value
    if not reason and state == DIVERGED:
        reason = _diverged_at(case.run, member)
    if not reason and state == STUCK:
        reason = LEARNED_NOTHING
    return Row(case, values, scraps, state, reason)


def _members(run: Run) -> list[dict[str, Any]]:
    """The members that this run's scraps or failures to learn speak of one by one."""
    spoken = [scrap.member for scrap in run.scraps]
    lost = [*run.diverged, *run.stuck]
    spoken += [dict(mapping(item.get("values"))) for item in lost]
    unique = {canonical(member): member for member in spoken if member}
    if not unique:
        return []
    known = list(unique.values())
    # A member may be told by more than its spread varies: by a data seed that is fixed.
    untold = [m for m in run.members if not any(m.items() <= x.items() for x in known)]
    return [*untold, *known]


def _outcome(run: Run, member: dict[str, Any]) -> tuple[str, str]:
    for item in run.diverged:
        if mapping(item.get("values")) == member:
            return DIVERGED, at_step(item)
    if member in [mapping(item.get("values")) for item in run.stuck]:
        return STUCK, LEARNED_NOTHING
    if run.state in (DIVERGED, STUCK):
        return DONE, ""  # this member is not among those that learned nothing
    return run.state, run.reason


def at_step(item: Mapping[str, Any]) -> str:
    """Where a training left the road, as the tables say it."""
    step = item.get("step")
    return "diverged" if step is None else f"diverged at step {step}"


def _diverged_at(run: Run, member: dict[str, Any]) -> str:
    hits = [item for item in run.diverged if member in ({}, item.get("values"))]
    return ", ".join(dict.fromkeys(at_step(item) for item in hits))


def replicates(comparison: Comparison) -> set[str]:
    """The parameters that repeat a setting and make no other one.

    The spread says which (`answer: {over: [seed], …}`); otherwise they are those that a
    stage runs together, and every seed, also in a stage that only looks at the models
    of another.
    """
    if "over" in comparison.answer:
        return set(comparison.answer["over"])
    names = {name for case in comparison.cases for name in flat(case.varied)}
    seeds = {name for name in names if re.search(r"(^|[._])seed$", name)}
    members = [member for case in comparison.cases for member in case.run.members]
    return seeds | {name for member in members for name in member}


def axes(table: Sequence[Row]) -> list[str]:
    """The parameters that the spread varies, in the order in which it names them."""
    return list(dict.fromkeys(name for row in table for name in row.values))


def varying(table: Sequence[Row], names: Sequence[str]) -> list[str]:
    """The parameters along which these rows really differ."""
    values = {name: [value for _, value in along(table, name)] for name in names}
    return [name for name in names if len(set(map(canonical, values[name]))) > 1]


def along(table: Sequence[Row], name: str) -> list[tuple[Row, Any]]:
    """The rows that have a value of this parameter, with that value.

    A run that failed as a whole holds the list of all its seeds where the others hold
    one number; it has no place on that axis.
    """
    pairs = [(row, row.values[name]) for row in table if name in row.values]
    single = [pair for pair in pairs if not isinstance(pair[1], list | tuple)]
    return single if all_numbers([value for _, value in single]) else pairs


def all_numbers(values: Sequence[Any]) -> bool:
    """Whether there are values, and each is a finite number."""
    return bool(values) and all(
        is_number(value) and math.isfinite(value) for value in values
    )


def told_once(table: Sequence[Row], scrap: str) -> list[Row]:
    """The rows for a scrap of whole runs: one of each run, not one for each member."""
    if any(scrap in row.case.run.member_scraps for row in table):
        return list(table)
    first: dict[str, Row] = {}
    for row in table:
        first.setdefault(row.case.run.key, row)
    return list(first.values())


def finite_scrap(row: Row, name: str) -> float | None:
    """The scrap of a row where it is a finite number."""
    value = row.scraps.get(name)
    return float(value) if is_number(value) and math.isfinite(value) else None


def numeric(table: Sequence[Row], names: Iterable[str]) -> list[str]:
    """The scraps that hold at least one finite number."""
    return [
        name
        for name in names
        if any(finite_scrap(row, name) is not None for row in table)
    ]


def differing(table: Sequence[Row], names: Iterable[str]) -> list[str]:
    """The scraps whose finite numbers are not all the same."""
    return [
        name
        for name in names
        if len({finite_scrap(row, name) for row in table} - {None}) > 1
    ]


def in_step(table: Sequence[Row], names: Sequence[str]) -> list[list[str]]:
    """These parameters in groups of those that always change together, as in a zip."""
    groups: dict[str, list[str]] = {}
    for name in names:
        seen: dict[str, int] = {}
        texts = [canonical(row.values.get(name)) for row in table]
        pattern = str([seen.setdefault(text, len(seen)) for text in texts])
        groups.setdefault(pattern, []).append(name)
    return list(groups.values())


def scraps(cases: Iterable[Case]) -> dict[str, Quantity]:
    """The scalar scraps of these cases, results before book-keeping.

    Those that every member has for itself come first, what only says how long it took
    comes last; otherwise in order of appearance.
    """
    named: dict[str, Quantity] = {}
    own: set[str] = set()
    for case in cases:
        own.update(case.run.member_scraps)
        for scrap in case.run.scraps:
            if is_scalar(scrap.value):
                told = Quantity(scrap.name, scrap.unit, scrap.meaning)
                named.setdefault(scrap.name, told)
    order = sorted(named, key=lambda name: (named[name].unit in COSTS, name not in own))
    return {name: named[name] for name in order}


def parameters(
    cases: Iterable[Case], others: Iterable[Case] = ()
) -> dict[str, Quantity]:
    """The parameters of these cases, as their notebooks declare them.

    What they do not declare is looked for in `others`.
    """
    named: dict[str, Quantity] = {}
    for case in cases:
        run = case.run
        # What tells the members of a run that compares models is no parameter of its.
        members = {name: None for scrap in run.scraps for name in flat(scrap.member)}
        for name in flat(run.parameters) | flat(case.varied) | members:
            top = name.partition(".")[0]
            meaning = run.meanings.get(name, "")
            told = Quantity(name, run.units.get(top, ""), meaning)
            named.setdefault(name, told)
    unknown = {name for name, told in named.items() if not told.meaning}
    for case in others:
        for name in unknown & case.run.meanings.keys():
            unit = case.run.units.get(name, "")
            named[name] = Quantity(name, unit, case.run.meanings[name])
            unknown.remove(name)
    return named
