"""Tangling against closed forms: circles, crossings, linear flows."""

import jax
import numpy as np
import pytest

from studies.reach import tangling
from studies.reach.evaluation import stack
from studies.reach.loop import Loop
from studies.reach.models import build
from studies.reach.tasks import centre_out

DT = 0.01


def circle(steps: int, turns: float, radius: float = 1.0) -> np.ndarray:
    angle = 2 * np.pi * turns * np.arange(steps) / (steps - 1)
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=-1)[None]


@pytest.mark.parametrize("radius", [0.3, 2.0])
def test_on_a_circle_it_is_the_square_of_the_angular_velocity(radius):
    """All differences are turned by the same rate; the opposite sample is furthest."""
    paths = circle(201, 1.0, radius)
    found = tangling.tangling(paths, DT, softening=0.1)
    turn = 2 * np.pi / 200
    rate = 2 * np.sin(turn / 2) / DT  # of a forward difference [1/s]
    softened = 4 / (4 + 0.1)  # ‖x_i − x_j‖² = 4 r², and the mean square is r²
    assert found == pytest.approx(rate**2 * softened, rel=1e-3)
    assert tangling.rms(found) == pytest.approx(rate**2 * softened, rel=1e-3)


def test_trajectories_that_cross_are_tangled_where_they_do():
    """Two straight ways at right angles: at the crossing Q is 2 v² / ε."""
    way = np.linspace(-1, 1, 201)
    none = np.zeros_like(way)
    paths = np.stack([np.stack([way, none], -1), np.stack([none, way], -1)])
    found = tangling.tangling(paths, DT, softening=0.01)
    speed = 0.01 / DT
    square = np.mean(np.sum(paths**2, axis=-1))
    assert found[:, 100] == pytest.approx(2 * speed**2 / (0.01 * square), rel=1e-6)
    assert np.all(found[:, 100:101] > 5 * found[:, [0, 199]])
    # A third dimension that keeps them apart untangles them.
    height = np.array([-1.0, 1.0])[:, None, None] * np.ones((2, 201, 1))
    apart = np.concatenate([paths, height], axis=-1)
    untangled = tangling.tangling(apart, DT, softening=0.01)
    assert untangled[:, 100].max() < 0.02 * found[:, 100].min()


def test_a_linear_flow_is_tangled_no_more_than_its_largest_singular_value_squared():
    turning = np.array([[-1.0, 4.0], [-0.5, -1.5]])
    step = np.eye(2) + DT * turning
    paths = np.empty((6, 100, 2))
    paths[:, 0] = np.random.default_rng(0).standard_normal((6, 2))
    for k in range(99):
        paths[:, k + 1] = paths[:, k] @ step.T
    largest = np.linalg.svd(turning, compute_uv=False)[0] ** 2
    found = tangling.tangling(paths, DT, softening=1e-6)
    assert found.max() <= largest * (1 + 1e-9)
    assert found.max() > 0.9 * largest


def test_it_knows_no_unit_of_length_no_rotation_and_no_silent_dimension():
    random = np.random.default_rng(1)
    paths = np.cumsum(random.standard_normal((3, 40, 3)), axis=1)
    found = tangling.tangling(paths, DT)
    turned, _ = np.linalg.qr(random.standard_normal((3, 3)))
    wide = np.concatenate([1000 * paths @ turned, np.zeros((3, 40, 20))], axis=-1)
    assert np.allclose(tangling.tangling(wide, DT), found)


def test_blocks_do_not_show(monkeypatch):
    paths = np.cumsum(np.random.default_rng(2).standard_normal((4, 30, 2)), axis=1)
    whole = tangling.tangling(paths, DT)
    monkeypatch.setattr(tangling, "BLOCK", 7)
    assert np.array_equal(tangling.tangling(paths, DT), whole)


@pytest.mark.parametrize("value", [0.0, np.nan])
def test_what_does_not_move_or_is_no_number_is_refused(value):
    with pytest.raises(ValueError, match="finite and not all the same point"):
        tangling.tangling(np.full((2, 5, 3), value), DT)
    with pytest.raises(ValueError, match="must be positive"):
        tangling.tangling(circle(5, 1.0), DT, softening=value)


def test_networks_are_followed_in_all_spaces():
    pair = stack([build(hidden=5, key=jax.random.key(k)) for k in range(2)])
    found = tangling.follow_reaches(pair, Loop(steps=30), centre_out(1, 3))
    assert [part.shape for part in found] == [(2, 3, 28, n) for n in (5, 2, 4)]
    weight, bias = np.asarray(pair.readout.weight), np.asarray(pair.readout.bias)
    outputs = found.hidden[1] @ weight[1].T + bias[1]
    assert np.allclose(outputs, found.force[1], atol=1e-6)
    moved = np.diff(found.hand[..., :2], axis=2)
    assert np.allclose(moved, 0.05 * found.hand[:, :, :-1, 2:], atol=1e-6)
