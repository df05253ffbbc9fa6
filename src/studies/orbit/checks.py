"""What the planner asks before anything runs: is this set of parameters possible?

One function a notebook, called with its typed parameters for every case of a spread; it
returns nothing or raises `ValueError`. No jax here: ten thousand cases are checked in
seconds. Names and types are already checked against the parameters cell.
"""

import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from studies.orbit.ephemeris import locate, read_ephemeris
from studies.orbit.tasks import (
    FAMILIES,
    TEST_SEEDS,
    TWO_BODY,
    OrbitSet,
    System,
    TaskError,
    window_indices,
)

Parameters = Mapping[str, Any]

WAYS = (  # to a gradient, beside the standard; see `costs`
    "adaptive 1e-3, discrete",
    "adaptive 1e-6, continuous",
    "adaptive 1e-3, continuous",
    "one Runge-Kutta step",
)
PHASE_LISTS = ("segment_lengths", "windows", "learning_rates", "steps")
FEWEST_POINTS = 3  # samples a period: the stencil needs three
FEWEST_OBSERVED = 7  # the same where velocity or acceleration is a fit
RESIDUAL = "residual_state"  # begins the losses relative to a two-body orbit
CHANCE = {"seed": 0, "data_seed": 1}  # a model for each, and their defaults
NO_SEGMENTS = "acceleration_matching"  # the one loss that cuts none


def data_sets(parameters: Parameters) -> None:
    """Notebook 1: the orbits that are asked for can be drawn or read."""
    check_data(parameters)


def train(parameters: Parameters) -> None:
    """Notebook 2: data, phases, sizes and seeds fit together."""
    shortest = check_data(parameters)
    phases = check_phases(parameters)
    if parameters.get("loss") != NO_SEGMENTS:
        for phase in range(phases):
            check_segment(parameters, phase, shortest)
    for name in ("batch", "width"):
        at_least(parameters, name, 1)
    at_least(parameters, "depth", 0)
    at_least(parameters, "nmse_weight", 0)
    at_least(parameters, "penalty", 0)
    check_seeds(parameters)


def generalisation(parameters: Parameters) -> None:
    """Notebook 3: the user's file, if there is one, can be read."""
    check_file(parameters)


def segments_and_orbits(parameters: Parameters) -> None:
    """Notebook 7: segments are compared with simpler fields than Newton's."""
    newton_only(parameters)


def slope(parameters: Parameters) -> None:
    """Notebook 8: the slope that is expected is Newton's."""
    newton_only(parameters)


def vector_field(parameters: Parameters) -> None:
    """Notebook 9: the residual over the plane is that from Newton's field."""
    newton_only(parameters)


def findings(parameters: Parameters) -> None:
    """Notebook 20: the notes trained on two bodies."""
    newton_only(parameters)


def newton_only(parameters: Parameters) -> None:
    """Refuses a choice of models that asks for another truth than Newton's alone."""
    where = (parameters.get("models") or {}).get("where", {})
    asked = many(where.get("system", TWO_BODY.name))
    if TWO_BODY.name not in asked:
        msg = (
            f"`models` of `system` {', '.join(map(str, asked))}: this notebook knows "
            "Newton's field alone; orbit/beyond-two-bodies judges other systems."
        )
        raise TaskError(msg)


def solvers_and_adjoints(parameters: Parameters) -> None:
    """Notebook 14: ways are known by name, segments have three samples at least."""
    unknown = [name for name in parameters.get("ways", []) if name not in WAYS]
    if unknown:
        msg = f"`ways` {unknown} are unknown; choose from {', '.join(WAYS)}."
        raise TaskError(msg)


def latent_ode(parameters: Parameters) -> None:
    """Notebook 15: the encoder sees no more samples than a piece has."""
    prefix, length = (parameters.get(x, 1) for x in ("prefix", "segment_length"))
    points = parameters.get("points", 360)
    if not prefix <= length <= points:
        msg = (
            f"`prefix` {prefix} must not exceed `segment_length` {length}, nor that "
            f"`points` {points}."
        )
        raise TaskError(msg)
    check_seeds(parameters)


def check_data(parameters: Parameters) -> int:
    """Refuses impossible data; returns the samples of the shortest orbit."""
    family = parameters.get("family", "complex")
    if family not in FAMILIES:
        msg = f"`family` {family!r} is unknown; it is one of {', '.join(FAMILIES)}."
        raise TaskError(msg)
    at_least(parameters, "orbits", 1)
    for data_seed in many(parameters.get("data_seed", 1)):
        at_least({"data_seed": data_seed}, "data_seed", 0)
    check_truth(parameters)
    at_least(parameters, "points", FEWEST_POINTS)
    at_least(parameters, "position_noise", 0)
    at_least(parameters, "velocity_noise", 0)
    own = check_file(parameters)
    return own.shortest if own else parameters.get("points", 360)


def check_truth(parameters: Parameters) -> None:
    """Refuses a system, or a way of seeing it, that makes no sense."""
    name = parameters.get("system", "two_body")
    try:
        system = System(name, parameters.get("strength", 1.0))
    except ValueError as error:
        raise TaskError(str(error)) from None
    if parameters.get("data_file") and not system.closed:
        msg = f"`data_file` with `system` {name!r}: own orbits are judged by two_body."
        raise TaskError(msg)
    loss = str(parameters.get("loss", ""))
    if loss.startswith(RESIDUAL) and not system.perturbed:
        msg = (
            f"`loss` {loss!r} needs `system` j2 or drag; two bodies leave no residual."
        )
        raise TaskError(msg)
    shown = parameters.get("observed") == "position" or (
        parameters.get("smoothing") == "local"
    )
    if shown and parameters.get("points", 360) < FEWEST_OBSERVED:
        msg = f"`points` must be at least {FEWEST_OBSERVED} for estimated velocities."
        raise TaskError(msg)


