"""The same figure of every case side by side, by the name that its notebook gave it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fieldnotes.runs.records import Figure
from fieldnotes.website.cases import Case, flat
from fieldnotes.website.outputs import figure_block
from fieldnotes.website.text import canonical, counted, escape, raw_html, shown

HEIGHT = 320  # [px] of a figure
ROOM = (
    1_500_000  # characters of all figures on one page, which one file may have to hold
)


class Gallery:
    """The galleries of one page, which share its room."""

    def __init__(self) -> None:
        self.room = ROOM

    def of(self, cases: Sequence[Case]) -> str:
        """A folded gallery for each figure that at least two of these cases have."""
        runs = {case.run.key: case for case in cases}
        named: dict[str, list[tuple[Case, Figure]]] = {}
        for case in runs.values():
            for figure in case.run.figures:
                named.setdefault(figure.name, []).append((case, figure))
        several = {name: found for name, found in named.items() if len(found) > 1}
        if not several:
            return ""
        parts = [self._one(name, found) for name, found in several.items()]
        return "\n\n".join(["### The same figure of every case", *filter(None, parts)])

    def _one(self, name: str, found: Sequence[tuple[Case, Figure]]) -> str:
        names = _varying([case for case, _ in found])
        blocks: list[str] = []
        for case, figure in found:
            drawn = _read(figure)
            if drawn is None:
                continue
            block = figure_block(drawn, _label(case, names))
            if len(block) > self.room:
                break
            self.room -= len(block)
            blocks.append(block)
        if not blocks:
            return ""
        left = len(found) - len(blocks)
        told = f"{name}: {counted(len(blocks), 'case')}"
        told += f"; {left} more on the pages of their runs" if left else ""
        summary = f'<details class="fn-fold"><summary>{escape(told)}</summary>'
        caption = f"<p>{escape(found[0][1].caption)}</p>"
        opening = raw_html(f'{summary}{caption}<div class="fn-gallery">')
        return "\n\n".join([opening, *blocks, raw_html("</div></details>")])


def _read(figure: Figure) -> dict[str, Any] | None:
    """The figure, small; None where its file is gone or half written."""
    try:
        drawn = json.loads(figure.path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    layout = {**(drawn.get("layout") or {}), "height": HEIGHT}
    layout.pop("width", None)
    return {**drawn, "layout": layout}


def _varying(cases: Sequence[Case]) -> list[str]:
    """The parameters in which these cases differ."""
    values: list[Mapping[str, Any]] = [flat(case.varied) for case in cases]
    names = dict.fromkeys(name for each in values for name in each)
    return [n for n in names if len({canonical(each.get(n)) for each in values}) > 1]


def _label(case: Case, names: Sequence[str]) -> str:
    return ", ".join(_told(case, names)) or f"run {case.run.key[:8]}"


def _told(case: Case, names: Sequence[str]) -> Iterator[str]:
    values = flat(case.varied)
    for name in names:
        if name in values:
            yield f"{name} = {shown(values[name])}"
