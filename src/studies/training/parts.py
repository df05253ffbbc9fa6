"""The parts of a training program: what changes, what stays, what the host says."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from jax.sharding import Mesh

from studies.training.trees import Skeleton


class State(NamedTuple):
    """What changes from step to step. In an ensemble: a leading axis of members."""

    trained: list[Any]  # the parameters that train in this phase
    optimiser: list[Any]
    best: list[Any]  # `trained` where the criterion was lowest in this phase
    best_loss: Any  # the criterion there; inf before the first comparison
    best_step: Any  # steps done then, counted over the training
    average: Any  # running mean of the training loss (before debiasing)
    reference: Any  # |loss| that "growth" is measured against
    diverged_at: Any  # step at which the member diverged; -1: it did not


class Control(NamedTuple):
    """What the host says about one chunk; the same for all members."""

    offset: Any  # steps of the training before this phase
    first: Any  # first step of the chunk, within the phase
    stop: Any  # first step after the chunk
    steps: Any  # steps of the phase
    every: Any  # steps between comparisons
    divergence: Any  # allowed growth of the loss
    reset: tuple[Any, ...]  # for each leaf of the optimiser state: start afresh?


class Functions(NamedTuple):
    """What is computed, with the arguments of the phase."""

    batch: Callable[..., Any] | None
    loss: Callable[..., Any]
    validation: Callable[..., Any] | None
    optimiser: Callable[..., Any]
    arguments: dict[str, Any]


class Member(NamedTuple):
    """What belongs to one member and stays as it is during a phase."""

    rest: Any  # the model without what trains
    keys: "Keys"
    hyper: Any


class Keys(NamedTuple):
    """The keys of one member: of (seed, phase), and of its seed alone."""

    phase: Any
    validation: Any


class Data(NamedTuple):
    """What is learned from, and what is validated on."""

    training: Any
    validation: Any


@dataclass(frozen=True)
class Program:
    """All that fixes the compiled program: hashable, static under `jit`."""

    functions: Skeleton
    member: Skeleton
    data: Skeleton
    data_per_member: bool
    trained: Any  # tree structure of the parameters that train
    optimiser_state: Any  # and of the optimiser's state
    clip: float | None
    mapping: str  # "one", "vmap" or "map"
    platform: str  # "cpu", "gpu" or "tpu"
    mesh: Mesh | None
    capacity: int  # steps that fit in the record of a chunk
