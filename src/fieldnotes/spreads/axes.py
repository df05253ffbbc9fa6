"""One axis of a grid or zip: a list, or one of the short forms for long lists."""

import math
from typing import Any

from fieldnotes.spreads.problems import Mismatch
from fieldnotes.spreads.yaml import Node, plain
from fieldnotes.words import shown

FORMS = ("range", "linspace", "logspace", "value")
MOST = 100_000  # values of one axis
DIGITS = 15  # a float holds so many decimal digits exactly


def axis_values(node: Node) -> list[tuple[Any, int]]:
    """The plain values of an axis, each with the line that it stands on.

    A list is its entries; `{range: ...}`, `{linspace: ...}` and `{logspace: ...}` spare
    long lists; `{value: x}` is the one value x; so is a plain scalar.

    Raises:
        Mismatch: an empty axis, or a short form that cannot be read.
    """
    if node.is_list:
        if not node.value:
            message = "is an empty axis; give at least one value."
            raise Mismatch(message)
        return [(plain(item), item.line) for item in node.value]
    if node.is_map and len(node.value) == 1 and next(iter(node.value)) in FORMS:
        ((form, body),) = node.value.items()
        given = plain(body)
        values = [given] if form == "value" else _FORMS[form](given)
        return [(value, node.line) for value in values]
    return [(plain(node), node.line)]


def _range(given: Any) -> list[int]:
    """`n`, `[start, stop]` or `[start, stop, step]`, as Python counts."""
    numbers = given if isinstance(given, list) else [given]
    whole = all(type(number) is int for number in numbers)
    if not whole or not 1 <= len(numbers) <= 3 or numbers[2:] == [0]:
        message = (
            "takes {range: n} or {range: [start, stop, step]} with whole numbers; "
            f"got {shown(given)}."
        )
        raise Mismatch(message)
    values = range(*numbers)
    if not values:
        message = f"is an empty axis: {{range: {shown(given)}}} counts nothing."
        raise Mismatch(message)
    _check_count(_length(values))
    return list(values)


def _length(values: range) -> int:
    # len() refuses what does not fit a machine word.
    return (values[-1] - values[0]) // values.step + 1


def _linspace(given: Any) -> list[float]:
    low, high, count = _ends("linspace", given)
    return _spaced(low, high, count)


def _logspace(given: Any) -> list[float]:
    """From a to b, evenly spaced in log10; a and b are the end values themselves."""
    low, high, count = _ends("logspace", given)
    if low <= 0 or high <= 0:
        message = f"takes positive ends in {{logspace: [a, b, n]}}; got {shown(given)}."
        raise Mismatch(message)
    exponents = _spaced(math.log10(low), math.log10(high), count)
    inner = [_tidied(10.0**exponent) for exponent in exponents[1:-1]]
    return [low, *inner, high][:count]


def _ends(form: str, given: Any) -> tuple[float, float, int]:
    message = (
        f"takes {{{form}: [a, b, n]}} with two finite numbers and a whole number n of "
        f"at least 1; got {shown(given)}."
    )
    if not isinstance(given, list) or len(given) != 3:
        raise Mismatch(message)
    low, high, count = given
    if type(count) is not int or count < 1:
        raise Mismatch(message)
    if type(low) not in (int, float) or type(high) not in (int, float):
        raise Mismatch(message)
    try:
        low, high = float(low), float(high)
    except OverflowError:
        raise Mismatch(message) from None
    if not (math.isfinite(low) and math.isfinite(high)):
        raise Mismatch(message)
    _check_count(count)
    return low, high, count


def _check_count(count: int) -> None:
    if count > MOST:
        message = f"has {count:,} values; an axis may have {MOST:,} at most."
        raise Mismatch(message)


def _spaced(low: float, high: float, count: int) -> list[float]:
    """`count` values from `low` to `high`, both included; `low` alone for one."""
    if count == 1:
        return [low]
    parts = count - 1
    # Weights instead of a step: no overflow between the largest floats.
    inner = [low * (1 - i / parts) + high * (i / parts) for i in range(1, parts)]
    return [low, *map(_tidied, inner), high]


def _tidied(value: float) -> float:
    """0.3 instead of 0.30000000000000004: the same value as a list would give."""
    return float(f"{value:.{DIGITS}g}")


_FORMS = {"range": _range, "linspace": _linspace, "logspace": _logspace}
