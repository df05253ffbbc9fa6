"""The latent ODE: what it implies is the derivative of what it decodes."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from studies.orbit import batches, latent_ode
from studies.orbit.recipes import PhasePlan
from studies.orbit.tasks import orbit_set


def segments(data_seed=1, length=10):
    plan = PhasePlan((0.0, 1.0), 1.0, 1, length)
    orbits = orbit_set("simple", 2, data_seed, points=60)
    return latent_ode.seen(batches.trajectories_of(orbits, plan))


@pytest.fixture(scope="module")
def model():
    return latent_ode.build(encoder="first", latent=3, width=5, key=jax.random.key(1))


def test_implied_rates_are_the_derivative_of_the_decoded_states(model):
    """Central differences along a finely rolled segment."""
    first = segments().states[0, :1]
    times = jnp.arange(201, dtype=jnp.float32) * 0.01
    latents = model.roll(times, first)
    decoded = np.asarray(model.decode(latents), float)
    slopes = (decoded[2:] - decoded[:-2]) / 0.02
    assert np.allclose(slopes, model.implied(latents)[1:-1], atol=2e-4)


def test_encoders_see_what_they_say():
    data = segments()
    samples = data.states[0, :6]
    changed = samples.at[3].add(0.5)
    for name in latent_ode.ENCODERS:
        made = latent_ode.build(encoder=name, latent=3, width=5, key=jax.random.key(2))
        first, other = made.encoder(samples), made.encoder(changed)
        assert first.shape == (3,)
        assert bool(jnp.allclose(first, other)) == (name == "first")
    forwards, backwards = (
        latent_ode.build(encoder=name, latent=3, width=5, key=jax.random.key(2)).encoder
        for name in ("prefix", "backward")
    )
    assert jnp.allclose(forwards(samples[::-1]), backwards(samples))


def test_consistency_vanishes_for_a_model_whose_velocity_is_its_motion():
    """A decoder of (h, rate of h) for a constant rate: p moves by v exactly."""
    data = segments()
    model = latent_ode.build(encoder="first", latent=2, width=4, key=jax.random.key(3))
    zero = jax.tree.map(jnp.zeros_like, eqx.filter(model.drift, eqx.is_array))
    drift = eqx.combine(zero, eqx.filter(model.drift, eqx.is_array, inverse=True))
    bias = jnp.arctanh(jnp.array([0.3, -0.2]))
    drift = eqx.tree_at(lambda m: m.layers[-1].bias, drift, bias)
    weight = jnp.zeros((4, 2)).at[0, 0].set(1.0).at[1, 1].set(1.0)
    decoder = eqx.tree_at(
        lambda d: (d.weight, d.bias),
        model.decoder,
        (weight, jnp.array([0.0, 0.0, 0.3, -0.2])),
    )
    model = eqx.tree_at(lambda m: (m.drift, m.decoder), model, (drift, decoder))
    terms = latent_ode.terms_of(model, data, 1, jnp.asarray(1.0))
    assert terms["consistency"] < 1e-3
    moved = eqx.tree_at(
        lambda m: m.decoder.bias, model, jnp.array([0.0, 0.0, 1.0, 1.0])
    )
    assert latent_ode.terms_of(moved, data, 1, jnp.asarray(1.0))["consistency"] > 10


def test_training_lowers_both_terms():
    data, other = segments(), segments(data_seed=2)
    sizes = {"encoder": "first", "latent": 4, "width": 8, "depth": 1}
    result = latent_ode.fit(
        sizes,
        data,
        other,
        [0, 1],
        steps=150,
        learning_rate=1e-2,
        batch=8,
        prefix=1,
        consistency=0.1,
    )
    for place in range(2):
        history = result.history(place)
        assert history["loss"][-1] < 0.6 * history["loss"][0]
        assert history["loss.reconstruction"][-1] < history["loss.reconstruction"][0]


def test_an_unknown_encoder_is_refused():
    with pytest.raises(ValueError, match="choose from first, prefix, backward"):
        latent_ode.build(encoder="last", key=jax.random.key(0))
