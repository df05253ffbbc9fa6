"""The tests of `mechanism` on many trained models: measured, recorded, tabled."""

from functools import partial
from typing import Any

import numpy as np

from studies.evidence import Catalogue, Survey
from studies.latent import mechanism, trained
from studies.latent.comparisons import Comparison
from studies.latent.judged import Quantity, record_quantities
from studies.latent.mechanism import Agreement, Mechanism
from studies.latent.trained import Row

HEARD = {
    "heard_connected": "explained share R² of the true Jacobian, pairs with an edge",
    "heard_every": "explained share R² of the true Jacobian, all pairs of neurons",
    "heard_own": "explained share R² of the true Jacobian, neurons on themselves",
}
ROLLED = {
    "one_step": "next steps of the recording from true states",
    "intact": "rollouts without noise",
    "cut": "rollouts, compared with the true circuit without half of its edges",
    "cut_intact": "rollouts of the intact true circuit, compared with the cut one",
    "white": "rollouts on a movie of white noise",
    "push_5": "change that currents of 5 standard deviations cause in other neurons",
    "push_20": "change that currents of 20 standard deviations cause in other neurons",
}
SCORES = {
    "r2": ("1", "R²"),
    "r": ("1", "correlation over time, mean over neurons"),
    "rmse": ("voltage", "root mean squared error"),
}
QUANTITIES = (
    *(Quantity(name, "1", meaning) for name, meaning in HEARD.items()),
    *(
        Quantity(f"{name}_{score}", unit, f"{meaning}: {words}")
        for name, meaning in ROLLED.items()
        for score, (unit, words) in SCORES.items()
    ),
)
SHOWN = ("heard_connected", "heard_every", "intact_r", "intact_rmse", "one_step_r")
SHOWN += ("cut_r", "cut_intact_r", "white_r", "push_5_r", "push_20_r", "push_20_r2")


def survey_mechanism(
    catalogue: Catalogue, compared: Comparison, *, starts: int, steps: int, seed: int
) -> Survey:
    """Judged models with `QUANTITIES` as further columns; what was measured is kept.

    A model of a recording whose circuit is not known has none of them.

    Args:
        catalogue: what the notebook lends.
        compared: the models, and recordings of their circuits.
        starts: rollouts of each test [1].
        steps: of a rollout.
        seed: of everything drawn.
    """
    load, asked = trained.loader(catalogue), {"starts": starts, "steps": steps}

    def measure(row: Row) -> dict[str, float]:
        if trained.circuit_of(row) is None or trained.signal_of(row)[0] != "voltage":
            return {}
        recording = compared.data[str(row["identity"])]["validation"]
        compute = partial(_measure, row, load, recording, asked | {"seed": seed})
        told = asked | {"seed": seed, "data": str(trained.data_key(row))}
        found = catalogue.cached("mechanism", told, compute, row)
        return {name: float(value) for name, value in found.items()}

    report = catalogue.progress(len(compared.models), "testing mechanisms")
    return compared.models.measured(measure, report)


def _measure(
    row: Row, load: trained.Load, recording: Any, asked: dict[str, int]
) -> dict[str, np.ndarray]:
    circuit = trained.circuit_of(row)
    assert circuit is not None
    found = mechanism.measure(load(row), circuit, recording, **asked)
    return {name: np.array(value) for name, value in flat(found).items()}


def flat(found: Mechanism) -> dict[str, float]:
    """The numbers of one model by the names of `QUANTITIES`."""
    numbers = dict(zip(HEARD, found.heard, strict=True))
    for name, agreed in found.agreement.items():
        for score in Agreement._fields:
            numbers[f"{name}_{score}"] = float(getattr(agreed, score))
    return numbers


def record(catalogue: Catalogue, models: Survey) -> None:
    """Leave the numbers of every model behind."""
    record_quantities(catalogue, models, QUANTITIES)


def columns() -> dict[str, str]:
    """Columns of the table that a notebook shows, by their headings."""
    return {
        quantity.name: quantity.heading
        for quantity in QUANTITIES
        if quantity.name in SHOWN
    }
