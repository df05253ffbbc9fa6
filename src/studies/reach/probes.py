"""Probes: what an experimenter does to a trained network during one trial."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

Step = Int[Array, ""] | int


class Pulse(NamedTuple):
    """A vector that is added for a while."""

    vector: Float[Array, " size"]
    start: Step  # first step
    duration: Step  # number of steps

    def at(self, step: Step) -> Float[Array, " size"]:
        """What is added at a step."""
        on = (step >= self.start) & (step < self.start + self.duration)
        return jnp.where(on, self.vector, jnp.zeros_like(self.vector))


class Switch(NamedTuple):
    """A number, or a vector, that replaces another from a step on."""

    value: Float[Array, "*shape"]
    start: Step

    def at(self, step: Step, before: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """The number or vector at a step."""
        return jnp.where(step >= self.start, self.value, before)


class Placement(NamedTuple):
    """The hand put to another state, once."""

    state: Float[Array, "4"]  # position and velocity [m, m/s]
    step: Step  # before whose senses it happens

    def at(self, step: Step, before: Float[Array, "4"]) -> Float[Array, "4"]:
        """The state at a step."""
        return jnp.where(step == self.step, self.state, before)


class Clamp(NamedTuple):
    """Hidden units held at a value: where the mask is 1; at 0 they are left alone."""

    mask: Float[Array, " hidden"]
    value: Float[Array, ""]

    def hold(self, hidden: Float[Array, " hidden"]) -> Float[Array, " hidden"]:
        """The hidden state with the clamped units at their value."""
        return hidden + self.mask * (self.value - hidden)


class Probe(NamedTuple):
    """Everything that may be done; None: not done.

    Attributes:
        impulse: added to position and velocity feedback [m, m/s], after the delay and
            before the sensory noise.
        context: replaces the context input from a step on [1].
        input: added to the whole input of the network, in the order of its layout.
        before: added to the hidden state before the cell's update: its first effect
            passes through the recurrence.
        after: added to the hidden state after the update: its first effect is the
            readout's.
        clamp: holds hidden units at a value, after the update.
        curl: replaces the amplitude of the curl field from a step on [N s/m].
        force: replaces the constant field from a step on [N].
        placement: puts the hand to another state at one step [m, m/s].
    """

    impulse: Pulse | None = None
    context: Switch | None = None
    input: Pulse | None = None
    before: Pulse | None = None
    after: Pulse | None = None
    clamp: Clamp | None = None
    curl: Switch | None = None
    force: Switch | None = None
    placement: Placement | None = None
