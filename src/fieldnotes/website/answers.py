"""What a spread has found, as the home page tells it: computed, never typed.

Only what a spread declares (`answer: {value: …}` or `{text: …}`) or a notebook judges
(a text called `verdict`) is an answer. Runs that differ in nothing but a replicate,
such as the seed, are one setting; one whose runs all recorded `held` as false, or are
all stuck, comes after all the others.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fieldnotes.runs.states import DONE, STUCK
from fieldnotes.website.cases import Case, Comparison, flat, mapping
from fieldnotes.website.rows import (
    Quantity,
    Row,
    axes,
    finite_scrap,
    parameters,
    replicates,
    rows,
    scraps,
    varying,
)
from fieldnotes.website.text import (
    amount,
    canonical,
    counted,
    link,
    markdown,
    median,
    number,
    shown,
    when,
)

VERDICT = "verdict"  # the text by which a notebook answers where no spread names one
HELD = "held"  # a truth value: whether what was tried did what it was tried for


@dataclass(frozen=True)
class Setting:
    """The runs that differ in nothing but a replicate."""

    values: Mapping[str, Any]  # of the parameters that tell it from the others
    numbers: Sequence[float]  # the finite values of the scrap that answers
    middle: float  # their median
    failed: bool  # every one of its runs says that it did not hold
    unusual: frozenset[str] = (
        frozenset()
    )  # the parameters that are not at their default


@dataclass(frozen=True)
class Answer:
    """The settings of a spread by one scrap, the best one first."""

    quantity: Quantity
    order: str  # "min" or "max"
    ranked: Sequence[Setting]
    settings: int  # with those that have no value
    over: Sequence[str]  # the replicates
    stage: str
    lost: Sequence[str] = ()  # how the runs of settings without a value ended
    words: Mapping[str, str] = field(
        default_factory=dict
    )  # of parameters and of their values that are short names
    verdict: str = ""  # what a notebook says of it

    @property
    def best(self) -> Setting:
        return self.ranked[0]

    @property
    def complete(self) -> bool:
        """Whether every setting has a value."""
        return len(self.ranked) == self.settings


def answer(comparison: Comparison) -> Answer | None:
    """The settings by the declared value; None while nothing is declared or recorded.

    The last stage that compares settings by this value answers, or the last of all.
    """
    name = comparison.answer.get("value")
    found = [
        _ranked(comparison, stage, cases, str(name))
        for stage, cases in reversed(list(comparison.stages.items()))
        if name is not None
    ]
    answers = [each for each in found if each is not None]
    return next((a for a in answers if a.settings > 1), answers[0] if answers else None)


def _ranked(
    comparison: Comparison, stage: str, cases: Sequence[Case], name: str
) -> Answer | None:
    table = rows(cases)
    repeated = replicates(comparison)
    names = [each for each in varying(table, axes(table)) if each not in repeated]
    groups: dict[str, list[Row]] = {}
    for row in table:
        # A run that failed as a whole stands for all of its seeds at once.
        key = canonical([row.values.get(each) for each in names])
        groups.setdefault(key, []).append(row)
    made = [(group, _setting(group, names, name)) for group in groups.values()]
    ranked = [setting for _, setting in made if setting is not None]
    lost = {row.state for group, setting in made if setting is None for row in group}
    if not ranked:
        return None
    order = "max" if comparison.answer.get("order") == "max" else "min"
    sign = -1.0 if order == "max" else 1.0
    ranked.sort(key=lambda setting: (setting.failed, sign * setting.middle))
    over = [each for each in varying(table, axes(table)) if each in repeated]
    ends = sorted(lost - {DONE})
    quantity, text = scraps(cases)[name], comparison.answer.get("text")
    judged = text and told_by(cases, text)
    return Answer(
        quantity,
        order,
        ranked,
        len(groups),
        over,
        stage,
        ends,
        _words(comparison, cases, names),
        judged[1] if judged else "",
    )


def _words(
    comparison: Comparison, cases: Sequence[Case], names: Sequence[str]
) -> dict[str, str]:
    """What these parameters mean, and what the spread says of their values."""
    declared = parameters(cases, comparison.cases)
    meant = {n: declared[n].meaning for n in names if n in declared}
    told = {n: meaning for n, meaning in meant.items() if meaning}
    return told | dict(mapping(comparison.answer.get("words")))


def _setting(group: Sequence[Row], names: Sequence[str], name: str) -> Setting | None:
    finite = [value for row in group if (value := finite_scrap(row, name)) is not None]
    middle = median(finite)
    if middle is None:
        return None
    values = {each: group[0].values[each] for each in names if each in group[0].values}
    judged = [row.scraps[HELD] for row in group if HELD in row.scraps]
    failed = bool(judged) and not any(judged)
    failed = failed or all(row.state == STUCK for row in group)
    defaults = flat(group[0].case.run.manifest.defaults)
    unusual = {n for n, v in values.items() if n in defaults and v != defaults[n]}
    return Setting(values, sorted(finite), middle, failed, frozenset(unusual))


def sentence(page: str, comparison: Comparison) -> str:
    """What has been found, in one Markdown item that links to the comparison."""
    name = f"[{markdown(comparison.title)}]({link(page, comparison.page)})"
    old = any(case.stale for case in comparison.cases)
    nothing = "No answer by today's code yet." if old else "No answer yet."
    found = finding(comparison)
    rests = " Some of it rests on runs of earlier code." if found and old else ""
    return f"- {name} {found or nothing}{rests} {_origin(comparison)}"


def _origin(comparison: Comparison) -> str:
    """Which spread answered, when, and from which commit."""
    runs = [case.run for case in comparison.cases]
    ends = [run.status.ended for run in runs if run.status.ended]
    commits = {run.status.commit[:8]: None for run in runs if run.status.commit}
    told = [comparison.name]
    told += [f"computed {when(max(ends))[:10]}"] if ends else []
    if commits:
        told += [f"{'commit' if len(commits) == 1 else 'commits'} {', '.join(commits)}"]
    return f"*({markdown(', '.join(told))})*"


def declared(comparison: Comparison) -> bool:
    """Whether this comparison has an answer, or says what would be one."""
    return bool(comparison.answer) or bool(said(comparison))


def finding(comparison: Comparison) -> str:
    """What has been found, in Markdown sentences; empty while nothing answers.

    A spread that lets a text answer is not answered by some number in its place.
    """
    if "value" not in comparison.answer:
        texts = said(comparison)
        if not texts:
            return ""
        # The last stage has seen the others; a page in between is no place for all.
        more = f" {counted(len(texts) - 1, 'more answer')} on its page."
        return markdown(texts[-1][1]) + (more if len(texts) > 1 else "")
    found = answer(comparison)
    return "" if found is None else told(found)


def told(found: Answer) -> str:
    """The best setting, how far its repeats spread, and what comes after it."""
    best, others = found.best, found.ranked[1:]
    what = markdown(found.quantity.meaning or found.quantity.name)
    word = "highest" if found.order == "max" else "lowest"
    value = f"**{markdown(amount(best.middle, found.quantity.unit))}**"
    apart = _apart(best, others[0]) if others else set(best.values)
    named = [name for name in best.values if name in apart | best.unusual]
    which = _named(found, best, named) or "the best"
    lines = [
        f"Of {found.settings} settings, {which} comes {word}, with {value} ({what}"
        f"{_spread(found, '; ')})."
    ]
    if found.settings == 1:
        spread = f" ({_spread(found)})" if _spread(found) else ""
        lines = [f"{what[:1].upper()}{what[1:]}: {value}{spread}."]
    if best.failed:
        lead = "No setting held" if found.settings > 1 else "It failed"
        lines = [
            f"**{lead}**: what was tried did not do what it was tried for.",
            *lines,
        ]
    if others:
        lines.append(_compared(found, others))
    if not found.complete:
        lost = found.settings - len(found.ranked)
        verb = "has" if lost == 1 else "have"
        why = f" ({', '.join(found.lost)})" if found.lost else ""
        lines.append(f"{lost} of {found.settings} settings {verb} no value{why}.")
    if found.settings > 1:
        meant = [f"{n}: {found.words[n]}" for n in named if n in found.words]
        lines += [f"({markdown('; '.join(meant))}.)"] if meant else []
    lines += [markdown(found.verdict)] if found.verdict else []
    return " ".join(lines)


def _spread(found: Answer, lead: str = "") -> str:
    """`median of 5 over seed, 0.015 to 0.019`; empty of a single value."""
    numbers = found.best.numbers
    if len(numbers) < 2:
        return ""
    over = f" over {markdown(', '.join(found.over))}" if found.over else ""
    ends = f"{number(numbers[0])} to {number(numbers[-1])}"
    return f"{lead}median of {len(numbers)}{over}, {ends}"


def _apart(setting: Setting, other: Setting) -> set[str]:
    """The parameters in which two settings differ."""
    return {
        name
        for name, value in setting.values.items()
        if canonical(other.values.get(name)) != canonical(value)
    }


def _named(found: Answer, setting: Setting, names: Collection[str]) -> str:
    """`output_layer = rtn_r2 (pull of 1/r²), depth = 3`: these parameters' values."""
    texts = []
    for name, value in setting.values.items():
        if name in names:
            words = found.words.get(str(value), "") if isinstance(value, str) else ""
            meant = f" ({words})" if words else ""
            texts.append(markdown(f"{name} = {shown(value)}{meant}"))
    return ", ".join(texts)


