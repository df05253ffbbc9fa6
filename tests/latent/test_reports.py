"""Judging: numbers of one model, tables of many, and what the claims make of them."""

import numpy as np
import pytest

from latent_maps import Decay, recording
from lent import Lent
from studies.evidence import Group
from studies.latent import (
    comparisons,
    reports,
    rollouts,
    summaries,
    trained,
)
from studies.latent.acquisition import Observation

PLAN = reports.Plan(5, 2, steps=30, starts=4, activity_steps=20)


@pytest.fixture(scope="module")
def families():
    """Two drives of x(t+1) = 0.5 x(t) + s(t)."""
    rng, found = np.random.default_rng(0), {}
    for family in ("validation", "flow"):
        stimulus = rng.normal(size=(200, 3))
        voltage = np.zeros((200, 3))
        for t in range(199):
            voltage[t + 1] = 0.5 * voltage[t] + stimulus[t]
        found[family] = recording(voltage, stimulus)
    return found


def test_a_rollout_takes_whole_time_units():
    assert reports.Plan(20, 5, steps=2001).whole == 2020
    assert reports.Plan(20, 5, steps=1).whole == 100
    assert reports.Plan(7, 1, steps=50, activity_steps=10).activity == 14


def test_the_true_map_has_no_error_and_never_diverges(families):
    found = reports.judge(Decay(0.5), families, PLAN)
    row = reports.row(found, reports.baselines(families, PLAN), PLAN)
    assert row["stable"] == 1.0
    assert row["divergence"] == 30
    assert row["validation_window"] < 1e-9
    assert row["flow_ratio"] < 1e-6
    assert row["validation_linear"] > 0.1


def test_relative_errors_are_shares_of_the_variance_and_of_the_baselines(families):
    found = reports.judge(Decay(0.2), families, PLAN)
    base = reports.baselines(families, PLAN)
    row = reports.row(found, base, PLAN)
    variance = families["flow"].voltage.var(axis=0).mean()
    assert row["flow_relative"] == pytest.approx(row["flow_window"] / variance, 1e-4)
    between = [0, 1, 2, 3, 5, 6, 7, 8]
    linear = base["flow.linear"][:, between].mean()
    assert row["flow_ratio"] == pytest.approx(row["flow_window"] / linear)
    assert row["flow_window"] == pytest.approx(found["flow.mse"][:, between].mean())


def test_models_of_staggered_data_never_start_from_the_true_state(families):
    """The true map is exact from true states, and not from interpolated ones."""
    seen = Observation("staggered", 5, seed=1)
    found = reports.judge(Decay(0.5), families, PLAN, seen)
    row = reports.row(found, reports.baselines(families, PLAN), PLAN)
    assert row["validation_from_true_state"] < 1e-9
    assert row["validation_window"] > 1e-3


def test_unobserved_entries_do_not_enter_a_staggered_start(families):
    seen = Observation("staggered", 5, seed=1)
    own = families["flow"]
    starts = PLAN.starts_of(own)
    clean = reports.initial_states(own, starts, seen)
    hidden = own.voltage.copy()
    hidden[~seen.mask(own.steps, own.neurons)] = 1e6
    spoiled = reports.initial_states(recording(hidden, own.stimulus), starts, seen)
    np.testing.assert_array_equal(clean, spoiled)


def models(**axes) -> list[dict]:
    """A row a model; seeds 0 and 1."""
    shared = {"source": "file", "data_file": "x", "mode": "aligned", "tu": 5, "ems": 2}
    shared |= {"stimulus_mode": "all", "phase_seed": 0}
    factors = axes["factor"]
    return [
        shared | {"factor": f, "seed": s, "identity": f"{f}-{s}"}
        for f in factors
        for s in (0, 1)
    ]


def test_models_are_compared_by_group_over_their_seeds(families, monkeypatch):
    monkeypatch.setattr(trained, "data_of", lambda *_: families)
    lent = Lent(
        models(factor=[0.5, 0.3, 3.0]),
        lambda row: Decay(row["factor"] + 0.01 * row["seed"]),
    )
    lengths = {"steps": 30, "starts": 4, "activity_steps": 20}
    result = comparisons.compare(lent, {}, **lengths)
    assert lent.told == [1, 2, 3, 4, 5, 6]
    assert list(result.identities()) == ["factor 0.5", "factor 0.3", "factor 3"]
    assert result.curves()["flow"]["factor 0.3"].shape == (8, 30)
    assert set(result.baselines()["flow"]) == {"constant", "linear"}
    words = summaries.sentence(result)
    assert "2 of 3 settings never diverge (factor 0.5; factor 0.3)" in words
    assert "lowest with factor 0.5" in words
    shown = summaries.numbers(result)
    (sound,) = (x for x in shown.splitlines() if x.startswith("| factor 0.5"))
    assert "| 30 (30 to 30) |" in sound and sound.endswith("| 2 |")
    (lost,) = (x for x in shown.splitlines() if x.startswith("| factor 3"))
    assert "| 30 (30 to 30) |" not in lost
    assert result.middle("factor 0.3") in {"0.3-0", "0.3-1"}


def test_what_the_stimulus_alone_explains_is_said_beside_the_settings():
    name, other = "validation_to_stimulus_only", "flow_to_stimulus_only"
    one = {name: [0.5, 0.9, 3.0], other: [1.5, 2.5, np.nan]}
    groups = {"one": Group(one), "two": Group({name: [1.2], other: [np.nan]})}
    words = summaries.beside_stimulus_only(groups)
    assert "by 1 of 2 settings on validation (0.9 to 1.2 of its error)" in words
    assert "0 of 1 settings on flow (2 to 2 of its error)." in words
    assert summaries.beside_stimulus_only({"one": Group({})}) == ""
    alone = {"one": Group({other: one[other]})}
    assert summaries.beside_stimulus_only(alone) != ""


def test_rollouts_refuse_a_recording_that_is_too_short(families):
    plan = reports.Plan(5, 2, steps=500, starts=4)
    with pytest.raises(rollouts.RolloutError, match="longer"):
        reports.judge(Decay(0.5), families, plan)
