"""Text that survives YAML, Markdown, HTML and scripts, whatever a parameter holds."""

import html
import json
import math
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

_YAML_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
_PLAIN_WORD = re.compile(r"[\w./%+-]+")
_MARKDOWN = re.compile(r"([\\`*_\[\]$~^@#\"'])")
_SHORTCODE = re.compile(r"[<>{}&|]")  # by entities: no `{{<` may remain
_AT_START = re.compile(r"^(?=[-+:=])|^(\(?[0-9A-Za-z]{1,9})(?=[.)](\s|$))")  # lists
_JOINED = re.compile(r"(?<=-)-|(?<=\.)\.|:(?=//)")  # dashes, dots, bare addresses


def number(value: float) -> str:
    """A number as a reader wants it: four significant digits, integers whole."""
    if isinstance(value, bool) or isinstance(value, int):
        return str(value)
    if not math.isfinite(value):
        return {True: "NaN", False: "∞" if value > 0 else "−∞"}[math.isnan(value)]
    return f"{value:.4g}"


def shown(value: Any) -> str:
    """Any parameter or scrap as one line of plain text; odd strings are quoted."""
    if value is None or isinstance(value, bool):
        return str(value)
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, str):
        plain = _PLAIN_WORD.fullmatch(value)
        return value if plain else json.dumps(value, ensure_ascii=False)
    if isinstance(value, list | tuple):
        return _shown_list(list(value))
    if isinstance(value, Mapping):
        inside = ", ".join(f"{key}: {shown(item)}" for key, item in value.items())
        return "{" + inside + "}"
    return str(value)


def _shown_list(values: list[Any]) -> str:
    whole = all(type(item) is int for item in values)
    if whole and len(values) > 2 and values == list(range(values[0], values[-1] + 1)):
        return f"{values[0]}…{values[-1]}"
    return "[" + ", ".join(shown(item) for item in values) + "]"


def counted(count: int, noun: str) -> str:
    """`1 run`, `5 runs`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def amount(value: float, unit: str) -> str:
    """A number with its unit; a pure number has none."""
    return number(value) if unit in ("", "1", "-") else f"{number(value)} {unit}"


def with_unit(name: str, unit: str | None) -> str:
    """`name [unit]`, the form of every axis title and table header."""
    return name if unit in (None, "", "-") else f"{name} [{unit}]"


def markdown(text: str) -> str:
    """A user's text as one line of Markdown that shows it and nothing else.

    Titles, names, units, values and messages of spreads, parameters and scraps all pass
    through here on their way into Markdown or front matter, and through `escape` on
    their way into HTML. Quarto looks for its shortcodes (`{{< … >}}`) in Markdown and
    in metadata alike, before anything is parsed: braces and angles become entities.
    """
    line = _MARKDOWN.sub(r"\\\1", " ".join(text.split()))
    line = _SHORTCODE.sub(lambda found: f"&#{ord(found[0])};", line)
    line = _JOINED.sub(r"\\\g<0>", line)
    return _AT_START.sub(r"\1\\", line)


def without_shortcodes(page: str) -> str:
    """A page in which Quarto finds no shortcode, also where it shows code or output.

    What a notebook wrote itself (its prose, its code, what it printed) stands on its
    page as it is. Quarto looks for `{{<` in all of it, and fails where no end follows;
    a sign of no width between the braces is all that it takes.
    """
    return page.replace("{{<", "{\u2060{<")


def escape(text: object) -> str:
    """`text` for HTML, inside an element or an attribute."""
    return html.escape(str(text), quote=True)


def label(text: object) -> str:
    """`text` for a Plotly figure, whose titles, ticks and hover texts are HTML."""
    return html.escape(str(text), quote=False)


def script_json(value: Any) -> str:
    """JSON for a script element: no `<` remains, so nothing can end the element."""
    text = json.dumps(finite(value), ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("`", "\\u0060")


def finite(value: Any) -> Any:
    """`value` with NaN and infinities as None, which plotly.js draws as gaps."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return value


def raw_html(content: str) -> str:
    """A Markdown block that carries HTML untouched, for Quarto and the preview."""
    runs = [len(ticks) for ticks in re.findall(r"`+", content)]
    fence = "`" * max(3, 1 + max(runs, default=0))
    return f"{fence}{{=html}}\n{content.strip()}\n{fence}\n"


def front_matter(fields: Mapping[str, Any]) -> str:
    """A YAML block between `---` lines, one field a line, strings always quoted."""
    lines = [f"{_key(key)}: {_yaml(value)}" for key, value in fields.items()]
    return "\n".join(["---", *lines, "---"]) + "\n"


def _key(key: str) -> str:
    plain = re.fullmatch(r"[A-Za-z][\w-]*", key, re.ASCII)
    return key if plain and key.lower() not in _YAML_WORDS else _quoted(key)


def _yaml(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _yaml_float(value)
    if isinstance(value, Mapping):
        items = (f"{_quoted(str(key))}: {_yaml(item)}" for key, item in value.items())
        return "{" + ", ".join(items) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_yaml(item) for item in value) + "]"
    return _quoted(str(value))


def _yaml_float(value: float) -> str:
    if not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    text = repr(value)
    # Older YAML readers take 1e-05 for a word; 1.0e-05 is a number to all of them.
    return text if "e" not in text or "." in text else text.replace("e", ".0e")


def _quoted(text: str) -> str:
    return '"' + "".join(_yaml_sign(sign) for sign in text) + '"'


def _yaml_sign(sign: str) -> str:
    if sign in '"\\':
        return "\\" + sign
    if sign == " " or unicodedata.category(sign)[0] not in "CZ":
        return sign
    if unicodedata.category(sign) == "Cs":
        return "\ufffd"  # half of a pair: no file can hold it
    return f"\\U{ord(sign):08X}"


def canonical(value: Any) -> str:
    """One text for one value: what makes two cases the same."""
    return json.dumps(finite(value), sort_keys=True, ensure_ascii=False, default=str)


def when(time: object) -> str:
    """A time of ISO 8601 as people write it, to the minute."""
    match = re.match(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)", str(time))
    return f"{match[1]} {match[2]}" if match else str(time)


def link(source: str, target: str) -> str:
    """The relative address of the rendered page `target`, seen from page `source`.

    Both are paths of sources from the root of the project, such as
    `results/cooling/runs/ab12.ipynb`; the address ends in .html, which holds for Quarto
    and for the preview.
    """
    here = os.path.dirname(source) or "."  # noqa: PTH120
    path = os.path.relpath(target, here).replace(os.sep, "/")
    return re.sub(r"\.(qmd|ipynb|md)$", ".html", path)


def anchor(source: str, target: str | None, label: str) -> str:
    """An HTML link with `label`, or the bare label where there is no such page."""
    if target is None:
        return escape(label)
    return f'<a href="{escape(link(source, target))}">{escape(label)}</a>'


def median(values: Iterable[float]) -> float | None:
    """The middle of the finite values, None when there are none."""
    ranked = sorted(value for value in values if math.isfinite(value))
    if not ranked:
        return None
    half = len(ranked) // 2
    return ranked[half] if len(ranked) % 2 else (ranked[half - 1] + ranked[half]) / 2
