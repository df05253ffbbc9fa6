r"""The embedded circuit integrated: Euler steps of 20 ms with noise at each step.

$v_{t+1} = v_t + \alpha\,(-v_t + W\,\mathrm{relu}(v_t) + b + e_t) + \sigma\,\xi_t$ with
$\alpha = dt / \max(\tau, dt)$ and $\xi$ standard normal; $\sigma$ is that of one step
and is not scaled by $\sqrt{dt}$.
"""

from dataclasses import asdict, dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from studies.latent.circuit import GREY, Circuit
from studies.latent.recordings import Recording

BURN_IN = 100  # [steps] of grey before a recording begins


@dataclass(frozen=True)
class Arrays:
    """The circuit as the compiled step reads it: edges padded to equal rows.

    A gather of `source` is far faster than a scatter over edges or a dense product; the
    padding has weight zero.
    """

    source: Int[Array, "neuron inputs"]
    weight: Float[Array, "neuron inputs"]
    alpha: Float[Array, " neuron"]
    bias: Float[Array, " neuron"]
    column: Int[Array, " neuron"]
    sees: Float[Array, " neuron"]  # 1 for receptors, 0 for all others


def arrays(circuit: Circuit) -> Arrays:
    """The arrays of a circuit, float32."""
    order = np.argsort(circuit.post, kind="stable")
    post = circuit.post[order]
    counts = np.bincount(post, minlength=circuit.neurons)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    slot = np.arange(post.size) - first
    shape = (circuit.neurons, max(1, int(counts.max(initial=0))))
    source, weight = np.zeros(shape, np.int32), np.zeros(shape, np.float32)
    source[post, slot] = circuit.pre[order]
    weight[post, slot] = circuit.weight[order]
    return Arrays(
        jnp.asarray(source),
        jnp.asarray(weight),
        jnp.asarray(circuit.alpha, jnp.float32),
        jnp.asarray(circuit.bias, jnp.float32),
        jnp.asarray(circuit.column, jnp.int32),
        jnp.asarray(circuit.receptors, jnp.float32),
    )


def drift(
    parts: Arrays, voltage: Float[Array, " neuron"], frame: Float[Array, " column"]
) -> Float[Array, " neuron"]:
    """Change of the voltage over one step without noise [voltage]."""
    synaptic = (parts.weight * jax.nn.relu(voltage)[parts.source]).sum(axis=1)
    seen = parts.sees * frame[parts.column]
    return parts.alpha * (-voltage + synaptic + parts.bias + seen)


def simulate(
    circuit: Circuit,
    stimulus: Float[np.ndarray, "time column"],
    noise: float = 0.0,
    seed: int = 0,
    *,
    name: str = "",
    burn_in: int = BURN_IN,
) -> Recording:
    """A recording of the circuit's voltages under a stimulus, after steps of grey.

    Args:
        circuit: as `hexeye` gives it.
        stimulus: luminance of each column [1]; row t drives the step t → t+1.
        noise: standard deviation added at each step [voltage].
        seed: of the noise.
        name: of the recording.
        burn_in: grey steps before row 0 [steps]; they begin at v = b.

    Raises:
        ValueError: the stimulus is of another eye, or the noise is negative.
    """
    stimulus = np.asarray(stimulus, np.float32)
    if stimulus.ndim != 2 or stimulus.shape[1] != circuit.columns:
        msg = f"`stimulus` has shape {stimulus.shape}; needed (time, {circuit.columns})"
        raise ValueError(msg + ": one value a column.")
    if noise < 0:
        msg = f"`noise` must not be negative [voltage]; got {noise}."
        raise ValueError(msg)
    grey = np.full((burn_in, circuit.columns), GREY, np.float32)
    frames = jnp.asarray(np.concatenate([grey, stimulus]))
    key = jax.random.key(seed)
    parts = asdict(arrays(circuit))
    run = _noisy if noise > 0 else _quiet
    voltage = np.asarray(run(parts, frames, jnp.float32(noise), key)[burn_in:])
    return recording_of(circuit, voltage, stimulus, noise, name or circuit.name)


def recording_of(
    circuit: Circuit,
    voltage: Float[np.ndarray, "time neuron"],
    stimulus: Float[np.ndarray, "time column"],
    noise: float,
    name: str,
) -> Recording:
    """Voltages of the circuit with all that is known of it.

    Args:
        circuit: the one that was simulated.
        voltage: row t before the step t → t+1.
        stimulus: luminance of each column [1].
        noise: standard deviation added at each step [voltage].
        name: of the recording.
    """
    return Recording(
        voltage=voltage,
        stimulus=stimulus,
        dt=circuit.dt,
        type_index=circuit.type_index,
        type_names=circuit.type_names,
        positions=circuit.positions,
        pre=circuit.pre,
        post=circuit.post,
        weight=circuit.weight,
        name=name,
        noise_sigma=float(noise),
        meta={"centres": circuit.centres, "columns": circuit.column},
    )


def _scan(
    parts: dict[str, Array],
    frames: Float[Array, "time column"],
    noise: Float[Array, ""] | None,
    key: Any,
) -> Float[Array, "time neuron"]:
    circuit = Arrays(**parts)

    def step(voltage: Array, row: tuple[Array, Array]) -> tuple[Array, Array]:
        frame, number = row
        after = voltage + drift(circuit, voltage, frame)
        if noise is not None:
            own = jax.random.fold_in(key, number)
            after = after + noise * jax.random.normal(own, voltage.shape, jnp.float32)
        return after, voltage

    numbers = jnp.arange(frames.shape[0])
    return jax.lax.scan(step, circuit.bias, (frames, numbers))[1]


_noisy = jax.jit(_scan)


@jax.jit
def _quiet(parts: Any, frames: Array, noise: Array, key: Any) -> Array:
    del noise
    return _scan(parts, frames, None, key)
