"""Readers of the small fields of a spread: texts, names, limits, answer, pages."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from fieldnotes.spreads.problems import Place
from fieldnotes.spreads.yaml import Node, plain
from fieldnotes.words import listed, nearest, quoted, shown

MOST_GPUS = 64  # [1] of one run
LIMITS = {
    "timeout": "a positive number [s]",
    "memory": "a positive number [GB]",
    "gpus": f"a whole number of GPUs, 0 to {MOST_GPUS}",
}
PAGES = ("all", "none", "failed")
ANSWERS = ("value", "text", "order", "over", "words")


def mapping(node: Node | None, place: Place) -> dict[str, Node]:
    """The entries of a mapping; none for what is left empty."""
    if node is None or node.value is None:
        return {}
    if not node.is_map:
        place.refuse(f"must be a mapping, `name: value`; got {shown(plain(node))}.")
        return {}
    return node.value


def only_keys(lines: Mapping[str, int], known: Iterable[str], place: Place) -> None:
    """Tell of keys that mean nothing here, given the line of each key."""
    allowed = list(known)
    for key, line in lines.items():
        if key not in allowed:
            place.on(abs(line)).refuse(
                f"{quoted(key)} is not a key here.{nearest(key, allowed)} "
                f"It takes: {', '.join(allowed)}."
            )


def text(node: Node | None, place: Place) -> str | None:
    """A text, or None where it is left out."""
    if node is None or node.value is None:
        return None
    if isinstance(node.value, str):
        return node.value
    place.refuse(f"must be text; got {shown(plain(node))}. Write it in quotes.")
    return None


def names(node: Node | None, place: Place) -> list[str]:
    """A name, or a list of names."""
    if node is None or node.value is None:
        return []
    items = node.value if node.is_list else [node]
    if all(isinstance(item.value, str) and item.value for item in items):
        found = [item.value for item in items]
        for name in dict.fromkeys(found):
            if found.count(name) > 1:
                place.refuse(f"{quoted(name)} stands here twice.")
        return found
    place.refuse(f"must be a name or a list of names; got {shown(plain(node))}.")
    return []


def switch(node: Node | None, place: Place) -> bool:
    """true or false; false where it is left out."""
    if node is None:
        return False
    if isinstance(node.value, bool):
        return node.value
    place.refuse(f"must be true or false; got {shown(plain(node))}.")
    return False


def limits(node: Node | None, place: Place) -> dict[str, float]:
    """What one run may take: `timeout` [s], `memory` [GB], and `gpus` [1], whole."""
    entries = mapping(node, place)
    only_keys(node.keys if node else {}, LIMITS, place)
    found = {}
    for name, allowed in LIMITS.items():
        if name not in entries:
            continue
        value = _limit(name, entries[name].value)
        if value is None:
            given = shown(plain(entries[name]))
            place.under(name).refuse(f"must be {allowed}; got {given}.")
        else:
            found[name] = value
    return found


def _limit(name: str, value: Any) -> float | None:
    """A limit as a number; None where it is none."""
    if name == "gpus":
        fits = type(value) is int and 0 <= value <= MOST_GPUS
    else:
        number = type(value) in (int, float) and 0 < value < 1e15
        fits = number and math.isfinite(value)
    return float(value) if fits else None


def answer(node: Node | None, place: Place) -> dict[str, Any] | None:
    """What answers the question of a spread: a value or a text that a notebook records.

    The setting with the smallest (`order: min`) or largest (`max`) value answers, and a
    `text` beside it is its verdict. `over` names the parameters that repeat a setting;
    without it, those that run together. `words` explains values that are short names.
    """
    form = "{value: NAME, order: min}, {value: NAME, order: max} or {text: NAME}"
    entries = mapping(node, place)
    if node is None or not entries:
        return None
    only_keys(node.keys, ANSWERS, place)
    named = [key for key in ("value", "text") if key in entries]
    if not named or ("value" not in entries and len(entries) > 1):
        place.refuse(f"must be {form}; got {shown(plain(node))}.")
        return None
    chosen: dict[str, Any] = {}
    for kind in named:
        chosen[kind] = entries[kind].value
        if not isinstance(chosen[kind], str):
            place.under(kind).refuse(
                f"must be the name of what a notebook records; got "
                f"{shown(plain(node))}."
            )
            return None
    if "value" not in chosen:
        return chosen
    chosen["order"] = plain(entries["order"]) if "order" in entries else "min"
    if chosen["order"] not in ("min", "max"):
        place.under("order").refuse(
            f"must be min or max; got {shown(chosen['order'])}."
        )
    if "over" in entries:
        chosen["over"] = names(entries["over"], place.under("over"))
    if "words" in entries:
        at = place.under("words")
        words = mapping(entries["words"], at)
        chosen["words"] = {
            key: text(each, at.under(key)) for key, each in words.items()
        }
    return chosen


def pages(
    node: Node | None, chosen: dict[str, Any] | None, place: Place
) -> str | dict[str, Any] | None:
    """Which runs get a page. Of `{best: N}`, those that `answer` puts first."""
    if node is None or node.value is None:
        return None
    given = plain(node)
    if isinstance(given, str) and given in PAGES:
        return given
    if isinstance(given, dict) and {"by", "says"} & set(given):
        text = "says" in given
        form = f"text: {given['says']}" if text else f"value: {given['by']}, order: min"
        place.refuse(
            f"`{'says' if text else 'by'}` does not belong here. What answers the "
            f"question is written apart, as `answer: {{{form}}}`."
        )
        return None
    if not isinstance(given, dict) or set(given) != {"best"}:
        near = nearest(given, PAGES) if isinstance(given, str) else ""
        place.refuse(
            f"must be {listed(PAGES)} or {{best: N}}; got {shown(given)}.{near}"
        )
        return None
    best = given["best"]
    if type(best) is not int or best < 1:
        place.under("best").refuse(f"must be a whole number from 1; got {shown(best)}.")
    if "value" not in (chosen or {}):
        place.refuse("`best` needs `answer: {value: NAME, order: min}`, which decides.")
    return {"best": best}
