r"""The law as a formula: the few terms that describe an acceleration field.

Sequentially thresholded least squares (Brunton, Proctor and Kutz 2016, PNAS 113:3932)
over a library of 19 terms: $r^0\dots r^{-5}$ along the radial direction $\hat R$ and
the transverse one $\hat T$, $r^0\dots r^{-3}$ times the velocity, and three terms of
$v^2$. A term stays while its share of the mean magnitude of the acceleration is at
least a threshold, so that terms of different units compare. The truth of two bodies is
the one term $-\mu r^{-2}\hat R$.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

POWERS = range(6)  # of 1/r along R̂ and T̂
DAMPED = range(4)  # of 1/r times the velocity
LEAST = 0.5  # of the variance; terms that explain less are no law
ROUNDS = 20  # of fitting and dropping; far fewer settle it


@dataclass(frozen=True)
class Law:
    """The terms that remain, in the order of the library."""

    names: tuple[str, ...]
    coefficients: Float[np.ndarray, " term"]
    shares: Float[np.ndarray, " term"]  # of the mean |a| [1]
    explained: float  # share of the acceleration's variance [1]

    def __call__(
        self,
        position: Float[np.ndarray, "*state 2"],
        velocity: Float[np.ndarray, "*state 2"],
    ) -> Float[np.ndarray, "*state 2"]:
        """The law's acceleration; zero where no term is left."""
        terms = library(position, velocity)
        total = np.zeros(np.shape(position))
        for name, coefficient in zip(self.names, self.coefficients, strict=True):
            total = total + coefficient * terms[name]
        return total

    @property
    def words(self) -> str:
        """The law as an equation."""
        parts = [
            f"{coefficient:+.5g} {name}"
            for name, coefficient in zip(self.names, self.coefficients, strict=True)
        ]
        return "a = " + (" ".join(parts) if parts else "0")

    @property
    def is_newton(self) -> bool:
        """Whether exactly the inverse square along R̂ is left, and it attracts."""
        return self.names == ("r⁻² R̂",) and bool(self.coefficients[0] < 0)


@dataclass(frozen=True)
class PowerLaw:
    """The radial part as $-\\mu\\,r^{n}$, by a straight line through its logarithm."""

    exponent: float
    mu: float


def library(
    position: Float[np.ndarray, "*state 2"], velocity: Float[np.ndarray, "*state 2"]
) -> dict[str, Float[np.ndarray, "*state 2"]]:
    """Every term by name, for planar states in units where a radius of 1 is usual."""
    r = np.linalg.norm(position, axis=-1, keepdims=True)
    radial = position / r
    transverse = np.stack([-radial[..., 1], radial[..., 0]], axis=-1)
    speed = np.linalg.norm(velocity, axis=-1, keepdims=True)
    terms = {}
    for name, way in (("R̂", radial), ("T̂", transverse)):
        terms |= {_named(power, name): way / r**power for power in POWERS}
    terms |= {_named(power, "v"): velocity / r**power for power in DAMPED}
    return terms | {
        "v² R̂": speed**2 * radial,
        "v² T̂": speed**2 * transverse,
        "|v| v": speed * velocity,
    }


def _named(power: int, what: str) -> str:
    raised = "⁰¹²³⁴⁵"[power]
    return what if power == 0 else f"r⁻{raised} {what}"


def regress(
    position: Float[np.ndarray, "state 2"],
    velocity: Float[np.ndarray, "state 2"],
    acceleration: Float[np.ndarray, "state 2"],
    threshold: float = 0.05,
) -> Law:
    """The terms of the library that the acceleration is made of; none for noise.

    Args:
        position: of each state.
        velocity: of each state.
        acceleration: to be explained, by a network or by the truth.
        threshold: smallest share of the mean |a| that keeps a term [1].
    """
    terms = library(position, velocity)
    names = np.array(list(terms))
    columns = np.stack([term.reshape(-1) for term in terms.values()], axis=1)
    target = acceleration.reshape(-1)
    # Each column is scaled to the share that a coefficient of 1 would have.
    magnitude = np.mean(np.linalg.norm(acceleration, axis=-1))
    sizes = [np.mean(np.linalg.norm(term, axis=-1)) for term in terms.values()]
    columns = columns * (magnitude / np.array(sizes))
    kept = np.ones(len(names), bool)
    shares = np.zeros(len(names))
    for _ in range(ROUNDS):
        shares = _fit(columns, target, kept)
        stays = kept & (np.abs(shares) >= threshold)
        if np.array_equal(stays, kept):
            break
        kept = stays
    rest = target - columns @ shares
    explained = float(1 - rest.var() / target.var())
    if explained < LEAST:  # powers of r are so alike that together they fit noise
        kept = np.zeros_like(kept)
    return Law(
        names=tuple(map(str, names[kept])),
        coefficients=(shares * magnitude / np.array(sizes))[kept],
        shares=np.abs(shares[kept]),
        explained=explained,
    )


def _fit(
    columns: Float[np.ndarray, "row term"],
    target: Float[np.ndarray, " row"],
    kept: Bool[np.ndarray, " term"],
) -> Float[np.ndarray, " term"]:
    """Least squares on the terms that are kept, zero for the others."""
    shares = np.zeros(len(kept))
    if kept.any():
        shares[kept] = np.linalg.lstsq(columns[:, kept], target, rcond=None)[0]
    return shares


def power_law(
    position: Float[np.ndarray, "state 2"], acceleration: Float[np.ndarray, "state 2"]
) -> PowerLaw:
    """Exponent and strength of the radial attraction.

    States where the acceleration points outwards have no logarithm and are left out.

    Raises:
        ValueError: fewer than two states are attracted.
    """
    r = np.linalg.norm(position, axis=-1)
    inward = -np.sum(acceleration * position, axis=-1) / r
    attracted = inward > 0
    if attracted.sum() < 2:
        message = (
            f"{attracted.sum()} of {len(r)} states are attracted: no power law can be "
            "fitted to fewer than two."
        )
        raise ValueError(message)
    slope, height = np.polyfit(np.log(r[attracted]), np.log(inward[attracted]), 1)
    return PowerLaw(float(slope), float(np.exp(height)))
