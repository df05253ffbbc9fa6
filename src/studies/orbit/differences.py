r"""Velocity and acceleration from positions alone, by central differences.

At equal steps $h$ the differences of order four use two positions on either side and
err by $h^4p^{(5)}/30$ and $h^4p^{(6)}/90$, those of order six use three and err by
$h^6p^{(7)}/140$ and $h^6p^{(8)}/560$ (Fornberg 1988). Float64 numpy.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from studies.orbit.orbit_sets import OrbitSet, TaskError, set_of_states

# order → weights of the first and of the second derivative
WEIGHTS = {
    4: (
        np.array([1, -8, 0, 8, -1]) / 12,
        np.array([-1, 16, -30, 16, -1]) / 12,
    ),
    6: (
        np.array([-1, 9, -45, 0, 45, -9, 1]) / 60,
        np.array([2, -27, 270, -490, 270, -27, 2]) / 180,
    ),
}


class Motion(NamedTuple):
    """What positions say at the samples that have neighbours enough."""

    position: Float[np.ndarray, "time axes"]
    velocity: Float[np.ndarray, "time axes"]
    acceleration: Float[np.ndarray, "time axes"]


def motion(
    position: Float[np.ndarray, "time axes"], step: float, order: int = 6
) -> Motion:
    """Velocity and acceleration at the inner samples of evenly spaced positions.

    Args:
        position: in any unit of length.
        step: between samples, in any unit of time.
        order: 4 or 6; two or three samples at either end are lost.

    Raises:
        TaskError: another order, a step that is not positive, too few samples, or a
            position that is not finite.
    """
    if order not in WEIGHTS:
        msg = f"`order` of differences must be 4 or 6 [1]; got {order}."
        raise TaskError(msg)
    if not step > 0:
        msg = f"`step` between samples must be positive; got {step}."
        raise TaskError(msg)
    if len(position) <= order:
        msg = (
            f"Differences of order {order} need at least {order + 1} samples; "
            f"got {len(position)}."
        )
        raise TaskError(msg)
    bad = np.flatnonzero(~np.isfinite(position).all(axis=-1))
    if bad.size:
        msg = f"Position {bad[0]} of {len(position)} is not finite."
        raise TaskError(msg)
    near = np.lib.stride_tricks.sliding_window_view(position, order + 1, axis=0)
    first, second = WEIGHTS[order]
    half = order // 2
    return Motion(position[half:-half], near @ first / step, near @ second / step**2)


def set_of_positions(
    name: str,
    names: tuple[str, ...],
    positions: list[Float[np.ndarray, "_ 3"]],
    steps: list[float],
    *,
    order: int = 6,
    family: str = "measured",
) -> OrbitSet:
    """A set of orbits whose velocities and accelerations come from positions alone.

    Args:
        name: of the set.
        names: of the orbits.
        positions: evenly spaced, in the unit of length in which mu is 1.
        steps: between the samples of each orbit, in the unit of time that goes with it.
        order: of the differences, 4 or 6.
        family: what the orbits are.

    Raises:
        TaskError: as `motion`.
    """
    found = [motion(p, h, order) for p, h in zip(positions, steps, strict=True)]
    times = [h * np.arange(len(m.position)) for m, h in zip(found, steps, strict=True)]
    states = [np.concatenate([m.position, m.velocity], axis=-1) for m in found]
    orbits = set_of_states(name, names, times, states, family)
    estimated = np.full_like(orbits.states[..., :3], np.nan)
    for row, one in enumerate(found):
        estimated[row, : len(one.acceleration)] = one.acceleration
    return OrbitSet(
        name, orbits.time, orbits.states, orbits.elements, names, family,
        estimated=estimated,
    )  # fmt: skip
