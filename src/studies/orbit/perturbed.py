r"""Perturbed two-body motion in float64 numpy: the Earth's oblateness and the air.

Oblateness: the potential $-1/r\,[1-J_2\,r^{-2}(3\sin^2\phi-1)/2]$ with $\sin\phi=z/r$
(Vallado 2013, section 8.7; mu = R_E = 1). Drag: $-\tfrac12\rho\,B\,|v|\,v$ with
$B=C_DA/m$ and an exponential atmosphere that does not turn with the Earth (Vallado
2013, section 8.6.2). Every function takes states [R_E, R_E/TU].
"""

import numpy as np
from jaxtyping import Float

from studies.orbit.kepler import EARTH_RADIUS, Elements, Numbers, States, Vectors
from studies.orbit.kepler import gravity as newton

J2 = 1.08263e-3  # of the Earth [1] (EGM 96)

BASE_ALTITUDE = 300.0  # [km] where the density is known (Vallado 2013, table 8-4)
BASE_DENSITY = 2.418e-11  # [kg/m³] there
SCALE_HEIGHT = 53.628  # [km] over which it falls e-fold, there
BALLISTIC = 2.0  # B = C_D A/m [m²/kg] of a light balloon; a compact satellite has 0.02


def oblateness(states: States, strength: float = 1.0) -> Vectors:
    """Acceleration of `strength` [1] times the Earth's J2, without Newton's."""
    position = states[..., :3]
    square = np.sum(position**2, axis=-1, keepdims=True)
    height = 5 * position[..., 2:] ** 2 / square
    factor = 1.5 * strength * J2 * square**-2.5  # 3/2 J2 / r⁵
    return factor * position * (height - np.array([1.0, 1.0, 3.0]))


def density(radius: Numbers) -> Numbers:
    """Density of the air [kg/m³] at `radius` [R_E]."""
    altitude = (radius - 1) * EARTH_RADIUS
    return BASE_DENSITY * np.exp((BASE_ALTITUDE - altitude) / SCALE_HEIGHT)


def drag(states: States, strength: float = 1.0) -> Vectors:
    """Acceleration of the air on a balloon of `strength` times `BALLISTIC`."""
    velocity = states[..., 3:]
    radius = np.linalg.norm(states[..., :3], axis=-1, keepdims=True)
    speed = np.linalg.norm(velocity, axis=-1, keepdims=True)
    # [kg/m³] · [m²/kg] · [m/R_E] makes 1/R_E
    rate = 0.5 * density(radius) * strength * BALLISTIC * EARTH_RADIUS * 1e3
    return -rate * speed * velocity


def oblate(states: States, strength: float = 1.0) -> Vectors:
    """Acceleration about an oblate Earth [R_E/TU²]."""
    return newton(states[..., :3]) + oblateness(states, strength)


def dragged(states: States, strength: float = 1.0) -> Vectors:
    """Acceleration about a round Earth in its air [R_E/TU²]."""
    return newton(states[..., :3]) + drag(states, strength)


def oblate_energy(states: States, strength: float = 1.0) -> Numbers:
    """Specific energy about an oblate Earth [R_E²/TU²], constant on an orbit."""
    radius = np.linalg.norm(states[..., :3], axis=-1)
    sine = states[..., 2] / radius
    bulge = strength * J2 * (3 * sine**2 - 1) / (2 * radius**3)
    return np.sum(states[..., 3:] ** 2, axis=-1) / 2 - 1 / radius + bulge


def secular_rates(
    elements: Elements, strength: float = 1.0
) -> tuple[Float[np.ndarray, "*batch"], Float[np.ndarray, "*batch"]]:
    """Mean rates of node and periapsis argument under J2 [rad/TU], to first order.

    With p = a(1 − e²) and n = a^(−3/2): −3/2 n J2/p² cos i and
    3/4 n J2/p² (5 cos² i − 1) (Vallado 2013, equations 9-37 and 9-39).
    """
    a, e, tilt = elements[..., 0], elements[..., 1], elements[..., 2]
    scale = strength * J2 * a**-1.5 / (a * (1 - e**2)) ** 2
    cosine = np.cos(tilt)
    return -1.5 * scale * cosine, 0.75 * scale * (5 * cosine**2 - 1)