def _compared(found: Answer, others: Sequence[Setting]) -> str:
    unit = found.quantity.unit
    runner_up = markdown(amount(others[0].middle, unit))
    named = _named(found, others[0], _apart(others[0], found.best))
    text = f"The next best has {runner_up}" + (f" with {named}" if named else "")
    if len(others) > 1:
        worst = markdown(amount(others[-1].middle, unit))
        text += f", the worst of {counted(len(found.ranked), 'setting')} {worst}"
    return f"{text}."


def said(comparison: Comparison) -> list[tuple[str, str]]:
    """The texts that the spread lets answer (`answer: {text: …}`), as last recorded.

    One of each stage, with the title of its run. None where a value is to answer, or no
    text was recorded by a run of today's code.
    """
    if "value" in comparison.answer:
        return []
    return [
        (run.title, text)
        for cases in comparison.stages.values()
        if (last := told_by(cases, comparison.answer.get("text", VERDICT)))
        for run, text in [last]
    ]


def told_by(cases: Sequence[Case], name: str) -> tuple[Any, str] | None:
    """The last run of today's code that recorded this text, with the text."""
    for case in reversed(cases):
        for scrap in reversed(case.run.scraps):
            told = scrap.name == name and isinstance(scrap.value, str) and scrap.value
            if told and not case.stale:
                return case.run, scrap.value
    return None
