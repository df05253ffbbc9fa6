"""Networks, their merged form, and the unrolled map with its own gradient."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from studies.latent.models import (
    ACTIVATIONS,
    SkipMLP,
    build,
    build_stimulus_only,
)
from studies.latent.unrolling import trajectory, unroll_residual

DEPTHS = (0, 1, 3)  # one affine map, no layer between hidden ones, and two
SIZES: dict = {"neurons": 9, "stimuli": 4, "latent": 6, "stimulus_latent": 3}


@pytest.fixture
def precise():
    with jax.enable_x64():
        yield


def network(depth, inputs=5, outputs=4, activation="tanh"):
    return SkipMLP(inputs, 6, depth, outputs, activation, jax.random.key(depth))


@pytest.mark.parametrize("depth", DEPTHS)
def test_layers_have_the_shapes_of_the_definition(depth):
    own = network(depth)
    taken = [5] + [6] * depth
    given = [6] * depth + [4]
    shapes = [(b, a + 6) for a, b in zip(taken, given, strict=True)]
    assert [layer.weight.shape for layer in own.layers] == (
        shapes if depth else [(4, 5)]
    )
    assert [skip.weight.shape for skip in own.skips] == [(6, 5)] * (
        depth + 1 if depth else 0
    )
    assert own(jnp.ones((2, 3, 5))).shape == (2, 3, 4)


def test_without_hidden_layers_it_is_one_affine_map():
    own, x = network(0), jnp.arange(5.0)
    expected = own.layers[0].weight @ x + own.layers[0].bias
    np.testing.assert_allclose(own(x), expected, rtol=1e-6)


def test_one_hidden_layer_by_hand():
    own, x = network(1), jnp.linspace(-1.0, 1.0, 5)
    first, last = own.layers
    beside = [skip.weight @ x + skip.bias for skip in own.skips]
    hidden = jnp.tanh(first.weight @ jnp.concatenate([x, beside[0]]) + first.bias)
    out = last.weight @ jnp.concatenate([hidden, beside[1]]) + last.bias
    np.testing.assert_allclose(own(x), out, rtol=1e-5)


@pytest.mark.parametrize(
    ("depth", "activation"), [*((depth, "tanh") for depth in DEPTHS), (1, "relu")]
)
def test_the_merged_network_is_the_same_function_with_the_same_gradients(
    depth, activation, precise
):
    own = network(depth, activation=activation)
    x = jax.random.normal(jax.random.key(9), (3, 5))

    def plain(own, x):
        return jnp.sum(own(x) ** 3)

    def merged(own, x):
        return jnp.sum(own.merged()(x) ** 3)

    compare(jax.jit(jax.value_and_grad(plain, (0, 1)))(own, x), merged, own, x)


def compare(expected, function, *arguments):
    places = tuple(range(len(arguments)))
    found = jax.jit(jax.value_and_grad(function, places))(*arguments)
    pairs = zip(jax.tree.leaves(expected), jax.tree.leaves(found), strict=True)
    for one, other in pairs:
        np.testing.assert_allclose(other, one, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("depth", DEPTHS)
def test_the_unrolled_map_is_the_stepwise_one_with_the_same_gradients(depth, precise):
    own = network(depth, inputs=4 + 3)
    keys = jax.random.split(jax.random.key(1))
    initial = jax.random.normal(keys[0], (2, 4))
    stimulus = jax.random.normal(keys[1], (3, 2, 3))
    weight = jnp.arange(1.0, 5.0)[:, None, None]

    def stepwise(own, z, stimulus):
        states = [z]
        for u in stimulus:
            z = z + own(jnp.concatenate([z, u], -1))
            states.append(z)
        return jnp.sum(weight * jnp.stack(states) ** 2)

    def unrolled(own, z, stimulus):
        return jnp.sum(weight * unroll_residual(own, z, stimulus) ** 2)

    given = (own, initial, stimulus)
    expected = jax.jit(jax.value_and_grad(stepwise, (0, 1, 2)))(*given)
    compare(expected, unrolled, *given)


def test_a_map_that_starts_as_the_identity_keeps_every_state():
    model = build(**SIZES, width=5)
    x, s = jnp.linspace(0.0, 1.0, 9), jnp.ones(4)
    z = model.encode(x)
    np.testing.assert_array_equal(model.step(z, model.encode_stimulus(s)), z)
    stimulus = jnp.ones((8, 1, 3))
    states = trajectory(model, z[None], stimulus)
    np.testing.assert_array_equal(states, np.broadcast_to(z, (9, 1, 6)))
    moving = build(**SIZES, width=5, zero_init=False)
    assert not np.allclose(moving.step(moving.encode(x), jnp.ones(3)), z)


def hidden_sizes(model):
    """Width of the hidden layer of encoder, decoder and map."""
    networks = (model.encoder, model.decoder, model.evolver)
    return [len(network.layers[0].bias) for network in networks]


def test_encoder_and_decoder_may_be_narrower_than_the_map():
    sizes = SIZES
    assert hidden_sizes(build(**sizes, width=8, coder_width=5)) == [5, 5, 8]
    alike = build(**sizes, width=8, coder_width=0)
    assert hidden_sizes(alike) == [8, 8, 8]
    pairs = zip(*map(jax.tree.leaves, (alike, build(**sizes, width=8))), strict=True)
    assert all(np.array_equal(one, other) for one, other in pairs)
    with pytest.raises(ValueError, match="or 0 for that of the map"):
        build(**sizes, coder_width=-1)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_gives_a_model(activation):
    model = build(**SIZES, width=5, activation=activation, zero_init=False)
    z = model.step(jnp.ones(6), jnp.ones(3))
    assert z.shape == (6,)
    assert np.isfinite(z).all()


def test_the_stimulus_only_model_reads_its_history():
    model = build_stimulus_only(neurons=9, stimuli=4, width=8, history=5)
    frames = jax.random.normal(jax.random.key(0), (3, 5, 4))
    assert model(frames).shape == (3, 9)
    assert not np.allclose(model(frames.at[:, 0].add(1.0)), model(frames))
