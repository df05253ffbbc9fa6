"""The page of one run: its notebook, cleaned, between what it is and how it came."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat

from fieldnotes.runs import FAILED, ModelEntry, Run, Status
from fieldnotes.values import is_number
from fieldnotes.website.answers import VERDICT, told_by
from fieldnotes.website.cases import Case, flat, mapping, needed
from fieldnotes.website.outputs import Cell, cleaned, markdown_cell, settled, title_of
from fieldnotes.website.tables import badge, pairs, parameter_table, table
from fieldnotes.website.text import (
    anchor,
    escape,
    front_matter,
    markdown,
    number,
    raw_html,
    shown,
    when,
)

LOG_LINES = 40  # of the end of run.log on the page of a failed run
LOG_BYTES = 60_000
LISTED_MODELS = 12  # rows shown before the rest is only counted
_FIGURE = '<div class="fn-figure"'


def run_page(
    run: Run,
    spreads: Mapping[str, str],
    paged: Mapping[str, Run],
    used_by: Sequence[Run],
    root: Path,
    stale: str = "",
) -> str:
    """The staged notebook of a run, as JSON text.

    Args:
        spreads: titles of the comparisons that hold this run, by page.
        paged: the runs that have a page, by key.
        used_by: the runs that use models or results of this one.
        root: of the project; its path is taken out of logs and tracebacks.
        stale: that today's code would make this run again, and why.
    """
    original = _cells(run)
    body = cleaned(original, {f.name: f.caption for f in run.figures})
    top = [
        _banner(run),
        _stale(stale),
        _verdict(run),
        _spread_line(run, spreads),
        _failure(run, root),
    ]
    cells = [
        markdown_cell("\n".join(part for part in top if part)),
        markdown_cell(_parameters(run)),
        *body,
        markdown_cell(_about(run, paged, used_by)),
    ]
    figures = sum(_text(cell).count(_FIGURE) for cell in body)
    header = {
        "cell_type": "raw",
        "metadata": {},
        "source": front_matter(_fields(run, title(run, original), figures)),
    }
    return _notebook([header, *(cell for cell in cells if cell["source"] or body)])


def _cells(run: Run) -> list[Mapping[str, Any]]:
    """The cells of the executed notebook; none where it was never written whole."""
    try:
        cells = json.loads((run.folder / "run.ipynb").read_bytes().decode())["cells"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [cell for cell in cells if isinstance(cell, Mapping)]


def _text(cell: Mapping[str, Any]) -> str:
    data = (output.get("data", {}) for output in cell.get("outputs", ()))
    return "".join(str(item.get("text/markdown", "")) for item in data)


def _notebook(cells: Sequence[Cell]) -> str:
    """The notebook's JSON; cell names are positions, so that equal runs stay equal.

    `nbformat` writes every text as a list of lines, which is what Quarto reads.
    """
    named = [cell | {"id": f"cell-{place}"} for place, cell in enumerate(cells)]
    python = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": python, "language_info": {"name": "python"}}
    whole = {"cells": named, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return nbformat.writes(nbformat.from_dict(whole)) + "\n"


def title(run: Run, cells: Sequence[Mapping[str, Any]]) -> str:
    """The notebook's title and what tells this run from its siblings, as Markdown."""
    name = markdown(run.manifest.title or title_of(cells) or run.notebook)
    varied = flat(run.varied)
    if not varied:
        return name
    parts = (f"{markdown(key)} = {markdown(shown(v))}" for key, v in varied.items())
    return f"{name} – {', '.join(parts)}"


def _fields(run: Run, name: str, figures: int) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "title": name,
        "run": markdown(run.key),
        "notebook": markdown(run.notebook),
        "spread": markdown(run.spread),
        "outcome": markdown(run.state),
        "started": markdown(run.started),
        "fieldnotes-figures": figures,
    }
    for kind in ("duration_s", "peak_memory_mb"):
        if is_number(value := getattr(run.status, kind)):
            fields[kind.replace("_", "-")] = value
    return fields


