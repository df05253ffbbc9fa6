"""Fixed points along a reach, and at its two ends."""

import jax.numpy as jnp
import numpy as np
import pytest

from reach_models import untrained
from studies.reach import fixed_points, reaching, steady
from studies.reach.tasks import REACH

CONTEXTS, DIRECTIONS = [0.0, 1.0], 5


@pytest.fixture(scope="module")
def model() -> steady.Model:
    return untrained()


@pytest.fixture(scope="module")
def course(model) -> reaching.Along:
    return reaching.along(model, CONTEXTS, DIRECTIONS, every=3)


def test_both_rings_are_fixed_points_of_what_is_told(model):
    ring = reaching.rings(model, CONTEXTS, DIRECTIONS)
    assert ring.without == 0
    assert np.allclose(np.linalg.norm(ring.goals, axis=-1), REACH)
    settled = steady.held(
        model.layout, ring.goals, ring.goals, context=ring.contexts[:, None]
    )
    moved = fixed_points.residuals(
        model.controller, settled, ring.settled.best, steps=1
    )["forward"][0]
    assert np.max(moved) <= 1e-10
    assert np.min(np.linalg.norm(ring.begun.best - ring.settled.best, axis=-1)) > 1e-3


def test_the_force_of_a_ring_is_read_out_towards_the_goal(model):
    ring = reaching.rings(model, CONTEXTS, DIRECTIONS)
    by_hand = []
    for points in ring.begun.best:
        forces = model.force(points)
        by_hand.append(np.median(np.sum(forces * ring.goals, axis=-1)) / REACH)
    assert np.allclose(ring.push, by_hand)


def test_the_inputs_of_a_reach_are_those_that_the_loop_gave(model, course):
    assert course.hidden.shape == (2, DIRECTIONS, 7, 12)
    first = course.inputs[:, :, 0]
    start = np.zeros_like(course.goals)
    told = steady.held(
        model.layout, course.goals, start, context=course.contexts[:, None]
    )
    assert np.allclose(first, told, atol=1e-6)
    # The state of the first step is the network's answer to that input from zero.
    heard = jnp.asarray(first[1, 2], jnp.float32)
    answer = model.controller(heard, jnp.zeros(12, jnp.float32))
    assert np.allclose(course.hidden[1, 2, 0], answer, atol=1e-6)


def test_a_contracting_network_follows_its_fixed_points_without_a_break(course):
    assert course.search.found.all()
    assert not course.dislocations().any()
    assert np.median(course.towards) > 0.5
    assert np.median(course.behind[:, :, -1]) < np.median(course.behind[:, :, 0])


def test_a_point_on_another_branch_is_a_dislocation(course):
    points = course.search.point.copy()
    points[0, 1, 3] += 1.0  # as if another point had been found at this step
    search = course.search._replace(point=points)
    broken = reaching.Along(
        course.model,
        course.contexts,
        course.goals,
        course.hidden,
        course.inputs,
        search,
    ).dislocations()
    assert broken[0, 1, 2]
    assert not broken[1].any()
