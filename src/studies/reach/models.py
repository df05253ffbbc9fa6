"""The controller: its inputs, a recurrent cell, and a linear readout."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from studies.reach.cells import CELLS, GRU, LeakyRNN
from studies.training import expect_shape, read_model

Hidden = Float[Array, " hidden"]
Input = Float[Array, " inputs"]


@dataclass(frozen=True)
class InputLayout:
    """Where each quantity stands in the network's input, defined here and only here.

    `layout["feedback_velocity"]` is a slice; `pack` puts the parts in their places.
    """

    context: bool = False  # a number about the field
    delayed: bool = False  # signals of the delayed reach

    @property
    def sizes(self) -> dict[str, int]:
        """Length of each part, in order."""
        return (
            ({"context": 1} if self.context else {})
            | {"target_position": 2, "target_velocity": 2}
            | {"feedback_position": 2, "feedback_velocity": 2}
            | ({"hold": 1, "target_on": 1} if self.delayed else {})
        )

    @property
    def size(self) -> int:
        """Length of the whole input."""
        return sum(self.sizes.values())

    def __getitem__(self, name: str) -> slice:
        """The place of a part.

        Raises:
            KeyError: this layout has no such part; the message names those it has.
        """
        first = 0
        for part, size in self.sizes.items():
            if part == name:
                return slice(first, first + size)
            first += size
        message = f"no input {name!r}; this network has {', '.join(self.sizes)}"
        raise KeyError(message)

    def pack(self, **parts: Float[Array, " _"]) -> Input:
        """The input with these parts in their places; parts it lacks are left out."""
        return jnp.concatenate([parts[name] for name in self.sizes])

    def aim_and_senses(self, input: Input) -> Float[Array, "2 2 2"]:
        """The state at rest in the goal, and the sensed one.

        Of each the rows are position [m] and velocity [m/s], the columns x and y.
        """
        goal = input[self["target_position"]]
        sensed = [input[self["feedback_position"]], input[self["feedback_velocity"]]]
        return jnp.stack([jnp.stack([goal, jnp.zeros_like(goal)]), jnp.stack(sensed)])


@runtime_checkable
class ControlLaw(Protocol):
    """What the closed loop needs: a state that goes on, and an output read off it."""

    @property
    def layout(self) -> InputLayout: ...
    @property
    def hidden_size(self) -> int: ...
    @property
    def readout(self) -> Callable[[Hidden], Array]: ...
    def __call__(self, input: Input, hidden: Hidden) -> Hidden: ...


class Controller(eqx.Module):
    r"""A recurrent network whose hidden state is read out as a force.

    $h_k=F(x_k,h_{k-1})$ with $h_0=0$, and output $o_k=W_{out}h_k+b_{out}$ [N].
    """

    cell: GRU | LeakyRNN
    readout: eqx.nn.Linear
    layout: InputLayout = eqx.field(static=True)

    @property
    def hidden_size(self) -> int:
        """Number of hidden units."""
        return self.readout.weight.shape[-1]

    def __call__(self, input: Input, hidden: Hidden) -> Hidden:
        """The hidden state after a step.

        Raises:
            ValueError: the input or the hidden state has another shape.
        """
        parts = ", ".join(f"{name} ({n})" for name, n in self.layout.sizes.items())
        expect_shape(input, (self.layout.size,), f"The input, {parts},")
        expect_shape(hidden, (self.hidden_size,), "The hidden state")
        return self.cell(input, hidden)


def build(
    *,
    cell: str = "gru",
    hidden: int = 100,
    leak: float = 0.5,
    context: bool = False,
    delayed: bool = False,
    key: PRNGKeyArray | None = None,
) -> Controller:
    """An untrained controller.

    Args:
        cell: "gru" or "leaky-rnn".
        hidden: number of hidden units.
        leak: time step over time constant of the leaky cell [1].
        context: whether it is told a number about the field.
        delayed: whether it is told the signals of the delayed reach.
        key: of the random weights; None: weights of no meaning, to be replaced.

    Raises:
        ValueError: `cell` is unknown.
    """
    if cell not in CELLS:
        message = f"`cell` {cell!r} is unknown; it is one of {', '.join(CELLS)}."
        raise ValueError(message)
    layout = InputLayout(context, delayed)
    keys = jax.random.split(jax.random.key(0) if key is None else key)
    more: dict[str, Any] = {"alpha": leak} if cell == "leaky-rnn" else {}
    recurrent = CELLS[cell](layout.size, hidden, **more, key=keys[0])
    readout = eqx.nn.Linear(hidden, 2, key=keys[1])
    readout = eqx.tree_at(lambda x: x.bias, readout, jnp.zeros(2, jnp.float32))
    return Controller(recurrent, readout, layout)


def from_parameters(
    *,
    cell: str,
    hidden: int,
    leak: float,
    method: str,
    task: str,
    key: PRNGKeyArray | None = None,
    **others: Any,
) -> Controller:
    """The controller that a notebook's parameters describe, for `read_model` too."""
    del others
    return build(
        cell=cell,
        hidden=hidden,
        leak=leak,
        context=method != "none",
        delayed=task == "delayed",
        key=key,
    )


def read(path: Path) -> Controller:
    """The trained controller in a file.

    Raises:
        ModelFileError: no whole model file, or of another structure.
    """
    return read_model(path, from_parameters)