def _banner(run: Run) -> str:
    text = f"{badge(run.state)}"
    if run.reason:
        text += f" {escape(run.reason)}"
    if run.diverged:
        items = "; ".join(_members_lost(run.diverged)) or "all of it"
        text += f" Diverged: {escape(items)}."
    if run.stuck:
        text += f" Learned nothing: {escape('; '.join(_members_lost(run.stuck)))}."
    return raw_html(f'<p class="fn-banner">{text}</p>')


def _stale(note: str) -> str:
    return raw_html(f'<p class="fn-banner">{escape(note)}</p>') if note else ""


def _verdict(run: Run) -> str:
    """What the notebook concluded, where it recorded that as a text."""
    told = told_by([Case(run, {})], VERDICT)
    return f"\n**Verdict:** {markdown(told[1])}\n" if told else ""


def _members_lost(items: Sequence[Mapping[str, Any]]) -> list[str]:
    """The members that diverged, with the step, or that are stuck."""
    lines = []
    for item in items:
        values = mapping(item.get("values"))
        who = ", ".join(f"{name} = {shown(value)}" for name, value in values.items())
        step = item.get("step")
        lines.append(
            (who or "the model") + ("" if step is None else f" at step {step}")
        )
    return lines


def _spread_line(run: Run, spreads: Mapping[str, str]) -> str:
    if not spreads:
        return ""
    links = (anchor(run.page, page, name) for page, name in spreads.items())
    return raw_html(f'<p class="fn-up">Compared in: {" · ".join(links)}</p>')


def _failure(run: Run, root: Path) -> str:
    """The error and the end of the log of a run that failed."""
    if run.state not in FAILED:
        return ""
    error = run.status.error or {}
    parts = []
    if error.get("name"):
        place = f" in cell {error['cell']}" if error.get("cell") is not None else ""
        message = f"{error['name']}{place}: {error.get('message') or ''}"
        parts.append(f'<pre class="fn-error">{escape(_public(message, root))}</pre>')
    if error.get("traceback"):
        trace = error["traceback"]
        text = "\n".join(map(str, trace)) if isinstance(trace, list) else str(trace)
        parts.append(_folded("Traceback", _public(text, root)))
    if log := log_end(run.folder / "run.log"):
        parts.append(_folded("End of the log", _public(log, root), opened=not error))
    return raw_html("\n".join(parts)) if parts else ""


