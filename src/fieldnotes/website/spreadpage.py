"""The page of a spread: its answer, the figure that shows it, then all of its cases."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fieldnotes.runs import FAILED, Run
from fieldnotes.website.answers import (
    VERDICT,
    Answer,
    answer,
    finding,
    said,
    told_by,
)
from fieldnotes.website.cases import Case, Comparison, stale_note
from fieldnotes.website.gallery import Gallery
from fieldnotes.website.importance import importance, importance_table
from fieldnotes.website.outputs import figure_block
from fieldnotes.website.parallel import parallel_figure
from fieldnotes.website.plots import scrap_figure
from fieldnotes.website.rows import (
    Quantity,
    Row,
    axes,
    differing,
    finite_scrap,
    in_step,
    parameters,
    replicates,
    rows,
    scraps,
    told_once,
    varying,
)
from fieldnotes.website.tables import comparison_table, outcomes
from fieldnotes.website.text import (
    counted,
    escape,
    front_matter,
    markdown,
    raw_html,
)

OPEN_FIGURES = 4  # the scraps after these are folded away until asked for
PARALLEL_SCRAPS = 3  # scales for results beside those of the parameters
Captioned = tuple[dict[str, Any], str]  # a Plotly figure as plain JSON, its caption


def spread_page(comparison: Comparison, linked: Mapping[str, str]) -> str:
    """The staged page (.qmd) of one spread; `linked`: the pages of runs, by key."""
    found = answer(comparison)
    parts = [
        markdown(comparison.question),
        _answered(comparison, found),
        _rests_on(comparison, found),
        headline_figure(comparison, found),
        _made(comparison),
    ]
    gallery = Gallery()
    for name, cases in comparison.stages.items():
        parts.append(_stage(comparison, name, cases, linked, found))
        parts.append(gallery.of(cases))
    header = front_matter(
        {
            "title": markdown(comparison.title),
            "spread": markdown(comparison.name),
            "runs": len(comparison.cases),
            "page-layout": "full",
            "fieldnotes-figures": sum(p.count('<div class="fn-figure"') for p in parts),
        }
    )
    return header + "\n" + "\n\n".join(part for part in parts if part) + "\n"


def _answered(comparison: Comparison, found: Answer | None) -> str:
    """The answer that the home page has as well, before all tables."""
    texts = said(comparison)
    if len(texts) > 1:
        lines = [f"- **{markdown(title)}:** {markdown(text)}" for title, text in texts]
        return "\n".join(lines)
    text = finding(comparison)
    whole = not comparison.missing and (found is None or found.complete)
    word = "Answer" if whole else "Answer so far"
    return f"**{word}:** {text}" if text else ""


def _rests_on(comparison: Comparison, found: Answer | None) -> str:
    """That the answer rests on runs of earlier code, with what has changed since."""
    cases = comparison.cases if found is None else comparison.stages[found.stage]
    note = stale_note(cases)
    if not note:
        return ""
    return f'::: {{.callout-warning title="Of earlier code"}}\n{markdown(note)}\n:::'


def headline_figure(comparison: Comparison, found: Answer | None) -> str:
    """The figure that shows the answer; empty where there is none.

    Of a value that is its figure against the settings, of a text the first figure of
    the run that told it.
    """
    drawn = headline(comparison, found)
    return "" if drawn is None else figure_block(*drawn, 1)


def headline(comparison: Comparison, found: Answer | None) -> Captioned | None:
    """The figure that shows the answer, as plain JSON, and its caption."""
    if found is not None:
        cases = comparison.stages[found.stage]
        return _Stage(comparison, cases).drawn(found.quantity)
    for cases in comparison.stages.values():
        told = told_by(cases, comparison.answer.get("text", VERDICT))
        if told is not None and "value" not in comparison.answer:
            return first_figure(told[0])
    return None


def first_figure(run: Run) -> Captioned | None:
    """The first figure that a run has saved, with its caption."""
    for figure in run.figures:
        try:
            drawn = json.loads(figure.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue  # tidied away, or half written: the next one will do
        return drawn, figure.caption
    return None


def _made(comparison: Comparison) -> str:
    """How the runs of this spread ended, and what is still to come."""
    text = f"{outcomes([case.run for case in comparison.cases])}."
    command = f"<code>fieldnotes run params/{escape(comparison.name)}.yml</code>"
    if comparison.missing:
        text += f" {comparison.missing} more are planned: {command} runs them."
    else:
        text += f" {command} made them."
    return raw_html(f"<p>{text}</p>")


def _stage(
    comparison: Comparison,
    name: str,
    cases: list[Case],
    linked: Mapping[str, str],
    found: Answer | None,
) -> str:
    stage = _Stage(comparison, cases)
    headline = found.quantity.name if found and found.stage == name else ""
    parts = [_heading(comparison, name, cases), stage.table(linked, headline)]
    parts += [stage.importance(headline)] if headline else []
    return "\n\n".join([*parts, *stage.figures(without=headline)])


def _heading(comparison: Comparison, name: str, cases: Sequence[Case]) -> str:
    if len(comparison.stages) == 1:
        return "## Cases"
    title = markdown(cases[0].run.title)
    counts = outcomes([case.run for case in cases])
    return f"## {markdown(name).capitalize()}: {title}\n\n{counts}."


class _Stage:
    """The cases of one stage: their table, and a figure for each value recorded."""

    def __init__(self, comparison: Comparison, cases: Sequence[Case]) -> None:
        self.page = comparison.page
        self.rows = rows(cases)
        self.scraps = scraps(cases)
        # What a stage compares may be declared by the notebook of an earlier stage.
        self.parameters = parameters(cases, comparison.cases)
        self.axes = axes(self.rows)
        self.repeated = [n for n in self.axes if n in replicates(comparison)]
        # A replicate is no axis of a panel: it is how far the dots of a setting spread.
        varied = varying(self.rows, self.axes)
        self.varied = [name for name in varied if name not in self.repeated] or varied
        self.largest = comparison.answer.get("order") == "max"

    def table(self, linked: Mapping[str, str], headline: str) -> str:
        """All cases; a scrap that answers stands first, and the best case above."""
        lines, last = self.rows, float("inf")
        if headline:
            sign = -1.0 if self.largest else 1.0

            def place(row: Row) -> float:
                value = finite_scrap(row, headline)
                return last if value is None else sign * value

            lines = sorted(lines, key=place)
        named = [self.parameters.get(name, Quantity(name)) for name in self.axes]
        told = list(self.scraps.values())
        html = comparison_table(self.page, lines, named, told, linked, headline)
        return raw_html(html)

    def importance(self, headline: str) -> str:
        """What explains the scrap that answers; empty where too little is there."""
        found = importance(told_once(self.rows, headline), headline, self.varied)
        if found is None:
            return ""
        return f"### What explains it\n\n{importance_table(found, self.parameters)}"

    def figure(self, scrap: Quantity) -> str:
        """One scrap against all that can matter to it; empty where it never differs."""
        drawn = self.drawn(scrap)
        return "" if drawn is None else figure_block(*drawn)

    def drawn(self, scrap: Quantity) -> Captioned | None:
        """The same figure as plain JSON, with its caption."""
        if not differing(self.rows, [scrap.name]) or not self.varied:
            return None
        once = told_once(self.rows, scrap.name)
        groups = in_step(once, varying(once, self.varied))
        if not groups:
            return None
        figure = scrap_figure(once, scrap, groups, self.parameters)
        return figure, self._caption(scrap, len(once))

    def _caption(self, scrap: Quantity, count: int) -> str:
        what = scrap.meaning or scrap.name
        text = f"{what[:1].upper()}{what[1:]} of {counted(count, 'case')} against "
        text += (
            "each parameter that varies. Each dot is a case (a run, or a model in it)"
        )
        if self.repeated:
            text += f", and the dots of a setting differ in {', '.join(self.repeated)}"
        text += ". The line or the bar is the median."
        if any(finite_scrap(row, scrap.name) is None for row in self.rows):
            text += " A cross at the upper edge is a case without a value."
        return text

    def figures(self, without: str) -> list[str]:
        """A figure for each other scrap that differs, then all parameters at once."""
        named = differing(self.rows, self.scraps)
        drawn = {
            name: block
            for name in named
            if name != without and (block := self.figure(self.scraps[name]))
        }
        parts = [
            f"### {markdown(self.scraps[n].words)}\n\n{b}" for n, b in drawn.items()
        ]
        folded = dict(list(drawn.items())[OPEN_FIGURES:])
        parts = parts[:OPEN_FIGURES] + ([_folded(folded)] if folded else [])
        named = [without, *drawn] if without in named else list(drawn)
        if named and len(self.varied) + min(PARALLEL_SCRAPS, len(named)) > 2:
            parts.append(self._parallel(named[:PARALLEL_SCRAPS]))
        return parts

    def _parallel(self, named: Sequence[str]) -> str:
        ended = [row for row in self.rows if row.scraps or row.state in FAILED]
        across = [self.parameters.get(name, Quantity(name)) for name in self.varied]
        many = parallel_figure(ended, across, [self.scraps[name] for name in named])
        caption = (
            "Each line is a case: it crosses every scale at the value that the case "
            "has there. The last scale gives the colour."
        )
        return f"### Several parameters at once\n\n{figure_block(many, caption)}"


def _folded(blocks: dict[str, str]) -> str:
    summary = escape(f"{len(blocks)} more: {', '.join(blocks)}")
    opening = raw_html(f'<details class="fn-fold"><summary>{summary}</summary>')
    return f"{opening}\n" + "\n\n".join(blocks.values()) + f"\n{raw_html('</details>')}"
