"""Yardsticks: the best memoryless controller, after-effects, and induced gains."""

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from studies.reach import memoryless, optimal, yardsticks
from studies.reach.disturbances import Disturbance
from studies.reach.evaluation import across_fields, stack
from studies.reach.loop import Loop
from studies.reach.models import build
from studies.reach.tasks import centre_out, random_reaches

LOOP = Loop()
SHORT = Loop(steps=30)
TRIALS = 10_000


@pytest.fixture(scope="module")
def best() -> memoryless.Memoryless:
    return memoryless.solve(SHORT, memoryless.fields("curl", 1.0))


# The best controller without memory ---------------------------------------------------


@pytest.mark.parametrize(
    "field, std", [("curl", 0.0), ("curl", 1.0), ("constant", 0.3)]
)
def test_its_cost_is_the_mean_of_many_trials_in_the_closed_loop(field, std):
    """The trials are drawn as trainings draw them, not from the quadrature."""
    found = memoryless.solve(SHORT, memoryless.fields(field, std))
    reaches = random_reaches(jax.random.key(1), TRIALS)
    drawn = Disturbance(field).draw(jax.random.key(2), reaches, std)
    controller = yardsticks.single(memoryless.controller(found))
    costs = yardsticks.costs(controller, SHORT, drawn, seed=3)[0]
    error = costs.std() / np.sqrt(TRIALS)
    assert error < 0.012 * costs.mean()
    assert abs(costs.mean() - found.cost) < 3 * error


def test_fields_drawn_from_the_quadrature_cost_the_same(best):
    reaches = random_reaches(jax.random.key(1), TRIALS)
    drawn = memoryless.draw(memoryless.fields("curl", 1.0), reaches, seed=2)
    assert float(jnp.std(drawn.curl)) == pytest.approx(1.0, rel=0.03)
    controller = yardsticks.single(memoryless.controller(best))
    costs = yardsticks.costs(controller, SHORT, drawn, seed=3)[0]
    assert costs.mean() == pytest.approx(best.cost, rel=0.03)


def test_no_gains_nearby_cost_less(best):
    met = memoryless.fields("curl", 1.0)
    for seed in range(5):
        factor = np.random.default_rng(seed).uniform(0.95, 1.05, best.gain.shape)
        cost = memoryless.expected_cost(SHORT, met, factor * best.gain)
        assert cost > best.cost


def test_it_cannot_beat_the_optimal_controller_and_pays_for_having_no_filter():
    met = memoryless.fields("none", 0.0)
    found = memoryless.solve(LOOP, met)
    regulator = optimal.solve(LOOP)
    assert regulator.sensed < found.cost < 1.05 * regulator.sensed
    with_gains_of_the_optimum = memoryless.expected_cost(LOOP, met, regulator.gain + 0j)
    assert with_gains_of_the_optimum > 1.2 * found.cost


def test_without_sensory_noise_it_is_the_optimal_controller():
    blind = dataclasses.replace(LOOP, sensory_noise=0.0)
    found = memoryless.solve(blind, memoryless.fields("none", 0.0))
    regulator = optimal.solve(blind)
    assert found.cost == pytest.approx(regulator.seen, rel=1e-9)
    assert np.allclose(found.gain[1:], regulator.gain[1:])  # at first v is 0


def test_what_a_context_tells_narrows_the_fields():
    told = partial(memoryless.told, "curl", std=1.5)
    spread = {
        (method, context): float(np.sqrt(met.weight @ met.curl**2))
        for method in ("none", "bcs", "dai", "pai-asf")
        for context in (-1.0, 0.0, 0.5, 2.0)
        for met in [told(method, context=context)]
    }
    assert spread["none", 0.5] == pytest.approx(1.5)
    assert [spread["bcs", c] for c in (0.0, 2.0)] == pytest.approx([0.0, 1.5])
    for method in ("dai", "pai-asf"):
        several = [spread[method, c] for c in (-1.0, 0.0, 0.5, 2.0)]
        assert several == pytest.approx([0.0, 0.0, 0.75, 3.0])
    assert len(told("dai", context=0.5).curl) == 2  # the size is known


@pytest.mark.parametrize(
    "field, std", [("gusts", 1.0), ("curl", -1.0), ("curl", np.nan)]
)
def test_fields_that_it_is_not_worked_out_for_are_refused(field, std):
    with pytest.raises(ValueError, match="curl and constant fields"):
        memoryless.fields(field, std)


# After-effects ------------------------------------------------------------------------


def reaches(curl: float):
    trials = centre_out(1, 6)
    return trials._replace(curl=jnp.full(6, curl, jnp.float32))


def test_a_controller_without_memory_has_no_after_effect(best):
    controller = yardsticks.single(memoryless.controller(best))
    found = yardsticks.after_effects(controller, SHORT, reaches(2.0), 10)
    assert np.abs(found.released).max() < 1e-3
    assert found.flipped.shape == (1, 6)


