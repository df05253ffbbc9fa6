"""From four planets to a fifth: networks of the inner planets, tested on Jupiter.

The accelerations that teach and judge are differences of DE421's positions (see
`solar_system`); Newton's law is used nowhere. Units are AU and sqrt(AU³/GM of the Sun).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from studies.evidence import Group, markdown
from studies.orbit import readings, solar_system
from studies.orbit.law import Law, regress
from studies.orbit.learning import fit
from studies.orbit.metrics import predict
from studies.orbit.orbit_sets import OrbitSet
from studies.orbit.recipes import Recipe

LATER = 3650.0  # days after J2000.0 at which the planets that validate are seen
Row = dict[str, Any]


class Sky(NamedTuple):
    """What is learned from, what judges a training, and what is predicted."""

    inner: OrbitSet
    later: OrbitSet  # the same planets, ten years later
    jupiter: OrbitSet


def sky(points: int = 360) -> Sky:
    """The inner planets twice, and Jupiter over one of its revolutions.

    Raises:
        MissingExtraError: the extra `ephemerides` is not installed.
    """
    return Sky(
        solar_system.planets(points=points),
        solar_system.planets(points=points, start=LATER),
        solar_system.planets(("Jupiter",), points=points),
    )


def measured_error(
    guess: Float[np.ndarray, "orbit time axes"], orbits: OrbitSet
) -> float:
    """Mean error against the accelerations that positions give [%].

    Raises:
        ValueError: the set has no such accelerations.
    """
    if orbits.estimated is None:
        msg = f"{orbits.name} has no measured accelerations: use `set_of_positions`."
        raise ValueError(msg)
    keep, axes = orbits.mask, guess.shape[-1]
    return readings.mean_percent(guess[keep], orbits.estimated[keep][:, :axes])


def law_on(law: Law, orbits: OrbitSet) -> Float[np.ndarray, "orbit time 2"]:
    """A law's accelerations along a planar set."""
    return law(orbits.states[..., :2], orbits.states[..., 3:5])


def judge(model: Any, seen: Sky, threshold: float) -> Row:
    """Errors of one network and of its law on the planets it saw and on Jupiter [%]."""
    inner, jupiter = (
        predict(model.acceleration, x) for x in (seen.inner, seen.jupiter)
    )
    law = regress(*readings.planar(seen.inner, inner.predicted), threshold)
    return {
        "words": law.words,
        "newton": law.is_newton,
        "terms": len(law.names),
        "network_inner": measured_error(inner.predicted, seen.inner),
        "network_jupiter": measured_error(jupiter.predicted, seen.jupiter),
        "law_inner": measured_error(law_on(law, seen.inner), seen.inner),
        "law_jupiter": measured_error(law_on(law, seen.jupiter), seen.jupiter),
    }


def learn(
    recipe: Recipe,
    architecture: Row,
    seen: Sky,
    seeds: list[int],
    threshold: float,
    report: Callable[..., None] | None = None,
) -> list[Row]:
    """Train a network a seed on the inner planets and judge each.

    Args:
        recipe: how to train; acceleration matching.
        architecture: what `models.build` needs.
        seen: what is learned from, and what is predicted.
        seeds: of the networks.
        threshold: smallest share of the mean |a| that keeps a term [1].
        report: told how many steps are done.
    """
    result = fit(recipe, architecture, seen.inner, seen.later, seeds, report=report)
    members = range(len(seeds))
    return [
        {"seed": seeds[place]} | judge(result.member(place), seen, threshold)
        for place in members
    ]


RECORDED = {
    "network_inner": "error on the inner planets of networks trained on them",
    "network_jupiter": "error on Jupiter of networks trained on the inner planets",
    "law_inner": "error on the inner planets of laws read from these networks",
    "law_jupiter": "error on Jupiter of laws read from these networks",
}


def in_words(planets: Group) -> str:
    """What the networks and their laws say of Jupiter, and the laws themselves."""
    rows = [
        [x["seed"], f"`{x['words']}`", *(x[name] for name in RECORDED)] for x in planets
    ]
    head = ["seed", "law", "network, inner planets [%]", "network, Jupiter [%]"]
    return markdown([*head, "law, inner planets [%]", "law, Jupiter [%]"], rows, text=2)
