r"""Three definitions of a context that scales the field, and their effect on training.

With $N_1,N_2$ standard normal and $U$ uniform on $[0,1]$, the context $c$ and the
amplitude $b$ of the curl field were first $c=\sigma|N_1|$, $b=cN_2$, then $c=|N_1|$,
$b=\sigma cN_2$, and are now $c=U$, $b=\sigma cN_2$ (`disturbances.METHODS`). A product
of two normals has heavy tails, and explicit Euler steps turn a strong curl field, which
does no work, into a source of speed (`growth`).
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, PRNGKeyArray

from studies.reach import learning
from studies.reach.disturbances import Disturbance
from studies.reach.loop import Loop
from studies.reach.losses import Weights
from studies.reach.tasks import random_reaches
from studies.training import Phase, initialise, train

DEFINITIONS = {
    "std-2024-11": "first: c = σ|N₁|, b = c N₂",
    "std-half-normal": "second: c = |N₁|, b = σ c N₂",
    "std-uniform": "third: c = U, b = σ c N₂",
}
RUNAWAY = 1e6  # loss [1] from which a training counts as run away, as does NaN


class Drawn(NamedTuple):
    """What one definition draws."""

    context: Float[Array, "batch trial"]  # c [1]
    curl: Float[Array, "batch trial"]  # b [N s/m]


def draw(method: str, std: float, batches: int, size: int, key: PRNGKeyArray) -> Drawn:
    """Contexts and amplitudes of many batches; one key, one set of normals."""
    disturbance = Disturbance(field="curl", method=method)

    def one(key: PRNGKeyArray) -> Drawn:
        trials = disturbance.draw(key, random_reaches(key, size), std)
        return Drawn(trials.context, trials.curl)

    return jax.jit(jax.vmap(one))(jax.random.split(key, batches))


def growth(curl: Float[Array, "*n"], dt: float, controls: int) -> Float[Array, "*n"]:
    r"""Factor by which Euler steps multiply a free hand's speed in a curl field.

    A step takes $v$ to $v+b\,\Delta t\,(-v_y,v_x)/m$ (unit mass), two vectors at right
    angles, so $K$ of them multiply the speed by $(1+b^2\Delta t^2)^{K/2}$; in
    continuous time it would not change.
    """
    return jnp.exp(0.5 * controls * jnp.log1p((curl * dt) ** 2))


def curl_that_grows(factor: float, dt: float, controls: int) -> float:
    """The amplitude [N s/m] at which `growth` is this factor."""
    return float(np.sqrt(np.expm1(2 * np.log(factor) / controls)) / dt)


def draw_batch(key, step, data, hyper, loop: Loop, methods: tuple[str, ...], size: int):
    """The trainer's `batch`: random reaches under the member's own definition."""
    del step, data
    keys = jax.random.split(key)
    reaches = random_reaches(keys[0], size)
    ways = [
        partial(Disturbance(method=method).draw, controls=loop.controls)
        for method in methods
    ]
    return jax.lax.switch(hyper["method"], ways, keys[1], reaches, hyper["std"])


def early_losses(
    methods: Sequence[str],
    std: float,
    seeds: Sequence[int],
    *,
    loop: Loop,
    hidden: int,
    batch: int,
    batches: int,
    learning_rate: float,
    clip: float,
    **options: Any,
) -> Float[np.ndarray, "method seed step"]:
    """Loss at each step of short trainings, a member for each method and seed.

    Nothing ends a training but a loss or a parameter that is not finite; from there on
    its losses are NaN.

    Args:
        methods: definitions of the context.
        std: σ [N s/m].
        seeds: of weights and trials, the same for every method.
        loop: that is trained in.
        hidden: units of the gated network.
        batch: trials in a batch.
        batches: steps of a training.
        learning_rate: constant.
        clip: largest norm of a gradient; 0: none.
        options: handed on to `studies.training.train`.
    """
    methods = tuple(methods)
    places = np.repeat(np.arange(len(methods), dtype=np.int32), len(seeds))
    every = list(seeds) * len(methods)
    sizes = {"cell": "gru", "hidden": hidden, "leak": 1.0}
    told = {"method": methods[0], "task": "simple"}
    weights = Weights(*(jnp.asarray(x, jnp.float32) for x in Weights()))
    arguments = {"loop": loop, "methods": methods, "size": batch, "weights": weights}
    arguments |= {"setting": learning.Setting(loop), "norm_weight": np.float32(0)}
    result = train(
        initialise(partial(learning.fresh, **sizes, **told), every),
        learning.batch_loss,
        draw_batch,
        Phase(batches, learning_rate, arguments=arguments),
        seeds=every,
        hyper={"std": np.full(len(every), std, np.float32), "method": places},
        optimiser=optax.adam,
        clip=clip or None,
        divergence=None,
        **options,
    )
    losses = np.full((len(every), batches), np.nan)
    known = np.asarray(result.columns["loss"], float)
    losses[:, : known.shape[1]] = known
    return losses.reshape(len(methods), len(seeds), batches)


def ran_away(losses: Float[np.ndarray, "*n step"]) -> np.ndarray:
    """Whether a training's loss passed 10⁶ or stopped being a number."""
    with np.errstate(invalid="ignore"):
        return np.any(~np.isfinite(losses) | (losses > RUNAWAY), axis=-1)
