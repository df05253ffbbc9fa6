"""Trees in two halves: the arrays, and a hashable skeleton that holds the rest."""

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np


class _Array:
    """Stands in a skeleton where an array was."""


def is_array(leaf: Any) -> bool:
    """Whether a leaf is traced: a JAX or NumPy array. All else is static."""
    return isinstance(leaf, jax.Array | np.ndarray | np.generic)


def as_arrays(tree: Any) -> Any:
    """`tree` with its NumPy arrays as JAX arrays and its functions hashable."""
    tree = jax.tree.map(_hashable, tree)
    return jax.tree.map(lambda x: jnp.asarray(x) if is_array(x) else x, tree)


def _hashable(leaf: Any) -> Any:
    # Two equal `functools.partial` differ; two equal jax Partials are equal, so that
    # writing `partial(adamw, weight_decay=0)` twice compiles once.
    if isinstance(leaf, functools.partial):
        return jax.tree_util.Partial(_hashable(leaf.func), *leaf.args, **leaf.keywords)
    return leaf


class Skeleton:
    """A tree without its arrays: hashable, so that it can be static under `jit`."""

    def __init__(self, treedef: Any, leaves: tuple[Any, ...]):
        self._key = (treedef, leaves)
        self._hash = hash(self._key)

    @classmethod
    def split(cls, tree: Any) -> "tuple[list[Any], Skeleton]":
        """The arrays of `tree` as a flat list, and all the rest of it."""
        leaves, treedef = jax.tree.flatten(tree)
        static = tuple(_Array if is_array(leaf) else leaf for leaf in leaves)
        return [leaf for leaf in leaves if is_array(leaf)], cls(treedef, static)

    def join(self, arrays: Iterable[Any]) -> Any:
        """The tree that `split` took apart, with `arrays` in their places."""
        treedef, static = self._key
        given = iter(arrays)
        leaves = [next(given) if leaf is _Array else leaf for leaf in static]
        return jax.tree.unflatten(treedef, leaves)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Skeleton) and self._key == other._key


def members_of(tree: Any, index: Any) -> Any:
    """The part of a stacked `tree` at `index` of the leading axis of its arrays."""
    return jax.tree.map(lambda x: x[index] if is_array(x) else x, tree)


def stack(models: list[Any]) -> Any:
    """Models of one structure as one, each array with a leading axis of members."""
    first, *others = models
    static = eqx.partition(first, is_array)[1]
    arrays = [eqx.filter(model, is_array) for model in models]
    if any(jax.tree.structure(a) != jax.tree.structure(arrays[0]) for a in arrays):
        message = "Models of different structure cannot be stacked into one ensemble."
        raise ValueError(message)
    stacked = jax.tree.map(lambda *xs: jnp.stack(xs), *arrays)
    return eqx.combine(stacked, static)


def named(function: Callable[..., Any], available: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the `available` keyword arguments that `function` names."""
    taken = parameters_of(function)
    if taken is None:
        return dict(available)
    return {name: value for name, value in available.items() if name in taken}


def parameters_of(function: Callable[..., Any]) -> set[str] | None:
    """Names a function takes by keyword; None when it takes any (`**kwargs`)."""
    parameters = inspect.signature(function).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return None
    return {
        p.name
        for p in parameters
        if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    }