def check_file(parameters: Parameters) -> OrbitSet | None:
    """The orbits of the user's file, or nothing when none is named."""
    path = parameters.get("data_file", "")
    if not path:
        return None
    found = locate(path, os.environ.get("FIELDNOTES_PROJECT"))
    stat = found.stat()
    return read_once(found, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=8)
def read_once(path: Path, changed: int, size: int) -> OrbitSet:
    """The orbits of a file, read again only when it has changed."""
    del changed, size
    return read_ephemeris(path)


def check_phases(parameters: Parameters) -> int:
    """Number of phases; lists of one entry hold for all, other lengths must agree."""
    lengths = {name: len(parameters.get(name, [None])) for name in PHASE_LISTS}
    phases = max(lengths.values())
    if any(length not in (1, phases) or length == 0 for length in lengths.values()):
        given = ", ".join(f"{name} {length}" for name, length in lengths.items())
        msg = (
            f"The lists of the phases have different lengths: {given}. Give each as "
            "many entries as there are phases, or one entry for all of them."
        )
        raise TaskError(msg)
    for name in ("steps", "learning_rates"):
        for value in parameters.get(name, []):
            if not value > 0:
                msg = f"`{name}` must be positive in every phase; got {value}."
                raise TaskError(msg)
    return phases


def check_segment(parameters: Parameters, phase: int, shortest: int) -> None:
    """Refuses a segment longer than the orbit or a window that keeps no pair."""
    length = of_phase(parameters.get("segment_lengths", [18]), phase)
    if not 2 <= length <= shortest:
        msg = (
            f"`segment_lengths` phase {phase + 1}: {length} points must lie between 2 "
            f"and {shortest} [1], the samples of the shortest orbit; a longer segment "
            "than the orbit leaves no segment to train on."
        )
        raise TaskError(msg)
    window = of_phase(parameters.get("windows", [[0.0, 1.0]]), phase)
    if len(window) != 2:
        msg = f"`windows` phase {phase + 1}: {window} must be a pair [f0, f1]."
        raise TaskError(msg)
    try:
        window_indices(length, (float(window[0]), float(window[1])))
    except TaskError as error:
        msg = f"`windows` phase {phase + 1}: {error}"
        raise TaskError(msg) from None


def of_phase(values: Sequence[Any], phase: int) -> Any:
    """The entry for a phase; a list of one holds for all of them."""
    return values[phase] if len(values) > 1 else values[0]


def check_seeds(parameters: Parameters) -> None:
    """Refuses an empty list of seeds or data seeds, and one model asked for twice.

    Seeds and data seeds that are walked together come in step, one pair a model.
    """
    lists = [many(parameters.get(name, default)) for name, default in CHANCE.items()]
    seeds, data_seeds = lists
    in_step = len(seeds) == len(data_seeds) > 1
    models = list(zip(seeds, data_seeds, strict=True)) if in_step else []
    alone = all(len(set(values)) == len(values) for values in lists)
    twice = not alone and len(set(models)) < max(len(seeds), len(data_seeds))
    if not seeds or not data_seeds or twice:
        msg = (
            "`seed` and `data_seed` must each list at least one number, and no model "
            f"twice; got `seed` {seeds} and `data_seed` {data_seeds}."
        )
        raise TaskError(msg)
    if parameters.get("data_file") and len(set(data_seeds)) > 1:
        msg = (
            f"`data_file` with several `data_seed` {data_seeds}: each splits the file "
            "differently, and what trains in one would judge in another. Give one, or "
            "run them apart."
        )
        raise TaskError(msg)


def many(value: Any) -> list[Any]:
    """A parameter that may be one value or a list of them, as a list."""
    return list(value) if isinstance(value, list | tuple) else [value]


def at_least(parameters: Parameters, name: str, lowest: int) -> None:
    """Refuses a number below `lowest`; a name that is not given passes."""
    value = parameters.get(name, lowest)
    if not value >= lowest:
        msg = f"`{name}` must be at least {lowest}; got {value}."
        raise TaskError(msg)


def noise(parameters: Parameters) -> None:
    """Notebook 12: the noise at which a winner is named is noise."""
    if not parameters.get("level", 1e-4) > 0:
        msg = f"`level` must be above 0 [R_E]; got {parameters['level']}."
        raise TaskError(msg)
    if parameters.get("points", 360) < FEWEST_OBSERVED:
        msg = f"`points` must be at least {FEWEST_OBSERVED} for estimated velocities."
        raise TaskError(msg)


def space(parameters: Parameters) -> None:
    """Notebook 13: test orbits have samples."""
    at_least(parameters, "points", FEWEST_POINTS)


def beyond_two_bodies(parameters: Parameters) -> None:
    """Notebook 16: there is a test set of that many arcs, each with ten pieces."""
    at_least(parameters, "points", 10)
    if parameters.get("arcs", 10) not in TEST_SEEDS:
        msg = f"`arcs` must be one of {sorted(TEST_SEEDS)}; got {parameters['arcs']}."
        raise TaskError(msg)
