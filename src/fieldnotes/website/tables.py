"""HTML tables that sort and filter (`fieldnotes.js`) and scroll inside their box."""

from collections.abc import Mapping, Sequence
from typing import Any

from fieldnotes.runs import FAILED, Run
from fieldnotes.website.cases import (
    Row,
    is_number,
    is_scalar,
)
from fieldnotes.website.text import anchor, escape, number, shown, with_unit

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


def badge(state: str) -> str:
    """The outcome of a run, coloured by how well it went."""
    mood = "bad" if state in FAILED else state if state in ("done", "diverged") else "?"
    name = {"bad": "failed", "?": "other"}.get(mood, mood)
    return f'<span class="fn-state fn-{name}">{escape(state)}</span>'


def table(
    headers: Sequence[str], lines: Sequence[str], *, sortable: bool = True
) -> str:
    """The table with these header texts and these rows of `<td>` elements."""
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in headers)
    body = "\n".join(f"<tr>{line}</tr>" for line in lines)
    kind = ' class="fn-table fn-sortable"' if sortable else ' class="fn-table"'
    return (
        f'<div class="fn-scroll"><table{kind}>\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>"
    )


def comparison_table(
    page: str,
    lines: Sequence[Row],
    axes: Mapping[str, str],
    scraps: Mapping[str, str],
    linked: set[str],
) -> str:
    """Cases with what varies and what came out; `axes` and `scraps` map to units.

    `linked` holds the keys of the runs that have a page of their own.
    """
    headers = ["run", "outcome"]
    headers += [with_unit(name, unit) for name, unit in axes.items()]
    headers += [with_unit(name, unit) for name, unit in scraps.items()]
    if any(row.reason or row.case.stale for row in lines):
        headers.append("remark")
    remarks = headers[-1] == "remark"
    return table(
        headers, [_case_line(page, row, axes, scraps, linked, remarks) for row in lines]
    )


def _case_line(
    page: str,
    row: Row,
    axes: Mapping[str, str],
    scraps: Mapping[str, str],
    linked: set[str],
    remarks: bool,
) -> str:
    run = row.case.run
    name = anchor(page, run.page if run.key in linked else None, run.key[:8])
    cells = [f"<td>{name}</td>", f"<td>{badge(row.state)}</td>"]
    cells += [_present(row.values, axis) for axis in axes]
    cells += [_present(row.scraps, scrap) for scrap in scraps]
    if remarks:
        stale = "made by earlier code" if row.case.stale else ""
        remark = "; ".join(filter(None, (row.reason, stale)))
        cells.append(f'<td class="fn-reason">{escape(remark)}</td>')
    return "".join(cells)


def _present(values: Mapping[str, Any], name: str) -> str:
    return cell(values[name]) if name in values else NONE


def parameter_table(run: Run, *, changed: bool) -> str:
    """The parameters of a run: those that differ from the default, or the rest."""
    differing = set(run.manifest.changed)
    tops = {name.split(".")[0] for name in differing}
    names = [name for name in run.parameters if (name in tops) == changed]
    headers = ["parameter", "value", "unit", "default", "meaning"]
    lines = [_parameter_line(run, name) for name in names]
    marked = [line.replace("<td>", '<td class="fn-changed">', 1) for line in lines]
    return table(headers, marked if changed else lines, sortable=False)


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
