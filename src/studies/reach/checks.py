"""What the planner asks before anything runs: is this set of parameters possible?

One function a notebook, called with its typed parameters for every case of a spread; it
returns nothing or raises `ValueError`. No jax here. Names and types are already checked
against the parameters cell.
"""

from collections.abc import Mapping
from typing import Any

from studies.reach.recipes import Recipe

Parameters = Mapping[str, Any]

LONGEST_WAIT = 14 + 19 + 24  # steps before the movement of a delayed reach, at most


def train(parameters: Parameters) -> None:
    """Notebook 1: body, field, recipe and members fit together."""
    Recipe.of(**parameters)
    check_loop(parameters)
    check_field(parameters)
    check_members(parameters)


def context_and_instability(parameters: Parameters) -> None:
    """Notebook 7: strength, sizes and rate of its trainings are possible."""
    for name in ("field_std", "learning_rate", "dt"):
        value = parameters.get(name, 1.0)
        if not value > 0:
            message = f"`{name}` must be positive; got {value}."
            raise ValueError(message)
    for name in ("batch", "hidden", "replicates", "drawn"):
        at_least(parameters, name, 1)
    at_least(parameters, "batches", 2)
    at_least(parameters, "clip", 0)
    at_least(parameters, "steps", 11)


def plant_perturbations(parameters: Parameters) -> None:
    """Notebook 2: amplitudes ascend from a weak field to a strong one."""
    amplitudes = list(parameters.get("amplitudes", [0.0, 1.0]))
    ascending = all(a < b for a, b in zip(amplitudes, amplitudes[1:], strict=False))
    if len(amplitudes) < 2 or min(amplitudes) < 0 or not ascending:
        message = (
            "`amplitudes` must list at least two values, none negative, each larger "
            f"than the one before; got {amplitudes}."
        )
        raise ValueError(message)
    check_counts(parameters, "grid", "directions", "evaluations")


def feedback_perturbations(parameters: Parameters) -> None:
    """Notebook 3: impulses and noise are possible."""
    check_counts(parameters, "grid", "sizes", "duration", "evaluations")
    check_counts(parameters, "noise_grid", "noise_evaluations")
    at_least(parameters, "start", 0)
    at_least(parameters, "noise_steps", 32)
    for name in ("position_impulse", "velocity_impulse", "noise"):
        positive(parameters, name)


def plant_perturbations_with_context(parameters: Parameters) -> None:
    """Notebook 5: amplitudes as in notebook 2, and contexts that allow a parabola."""
    plant_perturbations(parameters)
    check_contexts(parameters, fewest=3)


def feedback_perturbations_with_context(parameters: Parameters) -> None:
    """Notebook 6: impulses and steps of the context are possible."""
    check_contexts(parameters, fewest=2)
    check_counts(parameters, "grid", "sizes", "duration", "evaluations")
    check_counts(parameters, "step", "directions", "axes")
    at_least(parameters, "start", 0)
    for name in ("position_impulse", "velocity_impulse"):
        positive(parameters, name)


def variations(parameters: Parameters) -> None:
    """Notebook 14: there is a field, and a context 0 beside another."""
    positive(parameters, "amplitude")
    check_contexts(parameters, fewest=2)
    contexts = list(parameters.get("contexts", [0.0]))
    if 0 not in contexts:
        message = (
            "`contexts` must have 0 among them: what a network does without a field is "
            f"told there; got {contexts}."
        )
        raise ValueError(message)
    check_counts(parameters, "grid", "evaluations")
    at_least(parameters, "directions", 2)


def findings_with_context(parameters: Parameters) -> None:
    """Notebook 21: there is something to gather, and a context to compare with."""
    if not list(parameters.get("notebooks", ["one"])):
        msg = "`notebooks` must list at least one notebook; got none."
        raise ValueError(msg)
    check_contexts(parameters, fewest=2)
    check_counts(parameters, "grid")


def check_contexts(parameters: Parameters, fewest: int) -> None:
    """Refuses contexts that are too few or do not ascend."""
    contexts = list(parameters.get("contexts", [-1.0, 0.0, 1.0]))
    ascending = all(a < b for a, b in zip(contexts, contexts[1:], strict=False))
    if len(contexts) < fewest or not ascending:
        message = (
            f"`contexts` must list at least {fewest} numbers, each larger than the one "
            f"before; got {contexts}."
        )
        raise ValueError(message)


def unit_preferences(parameters: Parameters) -> None:
    """Notebook 4: directions and places are enough for a fit of a plane."""
    at_least(parameters, "directions", 3)
    at_least(parameters, "grid", 2)
    check_counts(parameters, "evaluations")
    positive(parameters, "load")
    if parameters.get("curl", 1.0) == 0:
        message = "`curl` must not be 0: it is compared with no field."
        raise ValueError(message)


def check_counts(parameters: Parameters, *names: str) -> None:
    """Refuses numbers of things below one."""
    for name in names:
        at_least(parameters, name, 1)


def positive(parameters: Parameters, name: str) -> None:
    """Refuses a number that is not above zero; a name that is not given passes."""
    value = parameters.get(name, 1.0)
    if not value > 0:
        message = f"`{name}` must be positive; got {value}."
        raise ValueError(message)


def findings(parameters: Parameters) -> None:
    """Notebook 20: there is something to test, and to train."""
    for name in ("grid", "evaluations", "replicates", "batch"):
        at_least(parameters, name, 1)
    at_least(parameters, "directions", 2)
    batches = parameters.get("batches", 20)
    if batches != 0 and batches < 2:
        message = f"`batches` must be at least 2, or 0 for none; got {batches}."
        raise ValueError(message)


