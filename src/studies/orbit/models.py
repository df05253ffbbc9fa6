r"""The learned field: feature layer, network, output layer.

$\dot y=[v,\ a]$ with $a=\text{output}(\text{MLP}(\text{features}(y)),\,y)$: the
velocity is copied from the state (but the output layer `simple` learns all of it).
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from studies.orbit.features import FEATURES, Prior, feature_count, features_of
from studies.orbit.outputs import (
    acceleration_of,
    base_of,
    embed,
    output_count,
    output_prior,
    split,
)
from studies.orbit.systems import State
from studies.training import drawn_at_once, expect_shape, read_model

ACTIVATIONS = ("tanh", "leaky_relu", "relu", "elu", "gelu", "silu", "softplus")
STATE = "A state, position [R_E] and velocity [R_E/TU] in three dimensions,"
PRIORS: tuple[Prior, ...] = ("neutral", "symmetry-informed", "law given")


class OrbitModel(eqx.Module):
    """A learned motion under gravity, in the plane or in space.

    In the plane neither position nor velocity ever leaves it: the third component of
    both halves of the derivative is zero.
    """

    network: eqx.nn.MLP  # linear last layer; `depth` hidden layers of `width`
    features: str = eqx.field(static=True)
    output_layer: str = eqx.field(static=True)
    space: bool = eqx.field(static=True)
    scale: float = eqx.field(static=True)  # [R_E/TU²] for the scaled output layers

    def inputs(self, state: State) -> Float[Array, " features"]:
        """What the network is shown of `state`.

        Raises:
            ValueError: the state is not six numbers.
        """
        expect_shape(state, (6,), STATE)
        return features_of(self.features, state, space=self.space)

    def raw_outputs(self, state: State) -> Float[Array, " outputs"]:
        """Outputs of the network at `state`, before the output layer."""
        return self.network(self.inputs(state))

    def output_features(
        self, state: State
    ) -> tuple[Float[Array, ""], Float[Array, "3"]]:
        """(magnitude, direction) after the output layer's own activation.

        Their product is the acceleration [R_E/TU²]. Layers without a magnitude of
        their own (`simple`, `hybrid`, `rtn`) give its length and its unit vector.
        """
        raw = self.raw_outputs(state)
        return split(self.output_layer, raw, state, space=self.space, scale=self.scale)

    def acceleration(self, state: State) -> Float[Array, "3"]:
        """Acceleration at `state` [R_E/TU²]."""
        return self(state)[3:]

    def __call__(self, state: State) -> State:
        """Rate of change of `state` [R_E/TU, R_E/TU²]."""
        raw = self.raw_outputs(state)
        acceleration = acceleration_of(
            self.output_layer, raw, state, space=self.space, scale=self.scale
        )
        axes = 3 if self.space else 2
        velocity = raw[:axes] if self.learns_velocity else state[3 : 3 + axes]
        return jnp.concatenate([embed(velocity), acceleration])

    @property
    def learns_velocity(self) -> bool:
        """Whether even the velocity is learned instead of copied from the state."""
        return self.output_layer == "simple"

    @property
    def prior(self) -> Prior:
        """The most physics that the feature or the output layer is given."""
        return prior_of(self.features, self.output_layer)


ARCHITECTURE = ("features", "output_layer", "activation", "width", "depth", "space")
ARCHITECTURE += ("scale",)


def architecture_of(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What of a notebook's or a model's parameters says how the network is built."""
    return {name: parameters[name] for name in ARCHITECTURE}


def prior_of(features: str, output_layer: str) -> Prior:
    """How much physics a pair of layers is given: the larger of the two."""
    both = (FEATURES[features].prior, output_prior(output_layer))
    return max(both, key=PRIORS.index)


def build(
    *,
    features: str,
    output_layer: str,
    activation: str,
    width: int,
    depth: int,
    space: bool = False,
    scale: float = 1.0,
    seed: int | list[int] = 0,
    key: PRNGKeyArray | None = None,
    **others: Any,
) -> OrbitModel:
    """A fresh model from a notebook's parameters; those it does not need are ignored.

    Args:
        features: name of the feature layer, see `features`.
        output_layer: name of the output layer, see `outputs`.
        activation: name of the hidden layers' function in `jax.nn`.
        width: units in each hidden layer [1].
        depth: hidden layers [1].
        space: three dimensions; otherwise everything stays in the xy plane.
        scale: magnitude scale of the scaled output layers [R_E/TU²].
        seed: of the initial weights, unless `key` is given.
        key: of the initial weights; wins over `seed`.

    Raises:
        ValueError: a name is not known.
    """
    del others
    base_of(output_layer)
    if activation not in ACTIVATIONS:
        known = ", ".join(ACTIVATIONS)
        message = f"activation `{activation}` is unknown; choose from {known}."
        raise ValueError(message)
    if key is None:
        (first,) = seed if isinstance(seed, list | tuple) else [seed]
        key = jax.random.key(first)
    mlp = partial(
        eqx.nn.MLP,
        in_size=feature_count(features, space=space),
        out_size=output_count(output_layer, space=space),
        width_size=width,
        depth=depth,
        activation=getattr(jax.nn, activation),
    )
    network = drawn_at_once(lambda key: mlp(key=key), key)
    return OrbitModel(network, features, output_layer, space, scale)


def read(path: Path) -> OrbitModel:
    """The trained model in a file.

    Raises:
        ModelFileError: no whole model file, or of another structure.
    """
    return read_model(path, build)
