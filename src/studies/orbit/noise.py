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
FEWEST = 5  # models of a recipe that make a win clear


def recipe_of(row: Mapping[str, Any]) -> str:
    """What a model's training did with its samples, in words."""
    words = "smoothed" if row.get("smoothing") == "local" else "as seen"
    if row["loss"] == MATCHING:
        return f"matching, {words}"
    length = surveys.plain(row["segment_lengths"])
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


def ranked(table: pd.DataFrame, level: float, observed: str) -> pd.DataFrame:
    """Recipes at one noise level, best median first; see `surveys.summary`."""
    noise = table["position_noise"].to_numpy(float)
    own = table[
        np.isclose(noise, level, rtol=1e-6, atol=0) & (table["observed"] == observed)
    ]
    return surveys.summary(pd.DataFrame(own), "recipe")


def verdict(table: pd.DataFrame, level: float, observed: str) -> str:
    """Which recipe wins at a noise level, against the next one and the prediction."""
    ranks = ranked(table, level, observed)
    best = str(ranks.index[0])
    words = (
        f"With {observed} observed and noise of {level:.0e}, **{best}** is best: "
        f"median error {surveys.said(dict(ranks.iloc[0]))} [%]"
    )
    if len(ranks) == 1:
        return f"{words}; there is no other recipe to compare with."
    noise = table["position_noise"].to_numpy(float)
    here = table[np.isclose(noise, level, rtol=1e-6, atol=0)]
    here = pd.DataFrame(here[here["observed"] == observed])
    own = surveys.chosen(here, {"recipe": best})
    other = surveys.chosen(here, {"recipe": ranks.index[1]})
    share = surveys.win_share(own, other, "mean_100")
    enough = min(len(own), len(other)) >= FEWEST
    sure = "within the spread over seeds and training orbits"
    if share >= 0.95:
        sure = "a clear win" if enough else "too few models to be sure"
    expected = "matching, smoothed"
    as_said = "as predicted" if best == expected else f"not {expected} as predicted"
    return (
        f"{words}, against {surveys.said(dict(ranks.iloc[1]))} [%] of {ranks.index[1]} "
        f"({sure}: better in {100 * share:.0f} % of pairs); {as_said}."
    )
