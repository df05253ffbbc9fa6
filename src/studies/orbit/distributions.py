"""The shape of a sample of errors: where it lies, how it leans, what sticks out.

Numpy in float64. NaN (padding) is left out; infinities stay and are carried on, so that
a field without a value somewhere has an infinite mean error.
"""

import numpy as np
from jaxtyping import Float

Values = Float[np.ndarray, "..."]


def present(values: Values) -> Float[np.ndarray, " value"]:
    """The values that are not NaN, in one row."""
    flat = np.asarray(values, dtype=float).ravel()
    return flat[~np.isnan(flat)]


def skewness(values: Values) -> float:
    """Third standardised moment E[(x − μ)³]/σ³ [1], the biased estimate."""
    x = present(values)
    centred = x - x.mean()
    return float(np.mean(centred**3) / np.mean(centred**2) ** 1.5)


def half_sample_mode(values: Values) -> float:
    """Mode of a sample: keep the densest half until at most three values are left.

    The half-sample mode of Bickel and Frühwirth (2006), which needs no bandwidth.
    """
    x = np.sort(present(values))
    while x.size > 3:
        half = -(-x.size // 2)
        widths = x[half - 1 :] - x[: x.size - half + 1]
        start = int(np.argmin(widths))
        x = x[start : start + half]
    if x.size == 3:
        left, right = x[1] - x[0], x[2] - x[1]
        if left == right:
            return float(x[1])
        x = x[:2] if left < right else x[1:]
    return float(x.mean())


def pearson_mode_skewness(values: Values) -> float:
    """Pearson's first coefficient, (mean − half-sample mode)/σ [1]."""
    x = present(values)
    return float((x.mean() - half_sample_mode(x)) / x.std())


def pearson_median_skewness(values: Values) -> float:
    """Pearson's second coefficient, 3 (mean − median)/σ [1]."""
    x = present(values)
    return float(3 * (x.mean() - np.median(x)) / x.std())


def bowley_skewness(values: Values) -> float:
    """Quartile skewness (Q3 + Q1 − 2 Q2)/(Q3 − Q1) [1]."""
    low, middle, high = np.quantile(present(values), [0.25, 0.5, 0.75])
    return float((high + low - 2 * middle) / (high - low))


def outliers(values: Values) -> tuple[int, float]:
    """Number and share [%] of values beyond 1.5 interquartile ranges of the box."""
    x = present(values)
    low, high = np.quantile(x, [0.25, 0.75])
    reach = 1.5 * (high - low)
    count = int(np.sum((x < low - reach) | (x > high + reach)))
    return count, 100 * count / x.size


def summary(values: Values) -> dict[str, float]:
    """Mean, median, deviation, quartiles and 95th percentile, in the values' unit."""
    x = present(values)
    with np.errstate(invalid="ignore"):  # an infinite error has no deviation
        quartile = np.quantile(x, [0.25, 0.5, 0.75, 0.95])
        return {
            "mean": float(x.mean()),
            "median": float(quartile[1]),
            "std": float(x.std()),
            "q1": float(quartile[0]),
            "q3": float(quartile[2]),
            "p95": float(quartile[3]),
        }


def shape(values: Values) -> dict[str, float]:
    """Skewness four ways [1] and outliers; NaN where a sample has no spread."""
    with np.errstate(invalid="ignore", divide="ignore"):
        count, percent = outliers(values)
        return {
            "skewness": skewness(values),
            "sk1": pearson_mode_skewness(values),
            "sk2": pearson_median_skewness(values),
            "bowley": bowley_skewness(values),
            "outliers": float(count),
            "outlier_share": percent,
        }
