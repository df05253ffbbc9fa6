r"""The circular restricted three-body problem, in float64 numpy.

Two bodies circle each other; a third without mass moves in the frame that turns with
them. Lengths are in their distance, times such that they turn once in 2π, so their
masses are 1 − μ at (−μ, 0, 0) and μ at (1 − μ, 0, 0) (Szebehely 1967, chapter 1):

$$\ddot x=2\dot y+\Omega_x,\quad\ddot y=-2\dot x+\Omega_y,\quad\ddot z=\Omega_z,\qquad
\Omega=\tfrac12(x^2+y^2)+\frac{1-\mu}{r_1}+\frac{\mu}{r_2}.$$

The Jacobi constant $C=2\Omega-v^2$ is conserved. The pull depends on the velocity
(Coriolis), other than Newton's. Every function takes states [distance, distance/TU].
"""

import numpy as np
from jaxtyping import Bool, Float
from scipy.optimize import brentq

from studies.orbit.kepler import Numbers, States, Vectors

MASS_RATIO = 0.01215058  # μ of Earth and Moon [1]
DISTANCE = 384400.0  # [km] between them
MONTH = 2 * np.pi  # [TU] one revolution of the two bodies
POINTS = ("L1", "L2", "L3", "L4", "L5")

# Starts: within a disc about the centre of mass, Jacobi constants about those of the
# libration points (L1 3.188, L2 3.172, L3 3.012, L4 and L5 2.988).
LARGEST = 1.2  # [distance]
JACOBI = (2.95, 3.2)
OUT_OF_PLANE = 0.2  # [distance] largest |z| of a start in space
# A path is kept that stays outside these radii of the two bodies and inside the last.
NEAREST = (0.2, 0.05)  # [distance]
FARTHEST = 1.6  # [distance]


def distances(states: States, mass_ratio: float = MASS_RATIO) -> tuple:
    """Distances r₁ and r₂ to the larger and the smaller body."""
    offset = np.array([mass_ratio, 0.0, 0.0])
    larger = np.linalg.norm(states[..., :3] + offset, axis=-1)
    smaller = np.linalg.norm(states[..., :3] + offset - [1.0, 0.0, 0.0], axis=-1)
    return larger, smaller


def acceleration(states: States, mass_ratio: float = MASS_RATIO) -> Vectors:
    """Acceleration in the turning frame [distance/TU²]."""
    x, y = states[..., 0], states[..., 1]
    velocity = states[..., 3:]
    offset = np.array([mass_ratio, 0.0, 0.0])
    to_larger = states[..., :3] + offset
    to_smaller = to_larger - [1.0, 0.0, 0.0]
    larger, smaller = (r[..., None] for r in distances(states, mass_ratio))
    pull = -(1 - mass_ratio) * to_larger / larger**3 - mass_ratio * to_smaller / (
        smaller**3
    )
    zero = np.zeros_like(x)
    turning = [x + 2 * velocity[..., 1], y - 2 * velocity[..., 0], zero]
    return pull + np.stack(turning, axis=-1)


def jacobi(states: States, mass_ratio: float = MASS_RATIO) -> Numbers:
    """Jacobi constant C = 2Ω − v² [1]."""
    larger, smaller = distances(states, mass_ratio)
    plane = states[..., 0] ** 2 + states[..., 1] ** 2
    potential = 2 * (1 - mass_ratio) / larger + 2 * mass_ratio / smaller
    return plane + potential - np.sum(states[..., 3:] ** 2, axis=-1)


def jacobi_drift(states: States, mass_ratio: float = MASS_RATIO) -> Numbers:
    """Change of the Jacobi constant since the start, relative to its size there [%]."""
    constant = np.asarray(jacobi(states, mass_ratio))
    return 100 * (constant - constant[..., :1]) / np.abs(constant[..., :1])


def by_piece(drift: Float[np.ndarray, "orbit time"], pieces: int = 10) -> np.ndarray:
    """Change of a drift over equal pieces of an arc, shape (orbit, piece).

    The changes of an arc add up to its whole drift.
    """
    edges = np.linspace(0, drift.shape[1] - 1, pieces + 1).round().astype(int)
    return np.diff(drift[:, edges], axis=1)


def libration_points(mass_ratio: float = MASS_RATIO) -> dict[str, np.ndarray]:
    """The five points at rest in the turning frame, as states without velocity."""

    def along(x: float) -> float:
        return float(acceleration(np.array([x, 0, 0, 0, 0, 0]), mass_ratio)[0])

    near, gap = 1 - mass_ratio, 1e-3
    places = [
        (brentq(along, -mass_ratio + gap, near - gap, xtol=1e-15), 0.0),
        (brentq(along, near + gap, 2.0, xtol=1e-15), 0.0),
        (brentq(along, -2.0, -mass_ratio - gap, xtol=1e-15), 0.0),
        (0.5 - mass_ratio, np.sqrt(3) / 2),
        (0.5 - mass_ratio, -np.sqrt(3) / 2),
    ]
    return {
        name: np.array([x, y, 0.0, 0.0, 0.0, 0.0])
        for name, (x, y) in zip(POINTS, places, strict=True)
    }


def starts(uniform: Float[np.ndarray, "try 6"], space: bool) -> States:
    """Start states from uniform numbers in [0, 1); NaN where C allows no motion."""
    radius, angle = LARGEST * np.sqrt(uniform[:, 0]), 2 * np.pi * uniform[:, 1]
    height = OUT_OF_PLANE * (2 * uniform[:, 4] - 1) * space
    constant = JACOBI[0] + (JACOBI[1] - JACOBI[0]) * uniform[:, 2]
    states = np.zeros((len(uniform), 6))
    states[:, 0], states[:, 1] = radius * np.cos(angle), radius * np.sin(angle)
    states[:, 2] = height
    with np.errstate(invalid="ignore"):
        speed = np.sqrt(np.asarray(jacobi(states)) - constant)
    heading, sine = 2 * np.pi * uniform[:, 3], (2 * uniform[:, 5] - 1) * space
    level = speed * np.sqrt(1 - sine**2)
    states[:, 3], states[:, 4] = level * np.cos(heading), level * np.sin(heading)
    states[:, 5] = speed * sine
    return states


def inside(states: States) -> Bool[np.ndarray, "*batch"]:
    """Whether states are clear of both bodies and not too far out."""
    larger, smaller = distances(states)
    radius = np.linalg.norm(states[..., :3], axis=-1)
    return (larger > NEAREST[0]) & (smaller > NEAREST[1]) & (radius < FARTHEST)
