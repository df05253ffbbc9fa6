"""An untrained model of reach that is told a context, and its fixed points at rest."""

from functools import cache

import jax

from studies.reach import grids, steady
from studies.reach.loop import Loop
from studies.reach.models import build


@cache
def untrained(steps: int = 20) -> steady.Model:
    """A model of 12 units in a loop of so many steps."""
    controller = build(hidden=12, context=True, key=jax.random.key(3))
    return steady.Model({}, controller, Loop(steps=steps))


@cache
def at_rest() -> grids.Resting:
    """Its fixed points with the hand at rest, by context and at nine places."""
    return grids.Resting.of(untrained(), [0.0, 2.0], 3, repeats=1, anywhere=0)
