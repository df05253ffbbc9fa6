"""The simulated circuit as a map: rolled out without noise, it gives the noise floor.

It is told the whole state of each start: the voltages and, where calcium is observed,
the calcium too. What it misses nobody can predict.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from studies.latent import rollouts
from studies.latent.circuit import Circuit
from studies.latent.recordings import Recording
from studies.latent.rollouts import Rolled
from studies.latent.simulation import Arrays, arrays, drift


class TrueMap(eqx.Module):
    """The circuit's own step without noise, where voltages are observed."""

    parts: dict[str, Array]

    def encode(self, voltage: Float[Array, " neuron"]) -> Float[Array, " neuron"]:
        return voltage

    def decode(self, latent: Float[Array, " neuron"]) -> Float[Array, " neuron"]:
        return latent

    def encode_stimulus(self, stimulus: Float[Array, " s"]) -> Float[Array, " s"]:
        return stimulus

    def step(
        self, latent: Float[Array, " neuron"], stimulus: Float[Array, " s"]
    ) -> Float[Array, " neuron"]:
        return latent + drift(Arrays(**self.parts), latent, stimulus)


class TrueCalciumMap(eqx.Module):
    """The same where calcium is observed; its state is the voltages, then calcium."""

    parts: dict[str, Array]
    share: Float[Array, ""]  # dt / tau of calcium [1]

    def encode(self, state: Float[Array, " two"]) -> Float[Array, " two"]:
        return state

    def decode(self, latent: Float[Array, " two"]) -> Float[Array, " neuron"]:
        return latent[latent.shape[0] // 2 :]

    def encode_stimulus(self, stimulus: Float[Array, " s"]) -> Float[Array, " s"]:
        return stimulus

    def step(
        self, latent: Float[Array, " two"], stimulus: Float[Array, " s"]
    ) -> Float[Array, " two"]:
        voltage, calcium = jnp.split(latent, 2)
        risen = calcium + self.share * (jax.nn.relu(voltage) - calcium)
        after = voltage + drift(Arrays(**self.parts), voltage, stimulus)
        return jnp.concatenate([after, risen])


def true_map(circuit: Circuit) -> TrueMap:
    """The map that a perfect model of the voltages of `circuit` would have found."""
    return TrueMap(vars(arrays(circuit)))


def without_noise(
    circuit: Circuit,
    recording: Recording,
    starts: Int[np.ndarray, " start"],
    steps: int,
) -> Rolled:
    """The true circuit rolled out from the true states, compared in what is observed.

    Args:
        circuit: the one that was recorded.
        recording: of its voltages, or of its calcium with the voltages as `membrane`.
        starts: rows of the initial states.
        steps: of each rollout.
    """
    if recording.signal == "voltage":
        return rollouts.roll(true_map(circuit), recording, starts, steps)
    assert recording.membrane is not None
    state = [recording.membrane[starts], recording.voltage[starts]]
    share = jnp.float32(recording.dt / recording.meta["calcium_tau"])
    truth = TrueCalciumMap(vars(arrays(circuit)), share)
    initial = np.concatenate(state, axis=1)
    return rollouts.roll(truth, recording, starts, steps, initial=initial)