def log_end(path: Path) -> str:
    """The last lines of a log, empty where there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - LOG_BYTES))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(settled(text).rstrip().split("\n")[-LOG_LINES:]).strip()


def _public(text: str, root: Path) -> str:
    """`text` without colours and without where this machine keeps its files."""
    plain = settled(text).replace(f"{root}/", "")
    return plain.replace(str(Path.home()), "~")


def _folded(summary: str, text: str, *, opened: bool = False) -> str:
    mark = " open" if opened else ""
    return (
        f'<details class="fn-fold"{mark}><summary>{escape(summary)}</summary>'
        f'<pre class="fn-log">{escape(text)}</pre></details>'
    )


def _parameters(run: Run) -> str:
    changed = parameter_table(run, changed=True)
    rest = parameter_table(run, changed=False)
    some = "<tr><td" in changed
    html = changed if some else "<p>All parameters have their defaults.</p>"
    if "<tr><td" in rest:
        count = rest.count("<tr><td")
        html += (
            f'\n<details class="fn-fold"><summary>{count} parameters at their '
            f"defaults</summary>\n{rest}\n</details>"
        )
    return f"## Parameters\n\n{raw_html(html)}"


def _about(run: Run, paged: Mapping[str, Run], used_by: Sequence[Run]) -> str:
    parts = [_scraps(run), _models(run, paged, used_by), provenance(run)]
    return "\n\n".join(part for part in parts if part)


def _scraps(run: Run) -> str:
    if not run.scraps:
        return ""
    headers = ["scrap", "member", "value", "unit"]
    lines = []
    for scrap in run.scraps:
        told = (f"{name} = {shown(value)}" for name, value in scrap.member.items())
        who, value = ", ".join(told), scrap.value
        text = shown(value)
        short = text if len(text) <= 120 else f"{text[:117]}…"
        plain = f"<td>{escape(short)}</td>"
        if is_number(value):
            plain = f'<td class="fn-number" title="{value!r}">{number(value)}</td>'
        name, unit = escape(scrap.name), escape(scrap.unit)
        lines.append(f"<td>{name}</td><td>{escape(who)}</td>{plain}<td>{unit}</td>")
    return "## Recorded values\n\n" + raw_html(table(headers, lines))


def _models(run: Run, paged: Mapping[str, Run], used_by: Sequence[Run]) -> str:
    items = {}
    models = run.manifest.models
    if models:
        items[f"uses {len(models)} models"] = _model_links(run, models, paged)
    without = [key for key in needed(run) if key not in {model.run for model in models}]
    if without:
        items["needs"] = _run_links(run, without, paged)
    if absent := run.manifest.absent:
        reasons = (escape(model.reason or "missing") for model in absent)
        items[f"went without {len(absent)} models"] = "<br>".join(reasons)
    if used_by:
        keys = [user.key for user in used_by]
        items["used by"] = _run_links(run, keys, paged)
    return f"## Models\n\n{raw_html(pairs(items))}" if items else ""


def _model_links(
    run: Run, models: Sequence[ModelEntry], paged: Mapping[str, Run]
) -> str:
    lines = []
    for model in models[:LISTED_MODELS]:
        target = paged.get(model.run)
        name, values = model.identity[:8], model.parameters
        seed = f" (seed {shown(values['seed'])})" if "seed" in values else ""
        lines.append(anchor(run.page, target.page if target else None, name) + seed)
    if len(models) > LISTED_MODELS:
        lines.append(f"and {len(models) - LISTED_MODELS} more")
    return ", ".join(lines)


def _run_links(run: Run, keys: Iterable[str], paged: Mapping[str, Run]) -> str:
    links = []
    for key in keys:
        target = paged.get(key)
        name = f"{target.notebook} {key[:8]}" if target else key[:8]
        links.append(anchor(run.page, target.page if target else None, name))
    return ", ".join(links)


def provenance(run: Run) -> str:
    """What made this run, and the commands that repeat and open it."""
    status = run.status
    items = {"run": f"<code>{escape(run.key)}</code>"}
    if status.commit:
        tree = "with uncommitted changes" if status.dirty else "clean tree"
        items["commit"] = f"<code>{escape(status.commit[:12])}</code> ({tree})"
    if run.started:
        items["started"] = escape(when(run.started))
    for name, key, unit in (
        ("duration", "duration_s", "s"),
        ("peak memory", "peak_memory_mb", "MB"),
    ):
        if is_number(value := getattr(status, key)):
            items[name] = f"{number(value)} {unit}"
    seeds = {k: v for k, v in flat(run.parameters).items() if re.search("seed", k)}
    if seeds:
        text = ", ".join(f"{name} = {shown(value)}" for name, value in seeds.items())
        items["seed"] = escape(text)
    items |= _machine(status)
    if command := run.manifest.command:
        items["repeat it"] = f"<code>{escape(command)}</code>"
    items["open it in JupyterLab"] = f"<code>fieldnotes open {escape(run.key)}</code>"
    return f"## Provenance\n\n{raw_html(pairs(items))}"


def machine_kind(status: Status) -> str:
    """What sort of machine a run had; never its name or that of a user."""
    private = {"host", "hostname", "node", "name", "user", "username", "cwd", "home"}
    told = ((n, v) for n, v in status.machine.items() if n not in private)
    return ", ".join(f"{name}: {shown(value)}" for name, value in told)


def _machine(status: Status) -> dict[str, str]:
    """Kind of machine and versions; never the name of the machine or of a user."""
    items = {}
    if text := machine_kind(status):
        items["machine"] = escape(text)
    if status.versions:
        text = ", ".join(
            f"{name} {version}" for name, version in status.versions.items()
        )
        items["versions"] = escape(text)
    return items
