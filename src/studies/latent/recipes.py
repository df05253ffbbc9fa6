"""Recipes: how a training goes, phase by phase, and its optimiser.

Phases in order: the stimulus auto-encoder by itself (its encoder is frozen from then
on), the reconstruction of single states with the map left out, and the dynamics.
The moments of what a phase trains go on into the next.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, NamedTuple, get_args

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

from studies.latent.acquisition import Observation
from studies.latent.batches import Task
from studies.latent.losses import Weights
from studies.latent.models import LatentModel
from studies.training import Phase

ScheduleName = Literal["constant", "cosine"]
SCHEDULES: tuple[ScheduleName, ...] = get_args(ScheduleName)
STIMULUS_RATE = 1e-3  # of the stimulus auto-encoder
BETAS = (0.9, 0.999)
EPSILON = 1e-8
VALIDATIONS = 20  # in a training that keeps no checkpoints on the way


@dataclass(frozen=True)
class Recipe:
    """How models are trained; each field is a parameter of the notebook."""

    mode: str = "aligned"
    tu: int = 20  # steps between two samples
    ems: int = 5  # time units in a window
    phase_seed: int = 0
    staggered: str = "interpolated"
    interpolation: str = "acausal"
    stimulus_mode: str = "all"
    intermediate_steps: Sequence[int] = ()
    tv_weight: float = 0.0
    augmentation_neurons: int = 0
    augmentation_weight: float = 1.0
    l1_weight: float = 0.0
    stimulus_warm_up: int = 0  # updates of the stimulus auto-encoder
    warm_up: int = 2000  # updates of the reconstruction
    updates: int = 2000  # of the dynamics
    checkpoints: int = 1  # stretches of equal length that these are cut into
    learning_rate: float = 1e-3
    schedule: str = "constant"
    clip: float = 0.0  # largest norm of a gradient; 0: any
    batch: int = 32  # windows

    @classmethod
    def of(cls, **parameters: Any) -> "Recipe":
        """A recipe from a notebook's or a model's parameters; the rest is ignored."""
        own = {field.name for field in fields(cls)}
        return cls(**{name: x for name, x in parameters.items() if name in own})

    @property
    def observation(self) -> Observation:
        """How the circuit is observed."""
        return Observation(self.mode, self.tu, self.phase_seed, self.interpolation)

    @property
    def task(self) -> Task:
        """The task of the main phase."""
        staggered = self.mode == "staggered"
        return Task(
            observation=self.observation,
            ems=self.ems,
            treatment=self.staggered if staggered else "naive",
            stimulus_mode=self.stimulus_mode,
            intermediate=tuple(self.intermediate_steps),
            augmentation_neurons=self.augmentation_neurons,
            total_variation=self.tv_weight > 0,
            l1=self.l1_weight > 0,
            batch=self.batch,
        )

    @property
    def banked(self) -> bool:
        """Whether initial states are learned."""
        return self.task.treatment == "bank"

    @property
    def weights(self) -> Weights:
        """Weights of the terms of the loss."""
        return Weights(
            total_variation=np.float32(self.tv_weight),
            augmentation=np.float32(self.augmentation_weight),
            l1=np.float32(self.l1_weight),
        )

    @property
    def stretch(self) -> int:
        """Updates between two checkpoints; the last stretch takes the remainder."""
        return self.updates // self.checkpoints

    @property
    def validate_every(self) -> int:
        """Updates between validations: with checkpoints, one at each of them.

        So the best parameters of a stretch are those at its end.
        """
        cuts = self.checkpoints if self.checkpoints > 1 else VALIDATIONS
        return max(1, self.updates // cuts)

    @property
    def total_updates(self) -> int:
        """Updates of all phases together."""
        return self.stimulus_warm_up + self.warm_up + self.updates

    def parts(self) -> list["Part"]:
        """The phases in order."""
        task, rate = self.task, self.learning_rate
        parts = []
        if self.stimulus_warm_up:
            own = replace(task, objective="stimulus", l1=False)
            own = replace(own, augmentation_neurons=0)
            parts.append(
                Part("stimulus", own, self.stimulus_warm_up, STIMULUS_RATE, of_stimulus)
            )
        if self.warm_up:
            own = replace(task, objective="reconstruction", augmentation_neurons=0)
            parts.append(Part("warm-up", own, self.warm_up, rate, of_reconstruction))
        chosen = without_stimulus if self.stimulus_warm_up else of_dynamics
        for place in range(self.checkpoints):
            begun = place * self.stretch
            last = place == self.checkpoints - 1
            steps = self.updates - begun if last else self.stretch
            own_rate = rate_from(begun, self.schedule, rate, self.updates)
            parts.append(Part("dynamics", task, steps, own_rate, chosen))
        return parts


class Part(NamedTuple):
    """One phase of a recipe."""

    name: str
    task: Task
    steps: int
    rate: Any
    trainable: Callable[[LatentModel], Any]

    def phase(self, weights: Weights, held_out: Any) -> Phase:
        """The trainer's phase."""
        return Phase(
            self.steps,
            self.rate,
            trainable=self.trainable,
            arguments={"task": self.task, "weights": weights, "held_out": held_out},
            reset_optimiser=False,
        )


