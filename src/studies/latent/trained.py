"""Trained models as the catalogue lists them: what a row says of its model.

From a row come the recordings that judge the model, how it is rolled out, what it may
see and its judgement beside the baselines. What is kept on disk the caller decides.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from studies.evidence import Catalogue, Survey, named, survey
from studies.latent import reports, rollouts, signals, sources
from studies.latent.acquisition import Observation
from studies.latent.circuit import Circuit
from studies.latent.models import build, build_stimulus_only
from studies.latent.recordings import Recording
from studies.latent.reports import Arrays, Plan, Recordings
from studies.latent.simulation import recording_of
from studies.latent.sources import PRESETS, record_movie, recordings
from studies.training import read_model

Row = Mapping[str, Any]
Load = Callable[[Row], Any]
Keep = Callable[..., Mapping[str, Any]]  # name, parameters, compute, models
DATA = ("source", "preset", "noise", "data_seed", "data_file", "signal", "calcium_tau")
DATA += ("system", "circuit_file")
CIRCUITS = ("hexeye", "flyvis")  # sources that simulate a circuit
JUDGING_SEED = 1000  # offset of the seeds that judge: no training or validation uses it


# Which models ----------------------------------------------------------------------


def is_stimulus_only(row: Row) -> bool:
    """Whether a model is the stimulus-only baseline."""
    return str(row.get("notebook", "")).endswith("stimulus-only")


def maps(
    catalogue: Catalogue, query: Mapping[str, Any], *, circuits: bool = False
) -> Survey:
    """The models that a query finds, but for those that see the stimulus alone.

    The column `noise` is that of the recordings, also where it is the preset's.

    Args:
        catalogue: what the notebook lends.
        query: as `catalogue.models` takes it.
        circuits: only models of circuits, which have a family of movies without noise.

    Raises:
        ValueError: no model that was found is of use.
    """
    models = survey(
        catalogue,
        query,
        keep=lambda row: (
            not is_stimulus_only(row) and (is_of_circuit(row) or not circuits)
        ),
        remedy="Choose models of `source` hexeye or flyvis." if circuits else "",
    )
    noise = [noise_of(row) for row in models.rows]
    return named(models.table.assign(noise=noise), models.varied)


def builder(row: Row) -> Callable[..., Any]:
    """The function that builds the untrained model of a row."""
    return build_stimulus_only if is_stimulus_only(row) else build


def loader(catalogue: Catalogue) -> Load:
    """The function that reads the model of a row from its file."""
    return lambda row: catalogue.load_model(
        row, partial(read_model, build=builder(row))
    )


# What a row says -------------------------------------------------------------------


def data_key(row: Row) -> tuple[Any, ...]:
    """What says which recordings a model was trained on."""
    known = {**row, "noise": noise_of(row), "data_seed": int(row.get("data_seed", 0))}
    known |= dict(zip(("signal", "calcium_tau"), signal_of(row), strict=True))
    for source, name in (("chaos", "system"), ("flyvis", "circuit_file")):
        known[name] = row.get(name) if source_of(row) == source else None
    return tuple(known.get(name) for name in DATA)


def signal_of(row: Row) -> tuple[str, float | None]:
    """The observed signal, and the time constant of calcium [s] or None for voltage."""
    signal = row.get("signal", "voltage")
    if not isinstance(signal, str) or signal == "voltage":  # NaN: before there were two
        return "voltage", None
    return signal, float(row.get("calcium_tau", signals.CALCIUM_TAU))


def noise_of(row: Row) -> float | None:
    """Noise of the recordings a model was trained on; None for a file's own."""
    given = row.get("noise")
    if given is not None and not np.isnan(given):
        return float(given)
    if row.get("source") == "chaos":
        return 0.0
    known = source_of(row) in CIRCUITS
    return PRESETS[str(row["preset"])].noise if known else None


def is_of_circuit(row: Row) -> bool:
    """Whether a model was trained on recordings of a circuit."""
    return source_of(row) in CIRCUITS


def source_of(row: Row) -> str:
    """Where the recordings of a model come from; a row of old names none."""
    return str(row.get("source", "hexeye"))


def circuit_of(row: Row) -> Circuit | None:
    """The true circuit that a model was trained on, where it is known."""
    if source_of(row) not in CIRCUITS:
        return None
    flies = source_of(row) == "flyvis"
    return _circuit(str(row["preset"]), str(row["circuit_file"]) if flies else "")


