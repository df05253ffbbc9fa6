"""Held inputs, grids of fixed points and the descent they are compared with."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from reach_models import untrained
from studies.reach import descent, fixed_points, geometry, spectra, steady
from studies.reach.loop import Loop
from studies.reach.models import InputLayout, build

CONTEXTS = [-1.0, 0.0, 1.0]


@pytest.fixture(scope="module")
def model() -> steady.Model:
    return untrained()


@pytest.fixture(scope="module")
def rest(model) -> steady.Steady:
    return steady.at_rest(model, CONTEXTS, 3)


def evaluated(model: steady.Model, inputs: np.ndarray, points: np.ndarray):
    with jax.enable_x64(True):
        wide = fixed_points.double(model.controller)
        flat = (jnp.asarray(x).reshape(-1, x.shape[-1]) for x in (inputs, points))
        return np.asarray(jax.vmap(wide)(*flat)).reshape(points.shape)


def test_a_held_input_is_what_the_layout_packs():
    layout = InputLayout(context=True)
    rng = np.random.default_rng(0)
    target, feedback, velocity = rng.normal(size=(3, 4, 2))
    told = rng.normal(size=(5, 1))
    inputs = steady.held(layout, target, feedback, velocity=velocity, context=told)
    assert inputs.shape == (5, 4, 9)
    packed = layout.pack(
        context=jnp.asarray(told[2]),
        target_position=jnp.asarray(target[1]),
        target_velocity=jnp.zeros(2),
        feedback_position=jnp.asarray(feedback[1]),
        feedback_velocity=jnp.asarray(velocity[1]),
    )
    assert np.allclose(inputs[2, 1], packed, atol=1e-6)


def test_without_a_context_input_there_is_one_context():
    plain = steady.Model({}, build(hidden=4, key=jax.random.key(0)), Loop(steps=20))
    assert plain.contexts(CONTEXTS).tolist() == [0.0]
    found = steady.at_rest(plain, CONTEXTS, 2)
    assert found.points.shape == (1, 4, 4)


def test_every_place_and_context_rests_in_a_fresh_evaluation(model, rest):
    assert rest.search.found.all()
    moved = evaluated(model, rest.inputs, rest.points) - rest.points
    assert np.max(np.linalg.norm(moved, axis=-1)) <= 1e-10
    assert np.all(rest.distinct() == 1)


def test_the_force_is_that_of_the_readout(model, rest):
    hidden = rest.points[0, 0]
    exact = model.controller.readout(jnp.asarray(hidden, jnp.float32))
    assert np.allclose(model.force(rest.points)[0, 0], exact, atol=1e-6)


def test_inputs_without_a_fixed_point_are_counted_by_their_reason():
    kind, missing = fixed_points.Kind, fixed_points.Kind.MISSING
    residual = np.array([[1e-12, 1.0], [1e-5, np.nan], [0.5, np.nan], [np.nan, np.nan]])
    kinds = np.array(
        [[kind.FIXED, missing], [kind.SLOW, missing]] + [[missing] * 2] * 2
    )
    points = np.arange(16.0).reshape(4, 2, 2)
    search = fixed_points.FixedPoints(points, residual, kinds, np.ones((4, 2), int))
    assert search.reasons == {"slow point": 1, "far from rest": 1, "no number": 1}
    assert search.best[0].tolist() == [0.0, 1.0]
    assert np.isnan(search.best[1:]).all()


def test_the_first_candidate_at_rest_is_the_one_that_counts():
    """Of two fixed points the second has the smaller residual, by rounding alone."""
    kinds = np.full((1, 2), fixed_points.Kind.FIXED)
    points = np.array([[[1.0], [2.0]]])
    residual = np.array([[1e-12, 1e-16]])
    search = fixed_points.FixedPoints(points, residual, kinds, np.ones((1, 2), int))
    assert search.best.tolist() == [[1.0]]


def test_searches_that_need_more_steps_end_where_the_others_would():
    """h' = 2.9 h (1 − h) rests at 1 − 1/2.9, which steps around it approach slowly."""

    def logistic(held, hidden):
        return held * hidden * (1 - hidden)

    rates = np.array([[1.5], [2.9], [2.999]])
    begin = np.full((3, 2, 1), 0.1)
    found = fixed_points.find(logistic, rates, begin, relaxation=1)
    assert found.steps.max() > fixed_points.FIRST
    assert found.found.all()
    assert np.allclose(
        found.point, np.broadcast_to((1 - 1 / rates)[:, None], (3, 2, 1))
    )


def test_a_point_that_repels_is_found_from_beside_it():
    """h' = 2 h + h² rests at 0, which repels: from 0.2 it leaves all bounds."""

    def leaves(held, hidden):
        return 2 * hidden + hidden**2 + 0.0 * held.sum()

    begin = np.full((1, 1, 1), 0.2)
    found = fixed_points.find(leaves, np.zeros((1, 1)), begin)
    assert found.found.all()
    assert np.allclose(found.best, 0, atol=1e-12)


