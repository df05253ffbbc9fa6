"""The best case of each spread, as the home page tells it: computed, never typed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fieldnotes.website.cases import (
    Case,
    Comparison,
    Row,
    axes,
    is_number,
    rows,
    scrap_units,
)
from fieldnotes.website.plots import numeric, varying
from fieldnotes.website.text import canonical, link, markdown, median, number, shown


@dataclass(frozen=True)
class Answer:
    """The best case of a spread by one scrap."""

    scrap: str
    unit: str
    order: str  # "min" or "max"
    value: float
    values: Mapping[str, Any]  # the varied parameters of the best case
    members: int  # over which the median was taken
    cases: int
    worst: float


def answer(comparison: Comparison) -> Answer | None:
    """The best case, None while no run of the spread has a number to compare.

    The scrap is the one that the spread declares (`answer: {value: …}`), else
    the first number that a stage records: the last stage that compares settings, or
    the last of all. The text says "smallest" and "largest" rather than "best".
    """
    declared = _declared(comparison)
    order = "max" if declared.get("order") == "max" else "min"
    repeats = _repeats(comparison)
    found = [
        _best(lines, scrap, unit, order, repeats)
        for cases in reversed(list(comparison.stages.values()))
        for lines in [rows(cases)]
        for scrap, unit in _headline(lines, scrap_units(cases), declared.get("value"))
    ]
    answers = [item for item in found if item is not None]
    return next((a for a in answers if a.cases > 1), answers[0] if answers else None)


def _declared(comparison: Comparison) -> Mapping[str, Any]:
    """What the spread says of its answer."""
    return comparison.answer if isinstance(comparison.answer, Mapping) else {}


def _headline(
    lines: Sequence[Row], units: Mapping[str, str], wanted: Any
) -> list[tuple[str, str]]:
    names = numeric(lines, list(units))
    chosen = names[:1] if wanted is None else [name for name in names if name == wanted]
    return [(name, units[name]) for name in chosen]


def _repeats(comparison: Comparison) -> set[str]:
    """The axes that a stage of the spread runs together, such as seeds.

    They repeat a setting and make no other one, also in a stage that only looks at the
    models of another. Where that is not so (strengths of a field that train as one
    program) the spread says which of them do: `answer: {over: [seed], …}`.
    """
    declared = _declared(comparison)
    if "over" in declared:
        return set(declared["over"])
    members = [member for case in comparison.cases for member in case.run.members]
    return {name for member in members for name in member}


def _best(
    lines: Sequence[Row], scrap: str, unit: str, order: str, repeats: set[str]
) -> Answer | None:
    names = [name for name in varying(lines, axes(lines)) if name not in repeats]
    groups: dict[str, list[Row]] = {}
    for row in lines:
        shared = [row.values.get(name) for name in names]
        groups.setdefault(canonical(shared), []).append(row)
    ranked = []
    for group in groups.values():
        numbers = [row.scraps[scrap] for row in group if scrap in row.scraps]
        finite = [float(v) for v in numbers if v is not None and is_number(v)]
        middle = median(finite)
        if middle is not None:
            ranked.append((middle, len(finite), group[0]))
    if not ranked:
        return None
    ranked.sort(key=lambda item: item[0], reverse=order == "max")
    value, count, row = ranked[0]
    best = {name: row.values[name] for name in names if name in row.values}
    worst = ranked[-1][0]
    return Answer(scrap, unit, order, value, best, count, len(ranked), worst)


def sentence(page: str, comparison: Comparison) -> str:
    """What has been found, in one Markdown item that links to the comparison."""
    name = f"[{markdown(comparison.title)}]({link(page, comparison.page)})"
    old = any(case.stale for case in comparison.cases)
    nothing = "no answer by today's code yet." if old else "no answer yet."
    return f"- {name}: {finding(comparison) or nothing}"


def finding(comparison: Comparison) -> str:
    """What has been found, in Markdown; empty while there is nothing to compare.

    A spread that lets a text answer is not answered by some number in its place.
    """
    declared = _declared(comparison)
    words = said(comparison)
    if words or "text" in declared:
        return markdown(words)
    found = answer(comparison)
    if found is None:
        return ""
    word = "largest" if found.order == "max" else "smallest"
    many = f" (median of {found.members})" if found.members > 1 else ""
    text = f"{word} {markdown(found.scrap)} **{_amount(found)}**{many}"
    if found.values:
        parts = [f"{markdown(k)} = {markdown(shown(v))}" for k, v in _items(found)]
        text += f" with {', '.join(parts)}"
    if found.cases > 1:
        other = "smallest" if found.order == "max" else "largest"
        text += f"; the {other} of {found.cases} settings is {number(found.worst)}"
    return f"{text}."


def said(comparison: Comparison) -> str:
    """The text that the spread lets answer (`answer: {text: …}`), as last recorded.

    One of each stage, named where there are several. Empty where no text is named, or
    none was recorded by a run of today's code.
    """
    declared = _declared(comparison)
    name, texts = declared.get("text"), []
    for cases in comparison.stages.values():
        told = [text for case in cases if (text := _recorded(case, name))]
        texts += [(cases[0].run.title, text) for text in told[-1:]]
    if len(texts) == 1:
        return texts[0][1]
    return " ".join(f"{title}: {text}" for title, text in texts)


def _recorded(case: Case, name: Any) -> str:
    """The last text that a run of today's code left under this name."""
    if case.stale:
        return ""
    values = [scrap.value for scrap in case.run.scraps if scrap.name == name]
    return next((value for value in reversed(values) if isinstance(value, str)), "")


def _items(found: Answer) -> list[tuple[str, Any]]:
    return list(found.values.items())


def _amount(found: Answer) -> str:
    unit = "" if found.unit in ("", "1", "-") else f" {markdown(found.unit)}"
    return f"{number(found.value)}{unit}"
