r"""Fixed points by descent, as the reference programs find them: Adam on all at once.

fixed-point-finder (Golub and Sussillo 2018) and the researchers' own finder minimise
the mean over all candidates and units of $(F(u,h)-h)^2$ with one optimiser, Adam, until
$q_i$, the mean over the units of candidate $i$, is small. It stands here as the
alternative that Newton's method is compared with.
"""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

from studies.reach.fixed_points import double

Map = Callable[[Array, Array], Array]

RATE = 0.2  # of the researchers' finder [1]
DECAY = 0.9999  # of the rate, by step [1]
EPSILON = 1e-5  # of Adam [1]
TOLERANCE = 1e-12  # on q, of fixed-point-finder [1]


class Joint:
    """A joint descent from one state under each of many held inputs.

    `point` is where it is, shape (*inputs, hidden), and `steps` how many it has taken.
    """

    def __init__(
        self,
        controllers: Any,
        inputs: Float[np.ndarray, "*inputs size"],
        begin: Float[np.ndarray, "*inputs hidden"],
        *,
        stacked: bool = False,
        single: bool = False,
    ):
        """At the beginning.

        Args:
            controllers: `F`, called as `F(input, hidden)`; with `stacked`, as many of
                them with a leading axis, which is then the first of `inputs`.
            inputs: what the network is told, held.
            begin: a state to start from under each input.
            stacked: whether `controllers` has a leading axis.
            single: in float32, as the references compute, and not in float64.
        """
        precision = jnp.float32 if single else jnp.float64
        with jax.enable_x64(not single):
            self._maps = controllers if single else double(controllers)
            self._inputs = jnp.asarray(inputs, precision)
            self._carry = _first(jnp.asarray(begin, precision))
        self._stacked, self._single, self.steps = stacked, single, 0

    @property
    def point(self) -> Float[np.ndarray, "*inputs hidden"]:
        """Where the descent is."""
        return np.asarray(self._carry[0])

    def advance(self, steps: int) -> Float[np.ndarray, " step *inputs"]:
        """Go on for some steps; gives ‖F(h) − h‖ before each of them."""
        with jax.enable_x64(not self._single):
            self._carry, residual = _descend(
                self._maps, self._inputs, self._carry, steps, self._stacked
            )
            self.steps += steps
            return np.asarray(residual)


def _optimiser() -> optax.GradientTransformation:
    return optax.adam(optax.exponential_decay(RATE, 1, DECAY), eps=EPSILON)


def _first(begin: Array) -> tuple[Array, Any]:
    return begin, _optimiser().init(begin)


@eqx.filter_jit
def _descend(
    controllers: Any, inputs: Array, carry: Any, steps: int, stacked: bool
) -> tuple[Any, Array]:
    optimiser = _optimiser()

    def still(hidden: Array) -> Array:
        def of_one(controller: Map, inputs: Array, hidden: Array) -> Array:
            flat = (x.reshape(-1, x.shape[-1]) for x in (inputs, hidden))
            return jax.vmap(controller)(*flat).reshape(hidden.shape) - hidden

        over = eqx.filter_vmap(of_one) if stacked else of_one
        return over(controllers, inputs, hidden)

    def mean_square(hidden: Array) -> tuple[Array, Array]:
        rest = still(hidden)
        return jnp.mean(rest**2), jnp.linalg.norm(rest, axis=-1)

    def step(carry: Any, _: None) -> tuple[Any, Array]:
        hidden, state = carry
        slope, residual = jax.grad(mean_square, has_aux=True)(hidden)
        with jax.numpy_dtype_promotion("standard"):  # optax mixes counts and floats
            change, state = optimiser.update(slope, state)
        return (optax.apply_updates(hidden, change), state), residual

    return jax.lax.scan(step, carry, None, length=steps)
