r"""The best controller without a field: what linear-quadratic-Gaussian control costs.

Without a field the hand is linear, $x_{k+1}=Ax_k+B(u_k+u_k\epsilon_1+\epsilon_2)$ with
$x=(p-g,v)$ for each axis, the senses are $y_k=x_k+\eta_k$, and the loss of a trial
(`losses`, without the hidden state's term) is quadratic. Only the noise that grows with
the command is not Gaussian; it enters the recursion of the cost-to-go $P$ in closed
form (Todorov 2005, Neural Computation 17:1084): with
$H_k=(1+\sigma_m^2)(R+B^\top P_{k+1}B)$ the gain is $K_k=H_k^{-1}B^\top P_{k+1}A$ and
$P_k=Q_k+A^\top P_{k+1}(A-BK_k)$. The state is estimated by the linear filter of least
variance, whose process noise takes the expected square of the command.
"""

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from studies.reach.loop import Loop
from studies.reach.losses import POSITION_POWER, Weights
from studies.reach.models import InputLayout
from studies.reach.systems import SIGNAL_DEPENDENT_RATIO

UNIFORM = 1 / 3  # variance of a coordinate uniform on [-1, 1] [m²]
PASSES = 20  # of filter and moments, each of which needs the other


class Plant(NamedTuple):
    """One axis of the hand, its noise, and what a trial costs."""

    a: Float[np.ndarray, "2 2"]
    b: Float[np.ndarray, " 2"]
    position: Float[np.ndarray, " states"]  # weight of p² in state k [1/m²]
    velocity: float  # weight of v² in the last state [s²/m²]
    command: float  # weight of u² in each step [1/N²]
    sensory: float  # variance of each sense [m², m²/s²]
    growing: float  # variance of the motor noise per squared command [1]
    constant: float  # variance of the constant motor noise [N²]


class Regulator(NamedTuple):
    """Gains of the optimal controller of one axis, and what it costs on both.

    Costs are expectations of the loss over starts and goals uniform in the workspace.
    """

    gain: Float[np.ndarray, "control 2"]  # K_k [N/m, N s/m]
    filter: Float[np.ndarray, "control 2 2"]  # of the innovation
    noiseless: float  # cost where neither senses nor muscles are noisy
    seen: float  # cost where the state is seen as it is
    sensed: float  # cost where it is estimated from the noisy senses


def plant(loop: Loop, weights: Weights | None = None) -> Plant:
    """The linear plant of a loop.

    Raises:
        ValueError: the loop has a delay or a muscle filter, which this plant has not.
    """
    if loop.delay or loop.force_filter:
        message = (
            "optimal control is worked out for a hand without delay and without a "
            f"muscle filter; got a delay of {loop.delay} steps and a filter of "
            f"{loop.force_filter} s."
        )
        raise ValueError(message)
    weights = Weights() if weights is None else weights
    growth = np.arange(loop.steps) / loop.controls
    return Plant(
        a=np.array([[1, loop.dt], [0, 1 - loop.dt * loop.drag / loop.mass]]),
        b=np.array([0, loop.dt / loop.mass]),
        position=float(weights.position) * growth**POSITION_POWER,
        velocity=float(weights.velocity),
        command=float(weights.command),
        sensory=loop.sensory_noise**2,
        growing=loop.motor_noise**2,
        constant=(SIGNAL_DEPENDENT_RATIO * loop.motor_noise) ** 2,
    )


def solve(loop: Loop, weights: Weights | None = None) -> Regulator:
    """The optimal controller of a loop without a field, with its costs."""
    axis = plant(loop, weights)
    gain, to_go = _riccati(axis)
    quiet_axis = axis._replace(growing=0.0, constant=0.0)
    _, quiet_to_go = _riccati(quiet_axis)
    distance = np.array([2 * UNIFORM, 0.0])  # E (p₀ − g)², E v₀²
    motor = sum(axis.constant * (axis.command + axis.b @ p @ axis.b) for p in to_go[1:])
    filters, sensed = _estimated(axis, gain)
    return Regulator(
        gain=gain,
        filter=filters,
        noiseless=2 * float(np.diag(quiet_to_go[0]) @ distance),
        seen=2 * float(np.diag(to_go[0]) @ distance + motor),
        sensed=2 * sensed,
    )


def _riccati(axis: Plant) -> tuple[np.ndarray, np.ndarray]:
    """Gains K_k and costs-to-go P_k of one axis."""
    controls = len(axis.position) - 1
    to_go = np.zeros((controls + 1, 2, 2))
    to_go[-1] = np.diag([axis.position[-1], axis.velocity])
    gain = np.zeros((controls, 2))
    for k in reversed(range(controls)):
        after = to_go[k + 1]
        price = (1 + axis.growing) * (axis.command + axis.b @ after @ axis.b)
        gain[k] = axis.b @ after @ axis.a / price
        closed = axis.a - np.outer(axis.b, gain[k])
        to_go[k] = np.diag([axis.position[k], 0]) + axis.a.T @ after @ closed
    return gain, to_go


