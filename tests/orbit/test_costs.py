"""Costs: ways to a gradient are compared with a standard, by size and direction."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from studies.orbit import checks, costs
from studies.orbit.models import build
from studies.orbit.solvers import fast
from studies.orbit.tasks import orbit_set


def cost(gradient, spent=1.0):
    return costs.Cost(1.0, np.array(gradient), 2.0, spent)


def test_the_standard_agrees_with_itself_and_a_turned_gradient_does_not():
    ways = {
        "standard": cost([3.0, 4.0]),
        "longer": cost([6.0, 8.0], 0.5),
        "turned": cost([-4.0, 3.0], 2.0),
    }
    found = costs.table(ways, "standard")
    assert list(found["cosine"]) == [1.0, 1.0, 0.0]
    assert np.allclose(found["difference"], [0, 100, 100 * np.sqrt(2)])
    assert list(found["speed_up"]) == [1.0, 2.0, 0.5]


def test_the_near_share_counts_amounts_and_not_samples():
    radius, amount = np.array([1.0, 3.0, 5.0]), np.array([6.0, 3.0, 1.0])
    assert costs.share_near(radius, amount, below=2.0) == 60.0
    assert costs.share_near(radius, amount, below=0.5) == 0.0


def test_measuring_gives_the_loss_of_the_segments_and_times_both_calls():
    orbits = orbit_set("complex", 2, 1)
    times, states = (jnp.float32(x[:, :6]) for x in (orbits.time, orbits.states))
    layers = {"features": "rtn", "output_layer": "rtn_r2", "activation": "tanh"}
    sizes: dict[str, Any] = layers | {"width": 4, "depth": 1}
    model = build(**sizes, key=jax.random.key(0))
    found = costs.measure(fast, model, times, states, rounds=2)
    again = costs.measure(fast, model, times, states[:, :, :], rounds=1)
    assert found.loss == again.loss > 0
    assert found.gradient.shape == (4 * 4 + 4 + 4 * 2 + 2,)
    assert found.set_up > 0
    assert found.cost > 0


def test_the_ways_that_may_be_asked_for_are_those_that_exist():
    assert set(checks.WAYS) < set(costs.WAYS)
    checks.solvers_and_adjoints({"ways": list(checks.WAYS)})
    with pytest.raises(ValueError, match="choose from adaptive 1e-3"):
        checks.solvers_and_adjoints({"ways": ["Euler"]})
