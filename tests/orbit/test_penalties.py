"""Losses that look at the model too, each against a case worked out by hand."""

from functools import cache

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from studies.orbit import learning, losses, penalties
from studies.orbit.batches import Trajectories
from studies.orbit.models import build
from studies.orbit.penalties import Solution
from studies.orbit.tasks import orbit_set, segments


class Linear(eqx.Module):
    """f(y) = A y: a field whose integrals are known."""

    matrix: jax.Array

    def __call__(self, state):
        return self.matrix @ state

    def acceleration(self, state):
        return self(state)[3:]


class Constant(eqx.Module):
    """f(y) = c."""

    rate: jax.Array

    def __call__(self, state):
        return self.rate + 0 * state


def pull(angle: float) -> Linear:
    """An acceleration at `angle` [rad] from the outward direction in the plane."""
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = np.zeros((6, 6), np.float32)
    matrix[3:5, :2] = turn
    return Linear(jnp.array(matrix))


TIMES = jnp.tile(jnp.array([0.0, 0.5, 2.0]), (2, 1))
STATES = (
    jnp.array(np.random.default_rng(3).uniform(1, 2, (2, 3, 6)).astype(np.float32))
    .at[..., jnp.array([2, 5])]
    .set(0.0)
)


def solution(model) -> Solution:
    return Solution(model, TIMES, STATES, STATES)


attraction = eqx.filter_jit(penalties.attraction)


@pytest.mark.parametrize(("degrees", "expected"), [(0, 100), (60, 50), (180, 0)])
def test_attraction_is_the_positive_cosine_of_position_and_pull(degrees, expected):
    found = attraction(solution(pull(np.radians(degrees))))
    assert float(found) == pytest.approx(expected, abs=1e-3)


def test_attraction_counts_neither_the_start_nor_padding():
    padded = STATES.at[1, 2].set(jnp.nan)
    outward = jnp.where(jnp.arange(3)[None, :, None] == 0, -STATES, STATES)
    given = Solution(pull(0.0), TIMES, outward, padded)
    assert float(attraction(given)) == pytest.approx(100, abs=1e-3)


def test_the_energy_error_is_squared_and_relative():
    true = jnp.zeros((1, 2, 6)).at[..., 0].set(1.0).at[..., 4].set(1.0)  # E = -1/2
    faster = true.at[0, 1, 4].set(jnp.sqrt(1.2))  # E = -0.4
    given = Solution(pull(0.0), TIMES[:1, :2], faster, true)
    assert float(penalties.energy_error(given)) == pytest.approx(0.04, rel=1e-4)


def test_transport_is_the_integral_of_the_squared_rate():
    rate = jnp.array([1.0, 2.0, 2.0, 0, 0, 0])  # squared length 9, for 2 time units
    assert float(penalties.transport(solution(Constant(rate)))) == pytest.approx(18)


def test_the_jacobian_norm_is_exact_without_a_key():
    matrix = jnp.array(np.random.default_rng(0).normal(size=(6, 6)), jnp.float32)
    exact = float(penalties.jacobian_norm(solution(Linear(matrix)), None))
    assert exact == pytest.approx(2 * float(jnp.sum(matrix**2)), rel=1e-5)


def test_hutchinsons_estimate_has_the_right_mean():
    matrix = jnp.array(np.random.default_rng(0).normal(size=(6, 6)), jnp.float32)
    keys = jax.random.split(jax.random.key(1), 2000)
    given = solution(Linear(matrix))
    many = jax.jit(jax.vmap(lambda key: penalties.jacobian_norm(given, key)))
    found = np.asarray(many(keys))
    exact = 2 * float(jnp.sum(matrix**2))
    error = found.std() / np.sqrt(2000)
    assert found.std() > 0.01 * exact, "it is an estimate"
    assert found.mean() == pytest.approx(exact, abs=4 * error)


def test_the_weight_terms_are_sums_over_all_numbers():
    model = Constant(jnp.array([3.0, -4.0, 0, 0, 0, 0]))
    assert float(penalties.sum_of_squares(model)) == 25
    assert float(penalties.sum_of_sizes(model)) == 7


@pytest.mark.parametrize(("samples", "pieces", "length"), [(11, 3, 9), (4, 1, 4)])
def test_restarts_begin_at_every_sample_that_leaves_room(samples, pieces, length):
    times = jnp.tile(jnp.arange(float(samples)) * 0.5, (2, 1))
    states = jnp.arange(2 * samples * 6.0).reshape(2, samples, 6)
    cut, rolled = penalties.restarts(times, states)
    assert cut.shape == (2 * pieces, length)
    assert np.all(np.asarray(cut) == np.arange(length) * 0.5)
    assert jnp.all(rolled[pieces - 1] == states[0, pieces - 1 : pieces - 1 + length])


def test_only_the_last_time_is_drawn_and_stays_past_the_one_before():
    ends = penalties.drawn_end(TIMES, jax.random.key(0), jnp.array(1.0))
    assert jnp.all(ends[:, :2] == TIMES[:, :2])
    moved = ends[:, 2] - TIMES[:, 2]
    assert jnp.all(moved != 0)
    assert jnp.all(jnp.abs(moved) <= 0.5 * 1.5)
    wide = penalties.drawn_end(TIMES, jax.random.key(0), jnp.array(100.0))
    assert jnp.all(wide[:, 2] > TIMES[:, 1])


