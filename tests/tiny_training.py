"""The smallest trainings there are: points that roll down parabolas."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from studies.training import stack


class Points(eqx.Module):
    """Two places; `left` and `right` roll down on their own."""

    left: jax.Array
    right: jax.Array
    name: str = "points"


def points(count: int, left: Any = 1.0, right: Any = -2.0) -> Any:
    """An ensemble of `count` equal members."""
    one = Points(jnp.full(3, left, jnp.float32), jnp.full(2, right, jnp.float32))
    return stack([one] * count)


def parabola(model: Points, batch: Any, key: Any) -> Any:
    """½ Σ x²: gradient descent multiplies each place by 1 - rate."""
    left, right = jnp.sum(model.left**2) / 2, jnp.sum(model.right**2) / 2
    return left + right, {"left": left, "right": right}


def noisy(model: Points, batch: Any, key: Any) -> Any:
    """A parabola about what the batch says, shaken by the loss's own key."""
    shake = jax.random.uniform(key, (3,)) / 10
    loss = jnp.sum((model.left - batch - shake) ** 2) + jnp.sum(model.right**2)
    return loss, {"shake": jnp.sum(shake)}


def draw(key: Any, step: Any, data: Any) -> Any:
    """One random row of the data."""
    return data[jax.random.bits(key) % jnp.uint32(len(data))]


ROWS = np.linspace(-1, 1, 30, dtype=np.float32).reshape(10, 3)


def far_valley(model: Points, data: Any) -> Any:
    """A validation loss with its minimum on the way down, where left = 0.5."""
    return jnp.sum((model.left - 0.5) ** 2), {}


def same(one: Any, other: Any) -> bool:
    """Whether two trees are equal to the last bit."""
    return bool(eqx.tree_equal(one, other))


def close(one: Any, other: Any, relative: float = 1e-6) -> None:
    """Assert that the arrays of two trees agree to `relative`."""
    one, other = eqx.filter((one, other), eqx.is_array)
    for x, y in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
        if x.size:
            scale = float(jnp.max(jnp.abs(y)))
            np.testing.assert_allclose(x, y, rtol=0, atol=relative * scale)