def _circuit(preset: str, circuit_file: str) -> Circuit:
    """The fly's circuit with the parameters of a file, or without one the embedded."""
    source = "flyvis" if circuit_file else "hexeye"
    return sources.circuit_of(source, preset, circuit_file)


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
    preset: str,
    noise: float | None,
    seed: int,
    steps: int,
    starts: int = 10,
    circuit_file: str = "",
) -> dict[str, Recording]:
    """Recordings of a circuit that are long enough for rollouts of `steps`.

    The family of training has its noise, the other none. Neither movie is one of those
    that `sources.recordings` gives.
    """
    circuit = _circuit(preset, circuit_file)
    own = PRESETS[preset]
    rows = rows_of(steps, starts)
    sigma = own.noise if noise is None else noise
    return {
        "validation": record_movie(
            circuit, "natural", rows, sigma, 3 * seed + JUDGING_SEED
        ),
        "flow": record_movie(circuit, "flow", rows, 0.0, 3 * seed + JUDGING_SEED + 1),
    }


def judging_trajectories(row: Row, steps: int, starts: int) -> dict[str, Recording]:
    """The same of a chaotic system: two trajectories that no training has."""
    from studies.latent.chaos import record_chaos, system_of

    system, rows = system_of(str(row["system"])), rows_of(steps, starts)
    seed, noise = 3 * int(row.get("data_seed", 0)) + JUDGING_SEED, noise_of(row) or 0.0
    return {
        "validation": record_chaos(system, rows, seed=seed, noise=noise),
        "without noise": record_chaos(system, rows, seed=seed + 1),
    }


def rows_of(steps: int, starts: int) -> int:
    """Rows of a recording that leave starts for rollouts of `steps`."""
    return steps + 2 * reports.MARGIN + max(500, 2 * starts)


def restored(
    arrays: Mapping[str, np.ndarray],
    preset: str,
    noise: float | None,
    seed: int,
    steps: int,
    starts: int = 10,
    circuit_file: str = "",
) -> dict[str, Recording]:
    """The same from voltages and stimulus that were kept (`<family>.<array>`)."""
    del seed, steps, starts
    circuit = _circuit(preset, circuit_file)
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
    if source_of(row) == "file":
        return recordings("file", data_file=row["data_file"]).judged
    if source_of(row) == "chaos":
        return judging_trajectories(row, steps, starts)
    asked = {
        "preset": row["preset"],
        "noise": noise_of(row),
        "seed": int(row.get("data_seed", 0)),
        "steps": steps,
        "starts": starts,
    }
    if source_of(row) == "flyvis":
        asked["circuit_file"] = str(row["circuit_file"])
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
    circuit = circuit_of(row)
    assert circuit is not None  # a signal other than voltage is of a circuit
    tau = tau or signals.CALCIUM_TAU
    return {k: signals.observed(x, circuit, signal, tau) for k, x in own.items()}


def training_of(row: Row) -> Recording:
    """The recording a model was trained on, every row of it."""
    source, preset = str(row["source"]), str(row["preset"])
    own = noise_of(row), int(row.get("data_seed", 0)), str(row.get("data_file", ""))
    signal, tau = signal_of(row)
    tau = tau or signals.CALCIUM_TAU
    told: dict[str, Any] = {"signal": signal, "calcium_tau": tau}
    for needs, name in (("chaos", "system"), ("flyvis", "circuit_file")):
        if source == needs:
            told[name] = str(row[name])
    return recordings(source, preset, *own, **told).train


def judged(row: Row, load: Load, data: Recordings, plan: Plan) -> Arrays:
    """`reports.judge` of the model of a row."""
    seen = observation_of(row)
    return reports.judge(load(row), data, plan, seen, banked=banked(row))


def baselines(
    row: Row, load: Load, data: Recordings, plan: Plan, baseline: Row | None
) -> Arrays:
    """`reports.baselines` of the recordings of a row."""
    circuit, stimulus_only = circuit_of(row), None
    if baseline is not None:
        model = load(baseline)
        stimulus_only = {
            name: rollouts.stimulus_only_errors(model, own)
            for name, own in data.items()
        }
    return reports.baselines(data, plan, circuit, stimulus_only)