class Adapting(memoryless.MemorylessController):
    """Adds a push to the left of its motion once it has been far from its line."""

    def __call__(self, input, hidden):
        after = super().__call__(input, hidden[:3])
        velocity = input[self.layout["feedback_velocity"]]
        across = jnp.abs(input[self.layout["feedback_position"]][1])
        seen = jnp.maximum(hidden[3], jnp.where(hidden[0] < 11, across, 0.0))
        against = 60 * seen * jnp.stack([velocity[1], -velocity[0]])
        return jnp.concatenate([after[:1], after[1:3] + against, seen[None]])

    def readout(self, hidden):
        return hidden[1:3]


def test_a_controller_that_learns_the_field_errs_to_the_other_side():
    """One that pushes against what it met; reaches along x, left is upwards."""
    gain = np.tile(np.array([8.0, 4.0], complex), (SHORT.controls, 1))
    plain = memoryless.controller(memoryless.Memoryless(gain, 0.0, True))
    adapting = Adapting(plain.gain, plain.layout, hidden_size=4)
    trials = jax.tree.map(lambda leaf: leaf[:1], reaches(2.0))
    found = yardsticks.after_effects(yardsticks.single(adapting), SHORT, trials, 10)
    robust = yardsticks.after_effects(yardsticks.single(plain), SHORT, trials, 10)
    assert found.released[0, 0] < -1
    assert found.flipped[0, 0] < robust.flipped[0, 0] - 0.5


def test_the_optimal_controller_has_only_the_after_effect_of_its_estimate():
    """Its filter remembers where it thought to be: the effect grows with the field."""
    controller = optimal.controller(LOOP, optimal.solve(LOOP))
    effects = [
        yardsticks.after_effects(yardsticks.single(controller), LOOP, reaches(b), 15)
        for b in (0.5, 1.0)
    ]
    weak, strong = (np.mean(found.released) for found in effects)
    assert 1.5 < strong / weak < 2.5


def test_a_switch_outside_the_trial_is_refused(best):
    controller = yardsticks.single(memoryless.controller(best))
    with pytest.raises(ValueError, match="from 1 to 27; got 28"):
        yardsticks.after_effects(controller, SHORT, reaches(1.0), 28)


# Costs, displacements, gains ----------------------------------------------------------


def test_members_and_variants_keep_their_places():
    regulator = optimal.solve(SHORT)
    gains = [memoryless.Memoryless(x * regulator.gain, 0.0, True) for x in (1.0, 0.5)]
    pair = stack([memoryless.controller(one) for one in gains])
    trials = across_fields(centre_out(1, 4), "curl", [0.0, 1.0, 2.0])
    aside = yardsticks.pushed_aside(pair, SHORT, trials)
    assert aside.shape == (2, 3)
    assert np.allclose(aside[:, 0], 0, atol=1e-3)
    assert np.all(np.diff(aside, axis=1) > 0)
    assert np.all(aside[1, 1:] > aside[0, 1:])  # weaker gains are pushed further


@pytest.mark.parametrize("kind", ["network", "optimal"])
def test_the_induced_gain_is_the_largest_singular_value(kind):
    loop = yardsticks.quiet(SHORT)
    controller = build(hidden=6, key=jax.random.key(1))
    if kind == "optimal":
        controller = optimal.controller(SHORT, optimal.solve(SHORT))
    trials = centre_out(1, 3)
    found = yardsticks.induced_gains(yardsticks.single(controller), SHORT, trials, 200)
    one = jax.tree.map(lambda leaf: leaf[1], trials)
    rest = jnp.zeros((loop.controls, 2), jnp.float32)
    moved = partial(yardsticks.deviation, controller, loop, one)
    dense = np.asarray(jax.jacfwd(moved)(rest)).reshape(2 * (loop.steps - 2), -1)
    largest = np.linalg.svd(dense.astype(float), compute_uv=False)[0]
    assert found.gain[0, 1] == pytest.approx(largest, rel=1e-3)
    assert found.change.max() < yardsticks.SETTLED_GAIN


def test_a_free_hand_has_the_gain_of_its_double_integral():
    """Without a controller the response is known: p_j = dt² Σ (j - 1 - i) f_i."""
    silent = memoryless.Memoryless(np.zeros((29, 2), complex), 0.0, True)
    controller = yardsticks.single(memoryless.controller(silent))
    found = yardsticks.induced_gains(controller, SHORT, centre_out(1, 2), 50)
    later = np.arange(1, 29)[:, None] - 1 - np.arange(29)[None]
    response = SHORT.dt**2 * np.maximum(later, 0)
    expected = np.linalg.svd(response, compute_uv=False)[0]
    assert found.gain == pytest.approx(np.full((1, 2), expected), rel=1e-4)
