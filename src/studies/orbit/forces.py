"""What moves an orbit: the named systems, and their paths in float64.

A system says the true acceleration at a state, which states are acceptable, and how
long an orbit is followed. Where there is no closed form, truth is the explicit
Runge-Kutta method of order 8 with step-size control (DOP853; Hairer, Nørsett and Wanner
1993) at a relative tolerance of 1e-13.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from jaxtyping import Bool, Float
from scipy.integrate import solve_ivp

from studies.orbit import perturbed, threebody
from studies.orbit.kepler import (
    EARTH_RADIUS,
    Elements,
    States,
    Vectors,
    gravity,
    period,
)

SystemName = Literal["two_body", "j2", "drag", "three_body"]
SYSTEMS: tuple[str, ...] = get_args(SystemName)

RELATIVE, ABSOLUTE = 1e-13, 1e-14  # tolerances of the truth
TOGETHER = 8  # orbits that share the steps of one integration
SCOUT = 600  # steps of the integration that only says whether a path is kept
FARTHEST = 100.0  # [R_E] beyond it a path counts as lost
LOWEST_IN_AIR = 1 + 120 / EARTH_RADIUS  # [R_E] below it a path counts as burnt up

Times = Float[np.ndarray, "orbit time"]
Paths = Float[np.ndarray, "orbit time 6"]

ACCELERATIONS: dict[str, Callable[[States, float], Vectors]] = {
    "two_body": lambda states, _: gravity(states[..., :3]),
    "j2": perturbed.oblate,
    "drag": perturbed.dragged,
    "three_body": lambda states, _: threebody.acceleration(states),
}


@dataclass(frozen=True)
class System:
    """A field by name, `two_body` unless said otherwise.

    `strength` [1] multiplies the Earth's J2, or the balloon's drag; other systems have
    none and keep 1.

    Raises:
        ValueError: no such system, or a strength that it does not have.
    """

    name: str = "two_body"
    strength: float = 1.0

    def __post_init__(self):
        if self.name not in SYSTEMS:
            known = ", ".join(SYSTEMS)
            message = f"`system` {self.name!r} is unknown; it is one of {known}."
            raise ValueError(message)
        if self.strength < 0 or (not self.perturbed and self.strength != 1):
            message = (
                f"`strength` {self.strength} makes no sense for `{self.name}`: j2 and "
                "drag take any number from 0, other systems only 1 [1]."
            )
            raise ValueError(message)

    @property
    def perturbed(self) -> bool:
        """Whether this is Newton's field with something small added."""
        return self.name in {"j2", "drag"}

    @property
    def closed(self) -> bool:
        """Whether paths have a closed form: Kepler's orbits."""
        return self.name == "two_body"

    def acceleration(self, states: States) -> Vectors:
        """True acceleration at states [R_E/TU²], float64; NaN where a state is."""
        return ACCELERATIONS[self.name](np.asarray(states, float), self.strength)

    def span(self, elements: Elements) -> Float[np.ndarray, "*batch"]:
        """How long one orbit is followed [TU]: its period at the start, or a month."""
        if self.name == "three_body":
            return np.full(elements.shape[:-1], threebody.MONTH)
        return np.asarray(period(elements[..., 0]))

    def keeps(self, states: States) -> Bool[np.ndarray, "*batch"]:
        """Whether states are clear of every body, and of the densest air."""
        if self.name == "three_body":
            return threebody.inside(states)
        lowest = LOWEST_IN_AIR if self.name == "drag" else 1.0
        radius = np.linalg.norm(states[..., :3], axis=-1)
        return (radius >= lowest * (1 - 1e-12)) & (radius < FARTHEST)


TWO_BODY = System()


def rate(system: System, states: States) -> States:
    """Rate of change of states [R_E/TU, R_E/TU²]."""
    return np.concatenate([states[..., 3:], system.acceleration(states)], axis=-1)


def kept(
    system: System, starts: States, span: Float[np.ndarray, " orbit"]
) -> Bool[np.ndarray, " orbit"]:
    """Which paths stay where `system.keeps` them for `span` [TU].

    Fixed Runge-Kutta steps of order four; a path that left is not followed any more.
    """
    states, step = starts.copy(), (span / SCOUT)[:, None]
    alive = np.isfinite(starts).all(axis=-1) & system.keeps(np.nan_to_num(starts))
    with np.errstate(all="ignore"):  # what runs away is found, and not followed
        for _ in range(SCOUT):
            own, h = states[alive], step[alive]
            first = rate(system, own)
            second = rate(system, own + h / 2 * first)
            third = rate(system, own + h / 2 * second)
            fourth = rate(system, own + h * third)
            states[alive] = own + h / 6 * (first + 2 * second + 2 * third + fourth)
            alive[alive] = system.keeps(states[alive])
            if not alive.any():
                break
    return alive


def integrate(system: System, starts: States, time: Times) -> Paths:
    """States at `time` [TU] after `starts`, shape (orbit, time, 6), time from zero on.

    Orbits go in groups, on a common clock from 0 to 1.

    Raises:
        ArithmeticError: the integration gave up, as it does in a collision.
    """
    groups = range(0, len(starts), TOGETHER)
    parts = [
        _together(system, starts[k : k + TOGETHER], time[k : k + TOGETHER])
        for k in groups
    ]
    return np.concatenate(parts)


def _together(system: System, starts: States, time: Times) -> Paths:
    span = time[:, -1:]
    clock = time[0] / time[0, -1]

    def slope(_: float, flat: np.ndarray) -> np.ndarray:
        return (span * rate(system, flat.reshape(starts.shape))).ravel()

    found = solve_ivp(
        slope,
        (0.0, 1.0),
        starts.ravel(),
        method="DOP853",
        t_eval=clock,
        rtol=RELATIVE,
        atol=ABSOLUTE,
    )
    if not found.success:
        message = f"The path in `{system.name}` could not be followed: {found.message}"
        raise ArithmeticError(message)
    return np.moveaxis(found.y.reshape(*starts.shape, -1), -1, 1)
