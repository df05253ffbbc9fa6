"""Signals of checkpoints: what they are worth, on tables made by hand."""

import numpy as np
import pandas as pd
import pytest

from latent_maps import Decay, recording
from studies.latent import reports, stopping


def courses(**columns) -> pd.DataFrame:
    """Two trainings of four checkpoints; the wanted error is lowest at the second."""
    wanted = [4.0, 1.0, 2.0, 3.0]
    table = pd.DataFrame(
        {
            "course": ["a"] * 4 + ["b"] * 4,
            "update": [10, 20, 30, 40] * 2,
            stopping.WANTED: wanted * 2,
            "max_intervening": [1.0, 0.5, 0.49, 0.48] * 2,
        }
    )
    return table.assign(**columns)


def test_a_signal_that_ranks_as_the_wanted_error_is_perfect():
    table = courses(
        radius=lambda t: t[stopping.WANTED] ** 2, loss_points=[4, 3, 2, 1] * 2
    )
    found = stopping.ranking(table)
    knew = found.loc[stopping.SIGNALS["radius"]]
    assert knew["overall"] == pytest.approx(1.0)
    assert knew["regret"] == pytest.approx(1.0)
    fell = found.loc[stopping.SIGNALS["loss_points"]]
    assert fell["within"] == pytest.approx(0.2)  # ranks 4321 against 4123
    assert fell["regret"] == pytest.approx(3.0)  # it prefers the last: 3 / 1
    assert found.index[0] == stopping.SIGNALS["radius"]


def test_a_signal_that_does_not_vary_ranks_nothing():
    found = stopping.ranking(courses(radius=1.0))
    assert np.isnan(found.loc[stopping.SIGNALS["radius"], "overall"])


def test_the_rule_stops_where_the_error_no_longer_falls():
    found = stopping.stops(courses(), patience=2)
    assert list(found["stops at"]) == [40, 40]
    assert list(found["fired"]) == [True, True]
    assert stopping.stops(courses(), patience=1).loc["a", "stops at"] == 30
    falling = courses(max_intervening=[1.0, 0.5, 0.2, 0.1] * 2)
    assert list(stopping.stops(falling, patience=1)["fired"]) == [False, False]


def test_checkpoints_are_named_by_their_updates():
    found = stopping.kinds({"checkpoints": 4, "updates": 1001})
    kinds = {250: "update-250", 500: "update-500", 750: "update-750", 1001: "final"}
    assert found == kinds
    assert stopping.kinds({"checkpoints": 1, "updates": 5}) == {5: "final"}


def test_signals_of_a_known_map():
    rng = np.random.default_rng(0)
    own = recording(rng.normal(size=(260, 3)), np.zeros((260, 3)))
    families = {"validation": own, "flow": own}
    plan = reports.Plan(5, 2, steps=30, starts=3, activity_steps=10)
    found = reports.judge(Decay(0.9), families, plan)
    signal = stopping.signals(Decay(0.9), own, found, plan)
    assert signal["radius"] == pytest.approx(0.9, rel=1e-4)
    assert signal["latent_step"] == pytest.approx(0.1, rel=1e-4)
    assert signal["same_family"] == pytest.approx(signal[stopping.WANTED])
    curve = found["validation.mse"].mean(axis=0)
    assert signal["beyond"] == pytest.approx(curve[[14, 19, 24, 29]].mean())
    assert signal["reconstruction"] == pytest.approx(0.0, abs=1e-9)
