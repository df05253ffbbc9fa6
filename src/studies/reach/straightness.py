"""The context at which a path is straightest, trial by trial, with bounds.

A deviation from the straight path is known at a few contexts, the same for each trial.
If it falls to a single minimum and rises again, the minimum lies between the neighbours
of the lowest known one: these are its bounds. The estimate within them is the vertex of
the parabola through the three. Where the lowest one is at an end of the contexts, the
minimum may lie anywhere beyond, and the bound on that side is infinite.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

FEWEST = 3  # contexts through which a parabola goes [1]
BAND = (0.1, 0.9)  # quantiles over trials that a summary gives [1]


class Straightest(NamedTuple):
    """Where a deviation is least; NaN where it is not known at every context."""

    context: Float[np.ndarray, "*trial"]  # an end of the contexts where it is beyond
    lowest: Float[np.ndarray, "*trial"]  # bounds
    highest: Float[np.ndarray, "*trial"]
    saved: Float[np.ndarray, "*trial"]  # share of the largest deviation [1]
    ends: tuple[float, float]  # the lowest and the highest context

    @property
    def below(self) -> Bool[np.ndarray, "*trial"]:
        """Trials whose minimum is at or below the lowest context."""
        return np.asarray(self.lowest == -np.inf)

    @property
    def above(self) -> Bool[np.ndarray, "*trial"]:
        """Trials whose minimum is at or above the highest context."""
        return np.asarray(self.highest == np.inf)


def straightest(
    contexts: Float[np.ndarray, " context"],
    deviation: Float[np.ndarray, "*trial values"],
) -> Straightest:
    """Where each trial's deviation is least, exactly so if it is quadratic in context.

    Args:
        contexts: ascending [1].
        deviation: of the path from a straight one, not negative, in any unit.

    Raises:
        ValueError: fewer than three contexts, not ascending, or of another number than
            the deviations.
    """
    at = np.asarray(contexts, float)
    values = np.asarray(deviation, float)
    if len(at) < FEWEST or not (np.diff(at) > 0).all() or values.shape[-1] != len(at):
        message = (
            f"`contexts` must be at least {FEWEST}, ascending, and one for each of the "
            f"{values.shape[-1]} deviations of a trial; got {at.tolist()}."
        )
        raise ValueError(message)
    known = np.asarray(np.isfinite(values).all(axis=-1))
    values = np.where(known[..., None], values, 0.0)
    place = np.argmin(values, axis=-1)
    middle = np.clip(place, 1, len(at) - 2)
    low, here, high = (
        np.take_along_axis(values, (middle + side)[..., None], -1)[..., 0]
        for side in (-1, 0, 1)
    )
    left, right = at[middle] - at[middle - 1], at[middle + 1] - at[middle]
    # Slopes to both sides; their weighted difference is the parabola's curvature.
    down, up = (here - low) / left, (high - here) / right
    curved = up - down
    inside = (place == middle) & (curved > 0)
    slope = (down * right + up * left) / (left + right)
    step = -slope * (left + right) / (2 * np.where(inside, curved, 1.0))
    best = np.where(inside, at[middle] + step, at[place])
    least, most = values.min(axis=-1), values.max(axis=-1)
    saved = np.where(most > 0, 1 - least / np.where(most > 0, most, 1.0), 0.0)
    ends = np.concatenate([[-np.inf], at, [np.inf]])  # neighbours of every place
    parts = (best, ends[place], ends[place + 2], saved)
    told = (float(at[0]), float(at[-1]))
    return Straightest(*(np.where(known, x, np.nan) for x in parts), ends=told)


class Summary(NamedTuple):
    """What the straightest contexts of many trials amount to."""

    median: float  # [1]
    lowest: float  # the quantiles of `BAND`; ±inf where the minimum lies beyond
    highest: float
    below: float  # share of the trials with it at or below the lowest context [1]
    above: float  # share with it at or above the highest one [1]
    saved: float  # median share of the largest deviation that is saved [1]
    trials: int  # whose deviation is known
    ends: tuple[float, float]  # the lowest and the highest context

    def __str__(self) -> str:
        ends = self._written(self.lowest), self._written(self.highest)
        middle = self._written(self.median)
        return middle if set(ends) == {middle} else f"{middle} ({ends[0]} to {ends[1]})"

    def _written(self, context: float) -> str:
        if np.isinf(context):
            return f"> {self.ends[1]:g}" if context > 0 else f"< {self.ends[0]:g}"
        return "–" if np.isnan(context) else f"{context:.2g}"


def summary(contexts: Straightest) -> Summary:
    """Median and quantiles over trials; a minimum beyond the contexts counts as ±∞.

    Because quantiles need only the order of the trials, they are exact in spite of the
    minima that lie beyond, and infinite only where these are too many.
    """
    known = ~np.isnan(contexts.context)
    ranked = np.where(
        contexts.above, np.inf, np.where(contexts.below, -np.inf, contexts.context)
    )
    values = ranked[known]
    if not values.size:
        return Summary(*[np.nan] * 6, trials=0, ends=contexts.ends)
    low, middle, high = np.quantile(
        values, (BAND[0], 0.5, BAND[1]), method="inverted_cdf"
    )
    return Summary(
        float(middle),
        float(low),
        float(high),
        float(contexts.below[known].mean()),
        float(contexts.above[known].mean()),
        float(np.median(contexts.saved[known])),
        int(known.sum()),
        contexts.ends,
    )
