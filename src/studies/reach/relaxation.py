r"""The state that a network comes to rest in under one input, and how it comes there.

A hand that rests on its goal at place $g$ gives the network the input (context; target
$g$, 0; feedback $g$, 0) for ever. If the network's state converges, it does so to a
fixed point $h^*$ at which the Jacobian $\partial F/\partial h$ has all its eigenvalues
within the unit circle. Here the map is simply iterated, which finds the state that the
network itself would take and no unstable one; the pages about fixed points solve for
them.
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from studies.reach.models import Controller

ITERATIONS = 1000
RESIDUAL = 1e-5  # in single precision, of a norm of about one [1]


class Relaxed(NamedTuple):
    """Where networks come to rest."""

    hidden: Float[np.ndarray, "member context place hidden"]
    residual: Float[np.ndarray, "member context place"]  # norm of the last step [1]
    eigenvalues: Complex[np.ndarray, "member context place hidden"]

    @property
    def radius(self) -> Float[np.ndarray, "member context place"]:
        """Spectral radius [1]."""
        return np.abs(self.eigenvalues).max(axis=-1)

    @property
    def resting(self) -> np.ndarray:
        """Whether the last step was small enough to be at rest."""
        return self.residual <= RESIDUAL


def steady_input(
    controller: Controller, place: Float[Array, "2"], context: Float[Array, ""]
) -> Float[Array, " inputs"]:
    """The input of a network while the hand rests on its goal."""
    none = jnp.zeros_like(place)
    one = jnp.ones((1,), place.dtype)
    return controller.layout.pack(
        context=context[None],
        target_position=place,
        target_velocity=none,
        feedback_position=place,
        feedback_velocity=none,
        hold=0 * one,
        target_on=0 * one,
    )


def relaxed(
    models: Controller,
    places: Float[np.ndarray, "place 2"],
    contexts: Float[np.ndarray, " context"],
    iterations: int = ITERATIONS,
) -> Relaxed:
    """Let every network come to rest at every place and context.

    Args:
        models: controllers stacked along an axis of members.
        places: of the hand and of its goal [m].
        contexts: that are told [1].
        iterations: steps of the network, from the state zero.
    """
    at = jnp.asarray(places, jnp.float32)
    told = jnp.asarray(contexts, jnp.float32)
    hidden, residual, jacobian = _iterate(models, at, told, iterations)
    jacobians = np.asarray(jacobian, float)
    eigenvalues = np.linalg.eigvals(jacobians).astype(complex)
    return Relaxed(np.asarray(hidden, float), np.asarray(residual, float), eigenvalues)


@eqx.filter_jit
def _iterate(models, places, contexts, iterations):
    arrays, static = eqx.partition(models, eqx.is_array)

    def of_member(leaves):
        controller = eqx.combine(leaves, static)

        def at(context, place):
            told = steady_input(controller, place, context)

            def step(hidden, _):
                return controller(told, hidden), None

            first = jnp.zeros(controller.hidden_size, place.dtype)
            last, _ = jax.lax.scan(step, first, None, length=iterations)
            residual = jnp.linalg.norm(controller(told, last) - last)
            jacobian = jax.jacfwd(lambda hidden: controller(told, hidden))(last)
            return last, residual, jacobian

        over = jax.vmap(at, in_axes=(None, 0))
        return jax.vmap(over, in_axes=(0, None))(contexts, places)

    return jax.lax.map(of_member, arrays)
