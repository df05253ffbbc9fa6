"""What the notebooks of the outside judges say of their claims, given judged models."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from claims_of import cells
from studies.evidence import Claim, Group, Verdict

LORENZ = {
    "system": "lorenz63",
    "tu": 20,
    "noise": 0.0,
    "valid_time": 2.0,
    "ceiling": 3.0,
    "of_ceiling": 2 / 3,
    "reservoir": 0.4,
}
FLY = {
    "source": "flyvis",
    "mode": "aligned",
    "tu": 1,
    "noise": 0.05,
    "zero_init": True,
    "stimulus_mode": "all",
    "one_step_r": 0.95,
    "intact_r": 0.98,
    "heard_connected": 0.1,
    "heard_every": 0.1,
    "cut_r": 0.3,
    "cut_intact_r": 0.4,
    "push_5_r2": 0.1,
    "push_20_r2": -0.2,
}


def claims_of(notebook: str, table: pd.DataFrame, **names: Any) -> dict[str, Claim]:
    """The claims of a notebook by name."""
    told: dict[str, Any] = {"table": table, "np": np, **names}
    exec(compile(cells(f"latent/{notebook}"), notebook, "exec"), told)
    return {claim.name: claim for claim in told["claims"]}


def of_chaos(*rows: dict[str, Any], exponent: float = 0.9) -> dict[str, Claim]:
    table = pd.DataFrame(list(rows))
    rates = {"lorenz63": np.array([exponent, exponent])}
    clean = Group(table[table["noise"] == 0])
    return claims_of("15-chaos", table, rates=rates, clean=clean)


def test_forecasts_reach_their_targets_by_ceiling_and_by_staggering():
    aligned, staggered = (LORENZ | {"mode": x} for x in ("aligned", "staggered"))
    found = of_chaos(aligned, staggered | {"valid_time": 1.5})
    assert found["half_of_the_ceiling"].verdict == Verdict.REACHED
    assert found["staggered_forecasts"].verdict == Verdict.REACHED
    assert found["ceiling"].verdict == Verdict.REACHED
    short = of_chaos(aligned | {"of_ceiling": 0.4}, staggered | {"valid_time": 1.3})
    assert short["half_of_the_ceiling"].verdict == Verdict.MISSED
    assert short["staggered_forecasts"].verdict == Verdict.MISSED
    noisy = of_chaos(aligned | {"noise": 0.05})
    assert noisy["half_of_the_ceiling"].verdict == Verdict.NOT_TESTED


def test_a_model_beyond_its_ceiling_or_below_the_reservoir_is_told():
    found = of_chaos(LORENZ | {"mode": "aligned", "ceiling": 1.9, "reservoir": 2.5})
    assert found["ceiling"].verdict == Verdict.MISSED
    assert found["reservoir"].verdict == Verdict.MISSED


@pytest.mark.parametrize(
    ("exponent", "literature", "tabled"),
    [
        (0.906, Verdict.AS_REPORTED, Verdict.AS_REPORTED),
        (0.875, Verdict.DIFFERS, Verdict.AS_REPORTED),
        (0.7, Verdict.DIFFERS, Verdict.DIFFERS),
    ],
)
def test_an_exponent_is_compared_with_each_that_was_published(
    exponent, literature, tabled
):
    found = of_chaos(LORENZ | {"mode": "aligned"}, exponent=exponent)
    assert found["exponent_lorenz63"].verdict == literature
    assert found["tabled_exponent_lorenz63"].verdict == tabled


def test_the_fly_is_compared_with_what_was_published_and_each_circuit_by_itself():
    found = claims_of("14-trained-circuit", pd.DataFrame([FLY]))
    assert found["prediction_0_05"].verdict == Verdict.AS_REPORTED
    assert found["prediction_0_0"].verdict == Verdict.NOT_TESTED
    for name in ("jacobian", "cut", "currents"):
        assert found[f"{name}_fly"].verdict == Verdict.MISSED
        assert found[f"{name}_hexeye"].verdict == Verdict.NOT_TESTED
    knowing = {"heard_connected": 0.9, "cut_r": 0.6, "push_5_r2": 0.9}
    knowing |= {"push_20_r2": 0.6}
    other = claims_of("14-trained-circuit", pd.DataFrame([FLY | knowing]))
    for name in ("jacobian", "cut", "currents"):
        assert other[f"{name}_fly"].verdict == Verdict.REACHED


def test_models_without_tests_of_their_mechanism_leave_nothing_claimed():
    bare = {name: value for name, value in FLY.items() if not name.endswith("_r")}
    found = claims_of(
        "14-trained-circuit", pd.DataFrame([bare | {"mode": "staggered"}])
    )
    assert found["jacobian_fly"].verdict == Verdict.NOT_TESTED
    assert found["prediction_0_05"].verdict == Verdict.NOT_TESTED
    assert found["prediction_0_05"].reason == "no number is known of its models"
