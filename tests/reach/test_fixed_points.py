"""Fixed points, spectra and curvature against closed forms and independent methods."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array

from studies.reach import fixed_points, spectra
from studies.reach.curvature import bends, flow_curvature, speed_hessian
from studies.reach.models import build

HIDDEN, SIZE = 12, 9


class Linear(eqx.Module):
    """h' = A h + B u + b, whose one fixed point is (I − A)⁻¹ (B u + b)."""

    a: Any
    b: Any
    bias: Any

    def __call__(self, held: Array, hidden: Array) -> Array:
        return self.a @ hidden + self.b @ held + self.bias


@pytest.fixture(scope="module")
def linear() -> Linear:
    rng = np.random.default_rng(0)
    a = rng.normal(size=(HIDDEN, HIDDEN))
    a *= 0.9 / np.max(np.abs(np.linalg.eigvals(a)))
    parts = a, rng.normal(size=(HIDDEN, SIZE)), rng.normal(size=HIDDEN)
    return Linear(*(np.asarray(part) for part in parts))


@pytest.fixture(scope="module")
def gru():
    return build(hidden=HIDDEN, context=True, key=jax.random.key(3))


@pytest.fixture(scope="module")
def searched(gru):
    rng = np.random.default_rng(1)
    inputs = rng.normal(size=(5, SIZE))
    begin = rng.normal(size=(5, 3, HIDDEN))
    return inputs, fixed_points.find(gru, inputs, begin)


def evaluated(controller, held: np.ndarray, point: np.ndarray) -> np.ndarray:
    with jax.enable_x64(True):
        wide = fixed_points.double(controller)
        return np.asarray(wide(jnp.asarray(held), jnp.asarray(point)))


def test_the_fixed_point_of_a_linear_map_is_the_closed_form(linear):
    held = np.random.default_rng(2).normal(size=(4, SIZE))
    begin = np.zeros((4, 1, HIDDEN))
    found = fixed_points.find(linear, held, begin, relaxation=0)
    unit = np.eye(HIDDEN)
    exact = np.linalg.solve(unit - linear.a, (held @ linear.b.T + linear.bias).T).T
    assert np.all(found.kind == fixed_points.Kind.FIXED)
    assert np.allclose(found.best, exact, rtol=0, atol=1e-12)
    modes = spectra.modes(spectra.jacobians(linear, held, found.best).hidden)
    closed = np.linalg.eigvals(np.asarray(linear.a))
    for values in modes.value:
        assert np.allclose(np.sort_complex(values), np.sort_complex(closed), atol=1e-10)


def test_a_fresh_evaluation_leaves_the_point_where_it_is(gru, searched):
    inputs, found = searched
    assert found.found.all()
    for held, point in zip(inputs, found.best, strict=True):
        assert np.linalg.norm(evaluated(gru, held, point) - point) <= 1e-10


def test_the_counts_add_up_and_what_does_not_rest_is_missing():
    def drifts(held: Array, hidden: Array) -> Array:
        return hidden + 1.0 + 0.0 * held.sum()

    found = fixed_points.find(drifts, np.zeros((2, SIZE)), np.zeros((2, 2, HIDDEN)))
    assert found.counts == {"fixed": 0, "slow": 0, "missing": 4}
    assert not found.found.any()
    assert np.isnan(found.best).all()


def test_a_slow_point_is_not_called_fixed():
    """h' = h + c + h² has no fixed point for c > 0, and moves least, by c, at 0."""

    def creeps(held: Array, hidden: Array) -> Array:
        return hidden + 1e-5 + hidden**2 + 0.0 * held.sum()

    zero = np.zeros((1, 1, 1))
    found = fixed_points.find(creeps, zero[0], zero, relaxation=0, steps=0)
    assert found.counts == {"fixed": 0, "slow": 1, "missing": 0}


def test_newton_falls_faster_than_forward_iteration(gru, searched):
    inputs, _ = searched
    falls = fixed_points.residuals(gru, inputs[0], np.zeros(HIDDEN), steps=10)
    assert falls["newton"][-1] < 1e-12 < falls["forward"][-1]


def test_points_closer_than_the_spacing_are_one():
    points = np.array([[0.0, 0.0], [0.001, 0.0], [1.0, 0.0]])
    assert fixed_points.unique(points, spacing=1.0).tolist() == [0, 2]
    assert fixed_points.unique(points, spacing=0.001).tolist() == [0, 1, 2]


def test_jacobians_agree_with_finite_differences(gru, searched):
    inputs, found = searched
    derivatives = spectra.jacobians(gru, inputs, found.best)
    step, held, point = 1e-6, inputs[0], found.best[0]
    for name, size in (("hidden", HIDDEN), ("input", SIZE)):
        columns = []
        for unit in np.eye(size) * step:
            by_input, by_hidden = (unit, 0) if name == "input" else (0, unit)
            ahead = evaluated(gru, held + by_input, point + by_hidden)
            behind = evaluated(gru, held - by_input, point - by_hidden)
            columns.append((ahead - behind) / (2 * step))
        exact = getattr(derivatives, name)[0]
        assert np.allclose(exact, np.stack(columns, axis=1), atol=1e-8)


