r"""The best controller without memory: linear gains of the feedback at each step.

It commands $u_k=-K_k y_k$ from what it senses in that step alone, $y_k=(p-g, v)+\eta$,
so it cannot find out which field it is in. Where a network does better under the same
fields, it must remember.

The plane is written as complex numbers, $p=p_x+ip_y$: a curl field of amplitude $b$ is
then the force $ibv$, and in each field the hand, $x'=A_bx+B(u+n)$ with a constant force
as a third, unseen state, is linear. The expected loss over fields and noise is, of each
$K_k$ alone, quadratic: with second moments $\Sigma_b$ of the state before step $k$ and
costs-to-go $P_b$ after it, its minimum solves
$\sum_b w_b\,[h_bK_k(\Sigma_b+\sigma^2I)-B^*P_bA_b\Sigma_b]=0$ where
$h_b=(1+\sigma_m^2)(R+B^*P_bB)$. Sweeps from the last step to the first solve for one
gain after the other, each time exactly, so the loss falls at every step. Where it ends
is a minimum, and need not be the lowest; with real gains, which treat the two axes
apart, it ends up to 1 % higher. Amplitudes of the field are nodes of a quadrature with
weights $w_b$.
"""

from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from studies.reach import optimal
from studies.reach.loop import Loop
from studies.reach.losses import Weights
from studies.reach.models import InputLayout
from studies.reach.tasks import Trial

NODES = 41  # of the quadrature over amplitudes, which it integrates as polynomials
SWEEPS = 300  # at most
SETTLED = 1e-6  # relative fall of the loss in a sweep that ends the search [1]
LOPSIDED = 0.02j  # of the first gains: how much they turn, at random [1]
SEEN = 2  # states that are sensed: position and velocity


class Fields(NamedTuple):
    """Fields that a controller may meet: a quadrature over curls, and a force."""

    curl: Float[np.ndarray, " node"]  # amplitude [N s/m]
    weight: Float[np.ndarray, " node"]  # probability [1]; sums to 1
    force: float = 0.0  # standard deviation of the length of a constant force [N]


class Memoryless(NamedTuple):
    """The best gains, and the loss that they lead to."""

    gain: Complex[np.ndarray, "control 2"]  # K_k [N/m, N s/m]
    cost: float  # expected loss, without the hidden state's term [1]
    settled: bool  # whether the loss stood still at the end


def fields(field: str, std: float) -> Fields:
    """Fields of a normal strength, as trainings without a context draw them.

    Args:
        field: "curl", "constant" or "none".
        std: of the strength [N s/m, or N].

    Raises:
        ValueError: another field, or a strength that is not a number from 0 on.
    """
    if field not in ("curl", "constant", "none") or not 0 <= std < np.inf:
        message = (
            f"the best memoryless controller is worked out for curl and constant "
            f"fields whose std is a number from 0 on; got {field!r} of std {std}."
        )
        raise ValueError(message)
    if field != "curl" or not std:
        force = std if field == "constant" else 0.0
        return Fields(np.zeros(1), np.ones(1), force)
    node, weight = np.polynomial.hermite_e.hermegauss(NODES)
    return Fields(std * node, weight / weight.sum())


def told(field: str, method: str, std: float, context: float) -> Fields:
    """The fields that a controller may meet at its context.

    Without a context these are the fields of the training. "bcs" tells whether there is
    one, "dai" and "pai-n" its size, but not its sign, and the others its standard
    deviation as a share of the training's. A context below 0, which no training had, is
    taken for 0.

    Args:
        field: "curl", "constant" or "none".
        method: what the network is told (`disturbances`).
        std: of the field in training [N s/m, or N].
        context: what it is told now [1].
    """
    share = max(context, 0.0)
    if method == "none":
        return fields(field, std)
    if method == "bcs":
        return fields(field, std if context > 0 else 0.0)
    if method in ("dai", "pai-n") and field == "curl":
        return Fields(std * share * np.array([-1.0, 1.0]), np.array([0.5, 0.5]))
    return fields(field, share if method == "std-2024-11" else std * share)


