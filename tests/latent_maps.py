"""A map whose every step is known, and recordings made by hand: for tests of latent."""

import equinox as eqx
import numpy as np
from jaxtyping import Array, Float

from studies.latent.recordings import Recording


class Decay(eqx.Module):
    """x → a·x + s on latents that are twice the voltages."""

    factor: float = eqx.field(static=True)
    loss: float = eqx.field(static=True, default=0.0)  # of each decoding

    def encode(self, voltage: Float[Array, " n"]) -> Float[Array, " n"]:
        return 2 * voltage

    def decode(self, latent: Float[Array, " n"]) -> Float[Array, " n"]:
        return latent / 2 - self.loss

    def encode_stimulus(self, stimulus: Float[Array, " s"]) -> Float[Array, " s"]:
        return stimulus

    def step(self, latent, stimulus):
        return self.factor * latent + 2 * stimulus


def recording(voltage: np.ndarray, stimulus: np.ndarray) -> Recording:
    neurons = voltage.shape[1]
    return Recording(
        voltage=voltage.astype(np.float32),
        stimulus=stimulus.astype(np.float32),
        dt=0.02,
        type_index=np.zeros(neurons, int),
        type_names=["one"],
        positions=np.zeros((neurons, 2)),
    )
