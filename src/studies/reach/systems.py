r"""The hand and what acts on it: what is true before anything is learned.

A point mass in the plane, $m\,\dot v = u + f - c\,v$, with muscle force $u$ and outside
force $f$, advanced by explicit Euler steps with forces held over a step. All functions
are for one trial.
"""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

Vec2 = Float[Array, "2"]
State = Float[Array, "4"]  # position then velocity of the hand [m, m, m/s, m/s]
Scalar = Float[Array, ""]

SIGNAL_DEPENDENT_RATIO = 1.8  # constant over signal-dependent motor noise [1]


class PointMass(eqx.Module):
    r"""A hand as a point mass, moved by a force that may lag behind its command.

    With a time constant $\tau>0$ the muscle follows its command by
    $\tau\,\dot u = u_{\mathrm{command}} - u$; with $\tau=0$ it is the command.
    """

    mass: float = 1.0  # m [kg]
    drag: float = 0.0  # c [N s/m]
    force_filter: float = 0.0  # τ [s]; 0: none
    dt: float = 0.05  # [s]

    def __check_init__(self):
        if self.mass <= 0 or self.dt <= 0 or self.drag < 0:
            message = (
                "PointMass: `mass` [kg] and `dt` [s] must be positive and `drag` "
                f"[N s/m] not negative; got {self.mass}, {self.dt} and {self.drag}."
            )
            raise ValueError(message)
        if self.force_filter and self.force_filter < self.dt:
            message = (
                f"PointMass: `force_filter` {self.force_filter} s is shorter than a "
                f"step of {self.dt} s, so Euler steps overshoot. Use 0 (no filter) or "
                "at least `dt`."
            )
            raise ValueError(message)

    def step(self, state: State, force: Vec2) -> State:
        """The state one step later under a whole force [N] (muscle and outside)."""
        position, velocity = state[:2], state[2:]
        acceleration = force / self.mass - (self.drag / self.mass) * velocity
        moved = position + self.dt * velocity
        return jnp.concatenate([moved, velocity + self.dt * acceleration])

    def contract(self, muscle: Vec2, command: Vec2) -> tuple[Vec2, Vec2]:
        """Muscle force [N] during this step, and at the next, under a command [N]."""
        if self.force_filter == 0:
            return command, command
        return muscle, muscle + (self.dt / self.force_filter) * (command - muscle)


def curl_force(velocity: Vec2, amplitude: Scalar) -> Vec2:
    r"""Force of a curl field, $f=b\,(-v_y, v_x)$ [N].

    A positive amplitude $b$ [N s/m] pushes to the left of the motion, and it does no
    work.
    """
    return amplitude * jnp.stack([-velocity[1], velocity[0]])


def efferent(output: Vec2, signal_dependent: Vec2, constant: Vec2) -> Vec2:
    r"""Command [N] that a network's output becomes: $u=o+o\odot\epsilon_1+\epsilon_2$.

    With motor noise $\sigma$ the components of $\epsilon_1$ have standard deviation
    $\sigma$ and those of $\epsilon_2$ have $1.8\,\sigma$ (Beer, Haggard and Wolpert
    2004).
    """
    return output + output * signal_dependent + constant
