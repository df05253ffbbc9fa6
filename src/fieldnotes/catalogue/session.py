"""One run as its kernel sees it, and the models that it answers for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from fieldnotes.errors import CatalogueError
from fieldnotes.project import Project
from fieldnotes.runs import Manifest, MemberEntry, Status
from fieldnotes.values import digest, plain, same


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
    """One run as its kernel sees it: the folder, the manifest, what was recorded."""

    project: Project
    folder: Path
    manifest: Manifest
    scraps: list[dict[str, Any]] = field(default_factory=list)
    walked: tuple[str, ...] = ()  # parameters that the notebook walks together
    status: Status = field(default_factory=Status)  # of a run by hand

    @property
    def interactive(self) -> bool:
        return self.manifest.interactive

    @property
    def parameters(self) -> dict[str, Any]:
        return self.manifest.parameters

    def members(self, together: Sequence[str] = ()) -> list[Member]:
        """The models that this run answers for, each with its own plain values.

        A list that the spread did not walk is walked here when `together` names it: a
        model has one seed, also where its notebook takes a list of them.

        Raises:
            CatalogueError: `together` names what is no parameter.
        """
        self.walked = tuple(dict.fromkeys((*self.walked, *together)))
        return self._members(together)

    def member(self, values: Mapping[str, Any] | None) -> Member:
        """The member with these values (None: the only one there is).

        Raises:
            CatalogueError: the run answers for no such member, or for several.
        """
        wanted = plain(dict(values or {}), "member")
        if self.interactive:
            return self._by_hand(wanted)
        lists = [
            name
            for name, value in wanted.items()
            if isinstance(self.parameters.get(name), list)
            and not isinstance(value, list)
        ]
        members = self._members(tuple(dict.fromkeys((*self.walked, *lists))))
        fitting = [member for member in members if self._fits(member, wanted)]
        if len(fitting) == 1:
            return fitting[0]
        known = ", ".join(str(member.values) for member in members)
        message = (
            f"{self.manifest.notebook}: no member {wanted} in this run. It answers "
            f"for: {known}. Give the `values` of one of `members()`."
        )
        raise CatalogueError(message)

    def _members(self, together: Sequence[str]) -> list[Member]:
        if self.interactive:
            return [self._by_hand(values) for values in self._product(together)]
        entries = self.manifest.members or [MemberEntry(self.folder.name)]
        return [member for entry in entries for member in self._parts(entry, together)]

    def _by_hand(self, values: dict[str, Any]) -> Member:
        parameters = {**self.parameters, **values}
        named = {"notebook": self.manifest.notebook, "parameters": parameters}
        return Member(values, digest(named))

    def _fits(self, member: Member, wanted: Mapping[str, Any]) -> bool:
        known = {**self.parameters, **member.values}
        return all(n in known and same(known[n], wanted[n]) for n in wanted)

    def _parts(self, entry: MemberEntry, together: Sequence[str]) -> list[Member]:
        """A planned member as one for each value of lists the notebook walks itself.

        A list of one is the same training as its entry alone, so the identity stays;
        longer lists get identities of their own, told apart by their values.
        """
        existing = self.project.root / entry.existing if entry.existing else None
        cases = self._product([name for name in together if name not in entry.values])
        if len(cases) == 1:
            return [Member({**entry.values, **cases[0]}, entry.identity, existing)]
        return [
            Member(
                {**entry.values, **values},
                digest({"of": entry.identity, "values": values}),
            )
            for values in cases
        ]

    def _product(self, together: Sequence[str]) -> list[dict[str, Any]]:
        unknown = [name for name in together if name not in self.parameters]
        if unknown:
            message = (
                f"members: `{unknown[0]}` is not a parameter of "
                f"{self.manifest.notebook}. Known: {', '.join(self.parameters)}."
            )
            raise CatalogueError(message)
        lists = [self.parameters[name] for name in together]
        axes = [item if isinstance(item, list) else [item] for item in lists]
        return [dict(zip(together, values, strict=True)) for values in product(*axes)]