def _estimated(axis: Plant, gain: np.ndarray) -> tuple[np.ndarray, float]:
    r"""The filter's gains, and the cost of one axis by propagating second moments.

    The moments are those of $(x,\hat x)$, both from the goal; the mean is zero because
    starts and goals are drawn symmetrically. Filter and moments need each other (the
    motor noise grows with the command), so each is worked out in turn.
    """
    squares = np.zeros(len(gain))  # E o_k², where o is the command without noise
    filters, cost = np.zeros((len(gain), 2, 2)), 0.0
    for _ in range(PASSES):
        filters = _filter(axis, squares)
        squares, cost = _moments(axis, gain, filters)
    return filters, cost


def _filter(axis: Plant, squares: np.ndarray) -> np.ndarray:
    """Gains of the filter of least variance under this mean square of the command."""
    unsure = np.diag([UNIFORM, 0.0])  # the start is unknown, the hand at rest
    filters = np.zeros((len(squares), 2, 2))
    for k, square in enumerate(squares):
        filters[k] = unsure @ np.linalg.pinv(unsure + axis.sensory * np.eye(2))
        known = (np.eye(2) - filters[k]) @ unsure
        motor = axis.constant + axis.growing * square
        unsure = axis.a @ known @ axis.a.T + motor * np.outer(axis.b, axis.b)
    return filters


def _moments(
    axis: Plant, gain: np.ndarray, filters: np.ndarray
) -> tuple[np.ndarray, float]:
    """E o_k² and the expected cost of one axis, of the state and its prediction."""
    # x₀ = p₀ − g and its prediction 0 − g: variances 2/3 and 1/3, covariance 1/3.
    moment = np.zeros((4, 4))
    moment[0, 0], moment[2, 2] = 2 * UNIFORM, UNIFORM
    moment[0, 2] = moment[2, 0] = UNIFORM
    squares, cost = np.zeros(len(gain)), 0.0
    for k, (row, update) in enumerate(zip(gain, filters, strict=True)):
        cost += axis.position[k] * moment[0, 0]
        # Estimate: prediction + update (x + η − prediction).
        seen = np.block([[np.eye(2), np.zeros((2, 2))], [update, np.eye(2) - update]])
        moment = seen @ moment @ seen.T
        moment[2:, 2:] += axis.sensory * update @ update.T
        squares[k] = row @ moment[2:, 2:] @ row
        motor = axis.constant + axis.growing * squares[k]
        cost += axis.command * (squares[k] + motor)
        # Movement: the state takes the noisy command, its prediction the bare one.
        push = np.outer(axis.b, row)
        moved = np.block([[axis.a, -push], [np.zeros((2, 2)), axis.a - push]])
        moment = moved @ moment @ moved.T
        moment[:2, :2] += motor * np.outer(axis.b, axis.b)
    cost += axis.position[-1] * moment[0, 0] + axis.velocity * moment[1, 1]
    return squares, float(cost)


class OptimalController(eqx.Module):
    """The regulator in the place of a network: runs in the same closed loop.

    Its hidden state is the step, the predicted state of the hand (position and
    velocity) and its output, and begins as zeros, like a network's.
    """

    gain: Float[Array, "control 2"]
    filter: Float[Array, "control 2 2"]
    a: Float[Array, "2 2"]
    b: Float[Array, " 2"]
    layout: InputLayout = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True, default=7)

    def __call__(
        self, input: Float[Array, " inputs"], hidden: Float[Array, " hidden"]
    ) -> Float[Array, " hidden"]:
        """The next prediction and this step's output."""
        now = hidden[0].astype(int)
        aim, sensed = self.layout.aim_and_senses(input)
        predicted = hidden[1:5].reshape(2, 2)
        estimate = predicted + self.filter[now] @ (sensed - predicted)
        output = -self.gain[now] @ (estimate - aim)
        ahead = self.a @ estimate + self.b[:, None] * output[None]
        return jnp.concatenate([hidden[:1] + 1, ahead.reshape(-1), output])

    def readout(self, hidden: Float[Array, " hidden"]) -> Float[Array, " 2"]:
        """The output that the last step left [N]."""
        return hidden[5:]


def controller(
    loop: Loop, regulator: Regulator, layout: InputLayout | None = None
) -> OptimalController:
    """The regulator as a controller of the closed loop (float32, like the networks)."""
    axis = plant(loop)
    arrays = (regulator.gain, regulator.filter, axis.a, axis.b)
    gain, filters, a, b = (jnp.asarray(array, jnp.float32) for array in arrays)
    return OptimalController(gain, filters, a, b, layout or InputLayout())
