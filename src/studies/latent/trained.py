"""Trained models as the catalogue lists them: what a row says of its model.

From a row come the recordings that judge the model, how it is rolled out, what it may
see and its judgement beside the baselines. What is kept on disk the caller decides.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from studies.evidence import Catalogue, Survey, named, survey
from studies.latent import reports, rollouts, signals
from studies.latent.acquisition import Observation
from studies.latent.models import build, build_stimulus_only
from studies.latent.recordings import Recording
from studies.latent.reports import Arrays, Plan, Recordings
from studies.latent.simulation import recording_of
from studies.latent.sources import (
    PRESETS,
    preset_circuit,
    record_movie,
    recordings,
)
from studies.training import read_model

Row = Mapping[str, Any]
Load = Callable[[Row], Any]
Keep = Callable[..., Mapping[str, Any]]  # name, parameters, compute, models
DATA = ("source", "preset", "noise", "data_seed", "data_file", "signal", "calcium_tau")
JUDGING_SEED = 1000  # offset of the seeds that judge: no training or validation uses it


# Which models ----------------------------------------------------------------------


def is_stimulus_only(row: Row) -> bool:
    """Whether a model sees the stimulus alone."""
    return str(row.get("notebook", "")).endswith("stimulus-only")


def maps(catalogue: Catalogue, query: Mapping[str, Any]) -> Survey:
    """The models that a query finds, but for those that see the stimulus alone.

    The column `noise` is that of the recordings, also where it is the preset's.
    """
    models = survey(catalogue, query, keep=lambda row: not is_stimulus_only(row))
    noise = [noise_of(row) for row in models.rows]
    return named(models.table.assign(noise=noise), models.varied)


def builder(row: Row) -> Callable[..., Any]:
    """What makes the skeleton of the model of a row."""
    return build_stimulus_only if is_stimulus_only(row) else build


def loader(catalogue: Catalogue) -> Load:
    """What reads the model of a row from its file."""
    return lambda row: catalogue.load_model(
        row, partial(read_model, build=builder(row))
    )


# What a row says -------------------------------------------------------------------


def data_key(row: Row) -> tuple[Any, ...]:
    """What says which recordings a model was trained on."""
    known = {**row, "noise": noise_of(row), "data_seed": int(row.get("data_seed", 0))}
    known |= dict(zip(("signal", "calcium_tau"), signal_of(row), strict=True))
    return tuple(known.get(name) for name in DATA)


def signal_of(row: Row) -> tuple[str, float | None]:
    """What was observed, and the time constant of calcium [s], None for voltage."""
    signal = row.get("signal", "voltage")
    if not isinstance(signal, str) or signal == "voltage":  # NaN: before there were two
        return "voltage", None
    return signal, float(row.get("calcium_tau", signals.CALCIUM_TAU))


def noise_of(row: Row) -> float | None:
    """Noise of the recordings a model was trained on; None for a file's own."""
    given = row.get("noise")
    if given is not None and not np.isnan(given):
        return float(given)
    known = row.get("source", "hexeye") == "hexeye"
    return PRESETS[str(row["preset"])].noise if known else None


def plan_of(row: Row, steps: int, starts: int, activity_steps: int) -> Plan:
    """How a model is rolled out, from how it was trained."""
    return Plan(
        time_units=int(row["tu"]),
        evolve_multiple_steps=int(row["ems"]),
        steps=steps,
        starts=starts,
        activity_steps=activity_steps,
        mode=str(row.get("stimulus_mode", "all")),
    )


def observation_of(row: Row) -> Observation:
    """What a model may see, from how it was trained."""
    return Observation(
        str(row["mode"]),
        int(row["tu"]),
        int(row.get("phase_seed", 0)),
        str(row.get("interpolation", "acausal")),
    )


def banked(row: Row) -> bool:
    """Whether the model of a row learned a bank of initial states."""
    return row.get("mode") == "staggered" and row.get("staggered") == "bank"


