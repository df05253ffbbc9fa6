"""The run that this kernel belongs to: given by the runner, or made by hand."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

from fieldnotes.catalogue.errors import CatalogueError
from fieldnotes.catalogue.values import plain
from fieldnotes.files import read_json, write_json
from fieldnotes.project import Project
from fieldnotes.values import digest, same

RUN = "FIELDNOTES_RUN"


@dataclass(frozen=True)
class Member:
    """One model that a run answers for.

    `values` are its own values of the axes that the run walks together, `existing` is
    the file of a model of the same identity that was trained before, if there is one.
    """

    values: dict[str, Any]
    identity: str
    existing: Path | None = None


@dataclass
class Session:
    """One run as its kernel sees it: the folder, the order, what was recorded."""

    project: Project
    folder: Path
    order: dict[str, Any]
    interactive: bool
    scraps: list[dict[str, Any]] = field(default_factory=list)
    began: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def parameters(self) -> dict[str, Any]:
        return self.order.get("parameters", {})

    def members(self, together: Sequence[str] = ()) -> list[Member]:
        """The members of the order; by hand one for each value of `together`."""
        if self.interactive:
            return [self.member(values) for values in self._product(together)]
        listed = self.order.get("members") or [{"identity": self.folder.name}]
        members = [self._ordered(entry) for entry in listed]
        if len(members) == 1 and not members[0].values and together:
            return self._split(members[0], together)
        return members

    def member(self, values: Mapping[str, Any] | None) -> Member:
        """The member with these values (None: the only one there is).

        Raises:
            CatalogueError: the run answers for no such member.
        """
        wanted = plain(dict(values or {}), "member")
        if self.interactive:
            parameters = {**self.parameters, **wanted}
            named = {"notebook": self.order["notebook"], "parameters": parameters}
            return Member(wanted, f"hand-{digest(named)}")
        lists = [
            name
            for name, value in wanted.items()
            if isinstance(self.parameters.get(name), list)
            and not isinstance(value, list)
        ]
        members = self.members(lists)
        for member in members:
            own = {**self.parameters, **member.values}
            told = len(members) == 1 or set(member.values) <= set(wanted)
            if told and all(
                name in own and same(own[name], wanted[name]) for name in wanted
            ):
                return member
        known = ", ".join(str(member.values) for member in members)
        message = (
            f"{self.order.get('notebook')}: no member {wanted} in this run. It answers "
            f"for: {known}. Give the `values` of one of `members()`."
        )
        raise CatalogueError(message)

    def _ordered(self, entry: Mapping[str, Any]) -> Member:
        existing = entry.get("existing")
        return Member(
            dict(entry.get("values") or {}),
            entry["identity"],
            self.project.root / existing if existing else None,
        )

    def _split(self, member: Member, together: Sequence[str]) -> list[Member]:
        """The only member as one for each value of lists the notebook walks itself.

        A list of one is the same training as its entry alone, so the identity stays;
        longer lists get identities of their own, told apart by their values.
        """
        cases = self._product(together)
        if len(cases) == 1:
            return [Member(cases[0], member.identity, member.existing)]
        return [
            Member(values, digest({"of": member.identity, "values": values}))
            for values in cases
        ]

    def _product(self, together: Sequence[str]) -> list[dict[str, Any]]:
        unknown = [name for name in together if name not in self.parameters]
        if unknown:
            message = (
                f"members: `{unknown[0]}` is not a parameter of "
                f"{self.order.get('notebook')}. Known: {', '.join(self.parameters)}."
            )
            raise CatalogueError(message)
        lists = [self.parameters[name] for name in together]
        axes = [item if isinstance(item, list) else [item] for item in lists]
        return [dict(zip(together, values, strict=True)) for values in product(*axes)]

    def save_order(self) -> None:
        """Write params.json again; only a run by hand changes its own order."""
        write_json(self.folder / "params.json", self.order)


_session: Session | None = None


def current() -> Session:
    """The run of this kernel; by hand the first call makes its folder.

    By hand a new folder is made whenever the values in the parameters cell changed.

    Raises:
        CatalogueError: the folder that the runner named holds no order.
    """
    global _session
    named = os.environ.get(RUN)
    if named is None:
        from fieldnotes.catalogue.interactive import hand_session

        _session = hand_session(_session)
    elif _session is None or _session.folder != Path(named):
        _session = _batch(Path(named))
    return _session


def in_batch() -> bool:
    """Whether the runner started this kernel."""
    return RUN in os.environ


def _batch(folder: Path) -> Session:
    order = read_json(folder / "params.json")
    if order is None:
        message = (
            f"{folder}: no params.json: this is not a run folder. Start runs with "
            f"`fieldnotes run`, or unset {RUN} to work by hand."
        )
        raise CatalogueError(message)
    from_variable = os.environ.get("FIELDNOTES_PROJECT")
    # catalogue/runs/<study>/<key> lies four levels below the root.
    root = Path(from_variable) if from_variable else folder.resolve().parents[3]
    return Session(Project(root.resolve()), folder, order, interactive=False)


def now() -> str:
    """This moment as people and programs both read it, in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")
