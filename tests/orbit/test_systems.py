"""Newton's field and its invariants in JAX, against the float64 closed form."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from studies.orbit import kepler, systems, tasks

SINGLE = 4e-6  # a few roundings of float32 at the size of these numbers


@pytest.fixture(scope="module")
def states() -> np.ndarray:
    return tasks.orbit_set("complex", 20, seed=3, space=True).states[:, 0]


def test_gravity_in_jax_is_gravity_in_numpy(states):
    field = jax.vmap(systems.TwoBody().acceleration)(jnp.asarray(states, jnp.float32))
    assert np.asarray(field) == pytest.approx(kepler.gravity(states[:, :3]), abs=SINGLE)


def test_invariants_in_jax_are_those_in_numpy(states):
    given = jnp.asarray(states, jnp.float32)
    energy, momentum, vector = kepler.invariants(states)
    assert np.asarray(jax.vmap(systems.energy)(given)) == pytest.approx(
        energy, abs=SINGLE
    )
    assert np.asarray(jax.vmap(systems.angular_momentum)(given)) == pytest.approx(
        momentum, abs=SINGLE
    )
    assert np.asarray(jax.vmap(systems.eccentricity_vector)(given)) == pytest.approx(
        vector, abs=SINGLE
    )


def test_local_axes_are_orthonormal_and_right_handed(states):
    axes = jax.vmap(systems.rtn_axes)(jnp.asarray(states, jnp.float32))
    frames = np.stack([np.asarray(axis) for axis in axes], axis=1)
    unit = frames @ frames.transpose(0, 2, 1)
    assert unit == pytest.approx(np.broadcast_to(np.eye(3), unit.shape), abs=1e-6)
    assert np.linalg.det(frames) == pytest.approx(1.0, abs=1e-6)
    # Motion goes forward along the transverse axis.
    assert np.all(np.sum(frames[:, 1] * states[:, 3:], axis=-1) > 0)


def test_the_derivative_copies_the_velocity(states):
    state = jnp.asarray(states[0], jnp.float32)
    derivative = systems.TwoBody()(state)
    assert jnp.array_equal(derivative[:3], state[3:])


def test_a_centre_that_pushes_is_refused():
    with pytest.raises(ValueError, match="mu"):
        systems.TwoBody(mu=-1.0)
