"""What the planner asks before anything runs: is this set of parameters possible?

One function a notebook, called with its typed parameters for every case of a spread; it
returns nothing or raises `ValueError`. No jax here: ten thousand cases are checked in
seconds. Names and types are already checked against the parameters cell.
"""

import math
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from studies.latent.signals import CALCIUM_TAU, check_signal
from studies.latent.sources import PRESETS, SHARES, check_source, load, locate
from studies.latent.stimulus_modes import check_mode

Parameters = Mapping[str, Any]

SHORTEST = min(*SHARES, 1 - sum(SHARES))  # share of a file that the least stretch gets
MARGIN = (
    50  # [steps] at both ends of a stretch where no rollout starts, as in `reports`
)
STARTS = 10  # rollouts on each stretch, where the notebook does not ask for a number


class ParameterError(ValueError):
    """Parameters that cannot go together."""


def data(parameters: Parameters) -> None:
    """Notebook 1: the recordings that are asked for can be made or read."""
    check_recordings(parameters)


def train(parameters: Parameters) -> None:
    """Notebook 2: recordings, windows, losses, phases and seeds fit together."""
    check_recordings(parameters)
    check_window(parameters)
    check_losses(parameters)
    check_checkpoints(parameters)
    check_seeds(parameters)


def your_recording(parameters: Parameters) -> None:
    """Notebook 12: knots fit; the file, if there is one, is long enough."""
    check_knots(parameters)
    steps = check_file(parameters)
    if steps is not None:
        check_length(parameters, steps)


def stimulus_only(parameters: Parameters) -> None:
    """Notebook 13: the recordings are longer than the history, seeds differ."""
    check_recordings(parameters)
    check_seeds(parameters)
    steps = check_file(parameters)
    shortest = PRESETS[parameters.get("preset", "medium")].validation
    rows = shortest if steps is None else int(SHORTEST * steps)
    history = parameters.get("history", 20)
    if rows < history + 2:
        msg = (
            f"`history` of {history} steps does not fit the {rows} steps that "
            "validate. Lower it, or take a longer recording."
        )
        raise ParameterError(msg)


def check_recordings(parameters: Parameters) -> None:
    """Refuses an impossible source of recordings, or a signal that it cannot give."""
    preset = parameters.get("preset", "default")
    source = parameters.get("source", "hexeye")
    files = [str(parameters.get(x, "")) for x in ("data_file", "circuit_file")]
    system = str(parameters.get("system", "lorenz63"))
    check_source(source, preset, files[0], system, files[1])
    if files[1]:
        locate(files[1], os.environ.get("FIELDNOTES_PROJECT"))
    tau = parameters.get("calcium_tau", CALCIUM_TAU)
    check_signal(parameters.get("signal", "voltage"), source, tau)
    check_file(parameters)


def check_file(parameters: Parameters) -> int | None:
    """Rows of the user's recording, None where no file is named."""
    path = parameters.get("data_file", "")
    if not path:
        return None
    found = locate(path, os.environ.get("FIELDNOTES_PROJECT"))
    stat = found.stat()
    return rows_of(found, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=64)
def rows_of(path: Path, changed: int, size: int) -> int:
    """Rows of a recording that can be read, read again only when it has changed."""
    del changed, size
    return load(path).steps


def check_length(parameters: Parameters, steps: int) -> None:
    """Refuses a file whose shorter stretches hold no window or no rollout."""
    own, needed = int(SHORTEST * steps), judged_rows(parameters)
    if own < needed:
        whole = math.ceil(needed / SHORTEST)
        msg = (
            f"`data_file` has {steps} rows (times), of which {own} validate; "
            f"{_asked(parameters)} need {needed} there, so {whole} in all. Give "
            "a longer recording, or lower `tu` or `ems`."
        )
        raise ParameterError(msg)


def judged_rows(parameters: Parameters) -> int:
    """Rows that a stretch needs: a window, its starts and what both ends leave out."""
    tu = parameters.get("tu", 20)
    window = tu * parameters.get("ems", 5)
    return window + 2 * tu + 2 * MARGIN + parameters.get("starts", STARTS) + 1


def _asked(parameters: Parameters) -> str:
    window = parameters.get("tu", 20) * parameters.get("ems", 5)
    starts = parameters.get("starts", STARTS)
    return f"windows of tu × ems = {window} steps and rollouts from {starts} rows"


def check_knots(parameters: Parameters) -> None:
    """Refuses a reduced stimulus where every step is recorded."""
    check_mode(parameters.get("stimulus_mode", "all"), parameters.get("tu", 20))


def check_window(parameters: Parameters) -> None:
    """Refuses windows longer than the recording, and a stimulus mode without knots."""
    check_knots(parameters)
    steps = check_file(parameters)
    if steps is not None:
        check_length(parameters, steps)
        return
    rows = PRESETS[parameters.get("preset", "default")].validation
    needed = judged_rows(parameters)
    if rows < needed:
        msg = (
            f"{_asked(parameters)} need {needed} steps; the preset's validation has "
            f"{rows}. Lower `tu` or `ems`, or take a larger `preset`."
        )
        raise ParameterError(msg)


def check_losses(parameters: Parameters) -> None:
    """Refuses losses at steps, or of states, that the acquisition does not observe."""
    mode, tu = parameters.get("mode", "aligned"), parameters.get("tu", 20)
    steps = list(parameters.get("intermediate_steps", []))
    outside = [step for step in steps if not 1 <= step < tu]
    if outside or len(set(steps)) < len(steps):
        msg = (
            f"`intermediate_steps` {steps}: each lies between two samples, from 1 to "
            f"{tu - 1} (tu - 1), and stands there once."
        )
        raise ParameterError(msg)
    if steps and mode != "all":
        msg = (
            f"`intermediate_steps` {steps} with mode {mode!r}: only mode 'all' "
            "observes the steps between samples."
        )
        raise ParameterError(msg)
    if parameters.get("augmentation_neurons", 0) and mode == "staggered":
        msg = (
            "`augmentation_neurons` with mode 'staggered': the augmentation needs "
            "states that are seen whole. Set it to 0."
        )
        raise ParameterError(msg)


def check_checkpoints(parameters: Parameters) -> None:
    """Refuses more checkpoints than updates."""
    wanted, updates = parameters.get("checkpoints", 1), parameters.get("updates", 2000)
    if not 1 <= wanted <= updates:
        msg = f"`checkpoints` must be from 1 to the {updates} updates; got {wanted}."
        raise ParameterError(msg)


def check_seeds(parameters: Parameters) -> None:
    """Refuses an empty list of seeds and one seed given twice."""
    seeds = parameters.get("seed", [0])
    seeds = seeds if isinstance(seeds, list | tuple) else [seeds]
    if not seeds or len(set(seeds)) < len(seeds):
        msg = f"`seed` must list at least one seed, each once; got {list(seeds)}."
        raise ParameterError(msg)
