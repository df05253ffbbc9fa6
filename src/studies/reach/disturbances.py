r"""Fields that disturb a reach: how they are drawn in training, and set in evaluation.

A field has a standard draw: of a curl field its amplitude $N\sim\mathcal N(0,1)$, of a
constant one the force $\ell(\cos\theta,\sin\theta)$ with $\ell\sim\mathcal N(0,1)$ and
$\theta$ uniform. A method scales it and says what the network is told, the context $c$.
With $\sigma$ the field's standard deviation, $U$ uniform on $[0, 1]$, $B$ one with the
probability that a trial is disturbed, and $|N|$ the size of the draw:

| method | scale | context |
|---|---|---|
| none | $B\sigma$ | 0 (no such input) |
| bcs, binary context switch | $B\sigma$ | $B$ |
| dai, direct amplitude information | $B\sigma$ | $B\,|N|$ |
| pai-asf, probabilistic: amplitude scaling factor | $B\sigma U$ | $B\,U$ |
| pai-n, probabilistic: noisy | $B\sigma$ | $B\,(|N|+\epsilon)$ |

Three methods are historical: "std-2024-11" told $c=\sigma|N_1|$ and scaled by $c$,
"std-half-normal" told $c=|N_1|$ and scaled by $\sigma c$; "std-uniform" is pai-asf.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from studies.reach.tasks import Trial

PerTrial = Float[Array, " trial"]
Scalar = Float[Array, ""]

GUSTS = 2.0  # expected number in a trial [1]
GUST_STEPS = 10.0  # mean duration of one [steps]
MOST_GUSTS = 8  # in a trial; with 2 expected, more come once in 4,000 trials


class Draw(NamedTuple):
    """Standard draws of a field, one a trial."""

    size: PerTrial  # |N| [1]
    curl: PerTrial
    force: Float[Array, "trial 2"]
    gusts: Float[Array, "trial control 2"] | None = None


def _no_field(key: PRNGKeyArray, count: int, controls: int) -> Draw:
    del controls
    size = jnp.abs(jax.random.normal(key, (count,), jnp.float32))
    return Draw(size, jnp.zeros(count, jnp.float32), jnp.zeros((count, 2), jnp.float32))


def _curl_field(key: PRNGKeyArray, count: int, controls: int) -> Draw:
    del controls
    amplitude = jax.random.normal(key, (count,), jnp.float32)
    return Draw(jnp.abs(amplitude), amplitude, jnp.zeros((count, 2), jnp.float32))


def _constant_field(key: PRNGKeyArray, count: int, controls: int) -> Draw:
    del controls
    keys = jax.random.split(key)
    length = jax.random.normal(keys[0], (count,), jnp.float32)
    force = length[:, None] * _directions(keys[1], (count,))
    return Draw(jnp.abs(length), jnp.zeros(count, jnp.float32), force)


def _gusty_field(key: PRNGKeyArray, count: int, controls: int) -> Draw:
    keys = jax.random.split(key, count)
    none = _no_field(key, count, controls)
    return none._replace(gusts=jax.vmap(lambda k: random_gusts(k, controls))(keys))


FIELDS: dict[str, Callable[[PRNGKeyArray, int, int], Draw]] = {
    "none": _no_field,
    "curl": _curl_field,
    "constant": _constant_field,
    "gusts": _gusty_field,
}


def random_gusts(key: PRNGKeyArray, controls: int) -> Float[Array, "control 2"]:
    """Standard gusts of one trial: a Poisson number of pulses of force, summed.

    Starts are uniform, durations geometric and cut at the end of the trial; each pulse
    is a constant force in a random direction whose length is a standard normal.
    """
    keys = jax.random.split(key, 5)
    number = jax.random.poisson(keys[0], GUSTS)
    shape = (MOST_GUSTS,)
    start = jax.random.randint(keys[1], shape, 0, controls)
    share = jax.random.uniform(keys[2], shape, jnp.float32, minval=1e-6)
    # Inverse of the geometric law: P(duration > n) = (1 - 1/mean)^n.
    duration = jnp.ceil(jnp.log(share) / math.log1p(-1 / GUST_STEPS)).astype(jnp.int32)
    length = jax.random.normal(keys[3], shape, jnp.float32)
    length = jnp.where(jnp.arange(MOST_GUSTS) < number, length, jnp.zeros_like(length))
    force = length[:, None] * _directions(keys[4], shape)
    step = jnp.arange(controls)[:, None]
    on = (step >= start[None]) & (step < (start + duration)[None])
    return on.astype(force.dtype) @ force


class Told(NamedTuple):
    """A method's scale of the field for each trial, and the context."""

    scale: PerTrial
    context: PerTrial


class Chance(NamedTuple):
    """What a method may use."""

    key: PRNGKeyArray
    std: Scalar
    size: PerTrial
    active: PerTrial  # B
    context_noise: float


def _whole(chance: Chance) -> PerTrial:
    return jnp.broadcast_to(chance.std, chance.size.shape)


def _none(chance: Chance) -> Told:
    return Told(_whole(chance), jnp.zeros_like(chance.size))


def _bcs(chance: Chance) -> Told:
    return Told(_whole(chance), chance.active)


def _dai(chance: Chance) -> Told:
    return Told(_whole(chance), chance.size)


def _pai_asf(chance: Chance) -> Told:
    factor = jax.random.uniform(chance.key, chance.size.shape, jnp.float32)
    return Told(chance.std * factor, factor)


