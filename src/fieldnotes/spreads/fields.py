"""Readers of the small fields of a spread: texts, names, limits, pages."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from fieldnotes.spreads.problems import Place
from fieldnotes.spreads.yaml import Node, plain
from fieldnotes.words import listed, nearest, quoted, shown

LIMITS = ("timeout", "memory")  # [s], [GB]
PAGES = ("all", "none", "failed")


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
    """Limits of one run: `timeout` [s] and `memory` [GB]."""
    entries = mapping(node, place)
    only_keys(node.keys if node else {}, LIMITS, place)
    found = {}
    for name in LIMITS:
        if name not in entries:
            continue
        value = entries[name].value
        number = type(value) in (int, float) and value > 0
        if number and value < 1e15 and math.isfinite(value):
            found[name] = float(value)
        else:
            unit = {"timeout": "s", "memory": "GB"}[name]
            given = shown(plain(entries[name]))
            place.under(name).refuse(
                f"must be a positive number [{unit}]; got {given}."
            )
    return found


def pages(node: Node | None, place: Place) -> str | dict[str, Any] | None:
    """Which runs get a page, and by which scrap the site judges: `by`, in `order`.

    With `best: N` only the best N have a page, and without it all that fit. `over`
    names the parameters that repeat a setting; without it, those that run together.
    `says` names a text that a notebook records and that answers in place of a scrap.
    """
    form = (
        f"{listed(PAGES)}, {{by: scrap, order: min}}, that with `best: N`, "
        "or {says: text scrap}"
    )
    if node is None or node.value is None:
        return None
    given = plain(node)
    if isinstance(given, str) and given in PAGES:
        return given
    if not isinstance(given, dict) or not {"by", "best", "says"} & set(given):
        near = nearest(given, PAGES) if isinstance(given, str) else ""
        place.refuse(f"must be {form}; got {shown(given)}.{near}")
        return None
    only_keys(node.keys, ("best", "by", "order", "over", "says"), place)
    if "says" in given:
        if len(given) > 1 or not isinstance(given["says"], str):
            place.refuse(
                f"`says` names a text and stands alone; got {shown(given)}. Use {form}."
            )
        return {"says": given["says"]}
    best, by, order = given.get("best"), given.get("by"), given.get("order", "min")
    if best is not None and (type(best) is not int or best < 1):
        place.under("best").refuse(f"must be a whole number from 1; got {shown(best)}.")
    if not isinstance(by, str):
        place.refuse(f"`by` names the scrap that decides; got {shown(by)}. Use {form}.")
    if order not in ("min", "max"):
        place.under("order").refuse(f"must be min or max; got {shown(order)}.")
    judged: dict[str, Any] = {"by": by, "order": order}
    if "over" in given:
        judged["over"] = names(node.value["over"], place.under("over"))
    return judged if best is None else {"best": best} | judged
