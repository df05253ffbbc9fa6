"""What is reported of a rollout: errors by step, stability, variance left unexplained.

Step k (from 0) of a rollout predicts the row `start + k + 1`. An *error curve* is the
squared error averaged over neurons, one value a step; a table of them has one row for
each start. With `time_units` tu and a training horizon T_h = tu·ems, the *loss points*
are the steps m·tu - 1 that training compared with data, the *intervening* steps all
others below T_h. Errors are in squared units of the recording.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

CAP = 1e9  # a rollout beyond this is kept as this: infinity cannot be drawn
DIVERGED = 1.0  # worst-start error that counts as divergence [squared voltage]

Curve = Float[np.ndarray, " step"]
Curves = Float[np.ndarray, "start step"]


class Errors(NamedTuple):
    """One table of error curves in a few numbers; NaN where there is no such step."""

    divergence: int  # first step at which the worst start exceeds the limit
    loss_points: float  # mean over the loss points before divergence
    intervening: float  # mean over the other steps of the horizon before divergence
    beyond: float  # mean over the steps after the horizon before divergence
    window: float  # mean over the whole intervening steps, divergence or not
    final: float  # the worst start at the last step, divergence or not


def finite(mse: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """The errors with overflow and NaN replaced by `CAP`."""
    filled = np.nan_to_num(np.asarray(mse, float), nan=CAP, posinf=CAP)
    return np.minimum(filled, CAP)


def divergence_step(mse: Curves, limit: float = DIVERGED) -> int:
    """First step at which the worst start exceeds `limit`; the number of steps if none.

    Source: first_divergence_step of the stability metrics, NeuralGraph.
    """
    beyond = finite(mse).max(axis=0) > limit
    return int(np.argmax(beyond)) if beyond.any() else len(beyond)


def loss_points(time_units: int, horizon: int) -> Int[np.ndarray, " point"]:
    """Steps that training compares with data: m·tu - 1 below the horizon."""
    return np.arange(time_units - 1, horizon, time_units)


def intervening_points(time_units: int, horizon: int) -> Int[np.ndarray, " point"]:
    """Steps of the horizon that training never compares; none for time_units 1."""
    return np.setdiff1d(np.arange(horizon), loss_points(time_units, horizon))


def mean_at(curve: Curve, steps: Int[np.ndarray, " point"], until: int) -> float:
    """Mean of a curve at the steps below `until`; NaN where none is left."""
    kept = steps[(steps < until) & (steps < len(curve))]
    return float(curve[kept].mean()) if kept.size else float("nan")


def errors(
    mse: Curves, time_units: int, horizon: int, limit: float = DIVERGED
) -> Errors:
    """The numbers of a table of error curves; means are over starts and steps.

    Args:
        mse: squared errors, one row a start.
        time_units: steps between recordings.
        horizon: steps of the training window, T_h.
        limit: worst-start error that counts as divergence.
    """
    mse = finite(mse)
    curve, steps = mse.mean(axis=0), mse.shape[1]
    stop = divergence_step(mse, limit)
    between = intervening_points(time_units, horizon)
    return Errors(
        divergence=stop,
        loss_points=mean_at(curve, loss_points(time_units, horizon), stop),
        intervening=mean_at(curve, between, stop),
        beyond=mean_at(curve, np.arange(horizon, steps), stop),
        window=mean_at(curve, between, steps),
        final=float(mse[:, -1].max()),
    )


def worst_case(mse: Curves, time_units: int, horizon: int) -> Errors:
    """Errors of the worst start at each step, as the source's stability metrics."""
    return errors(finite(mse).max(axis=0, keepdims=True), time_units, horizon)


def max_intervening(mse: Curves, time_units: int) -> float:
    """Largest error of any start before the first loss point; NaN for time_units 1."""
    first = finite(mse)[:, : time_units - 1]
    return float(first.max()) if first.size else float("nan")


def mean_by_horizon(mse: Curves, horizons: Sequence[int]) -> dict[int, float]:
    """Mean over starts at some horizons [steps]: horizon h is step h - 1."""
    curve = finite(mse).mean(axis=0)
    return {h: float(curve[h - 1]) for h in horizons if 1 <= h <= len(curve)}


# Variance --------------------------------------------------------------------------


def total_variance(voltage: Float[np.ndarray, "time neuron"]) -> float:
    """Variance over time, averaged over neurons: the error of predicting the mean."""
    return float(np.var(voltage, axis=0, dtype=np.float64).mean())


def explained(
    total: Float[np.ndarray, " neuron"], unexplained: Float[np.ndarray, " neuron"]
) -> Float[np.ndarray, " neuron"]:
    """R² = 1 - var(prediction - truth) / var(truth) of each neuron; NaN if it rests."""
    resting = total <= 0
    share = unexplained / np.where(resting, 1.0, total)
    return np.where(resting, np.nan, 1.0 - share)


def by_type(
    values: Float[np.ndarray, " neuron"], type_index: Int[np.ndarray, " neuron"]
) -> Float[np.ndarray, " type"]:
    """Mean over the neurons of each type; NaN for a type without neurons."""
    kinds = int(type_index.max(initial=-1)) + 1
    sums = np.bincount(type_index, values, kinds)
    counts = np.bincount(type_index, minlength=kinds)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


# When to stop ----------------------------------------------------------------------


def should_stop(
    history: Sequence[float],
    patience: int,
    gain: float = 0.1,
    divergence: int | None = None,
    least_divergence: int = 1000,
) -> bool:
    """Whether the last `patience` values brought no improvement by the share `gain`.

    True when best(last P) > (1 - gain)·best(before). The stored rule compared the
    newest value with 0.9 times a minimum that included it, which always fires.

    Args:
        history: of the largest intervening error, oldest first.
        patience: P, how many of the newest values must improve on those before [1].
        gain: improvement that counts [1].
        divergence: the newest divergence step; stopping waits for `least_divergence`.
        least_divergence: fewest steps without divergence that a model may stop at.
    """
    if divergence is not None and divergence < least_divergence:
        return False
    before, newest = history[:-patience], history[-patience:]
    if patience < 1 or len(before) == 0:
        return False
    return min(newest) > (1 - gain) * min(before)


def stopping_place(
    history: Sequence[float], patience: int, gain: float = 0.1
) -> int | None:
    """Index of the first value at which `should_stop` holds; None if it never does."""
    places = range(1, len(history) + 1)
    stops = (n - 1 for n in places if should_stop(history[:n], patience, gain))
    return next(stops, None)