def rate_from(begun: int, name: str, peak: float, updates: int) -> Any:
    """The learning rate of a stretch that begins at some update of the main phase."""
    if name == "constant":
        return peak
    whole = optax.cosine_decay_schedule(peak, updates)
    return lambda step: whole(step + begun)


# What trains -----------------------------------------------------------------------


def trained(model: LatentModel, *names: str) -> Any:
    """A tree of booleans: true for the networks named."""
    still = jax.tree.map(lambda _: False, model)
    chosen = [True] * len(names)
    return eqx.tree_at(lambda tree: [getattr(tree, x) for x in names], still, chosen)


def of_stimulus(model: LatentModel) -> Any:
    """Which parameters train with the stimulus auto-encoder."""
    return trained(model, "stimulus_encoder", "stimulus_decoder")


def of_reconstruction(model: LatentModel) -> Any:
    """Which parameters train in the warm-up: encoder and decoder."""
    return trained(model, "encoder", "decoder")


def of_dynamics(model: LatentModel) -> Any:
    """Which parameters train with the map: all but the stimulus decoder."""
    return trained(model, "stimulus_encoder", *always(model))


def without_stimulus(model: LatentModel) -> Any:
    """Which parameters train with the map if the stimulus encoder is frozen."""
    return trained(model, *always(model))


def always(model: LatentModel) -> list[str]:
    """Which parameters train with the map in any case."""
    optional = [x for x in ("bank", "upsampler") if getattr(model, x) is not None]
    return ["encoder", "decoder", "evolver", *optional]


# The optimiser ---------------------------------------------------------------------


class AdamState(NamedTuple):
    """Moments, and how often each parameter was updated."""

    count: Any
    mean: Any
    square: Any


def adam(learning_rate: Any) -> optax.GradientTransformation:
    """Adam that counts the updates of each parameter by itself.

    A parameter that joins in a later phase has empty moments, and their correction
    must start with it: with one count for all, its first steps would be several times
    too long.
    Source: Kingma and Ba 2015, algorithm 1.
    """
    first, second = BETAS

    def init(params: Any) -> AdamState:
        zeros = jax.tree.map(jnp.zeros_like, params)
        count = jax.tree.map(lambda x: jnp.zeros((), x.dtype), params)
        return AdamState(count, zeros, zeros)

    def update(updates: Any, state: Any, params: Any = None) -> Any:
        del params
        count = jax.tree.map(lambda n: n + 1, state.count)
        mean = jax.tree.map(
            lambda m, g: first * m + (1 - first) * g, state.mean, updates
        )
        square = jax.tree.map(
            lambda v, g: second * v + (1 - second) * g**2, state.square, updates
        )

        def change(n: Any, m: Any, v: Any) -> Any:
            scale = learning_rate / (1 - first**n)
            return -scale * m / (jnp.sqrt(v / (1 - second**n)) + EPSILON)

        return jax.tree.map(change, count, mean, square), AdamState(count, mean, square)

    return optax.GradientTransformation(init, update)