def test_forward_iteration_contracts_at_the_spectral_radius(gru, searched):
    """‖F^k(h*+ε) − h*‖ falls by ρ(J) a step once the slowest mode is all there is."""
    inputs, found = searched
    held, point = inputs[0], found.best[0]
    values = spectra.modes(spectra.jacobians(gru, held, point).hidden).value
    radius = spectra.spectral_radius(values)
    rng = np.random.default_rng(4)
    state, distances = point + 1e-4 * rng.normal(size=HIDDEN), []
    for _ in range(60):
        state = evaluated(gru, held, state)
        distances.append(np.linalg.norm(state - point))
    # Oscillating modes beat: the rate is taken over many steps, above the rounding.
    whole = [d for d in distances if d > 1e-11]
    rate = (whole[-1] / whole[len(whole) // 2]) ** (
        1 / (len(whole) - 1 - len(whole) // 2)
    )
    assert rate == pytest.approx(radius, rel=0.1)


def test_a_point_moves_with_its_input_as_a_point_found_again_does(gru, searched):
    inputs, found = searched
    derivatives = spectra.jacobians(gru, inputs, found.best)
    moves, step = spectra.moves_with_input(derivatives), 1e-5
    for part in range(SIZE):
        change = np.zeros(SIZE)
        change[part] = step
        both = [
            fixed_points.find(gru, inputs + sign * change, found.best[:, None]).best
            for sign in (1, -1)
        ]
        displaced = (both[0] - both[1]) / (2 * step)
        assert np.allclose(displaced, moves[..., part], atol=1e-7)


def test_left_and_right_eigenvectors_belong_together(gru, searched):
    inputs, found = searched
    jacobian = spectra.jacobians(gru, inputs, found.best).hidden
    modes = spectra.modes(jacobian)
    assert np.allclose(modes.left @ modes.right, np.eye(HIDDEN), atol=1e-8)
    remade = modes.right @ (modes.value[..., None] * modes.left)
    assert np.allclose(remade, jacobian, atol=1e-8)
    assert np.isnan(spectra.modes(np.full((1, 2, 2), np.nan)).value).all()


def test_the_speed_hessian_at_a_fixed_point_is_the_square_of_j_minus_one(gru, searched):
    inputs, found = searched
    held, point = inputs[1], found.best[1]
    slope = spectra.jacobians(gru, held, point).hidden - np.eye(HIDDEN)
    assert np.allclose(speed_hessian(gru, held, point), slope.T @ slope, atol=1e-9)
    elsewhere = speed_hessian(gru, held, point + 0.3)
    slope = spectra.jacobians(gru, held, point + 0.3).hidden - np.eye(HIDDEN)
    assert not np.allclose(elsewhere, slope.T @ slope, atol=1e-3)


def test_hessians_of_many_points_are_those_of_each_alone(gru, searched):
    inputs, found = searched
    points = found.best
    many = speed_hessian(gru, inputs, points)
    assert many.shape == (5, HIDDEN, HIDDEN)
    assert np.allclose(many[3], speed_hessian(gru, inputs[3], points[3]), atol=1e-12)
    weights = np.random.default_rng(6).normal(size=(5, 2, HIDDEN))
    bent = bends(gru, inputs, points, weights)
    alone = flow_curvature(gru, inputs[2], points[2], weights[2, 1])
    for name in ("spectral", "frobenius", "radius"):
        assert getattr(bent, name)[2, 1] == pytest.approx(getattr(alone, name))


def test_the_curvature_is_the_second_difference_of_the_flow(gru, searched):
    inputs, found = searched
    rng = np.random.default_rng(7)
    weights, way = rng.normal(size=(2, HIDDEN))
    held, point, step = inputs[0], found.best[0], 1e-3
    around = [
        evaluated(gru, held, point + k * step * way) @ weights for k in (-1, 0, 1)
    ]
    second = (around[0] - 2 * around[1] + around[2]) / step**2
    hessian = flow_curvature(gru, held, point, weights).hessian
    assert way @ hessian @ way == pytest.approx(second, rel=1e-4)


def test_the_flow_of_a_linear_map_is_not_curved(linear, gru, searched):
    inputs, found = searched
    weights = np.ones(HIDDEN)
    flat = flow_curvature(linear, inputs[0], found.best[0], weights)
    assert flat.spectral == 0
    assert flat.radius == np.inf
    curved = flow_curvature(gru, inputs[0], found.best[0], weights)
    assert curved.spectral > 0.01
    assert np.allclose(curved.hessian, curved.hessian.T, atol=1e-12)


def test_trace_and_determinant_are_those_of_the_modes():
    """A pair at −2 ± 3i has τ = −4 and δ = 13, two real rates their sum and product."""
    dt = 0.05
    pair = np.exp((-2 + 3j) * dt)
    real = np.exp(-np.array([1, 5]) * dt)
    value = np.array([pair, pair.conj(), *real, -0.3, 0.0])
    found = spectra.planes(value, dt)
    assert np.allclose(found.trace, [-4, -6])
    assert np.allclose(found.determinant, [13, 5])
    assert found.oscillates.tolist() == [True, False]
    assert (found.negative, found.vanishing, found.unpaired) == (1, 1, 0)


def test_loadings_sum_to_one():
    share = spectra.loading(np.array([3j, 4.0]))
    assert np.allclose(share, [0.36, 0.64])