ONE = jnp.array(1.0)
SMALL = {
    "features": "rinv_vel",
    "output_layer": "signed",
    "activation": "tanh",
    "width": 4,
    "depth": 1,
}
ORBITS = segments(orbit_set("complex", 2, 1, points=36), 6)
CUT = Trajectories(jnp.float32(ORBITS.time), jnp.float32(ORBITS.states))


@cache
def model():
    return build(**SMALL)


@eqx.filter_jit
def graded(model, name, penalty, key):
    """((total, terms), gradient) of a loss; one program for all tests of it."""

    def value(model):
        how = {"nmse_weight": ONE, "penalty": penalty, "key": key}
        return learning.objective(model, CUT, name, "fast", **how)

    return eqx.filter_value_and_grad(value, has_aux=True)(model)


def terms_of(name: str, penalty: float = 1.0, key=None):
    return graded(model(), name, jnp.array(penalty), key)[0][1]


@pytest.mark.parametrize(
    ("name", "seed"),
    [
        *((name, None) for name in penalties.TRAJECTORY_LOSSES),
        *((name, 0) for name in ("jacobian_norm", "steer_temporal")),  # have chance
    ],
)
def test_every_loss_is_finite_and_has_a_gradient(name, seed):
    key = None if seed is None else jax.random.key(seed)
    (loss, _), slope = graded(model(), name, ONE, key)
    assert np.isfinite(float(loss))
    arrays = [np.asarray(x) for x in jax.tree.leaves(eqx.filter(slope, eqx.is_array))]
    assert all(np.isfinite(x).all() for x in arrays)
    assert any(x.any() for x in arrays)


@pytest.mark.parametrize(
    ("name", "base", "term", "weight"),
    [
        ("mse_with_reg", "mean_squared_error", "weights", None),
        ("percent_error_with_reg", "percent_error", "weights", None),
        ("l2_weight_norm", "percent_error_plus_nmse", "weights", 1e-3),
        ("percent_error_with_attraction", "percent_error", "attraction", 1.0),
        ("percent_error_with_energy", "percent_error", "energy", 0.2),
        ("optimal_transport", "percent_error_plus_nmse", "transport", 1e-2),
        ("jacobian_norm", "percent_error_plus_nmse", "jacobian", 1e-2),
    ],
)
def test_a_further_term_is_added_once_with_its_weight(name, base, term, weight):
    single, triple = terms_of(name), terms_of(name, penalty=3.0)
    plain = terms_of(base)
    assert set(single) == {*plain, term}
    for own in plain:
        assert float(single[own]) == pytest.approx(float(plain[own]), rel=1e-6)
    assert float(triple[term]) == pytest.approx(3 * float(single[term]), rel=1e-5)
    if weight is not None:
        raw = unweighted(model())[term]
        assert float(single[term]) == pytest.approx(weight * float(raw), rel=1e-5)


@eqx.filter_jit
def unweighted(model):
    """Each further term by itself, along the segments as the model retraces them."""
    predicted = penalties.solve("fast", model, CUT.times, CUT.states[:, 0])
    given = Solution(model, CUT.times, predicted, CUT.states)
    return {
        "weights": penalties.sum_of_squares(model),
        "attraction": penalties.attraction(given),
        "energy": penalties.energy_error(given),
        "transport": penalties.transport(given),
        "jacobian": penalties.jacobian_norm(given, None),
    }


def test_regularised_losses_weigh_sizes_and_squares_by_the_notes():
    own = model()
    sizes, squares = penalties.sum_of_sizes(own), penalties.sum_of_squares(own)
    for name, weight in (("mse_with_reg", 1e-4), ("percent_error_with_reg", 1e-5)):
        expected = 1e-5 * float(sizes) + weight * float(squares)
        assert float(terms_of(name)["weights"]) == pytest.approx(expected, rel=1e-5)


def test_random_ends_change_the_loss_and_their_absence_does_not():
    plain = terms_of("percent_error_plus_nmse")
    same = terms_of("steer_temporal")
    drawn = terms_of("steer_temporal", key=jax.random.key(2))
    assert float(same["percent_error"]) == float(plain["percent_error"])
    assert float(drawn["percent_error"]) != float(plain["percent_error"])


def test_relative_squared_error_and_weighted_percent_error_by_hand():
    true = np.zeros((1, 3, 6), np.float32)
    true[0, :, 0] = [1, 2, 4]
    predicted = true.copy()
    predicted[0, 1, 0], predicted[0, 2, 0] = 3.0, 5.0  # 50 % at r=2, 25 % at r=4
    both = jnp.array(predicted), jnp.array(true)
    squared = losses.relative_squared_error(*both)["relative_squared_error"]
    assert float(squared) == pytest.approx((1 / 4 + 1 / 16) / 2, rel=1e-6)
    weighted = losses.percent_error_weighted(*both)["percent_error_weighted"]
    assert float(weighted) == pytest.approx((4 * 50 + 16 * 25) / 20, rel=1e-6)
