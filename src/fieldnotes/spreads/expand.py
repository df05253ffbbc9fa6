"""`vary`: grids, zips and lists of cases, and the products of them.

A block expands to a list of cases; a case is a dict of typed values by key. Blocks
nest: `grid` multiplies what it holds, `zip` walks it in step, `cases` puts it end to
end.
"""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fieldnotes.spreads.axes import axis_values
from fieldnotes.spreads.problems import Mismatch, Place
from fieldnotes.spreads.values import Unknown, clash, sentence
from fieldnotes.spreads.yaml import Node, plain
from fieldnotes.words import listed, nearest, quoted

Case = dict[str, Any]
BLOCKS = ("grid", "zip", "cases")
MOST = 100_000  # cases of one stage
_AXIS_FORM = (
    " An axis is a list, {range: n}, {linspace: [a, b, n]}, {logspace: [a, b, n]} or "
    "{value: x}."
)


@dataclass(frozen=True)
class Expansion:
    """Expands blocks for one notebook.

    Args:
        typed: the typed value for a key and a plain value; raises Mismatch.
        names: what the notebook's parameters are called.
    """

    typed: Callable[[str, Any], Any]
    names: frozenset[str]

    def vary(self, node: Node, place: Place) -> list[list[Case]]:
        """The cases of each block of `vary`; empty lists where something is wrong."""
        if not node.value or not (node.is_list or node.is_map):
            place.refuse(
                "an empty spread: `vary` is a list of blocks (`grid`, `zip` or "
                "`cases`); leave it out to run one case."
            )
            return []
        if node.is_map:
            return [self._whole_vary(node, place)]
        parts = [
            self._item(item, place.entry(index, item.line))
            for index, item in enumerate(node.value)
        ]
        self._refuse_twice(parts, place)
        return parts

    def _whole_vary(self, node: Node, place: Place) -> list[Case]:
        """The short form: a single block, or axes that make a grid."""
        if len(node.value) == 1 and self._block_name(next(iter(node.value))):
            return self._item(node, place)
        return self._block("grid", node, place)

    def _item(self, node: Node, place: Place) -> list[Case]:
        keys = list(node.value) if node.is_map else []
        if len(keys) != 1 or keys[0] not in BLOCKS:
            given = listed(keys) if keys else f"`{plain(node)!r:.60}`"
            near = nearest(keys[0], BLOCKS) if keys else ""
            place.refuse(
                f"a block is one of {listed(BLOCKS, 'or')}; got {given}.{near} "
                "Write for example `- grid: {seed: [0, 1]}`."
            )
            return []
        (name,) = keys
        line = abs(node.keys[name])
        return self._block(name, node.value[name], place.under(name, line))

    def _block(self, name: str, node: Node, place: Place) -> list[Case]:
        if name == "cases":
            return self._cases(node, place)
        parts = self._parts(node, place)
        if not parts or not all(parts):
            return []  # what is wrong has been told
        if not self._refuse_twice(list(parts.values()), place):
            return []
        if name == "grid":
            return product(list(parts.values()), place)
        return self._zip(parts, place)

    def _parts(self, node: Node, place: Place) -> dict[str, list[Case]]:
        """The axes and blocks inside a `grid` or a `zip`, by what they are called."""
        if node.is_list and node.value:
            return {
                f"[{index}]": self._item(item, place.entry(index, item.line))
                for index, item in enumerate(node.value)
            }
        if not node.is_map or not node.value:
            place.refuse("an empty spread: give at least one axis, `name: [values]`.")
            return {}
        parts = {}
        for key, item in node.value.items():
            at = place.under(key, abs(node.keys[key]))
            if self._block_name(key):
                parts[key] = self._block(key, item, at)
            else:
                parts[key] = self._axis(key, item, at)
        return parts

    def _axis(self, key: str, node: Node, place: Place) -> list[Case]:
        try:
            values = axis_values(node)
        except Mismatch as error:
            place.refuse(f"{quoted(key)} {error}")
            return []
        cases = []
        for value, line in values:
            try:
                cases.append({key: self.typed(key, value)})
            except Unknown as error:
                # The other values of the axis would say the same.
                place.on(line).refuse(str(error))
                return []
            except Mismatch as error:
                hint = _AXIS_FORM if node.is_map and key in self.names else ""
                place.on(line).refuse(sentence(key, error) + hint)
        return cases if len(cases) == len(values) else []

    def _zip(self, parts: dict[str, list[Case]], place: Place) -> list[Case]:
        lengths = {name: len(part) for name, part in parts.items()}
        longest = max(lengths.values())
        if any(length not in (1, longest) for length in lengths.values()):
            said = ", ".join(f"{quoted(n)} has {k}" for n, k in lengths.items())
            place.refuse(
                f"the axes of a zip have equal lengths (or one value): {said}."
            )
            return []
        stretched = [p * longest if len(p) == 1 else p for p in parts.values()]
        return [
            {key: value for case in step for key, value in case.items()}
            for step in zip(*stretched, strict=True)
        ]

    def _cases(self, node: Node, place: Place) -> list[Case]:
        if not node.is_list or not node.value:
            place.refuse("an empty spread: `cases` is a list of mappings.")
            return []
        found, complete = [], True
        for index, item in enumerate(node.value):
            at = place.entry(index, item.line)
            cases = self._one_case(item, at)
            complete = complete and bool(cases)
            found += cases
            if len(found) > MOST:
                place.refuse(f"more than {MOST:,} cases.")
                return []
        return found if complete else []

    def _one_case(self, node: Node, place: Place) -> list[Case]:
        """A mapping of values; blocks in it multiply, as everywhere."""
        if not node.is_map:
            place.refuse(
                f"a case is a mapping, `name: value`; got `{plain(node)!r:.60}`."
            )
            return []
        constants, parts, good = {}, [], True
        for key, item in node.value.items():
            line = abs(node.keys[key])
            if self._block_name(key):
                parts.append(self._block(key, item, place.under(key, line)))
                continue
            try:
                constants[key] = self.typed(key, plain(item))
            except Mismatch as error:
                place.on(line).refuse(sentence(key, error))
                good = False
        parts.insert(0, [constants])
        if not good or not all(parts) or not self._refuse_twice(parts, place):
            return []
        return product(parts, place)

    def _block_name(self, key: str) -> bool:
        """Whether a key opens a block; a parameter of that name goes before."""
        return key in BLOCKS and key not in self.names

    def _refuse_twice(self, parts: list[list[Case]], place: Place) -> bool:
        """Tell of a parameter that two parts set; true when there is none."""
        shapes = [{tuple(case) for case in part} for part in parts]
        for shape in set().union(*shapes):
            if pair := clash(shape):
                place.refuse(f"{listed(pair)} set the same thing; keep one of them.")
                return False
        counted = clash([key for part in shapes for key in set().union(*part)])
        if counted:
            place.refuse(
                f"{quoted(counted[1])} is varied in two places; keep one of them."
            )
        return counted is None


def product(parts: list[list[Case]], place: Place) -> list[Case]:
    """Every combination of one case of each part."""
    count = math.prod(map(len, parts))
    if count > MOST:
        number = f"{count:,}" if count < 10**15 else "too many"
        place.refuse(f"{number} cases; a stage may have {MOST:,} at most.")
        return []
    if len(parts) == 1:
        return parts[0]
    return [
        {key: value for case in combination for key, value in case.items()}
        for combination in itertools.product(*parts)
    ]
