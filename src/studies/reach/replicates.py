"""Replicates: the rule that excludes some of them.

A replicate whose measure (a loss, an error) is far worse than that of the best has
failed to learn; it is left out where results are averaged.
"""

import numpy as np
from jaxtyping import Bool, Float

RESTING = 100.0  # [%] end error of a hand that rests, of the length of the reach
BAND = 2.0  # standard deviations over replicates above the best


def stuck(end_error: float) -> bool:
    """Whether a hand ends as far from its goal as one that rests [%]."""
    return bool(end_error >= RESTING)


def outcome(state: str, end_error: float) -> str:
    """How a training ended, "stuck" where it reached its end and learned nothing.

    Args:
        state: of the trainer.
        end_error: of its best parameters [%].
    """
    return "stuck" if state == "trained" and stuck(end_error) else state


def included(
    measure: Float[np.ndarray, " replicate"],
) -> Bool[np.ndarray, " replicate"]:
    """Replicates with a measure below the best one plus two standard deviations.

    The deviation is that of a sample, so that of two replicates neither is left out for
    being second. One whose measure is not finite counts neither there nor as included;
    the best always is included.
    """
    measure = np.asarray(measure, float)
    known = np.isfinite(measure)
    if not known.any():
        return known
    best = measure[known].min()
    deviation = measure[known].std(ddof=1) if known.sum() > 1 else 0.0
    return known & ((measure < best + BAND * deviation) | (measure == best))
