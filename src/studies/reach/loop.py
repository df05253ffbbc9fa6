"""The closed loop: hand, feedback, controller, muscles and field, step after step.

A trial has as many states as steps, the first of them given, and one control step less.
In a control step the senses come first (delayed, then disturbed), then the network, the
motor noise, the field at the true state, and the movement of the hand.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, PRNGKeyArray

from studies.reach.models import ControlLaw
from studies.reach.probes import Probe
from studies.reach.systems import (
    SIGNAL_DEPENDENT_RATIO,
    PointMass,
    State,
    Vec2,
    curl_force,
    efferent,
)
from studies.reach.tasks import Trial, holding


@dataclass(frozen=True)
class Loop:
    """What a closed loop is made of, apart from its controller; static under `jit`."""

    steps: int = 100  # states of a trial, the first included [1]
    dt: float = 0.05  # [s]
    mass: float = 1.0  # [kg]
    drag: float = 0.0  # [N s/m]
    force_filter: float = 0.0  # time constant of the muscle [s]; 0: none
    delay: int = 0  # of the senses [steps]
    sensory_noise: float = 0.01  # of each feedback component [m, m/s]
    motor_noise: float = 0.01  # of the command; see `systems.efferent`

    def __post_init__(self):
        if self.steps < 2 or self.delay < 0:
            message = (
                "Loop: `steps` must be at least 2 and `delay` at least 0; got "
                f"{self.steps} and {self.delay}."
            )
            raise ValueError(message)
        if self.sensory_noise < 0 or self.motor_noise < 0:
            message = (
                "Loop: `sensory_noise` and `motor_noise` are standard deviations, not "
                f"negative; got {self.sensory_noise} and {self.motor_noise}."
            )
            raise ValueError(message)
        _ = self.body  # refuses what a body cannot be

    @property
    def controls(self) -> int:
        """Control steps of a trial [1]."""
        return self.steps - 1

    @property
    def body(self) -> PointMass:
        """The hand."""
        return PointMass(self.mass, self.drag, self.force_filter, self.dt)


class Course(NamedTuple):
    """What happens in one trial; T states and T-1 control steps."""

    position: Float[Array, "*trial time 2"]  # [m]
    velocity: Float[Array, "*trial time 2"]  # [m/s]
    command: Float[Array, "*trial control 2"]  # u, motor noise included [N]
    output: Float[Array, "*trial control 2"]  # of the network, free of noise [N]
    hidden: Float[Array, "*trial control hidden"]
    feedback: Float[Array, "*trial control 4"]  # as the network gets it [m, m/s]
    outside: Float[Array, "*trial control 2"]  # force of the field [N]
    sensory_noise: Float[Array, "*trial control 4"]  # its sample [m, m/s]


class Noise(NamedTuple):
    """All the noise of one trial, or of many, drawn at once."""

    sensory: Float[Array, "*trial control 4"]  # [m, m/s]
    signal_dependent: Float[Array, "*trial control 2"]  # share of the output [1]
    constant: Float[Array, "*trial control 2"]  # [N]


class _Carry(NamedTuple):
    state: State
    hidden: Float[Array, " hidden"]
    muscle: Vec2
    queue: Float[Array, "delay 4"]  # states on their way to the senses, oldest first


STREAMS = 8  # of noise: four of the senses, two and two of the command


def draw_noise(loop: Loop, key: PRNGKeyArray, trials: tuple[int, ...] = ()) -> Noise:
    """The noise of one trial, or of as many as the shape `trials` says, from one key.

    Zeros, without drawing, where there is none.
    """
    shape = (*trials, loop.controls, STREAMS)
    if not (loop.sensory_noise or loop.motor_noise):
        return scaled_noise(loop, jnp.zeros(shape, jnp.float32))
    return scaled_noise(loop, jax.random.normal(key, shape, jnp.float32))


def scaled_noise(loop: Loop, normal: Float[Array, "*trial control streams"]) -> Noise:
    """The noise that standard normal numbers stand for."""
    motor = loop.motor_noise
    scales = (
        [loop.sensory_noise] * 4 + [motor] * 2 + [SIGNAL_DEPENDENT_RATIO * motor] * 2
    )
    drawn = normal * jnp.broadcast_to(jnp.asarray(scales, jnp.float32), normal.shape)
    return Noise(drawn[..., :4], drawn[..., 4:6], drawn[..., 6:])


def run(
    controller: ControlLaw,
    loop: Loop,
    trial: Trial,
    key: PRNGKeyArray,
    probe: Probe | None = None,
) -> Course:
    """The course of one trial; map over trials with `courses`."""
    return follow(controller, loop, trial, draw_noise(loop, key), probe)


def follow(
    controller: ControlLaw,
    loop: Loop,
    trial: Trial,
    noise: Noise,
    probe: Probe | None = None,
) -> Course:
    """The course of one trial under noise that is given."""
    probe = Probe() if probe is None else probe
    steps = jnp.arange(loop.controls)
    rest = jnp.concatenate([trial.start, jnp.zeros_like(trial.start)])
    first = _Carry(
        state=rest,
        hidden=jnp.zeros(controller.hidden_size, rest.dtype),
        muscle=jnp.zeros(2, rest.dtype),
        queue=jnp.broadcast_to(rest, (loop.delay, 4)),
    )
    told = _told(trial, steps)

    def step(carry: _Carry, now: Any) -> tuple[_Carry, Any]:
        return _step(controller, loop.body, trial, probe, carry, now)

    _, rows = jax.lax.scan(step, first, (steps, noise, told, trial.gusts))
    states = jnp.concatenate([rest[None], rows.pop("state")])
    return Course(states[:, :2], states[:, 2:], sensory_noise=noise.sensory, **rows)


def courses(
    controller: ControlLaw,
    loop: Loop,
    trials: Trial,
    keys: Key[Array, " trial"],
    probe: Probe | None = None,
) -> Course:
    """The courses of many trials, each with its own key and all with one probe."""
    return jax.vmap(lambda trial, key: run(controller, loop, trial, key, probe))(
        trials, keys
    )


def _told(trial: Trial, steps: Array) -> dict[str, Array] | None:
    """Signals of the delayed reach over time; None where nothing changes in time."""
    if trial.epochs is None:
        return None
    shown = (steps >= trial.epochs[0]) & (steps < trial.epochs[1])
    shown = shown.astype(trial.goal.dtype)[:, None]
    hold = holding(trial, steps).astype(trial.goal.dtype)[:, None]
    return {
        "target_on": shown,
        "hold": hold,
        "target_position": shown * trial.goal[None],
    }


def _step(
    controller: ControlLaw,
    body: PointMass,
    trial: Trial,
    probe: Probe,
    carry: _Carry,
    now: Any,
) -> tuple[_Carry, Any]:
    """One control step."""
    index, noise, told, gust = now
    state, queue = carry.state, carry.queue
    if probe.placement is not None:
        state = probe.placement.at(index, state)

    # Senses: the oldest state in the queue, which began full of the first one.
    sensed = state
    if len(queue):
        sensed, queue = queue[0], jnp.concatenate([queue[1:], state[None]])
    if probe.impulse is not None:
        sensed = sensed + probe.impulse.at(index)
    feedback = sensed + noise.sensory

    # Network
    context = trial.context
    if probe.context is not None:
        context = probe.context.at(index, context)
    parts = {"target_position": trial.goal} if told is None else told
    inputs = controller.layout.pack(
        context=context[None],
        target_velocity=jnp.zeros_like(trial.goal),
        feedback_position=feedback[:2],
        feedback_velocity=feedback[2:],
        **parts,
    )
    if probe.input is not None:
        inputs = inputs + probe.input.at(index)
    hidden = carry.hidden
    if probe.before is not None:
        hidden = hidden + probe.before.at(index)
    hidden = controller(inputs, hidden)
    if probe.after is not None:
        hidden = hidden + probe.after.at(index)
    if probe.clamp is not None:
        hidden = probe.clamp.hold(hidden)

    # Muscles, field and hand
    output = controller.readout(hidden)
    command = efferent(output, noise.signal_dependent, noise.constant)
    curl = trial.curl if probe.curl is None else probe.curl.at(index, trial.curl)
    push = trial.force if probe.force is None else probe.force.at(index, trial.force)
    outside = curl_force(state[2:], curl) + push
    if gust is not None:
        outside = outside + gust
    force, muscle = body.contract(carry.muscle, command)
    state = body.step(state, force + outside)
    row = {
        "state": state,
        "command": command,
        "output": output,
        "hidden": hidden,
        "feedback": feedback,
        "outside": outside,
    }
    return _Carry(state, hidden, muscle, queue), row
