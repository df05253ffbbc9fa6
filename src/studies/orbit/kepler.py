"""Two-body orbits in closed form: elements, states and time, in float64 numpy.

Elements are ordered as `ELEMENTS`: semi-major axis [R_E], eccentricity [1], then
inclination, right ascension of the node, argument of periapsis and true anomaly [rad].
States are position [R_E] then velocity [R_E/TU]. mu = 1 in these units. Nothing here
needs jax, so the planner's checks and the file loader can use it.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

EARTH_RADIUS = 6378.137  # R_E [km], equatorial (WGS 84)
EARTH_MU = 398600.4418  # mu [km³/s²] (WGS 84, EGM 96)
GEO_RADIUS = 42164.0  # [km] geostationary radius
LOW_RADIUS = EARTH_RADIUS + 200.0  # [km] lowest radius of a generated semi-major axis
TIME_UNIT = (EARTH_RADIUS**3 / EARTH_MU) ** 0.5  # TU [s]
SPEED_UNIT = EARTH_RADIUS / TIME_UNIT  # [km/s]
ACCELERATION_UNIT = SPEED_UNIT / TIME_UNIT  # [km/s²]

ELEMENTS = (
    "semi_major_axis",
    "eccentricity",
    "inclination",
    "ascending_node",
    "periapsis_argument",
    "true_anomaly",
)

SINGULAR = 1e-11  # below this a node or a periapsis has no direction [1]

States = Float[np.ndarray, "*batch 6"]
Elements = Float[np.ndarray, "*batch 6"]
Vectors = Float[np.ndarray, "*batch 3"]
Numbers = Float[np.ndarray, "*batch"] | float  # numpy makes floats of 0-d arrays


class KeplerError(ValueError):
    """An orbit that is not an ellipse, or an equation that did not converge."""


class Invariants(NamedTuple):
    """What two-body motion conserves, one entry per state."""

    energy: Numbers  # v²/2 − 1/r [R_E²/TU²]
    angular_momentum: Vectors  # p × v [R_E²/TU]
    eccentricity_vector: Vectors  # v × h − p/r, towards periapsis [1]


def period(semi_major_axis: Numbers) -> Numbers:
    """Time of one revolution [TU] on an orbit of this semi-major axis [R_E]."""
    return 2 * np.pi * semi_major_axis**1.5


def solve_kepler(
    mean_anomaly: Numbers, eccentricity: Numbers, tolerance: float = 1e-14
) -> Numbers:
    """Eccentric anomaly E [rad] with E − e sin E = M, by Newton's iteration.

    M [rad] may be any real number; E comes back in the same revolution. The start is M,
    or the middle of the revolution when e > 0.8 (Curtis 2013, algorithm 3.1).

    Raises:
        KeplerError: e outside [0, 1), or no convergence in 60 iterations.
    """
    mean, e = np.broadcast_arrays(
        np.asarray(mean_anomaly, float), np.asarray(eccentricity, float)
    )
    if not np.all((e >= 0) & (e < 1)):
        msg = f"`eccentricity` must lie in [0, 1) [1]; got {e.min()} … {e.max()}."
        raise KeplerError(msg)
    turns = np.floor(mean / (2 * np.pi)) * 2 * np.pi
    mean = mean - turns
    angle = np.where(e > 0.8, np.pi, mean)
    for _ in range(60):
        step = (angle - e * np.sin(angle) - mean) / (1 - e * np.cos(angle))
        angle = angle - step
        if np.max(np.abs(step), initial=0.0) < tolerance * 10:
            return angle + turns
    msg = "Kepler's equation did not converge in 60 iterations; is e close to 1?"
    raise KeplerError(msg)


def eccentric_from_true(true_anomaly: Numbers, eccentricity: Numbers) -> Numbers:
    """Eccentric anomaly [rad] of a true anomaly [rad], in (−π, π]."""
    half = true_anomaly / 2
    return 2 * np.arctan2(
        np.sqrt(1 - eccentricity) * np.sin(half),
        np.sqrt(1 + eccentricity) * np.cos(half),
    )


def mean_from_true(true_anomaly: Numbers, eccentricity: Numbers) -> Numbers:
    """Mean anomaly [rad] of a true anomaly [rad]."""
    eccentric = eccentric_from_true(true_anomaly, eccentricity)
    return eccentric - eccentricity * np.sin(eccentric)


def true_from_mean(mean_anomaly: Numbers, eccentricity: Numbers) -> Numbers:
    """True anomaly [rad] in [0, 2π) of a mean anomaly [rad]."""
    half = solve_kepler(mean_anomaly, eccentricity) / 2
    sine = np.sqrt(1 + eccentricity) * np.sin(half)
    return 2 * np.arctan2(sine, np.sqrt(1 - eccentricity) * np.cos(half)) % (2 * np.pi)


def perifocal_axes(elements: Elements) -> tuple[Vectors, Vectors]:
    """Unit vectors to periapsis and 90° ahead of it, in the inertial frame."""
    _, _, tilt, node, argument, _ = np.moveaxis(elements, -1, 0)
    cos_node, sin_node = np.cos(node), np.sin(node)
    cos_arg, sin_arg = np.cos(argument), np.sin(argument)
    cos_tilt, sin_tilt = np.cos(tilt), np.sin(tilt)
    ahead = [
        -cos_node * sin_arg - sin_node * cos_arg * cos_tilt,
        -sin_node * sin_arg + cos_node * cos_arg * cos_tilt,
        cos_arg * sin_tilt,
    ]
    towards = [
        cos_node * cos_arg - sin_node * sin_arg * cos_tilt,
        sin_node * cos_arg + cos_node * sin_arg * cos_tilt,
        sin_arg * sin_tilt,
    ]
    return np.stack(towards, axis=-1), np.stack(ahead, axis=-1)


def states_from_eccentric(elements: Elements, eccentric: Numbers) -> States:
    """States on the orbits `elements` where the eccentric anomaly is `eccentric` [rad].

    p = a(cos E − e) P + b sin E Q and its time derivative (Curtis 2013, chapter 3).
    """
    a, e = elements[..., 0], elements[..., 1]
    towards, ahead = perifocal_axes(elements)
    minor = a * np.sqrt(1 - e**2)  # semi-minor axis b [R_E]
    cos, sin = np.cos(eccentric), np.sin(eccentric)
    rate = a**-1.5 / (1 - e * cos)  # dE/dt [1/TU]
    along, across = a * (cos - e), minor * sin
    position = along[..., None] * towards + across[..., None] * ahead
    along, across = -a * sin * rate, minor * cos * rate
    velocity = along[..., None] * towards + across[..., None] * ahead
    return np.concatenate([position, velocity], axis=-1)


def states_from_elements(elements: Elements) -> States:
    """States at the true anomalies that the elements name."""
    elements = np.asarray(elements, float)
    return states_from_eccentric(
        elements, eccentric_from_true(elements[..., 5], elements[..., 1])
    )


def propagate(
    elements: Float[np.ndarray, "*batch 6"], time: Float[np.ndarray, "*batch time"]
) -> Float[np.ndarray, "*batch time 6"]:
    """States at `time` [TU] after the moment to which the elements belong."""
    elements = np.asarray(elements, float)[..., None, :]
    a, e, true = elements[..., 0], elements[..., 1], elements[..., 5]
    mean = mean_from_true(true, e) + time * a**-1.5
    eccentric = solve_kepler(mean, np.broadcast_to(e, mean.shape))
    shape = (*mean.shape, 6)
    return states_from_eccentric(np.broadcast_to(elements, shape), eccentric)


def gravity(position: Vectors) -> Vectors:
    """Newton's acceleration −p/r³ [R_E/TU²] at positions [R_E], in float64."""
    return -position / np.linalg.norm(position, axis=-1, keepdims=True) ** 3