def _pai_n(chance: Chance) -> Told:
    error = jax.random.normal(chance.key, chance.size.shape, jnp.float32)
    return Told(_whole(chance), chance.size + chance.context_noise * error)


def _std_first(chance: Chance) -> Told:
    scale = chance.std * _half_normal(chance)
    return Told(scale, scale)


def _std_half_normal(chance: Chance) -> Told:
    factor = _half_normal(chance)
    return Told(chance.std * factor, factor)


def _half_normal(chance: Chance) -> PerTrial:
    return jnp.abs(jax.random.normal(chance.key, chance.size.shape, jnp.float32))


METHODS: dict[str, Callable[[Chance], Told]] = {
    "none": _none,
    "bcs": _bcs,
    "dai": _dai,
    "pai-asf": _pai_asf,
    "pai-n": _pai_n,
    "std-2024-11": _std_first,
    "std-half-normal": _std_half_normal,
    "std-uniform": _pai_asf,
}


@dataclass(frozen=True)
class Disturbance:
    """A training distribution; its strength, the std of the field, is given apart."""

    field: str = "curl"
    method: str = "none"
    probability: float = 1.0  # that a trial is disturbed
    mask_context: bool = True  # context 0 where the field is off
    context_noise: float = 0.25  # of pai-n [1]

    def __post_init__(self):
        for name, known in (("field", FIELDS), ("method", METHODS)):
            value = getattr(self, name)
            if value not in known:
                message = (
                    f"`{name}` {value!r} is unknown; it is one of {', '.join(known)}."
                )
                raise ValueError(message)
        if not 0 <= self.probability <= 1:
            message = f"`probability` must be in [0, 1]; got {self.probability}."
            raise ValueError(message)
        if self.field == "gusts" and self.method in ("dai", "pai-n"):
            message = (
                f"`method` {self.method!r} gives the network the size of one field, "
                "which gusts do not have; use none, bcs or pai-asf."
            )
            raise ValueError(message)

    def draw(
        self,
        key: PRNGKeyArray,
        trials: Trial,
        std: Scalar | float,
        *,
        on: Scalar | float = 1.0,
        ramp: Scalar | float = 1.0,
        controls: int = 99,
    ) -> Trial:
        """The trials, disturbed.

        Args:
            key: the same key gives the same standard draws at every `std`.
            trials: with a leading axis.
            std: of the field [N s/m for a curl field, N for others].
            on: 1, or 0, which leaves every trial undisturbed, as in a baseline.
            ramp: scales the field, and not what the network is told.
            controls: control steps of a trial, for gusts.
        """
        count = trials.start.shape[0]
        keys = jax.random.split(key, 3)
        drawn = FIELDS[self.field](keys[0], count, controls)
        active = jnp.broadcast_to(jnp.asarray(on, jnp.float32), (count,))
        if self.probability < 1:
            chance = jax.random.uniform(keys[1], (count,), jnp.float32)
            active = active * (chance < self.probability).astype(jnp.float32)
        std = jnp.asarray(std, jnp.float32)
        told = METHODS[self.method](
            Chance(keys[2], std, drawn.size, active, self.context_noise)
        )
        scale = active * told.scale * jnp.asarray(ramp, jnp.float32)
        gusts = drawn.gusts
        return trials._replace(
            curl=scale * drawn.curl,
            force=scale[:, None] * drawn.force,
            context=active * told.context if self.mask_context else told.context,
            gusts=None if gusts is None else scale[:, None, None] * gusts,
        )


# Evaluation --------------------------------------------------------------------------


def with_curl(trials: Trial, amplitude: float | Scalar) -> Trial:
    """The trials in one curl field [N s/m]."""
    return trials._replace(curl=jnp.full_like(trials.curl, amplitude))


def with_constant(trials: Trial, amplitude: float | Scalar) -> Trial:
    """The trials under a force [N] to the left of the straight way to the goal.

    A trial whose goal is its start has no left; it gets no force.
    """
    return trials._replace(force=amplitude * _left(trials))


def with_gust(
    trials: Trial,
    amplitude: float | Scalar,
    controls: int,
    begin: float = 0.1,
    end: float = 0.75,
) -> Trial:
    """The trials under a force [N] to the left for part of the movement.

    Movement lasts from the end of the epochs before it, if there are any; `begin` and
    `end` are shares of it.
    """
    first = jnp.zeros(trials.start.shape[:1], jnp.float32)
    if trials.epochs is not None:
        first = trials.epochs[:, 2].astype(jnp.float32)
    low, high = (jnp.round(first + x * (controls - first)) for x in (begin, end))
    step = jnp.arange(controls, dtype=jnp.float32)[None]
    on = ((step >= low[:, None]) & (step < high[:, None])).astype(jnp.float32)
    return trials._replace(gusts=on[..., None] * (amplitude * _left(trials))[:, None])


def with_context(trials: Trial, context: float | Scalar) -> Trial:
    """The trials with one context."""
    return trials._replace(context=jnp.full_like(trials.context, context))


def _left(trials: Trial) -> Float[Array, "trial 2"]:
    """Unit vectors to the left of the ways to the goals."""
    way = trials.goal - trials.start
    length = jnp.sqrt(jnp.sum(way**2, axis=-1, keepdims=True))
    along = way / jnp.where(length > 0, length, jnp.ones_like(length))
    return jnp.stack([-along[:, 1], along[:, 0]], axis=-1)


def _directions(key: PRNGKeyArray, shape: tuple[int, ...]) -> Array:
    """Random unit vectors."""
    angle = jax.random.uniform(key, shape, jnp.float32, -math.pi, math.pi)
    return jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=-1)
