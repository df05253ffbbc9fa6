"""The page of a spread: its cases in a table, and what came out against what varied."""

from collections.abc import Sequence
from typing import Any

from fieldnotes.runs import FAILED, STATES
from fieldnotes.website.answers import finding
from fieldnotes.website.cases import (
    Case,
    Comparison,
    Row,
    axes,
    parameter_units,
    rows,
    scrap_units,
)
from fieldnotes.website.outputs import figure_block
from fieldnotes.website.plots import (
    numeric,
    parallel_figure,
    scrap_figure,
    told_once,
    varying,
)
from fieldnotes.website.tables import comparison_table
from fieldnotes.website.text import escape, front_matter, markdown, raw_html, with_unit

OPEN_FIGURES = 4  # the scraps after these are folded away until asked for
PARALLEL_SCRAPS = 3  # scales for results beside those of the parameters


def spread_page(comparison: Comparison, linked: set[str]) -> str:
    """The staged page (.qmd) of one spread; `linked` are the runs with a page."""
    sections = [
        _stage(comparison, name, cases, linked)
        for name, cases in comparison.stages.items()
    ]
    figures = sum(section.count('<div class="fn-figure"') for section in sections)
    header = front_matter(
        {
            "title": markdown(comparison.title),
            "spread": markdown(comparison.name),
            "runs": len(comparison.cases),
            "page-layout": "full",
            "fieldnotes-figures": figures,
        }
    )
    opening = [
        markdown(comparison.question),
        _answered(comparison),
        _counted(comparison),
    ]
    return header + "\n" + "\n\n".join([p for p in opening if p] + sections) + "\n"


def _answered(comparison: Comparison) -> str:
    """The answer that the home page has as well, before all tables."""
    found = finding(comparison)
    word = "Answer so far" if comparison.missing else "Answer"
    return f"**{word}:** {found}" if found else ""


def _counted(comparison: Comparison) -> str:
    """How the runs of this spread ended, and what is still to come."""
    text = f"{outcomes(comparison.cases)}."
    command = f"`fieldnotes run params/{comparison.name}.yml`"
    if comparison.missing:
        text += f" {comparison.missing} more are planned: {command} runs them."
    else:
        text += f" {command} made them."
    stale = sum(case.stale for case in comparison.cases)
    if stale:
        text += f" {stale} were made by earlier code and would run again."
    return text


def outcomes(cases: Sequence[Case]) -> str:
    """`12 runs: 10 done, 1 diverged, 1 failed`, in the order of the states."""
    states = [case.run.state for case in cases]
    known = [*STATES, *dict.fromkeys(s for s in states if s not in STATES)]
    parts = [f"{states.count(s)} {s}" for s in known if s in states]
    partly = sum(case.run.state == "done" and bool(case.run.diverged) for case in cases)
    if partly:
        parts.append(f"{partly} of them with diverged members")
    noun = "run" if len(states) == 1 else "runs"
    return f"{len(states)} {noun}: {', '.join(parts)}" if states else "no runs yet"


def _stage(
    comparison: Comparison, name: str, cases: list[Case], linked: set[str]
) -> str:
    lines = rows(cases)
    units = parameter_units(cases)
    scraps = scrap_units(cases)
    names = axes(lines)
    body = raw_html(
        comparison_table(
            comparison.page,
            lines,
            {axis: units.get(axis, "") for axis in names},
            scraps,
            linked,
        )
    )
    parts = [_heading(comparison, name, cases), body]
    parts += _figures(lines, names, list(scraps), units | scraps)
    return "\n\n".join(parts)


def _heading(comparison: Comparison, name: str, cases: Sequence[Case]) -> str:
    if len(comparison.stages) == 1:
        return "## Cases"
    title = markdown(cases[0].run.title)
    return f"## {markdown(name).capitalize()}: {title}\n\n{outcomes(cases)}."


def _figures(
    lines: list[Row], names: list[str], scraps: list[str], units: dict[str, str]
) -> list[str]:
    """A figure for each numeric scrap, then all parameters at once."""
    differing = varying(lines, names)
    numbers = numeric(lines, scraps)
    if not differing or not numbers:
        return []
    blocks = [figure_block(_scrap(lines, s, differing, units)) for s in numbers]
    titles = [f"### {markdown(with_unit(s, units.get(s)))}" for s in numbers]
    parts = [
        f"{title}\n\n{block}" for title, block in zip(titles, blocks, strict=True)
    ][:OPEN_FIGURES]
    if len(numbers) > OPEN_FIGURES:
        parts.append(_folded(numbers[OPEN_FIGURES:], blocks[OPEN_FIGURES:]))
    if len(differing) + min(PARALLEL_SCRAPS, len(numbers)) > 2:
        ended = [row for row in lines if row.scraps or row.state in FAILED]
        many = parallel_figure(ended, differing, numbers[:PARALLEL_SCRAPS], units)
        parts.append(f"### Several parameters at once\n\n{figure_block(many)}")
    return parts


def _scrap(
    lines: list[Row], scrap: str, differing: list[str], units: dict[str, str]
) -> dict[str, Any]:
    """One scrap against every parameter that can matter to it."""
    once = told_once(lines, scrap)
    members = {n for row in lines for member in row.case.run.members for n in member}
    whole = len(once) < len(lines)
    matter = [name for name in differing if not (whole and name in members)]
    return scrap_figure(once, scrap, matter or differing, units)


def _folded(names: Sequence[str], blocks: Sequence[str]) -> str:
    inside = "\n\n".join(blocks)
    summary = escape(f"{len(names)} more: {', '.join(names)}")
    opening = raw_html(f'<details class="fn-fold"><summary>{summary}</summary>')
    return f"{opening}\n{inside}\n{raw_html('</details>')}"
