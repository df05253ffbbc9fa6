"""Claims: what a source says, what was found here, and whether the two agree.

A notebook writes the test of each claim itself, in a line or two, and hands over
whether each part of it holds. Nothing here decides anything but the word for it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from studies.evidence.group import Group
from studies.evidence.notebook import Catalogue
from studies.evidence.words import Summary, markdown

REFERENCES = "/pages/references.qmd"  # the page of the site that lists the sources


class Verdict(StrEnum):
    """The words for what became of a claim."""

    AS_REPORTED = "as in the source"
    IN_PART = "in part"  # some of what the claim says holds, and some does not
    DIFFERS = "differs"
    REACHED = "reached"  # of a target, which is our own aim and no source's claim
    MISSED = "missed"
    NOT_TESTED = "not tested"  # the reason is given


class Source(NamedTuple):
    """A publication, notes or a repository, listed on the page of references."""

    anchor: str  # on that page
    words: str  # how a sentence names it

    def __str__(self) -> str:
        return f"[{self.words}]({REFERENCES}#{self.anchor})"


OURS = Source("targets", "this study's target")


@dataclass(frozen=True)
class Claim:
    """One claim with its reference, what was found here, and the verdict."""

    name: str  # an identifier: the scrap `claim_<name>` holds the verdict
    words: str  # what is claimed, in a whole sentence
    source: str  # who claims it, as a Markdown link
    reference: str  # the value or the outcome that the source reports
    ours: str  # median (lowest to highest) of n, or a sentence
    verdict: Verdict
    reason: str = ""  # why it was not tested, or which way it differs

    @property
    def tested(self) -> bool:
        """Whether there were models to test it on."""
        return self.verdict is not Verdict.NOT_TESTED


def verdict(holds: Sequence[bool]) -> Verdict:
    """The word for a claim of which some parts hold and others do not."""
    if all(holds):
        return Verdict.AS_REPORTED
    return Verdict.IN_PART if any(holds) else Verdict.DIFFERS


@dataclass
class Claims:
    """The claims that a notebook tests, in order."""

    source: Source = OURS  # of those that name no other
    tested: list[Claim] = field(default_factory=list)

    def test(
        self,
        name: str,
        words: str,
        *,
        reference: str,
        ours: str | Summary,
        holds: bool | Iterable[bool],
        models: Iterable[Group] = (),
        source: Source | None = None,
        reason: str = "",
    ) -> Claim:
        """Add a claim with the outcome of its test.

        Args:
            name: an identifier, unique in the notebook.
            words: what is claimed, in a whole sentence.
            reference: what the source reports.
            ours: what was found here; where no number is in it, the claim is not
                tested.
            holds: for each part of the claim, whether it holds here.
            models: the groups that the test is about; where one of them is empty the
                claim is not tested.
            source: who claims it.
            reason: which way it differs, where a word is too little.

        Raises:
            ValueError: the name is taken or no identifier; nothing holds or fails.
        """
        parts = [bool(x) for x in holds] if isinstance(holds, Iterable) else [holds]
        self._check(name, parts)
        by = str(source or self.source)
        empty = any(len(group) == 0 for group in models)
        unknown = not any(map(str.isdigit, str(ours)))
        found = Verdict.NOT_TESTED if empty or unknown else verdict(parts)
        why = "no number is known of its models" if unknown else reason
        why = "no such model was trained" if empty else why
        said = "–" if empty or unknown else str(ours)
        self.tested.append(Claim(name, words, by, reference, said, found, why))
        return self.tested[-1]

    def target(self, name: str, words: str, **told: Any) -> Claim:
        """Add an aim of the study itself: reached if all parts of its test hold."""
        claim = self.test(name, words, source=OURS, **told)
        if claim.tested:
            reached = claim.verdict is Verdict.AS_REPORTED
            word = Verdict.REACHED if reached else Verdict.MISSED
            self.tested[-1] = claim = Claim(**asdict(claim) | {"verdict": word})
        return claim

    def leave(
        self, name: str, words: str, *, reference: str, reason: str, **told: Source
    ) -> None:
        """Add a claim that cannot be tested here, and say why."""
        self._check(name, [True])
        by = str(told.get("source", self.source))
        left = Verdict.NOT_TESTED
        self.tested.append(Claim(name, words, by, reference, "–", left, reason))

    def _check(self, name: str, parts: list[bool]) -> None:
        taken = [claim.name for claim in self.tested]
        if not name.isidentifier() or name in taken:
            fault = "is taken" if name in taken else "is no identifier"
            msg = f"The claim {name!r} {fault}. Taken: {', '.join(taken) or 'none'}."
            raise ValueError(msg)
        if not parts:
            msg = f"The claim {name!r} has no test: give `holds` at least one part."
            raise ValueError(msg)

    def table(self) -> str:
        """The claims that were tested as a Markdown table, and the others below it."""
        rows = [[c.words, c.reference, c.ours, _word(c)] for c in self if c.tested]
        cited = " and ".join(dict.fromkeys(claim.source for claim in self))
        head = ["claim", "reported", "here", "verdict"]
        lines = [markdown(head, rows, text=4), f"\nSource: {cited}."] if rows else []
        left = [f"- {c.words} {c.reason.capitalize()}." for c in self if not c.tested]
        return "\n".join([*lines, *(["", "Not tested:", "", *left] if left else [])])

    def sentence(self) -> str:
        """How many claims hold here, and which do not."""
        reported = [c for c in self if c.tested and c.verdict in _REPORTED]
        aims = [c for c in self if c.verdict in (Verdict.REACHED, Verdict.MISSED)]
        if not reported and not aims:
            return "No model was trained that could test a claim."
        parts = []
        if aims:
            reached = sum(c.verdict is Verdict.REACHED for c in aims)
            parts.append(f"{reached} of {len(aims)} targets are reached.")
        if reported:
            alike = sum(c.verdict is Verdict.AS_REPORTED for c in reported)
            parts.append(f"{alike} of {len(reported)} claims hold as in the source.")
        other = [c for c in (*aims, *reported) if c.verdict not in _GOOD]
        parts += [f"{_bare(c.words)}: {_word(c)}." for c in other]
        return " ".join(parts)

    def record(self, catalogue: Catalogue) -> None:
        """Leave the verdict of each claim behind, and all of them as one scrap."""
        for claim in self:
            verdict, words = str(claim.verdict), claim.words
            catalogue.record(f"claim_{claim.name}", verdict, "-", words)
        whole = [asdict(claim) for claim in self]
        catalogue.record("claims", whole, "-", "claims with their tests' outcomes")

    def __iter__(self):
        return iter(self.tested)

    def __len__(self) -> int:
        return len(self.tested)


def read(scraps: Iterable[Sequence[Mapping[str, Any]]]) -> Claims:
    """The claims of several notebooks, from what `Claims.record` left as `claims`."""
    found = Claims()
    for scrap in scraps:
        for one in scrap:
            found.tested.append(Claim(**{**one, "verdict": Verdict(one["verdict"])}))
    return found


_GOOD = (Verdict.AS_REPORTED, Verdict.REACHED)
_REPORTED = (Verdict.AS_REPORTED, Verdict.IN_PART, Verdict.DIFFERS)


def _word(claim: Claim) -> str:
    """The verdict, and the reason where there is one."""
    return f"{claim.verdict}: {claim.reason}" if claim.reason else str(claim.verdict)


def _bare(words: str) -> str:
    return words.rstrip(".")
