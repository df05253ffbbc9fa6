"""Catalogue → `pages/published/`: the findings of today's code, to be committed."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from fieldnotes.files import write_bytes, write_json, write_text
from fieldnotes.project import Project
from fieldnotes.runs import Run
from fieldnotes.runs.states import DONE
from fieldnotes.runs.typed import typed_list
from fieldnotes.spreads import load_spreads, spread_called
from fieldnotes.website.answers import VERDICT, answer, said, told_by
from fieldnotes.website.cases import Comparison, comparisons, read_runs
from fieldnotes.website.published import (
    FOLDER,
    Publication,
    PublishedClaim,
    PublishedFigure,
    PublishedSpread,
    answer_data,
    marks,
    publications,
)
from fieldnotes.website.publishedpage import page_text, readme_text
from fieldnotes.website.quarto import WebsiteError
from fieldnotes.website.runpage import machine_kind
from fieldnotes.website.spreadpage import Captioned, first_figure, headline
from fieldnotes.website.text import canonical

CLAIMS = "claims"  # the scrap in which a notebook keeps what became of claims
FIGURES = 3  # of one study
LARGEST = 150_000  # bytes of one figure
WIDTH, HEIGHT = 900, 450  # [px] of a figure; its own height goes before
# The controls of a figure do nothing on paper, and margins would keep their place.
INTERACTIVE = ("updatemenus", "sliders")
_DECIMALS = re.compile(r"(-?\d+\.\d)\d+")
_DRAWN = re.compile(r'\b(d|points|transform)="([^"]*)"')
# Of the drawing and of each trace; other names contain that of the drawing.
_BY_LOT = re.compile(r'(?:id="defs-|\btrace)([0-9a-f]{6})"')


@dataclass
class Published:
    """What was written, and what was left out with the reason."""

    files: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def publish(
    project: Project, names: Sequence[str], *, figures: bool = True
) -> Published:
    """Write the findings of these spreads, study by study.

    Only runs of today's code count. The page of a study is written anew as a whole;
    studies that none of the spreads touches keep theirs.

    Args:
        names: spreads, which may include others.
        figures: draw them as SVG, which needs a browser; otherwise there are none.

    Raises:
        SpreadError: there is no such spread.
        WebsiteError: today's code has run nothing of them, or no figure can be drawn.
    """
    found = _found(project, names)
    if not found:
        message = (
            f"publish {' '.join(names)}: today's code has run nothing of it. "
            f"`fieldnotes run {' '.join(names)}` does; nothing was written."
        )
        raise WebsiteError(message)
    asked = [spread_called(project, name) for name in names]
    made = Published()
    for study in sorted({item.study for item in found}):
        own = [item for item in found if item.study == study]
        one = _publication(project, study, asked, own)
        drawn = dict(_drawn(one, own, made)) if figures else {}
        _write(project, one, drawn, made)
    _write_readme(project, made)
    return made


def _found(project: Project, names: Sequence[str]) -> list[Comparison]:
    """The spreads and those that they include, with the runs of today's code alone."""
    spreads = load_spreads(project, names)
    wanted = [each.name for each in spreads if each.asked and each.stages]
    runs, _ = read_runs(project)
    found = []
    for item in comparisons(project, runs, wanted):
        if item.name in wanted:
            current = {
                name: [case for case in cases if not case.stale]
                for name, cases in item.stages.items()
            }
            stages = {name: cases for name, cases in current.items() if cases}
            lost = len(item.cases) - sum(map(len, stages.values()))
            found.append(replace(item, stages=stages, missing=item.missing + lost))
    return [item for item in found if item.cases]


def _publication(
    project: Project, study: str, asked: list[str], own: Sequence[Comparison]
) -> Publication:
    runs = list({case.run.key: case.run for c in own for case in c.cases}.values())
    status = [run.status for run in runs]
    spreads = [_spread(item) for item in sorted(own, key=_size, reverse=True)]
    return Publication(
        study=study,
        asked=asked,
        date=max((each.ended or "" for each in status), default=""),
        runs=len(runs),
        models=len({name for each in status for name in each.models}),
        hours=sum(each.duration_s or 0.0 for each in status) / 3600,
        commits=sorted({each.commit for each in status if each.commit}),
        dirty=any(each.dirty for each in status),
        machines=sorted({kind for each in status if (kind := machine_kind(each))}),
        spreads=spreads,
        claims=_claims(runs),
        marks=marks(project, [each.name for each in spreads]),
    )


def _size(item: Comparison) -> int:
    return len(item.cases)


