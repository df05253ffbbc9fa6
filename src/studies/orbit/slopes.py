"""How a learned pull falls off with distance: log-log slope and critical radius.

Newton's law is a straight line of slope −2 in ln|a| against ln r. Numpy, float64.
"""

import numpy as np
from jaxtyping import Float

Samples = Float[np.ndarray, "..."]
Points = Float[np.ndarray, " point"]

WIDTH = 0.3  # of the local slope's window in ln r [1]
TOLERANCE = 0.5  # how far from −2 a local slope may be [1]
FEWEST = 5  # samples that a window needs
TRUE_SLOPE = -2.0


def straight_line(x: Points, y: Points) -> float:
    """Slope of the least-squares line; NaN without spread or samples."""
    if x.size < 2 or np.ptp(x) == 0:
        return float("nan")
    centred = x - x.mean()
    return float(centred @ (y - y.mean()) / (centred @ centred))


def logarithms(radius: Samples, size: Samples) -> tuple[Points, Points]:
    """ln r and ln|a| of the samples that have both."""
    with np.errstate(divide="ignore", invalid="ignore"):
        x, y = np.log(np.ravel(radius)), np.log(np.ravel(size))
    valid = np.isfinite(x) & np.isfinite(y)
    return x[valid], y[valid]


def slope(radius: Samples, size: Samples) -> float:
    """Slope of ln|a| against ln r over all samples [1]; the truth is −2."""
    return straight_line(*logarithms(radius, size))


def local_slope(
    radius: Samples, size: Samples, centres: Points, width: float = WIDTH
) -> Points:
    """Slope in a window of `width` in ln r about each of `centres` [R_E].

    NaN where the window holds fewer than five samples.
    """
    x, y = logarithms(radius, size)
    slopes = np.full(centres.shape, np.nan)
    for place, centre in enumerate(np.log(centres)):
        inside = np.abs(x - centre) <= width / 2
        if inside.sum() >= FEWEST:
            slopes[place] = straight_line(x[inside], y[inside])
    return slopes


def radii(radius: Samples, count: int = 60) -> Points:
    """Centres for the windows [R_E], evenly spaced in ln r over the samples."""
    return np.geomspace(np.nanmin(radius), np.nanmax(radius), count)


def critical_radius(radius: Samples, size: Samples, radial: Samples) -> float:
    """Radius [R_E] beyond which the fall-off is wrong to the end of the data.

    Wrong is a local slope more than 0.5 from −2, or a field that points outwards on
    average in the window. Infinite when the outermost window is right.

    Args:
        radius: distance of each sample from the centre [R_E].
        size: length of its learned acceleration [R_E/TU²].
        radial: outward component of the same [R_E/TU²].
    """
    centres = radii(radius)
    wrong = np.abs(local_slope(radius, size, centres) - TRUE_SLOPE) > TOLERANCE
    wrong |= mean_in_windows(radius, radial, centres) > 0
    right = np.flatnonzero(~wrong)
    first = right[-1] + 1 if right.size else 0
    return float(centres[first]) if first < centres.size else float("inf")


def mean_in_windows(radius: Samples, values: Samples, centres: Points) -> Points:
    """Mean of `values` in the window about each centre; NaN where it is empty."""
    x, y = np.log(np.ravel(radius)), np.ravel(values)
    means = np.full(centres.shape, np.nan)
    for place, centre in enumerate(np.log(centres)):
        inside = (np.abs(x - centre) <= WIDTH / 2) & ~np.isnan(y)
        if inside.any():
            means[place] = y[inside].mean()
    return means
