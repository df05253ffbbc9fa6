"""HTML tables that sort and filter (`fieldnotes.js`) and scroll inside their box."""

from collections.abc import Mapping, Sequence
from typing import Any

from fieldnotes.runs import FAILED, FINISHED, STATES, Run
from fieldnotes.runs.states import DIVERGED, DONE, STUCK
from fieldnotes.values import is_number
from fieldnotes.website.cases import is_scalar
from fieldnotes.website.rows import Quantity, Row
from fieldnotes.website.text import anchor, counted, escape, number, shown

TRAINERS = 3  # runs that a line names as those that trained its models
NONE = '<td class="fn-none">–</td>'


def cell(value: Any) -> str:
    """A table cell; numbers carry their exact value, by which the column sorts."""
    if is_number(value):
        exact = repr(value)
        order = exact.replace("inf", "Infinity").replace("nan", "NaN")
        return (
            f'<td class="fn-number" data-value="{order}" title="{exact}">'
            f"{number(value)}</td>"
        )
    return f"<td>{escape(shown(value))}</td>" if value is not None else "<td>None</td>"


def outcomes(runs: Sequence[Run]) -> str:
    """`12 runs: 10 done, 1 diverged, 1 failed`, in the order of the states."""
    states = [run.state for run in runs]
    known = [*STATES, *dict.fromkeys(s for s in states if s not in STATES)]
    parts = [f"{states.count(s)} {s}" for s in known if s in states]
    for word in (DIVERGED, STUCK):
        partly = sum(run.state == DONE and bool(getattr(run, word)) for run in runs)
        if partly:
            parts.append(f"{partly} of them with {word} members")
    if not runs:
        return "no runs yet"
    return f"{counted(len(runs), 'run')}: {', '.join(parts)}"


def badge(state: str) -> str:
    """The outcome of a run, coloured by how well it went."""
    mood = "bad" if state in FAILED else state if state in FINISHED else "?"
    name = {"bad": "failed", "?": "other"}.get(mood, mood)
    return f'<span class="fn-state fn-{name}">{escape(state)}</span>'


def table(
    headers: Sequence[str | Quantity], lines: Sequence[str], *, sortable: bool = True
) -> str:
    """The table with these headers and these rows of `<td>` elements."""
    head = "".join(map(_head, headers))
    body = "\n".join(f"<tr>{line}</tr>" for line in lines)
    kind = ' class="fn-table fn-sortable"' if sortable else ' class="fn-table"'
    return (
        f'<div class="fn-scroll"><table{kind}>\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>"
    )


def _head(header: str | Quantity) -> str:
    """A text, or the words for a quantity with the name that identifies it."""
    if isinstance(header, str):
        return f'<th scope="col">{escape(header)}</th>'
    return f'<th scope="col" title="{escape(header.name)}">{escape(header.words)}</th>'


def comparison_table(
    page: str,
    lines: Sequence[Row],
    axes: Sequence[Quantity],
    scraps: Sequence[Quantity],
    linked: Mapping[str, str],
    headline: str = "",
) -> str:
    """Cases with what varies and what came out.

    Args:
        page: on which the table stands.
        lines: the rows, in their order.
        axes: the parameters that vary.
        scraps: what was recorded.
        linked: the pages of the runs that have one, by key.
        headline: the scrap that answers, which stands before all others.
    """
    first = [scrap for scrap in scraps if scrap.name == headline]
    rest = [scrap for scrap in scraps if scrap.name != headline]
    trained = any(row.case.run.manifest.models for row in lines)
    remarks = any(row.reason or row.case.stale for row in lines)
    last = ["trained by"] * trained + ["remark"] * remarks
    headers = ["run", *first, "outcome", *axes, *rest, *last]
    made = []
    for row in lines:
        run = row.case.run
        name = anchor(page, linked.get(run.key), run.key[:8])
        cells = [f"<td>{name}</td>", *(_present(row.scraps, s.name) for s in first)]
        cells.append(f"<td>{badge(row.state)}</td>")
        cells += [_present(row.values, axis.name) for axis in axes]
        cells += [_present(row.scraps, scrap.name) for scrap in rest]
        cells += [_trained_by(page, run, linked)] if trained else []
        made.append("".join(cells) + (_remark(row) if remarks else ""))
    return table(headers, made).replace("fn-sortable", "fn-sortable fn-compare", 1)


def _trained_by(page: str, run: Run, linked: Mapping[str, str]) -> str:
    """Links to the runs that trained the models of a run, the first few of them."""
    keys = list(dict.fromkeys(model.run for model in run.manifest.models))
    links = [anchor(page, linked.get(key), key[:8]) for key in keys[:TRAINERS]]
    left = len(keys) - len(links)
    links += [f"and {left} more"] if left else []
    return f"<td>{', '.join(links)}</td>" if links else NONE


def _remark(row: Row) -> str:
    why = f" ({row.case.changed})" if row.case.changed else ""
    stale = f"made by earlier code{why}" if row.case.stale else ""
    remark = "; ".join(filter(None, (row.reason, stale)))
    return f'<td class="fn-reason">{escape(remark)}</td>'


def _present(values: Mapping[str, Any], name: str) -> str:
    return cell(values[name]) if name in values else NONE


def parameter_table(run: Run, *, changed: bool) -> str:
    """The parameters of a run: those that its spread varies or changes, or the rest."""
    differing = {name.split(".")[0] for name in run.manifest.changed}
    told = differing | {name.split(".")[0] for name in run.varied}
    headers = ["parameter", "value", "unit", "default", "meaning"]
    lines = []
    for name in run.parameters:
        if (name in told) == changed:
            line = _parameter_line(run, name)
            mark = '<td class="fn-changed">' if name in differing else "<td>"
            lines.append(line.replace("<td>", mark, 1))
    return table(headers, lines, sortable=False)


def _parameter_line(run: Run, name: str) -> str:
    defaults = run.manifest.defaults
    default = shown(defaults[name]) if name in defaults else ""
    return "".join(
        (
            f"<td><code>{escape(name)}</code></td>",
            _value_cell(run.parameters[name]),
            f"<td>{escape(run.units.get(name, ''))}</td>",
            f"<td>{escape(default)}</td>",
            f'<td class="fn-reason">{escape(run.meanings.get(name, ""))}</td>',
        )
    )


def _value_cell(value: Any) -> str:
    return cell(value) if is_scalar(value) else f"<td>{escape(shown(value))}</td>"


def pairs(items: Mapping[str, str]) -> str:
    """A two-column table of names and ready HTML."""
    lines = (
        f'<tr><th scope="row">{escape(name)}</th><td>{content}</td></tr>'
        for name, content in items.items()
    )
    return '<table class="fn-pairs"><tbody>\n' + "\n".join(lines) + "\n</tbody></table>"
