"""Learning the residual: the measured acceleration minus Newton's, −p/r³.

Two bodies explain all but 0.2 % of the motion of a low satellite, less than a network
errs by. So the network learns the rest alone, times a thousand, and J2 is read off what
it says on a satellite that it has not seen. Positions only; see `satellites`.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from studies.orbit import read_off
from studies.orbit.differences import set_of_positions
from studies.orbit.kepler import gravity
from studies.orbit.learning import fit
from studies.orbit.metrics import predict
from studies.orbit.orbit_sets import OrbitSet, TaskError
from studies.orbit.recipes import Recipe
from studies.orbit.tasks import System, orbit_set

SCALE = 1000.0  # [1] of the labels, so that a network need not say tiny numbers
Row = dict[str, Any]


class Split(NamedTuple):
    """What is learned from, what chooses the best parameters, what judges."""

    training: OrbitSet
    validation: OrbitSet
    test: OrbitSet


def residual(orbits: OrbitSet) -> OrbitSet:
    """The set with a thousand times what Newton's field leaves as its label."""
    if orbits.estimated is None:
        msg = f"{orbits.name} has no measured accelerations: use `set_of_positions`."
        raise TaskError(msg)
    rest = orbits.estimated - gravity(orbits.states[..., :3])
    return replace(orbits, estimated=SCALE * rest)


def generated(
    orbits: int, data_seed: int, *, strength: float = 1.0, points: int = 360
) -> OrbitSet:
    """Low orbits about an oblate Earth, seen by their positions alone.

    Args:
        orbits: how many.
        data_seed: of their elements.
        strength: times the Earth's J2 [1].
        points: samples a revolution [1].
    """
    drawn = orbit_set(
        "simple",
        orbits,
        data_seed,
        space=True,
        points=points,
        system=System("j2", strength),
    )
    steps = [float(time[1] - time[0]) for time in drawn.time]
    paths = list(drawn.states[..., :3])
    return set_of_positions(drawn.name, drawn.names, paths, steps, family="simple")


def check_apart(training: OrbitSet, test: OrbitSet) -> None:
    """Refuses a satellite that is in both sets.

    Raises:
        TaskError: with the names of those that are.
    """
    both = sorted(set(training.names) & set(test.names))
    if both:
        msg = f"Trained on and tested as well: {', '.join(both)}."
        raise TaskError(msg)


def errors_on(
    guess: Float[np.ndarray, "orbit time 3"], orbits: OrbitSet
) -> Float[np.ndarray, " orbit"]:
    """Error of each orbit over the size of its label, root mean squares [%]."""
    label = orbits.estimated
    if label is None:
        msg = f"{orbits.name} has no measured accelerations: use `set_of_positions`."
        raise TaskError(msg)
    gap = np.nansum((guess - label) ** 2, axis=(1, 2))
    return 100 * np.sqrt(gap / np.nansum(label**2, axis=(1, 2)))


def judge(model: Any, test: OrbitSet, j2: float) -> Row:
    """What a network of the residual says on orbits that it has not seen.

    Args:
        model: trained on labels of `residual`.
        test: as `residual` gives it.
        j2: of the true body [1].
    """
    guess = predict(model.acceleration, test).predicted
    keep = test.mask
    position, said = test.states[keep][:, :3], guess[keep] / SCALE
    found = read_off.pattern(position, said, j2)
    return {
        "left": float(np.median(errors_on(guess, test))),
        "j2_gap": 100 * abs(read_off.j2_of(position, said) / j2 - 1),
        "power": found.power,
        "is_oblateness": found.is_oblateness,
        "pattern_gap": found.gap,
        "words": found.words,
    }


def learn(
    split: Split,
    layers: Row,
    seeds: Sequence[int],
    steps: int,
    report: Callable[..., None] | None = None,
) -> list[Any]:
    """Networks of one setting, a seed each, with the parameters that validate best.

    Args:
        split: sets with labels; no orbit of the test set may be in the training set.
        layers: `features` and `output_layer`.
        seeds: one network each.
        steps: of the optimiser.
        report: told how many are done.

    Raises:
        TaskError: an orbit is in both sets.
    """
    check_apart(split.training, split.test)
    check_apart(split.validation, split.test)
    architecture = {"activation": "silu", "width": 64, "depth": 2, "space": True}
    recipe = Recipe(steps=[steps])
    result = fit(
        recipe,
        architecture | layers,
        split.training,
        split.validation,
        list(seeds),
        report=report,
    )
    return [result.best(place) for place in range(len(seeds))]
