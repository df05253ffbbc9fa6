"""Pages above the runs: listings, the parts of hand-written pages that are computed."""

from collections.abc import Mapping, Sequence

from fieldnotes.runs import Run, Scrap
from fieldnotes.values import is_number
from fieldnotes.website.answers import answer, declared, sentence
from fieldnotes.website.cases import Comparison
from fieldnotes.website.markdown import plain
from fieldnotes.website.rows import Quantity
from fieldnotes.website.runpage import title
from fieldnotes.website.spreadpage import headline_figure
from fieldnotes.website.tables import NONE, badge, cell, outcomes, table
from fieldnotes.website.text import (
    anchor,
    escape,
    front_matter,
    markdown,
    median,
    raw_html,
    when,
)

HOME = "results/_home.md"
INDEX = "results/index.qmd"
LISTED_SCRAPS = 6  # columns of a listing; more would not fit any screen
EMPTY = (
    "Nothing has been computed yet. `fieldnotes run` and then `fieldnotes site` fill "
    "this page; `fieldnotes run SPREAD` runs any spread of `params/`.\n"
)


def study_index(study: str) -> str:
    """The source of the page that lists the runs of a study."""
    return f"results/{study}/index.qmd"


def study_part(study: str) -> str:
    """The file that the hand-written page of a study includes."""
    return f"results/{study}/_study.md"


def computed(runs: Sequence[Run]) -> str:
    """What became of these runs, and when the last one ended."""
    ends = [run.status.ended for run in runs if run.status.ended]
    last = f"; the last ended {when(max(ends))}" if ends else ""
    return f"{outcomes(runs)}{last}"


def home(
    comparisons: Sequence[Comparison],
    runs: Sequence[Run],
    published: Mapping[str, str] | None = None,
) -> str:
    """The answers found so far, study by study, for `index.qmd` to include.

    Args:
        published: what is published of each study, seen from `index.qmd`.
    """
    published = published or {}
    answered = [item for item in comparisons if declared(item)] if runs else []
    parts = [] if runs else [EMPTY]
    for name in sorted({item.study for item in answered} | published.keys()):
        own = [item for item in answered if item.study == name]
        found = [_study_answers(name, own), published.get(name, "")]
        parts.append("\n\n".join(part for part in found if part))
    parts += [f"*Computed from {markdown(computed(runs))}.*"] if runs else []
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _study_answers(name: str, comparisons: Sequence[Comparison]) -> str:
    """The answers of one study, and the figure of the largest comparison among them."""
    lines = "\n".join(sentence("index.qmd", item) for item in comparisons)
    by_size = sorted(comparisons, key=lambda item: len(item.cases), reverse=True)
    figures = (headline_figure(item, answer(item)) for item in by_size)
    figure = next((figure for figure in figures if figure), "")
    return f"### {markdown(name.capitalize())}\n\n{lines}\n\n{figure}".strip()


def study(
    name: str,
    comparisons: Sequence[Comparison],
    runs: Sequence[Run],
    published: str = "",
) -> str:
    """Comparisons and counts of one study, for `pages/<study>.qmd` to include.

    Args:
        published: what is published of it, seen from that page.
    """
    own = [item for item in comparisons if item.study == name]
    mine = [run for run in runs if run.study == name]
    if not mine:
        return f"{EMPTY}\n{published}\n" if published else EMPTY
    page = f"pages/{name}.qmd"
    lines = [sentence(page, item) for item in own if declared(item)]
    blocks = ["\n".join(lines), raw_html(_comparison_list(page, own))]
    blocks.append(f"[All runs of this study](../results/{name}/index.html). ")
    blocks.append(f"*Computed from {markdown(computed(mine))}.*")
    blocks.append(published)
    return "\n\n".join(block for block in blocks if block.strip()) + "\n"


def _comparison_list(page: str, comparisons: Sequence[Comparison]) -> str:
    if not comparisons:
        return ""
    lines = []
    for item in comparisons:
        name = anchor(page, item.page, item.title)
        spread = f"<code>params/{escape(item.name)}.yml</code>"
        counts = escape(outcomes([case.run for case in item.cases]))
        lines.append(f"<td>{name}</td><td>{spread}</td><td>{counts}</td>")
    return table(["comparison", "spread", "outcomes"], lines)


