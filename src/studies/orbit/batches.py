"""Training data: sets of orbits as segments or labelled states, by rows.

Rows are stored in a fixed random order, so that a batch can be a walk with a stride.
Float32 begins here.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray, UInt32

from studies.orbit.ephemeris import read_ephemeris
from studies.orbit.recipes import MATCHING, PhasePlan
from studies.orbit.tasks import (
    TWO_BODY,
    OrbitSet,
    System,
    TaskError,
    acceleration_labels,
    add_noise,
    estimate,
    into_plane,
    orbit_set,
    segments,
    split,
)

SHUFFLE = 5678  # seed of the fixed order in which data are stored, that of the notes
JUDGES = 0  # the data seed of all validation orbits, and of their noise
MOST_ROWS = 2**20  # rows that `strided_rows` can count in 32-bit integers


class Trajectories(NamedTuple):
    """Segments to retrace: sample times [TU] and true states."""

    times: Float[Array, "segments samples"]
    states: Float[Array, "segments samples 6"]


class Accelerations(NamedTuple):
    """States, and the accelerations [R_E/TU²] that the data suggest there."""

    states: Float[Array, "samples 6"]
    labels: Float[Array, "samples 3"]


class Sets(NamedTuple):
    """The orbits of one training."""

    true: OrbitSet  # without noise, where that is known
    training: OrbitSet  # as observed: what is learned from
    validation: OrbitSet  # observed likewise, of other orbits if there are any
    independent: bool = True  # whether other orbits validate than train


def training_sets(
    family: Any,
    orbits: int,
    data_seed: int,
    *,
    space: bool,
    points: int,
    position_noise: float = 0.0,
    velocity_noise: float = 0.0,
    data_file: str = "",
    system: System = TWO_BODY,
    observed: str = "state",
    smoothing: str = "none",
) -> Sets:
    """Training orbits and, drawn independently, validation orbits of the same kind.

    A user's own file is split by orbits, four fifths for training; a file of one orbit
    validates on itself and is not `independent`. Without `space` own orbits are turned
    into the xy plane.

    Args:
        family: ranges of the elements.
        orbits: how many of them train.
        data_seed: of the training orbits and of their noise; of a file, of its split.
            Drawn validation orbits are the same for all, so that a member is judged
            alike in any company.
        space: three dimensions.
        points: samples a period [1].
        position_noise: standard deviation of each component [R_E].
        velocity_noise: standard deviation of each component [R_E/TU].
        data_file: a table of own orbits, instead of drawn ones.
        system: what moves drawn orbits.
        observed: "state", or "position" with velocities estimated.
        smoothing: "none" or "local", see `observing`.
    """
    if data_file:
        own = read_ephemeris(data_file)
        true, rest = split(own if space else into_plane(own), seed=data_seed)
        other = true if rest is None else rest
    else:
        sizes = {"space": space, "points": points, "system": system}
        true = orbit_set(family, orbits, data_seed, **sizes)
        other = orbit_set(family, orbits, JUDGES, **sizes, stream="validation")
    noise = (position_noise, velocity_noise)

    def as_seen(orbits: OrbitSet, seed: int) -> OrbitSet:
        noisy = add_noise(orbits, *noise, seed=seed)
        return estimate(
            noisy,
            observed=observed,
            smoothing=smoothing,
            position=position_noise,
            velocity=velocity_noise,
        )

    judged_by = data_seed + 1 if data_file else JUDGES
    seen = as_seen(true, data_seed), as_seen(other, judged_by)
    return Sets(true, *seen, independent=other is not true)


def drawn_by(parameters: Mapping[str, Any], data_seed: int) -> Sets:
    """`training_sets` of a notebook's parameters, for one data seed."""
    names = ("space", "points", "position_noise", "velocity_noise", "data_file")
    more = {name: parameters[name] for name in (*names, "observed", "smoothing")}
    system = System(parameters["system"], parameters["strength"])
    drawn = parameters["family"], parameters["orbits"], data_seed
    return training_sets(*drawn, system=system, **more)


def of_members(
    drawn: Mapping[int, Sets], data_seeds: Sequence[int]
) -> OrbitSet | list[OrbitSet]:
    """Training orbits of an ensemble: one set when all members share a data seed."""
    sets = [drawn[number].training for number in data_seeds]
    return sets[0] if len(set(data_seeds)) == 1 else sets


def trajectories_of(orbits: OrbitSet, phase: PhasePlan) -> Trajectories:
    """Segments of a set for one phase, float32, in a fixed random order."""
    cut = segments(orbits, phase.segment_length, phase.window)
    order = np.random.default_rng(SHUFFLE).permutation(len(cut.time))
    return Trajectories(jnp.float32(cut.time[order]), jnp.float32(cut.states[order]))


def accelerations_of(orbits: OrbitSet) -> Accelerations:
    """States of a set with stencil accelerations, float32, in a fixed random order."""
    found = acceleration_labels(orbits)
    order = np.random.default_rng(SHUFFLE).permutation(len(found.states))
    return Accelerations(
        jnp.float32(found.states[order]), jnp.float32(found.acceleration[order])
    )


def task_of(orbits: OrbitSet, loss: str, phase: PhasePlan):
    """What a set of orbits asks of a learner in one phase."""
    return (
        accelerations_of(orbits) if loss == MATCHING else trajectories_of(orbits, phase)
    )


def coprimes(count: int, most: int = 1024) -> UInt32[np.ndarray, " strides"]:
    """Numbers below `count` without a common factor, thinned out evenly to `most`."""
    found = [k for k in range(1, count) if math.gcd(k, count) == 1]
    return np.array(found[:: -(-len(found) // most)], np.uint32)


def strided_rows(
    phase_key: PRNGKeyArray, step: Int[Array, ""], count: int, size: int
) -> Int[Array, " batch"]:
    """Rows of one batch, without replacement within an epoch, without sorting.

    An epoch walks through the rows with a random stride that has no factor in common
    with `count`, from a random start, so it meets each row once. On data in a random
    order this does what a fresh permutation does, at a thousandth of its time.

    Args:
        phase_key: the key that is the same at every step of a phase.
        step: the step within the phase.
        count: how many rows there are, at most 2²⁰.
        size: rows in a batch; all rows, in order, when there are no more.
    """
    if size >= count:
        return jnp.arange(count)
    if count > MOST_ROWS:
        message = f"At most {MOST_ROWS} rows can be learned from; got {count}."
        raise TaskError(message)
    batches = count // size
    strides = coprimes(count)
    epoch_key = jax.random.fold_in(phase_key, step // batches)
    drawn = jax.random.bits(epoch_key, (2,), jnp.uint32)
    stride = jnp.array(strides)[drawn[0] % np.uint32(strides.size)]
    start = drawn[1] % np.uint32(count)
    places = (step % batches * size).astype(jnp.uint32) + jnp.arange(
        size, dtype="uint32"
    )
    # stride × place modulo count, in two halves: the whole product needs 40 bits
    high, low = places >> 12, places & np.uint32(4095)
    modulus = np.uint32(count)
    upper = stride * high % modulus * np.uint32(4096) % modulus
    rows = (upper + stride * low % modulus + start) % modulus
    return rows.astype(jnp.int32)