# Recordings that judge -------------------------------------------------------------


def judging_recordings(
    preset: str, noise: float | None, seed: int, steps: int, starts: int = 10
) -> dict[str, Recording]:
    """Recordings of the embedded circuit that are long enough for rollouts of `steps`.

    The family of training has its noise, the other none. Neither movie is one of those
    that `sources.recordings` gives.
    """
    circuit = preset_circuit(preset)
    own = PRESETS[preset]
    rows = steps + 2 * reports.MARGIN + max(500, 2 * starts)
    sigma = own.noise if noise is None else noise
    return {
        "validation": record_movie(
            circuit, "natural", rows, sigma, 3 * seed + JUDGING_SEED
        ),
        "flow": record_movie(circuit, "flow", rows, 0.0, 3 * seed + JUDGING_SEED + 1),
    }


def restored(
    arrays: Mapping[str, np.ndarray],
    preset: str,
    noise: float | None,
    seed: int,
    steps: int,
    starts: int = 10,
) -> dict[str, Recording]:
    """The same from voltages and stimulus that were kept (`<family>.<array>`)."""
    del seed, steps, starts
    circuit = preset_circuit(preset)
    sigma = PRESETS[preset].noise if noise is None else noise
    return {
        family: recording_of(
            circuit,
            arrays[f"{family}.voltage"],
            arrays[f"{family}.stimulus"],
            0.0 if family == "flow" else sigma,
            f"{circuit.name} {family}",
        )
        for family in reports.families(dict(arrays))
    }


# What is computed ------------------------------------------------------------------


def data_of(row: Row, steps: int, starts: int, keep: Keep) -> Recordings:
    """Recordings that judge a model: long new ones, or those its file leaves.

    Voltages are what is kept; calcium is made of them, the same every time.
    """
    if row.get("source", "hexeye") == "file":
        return recordings("file", data_file=row["data_file"]).judged
    asked = {
        "preset": row["preset"],
        "noise": noise_of(row),
        "seed": int(row.get("data_seed", 0)),
        "steps": steps,
        "starts": starts,
    }
    made: dict[str, Recording] = {}

    def compute() -> Arrays:
        made.update(judging_recordings(**asked))
        return {
            f"{family}.{name}": getattr(own, name)
            for family, own in made.items()
            for name in ("voltage", "stimulus")
        }

    arrays = keep("judging-recordings", asked, compute)
    own = made or restored(dict(arrays), **asked)
    signal, tau = signal_of(row)
    if signal == "voltage":
        return own
    circuit = preset_circuit(str(row["preset"]))
    tau = tau or signals.CALCIUM_TAU
    return {k: signals.observed(x, circuit, signal, tau) for k, x in own.items()}


def training_of(row: Row) -> Recording:
    """The recording a model was trained on, every row of it."""
    source, preset = str(row["source"]), str(row["preset"])
    own = noise_of(row), int(row.get("data_seed", 0)), str(row.get("data_file", ""))
    signal, tau = signal_of(row)
    tau = tau or signals.CALCIUM_TAU
    return recordings(source, preset, *own, signal=signal, calcium_tau=tau).train


def judged(row: Row, load: Load, data: Recordings, plan: Plan) -> Arrays:
    """`reports.judge` of the model of a row."""
    seen = observation_of(row)
    return reports.judge(load(row), data, plan, seen, banked=banked(row))


def baselines(
    row: Row, load: Load, data: Recordings, plan: Plan, baseline: Row | None
) -> Arrays:
    """`reports.baselines` of the recordings of a row."""
    known = row.get("source", "hexeye") == "hexeye"
    circuit = preset_circuit(str(row["preset"])) if known else None
    stimulus_only = None
    if baseline is not None:
        model = load(baseline)
        stimulus_only = {
            name: rollouts.stimulus_only_errors(model, own)
            for name, own in data.items()
        }
    return reports.baselines(data, plan, circuit, stimulus_only)
