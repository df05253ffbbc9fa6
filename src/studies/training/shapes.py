"""Shapes that a trained model takes, said in words when another is given."""

from typing import Any

import numpy as np


def expect_shape(given: Any, shape: tuple[int, ...], what: str) -> None:
    """Refuse an array of another shape. It costs nothing in a compiled program.

    Args:
        given: what a model was called with.
        shape: its axes.
        what: what the array is, with the meaning of its entries.

    Raises:
        ValueError: with both shapes, and how several at once are given.
    """
    found = np.shape(given)
    if found == shape:
        return
    message = f"{what} has shape {shape}; got {found}."
    if found[-len(shape) :] == shape:
        message += " For several at once, map the model over them: `jax.vmap(model)`."
    raise ValueError(message)


def expect_last(given: Any, size: int, what: str) -> None:
    """Refuse an array whose last axis has another length than `size`.

    Raises:
        ValueError: with both shapes.
    """
    found = np.shape(given)
    if not found or found[-1] != size:
        message = f"{what} has shape (..., {size}); got {found}."
        raise ValueError(message)
