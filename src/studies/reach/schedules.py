"""What changes over a training: the learning rate, and the strength of the field."""

import math
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from studies.reach.recipes import Recipe

Count = Int[Array, ""]


def learning_rate(recipe: Recipe, first: int) -> float | Callable[[Any], Any]:
    """The learning rate of a recipe as a function of the batch, counted from `first`.

    Constant, or constant for a while and then half a cosine down to its final share.
    """
    if recipe.schedule == "constant":
        return recipe.learning_rate
    span = max(1, recipe.total - recipe.constant_batches)

    def cosine(step: Any) -> Any:
        done = jnp.clip((first + step - recipe.constant_batches) / span, 0.0, 1.0)
        fall = 0.5 * (1 + jnp.cos(math.pi * done))
        return recipe.learning_rate * (
            recipe.final_rate + (1 - recipe.final_rate) * fall
        )

    return cosine


def scale_up(batch: Count, first: Count, length: Count) -> Float[Array, ""]:
    r"""Strength of the field at a batch: $\frac12(1-\cos(\pi b/n))$, from 0 to 1.

    Args:
        batch: counted over the whole training.
        first: the batch at which it begins to grow.
        length: n, in batches; 0: full strength at once.
    """
    share = (batch - first).astype(jnp.float32) / jnp.maximum(length, 1).astype(
        jnp.float32
    )
    ramp = 0.5 * (1 - jnp.cos(math.pi * jnp.clip(share, 0.0, 1.0)))
    return jnp.where(length > 0, ramp, jnp.ones_like(ramp))