def test_searches_of_stacked_controllers_are_those_of_each_alone():
    members = [build(hidden=6, context=True, key=jax.random.key(k)) for k in (0, 1)]
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *members)
    rng = np.random.default_rng(0)
    inputs, begin = rng.normal(size=(2, 3, 9)), rng.normal(size=(2, 3, 2, 6))
    told: dict[str, Any] = {
        "relaxation": 0,
        "steps": 12,
    }  # none is done in the first few steps
    both = fixed_points.find(stacked, inputs, begin, stacked=True, **told)
    assert both.found.all()
    for place, member in enumerate(members):
        alone = fixed_points.find(member, inputs[place], begin[place], **told)
        assert np.allclose(alone.point, both.point[place], atol=1e-9)


def test_descent_ends_where_newton_does_and_takes_longer(model, rest):
    begin = np.zeros_like(rest.points)
    joint = descent.Joint(model.controller, rest.inputs, begin)
    residual = np.concatenate([joint.advance(400), joint.advance(400)])
    assert residual.shape == (800, 3, 9)
    assert joint.steps == 800
    assert np.allclose(joint.point, rest.points, atol=1e-3)
    falls = fixed_points.residuals(model.controller, rest.inputs, begin, steps=8)
    assert falls["newton"].shape == (8, 3, 9)
    assert np.max(falls["newton"][-1]) < np.min(residual[8])


def test_an_affine_image_of_the_workspace_is_a_planar_grid():
    rng = np.random.default_rng(1)
    places = rng.uniform(-1, 1, (9, 2))
    map_ = rng.normal(size=(2, 20))
    flat = geometry.grid(5.0 + places @ map_, places)
    assert flat.planar == pytest.approx(1)
    assert flat.affine == pytest.approx(1)
    bent = geometry.grid(places @ map_ + (places**2) @ rng.normal(size=(2, 20)), places)
    assert bent.planar < 0.99
    assert bent.affine < bent.planar
    cloud = geometry.grid(rng.normal(size=(9, 20)), places)
    assert cloud.planar < 0.6


def test_a_common_shift_is_a_translation_and_random_ones_are_none():
    rng = np.random.default_rng(2)
    before = rng.normal(size=(9, 20))
    shift = rng.normal(size=20)
    moved = geometry.translation(before, before + shift)
    assert np.allclose(moved.vector, shift)
    assert moved.common == pytest.approx(1)
    assert geometry.translation(before, rng.normal(size=(9, 20))).common < 0.5
    still = geometry.translation(before, before)
    assert np.isnan([still.length, still.common]).all()


def test_angles_with_a_plane_and_what_chance_makes_of_them():
    plane = np.array([[1.0, 0, 0, 0], [1, 1, 0, 0]])
    assert geometry.angle(np.array([0.0, 3, 0, 0]), plane) == pytest.approx(0, abs=1e-5)
    assert geometry.angle(np.array([0.0, 1, 1, 0]), plane) == pytest.approx(45)
    assert geometry.angle(np.array([0.0, 0, 0, 2]), plane) == pytest.approx(90)
    assert np.isnan(geometry.angle(np.full(4, np.nan), plane))
    assert np.isnan(geometry.angle(np.zeros(4), plane))
    rng = np.random.default_rng(3)
    random = rng.normal(size=(4000, 30))
    angles = [geometry.angle(vector, np.eye(30)[:2]) for vector in random]
    below = np.mean(np.array(angles) < geometry.chance(30, 2, 0.05))
    assert below == pytest.approx(0.05, abs=0.015)


def test_vectors_are_drawn_without_the_mean_of_the_points():
    points = 100 + np.random.default_rng(4).normal(size=(30, 5))
    frame = geometry.frame(points)
    assert np.allclose(
        frame.vector(points[0] - points[1]),
        frame.point(points[0]) - frame.point(points[1]),
    )
    assert np.linalg.norm(frame.vector(np.ones((1, 5)))) <= np.sqrt(5) + 1e-9


def test_a_response_that_is_the_same_everywhere_is_invariant():
    same = np.broadcast_to(np.arange(1.0, 5.0), (6, 4))
    assert geometry.invariance(same) == pytest.approx(1)
    opposite = np.concatenate([same, -same])
    assert geometry.invariance(opposite) == pytest.approx(0)


def test_a_shift_of_target_and_hand_moves_the_point_by_both_derivatives(model, rest):
    """∂h*/∂goal + ∂h*/∂feedback is what a grid of places is made of."""
    derivatives = spectra.jacobians(model.controller, rest.inputs, rest.points)
    moves = spectra.moves_with_input(derivatives)
    layout, step = model.layout, 1e-4
    both = (
        moves[..., layout["target_position"]] + moves[..., layout["feedback_position"]]
    )
    shift = np.zeros(layout.size)
    for part in ("target_position", "feedback_position"):
        shift[layout[part].start] = step
    begin = rest.points[:, :, None]
    ends = [
        fixed_points.find(model.controller, rest.inputs + sign * shift, begin).best
        for sign in (1, -1)
    ]
    assert np.allclose((ends[0] - ends[1]) / (2 * step), both[..., 0], atol=1e-6)
