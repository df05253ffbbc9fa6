r"""What is learned: encoder, decoder, stimulus encoder and a residual one-step map.

$z = E(x)$, $z_{t+1} = z_t + f([z_t; G(s_t)])$, $\hat x = D(z)$; all four are MLPs with
input skips (`SkipMLP`). Every network takes arrays with any leading axes. `unrolling`
takes the map through many steps at once.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, get_args

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from studies.training import drawn_at_once, expect_last, read_model

Activation = Literal["tanh", "relu", "sigmoid", "silu", "gelu"]
ACTIVATIONS: tuple[Activation, ...] = get_args(Activation)
STIMULUS_LAYERS = 3  # hidden layers of the stimulus encoder
HISTORY = 20  # [steps] of stimulus that the stimulus-only model is shown


def activation_of(name: str) -> Callable[[Array], Array]:
    """The function of a hidden layer by its name."""
    return jnp.tanh if name == "tanh" else getattr(jax.nn, name)


def shifted(
    x: Float[Array, "... n"], bias: Float[Array, " n"]
) -> Float[Array, "... n"]:
    """x + b, for any leading axes of x."""
    return x + jnp.broadcast_to(bias, x.shape)


class Affine(eqx.Module):
    """y = W x + b, both uniform within ±1/√(size of x) at first."""

    weight: Float[Array, "out in"]
    bias: Float[Array, " out"]

    def __init__(self, inputs: int, outputs: int, key: PRNGKeyArray):
        first, second = jax.random.split(key)
        bound = 1 / math.sqrt(max(inputs, 1))
        self.weight = jax.random.uniform(
            first, (outputs, inputs), minval=-bound, maxval=bound
        )
        self.bias = jax.random.uniform(second, (outputs,), minval=-bound, maxval=bound)

    def __call__(self, x: Float[Array, "... in"]) -> Float[Array, "... out"]:
        return shifted(x @ self.weight.T, self.bias)


class SkipMLP(eqx.Module):
    r"""An MLP whose every layer also sees the input through a linear projection.

    $h_0 = x$, $h_k = \mathrm{act}(A_k [h_{k-1}; p_k(x)])$, $y = A_{n+1} [h_n;
    p_{n+1}(x)]$; all $A$ and $p$ are affine, each $p$ as wide as a hidden layer.
    Without hidden layers it is one affine map.
    """

    layers: tuple[Affine, ...]  # A_1 … A_n+1
    skips: tuple[Affine, ...]  # p_1 … p_n+1
    activation: str = eqx.field(static=True)

    def __init__(
        self,
        inputs: int,
        width: int,
        hidden_layers: int,
        outputs: int,
        activation: str,
        key: PRNGKeyArray,
    ):
        """Draw the weights of a network with `hidden_layers` layers of `width`."""
        count = hidden_layers + 1
        keys = jax.random.split(key, 2 * count)
        self.activation = activation
        if not hidden_layers:
            self.layers, self.skips = (Affine(inputs, outputs, keys[0]),), ()
            return
        taken = [inputs] + [width] * hidden_layers
        given = [width] * hidden_layers + [outputs]
        shapes = zip(taken, given, keys[:count], strict=True)
        self.layers = tuple(Affine(a + width, b, k) for a, b, k in shapes)
        self.skips = tuple(Affine(inputs, width, k) for k in keys[count:])

    @property
    def inputs(self) -> int:
        """Length of the last axis of what it takes."""
        return (self.skips or self.layers)[0].weight.shape[-1]

    def __call__(self, x: Float[Array, "... in"]) -> Float[Array, "... out"]:
        hidden, projected = self.last_layer_inputs(x)
        return self.layers[-1](jnp.concatenate([hidden, *projected], -1))

    def last_layer_inputs(self, x: Float[Array, "... in"]) -> tuple[Array, tuple]:
        """The last hidden layer, and the projection beside it (none without layers)."""
        act, hidden = activation_of(self.activation), x
        for layer, skip in zip(self.layers[:-1], self.skips[:-1], strict=True):
            hidden = act(layer(jnp.concatenate([hidden, skip(x)], -1)))
        return hidden, tuple(skip(x) for skip in self.skips[-1:])

    def merged(self) -> "Merged":
        """The same function with each projection multiplied into its layer."""
        blocks, biases, between = [], [], []
        if not self.skips:
            blocks, biases = [self.layers[0].weight], [self.layers[0].bias]
        for place, (layer, skip) in enumerate(
            zip(self.layers, self.skips, strict=bool(self.skips))
        ):
            split = layer.weight.shape[1] - skip.weight.shape[0]
            of_hidden, of_skip = layer.weight[:, :split], layer.weight[:, split:]
            block = of_skip @ skip.weight
            if place:
                between.append(of_hidden)
            else:  # the first layer's other input is x itself
                block = block + of_hidden
            blocks.append(block)
            biases.append(of_skip @ skip.bias + layer.bias)
        sizes = tuple(len(bias) for bias in biases)
        return Merged(
            jnp.concatenate(blocks),
            jnp.concatenate(biases),
            tuple(between),
            sizes,
            self.activation,
        )


class Merged(eqx.Module):
    r"""A `SkipMLP` with one matrix for all that depends linearly on its input.

    $A [h; P x + b] = A_h h + (A_p P) x + A_p b$, so the input meets one matrix for all
    layers (`direct`), and each further layer meets its predecessor (`between`).
    """

    direct: Float[Array, "sum in"]
    bias: Float[Array, " sum"]
    between: tuple[Array, ...]
    sizes: tuple[int, ...] = eqx.field(static=True)  # rows of `direct`, by layer
    activation: str = eqx.field(static=True)

    @property
    def inputs(self) -> int:
        """Length of the last axis of what it takes."""
        return self.direct.shape[-1]

    def __call__(self, x: Float[Array, "... in"]) -> Float[Array, "... out"]:
        return self.finish(shifted(x @ self.direct.T, self.bias))[0]

    def finish(
        self, direct: Float[Array, "... sum"]
    ) -> tuple[Float[Array, "... out"], tuple[Array, ...]]:
        """The output and the hidden layers, from what comes directly from the input."""
        return finish(direct, self.between, self.sizes, self.activation)


def finish(
    direct: Float[Array, "... sum"],
    between: tuple[Array, ...],
    sizes: tuple[int, ...],
    activation: str,
) -> tuple[Float[Array, "... out"], tuple[Array, ...]]:
    """The output and the hidden layers of a merged network."""
    act, hidden = activation_of(activation), []
    edges = [sum(sizes[: place + 1]) for place in range(len(sizes) - 1)]
    total, *others = jnp.split(direct, edges, axis=-1)
    for matrix, part in zip(between, others, strict=True):
        hidden.append(act(total))
        total = hidden[-1] @ matrix.T + part
    return total, tuple(hidden)


class LatentModel(eqx.Module):
    """Encoder E, decoder D, stimulus encoder G and one-step map of a circuit."""

    encoder: SkipMLP
    decoder: SkipMLP
    stimulus_encoder: SkipMLP
    evolver: SkipMLP
    stimulus_decoder: SkipMLP | None = None  # only to train G by itself
    bank: Float[Array, "window latent"] | None = None  # learned initial states
    upsampler: SkipMLP | None = None  # of a stimulus that is known at knots only

    def encode(self, x: Float[Array, "... neuron"]) -> Float[Array, "... latent"]:
        """The latent state of voltages; ValueError for another number of neurons."""
        expect_last(x, self.encoder.inputs, "The activity, one entry a neuron,")
        return self.encoder(x)

    def decode(self, z: Float[Array, "... latent"]) -> Float[Array, "... neuron"]:
        """The voltages of a latent state; ValueError for another size of it."""
        expect_last(z, self.decoder.inputs, "The latent state")
        return self.decoder(z)

    def encode_stimulus(self, s: Float[Array, "... s"]) -> Float[Array, "... u"]:
        """The latent stimulus of one frame; ValueError for another size of it."""
        expect_last(s, self.stimulus_encoder.inputs, "A frame of the stimulus")
        return self.stimulus_encoder(s)

    def step(
        self, z: Float[Array, "... latent"], u: Float[Array, "... u"]
    ) -> Float[Array, "... latent"]:
        """The next latent state, given the latent stimulus that drives the step.

        Raises:
            ValueError: the latent state has another size.
        """
        expect_last(z, self.decoder.inputs, "The latent state")
        return z + self.evolver(jnp.concatenate([z, u], -1))

    def bare(self) -> "LatentModel":
        """The model without what only its training needed."""
        return LatentModel(
            self.encoder,
            self.decoder,
            self.stimulus_encoder,
            self.evolver,
            upsampler=self.upsampler,
        )


def build(
    *,
    neurons: int,
    stimuli: int,
    latent: int = 96,
    width: int = 96,
    coder_width: int = 0,
    stimulus_latent: int = 32,
    hidden_layers: int = 1,
    activation: str = "tanh",
    zero_init: bool = True,
    stimulus_mode: str = "all",
    stimulus_decoder: bool = False,
    bank: int = 0,
    key: PRNGKeyArray | None = None,
    **unused: Any,
) -> LatentModel:
    """An untrained model.

    Args:
        neurons: of the circuit.
        stimuli: dimensions of a frame.
        latent: dimensions of the latent state.
        width: of the hidden layers of encoder, decoder and map.
        coder_width: of those of encoder and decoder alone; 0: as the map's. The
            decoder always mirrors the encoder.
        stimulus_latent: dimensions of the latent stimulus, and width of its encoder.
        hidden_layers: of encoder, decoder and map.
        activation: of the map; the other networks have ReLU.
        zero_init: the map's last layer starts at zero, so that the map is the identity.
        stimulus_mode: with "learned" there is an upsampler, one hidden layer as wide as
            the latent stimulus; untrained it gives the straight line.
        stimulus_decoder: with the mirror of the stimulus encoder.
        bank: number of learned initial states.
        key: of the weights; without one they are those of key 0.
        unused: other parameters of a run, so that a model's file can hold them all.

    Raises:
        ValueError: `coder_width` is negative.
    """
    del unused
    if coder_width < 0:
        msg = (
            f"`coder_width` must not be negative; got {coder_width}. Give the width of "
            "encoder and decoder, or 0 for that of the map."
        )
        raise ValueError(msg)
    key = jax.random.key(0) if key is None else key
    small, body = stimulus_latent, (width, hidden_layers)
    coder = (coder_width or width, hidden_layers)

    def networks(key: PRNGKeyArray) -> LatentModel:
        mirror = SkipMLP(small, small, STIMULUS_LAYERS, stimuli, "relu", key)
        upsampler = SkipMLP(2 * small + 1, small, 1, small, "tanh", key)
        return LatentModel(
            SkipMLP(neurons, *coder, latent, "relu", key),
            SkipMLP(latent, *coder, neurons, "relu", key),
            SkipMLP(stimuli, small, STIMULUS_LAYERS, small, "relu", key),
            SkipMLP(latent + small, *body, latent, activation, key),
            mirror if stimulus_decoder else None,
            None,
            upsampler if stimulus_mode == "learned" else None,
        )

    of_networks, of_bank = jax.random.split(key)
    model = drawn_at_once(networks, of_networks)
    if zero_init:
        model = eqx.tree_at(lambda x: x.evolver, model, _still(model.evolver))
    if model.upsampler is not None:
        model = eqx.tree_at(lambda x: x.upsampler, model, _still(model.upsampler))
    if not bank:
        return model
    table = 0.01 * jax.random.normal(of_bank, (bank, latent))
    return eqx.tree_at(lambda x: x.bank, model, table, is_leaf=lambda x: x is None)


def _still(network: SkipMLP) -> SkipMLP:
    """The network with its last layer at zero."""

    def last(tree: Any) -> list[Any]:
        return [tree.layers[-1].weight, tree.layers[-1].bias]

    return eqx.tree_at(last, network, [jnp.zeros_like(x) for x in last(network)])


class StimulusOnly(eqx.Module):
    """The stimulus-only baseline: voltages from the last frames, without a state."""

    stimulus_encoder: SkipMLP
    head: SkipMLP
    history: int = eqx.field(static=True)

    def __call__(
        self, frames: Float[Array, "... history s"]
    ) -> Float[Array, "... neuron"]:
        """The voltages after the step that the last of the frames drives."""
        seen = self.stimulus_encoder(frames)
        return self.head(seen.reshape(*seen.shape[:-2], -1))


def build_stimulus_only(
    *,
    neurons: int,
    stimuli: int,
    width: int = 256,
    stimulus_latent: int = 32,
    history: int = HISTORY,
    key: PRNGKeyArray | None = None,
    **unused: Any,
) -> StimulusOnly:
    """The baseline untrained: the stimulus encoder, then two hidden layers."""
    del unused
    small = stimulus_latent

    def networks(key: PRNGKeyArray) -> StimulusOnly:
        return StimulusOnly(
            SkipMLP(stimuli, small, STIMULUS_LAYERS, small, "relu", key),
            SkipMLP(history * small, width, 2, neurons, "relu", key),
            history,
        )

    return drawn_at_once(networks, jax.random.key(0) if key is None else key)


def read(path: Path) -> LatentModel:
    """The trained model in a file.

    Raises:
        ModelFileError: no whole model file, or of another structure.
    """
    return read_model(path, build)


def read_stimulus_only(path: Path) -> StimulusOnly:
    """The trained stimulus-only baseline in a file, with the same errors as `read`."""
    return read_model(path, build_stimulus_only)
