"""The scanned step: many steps of a whole ensemble as one compiled program.

Everything that a program needs is in its arguments (no array is baked in as a constant,
nothing calls back to Python), so that JAX's persistent cache serves the next process.
The number of steps is an argument too: one program serves every length of a chunk.
"""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import PartitionSpec

from studies.training.parts import Control, Program, State
from studies.training.placement import AXIS, compiler_options
from studies.training.step import Row, Step, traced

_traces = 0


def compilations() -> int:
    """How many training programs this process has traced for compilation so far."""
    return _traces


@cache
def compiled(platform: str) -> Callable[..., tuple[State, Row]]:
    """`run_chunk`, compiled as suits the platform."""
    return jax.jit(
        run_chunk,
        static_argnums=0,
        donate_argnums=1,
        compiler_options=compiler_options(platform),
    )


def run_chunk(
    program: Program,
    state: State,
    member: list[Any],
    rates: Any,
    functions: list[Any],
    data: list[Any],
    control: Control,
) -> tuple[State, Row]:
    """Take the steps `control.first` to `control.stop` with every member.

    Args:
        program: what is compiled; the other arguments are its arrays.
        state: used up.
        member: what belongs to a member, with the leading axis of members.
        rates: learning rates, shape (members, capacity).
        functions: arrays inside the functions and the phase's arguments.
        data: with a leading axis of members if `program.data_per_member`.
        control: which steps, and how.

    Returns:
        The next state, and the record with columns of shape (members, capacity).
    """
    global _traces
    _traces += 1

    def share(state, member, rates, data, functions, control):
        def one(state, member, rates, data):
            return _member_chunk(
                program, state, member, rates, functions, data, control
            )

        return _over_members(program, one)(state, member, rates, data)

    if program.mesh is None:
        return share(state, member, rates, data, functions, control)
    own, same = PartitionSpec(AXIS), PartitionSpec()
    of_data = own if program.data_per_member else same
    spread = jax.shard_map(
        share,
        mesh=program.mesh,
        in_specs=(own, own, own, of_data, same, same),
        out_specs=own,
        check_vma=False,
    )
    return spread(state, member, rates, data, functions, control)


def _over_members(program: Program, one: Callable[..., Any]) -> Callable[..., Any]:
    """The function of `one` member for all the members on a device."""

    def take(index, *stacked, data):
        own = jax.tree.map(lambda x: x[index], stacked)
        return one(*own, [x[index] for x in data] if program.data_per_member else data)

    def alone(*stacked):
        *own, data = stacked
        return jax.tree.map(lambda x: x[None], take(0, *own, data=data))

    def in_turn(*stacked):
        *own, data = stacked
        count = jnp.arange(own[-1].shape[0])
        return jax.lax.map(lambda index: take(index, *own, data=data), count)

    side_by_side = jax.vmap(one, (0, 0, 0, 0 if program.data_per_member else None))
    return {"one": alone, "map": in_turn, "vmap": side_by_side}[program.mapping]


def _member_chunk(
    program: Program,
    state: State,
    member: list[Any],
    rates: Any,
    functions: list[Any],
    data: list[Any],
    control: Control,
) -> tuple[State, Row]:
    """The chunk of one member: a loop around one traced step."""
    step = Step(
        program,
        program.functions.join(functions),
        program.member.join(member),
        program.data.join(data),
        control,
    )
    state = step.renew_optimiser(state, rates[0])
    advance, (_, row) = traced(step, state, control.first, rates[0])
    empty = partial(jnp.full, (program.capacity,), jnp.nan)
    record = {name: empty(value.dtype) for name, value in row.items()}

    def unfinished(carry):
        index, state, _ = carry
        running = index < control.stop
        # Side by side the members share one loop, so a diverged one is only frozen;
        # otherwise its loop ends here.
        return (
            running if program.mapping == "vmap" else running & (state.diverged_at < 0)
        )

    def body(carry):
        index, state, record = carry
        place = index - control.first
        state, row = advance(state, index, rates[place])
        record = {k: column.at[place].set(row[k]) for k, column in record.items()}
        return index + 1, state, record

    first = jnp.asarray(control.first)
    _, state, record = jax.lax.while_loop(unfinished, body, (first, state, record))
    return state, record
