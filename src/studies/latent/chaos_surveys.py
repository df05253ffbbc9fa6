"""Trained models of chaotic systems side by side: how long each forecast holds.

`survey_chaos` judges the models that a query finds (`valid_times`) and puts the numbers
of each into its row, in Lyapunov times of its own system. What was judged before comes
from the catalogue.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from studies.evidence import Catalogue, Survey, named, survey
from studies.latent import chaos, trained, valid_times
from studies.latent.judged import Quantity, record_quantities
from studies.latent.reports import Arrays
from studies.latent.trained import Row
from studies.latent.valid_times import Trial

GAP = 1.0  # [Lyapunov times] between two starts
YARDSTICKS = ("constant", "linear", "reservoir")
CLIMATE = ("marginals", "spectra", "true_marginals", "true_spectra")


QUANTITIES = (
    Quantity("valid_time", "1", "Lyapunov times that a forecast holds"),
    Quantity(
        "ceiling",
        "1",
        "Lyapunov times that a forecast of the true equations holds, started with the "
        "model's error after one step",
    ),
    Quantity("of_ceiling", "1", "time that a forecast holds, over the ceiling"),
    Quantity("reservoir", "1", "Lyapunov times that the reservoir's forecast holds"),
    Quantity("constant", "1", "Lyapunov times that holding the first state is right"),
    Quantity(
        "linear",
        "1",
        "Lyapunov times that linear interpolation of later recordings is right",
    ),
    Quantity("first_error", "1", "forecast error after one step, in std of a neuron"),
    Quantity("exponent", "1/time", "largest Lyapunov exponent of the learned map"),
    Quantity("exponent_ratio", "1", "learned over true largest Lyapunov exponent"),
    Quantity(
        "marginals",
        "1",
        "distance of the distributions of single neurons in a long rollout from the "
        "true ones, in standard deviations",
    ),
    Quantity(
        "spectra",
        "1",
        "distance of the power spectra of a long rollout from the true ones, from 0 "
        "(equal) to 1 (disjoint)",
    ),
    Quantity(
        "true_marginals",
        "1",
        "distance of the distributions of single neurons between two true "
        "trajectories, in standard deviations",
    ),
    Quantity(
        "true_spectra", "1", "distance of power spectra between two true trajectories"
    ),
)


@dataclass(frozen=True)
class Chaotic:
    """Judged models of chaotic systems."""

    models: Survey  # hyperparameters, `group` and `QUANTITIES`; one row a model
    rates: dict[str, float]  # largest exponents by system [1/unit of time]
    trials: dict[str, Trial] = field(default_factory=dict)  # by identity
    judged: dict[str, Arrays] = field(default_factory=dict)  # by identity

    @property
    def table(self) -> pd.DataFrame:
        """Hyperparameters, `group` and numbers, one row a model."""
        return self.models.table

    def middle(self, group: str) -> dict[str, Any]:
        """The row of the model in the middle of its group's ranking."""
        rows = self.models.groups[group].table.sort_values(by="valid_time")
        return rows.to_dict("records")[len(rows) // 2]

    def record(self, catalogue: Catalogue) -> None:
        """Leave the numbers of every model behind."""
        words = "models of chaotic systems that were judged"
        catalogue.record("models", len(self.models), "1", words)
        record_quantities(catalogue, self.models, QUANTITIES)


def chaotic_models(catalogue: Catalogue, query: Mapping[str, Any]) -> Survey:
    """The models of chaotic systems that a query finds; `noise` is always a number.

    Raises:
        ValueError: there is none.
    """

    def wanted(row: Row) -> bool:
        return row.get("source") == "chaos" and not trained.is_stimulus_only(row)

    models = survey(catalogue, query, keep=wanted, first=("system",))
    noise = [trained.noise_of(row) for row in models.rows]
    return named(models.table.assign(noise=noise), models.varied, first=("system",))


def largest_exponents(
    catalogue: Catalogue, systems: list[str], time: float, seeds: int
) -> dict[str, np.ndarray]:
    """Largest exponents of true systems, one for each of some starts [1/time]."""
    exponents = {}
    for name in systems:
        asked = {"system": name, "time": time, "seeds": seeds}
        system = chaos.system_of(name)
        compute = partial(_exponents, system, time, seeds)
        exponents[name] = np.asarray(
            catalogue.cached("exponents", asked, compute)["own"]
        )
    return exponents


def _exponents(system: chaos.System, time: float, seeds: int) -> Arrays:
    return {"own": chaos.exponents(system, time=time, seeds=seeds)[:, 0]}


def survey_chaos(
    catalogue: Catalogue,
    models: Survey,
    rates: Mapping[str, float],
    *,
    starts: int,
    lyapunov_times: float,
) -> Chaotic:
    """Judge models of chaotic systems.

    Args:
        catalogue: what the notebook lends.
        models: as `chaotic_models` gives them.
        rates: largest exponents by system [1/unit of time].
        starts: forecasts of each model [1].
        lyapunov_times: of each forecast [1].
    """
    surveyed = Chaotic(models, dict(rates))
    report = catalogue.progress(len(models), "judging models")
    load, keep = trained.loader(catalogue), catalogue.cached

    def measure(row: Row) -> dict[str, float]:
        rate, name = rates[str(row["system"])], str(row["identity"])
        on = trial_of(row, rate, starts, lyapunov_times)
        asked = {"starts": starts, "time": lyapunov_times / rate}
        mode = str(row.get("stimulus_mode", "all"))
        judge = partial(_judge, row, load, on, mode)
        surveyed.trials[name] = on
        surveyed.judged[name] = dict(keep("chaos-judgement", asked, judge, row))
        return numbers(surveyed.judged[name], on, rate)

    return Chaotic(
        models.measured(measure, report),
        surveyed.rates,
        surveyed.trials,
        surveyed.judged,
    )


def _judge(row: Row, load: trained.Load, on: Trial, mode: str) -> Arrays:
    beside = valid_times.yardsticks(trained.training_of(row), on)
    return valid_times.judge(load(row), on, mode) | beside


def trial_of(row: Row, rate: float, starts: int, lyapunov_times: float) -> Trial:
    """What a model of a row is judged on."""
    return valid_times.trial(
        chaos.system_of(str(row["system"])),
        trained.observation_of(row),
        starts=starts,
        time=lyapunov_times / rate,
        gap=GAP / rate,
        noise=trained.noise_of(row) or 0.0,
        seed=int(row.get("data_seed", 0)),
    )


def numbers(judged: Arrays, on: Trial, rate: float) -> dict[str, float]:
    """`QUANTITIES` of one model: medians over its starts."""

    def times(name: str) -> float:
        return float(on.lyapunov_times(np.median(judged[name]), rate))

    values = {name: times(name) for name in ("ceiling", *YARDSTICKS)}
    values["valid_time"] = times("held")
    values["of_ceiling"] = _quotient(values["valid_time"], values["ceiling"])
    values["first_error"] = float(np.median(judged["first_error"]))
    for name in ("exponent", *CLIMATE):
        values[name] = float(judged[name])
    values["exponent_ratio"] = values["exponent"] / rate
    values["gap"] = float(on.lyapunov_times(on.observation.stride, rate))
    return values


def _quotient(value: float, of: float) -> float:
    """A quotient; NaN where there is nothing to divide by."""
    return value / of if of > 0 else float("nan")