def invariants(states: States) -> Invariants:
    """Energy, angular momentum and eccentricity vector of states."""
    position, velocity = states[..., :3], states[..., 3:]
    radius = np.linalg.norm(position, axis=-1)
    energy = np.sum(velocity**2, axis=-1) / 2 - 1 / radius
    momentum = np.cross(position, velocity)
    vector = np.cross(velocity, momentum) - position / radius[..., None]
    return Invariants(energy, momentum, vector)


def elements_from_states(states: States) -> Elements:
    """Elements of closed orbits through states.

    Where the node has no direction (motion in the xy plane) it is put on the x axis,
    and where the periapsis has none (a circle) it is put on the node.

    Raises:
        KeplerError: a state whose orbit is not closed (energy ≥ 0), or falls straight.
    """
    states = np.asarray(states, float)
    position = states[..., :3]
    energy, momentum, vector = invariants(states)
    size = np.linalg.norm(momentum, axis=-1, keepdims=True)
    if np.any(energy >= 0) or np.any(size < SINGULAR):
        msg = "Elements need closed orbits: energy < 0 and motion not purely radial."
        raise KeplerError(msg)
    normal = momentum / size
    level = np.hypot(normal[..., 0], normal[..., 1])
    zero = np.zeros_like(level)
    node = np.stack([-normal[..., 1], normal[..., 0], zero], axis=-1)
    flat = (level < SINGULAR)[..., None]
    node = np.where(flat, [1.0, 0.0, 0.0], node)
    eccentricity = np.linalg.norm(vector, axis=-1)
    periapsis = np.where((eccentricity < SINGULAR)[..., None], node, vector)
    columns = [
        -1 / (2 * energy),
        np.where(eccentricity < SINGULAR, 0.0, eccentricity),
        np.arctan2(level, normal[..., 2]),
        np.arctan2(node[..., 1], node[..., 0]) % (2 * np.pi),
        signed_angle(node, periapsis, normal),
        signed_angle(periapsis, position, normal),
    ]
    return np.stack(columns, axis=-1)


def signed_angle(start: Vectors, end: Vectors, normal: Vectors) -> Numbers:
    """Angle [rad] in [0, 2π) from `start` to `end`, right-handed about `normal`."""
    sine = np.sum(np.cross(start, end) * normal, axis=-1)
    return np.arctan2(sine, np.sum(start * end, axis=-1)) % (2 * np.pi)
