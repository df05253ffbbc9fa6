"""How much of the variance of a result each varied parameter explains.

The effect of a parameter is omega squared, (SS_b - df_b MS_w) / (SS_t + MS_w), with the
sums of squares between and within the groups of its values: unlike the plain share
SS_b / SS_t it is not raised by having many values (Hays 1963). A pair of parameters
explains what its groups do beyond what both do alone. Where a value spans decades, its
logarithm is looked at.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from fieldnotes.website.rows import Quantity, Row, finite_scrap
from fieldnotes.website.text import canonical, counted, escape, raw_html

DECADES = 30.0  # largest over smallest value from which on the logarithm is taken
FEWEST = 6  # rows below which nothing is said
LEAST = 0.01  # share of the variance below which a pair is not listed
PAIRS = 3  # pairs that are listed


@dataclass(frozen=True)
class Effect:
    """The share of the variance [1] that these parameters explain, or None."""

    names: tuple[str, ...]
    share: float | None  # None: each group has one row, so chance cannot be told


@dataclass(frozen=True)
class Importance:
    """Shares of the variance of one scrap: alone, and the largest of pairs beyond."""

    alone: Sequence[Effect]
    pairs: Sequence[Effect]
    rows: int
    logarithm: bool


def importance(
    table: Sequence[Row], scrap: str, names: Sequence[str]
) -> Importance | None:
    """What explains a scrap among these rows; None where there is too little to say."""
    told = [(row, finite_scrap(row, scrap)) for row in table]
    kept = [(row, value) for row, value in told if value is not None]
    values = [value for _, value in kept]
    if len(kept) < FEWEST or len(set(values)) < 2 or not names:
        return None
    logarithm = min(values) > 0 and max(values) / min(values) >= DECADES
    numbers = [math.log(value) for value in values] if logarithm else values
    rows = [row for row, _ in kept]
    alone = {name: _share(rows, numbers, (name,)) for name in names}
    pairs = []
    for one, other in combinations(names, 2):
        both, parts = _share(rows, numbers, (one, other)), (alone[one], alone[other])
        if both is not None and None not in parts:
            beyond = both - sum(max(part or 0.0, 0.0) for part in parts)
            pairs.append(Effect((one, other), beyond))
    pairs = [pair for pair in pairs if (pair.share or 0.0) >= LEAST]
    return Importance(
        _sorted(Effect((name,), share) for name, share in alone.items()),
        _sorted(pairs)[:PAIRS],
        len(rows),
        logarithm,
    )


def _sorted(effects: Iterable[Effect]) -> list[Effect]:
    return sorted(effects, key=lambda e: -1.0 if e.share is None else -1.0 - e.share)


def _share(
    rows: Sequence[Row], numbers: Sequence[float], names: Sequence[str]
) -> float | None:
    """Omega squared of the groups that have the same values of these parameters."""
    groups: dict[tuple[str, ...], list[float]] = {}
    for row, number in zip(rows, numbers, strict=True):
        key = tuple(canonical(row.values.get(name)) for name in names)
        groups.setdefault(key, []).append(number)
    within = len(numbers) - len(groups)
    if within < 1:
        return None
    mean = math.fsum(numbers) / len(numbers)
    total = math.fsum((number - mean) ** 2 for number in numbers)
    inside = math.fsum(
        (number - math.fsum(group) / len(group)) ** 2
        for group in groups.values()
        for number in group
    )
    spread = inside / within
    between = (total - inside) - (len(groups) - 1) * spread
    return between / (total + spread)


def importance_table(found: Importance, parameters: dict[str, Quantity]) -> str:
    """The shares as a small table with bars, and what they rest on, as raw HTML."""

    def words(effect: Effect) -> str:
        return " with ".join(
            parameters.get(name, Quantity(name)).words for name in effect.names
        )

    lines = []
    for effect in (*found.alone, *found.pairs):
        percent = None if effect.share is None else 100 * max(effect.share, 0.0)
        shown = "not told" if percent is None else f"{percent:.0f} %"
        label = escape(f"{words(effect)} explains {shown}")
        value = f'value="{percent or 0:.1f}" aria-label="{label}"'
        bar = f'<meter min="0" max="100" {value}></meter>'
        lines.append(
            f'<tr><td title="{escape(", ".join(effect.names))}">'
            f"{escape(words(effect))}</td><td>{shown}</td><td>{bar}</td></tr>"
        )
    scale = "of its logarithm " if found.logarithm else ""
    note = (
        f"Shares of the variance {scale}over {counted(found.rows, 'case')} (omega "
        "squared); a pair is what both explain beyond each alone. Where no two cases "
        "share a value, chance cannot be told from effect."
    )
    return raw_html(
        '<table class="fn-importance"><thead><tr><th>parameter</th><th>explains</th>'
        f"<th></th></tr></thead><tbody>{''.join(lines)}</tbody></table><p>{note}</p>"
    )
