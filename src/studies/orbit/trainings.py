"""What one training amounts to, in sentences that are true of any source of orbits.

Orbits of a user's own file are not drawn, and of a file with one orbit none is left for
validation; a training may diverge, or end without having learned anything.
"""

from collections.abc import Collection
from pathlib import PurePath

import numpy as np

from studies.evidence import Summary, counted, number
from studies.orbit.batches import Sets
from studies.orbit.kepler import invariants
from studies.orbit.tasks import OrbitSet

NAMED = 6  # orbits that a sentence names
STEADY = 1e-3  # [%] change of an orbit's energy that rounding and integration leave
ZERO_FIELD = 100.0  # [%] error of a field that is zero everywhere
NONE_LEFT = (
    "no other orbit is left for validation, so it uses the training orbit and no error "
    "on unseen orbits can be told"
)
REMEDY = (
    "Try another learning rate, more steps, or layers that are given more of the law."
)


def stuck(error: float) -> bool:
    """Whether the error on training orbits [%] is that of a field of zero, or more."""
    return bool(error >= ZERO_FIELD)


def outcome(state: str, error: float) -> str:
    """How a training ended, "stuck" where it reached its end and learned nothing.

    Args:
        state: of the trainer.
        error: of its last parameters on the training orbits [%].
    """
    return "stuck" if state == "trained" and stuck(error) else state


def of_data(sets: Sets, data_file: str, orbits: int, space: bool = True) -> str:
    """What is used for training and what for validation.

    Args:
        sets: of the first data seed.
        data_file: a user's own file, or "".
        orbits: how many would have been drawn [1].
        space: whether models move in three dimensions.
    """
    samples = counted(int(sets.training.mask.sum()), "sample")
    text = f"{counted(len(sets.training), 'orbit')} with {samples}"
    text += f" {'is' if len(sets.training) == 1 else 'are'} for training"
    others = f", {counted(len(sets.validation), 'other')} for validation"
    text += f"{others if sets.independent else f'; {NONE_LEFT}'}."
    if data_file:
        text += (
            f" Orbits are read from {PurePath(data_file).name}, so that `family`, "
            f"`orbits` ({orbits}) and `points` have no effect."
        )
        text += _who(sets) + _of_plane(space) + _of_energy(sets.true)
    return f"{text}{of_velocities(sets.true)}"


def _who(sets: Sets) -> str:
    """Which orbits of a file judge; empty where none does, or where they are many."""
    names = sets.validation.names
    if not sets.independent or len(names) > NAMED:
        return ""
    return f" Validation uses {' and '.join(names)}."


def _of_plane(space: bool) -> str:
    """That models know no motion out of a plane, where it is so."""
    if space:
        return ""
    return (
        " As `space` is false, each orbit is turned about the centre into the plane "
        "z = 0, and a model knows no motion out of it."
    )


def _of_energy(orbits: OrbitSet) -> str:
    """How far a file departs from two bodies, which are the truth that judges."""
    spans = []
    for states, there in zip(orbits.states, orbits.mask, strict=True):
        energy = invariants(states[there]).energy
        spans.append(100 * np.ptp(energy) / abs(np.mean(energy)))
    if max(spans) < STEADY:
        return ""
    return (
        f" Along an orbit the energy of two bodies varies by up to "
        f"{number(float(max(spans)))} %, by noise or by other forces. The true "
        "acceleration is that of two bodies alone, so that an error below that share "
        "says little."
    )


def of_velocities(orbits: OrbitSet) -> str:
    """How well velocities are known that a file did not hold; empty where it did."""
    if orbits.velocity_error is None:
        return ""
    return (
        " The file holds positions alone: velocities were taken from them by "
        f"differences and are wrong by at most about {number(orbits.velocity_error)} %."
    )


def of_reference(orbit: OrbitSet, data_file: str) -> str:
    """When the rollout of the reference orbit ends, as a sentence begins."""
    if not data_file:
        return "After one period"
    time = orbit.time[0, orbit.mask[0]]
    periods = (time[-1] - time[0]) / orbit.periods[0]
    return f"At the last sample of {orbit.names[0]} ({number(periods)} periods on)"


def of_training(
    errors: Collection[float],
    held_out: Collection[float],
    sets: Sets,
    bound: float,
    prior: str,
) -> str:
    """Whether a setting learned, as predicted or not.

    Args:
        errors: on a model's training orbits [%], of those that reached their last step.
        held_out: of the same models on validation orbits [%].
        sets: the orbits of the first data seed.
        bound: what is expected of the first [%].
        prior: what the layers take for granted.
    """
    own = Summary.of(errors)
    if not own.n:
        return f"**Every training diverged**: this setting learns nothing. {REMEDY}"
    lost = [error for error in errors if stuck(error)]
    text = f"Over {counted(own.n, 'trained model')} the median acceleration error"
    text += f" on the training orbits is **{number(own.median)} %**"
    if len(lost) == own.n:
        return (
            f"**No training learned anything.** {text}, and a field of zero has "
            f"{ZERO_FIELD:g} %. {REMEDY}"
        )
    held = "as predicted, below" if own.median <= bound else "against the prediction,"
    held += "" if own.median <= bound else " above"
    text += f": {held} the {bound:g} % expected of such layers ({prior}). "
    if lost:
        text += f"{counted(len(lost), 'model')} learned nothing. "
    return text + _held_out(own.median, Summary.of(held_out).median, sets)


def _held_out(own: float, other: float, sets: Sets) -> str:
    """How much worse other orbits are; or why that cannot be told."""
    if not sets.independent:
        return f"The other prediction cannot be judged: {NONE_LEFT}."
    drawn = sets.validation.seed is not None
    which = "orbits drawn independently" if drawn else "other orbits of the file"
    gap = other / own if own > 0 else np.inf
    twice = "at least the" if gap >= 2 else "against the prediction less than the"
    return (
        f"On {which} it is **{number(other)} %**, {number(gap)} times as large: "
        f"{twice} expected factor of two."
    )
