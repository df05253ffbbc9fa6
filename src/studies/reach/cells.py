r"""The two recurrent cells: a gated one, and a leaky one.

Both are called as `cell(input, hidden) -> hidden`, for one vector or for a batch of
them along leading axes. Weights and biases begin uniform on $\pm1/\sqrt H$ for $H$
hidden units.
"""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

Input = Float[Array, "*batch inputs"]
Hidden = Float[Array, "*batch hidden"]


class GRU(eqx.Module):
    r"""A gated recurrent unit (Cho et al. 2014), in the convention of equinox.

    $r,z=\sigma(W_{rz}x+U_{rz}h+b_{rz})$, $n=\tanh(W_nx+b_n+r\odot(U_nh+b'_n))$,
    $h'=n+z\odot(h-n)$. From the same key it has the weights of `eqx.nn.GRUCell`, and
    with the same weights it gives the same numbers. Reset and update gate are one
    activation on $2H$ units, which costs less than two on $H$.
    """

    weight_ih: Float[Array, "gates inputs"]  # W: rows of r, z and n
    weight_hh: Float[Array, "gates hidden"]  # U, likewise
    bias: Float[Array, " gates"]  # b
    bias_n: Float[Array, " hidden"]  # b'_n, inside the term that r gates

    def __init__(self, inputs: int, hidden: int, *, key: PRNGKeyArray):
        shapes = ((3 * hidden, inputs), (3 * hidden, hidden), (3 * hidden,), (hidden,))
        keys = jax.random.split(key, len(shapes))
        # One draw compiles four times as fast as four, and a shorter one from the same
        # key is the beginning of a longer one.
        longest = max(math.prod(shape) for shape in shapes)
        draws = jax.vmap(lambda key: uniform(key, (longest,), hidden))(keys)
        self.weight_ih, self.weight_hh, self.bias, self.bias_n = (
            draw[: math.prod(shape)].reshape(shape)
            for draw, shape in zip(draws, shapes, strict=True)
        )

    @property
    def hidden_size(self) -> int:
        """Number of hidden units."""
        return len(self.bias_n)

    def __call__(self, input: Input, hidden: Hidden) -> Hidden:
        """The next hidden state."""
        both = 2 * self.hidden_size  # rows of r and z
        gates = affine(self.weight_ih[:both], input, self.bias[:both])
        gates = gates + hidden @ self.weight_hh[:both].T
        drive = affine(self.weight_ih[both:], input, self.bias[both:])
        own = affine(self.weight_hh[both:], hidden, self.bias_n)
        return gated(gates, drive, own, hidden)


@jax.custom_jvp
def gated(
    gates: Float[Array, "*batch gates"], drive: Hidden, own: Hidden, hidden: Hidden
) -> Hidden:
    r"""$n+z\odot(h-n)$ with $[r,z]=\sigma$(gates) and $n=\tanh$(drive + r ⊙ own).

    Its derivative is written down, in the same numbers: what JAX makes of the two
    halves of the gates pads each of them to the whole at every step back through time.
    """
    return _gated(gates, drive, own, hidden)[0]


def _gated(
    gates: Float[Array, "*batch gates"], drive: Hidden, own: Hidden, hidden: Hidden
) -> tuple[Hidden, Hidden, Hidden, Hidden]:
    """(h', r, z, n)."""
    reset, keep = jnp.split(jax.nn.sigmoid(gates), 2, axis=-1)
    new = jnp.tanh(drive + reset * own)
    return new + keep * (hidden - new), reset, keep, new


@gated.defjvp
def _gated_jvp(primals: tuple, tangents: tuple) -> tuple[Hidden, Hidden]:
    _, _, own, hidden = primals
    d_gates, d_drive, d_own, d_hidden = tangents
    after, reset, keep, new = _gated(*primals)
    by_drive = (1 - keep) * (1 - new**2)
    by_gates = jnp.stack(
        [by_drive * own * reset * (1 - reset), (hidden - new) * keep * (1 - keep)], -2
    )
    halves = d_gates.reshape(by_gates.shape)
    tangent = keep * d_hidden + by_drive * (d_drive + reset * d_own)
    return after, tangent + jnp.sum(by_gates * halves, axis=-2)


class LeakyRNN(eqx.Module):
    r"""A leaky recurrent network: $h'=(1-\alpha)h+\alpha\tanh(Uh+Wx+b)$."""

    weight_ih: Float[Array, "hidden inputs"]  # W
    weight_hh: Float[Array, "hidden hidden"]  # U
    bias: Float[Array, " hidden"]  # b
    alpha: float = eqx.field(static=True)  # α [1]: time step over time constant

    def __init__(
        self, inputs: int, hidden: int, *, alpha: float = 0.5, key: PRNGKeyArray
    ):
        """Raises ValueError where `alpha` is not in (0, 1]."""
        if not 0 < alpha <= 1:
            message = f"LeakyRNN: `alpha` must be in (0, 1]; got {alpha}."
            raise ValueError(message)
        keys = jax.random.split(key, 3)
        self.weight_ih = uniform(keys[0], (hidden, inputs), hidden)
        self.weight_hh = uniform(keys[1], (hidden, hidden), hidden)
        self.bias = uniform(keys[2], (hidden,), hidden)
        self.alpha = alpha

    @property
    def hidden_size(self) -> int:
        """Number of hidden units."""
        return len(self.bias)

    def __call__(self, input: Input, hidden: Hidden) -> Hidden:
        """The next hidden state."""
        drive = affine(self.weight_ih, input, self.bias)
        new = jnp.tanh(drive + hidden @ self.weight_hh.T)
        return (1 - self.alpha) * hidden + self.alpha * new


CELLS = {"gru": GRU, "leaky-rnn": LeakyRNN}


def uniform(key: PRNGKeyArray, shape: tuple[int, ...], hidden: int) -> Array:
    r"""Parameters uniform on $\pm1/\sqrt H$."""
    limit = math.sqrt(1 / hidden)
    return jax.random.uniform(key, shape, jnp.float32, minval=-limit, maxval=limit)


def affine(
    weight: Float[Array, "outputs inputs"], x: Input, bias: Float[Array, " outputs"]
) -> Float[Array, "*batch outputs"]:
    """$Wx+b$ for one vector or for many."""
    product = x @ weight.T
    return product + jnp.broadcast_to(bias, product.shape)
