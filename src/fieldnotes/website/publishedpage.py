"""Published findings as pages: their own, and what home, studies and README show."""

import re
from collections import Counter
from collections.abc import Sequence

from fieldnotes.website.answers import Setting, told
from fieldnotes.website.published import (
    FOLDER,
    Publication,
    PublishedClaim,
    PublishedSpread,
    published_answer,
)
from fieldnotes.website.text import (
    counted,
    front_matter,
    link,
    markdown,
    number,
    shown,
    when,
    with_unit,
)

BEGIN = "<!-- published: `fieldnotes publish` writes what stands here -->"
END = "<!-- end of what is published -->"
LISTED = 5  # settings in the table of a spread; the data file has all
_LINK = re.compile(r"\[([^\]]+)\]\((/[\w./-]+(?:#[\w-]+)?)\)")  # to a page of the site


def state_part(study: str) -> str:
    """The staged file that says whether today's code still stands behind the page."""
    return f"results/{study}/_published.md"


def page_text(one: Publication) -> str:
    """The page (.qmd) of what is published of one study."""
    name = one.study.capitalize()
    header = front_matter({"title": markdown(f"{name}: published findings")})
    parts = [
        f"`fieldnotes publish` wrote this page from {markdown(_amount(one))} of "
        f"{markdown(one.origin)}. Its numbers stand in "
        f"[{one.study}.json]({one.study}.json).",
        f"{{{{< include /{state_part(one.study)} >}}}}",
        *_answers(one.spreads),
        *_claims(one.claims),
        *_figures(one),
        _provenance(one),
    ]
    return header + "\n" + "\n\n".join(parts) + "\n"


def state_text(reasons: Sequence[str]) -> str:
    """Whether the findings hold for today's code, for their page to include."""
    if not reasons:
        return "Today's code would compute the same: nothing behind it has changed.\n"
    told = ", ".join(map(markdown, reasons))
    return (
        '::: {.callout-warning title="Of earlier code"}\n'
        "Today's code would make these runs again. What has changed since: "
        f"{told}.\n:::\n"
    )


def _amount(one: Publication) -> str:
    return counted(one.runs, "run")


def _answers(spreads: Sequence[PublishedSpread]) -> list[str]:
    parts = []
    for spread in spreads:
        found = published_answer(spread.answer)
        texts = [
            f"**{markdown(head)}:** {markdown(text)}" for head, text in spread.texts
        ]
        if found is None and not texts:
            continue
        parts.append(f"## {markdown(spread.title)}")
        parts += [markdown(spread.question)] if spread.question else []
        if found is not None:
            parts += [told(found), _ranking(found.ranked, found.quantity.unit)]
        parts += texts
        more = (
            f"; {counted(spread.missing, 'more run')} planned" if spread.missing else ""
        )
        source = f"`params/{spread.name}.yml`"
        parts.append(f"*{counted(spread.runs, 'run')} of {source}{more}.*")
    return parts


def _ranking(ranked: Sequence[Setting], unit: str) -> str:
    heads = ["setting", with_unit("median", unit), "lowest", "highest", "n"]
    rows = []
    for setting in ranked[:LISTED]:
        named = ", ".join(f"{name} = {shown(v)}" for name, v in setting.values.items())
        count = len(setting.numbers)
        ends = map(number, (setting.numbers[0], setting.numbers[-1]))
        spread = ends if count > 1 else ("–", "–")
        rows.append([named or "all", number(setting.middle), *spread, str(count)])
    return _table(heads, rows)


def _claims(claims: Sequence[PublishedClaim]) -> list[str]:
    if not claims:
        return []
    rows = []
    for claim in claims:
        why = f"{claim.verdict}: {claim.reason}" if claim.reason else claim.verdict
        rows.append([claim.words, claim.reference, claim.ours, why])
    sources = [_linked(claim.source) for claim in claims]
    for row, source in zip(rows, sources, strict=True):
        row[1] = f"{markdown(row[1])} ({source})" if source else markdown(row[1])
    text = _table(["claim", "reported", "here", "verdict"], rows, ready=1)
    return ["## Claims", _counts(claims), text]


def _counts(claims: Sequence[PublishedClaim]) -> str:
    """How many claims came to each verdict."""
    found = Counter(claim.verdict for claim in claims)
    each = ", ".join(f"{count} {markdown(verdict)}" for verdict, count in found.items())
    return f"Of {counted(len(claims), 'claim')}: {each}."


def _linked(source: str) -> str:
    """A source as Markdown: a link to a page of the site stays one."""
    found = _LINK.fullmatch(source)
    return f"[{markdown(found[1])}]({found[2]})" if found else markdown(source)


def _figures(one: Publication) -> list[str]:
    if not one.figures:
        return []
    drawn = [
        f"![{markdown(figure.caption)}]({figure.file})\n\n*{markdown(figure.caption)}*"
        for figure in one.figures
    ]
    return ["## Figures", *drawn]


def _provenance(one: Publication) -> str:
    commits = ", ".join(f"`{commit[:12]}`" for commit in one.commits) or "unknown"
    rows = [
        ["command", f"`fieldnotes run {' '.join(one.asked)}`"],
        ["commit", commits + (", with uncommitted changes" if one.dirty else "")],
        ["last run ended", markdown(when(one.date) if one.date else "unknown")],
        ["size", f"{counted(one.runs, 'run')}, {counted(one.models, 'model')}"],
        ["time, one run after the other", f"{number(one.hours)} h"],
        ["machine", markdown("; ".join(one.machines) or "unknown")],
        ["spreads", ", ".join(f"`{spread.name}`" for spread in one.spreads)],
    ]
    lines = [f"| {name} | {value} |" for name, value in rows]
    return "\n".join(["## Provenance", "", "| | |", "|---|---|", *lines])


def _table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], ready: int | None = None
) -> str:
    """A Markdown table; the column `ready` is Markdown already."""
    lines = [f"| {' | '.join(map(markdown, heads))} |", "|---" * len(heads) + "|"]
    for row in rows:
        cells = (c if place == ready else markdown(c) for place, c in enumerate(row))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def summary(page: str, one: Publication, reasons: Sequence[str] = ()) -> str:
    """What is published of a study, in one paragraph that links to its page."""
    lead = next(
        (told(found) for s in one.spreads if (found := published_answer(s.answer))), ""
    )
    counts = _counts(one.claims) if one.claims else ""
    of = ", ".join(commit[:8] for commit in one.commits)
    origin = f"Published from the run of {markdown(one.origin)}"
    origin += f" (commit {of})" if of else ""
    old = " Of earlier code: what has changed stands on its page." if reasons else ""
    where = f"[All of it]({link(page, one.page)})."
    said = " ".join(part for part in (lead, counts) if part)
    return f"*{origin}:* {said}{old} {where}"


def readme_text(readme: str, published: Sequence[Publication]) -> str:
    """README.md with the part between its two marks written anew."""
    head, begin, rest = readme.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        return readme
    blocks = []
    for one in published:
        text = summary("README.md", one).replace(
            f"{one.study}.html", f"{one.study}.qmd"
        )
        blocks.append(f"**{one.study.capitalize()}.** {text}")
        for figure in one.figures[:1]:
            caption = markdown(figure.caption)
            blocks.append(f"![{caption}]({FOLDER}/{figure.file})")
    return "\n\n".join([f"{head}{BEGIN}", *blocks, f"{END}{tail}"])
