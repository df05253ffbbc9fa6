"""The optimal controller: closed form, Monte Carlo, and the published figures."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from studies.reach import optimal
from studies.reach.loop import Course, Loop, courses
from studies.reach.losses import Weights, reach_loss
from studies.reach.tasks import Trial, centre_out, random_reaches

LOOP = Loop()
QUIET = dataclasses.replace(LOOP, sensory_noise=0.0, motor_noise=0.0)
TRIALS = 20_000
WITHOUT_HIDDEN = Weights(hidden=0.0)


@pytest.fixture(scope="module")
def regulator() -> optimal.Regulator:
    return optimal.solve(LOOP)


def run(controller, loop: Loop, trials: Trial) -> Course:
    keys = jax.random.split(jax.random.key(2), trials.start.shape[0])
    return jax.jit(lambda t, k: courses(controller, loop, t, k))(trials, keys)


def cost(controller, loop: Loop) -> tuple[float, float]:
    """Mean loss over random reaches, and its standard error."""
    trials = random_reaches(jax.random.key(1), TRIALS)
    course = run(controller, loop, trials)
    terms = jax.vmap(lambda c, t: reach_loss(c, t, WITHOUT_HIDDEN))(course, trials)
    losses = np.asarray(sum(terms.values()))
    return float(losses.mean()), float(losses.std() / np.sqrt(TRIALS))


def seeing(regulator: optimal.Regulator) -> optimal.Regulator:
    """The same gains fed with the state itself: no filter, no memory."""
    whole = np.broadcast_to(np.eye(2), regulator.filter.shape)
    return regulator._replace(filter=np.asarray(whole))


def test_the_closed_form_is_the_mean_of_many_trials_within_one_percent(regulator):
    mean, error = cost(optimal.controller(LOOP, regulator), LOOP)
    assert error < 0.006 * mean
    assert mean == pytest.approx(regulator.sensed, rel=0.01)
    blind = dataclasses.replace(LOOP, sensory_noise=0.0)
    mean, _ = cost(optimal.controller(LOOP, seeing(regulator)), blind)
    assert mean == pytest.approx(regulator.seen, rel=0.012)  # two standard errors
    mean, _ = cost(optimal.controller(LOOP, seeing(regulator)), QUIET)
    assert mean == pytest.approx(regulator.noiseless, rel=0.012)


def test_it_costs_what_an_independent_calculation_found(regulator):
    """A prototype found 0.000733 without noise and 0.000917 with noisy senses."""
    assert regulator.noiseless == pytest.approx(0.000733, rel=0.002)
    assert regulator.sensed == pytest.approx(0.000917, rel=0.002)
    assert regulator.noiseless < regulator.seen < regulator.sensed


def test_no_other_gains_cost_less(regulator):
    """The gains are a minimum: scaling them up or down costs more."""
    axis = optimal.plant(LOOP)
    best = optimal._estimated(axis, regulator.gain)[1]
    for scale in (0.9, 1.1):
        assert optimal._estimated(axis, scale * regulator.gain)[1] > 1.001 * best


def test_as_a_reacher_it_peaks_at_the_published_speed_and_force(regulator):
    trials = centre_out(1, 24)
    course = run(optimal.controller(LOOP, regulator), QUIET, trials)
    speed = jnp.linalg.norm(course.velocity, axis=-1).max(axis=1)
    force = jnp.linalg.norm(course.command, axis=-1).max(axis=1)
    assert np.allclose(speed, 0.427, atol=0.002)
    assert np.allclose(force, 1.05, atol=0.01)


@pytest.mark.parametrize("curl, aside", [(1.0, 11.1), (2.0, 20.8), (4.0, 33.0)])
def test_with_the_state_in_view_a_field_pushes_it_as_far_as_published(
    regulator, curl, aside
):
    """[% of the reach]; with its filter, which knows no field, it is pushed further."""
    trials = centre_out(1, 24)
    trials = trials._replace(curl=jnp.full(24, curl))
    way = (trials.goal - trials.start) / 0.5
    left = jnp.stack([-way[:, 1], way[:, 0]], axis=-1)

    def pushed(found: optimal.Regulator) -> float:
        course = run(optimal.controller(LOOP, found), QUIET, trials)
        moved = course.position - trials.start[:, None]
        lateral = jnp.abs(jnp.einsum("ntk,nk->nt", moved, left)).max(axis=1)
        return float(200 * lateral.mean())

    assert pushed(seeing(regulator)) == pytest.approx(aside, abs=0.15)
    assert pushed(regulator) > 1.4 * aside


def test_a_loop_that_the_plant_does_not_describe_is_refused():
    with pytest.raises(ValueError, match="delay of 2 steps"):
        optimal.solve(dataclasses.replace(LOOP, delay=2))
