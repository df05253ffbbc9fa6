"""The learned field: shapes, seeds, equivariance, and what is copied or learned."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from studies.orbit.models import ACTIVATIONS, build, prior_of

SIZES: dict[str, Any] = {"activation": "silu", "width": 16, "depth": 2}


def parameters(model):
    return jax.tree.leaves(model)


def rotation(seed):
    return jnp.array(
        Rotation.random(rng=np.random.default_rng(seed)).as_matrix(), jnp.float32
    )


def states(count=20, seed=5):
    drawn = np.random.default_rng(seed).normal(size=(count, 6))
    return jnp.array(drawn, jnp.float32)


@pytest.mark.parametrize("layer", ["rtn", "rtn_logmag", "rtn_r2"])
def test_a_rotated_orbit_has_the_rotated_acceleration(layer, seed=8):
    model = build(features="rtn", output_layer=layer, space=True, seed=1, **SIZES)
    turn = rotation(seed)
    here = jax.vmap(model.acceleration)(states())
    both = jnp.concatenate([states()[:, :3] @ turn.T, states()[:, 3:] @ turn.T], axis=1)
    there = jax.vmap(model.acceleration)(both)
    # float32: features change by about 1e-6 of themselves, near-radial ones by more
    np.testing.assert_allclose(there, here @ turn.T, rtol=2e-3, atol=1e-4)


def test_cartesian_layers_are_not_equivariant():
    model = build(features="rinv_vel", output_layer="signed", space=True, **SIZES)
    turn = rotation(8)
    both = jnp.concatenate([states()[:, :3] @ turn.T, states()[:, 3:] @ turn.T], axis=1)
    here, there = (jax.vmap(model.acceleration)(y) for y in (states(), both))
    assert float(jnp.max(jnp.abs(there - here @ turn.T))) > 1e-2


@pytest.mark.parametrize("layer", ["signed", "rtn_logmag"])
def test_the_velocity_is_copied_and_the_acceleration_is_the_second_half(layer):
    model = build(features="rtn", output_layer=layer, space=True, **SIZES)
    for state in states(4):
        derivative = model(state)
        np.testing.assert_array_equal(derivative[:3], state[3:])
        np.testing.assert_array_equal(derivative[3:], model.acceleration(state))
        magnitude, direction = model.output_features(state)
        np.testing.assert_allclose(
            magnitude * direction, derivative[3:], rtol=1e-5, atol=1e-7
        )


def test_only_the_simple_layer_learns_the_velocity():
    simple = build(features="rinv_vel", output_layer="simple", space=True, **SIZES)
    state = states(1)[0]
    assert simple.learns_velocity
    np.testing.assert_array_equal(simple(state), simple.raw_outputs(state))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_builds_a_single_precision_model(activation):
    options: dict[str, Any] = SIZES | {"activation": activation}
    model = build(features="rtn", output_layer="rtn_logmag", **options)
    out = model(states(1)[0])
    assert out.shape == (6,)
    assert out.dtype == jnp.float32
    leaves = [leaf for leaf in parameters(model) if hasattr(leaf, "dtype")]
    assert {leaf.dtype for leaf in leaves} == {jnp.dtype("float32")}


def test_the_seed_fixes_the_weights_and_other_parameters_are_ignored():
    layers = {"features": "rtn", "output_layer": "rtn_logmag"}
    options: dict[str, Any] = layers | SIZES
    first = build(**options, seed=3, learning_rates=[1e-3], orbits=10)
    again = build(**options, seed=[3])
    other = build(**options, seed=4)
    state = states(1)[0]
    np.testing.assert_array_equal(first(state), again(state))
    assert float(jnp.max(jnp.abs(first(state) - other(state)))) > 1e-3


def test_the_pair_is_labelled_by_the_larger_prior():
    assert prior_of("rinv_vel", "signed") == "neutral"
    assert prior_of("rinv_vel", "rtn_logmag") == "symmetry-informed"
    assert prior_of("rtn", "signed_r2") == "law given"
    assert prior_of("rinv_vel_loga_energy", "rtn") == "law given"


def test_an_unknown_activation_is_refused_by_name():
    options: dict[str, Any] = SIZES | {"activation": "swish"}
    with pytest.raises(ValueError, match="`swish` is unknown; choose from tanh"):
        build(features="rtn", output_layer="rtn", **options)
