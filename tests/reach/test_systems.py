"""The hand and the forces on it: laws of mechanics."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from studies.reach.systems import PointMass, curl_force, efferent


@pytest.mark.parametrize("amplitude", [-4.0, 0.0, 4.0], ids=["right", "off", "left"])
def test_the_curl_field_does_no_work(amplitude):
    velocity = jnp.array([0.3, -0.4])  # [m/s]
    power = curl_force(velocity, jnp.float32(amplitude)) @ velocity  # [W]
    assert abs(float(power)) < 1e-6 * 4.0 * 0.5**2


def test_a_positive_curl_field_pushes_to_the_left():
    np.testing.assert_allclose(
        curl_force(jnp.array([2.0, 0.0]), jnp.float32(0.5)), [0.0, 1.0]
    )
    np.testing.assert_allclose(
        curl_force(jnp.array([0.0, 2.0]), jnp.float32(0.5)), [-1.0, 0.0]
    )


def test_a_force_changes_momentum_by_force_times_time():
    body = PointMass(mass=2.0, dt=0.05)
    state, force = jnp.array([0.1, 0.2, 0.3, 0.4]), jnp.array([1.5, -0.5])
    after = body.step(state, force)
    np.testing.assert_allclose(
        body.mass * (after - state)[2:], force * body.dt, atol=1e-6
    )
    np.testing.assert_allclose((after - state)[:2], state[2:] * body.dt, atol=1e-7)


def test_drag_slows_a_free_hand_geometrically():
    body = PointMass(mass=2.0, drag=4.0, dt=0.01)
    state = jnp.array([0.0, 0.0, 1.0, 0.0])
    for _ in range(50):
        state = body.step(state, jnp.zeros(2))
    assert float(state[2]) == pytest.approx((1 - 0.01 * 4.0 / 2.0) ** 50, rel=1e-5)


def test_a_filtered_force_approaches_its_command_exponentially():
    body = PointMass(force_filter=0.5, dt=0.001)
    muscle, command = jnp.zeros(2), jnp.array([1.0, -2.0])
    for _ in range(500):  # one time constant
        _, muscle = body.contract(muscle, command)
    np.testing.assert_allclose(muscle, (1 - np.exp(-1)) * command, rtol=1e-3)
    now, _ = PointMass().contract(jnp.zeros(2), command)
    np.testing.assert_array_equal(now, command)


def test_motor_noise_grows_with_the_output():
    count, sigma = 20_000, 0.1
    drawn = jax.random.normal(jax.random.key(0), (count, 2, 2))
    for output in (0.0, 3.0):
        commands = jax.vmap(efferent, (None, 0, 0))(
            jnp.full(2, output), sigma * drawn[:, 0], 1.8 * sigma * drawn[:, 1]
        )
        expected = sigma * np.hypot(output, 1.8)
        assert float(jnp.std(commands)) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"mass": 0.0}, "`mass`"),
        ({"drag": -1.0}, "`drag`"),
        ({"force_filter": 0.01}, "shorter than a step"),
    ],
)
def test_an_impossible_body_is_refused(wrong, words):
    with pytest.raises(ValueError, match=words):
        PointMass(**wrong)
