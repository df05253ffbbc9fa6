"""Each term of the loss against a trial worked out by hand."""

import equinox as eqx
import jax
import jax.numpy as jnp
import pytest

from studies.reach.loop import Course
from studies.reach.losses import (
    Weights,
    reach_loss,
    readout_norm,
    readout_norm_loss,
)
from studies.reach.models import build
from studies.reach.tasks import Trial

# Three states and two control steps on a line, from 0 to a goal at 1; two hidden units.
TRIAL = Trial(
    start=jnp.zeros(2),
    goal=jnp.array([1.0, 0.0]),
    curl=jnp.zeros(()),
    force=jnp.zeros(2),
    context=jnp.zeros(()),
)
NONE = jnp.zeros((2, 4))
COURSE = Course(
    position=jnp.array([[0.0, 0.0], [0.5, 0.0], [1.0, 2.0]]),
    velocity=jnp.array([[0.0, 0.0], [9.0, 9.0], [3.0, 4.0]]),
    command=jnp.array([[1.0, 2.0], [3.0, 0.0]]),
    output=jnp.full((2, 2), 99.0),  # free of noise: the loss looks at the command
    hidden=jnp.array([[0.5, -0.5], [1.0, 0.0]]),
    feedback=NONE,
    outside=jnp.zeros((2, 2)),
    sensory_noise=NONE,
)
BY_HAND = {
    "position": (1 / 2) ** 6 * 0.25 + 1.0 * 4.0,
    "velocity": 25.0,
    "command": 1e-5 * (5.0 + 9.0),
    "hidden": 1e-5 * (0.5 + 1.0),
}


def test_the_terms_of_a_reach_are_those_worked_out_by_hand():
    terms = reach_loss(COURSE, TRIAL, Weights())
    assert {name: float(x) for name, x in terms.items()} == pytest.approx(BY_HAND)


@pytest.mark.parametrize("name", BY_HAND)
def test_a_weight_scales_its_own_term(name):
    default = Weights()
    weights = default._replace(**{name: 3.0 * getattr(default, name)})
    terms = reach_loss(COURSE, TRIAL, weights)
    expected = BY_HAND | {name: 3 * BY_HAND[name]}
    assert {name: float(x) for name, x in terms.items()} == pytest.approx(expected)


def test_in_a_delayed_reach_the_aim_is_the_start_until_movement():
    waiting = TRIAL._replace(epochs=jnp.array([0, 1, 2]))  # movement from state 2 on
    terms = reach_loss(COURSE, waiting, Weights(fixation=2.0))
    assert float(terms["fixation"]) == pytest.approx(2.0 * 0.25)
    assert float(terms["position"]) == pytest.approx((1 / 2) ** 6 * 0.25 + 4.0)
    longer = TRIAL._replace(epochs=jnp.array([0, 1, 3]))
    terms = reach_loss(COURSE, longer, Weights())
    assert float(terms["position"]) == pytest.approx((1 / 2) ** 6 * 0.25 + 5.0)


def test_the_norm_of_the_readout_is_drawn_to_two():
    model = build(hidden=4, key=jax.random.key(0))
    weight = jnp.array([[3.0, 0.0, 0.0, 0.0], [0.0, 4.0, 0.0, 0.0]])
    model = eqx.tree_at(lambda x: x.readout.weight, model, weight)
    assert float(readout_norm(model)) == pytest.approx(5.0)
    assert float(readout_norm_loss(model, 0.01)) == pytest.approx(0.01 * 9.0)