def draw(met: Fields, trials: Trial, seed: int) -> Trial:
    """The trials in fields drawn at random, as probable as the quadrature has them."""
    random, count = np.random.default_rng(seed), trials.start.shape[0]
    curl = random.choice(met.curl, count, p=met.weight)
    angle = random.uniform(-np.pi, np.pi, count)
    length = met.force * random.standard_normal(count)
    force = length[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    return trials._replace(
        curl=jnp.asarray(curl, jnp.float32), force=jnp.asarray(force, jnp.float32)
    )


def solve(loop: Loop, met: Fields, weights: Weights | None = None) -> Memoryless:
    """The best gains of the feedback for these fields.

    Args:
        loop: closed loop without delay and muscle filter.
        met: the fields.
        weights: of the loss.

    Raises:
        ValueError: the loop has a delay or a muscle filter.
    """
    axis = optimal.plant(loop, weights)
    moving, push = _hand(axis, met.curl)
    gain = optimal.solve(loop, weights).gain.astype(complex)
    begin = np.diag([4 * optimal.UNIFORM, 0.0, met.force**2]).astype(complex)
    # Where the best gains are not symmetric, a symmetric start would never find them.
    gain = gain * (1 + LOPSIDED * np.random.default_rng(0).standard_normal(gain.shape))
    moments, cost = _forward(axis, met, moving, push, gain, begin)
    for _ in range(SWEEPS):
        gain = _backward(axis, met, moving, push, moments)
        before, (moments, cost) = cost, _forward(axis, met, moving, push, gain, begin)
        if before - cost <= SETTLED * cost:
            return Memoryless(gain, cost, settled=True)
    return Memoryless(gain, cost, settled=False)


def expected_cost(
    loop: Loop,
    met: Fields,
    gain: Complex[np.ndarray, "control 2"],
    weights: Weights | None = None,
) -> float:
    """The expected loss of any gains in these fields, by propagating second moments."""
    axis = optimal.plant(loop, weights)
    moving, push = _hand(axis, met.curl)
    begin = np.diag([4 * optimal.UNIFORM, 0.0, met.force**2]).astype(complex)
    return _forward(axis, met, moving, push, gain, begin)[1]


def _hand(
    axis: optimal.Plant, curl: Float[np.ndarray, " node"]
) -> tuple[Complex[np.ndarray, "node 3 3"], Float[np.ndarray, " 3"]]:
    """A_b of position, velocity and constant force, and B."""
    moving = np.zeros((len(curl), 3, 3), complex)
    moving[:, :SEEN, :SEEN] = axis.a
    moving[:, 1, 1] += 1j * axis.b[1] * curl
    moving[:, :SEEN, 2] = axis.b
    moving[:, 2, 2] = 1.0
    return moving, np.append(axis.b, 0.0)


def _weight(axis: optimal.Plant, k: int) -> Float[np.ndarray, "3 3"]:
    """What state k costs."""
    last = k == len(axis.position) - 1
    return np.diag([axis.position[k], axis.velocity * last, 0.0])


def _forward(
    axis: optimal.Plant, met: Fields, moving: Any, push: Any, gain: Any, begin: Any
) -> tuple[list[np.ndarray], float]:
    """Second moments before each step in each field, and the expected loss."""
    moment = np.broadcast_to(begin, moving.shape)
    moments, cost = [], 0.0
    for k, row in enumerate(np.pad(gain, ((0, 0), (0, 1)))):
        moments.append(moment)
        cost += met.weight @ np.einsum("ij,bji->b", _weight(axis, k), moment).real
        sensed = 2 * axis.sensory * np.sum(np.abs(row) ** 2)
        square = np.einsum("i,bij,j->b", row, moment, row.conj()).real + sensed
        noise = 2 * axis.constant + axis.growing * square
        cost += axis.command * (met.weight @ (square + noise))
        closed = moving - np.outer(push, row)
        moment = closed @ moment @ np.conj(np.swapaxes(closed, 1, 2))
        moment = moment + (sensed + noise)[:, None, None] * np.outer(push, push)
    last = _weight(axis, len(gain))
    return moments, float(cost + met.weight @ np.einsum("ij,bji->b", last, moment).real)


def _backward(
    axis: optimal.Plant, met: Fields, moving: Any, push: Any, moments: list[np.ndarray]
) -> Complex[np.ndarray, "control 2"]:
    """The best gain of each step, from the last to the first, given those after it."""
    noise = 2 * axis.sensory * np.eye(SEEN)
    to_go = np.broadcast_to(_weight(axis, len(moments)).astype(complex), moving.shape)
    gain = np.zeros((len(moments), SEEN), complex)
    for k in reversed(range(len(moments))):
        price = axis.command + np.einsum("i,bij,j->b", push, to_go, push).real
        price = (1 + axis.growing) * price
        pull = np.einsum("i,bij,bjk->bk", push, to_go, moving)  # B* P A
        moment = moments[k]
        sensed = moment[:, :SEEN, :SEEN] + noise
        left = np.einsum("b,bij->ij", met.weight * price, sensed)
        right = np.einsum("b,bi,bij->j", met.weight, pull, moment[:, :, :SEEN])
        gain[k] = np.linalg.lstsq(left.T, right, rcond=1e-12)[0]  # at first v = 0
        row = np.append(gain[k], 0.0)
        closed = moving - np.outer(push, row)
        turned = np.conj(np.swapaxes(closed, 1, 2))
        # What the command costs, and what the noise that grows with it does.
        extra = axis.command + axis.growing * (price / (1 + axis.growing))
        squares = extra[:, None, None] * np.outer(row.conj(), row)
        to_go = _weight(axis, k) + squares + turned @ to_go @ closed
    return gain


class MemorylessController(eqx.Module):
    """The gains in the place of a network: run in the same closed loop.

    Its hidden state is the step and the output, and begins as zeros.
    """

    gain: Float[Array, "control 2 4"]
    layout: InputLayout = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True, default=3)

    def __call__(
        self, input: Float[Array, " inputs"], hidden: Float[Array, " hidden"]
    ) -> Float[Array, " hidden"]:
        """The next step and this step's output."""
        now = hidden[0].astype(int)
        aim, sensed = self.layout.aim_and_senses(input)
        away = (sensed - aim).reshape(-1)
        return jnp.concatenate([hidden[:1] + 1, -self.gain[now] @ away])

    def readout(self, hidden: Float[Array, " hidden"]) -> Float[Array, " 2"]:
        """The output that the last step left [N]."""
        return hidden[1:]


def controller(
    best: Memoryless, layout: InputLayout | None = None
) -> MemorylessController:
    """The gains as a controller of the closed loop (float32, like the networks)."""
    real, imaginary = np.real(best.gain), np.imag(best.gain)
    rows = [[real, -imaginary], [imaginary, real]]  # a complex number as a 2 × 2 matrix
    gain = np.moveaxis(np.asarray(rows), (0, 1), (1, 3))  # (control, 2, of, 2)
    flat = gain.reshape(len(best.gain), 2, 4)
    return MemorylessController(jnp.asarray(flat, jnp.float32), layout or InputLayout())