def results_index(
    comparisons: Sequence[Comparison], runs: Sequence[Run], odd: Mapping[str, str]
) -> str:
    """The page that leads to everything that was computed."""
    header = front_matter({"title": "Results", "toc": False})
    if not runs:
        return f"{header}\n{EMPTY}{_odd(odd)}"
    studies = sorted({run.study for run in runs})
    links = " · ".join(f"[runs of {name}]({name}/index.html)" for name in studies)
    blocks = [
        f"{computed(runs)}.",
        raw_html(_comparison_list(INDEX, comparisons)) if comparisons else "",
        f"Single runs: {links}",
        _odd(odd),
    ]
    return f"{header}\n" + "\n\n".join(block for block in blocks if block) + "\n"


def _odd(odd: Mapping[str, str]) -> str:
    """Folders of the catalogue that could not be read, so that nobody misses them."""
    if not odd:
        return ""
    lines = (
        f"<td><code>{escape(folder)}</code></td><td>{escape(reason)}</td>"
        for folder, reason in odd.items()
    )
    html = table(["folder", "reason"], list(lines), sortable=False)
    return f"\n\n## Folders that could not be read\n\n{raw_html(html)}"


def study_listing(name: str, runs: Sequence[Run], paged: Mapping[str, Run]) -> str:
    """The page that lists a study's runs, notebook by notebook."""
    mine = [run for run in runs if run.study == name]
    listed: dict[str, list[Run]] = {}
    for run in mine:
        if run.key in paged:
            listed.setdefault(run.notebook, []).append(run)
    text = front_matter({"title": markdown(f"Runs: {name}"), "page-layout": "full"})
    text += f"\n{markdown(computed(mine))}.\n"
    for notebook, runs in listed.items():
        block = raw_html(_run_table(study_index(name), runs))
        text += f"\n## {markdown(notebook)}\n\n{block}"
    rest = [run for run in mine if run.key not in paged]
    if rest:
        text += f"\n## Without a page of their own\n\n{_rows_only(rest)}"
    return text


def _run_table(page: str, runs: Sequence[Run]) -> str:
    """Runs of one notebook with their first scraps, members by their median."""
    recorded = {scrap.name: scrap for run in runs for scrap in numbers(run)}
    told = list(recorded.values())[:LISTED_SCRAPS]
    heads = [Quantity(scrap.name, scrap.unit, scrap.meaning) for scrap in told]
    lines = []
    for run in sorted(runs, key=lambda run: plain(title(run, ()))):
        middles = [_middle(run, scrap.name) for scrap in told]
        cells = [f"<td>{anchor(page, run.page, plain(title(run, ())))}</td>"]
        cells += [f"<td>{badge(run.state)}</td>", cell(run.status.duration_s)]
        cells += [NONE if middle is None else cell(middle) for middle in middles]
        lines.append("".join(cells))
    return table(["run", "outcome", "duration [s]", *heads], lines)


def numbers(run: Run) -> list[Scrap]:
    """The scraps of a run that are numbers."""
    return [scrap for scrap in run.scraps if is_number(scrap.value)]


def _middle(run: Run, name: str) -> float | None:
    values = [scrap.value for scrap in numbers(run) if scrap.name == name]
    return values[0] if len(values) == 1 else median(values)


def _rows_only(runs: Sequence[Run]) -> str:
    lines = []
    for run in runs:
        cells = [f"<td>{escape(run.key[:8])}</td><td>{badge(run.state)}</td>"]
        cells.append(f"<td>{escape(run.notebook)}</td><td>{escape(run.spread)}</td>")
        cells.append(cell(run.status.duration_s))
        cells.append(f'<td class="fn-reason">{escape(run.reason)}</td>')
        lines.append("".join(cells))
    headers = ["run", "outcome", "notebook", "spread", "duration [s]", "reason"]
    return raw_html(table(headers, lines))
