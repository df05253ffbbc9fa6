"""A table's row: everything that is reported of one model on one set of orbits."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from studies.orbit import distributions, inside, rollouts, slopes
from studies.orbit.metrics import (
    PerSample,
    Predictions,
    angles,
    direction_flips,
    output_features,
    output_flips,
    predict,
    radial_sign_error,
    share,
)
from studies.orbit.orbit_sets import OWN, POINTS, OrbitSet, join

SPAN = "span"  # label of a rollout over a user's own samples

UNITS = {
    "mean": "%",
    "median": "%",
    "std": "%",
    "q1": "%",
    "q3": "%",
    "p95": "%",
    "orbit_mean": "%",
    "orbit_median": "%",
    "orbit_std": "%",
    "orbit_q1": "%",
    "orbit_q3": "%",
    "orbit_p95": "%",
    "angle": "deg",
    "collinearity": "deg",
    "radial_sign": "%",
    "direction_flips": "%",
    "output_flips": "%",
    "not_finite": "%",
    "skewness": "1",
    "sk1": "1",
    "sk2": "1",
    "bowley": "1",
    "outliers": "1",
    "outlier_share": "%",
    "slope": "1",
    "critical_radius": "R_E",
    "divergence": "1/TU",
    "velocity_sensitivity": "1/TU",
    "fastest_rate": "1/TU",
    "rate_spread": "1",
}
ROLLOUT_UNITS = {  # with `_<periods>` or `_span` behind the name
    "lost": "%",
    "position": "%",
    "final_position": "%",
    "final_velocity": "%",
    "rmse": "R_E",
    "energy_drift": "%",
    "final_energy_drift": "%",
    "momentum_drift": "%",
    "phase_lead": "deg",
}

# What a table of models shows of each test set, in this order.
STATISTICS = (
    *("mean", "median", "p95", "orbit_median", "angle", "radial_sign"),
    *("direction_flips", "output_flips", "skewness", "sk1", "sk2", "bowley"),
    *("outlier_share", "slope", "critical_radius", "velocity_sensitivity"),
)
# Scraps of each model and test set: name → entry of the row.
SCRAPS = {
    "error": "mean",
    "median_error": "median",
    "orbit_error": "orbit_median",
    "angle": "angle",
    "radial_sign": "radial_sign",
    "output_flips": "output_flips",
    "skewness": "skewness",
    "slope": "slope",
}
ROLLOUT_COLUMNS = ("position", "final_position", "energy_drift", "phase_lead", "lost")


def unit_of(name: str) -> str:
    """Unit of an entry of a table's row."""
    stem, _, label = name.rpartition("_")
    return ROLLOUT_UNITS[stem] if label.isdigit() or label == SPAN else UNITS[name]


class Judgement(NamedTuple):
    """What one model makes of one set of orbits."""

    row: dict[str, float]  # see `UNITS` and `ROLLOUT_UNITS`
    errors: PerSample  # of each sample's acceleration [%]
    orbit_errors: Float[np.ndarray, " orbit"]  # their mean for each orbit [%]


def judge(
    model: Any,
    sets: Mapping[str, OrbitSet],
    *,
    points: int = POINTS,
    periods: tuple[int, ...] = (1, 3),
    solver: str = "fast",
) -> dict[str, Judgement]:
    """All that a table says of a model on each of several sets.

    Sets with equally many samples are evaluated together, so that models of one
    structure compile once. Generated orbits are rolled out over `periods` periods of
    `points` samples; a user's own samples over the span of their file.

    Args:
        model: has `acceleration`, `output_features`, and is its own derivative.
        sets: name → orbits.
        points: samples a period of a rollout [1].
        periods: after how many periods a rollout is reported.
        solver: of rollouts, "fast" or "reference".
    """
    judged = {}
    for names in grouped(sets).values():
        joined = join([sets[name] for name in names])
        predictions = predict(model.acceleration, joined)
        outputs = output_features(model, joined)
        matrices = inside.jacobians(model, joined)
        rolled = rollouts_of(model, joined, points, periods, solver)
        start = 0
        for name in names:
            rows = slice(start, start + len(sets[name]))
            start = rows.stop
            row = table_row(predictions.take(rows))
            row["output_flips"] = output_flips(outputs[0][rows], outputs[1][rows])
            row |= inside.field_row(matrices[rows])
            for label, (true, states) in rolled.items():
                orbits = true.take(np.arange(len(joined))[rows])
                some = points if label != SPAN else None
                row |= rollouts.rollout_row(orbits, states[rows], label, some)
            some = predictions.take(rows)
            judged[name] = Judgement(row, some.errors, some.orbit_errors)
    return {name: judged[name] for name in sets}


def pooled(
    judged: Mapping[str, Mapping[str, Judgement]], models: Sequence[str], kind: str
) -> dict[str, np.ndarray]:
    """Test set → errors of all these models together [%].

    Args:
        judged: model → test set → judgement.
        models: names of those that are pooled; at least one.
        kind: "errors", of samples, or "orbit_errors".
    """
    return {
        place: np.concatenate(
            [np.ravel(getattr(judged[m][place], kind)) for m in models]
        )
        for place in judged[models[0]]
    }


def grouped(sets: Mapping[str, OrbitSet]) -> dict[tuple[bool, int], list[str]]:
    """Names of the sets that have equally many samples and are of one kind."""
    groups: dict[tuple[bool, int], list[str]] = {}
    for name, orbits in sets.items():
        key = (orbits.family == OWN, orbits.time.shape[1])
        groups.setdefault(key, []).append(name)
    return groups


def rollouts_of(
    model: Any,
    orbits: OrbitSet,
    points: int,
    periods: tuple[int, ...],
    solver: str,
) -> dict[str, tuple[OrbitSet, Float[np.ndarray, "orbit time 6"]]]:
    """Label → true orbits and rollout: one rollout, cut after each of the periods."""
    if orbits.family == OWN:
        return {SPAN: (orbits, rollouts.roll_out(model, orbits, solver))}
    longest = rollouts.continued(orbits, max(periods), points)
    states = rollouts.roll_out(model, longest, solver)
    ends = {number: number * points + 1 for number in periods}
    return {
        str(number): (longest.until(end), states[:, :end])
        for number, end in ends.items()
    }


def table_row(predictions: Predictions) -> dict[str, float]:
    """What a table says of a field on a set, pointwise on true states; see `UNITS`."""
    pools = {"": predictions.errors, "orbit_": predictions.orbit_errors}
    row = {
        prefix + name: value
        for prefix, pool in pools.items()
        for name, value in distributions.summary(pool).items()
    }
    size = np.linalg.norm(predictions.predicted, axis=-1)
    radius = np.linalg.norm(predictions.position, axis=-1)
    collinearity = angles(predictions.position, predictions.predicted)
    return (
        row
        | distributions.shape(predictions.errors)
        | {
            "angle": mean_of(predictions.angles),
            "collinearity": mean_of(collinearity),
            "radial_sign": radial_sign_error(
                predictions.position, predictions.predicted
            ),
            "direction_flips": direction_flips(predictions.predicted),
            "not_finite": share(~np.isfinite(size), predictions.mask),
            "slope": slopes.slope(radius, size),
            "critical_radius": slopes.critical_radius(radius, size, predictions.radial),
        }
    )


def mean_of(values: PerSample) -> float:
    """Mean of the values that are not NaN; NaN when there is none."""
    x = distributions.present(values)
    return float(x.mean()) if x.size else float("nan")
