"""Weights drawn at once: the distribution of each layer, and what cannot be drawn."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from studies.training import TrainingError, drawn_at_once

KEY = jax.random.key(3)


class Pair(eqx.Module):
    """Two layers, one without a bias, and something that is not drawn."""

    wide: eqx.nn.Linear
    narrow: eqx.nn.Linear
    name: str = eqx.field(static=True)

    def __init__(self, key):
        self.wide = eqx.nn.Linear(400, 30, key=key)
        self.narrow = eqx.nn.Linear(4, 300, use_bias=False, key=key)
        self.name = "pair"


@pytest.fixture(scope="module")
def pair():
    return drawn_at_once(Pair, KEY)


def test_structure_is_that_of_the_module(pair):
    other = Pair(KEY)
    assert jax.tree.structure(pair) == jax.tree.structure(other)
    shapes = [x.shape for x in jax.tree.leaves(pair)]
    assert shapes == [x.shape for x in jax.tree.leaves(other)]
    assert pair.name == "pair"


def test_uniform_within_one_over_the_root_of_the_inputs(pair):
    # a uniform distribution has the standard deviation bound / √3
    for layer, inputs in ((pair.wide, 400), (pair.narrow, 4)):
        bound = inputs**-0.5
        weight = np.asarray(layer.weight)
        assert 0.98 * bound < np.abs(weight).max() <= bound
        assert weight.std() == pytest.approx(bound / 3**0.5, rel=0.05)
    assert np.abs(np.asarray(pair.wide.bias)).max() <= 400**-0.5


def test_no_number_is_drawn_twice(pair):
    scaled = [x * x.shape[-1] ** 0.5 for x in (pair.wide.weight, pair.narrow.weight)]
    numbers = np.concatenate([np.asarray(x).ravel() for x in scaled])
    first, second = numbers[: 30 * 40].reshape(2, -1)
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.15
    assert len(np.unique(numbers)) > 0.99 * len(numbers)


def test_another_key_another_network(pair):
    other = drawn_at_once(Pair, jax.random.key(4))
    assert not np.allclose(pair.wide.weight, other.wide.weight)


def test_the_same_in_company_as_alone(pair):
    many = jax.vmap(lambda key: drawn_at_once(Pair, key))(jnp.stack([KEY, KEY]))
    np.testing.assert_array_equal(many.wide.weight[1], pair.wide.weight)


def test_other_arrays_are_refused():
    class Odd(eqx.Module):
        layer: eqx.nn.Linear
        start: jax.Array

    with pytest.raises(TrainingError, match=r"\(7,\) belong to no affine layer"):
        drawn_at_once(lambda key: Odd(eqx.nn.Linear(2, 2, key=key), jnp.ones(7)), KEY)