def check_loop(parameters: Parameters) -> None:
    """Refuses a body or a trial that cannot be."""
    for name in ("delay", "sensory_noise", "motor_noise", "drag"):
        at_least(parameters, name, 0)
    at_least(parameters, "hidden", 1)
    dt, leak = parameters.get("dt", 0.05), parameters.get("leak", 0.5)
    if not dt > 0:
        message = f"`dt` must be positive [s]; got {dt}."
        raise ValueError(message)
    if not 0 < leak <= 1:
        message = f"`leak` must be in (0, 1] [1]; got {leak}."
        raise ValueError(message)
    lag = parameters.get("force_filter", 0.0)
    if lag and lag < dt:
        message = (
            f"`force_filter` {lag} s must be 0 (none) or at least `dt`, {dt} s: Euler "
            "steps overshoot a shorter one."
        )
        raise ValueError(message)
    if parameters.get("task") == "delayed":
        at_least(parameters, "steps", LONGEST_WAIT + 10)
    check_catch(parameters)
    at_least(parameters, "steps", 11)  # an end error looks at the last ten


def check_catch(parameters: Parameters) -> None:
    """Refuses catch trials where nothing is waited for, or nothing else."""
    catch = parameters.get("catch_probability", 0.0)
    if not 0 <= catch < 1:
        message = f"`catch_probability` must be in [0, 1); got {catch}."
        raise ValueError(message)
    if catch and parameters.get("task", "simple") != "delayed":
        message = (
            f"`catch_probability` {catch} needs delayed reaches: set `task: delayed`, "
            "or leave it at 0."
        )
        raise ValueError(message)


def check_field(parameters: Parameters) -> None:
    """Refuses a distribution of fields that cannot be."""
    probability = parameters.get("perturbed_probability", 1.0)
    if not 0 <= probability <= 1:
        message = f"`perturbed_probability` must be in [0, 1]; got {probability}."
        raise ValueError(message)
    method = parameters.get("method", "none")
    if parameters.get("field") == "gusts" and method in ("dai", "pai-n"):
        message = (
            f"`method` {method!r} gives the network the size of one field, which gusts "
            "do not have; use none, bcs or pai-asf."
        )
        raise ValueError(message)


def check_members(parameters: Parameters) -> None:
    """Refuses strengths and seeds that are missing or negative, and equal members.

    In a spread the two lists have an entry for each member.
    """
    lists = {}
    for name in ("field_std", "seed"):
        values = parameters.get(name, [0])
        lists[name] = list(values) if isinstance(values, list | tuple) else [values]
        if not lists[name] or min(lists[name]) < 0:
            message = (
                f"`{name}` must list at least one value, none negative; got "
                f"{lists[name]}."
            )
            raise ValueError(message)
    stds, seeds = lists.values()
    if len(stds) != len(seeds):
        return  # by hand: every std with every seed
    pairs = list(zip(stds, seeds, strict=True))
    if len(set(pairs)) < len(pairs):
        message = f"`field_std` and `seed` name a member twice: {pairs}."
        raise ValueError(message)


def at_least(parameters: Parameters, name: str, lowest: int | float) -> None:
    """Refuses a number below `lowest`; a name that is not given passes."""
    value = parameters.get(name, lowest)
    if not value >= lowest:
        message = f"`{name}` must be at least {lowest}; got {value}."
        raise ValueError(message)


def steady_fixed_points(parameters: Parameters) -> None:
    """Notebook 8: contexts ascend, and there is something to search from."""
    check_ascending(parameters, "contexts")
    check_counts(parameters, "grid", "repeats")
    at_least(parameters, "grid", 2)
    at_least(parameters, "anywhere", 0)
    at_least(parameters, "descent_steps", 10)
    for name in ("position_errors", "velocity_errors"):
        check_positive_list(parameters, name)


def reaching_fixed_points(parameters: Parameters) -> None:
    """Notebook 9: contexts ascend, and there are directions enough for a ring."""
    check_ascending(parameters, "contexts")
    check_counts(parameters, "every")
    at_least(parameters, "directions", 5)
    at_least(parameters, "followed", 2)
    if not list(parameters.get("curls", [0.0])):
        message = "`curls` must list at least one amplitude; got none."
        raise ValueError(message)


def spectra(parameters: Parameters) -> None:
    """Notebook 10: contexts ascend, and random sets are enough to compare with."""
    check_ascending(parameters, "contexts")
    check_counts(parameters, "units")
    at_least(parameters, "grid", 2)
    at_least(parameters, "sets", 10)
    positive(parameters, "amplitude")


def hessians(parameters: Parameters) -> None:
    """Notebook 11: contexts ascend, and distances are away from the fixed point."""
    check_ascending(parameters, "contexts")
    at_least(parameters, "grid", 2)
    check_positive_list(parameters, "distances")


def check_ascending(parameters: Parameters, name: str) -> None:
    """Refuses a list that is empty or does not ascend."""
    values = list(parameters.get(name, [0.0]))
    if not values or not all(
        a < b for a, b in zip([float("-inf"), *values], values, strict=False)
    ):
        message = (
            f"`{name}` must list at least one value, each larger than the one before; "
            f"got {values}."
        )
        raise ValueError(message)


def check_positive_list(parameters: Parameters, name: str) -> None:
    """Refuses a list that is empty or has a value that is not positive."""
    values = list(parameters.get(name, [1.0]))
    if not values or not all(value > 0 for value in values):
        message = (
            f"`{name}` must list at least one value, all of them positive; got "
            f"{values}."
        )
        raise ValueError(message)
