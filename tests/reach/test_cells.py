"""Cells: the equations, equinox's numbers, one vector or many."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from studies.reach.cells import CELLS, GRU, LeakyRNN

INPUTS, HIDDEN, BATCH = 5, 12, 7


@pytest.fixture
def arguments():
    """A batch of inputs and of hidden states."""
    keys = jax.random.split(jax.random.key(3))
    inputs = jax.random.normal(keys[0], (BATCH, INPUTS))
    return inputs, 0.5 * jax.random.normal(keys[1], (BATCH, HIDDEN))


def test_the_gru_is_the_one_of_equinox(arguments):
    ours = GRU(INPUTS, HIDDEN, key=jax.random.key(0))
    theirs = eqx.nn.GRUCell(INPUTS, HIDDEN, key=jax.random.key(0))
    np.testing.assert_array_equal(ours.weight_hh, theirs.weight_hh)
    expected = jax.vmap(theirs)(*arguments)
    np.testing.assert_allclose(ours(*arguments), expected, atol=1e-6)


def test_the_gru_has_the_gradient_of_equinox(arguments):
    @eqx.filter_jit
    @eqx.filter_grad
    def along(cell):
        step = jax.vmap(cell)
        return jnp.sum(step(arguments[0], step(*arguments)) ** 2)

    ours = along(GRU(INPUTS, HIDDEN, key=jax.random.key(0)))
    theirs = along(eqx.nn.GRUCell(INPUTS, HIDDEN, key=jax.random.key(0)))
    for name in ("weight_ih", "weight_hh", "bias", "bias_n"):
        np.testing.assert_allclose(
            getattr(ours, name), getattr(theirs, name), atol=1e-5
        )


def test_the_written_derivative_of_the_gru_is_that_of_its_equation(arguments):
    x, h = (part[0] for part in arguments)
    ours = GRU(INPUTS, HIDDEN, key=jax.random.key(0))
    theirs = eqx.nn.GRUCell(INPUTS, HIDDEN, key=jax.random.key(0))

    @eqx.filter_jit
    def derivatives(cell):
        """By the state: forwards, backwards, and the second of the sum of squares."""
        slopes = [way(lambda h: cell(x, h))(h) for way in (jax.jacfwd, jax.jacrev)]
        return *slopes, jax.hessian(lambda h: jnp.sum(cell(x, h) ** 2))(h)

    *found, found_bend = derivatives(ours)
    *expected, expected_bend = derivatives(theirs)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    np.testing.assert_allclose(found_bend, expected_bend, atol=1e-5)


def test_the_leaky_cell_follows_its_equation(arguments):
    x, h = (np.asarray(part, float) for part in arguments)
    cell = LeakyRNN(INPUTS, HIDDEN, alpha=0.3, key=jax.random.key(1))
    w, u, b = (
        np.asarray(p, float) for p in (cell.weight_ih, cell.weight_hh, cell.bias)
    )
    expected = 0.7 * h + 0.3 * np.tanh(h @ u.T + x @ w.T + b)
    np.testing.assert_allclose(cell(*arguments), expected, atol=1e-6)


@pytest.mark.parametrize("name", CELLS)
def test_a_batch_is_its_vectors_side_by_side(name, arguments):
    cell = CELLS[name](INPUTS, HIDDEN, key=jax.random.key(2))
    together = cell(*arguments)
    singly = [cell(x, h) for x, h in zip(*arguments, strict=True)]
    np.testing.assert_allclose(together, jnp.stack(singly), atol=1e-6)
    np.testing.assert_allclose(jax.vmap(cell)(*arguments), together, atol=1e-6)


@pytest.mark.parametrize("name", CELLS)
def test_parameters_begin_uniform(name):
    cell = CELLS[name](8, 100, key=jax.random.key(4))
    values = np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(cell)])
    assert np.abs(values).max() <= 0.1 and np.abs(values).max() > 0.0999
    spread = 0.1 / np.sqrt(3)  # of a uniform law on ±0.1
    assert np.std(values) == pytest.approx(spread, rel=0.02)
    assert cell.hidden_size == 100


@pytest.mark.parametrize("alpha", [0.0, 1.5])
def test_a_leak_outside_its_range_is_refused(alpha):
    with pytest.raises(ValueError, match=r"`alpha` must be in \(0, 1\]"):
        LeakyRNN(INPUTS, HIDDEN, alpha=alpha, key=jax.random.key(0))
