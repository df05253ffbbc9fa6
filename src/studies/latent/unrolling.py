r"""The one-step map through many steps, with its weights' gradient as one product each.

The map is merged into $a_k = W z_k + c_k$, $z_{k+1} = z_k + F(a_k)$, where $c_k$ holds
all that the stimulus and the biases contribute, for all steps at once. Backwards, the
scan carries only $\partial/\partial z$ and leaves $\partial/\partial a_k$ behind (it is
the gradient by $c_k$); the gradient of each matrix is then one product over all steps
and windows, where a scan would add up a small one at each step.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from studies.latent.models import LatentModel, SkipMLP, finish, shifted

Form = tuple[tuple[int, ...], str]  # sizes of the layers, activation


def trajectory(
    model: LatentModel,
    initial: Float[Array, "window latent"],
    stimulus: Float[Array, "steps window u"],
) -> Float[Array, "steps+1 window latent"]:
    """Latent states from the initial one on, given the latent stimulus of each step."""
    return unroll_residual(model.evolver, initial, stimulus)


def unroll_residual(
    evolver: SkipMLP,
    initial: Float[Array, "window latent"],
    stimulus: Float[Array, "steps window u"],
) -> Float[Array, "steps+1 window latent"]:
    """The same for any residual map of [z; u]."""
    merged = evolver.merged()
    size = initial.shape[-1]
    of_state, of_stimulus = merged.direct[:, :size], merged.direct[:, size:]
    inputs = shifted(stimulus @ of_stimulus.T, merged.bias)
    form = (merged.sizes, merged.activation)
    after: Array = unroll(form, (of_state, merged.between), initial, inputs)
    return jnp.concatenate([initial[None], after])


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def unroll(
    form: Form,
    weights: tuple[Array, tuple[Array, ...]],
    initial: Float[Array, "window latent"],
    inputs: Float[Array, "steps window sum"],
) -> Float[Array, "steps window latent"]:
    """States after each step of the merged map."""
    return _scan(form, weights, initial, inputs)[0]


def _scan(form: Form, weights: Any, initial: Array, inputs: Array) -> tuple[Array, Any]:
    """States after each step, and the hidden layers of each step."""
    of_state, between = weights

    def step(z: Array, c: Array) -> tuple[Array, Any]:
        change, hidden = finish(z @ of_state.T + c, between, *form)
        after = z + change
        return after, (after, hidden)

    return jax.lax.scan(step, initial, inputs)[1]


def _forward(form: Form, weights: Any, initial: Array, inputs: Array) -> Any:
    fixed = jax.lax.stop_gradient(weights)
    states, backward, hidden = jax.vjp(
        lambda z, c: _scan(form, fixed, z, c), initial, inputs, has_aux=True
    )
    return states, (backward, initial, states, hidden)


def _backward(form: Form, kept: Any, gradient: Array) -> Any:
    backward, initial, states, hidden = kept
    of_initial, of_inputs = backward(gradient)
    before = jnp.concatenate([initial[None], states[:-1]])
    edges = [sum(form[0][: place + 1]) for place in range(len(form[0]) - 1)]
    parts = jnp.split(of_inputs, edges, axis=-1)
    pairs = zip(parts[1:], hidden, strict=True)
    of_weights = (_product(of_inputs, before), tuple(_product(*pair) for pair in pairs))
    return of_weights, of_initial, of_inputs


def _product(rows: Array, columns: Array) -> Array:
    """The sum over steps and windows of outer products."""
    return rows.reshape(-1, rows.shape[-1]).T @ columns.reshape(-1, columns.shape[-1])


unroll.defvjp(_forward, _backward)
