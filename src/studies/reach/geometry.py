r"""Where fixed points lie: the grid that places span, and how contexts move it.

The fixed points of a grid of places, under one context, are compared with an affine
image of the workspace; the mean displacement from one context to the next is the
*translation* of the grid. Angles are between a vector and a subspace, in the space of
all units. A random vector there makes a large angle with any plane, almost a right one,
so `chance` stands beside every angle.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float


class Grid(NamedTuple):
    """The fixed points of many places under one context."""

    centre: Float[np.ndarray, " hidden"]
    axes: Float[np.ndarray, "2 hidden"]  # the first two principal components
    planar: float  # share of their variance in these two [1]
    affine: float  # share that an affine map of the workspace explains [1]
    size: float  # root of the mean squared distance from the centre [1]


class Translation(NamedTuple):
    """How a grid moves from one context to another."""

    vector: Float[np.ndarray, " hidden"]  # mean displacement
    length: float  # of it [1]
    common: float  # share of the squared displacements that is the same everywhere [1]


class Frame(NamedTuple):
    """Three principal components, to draw in; the mean belongs to points alone."""

    mean: Float[np.ndarray, " hidden"]
    axes: Float[np.ndarray, "3 hidden"]
    share: Float[np.ndarray, " 3"]  # of the variance in each [1]

    def point(self, points: Float[np.ndarray, "*n hidden"]) -> np.ndarray:
        """Coordinates of points, shape (*n, 3)."""
        return (points - self.mean) @ self.axes.T

    def vector(self, vectors: Float[np.ndarray, "*n hidden"]) -> np.ndarray:
        """Coordinates of vectors, such as rows of the readout: no mean to subtract."""
        return vectors @ self.axes.T


def grid(
    points: Float[np.ndarray, "place hidden"], places: Float[np.ndarray, "place 2"]
) -> Grid:
    """The shape of the fixed points of several places [m]; NaN rows are left out."""
    kept = np.all(np.isfinite(points), axis=-1)
    if kept.sum() < 4:  # three points lie in a plane, whatever they are
        nothing = np.full((2, points.shape[-1]), np.nan)
        return Grid(nothing[0], nothing, np.nan, np.nan, np.nan)
    points, places = points[kept], places[kept]
    centre = points.mean(axis=0)
    away = points - centre
    _, strength, axes = np.linalg.svd(away, full_matrices=False)
    total = np.sum(strength**2)
    told = places - places.mean(axis=0)
    fit = told @ np.linalg.lstsq(told, away, rcond=None)[0]
    return Grid(
        centre,
        axes[:2],
        float(np.sum(strength[:2] ** 2) / total),
        float(1 - np.sum((away - fit) ** 2) / total),
        float(np.sqrt(total / len(points))),
    )


def translation(
    before: Float[np.ndarray, "place hidden"], after: Float[np.ndarray, "place hidden"]
) -> Translation:
    """From the fixed points of one context to those of another, place by place.

    NaN where no place has both, or none moved: the two contexts are the same then.
    """
    moved = after - before
    moved = moved[np.all(np.isfinite(moved), axis=-1)]
    if not np.any(moved):
        return Translation(np.full(before.shape[-1], np.nan), np.nan, np.nan)
    vector = moved.mean(axis=0)
    apart = np.sum((moved - vector) ** 2) / np.sum(moved**2)
    return Translation(vector, float(np.linalg.norm(vector)), float(1 - apart))


def angle(
    vector: Float[np.ndarray, " hidden"], plane: Float[np.ndarray, "n hidden"]
) -> float:
    """Angle between a vector and the span of some others, 0 to 90 [degrees].

    NaN where any of them is not known, or the vector has no length.
    """
    known = np.all(np.isfinite(vector)) and np.all(np.isfinite(plane))
    if not known or not np.any(vector):
        return float("nan")
    basis = np.linalg.qr(plane.T)[0]
    inside = np.linalg.norm(basis.T @ vector) / np.linalg.norm(vector)
    return float(np.degrees(np.arccos(np.clip(inside, 0, 1))))


def chance(dimensions: int, plane: int, share: float) -> float:
    """The angle that a share of random vectors does not reach [degrees].

    The squared cosine between a random vector and a fixed plane of `plane` of the
    `dimensions` dimensions has a beta distribution.
    """
    from scipy.stats import beta

    square = beta.ppf(1 - share, plane / 2, (dimensions - plane) / 2)
    return float(np.degrees(np.arccos(np.sqrt(square))))


def frame(points: Float[np.ndarray, "*n hidden"]) -> Frame:
    """The three principal components of points; NaN rows are left out."""
    flat = points.reshape(-1, points.shape[-1])
    flat = flat[np.all(np.isfinite(flat), axis=-1)]
    mean = flat.mean(axis=0)
    _, strength, axes = np.linalg.svd(flat - mean, full_matrices=False)
    share = strength**2 / np.sum(strength**2)
    return Frame(mean, axes[:3], share[:3])


def invariance(
    shifted: Float[np.ndarray, "place *more hidden"],
) -> Float[np.ndarray, "*more"]:
    """How much of a response is the same at all places: 1 is all, 0 is nothing.

    The squared mean response over the mean squared response.
    """
    same = np.sum(np.mean(shifted, axis=0) ** 2, axis=-1)
    whole = np.mean(np.sum(shifted**2, axis=-1), axis=0)
    return np.asarray(same / whole)
