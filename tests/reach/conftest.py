"""The tests here run with strict JAX, and many on one untrained model."""

import jax
import pytest

import strict_jax  # noqa: F401

# Nothing of `studies` is imported above the fixtures: before the first test is
# collected, its shapes and types would go unchecked.


@pytest.fixture(scope="session")
def model():
    """A model of 12 units that is told a context, in a loop of 20 steps."""
    from studies.reach import steady
    from studies.reach.loop import Loop
    from studies.reach.models import build

    controller = build(hidden=12, context=True, key=jax.random.key(3))
    return steady.Model({}, controller, Loop(steps=20))


@pytest.fixture(scope="session")
def resting(model):
    """Its fixed points with the hand at rest, by context and at nine places."""
    from studies.reach import grids

    return grids.Resting.of(model, [0.0, 2.0], 3, repeats=1, anywhere=0)