def _spread(item: Comparison) -> PublishedSpread:
    found = answer(item)
    return PublishedSpread(
        name=item.name,
        title=item.title,
        question=item.question,
        runs=len(item.cases),
        missing=item.missing,
        answer={} if found is None else answer_data(found),
        texts=[list(pair) for pair in said(item)],
    )


def _claims(runs: Sequence[Run]) -> list[PublishedClaim]:
    """What notebooks recorded of claims, each once, in the order of the runs."""
    found: dict[str, PublishedClaim] = {}
    for run in runs:
        for scrap in run.scraps:
            if scrap.name == CLAIMS and not scrap.member:
                for claim in typed_list(PublishedClaim, scrap.value):
                    claim.run = run.title
                    found.setdefault(json.dumps(asdict(claim)), claim)
    return list(found.values())


def _drawn(
    one: Publication, own: Sequence[Comparison], made: Published
) -> Iterator[tuple[str, bytes]]:
    """The figures of a study as SVG, by the name of their file."""
    seen: set[str] = set()
    for item, (figure, caption) in _candidates(own):
        same = canonical(figure)
        if len(one.figures) == FIGURES or same in seen:
            continue
        seen.add(same)
        picture = svg(figure)
        if len(picture) > LARGEST:
            size = f"{len(picture) / 1000:.0f} kB, more than {LARGEST / 1000:.0f}"
            made.remarks.append(f"{item.name}: a figure is left out ({size}).")
            continue
        file = f"{one.study}-{len(one.figures) + 1}.svg"
        one.figures.append(PublishedFigure(file, caption, item.name))
        yield file, picture


def _candidates(own: Sequence[Comparison]) -> Iterator[tuple[Comparison, Captioned]]:
    """The figures that show the answers, then the first of each stage, last stages
    first; large spreads before small ones. A run that diverged shows no finding."""
    ranked = sorted(own, key=_size, reverse=True)
    for item in ranked:
        if (drawn := headline(item, answer(item))) is not None:
            yield item, drawn
    for item in ranked:
        for cases in reversed(list(item.stages.values())):
            told = told_by(cases, item.answer.get("text", VERDICT))
            runs = [case.run for case in cases if case.run.state == DONE]
            if told is not None:
                runs.append(told[0])
            if runs and (drawn := first_figure(runs[-1])) is not None:
                yield item, drawn


def svg(figure: Any) -> bytes:
    """A Plotly figure as SVG on white; coordinates are rounded to a tenth of a pixel.

    The same figure gives the same bytes: identifiers that Plotly draws by lot are
    replaced.

    Raises:
        WebsiteError: no browser is there to draw it.
    """
    from plotly.io import from_json

    layout = {
        name: value
        for name, value in (figure.get("layout") or {}).items()
        if name not in INTERACTIVE
    }
    plain = json.dumps({"data": figure.get("data") or [], "layout": layout})
    shown = from_json(plain, skip_invalid=True)
    template = layout.get("template") or "plotly_white"
    shown.update_layout(template=template, paper_bgcolor="white")
    try:
        text = shown.to_image("svg", WIDTH, layout.get("height") or HEIGHT).decode()
    except Exception as error:  # whatever the browser or its driver raises
        first = str(error).strip().partition("\n")[0]
        message = (
            "publish: figures need the package kaleido and a browser (Chrome or "
            f"Chromium), and one of the two is missing or failed: {first}. With "
            "--no-figures the tables are published alone. Nothing was written."
        )
        raise WebsiteError(message) from error
    return _settled(text).encode()


def _settled(text: str) -> str:
    """The same picture in fewer digits, and without what Plotly draws by lot."""
    text = _DRAWN.sub(lambda found: _DECIMALS.sub(r"\1", found[0]), text)
    for name in set(_BY_LOT.findall(text)):
        text = text.replace(name, "0" * len(name))
    return text


def _write(
    project: Project, one: Publication, drawn: dict[str, bytes], made: Published
) -> None:
    folder = project.root / FOLDER
    for old in folder.glob(f"{one.study}-*.svg"):
        old.unlink()
    for name, picture in drawn.items():
        write_bytes(folder / name, picture)
    write_json(project.root / one.data, asdict(one))
    write_text(project.root / one.page, page_text(one))
    made.files += [one.data, one.page, *(f"{FOLDER}/{name}" for name in drawn)]


def _write_readme(project: Project, made: Published) -> None:
    """Renew the part of README.md that shows what is published, where it has one."""
    path = project.root / "README.md"
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    after = readme_text(before, publications(project))
    if after != before:
        write_text(path, after)
        made.files.append("README.md")
