"""Learning from noisy orbits: what recipes are called, and what they have to work with.

A *recipe* is what is done with the samples: accelerations matched or segments retraced,
from samples as seen or from local polynomials (`observing`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from studies.orbit import surveys, tasks

MATCHING = "acceleration_matching"


def recipe_of(row: Mapping[str, Any]) -> str:
    """What a model's training did with its samples, in words."""
    words = "smoothed" if row.get("smoothing") == "local" else "as seen"
    if row["loss"] == MATCHING:
        return f"matching, {words}"
    length = surveys.alone(row["segment_lengths"])
    return f"retracing {length} samples, {words}"


def level_of(row: Mapping[str, Any]) -> str:
    """The deviation of a position as a category of an axis [R_E]."""
    return f"{float(row.get('position_noise', 0.0)):.0e}".replace("0e+00", "0")


def relative(estimated: np.ndarray, true: np.ndarray) -> float:
    """Mean length of a difference over the true length [%], where both are known."""
    gap = np.linalg.norm(estimated - true, axis=-1) / np.linalg.norm(true, axis=-1)
    return 100 * float(np.nanmean(gap))


def label_errors(
    levels: Sequence[float], data_seed: int = 1, orbits: int = 10, points: int = 360
) -> pd.DataFrame:
    """Errors of estimated velocity and acceleration [%] by noise and estimator.

    Positions [R_E] and velocities [R_E/TU] have the same deviation.
    """
    true = tasks.orbit_set("complex", orbits, data_seed, points=points)
    rows = []
    for level in levels:
        seen = tasks.add_noise(true, level, level, seed=data_seed)
        for observed in tasks.OBSERVED:
            for smoothing in tasks.SMOOTHING:
                deviations = {"position": level, "velocity": level}
                found = tasks.estimate(
                    seen, observed=observed, smoothing=smoothing, **deviations
                )
                rows.append(
                    {
                        "noise [R_E]": level,
                        "observed": observed,
                        "smoothing": smoothing,
                        "velocity [%]": relative(
                            found.states[..., 3:], true.states[..., 3:]
                        ),
                        "acceleration [%]": acceleration_error(found, true),
                    }
                )
    return pd.DataFrame(rows)


def acceleration_error(seen: tasks.OrbitSet, true: tasks.OrbitSet) -> float:
    """Mean error of the labels that acceleration matching would get [%]."""
    if seen.estimated is not None:
        return relative(seen.estimated, true.acceleration)
    exact = true.acceleration[:, 1:-1].reshape(-1, 3)
    return relative(tasks.acceleration_labels(seen).acceleration, exact)
