r"""What is reported of a reach: paths in the frame of the reach, and single numbers.

The frame has its first axis along the reach, from start to goal, and its second to the
left of it: with unit vector $d$, $x_\parallel=x\cdot d$ and
$x_\perp=d_x x_y-d_y x_x$. Force means the muscles' noisy command $u$, never the field.
A field of positive amplitude pushes to the left, so a force to the right corrects.

Sums over time are integrals: the sum over steps, times the time step. Divide by `dt` to
compare with sums over steps.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from studies.reach.loop import Course, Loop
from studies.reach.tasks import Trial

Scalar = Float[Array, ""]
Series = Float[Array, " time"]
Vec2 = Float[Array, "2"]

LAST = 10  # steps at the end that end errors are averaged over [1]
INITIAL = 10  # steps at the beginning that the first push is looked for in [1]
JUST_AFTER = 5  # steps after an impulse that its answer is looked for in [1]
PERCENT = 100.0


class Aligned(NamedTuple):
    """A course in the frame of its reach: second axis (along, to the left)."""

    position: Float[Array, "*trial time 2"]  # from the start [m]
    velocity: Float[Array, "*trial time 2"]  # [m/s]
    force: Float[Array, "*trial control 2"]  # the command u [N]
    length: Float[Array, "*trial"]  # of the reach [m]; 0 when the goal is the start
    dt: Float[Array, "*trial"]  # [s]


def into_frame(
    vectors: Float[Array, "time 2"], direction: Vec2
) -> Float[Array, "time 2"]:
    """Components along a unit vector and to the left of it, in the unit given."""
    x, y = vectors[:, 0], vectors[:, 1]
    return jnp.stack(
        [x * direction[0] + y * direction[1], y * direction[0] - x * direction[1]],
        axis=-1,
    )


def align(
    course: Course, loop: Loop, origin: Vec2, goal: Vec2, direction: Vec2 | None = None
) -> Aligned:
    """One course in the frame from `origin` to `goal` [m].

    Args:
        course: of one trial.
        loop: that it was run in, for the time step.
        origin: where the reach begins [m].
        goal: where it should end [m].
        direction: unit vector that replaces the reach's, where there is no reach.
    """
    reach = goal - origin
    length = jnp.sqrt(jnp.sum(reach**2))
    if direction is None:
        direction = reach / length
    away = course.position - jnp.broadcast_to(origin, course.position.shape)
    return Aligned(
        into_frame(away, direction),
        into_frame(course.velocity, direction),
        into_frame(course.command, direction),
        length,
        jnp.asarray(loop.dt, away.dtype),
    )


def align_reach(course: Course, loop: Loop, trial: Trial) -> Aligned:
    """One course in the frame of its own reach."""
    return align(course, loop, trial.start, trial.goal)


def norm(vectors: Float[Array, "time 2"]) -> Series:
    """Length of each vector."""
    return jnp.sqrt(jnp.sum(vectors**2, axis=-1))


def signed_largest(values: Series) -> Scalar:
    """The value that is largest in size, with its sign."""
    return values[jnp.argmax(jnp.abs(values))]


def integral(values: Series, dt: Scalar) -> Scalar:
    """Sum over steps times the time step."""
    return jnp.sum(values) * dt


def of_reach(distance: Scalar, a: Aligned) -> Scalar:
    """A distance in percent of the reach."""
    return PERCENT * distance / a.length


def end_position_error(a: Aligned) -> Scalar:
    """Distance to the goal over the last steps, in percent of the reach."""
    goal = jnp.stack([a.length, jnp.zeros_like(a.length)])
    late = a.position[-LAST:]
    return of_reach(jnp.mean(norm(late - jnp.broadcast_to(goal, late.shape))), a)


def initial_force_direction(a: Aligned) -> Scalar:
    """Angle of the strongest early force from the reach, left positive [rad]."""
    early = a.force[:INITIAL]
    strongest = early[jnp.argmax(norm(early))]
    return jnp.arctan2(strongest[1], strongest[0])


class Measure(NamedTuple):
    """One number for one trial."""

    of: Callable[[Aligned], Scalar]
    unit: str
    words: str  # for an axis


MEASURES: dict[str, Measure] = {
    "max_net_force": Measure(
        lambda a: jnp.max(norm(a.force)), "N", "largest net force"
    ),
    "sum_net_force": Measure(
        lambda a: integral(norm(a.force), a.dt),
        "N s",
        "integral of the net force over time",
    ),
    "max_parallel_force_forward": Measure(
        lambda a: jnp.max(a.force[:, 0]), "N", "largest forward force"
    ),
    "max_parallel_force_reverse": Measure(
        lambda a: jnp.max(-a.force[:, 0]), "N", "largest backward force"
    ),
    "sum_parallel_force": Measure(
        lambda a: integral(jnp.abs(a.force[:, 0]), a.dt),
        "N s",
        "integral of the size of the parallel force over time",
    ),
    "max_orthogonal_force_left": Measure(
        lambda a: jnp.max(a.force[:, 1]), "N", "largest force to the left"
    ),
    "max_orthogonal_force_right": Measure(
        lambda a: jnp.max(-a.force[:, 1]), "N", "largest force to the right"
    ),
    "sum_orthogonal_force_abs": Measure(
        lambda a: integral(jnp.abs(a.force[:, 1]), a.dt),
        "N s",
        "integral of the size of the lateral force over time",
    ),
    "max_parallel_vel_forward": Measure(
        lambda a: jnp.max(a.velocity[:, 0]), "m/s", "largest forward velocity"
    ),
    "max_parallel_vel_reverse": Measure(
        lambda a: jnp.max(-a.velocity[:, 0]), "m/s", "largest backward velocity"
    ),
    "max_orthogonal_vel_left": Measure(
        lambda a: jnp.max(a.velocity[:, 1]), "m/s", "largest velocity to the left"
    ),
    "max_orthogonal_vel_right": Measure(
        lambda a: jnp.max(-a.velocity[:, 1]), "m/s", "largest velocity to the right"
    ),
    "max_orthogonal_vel_signed": Measure(
        lambda a: signed_largest(a.velocity[:, 1]),
        "m/s",
        "largest lateral velocity, left positive",
    ),
    "max_orthogonal_distance_left": Measure(
        lambda a: of_reach(jnp.max(a.position[:, 1]), a),
        "% of reach",
        "largest distance to the left",
    ),
    "max_orthogonal_distance_right": Measure(
        lambda a: of_reach(jnp.max(-a.position[:, 1]), a),
        "% of reach",
        "largest distance to the right",
    ),
    "largest_orthogonal_distance": Measure(
        lambda a: of_reach(signed_largest(a.position[:, 1]), a),
        "% of reach",
        "largest lateral distance, left positive",
    ),
    "sum_orthogonal_distance": Measure(
        lambda a: integral(a.position[:, 1], a.dt),
        "m s",
        "integral of the lateral distance over time, left positive",
    ),
    "sum_orthogonal_distance_abs": Measure(
        lambda a: integral(jnp.abs(a.position[:, 1]), a.dt),
        "m s",
        "integral of the size of the lateral distance over time",
    ),
    "max_deviation": Measure(
        lambda a: jnp.max(norm(a.position)), "m", "largest distance from the start"
    ),
    "sum_deviation": Measure(
        lambda a: integral(norm(a.position), a.dt),
        "m s",
        "integral of the distance from the start over time",
    ),
    "end_velocity_error": Measure(
        lambda a: jnp.mean(norm(a.velocity[-LAST:])), "m/s", "speed at the end"
    ),
    "end_position_error": Measure(
        end_position_error, "% of reach", "distance from the goal at the end"
    ),
    "initial_force_direction": Measure(
        initial_force_direction, "rad", "direction of the first force, left positive"
    ),
}

PLANT = (
    "max_parallel_vel_forward",
    "max_orthogonal_vel_left",
    "max_orthogonal_vel_right",
    "max_orthogonal_distance_left",
    "sum_orthogonal_distance",
    "end_position_error",
    "end_velocity_error",
    "max_parallel_force_forward",
    "sum_parallel_force",
    "max_orthogonal_force_right",
    "sum_orthogonal_force_abs",
    "max_net_force",
    "sum_net_force",
)
FEEDBACK = (
    "max_net_force",
    "max_parallel_force_reverse",
    "sum_net_force",
    "max_parallel_vel_forward",
    "max_parallel_vel_reverse",
    "max_orthogonal_vel_left",
    "max_orthogonal_vel_right",
    "max_deviation",
    "sum_deviation",
)
PLANT_WITH_CONTEXT = (
    "max_parallel_vel_forward",
    "largest_orthogonal_distance",
    "sum_orthogonal_distance_abs",
    "end_position_error",
    "max_parallel_force_forward",
    "sum_orthogonal_force_abs",
    "max_net_force",
    "sum_net_force",
)

OTHERS: dict[str, tuple[str, str]] = {  # unit and words of what needs more than a path
    "output_correlation": ("1", "output correlation"),
    "max_net_force_during": ("N", "largest net force during the impulse"),
    "max_net_force_after": ("N", "largest net force after the impulse"),
    "max_parallel_force_forward_just_after": (
        "N",
        f"largest forward force in the {JUST_AFTER} steps after the impulse",
    ),
}


def measure(a: Aligned, names: tuple[str, ...] = PLANT) -> dict[str, Scalar]:
    """The named measures of one trial; units in `unit(name)`."""
    return {name: MEASURES[name].of(a) for name in names}


def measure_impulse(a: Aligned, start: int, duration: int) -> dict[str, Scalar]:
    """Largest forces [N] in the control steps during an impulse, after it, just after.

    Args:
        a: one trial in the frame of its impulse.
        start: first control step of the impulse.
        duration: its number of steps.
    """
    end = start + duration
    net = norm(a.force)
    return {
        "max_net_force_during": jnp.max(net[start:end]),
        "max_net_force_after": jnp.max(net[end:]),
        "max_parallel_force_forward_just_after": jnp.max(
            a.force[end : end + JUST_AFTER, 0]
        ),
    }


def unit(name: str) -> str:
    """The unit of a measure."""
    return OTHERS[name][0] if name in OTHERS else MEASURES[name].unit


def words(name: str) -> str:
    """What a measure is, for an axis."""
    return OTHERS[name][1] if name in OTHERS else MEASURES[name].words


def output_correlation(
    hidden: Float[Array, "time hidden"], readout: Float[Array, "out hidden"]
) -> Scalar:
    r"""How well the readout points along the activity, of one trial [1].

    $\rho=\|WX\|_F/(\|W\|_F\|X\|_F)$ with activity $X$ centred over time (Schuessler et
    al. 2024). It is 1 when a rank-one readout lies along a one-dimensional activity and
    near $1/\sqrt H$ for an unrelated one.
    """
    centred = hidden - jnp.mean(hidden, axis=0, keepdims=True)
    shown = jnp.sum((centred @ readout.T) ** 2)
    return jnp.sqrt(shown / (jnp.sum(readout**2) * jnp.sum(centred**2)))
