r"""How often the model sees the stimulus: modes that act on the encoded stimulus.

Between two knots $u_a$ and $u_b$, a share $w$ of the way along, *interpolate* gives
$(1 - w) u_a + w u_b$ and *learned* adds $w (1 - w) U([u_a; u_b; w])$ to it, where the
network $U$ is trained with the rest.

A window of T steps needs T + 1 rows of stimulus, since the last straight line between
knots ends one row past the last step. Rows that a mode may not see are left out before
anything is encoded, so that not even a gradient passes through them.
"""

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from studies.latent.stimulus_modes import StimulusError, check_mode

Upsampler = Callable[[Array], Array]


def knots(steps: int, mode: str, time_units: int) -> Int[np.ndarray, " knot"]:
    """Which of the rows 0 … `steps` of a window a mode encodes.

    Raises:
        StimulusError: the mode is unknown, or the knots do not span the window.
    """
    check_mode(mode, time_units)
    if mode == "none":
        return np.arange(0)
    if mode == "all":
        return np.arange(steps)
    if steps % time_units:
        msg = f"a window of {steps} steps is no multiple of `tu` = {time_units}."
        raise StimulusError(msg)
    return np.arange(0, steps + (mode != "constant"), time_units)


def expand(
    encoded: Float[Array, "knot ... u"],
    steps: int,
    mode: str,
    time_units: int,
    upsampler: Upsampler | None = None,
) -> Float[Array, "steps ... u"]:
    """What the model is given at each of `steps` steps, from the encoded knots.

    Args:
        encoded: latent stimulus at the `knots` of the mode.
        steps: of the window.
        mode: stimulus mode.
        time_units: steps between two knots.
        upsampler: for mode "learned", the network from both knots and the share of the
            way between them, (..., 2 u + 1), to the latent stimulus.

    Raises:
        StimulusError: mode "learned" without an upsampler.
    """
    if mode == "all":
        return encoded
    if mode == "none":
        return jnp.zeros((steps, *encoded.shape[1:]), encoded.dtype)
    if mode == "constant":
        return jnp.repeat(encoded, time_units, axis=0)
    ahead = np.arange(time_units, dtype=np.float32) / np.float32(time_units)
    weight = jnp.asarray(ahead.reshape(1, -1, *(1,) * (encoded.ndim - 1)))
    low, high = encoded[:-1, None], encoded[1:, None]
    between = (1 - weight) * low + weight * high
    if mode == "learned":
        if upsampler is None:
            msg = "`stimulus_mode` 'learned' needs a model that was trained in it."
            raise StimulusError(msg)
        shape = between.shape
        share = jnp.broadcast_to(weight, (*shape[:-1], 1))
        ends = (jnp.broadcast_to(low, shape), jnp.broadcast_to(high, shape), share)
        bend = upsampler(jnp.concatenate(ends, -1))
        between = between + weight * (1 - weight) * bend
    return between.reshape(steps, *encoded.shape[1:])


def reduce_stimulus(
    encoded: Float[Array, "rows ... u"],
    mode: str,
    time_units: int,
    upsampler: Upsampler | None = None,
) -> Float[Array, "steps ... u"]:
    """The encoded stimulus of one more row than steps, as a mode lets it be seen.

    Raises:
        StimulusError: the mode is unknown, or does not fit the window or the model.
    """
    steps = encoded.shape[0] - 1
    seen = encoded[knots(steps, mode, time_units)]
    return expand(seen, steps, mode, time_units, upsampler)
