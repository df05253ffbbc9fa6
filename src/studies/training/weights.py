"""Initial weights of a whole network from one draw."""

import math
from collections.abc import Callable
from typing import Any, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from studies.training.errors import TrainingError

Module = TypeVar("Module")


def drawn_at_once(make: Callable[[jax.Array], Module], key: jax.Array) -> Module:
    r"""The module that `make(key)` makes, the weights of its affine layers drawn anew.

    Weight and bias of each layer are uniform within $\pm1/\sqrt{\text{inputs}}$, as
    `equinox.nn.Linear` has them. They are pieces of one draw: each draw of its own
    would cost a start an eighth of a second of compiling.

    Args:
        make: makes a module whose only arrays are `weight` (outputs, inputs) and
            `bias` (outputs,) of its layers; it is traced, not run.
        key: of the weights.

    Raises:
        TrainingError: the module has other arrays.
    """
    skeleton = eqx.filter_eval_shape(make, key)
    leaves = jax.tree.leaves(skeleton, is_leaf=_affine)
    layers = [leaf for leaf in leaves if _affine(leaf)]
    others = [x for x in leaves if isinstance(x, jax.ShapeDtypeStruct)]
    if others:
        shapes = ", ".join(str(x.shape) for x in others)
        message = (
            f"Arrays of shape {shapes} belong to no affine layer (`weight`, `bias`), "
            "so what they begin with is unknown; make them apart."
        )
        raise TrainingError(message)
    arrays = [x for layer in layers for x in _arrays(layer)]
    numbers = jax.random.uniform(key, (sum(x.size for x in arrays),), minval=-1.0)
    if not isinstance(numbers, Tracer):
        numbers = np.asarray(numbers)  # cut without compiling a cut for each shape
    ends = np.cumsum([x.size for x in arrays]).tolist()
    pieces = (numbers[end - x.size : end] for x, end in zip(arrays, ends, strict=True))

    def drawn(layer: Any) -> Any:
        if not _affine(layer):
            return layer
        bound = 1 / math.sqrt(max(layer.weight.shape[1], 1))
        new = [
            jnp.array(bound * next(pieces).reshape(x.shape), x.dtype)
            for x in _arrays(layer)
        ]
        return eqx.tree_at(_arrays, layer, new)

    return jax.tree.map(drawn, skeleton, is_leaf=_affine)


def _affine(node: Any) -> bool:
    shape = getattr(getattr(node, "weight", None), "shape", ())
    return isinstance(node, eqx.Module) and hasattr(node, "bias") and len(shape) == 2


def _arrays(layer: Any) -> list[Any]:
    return [x for x in (layer.weight, layer.bias) if x is not None]
