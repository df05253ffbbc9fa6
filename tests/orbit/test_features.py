"""Feature layers against numbers worked out by hand and plain NumPy."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from scipy.special import sph_harm_y

from studies.orbit.features import (
    FEATURES,
    feature_count,
    feature_labels,
    features_of,
    real_spherical_harmonics,
)

SPACE_COUNTS = {
    "cartesian_only": 6,
    "rinv_vel": 7,
    "rinv_vinv": 7,
    "rinv_speed_vhat": 8,
    "rhat_vhat_speed": 10,
    "rinv_vel_logra": 8,
    "rinv_vel_loga_energy": 9,
    "rinv_vel_harmonics": 7 + 5 + 7,
    "rinv_vel_vrvt": 9,
    "pos": 5,
    "rtn": 4,
    "rtn_norm": 3,
}
# Vectors lose one component each; harmonics k = 2 and 3 have a cosine and a sine.
VECTORS = {"rtn": 0, "rtn_norm": 0, "pos": 1}
PLANAR_COUNTS = {name: n - VECTORS.get(name, 2) for name, n in SPACE_COUNTS.items()}
PLANAR_COUNTS["rinv_vel_harmonics"] = 5 + 4

# r = 2 along y, moving at (−3, 4): radial part 4, transverse part 3 (anticlockwise).
PLANAR_STATE = [0.0, 2.0, 0.0, -3.0, 4.0, 0.0]
BY_HAND = {
    "cartesian_only": [0, 2, -3, 4],
    "rinv_vel": [0.5, 0, 1, -3, 4],
    "rinv_vinv": [0.5, 0, 1, -1.5, 2],
    "rinv_speed_vhat": [0.5, 0, 1, 5, -0.6, 0.8],
    "rhat_vhat_speed": [0.5, 0, 1, 5, -0.6, 0.8, 0.8, 0.6],
    "rinv_vel_logra": [0.5, 0, 1, -3, 4, math.log(2)],
    "rinv_vel_harmonics": [0.5, 0, 1, -3, 4, -1, 0, 0, -1],  # φ = 90°
    "rinv_vel_vrvt": [0.5, 0, 1, -3, 4, 4, 3],
    "pos": [0.5, math.log(2), 0, 1],
    "rtn": [0.5, math.log(2), 4, 3],
    "rtn_norm": [math.log(2), 4 * math.sqrt(2), 3 * math.sqrt(2)],
}


def state_of(values) -> jax.Array:
    return jnp.array(values, jnp.float32)


@pytest.mark.parametrize("name", FEATURES)
def test_the_number_of_features_is_that_of_the_notes(name):
    assert feature_count(name, space=True) == SPACE_COUNTS[name]
    assert feature_count(name, space=False) == PLANAR_COUNTS[name]
    labels = feature_labels(name, space=True)
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("name", BY_HAND)
def test_planar_features_equal_the_values_worked_out_by_hand(name):
    features = features_of(name, state_of(PLANAR_STATE), space=False)
    np.testing.assert_allclose(features, BY_HAND[name], rtol=1e-6, atol=1e-6)


def test_energy_and_axis_of_a_circle_of_radius_four():
    circle = state_of([4.0, 0.0, 0.0, 0.0, 0.5, 0.0])  # speed 1/√r: a = 4, E = −1/8
    features = features_of("rinv_vel_loga_energy", circle, space=False)
    np.testing.assert_allclose(features[-2:], [math.log(4), -1 / 8], rtol=1e-6)


def test_unbound_states_have_finite_features():
    escaping = state_of([1.0, 0.0, 0.0, 0.0, 9.0, 0.0])
    for space in (True, False):
        features = features_of("rinv_vel_loga_energy", escaping, space=space)
        assert jnp.all(jnp.isfinite(features))


@pytest.mark.parametrize("name", FEATURES)
@pytest.mark.parametrize("space", [True, False], ids=["space", "plane"])
def test_radial_motion_has_finite_features_and_gradients(name, space):
    falling = state_of([2.0, 0.0, 0.0, -1.0, 0.0, 0.0])
    jacobian = jax.jit(jax.jacobian(lambda y: features_of(name, y, space=space)))(
        falling
    )
    assert jnp.all(jnp.isfinite(jacobian))


@pytest.mark.parametrize("name", FEATURES)
def test_planar_features_ignore_what_is_out_of_the_plane(name):
    state = state_of([1.0, -2.0, 0.0, 0.3, 0.4, 0.0])
    lifted = state.at[jnp.array([2, 5])].set(7.0)
    same = features_of(name, state, space=False)
    np.testing.assert_array_equal(features_of(name, lifted, space=False), same)


@pytest.mark.parametrize("name", ["rtn", "rtn_norm"])
def test_rotating_the_orbit_leaves_rtn_features_alone(name, seed=3):
    generator = np.random.default_rng(seed)
    states = generator.normal(size=(20, 2, 3))
    turned = np.einsum(
        "sij,shj->shi", Rotation.random(20, rng=generator).as_matrix(), states
    )
    features = jax.vmap(lambda state: features_of(name, state, space=True))
    np.testing.assert_allclose(
        features(state_of(turned.reshape(20, 6))),
        features(state_of(states.reshape(20, 6))),
        rtol=1e-4,
        atol=1e-5,
    )


def test_real_harmonics_are_those_of_scipy(seed=0):
    for direction in np.random.default_rng(seed).normal(size=(8, 3)):
        x, y, z = direction / np.linalg.norm(direction)
        parts = real_spherical_harmonics(state_of([x, y, z]))
        for degree, values in zip((2, 3), parts.values(), strict=True):
            for order, value in zip(range(-degree, degree + 1), values, strict=True):
                wave = sph_harm_y(degree, abs(order), np.arccos(z), np.arctan2(y, x))
                part = wave.imag if order < 0 else wave.real
                # real harmonics: √2 (−1)^m Im or Re of Y_l|m|; Y_l0 itself
                factor = math.sqrt(2) * (-1) ** order if order else 1.0
                np.testing.assert_allclose(value, factor * part, atol=2e-6)


def test_an_unknown_feature_layer_is_refused_by_name():
    with pytest.raises(ValueError, match="`rtnn` are unknown; choose from"):
        features_of("rtnn", state_of(PLANAR_STATE), space=False)
