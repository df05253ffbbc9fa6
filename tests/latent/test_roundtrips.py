"""Round trips: what is measured of maps whose every factor is known."""

from typing import Any

import equinox as eqx
import numpy as np
import pandas as pd
import pytest

from latent_maps import Decay, recording
from lent import Lent
from studies.latent import comparisons, metrics, roundtrips, summaries, trained
from studies.latent.figures import panels
from studies.latent.reports import Plan

PLAN = Plan(5, 2, steps=30, starts=4, activity_steps=20)


class Stretching(Decay):
    """The same map, whose encoder makes `stretch` times what its decoder undoes."""

    stretch: float = eqx.field(static=True, default=1.0)

    def encode(self, voltage):
        return self.stretch * super().encode(voltage)


@pytest.fixture(scope="module")
def families():
    """Two drives of x(t+1) = 0.5 x(t) + s(t)."""
    rng, found = np.random.default_rng(0), {}
    for family in ("validation", "flow"):
        stimulus = 0.3 * rng.normal(size=(200, 3))
        voltage = np.zeros((200, 3))
        for t in range(199):
            voltage[t + 1] = 0.5 * voltage[t] + stimulus[t]
        found[family] = recording(voltage, stimulus)
    return found


def test_gains_are_the_factors_of_step_round_trip_and_both(families):
    found = roundtrips.measure(Stretching(0.5, stretch=3.0), families, PLAN)
    for name, factor in (("step", 0.5), ("trip", 3.0), ("both", 1.5)):
        np.testing.assert_allclose(found[f"flow.{name}"], factor, rtol=1e-5)


def test_repeated_round_trips_grow_by_the_stretch(families):
    found = roundtrips.measure(Stretching(0.5, stretch=1.1), families, PLAN)
    own = families["flow"].voltage[PLAN.starts_of(families["flow"])]
    size = (own**2).mean(axis=-1)
    assert found["flow.trips"].shape == (4, 20)
    for trip in (0, 19):
        expected = (1.1 ** (trip + 1) - 1) ** 2 * size
        np.testing.assert_allclose(found["flow.trips"][:, trip], expected, rtol=1e-3)


def test_a_map_without_finite_numbers_has_the_largest_gain(families):
    matrices = np.stack([np.full((3, 3), np.nan), np.diag([0.5, -2.0, 1.0])])
    np.testing.assert_allclose(roundtrips.largest(matrices), [metrics.CAP, 2.0])


@pytest.fixture(scope="module")
def judged(families):
    """Three models: sound, lost with the round trip, and lost by itself."""
    shared = {"source": "file", "data_file": "x", "mode": "aligned", "tu": 5, "ems": 2}
    factors = [(0.5, 1.0), (0.5, 3.0), (1.5, 1.0)]
    given = pd.DataFrame(
        [
            shared | {"factor": f, "stretch": s, "seed": 0, "identity": f"{f}-{s}"}
            for f, s in factors
        ]
    )
    lent = Lent(given, lambda row: Stretching(row["factor"], stretch=row["stretch"]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trained, "data_of", lambda *_: families)
        lengths = {"steps": 30, "starts": 4, "activity_steps": 30}
        compared = comparisons.compare(lent, {}, **lengths)
    return lent, compared, roundtrips.of_comparison(lent, compared)


def test_what_accounts_for_activity_rollouts_is_counted(judged):
    """The second model leaves through the voltages alone, the third everywhere."""
    _, _, found = judged
    counts = {"all": 6, "latent": 2, "latent_step": 6, "activity": 4}
    assert found.counts == counts | {"trips": 4, "step": 4, "both": 6}
    words = found.sentence()
    assert "4 of 6 pairs of a model and a family of movies diverge in" in words
    assert "agrees in 6, and that of a step alone in 4." in words
    assert "whether a latent rollout diverges in 6." in words
    both = found.gain(["0.5-1.0", "0.5-3.0"])
    assert both.startswith("0.5 (0.5 to 0.5)"), "x(t+1) = 0.5 x(t)"
    assert found.gain(["1.5-1.0"]).startswith("1.5") and found.gain([]) == "–"
    rows = found.summary().splitlines()
    (row,) = (x for x in rows if x.startswith("| factor 0.5, stretch 3, flow"))
    assert row.split(" | ")[1] == "30" and row.split(" | ")[-2] == "1.5"


def test_what_accounts_for_them_is_left_behind(judged):
    lent, _, found = judged
    found.record(lent)
    assert lent.scraps["round_trips_all", ()][0] == 6
    assert lent.scraps["round_trips_latent_step", ()][0] == 6


def test_a_comparison_leaves_its_scraps_and_explains_its_columns(judged):
    lent, compared, _ = judged
    summaries.record(lent, compared)
    assert lent.scraps["models", ()][0] == 3
    assert lent.scraps["stable", (0.5, 1.0)][0] is True
    assert lent.scraps["stable", (1.5, 1.0)][0] is False
    words = summaries.numbers(compared)
    assert "- **diverges at**: first step" in words
    assert "stimulus alone" not in words, "no such model was given"
    head = words.splitlines()[0]
    assert all(heading in head for heading in summaries.columns(compared).values())


@pytest.mark.parametrize(
    "panel",
    [
        panels.within_window,
        panels.by_setting,
        panels.latent_rollouts,
        panels.activity_rollouts,
        panels.divergence_steps,
    ],
)
def test_a_panel_is_saved_under_its_own_name(judged, panel):
    lent, compared, _ = judged
    shown = panel(compared)
    assert shown.save(lent) is lent.figures[shown.name]
    assert all(trace.x is not None for trace in shown.figure.data if trace.showlegend)


def test_panels_of_round_trips_show_what_was_measured(judged):
    _, _, found = judged
    gains: Any = panels.gains(found).figure
    step, both = gains.data
    np.testing.assert_allclose(step.x, found.table["gain_step"])
    np.testing.assert_allclose(both.x, found.table["gain_both"])
    rollouts: Any = panels.both_rollouts(found).figure
    latent, activity, trips = rollouts.data
    names = [trace.name for trace in (latent, activity, trips)]
    assert names == ["latent", "activity", "round trip alone"]
    np.testing.assert_allclose(activity.x, np.maximum(found.table["activity"], 1))
