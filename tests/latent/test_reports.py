"""Judging: numbers of one model, tables of many, and what the claims make of them."""

import numpy as np
import pandas as pd
import pytest

from fieldnotes.latent import (
    claims,
    comparisons,
    old_start,
    reports,
    rollouts,
    settings,
    summaries,
    trained,
    verdicts,
)
from fieldnotes.latent.acquisition import Observation
from latent_maps import Decay, recording

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
    rows, told = models(factor=[0.5, 0.3, 3.0]), []
    result = comparisons.compare(
        rows,
        lambda row: Decay(row["factor"] + 0.01 * row["seed"]),
        varied=["factor", "seed"],
        steps=30,
        starts=4,
        activity_steps=20,
        report=told.append,
    )
    assert told == [1, 2, 3, 4, 5, 6]
    assert list(result.groups()) == ["factor 0.5", "factor 0.3", "factor 3"]
    assert result.curves()["flow"]["factor 0.3"].shape == (8, 30)
    assert set(result.baselines()["flow"]) == {"constant", "linear"}
    assert summaries.worst_capped(result.table) == 2
    words = summaries.sentence(result)
    assert "2 of 3 settings never diverge (factor 0.5; factor 0.3)" in words
    assert "lowest with factor 0.5" in words
    shown = summaries.numbers(result)
    assert shown.loc["factor 0.5", "diverges at"] == "30"
    assert shown.loc["factor 3", "diverges at"] != "30"
    assert result.middle("factor 0.3") in {"0.3-0", "0.3-1"}


def test_what_the_stimulus_alone_explains_is_said_beside_the_settings():
    table = pd.DataFrame(
        {
            "group": ["one", "one", "one", "two"],
            "validation_to_null": [0.5, 0.9, 3.0, 1.2],
            "flow_to_null": [1.5, 2.5, np.nan, np.nan],
        }
    )
    words = summaries.beside_null(table)
    assert "by 1 of 2 settings on validation (0.9 to 1.2 of its error)" in words
    assert "0 of 1 settings on flow (2 to 2 of its error)." in words
    assert summaries.beside_null(pd.DataFrame({"group": ["one"]})) == ""
    assert summaries.beside_null(table.assign(validation_to_null=np.nan)) != ""


def test_the_longest_gap_is_found_with_the_best_windows_of_each():
    rows = [
        judged(tu=20, validation_ratio=0.2, flow_ratio=0.25),
        judged(tu=50, ems=1, validation_ratio=0.5),
        judged(tu=50, ems=2, validation_ratio=0.28, stable=0.0, divergence=90.0),
        judged(tu=100, ems=1, validation_ratio=0.1, flow_ratio=0.4),
        judged(tu=100, ems=1, validation_ratio=0.1, flow_ratio=0.1, zero_init=False),
        judged(tu=10, ems=5, preset="hard", validation_ratio=0.9),
        judged(tu=10, ems=2, preset="hard", validation_ratio=np.nan),
        judged(tu=1, ems=1, validation_ratio=np.nan, flow_ratio=np.nan),
    ]
    table = pd.concat(rows, ignore_index=True)
    gaps = settings.by_gap(table)
    assert list(gaps) == [20, 50, 100]
    shares = [settings.share_of_line(own) for own in gaps.values()]
    assert shares == [0.25, 0.28, 0.4]
    said = settings.limit_said(gaps, 0.3)
    assert said.startswith("**within 0.3 up to 50 steps, beyond it at 100**")
    assert "tu 50: 0.28, diverges at step 90 of 2,000" in said
    assert "at every gap, up to 100 steps" in settings.limit_said(gaps, 0.5)
    assert "from the shortest gap of 20 steps on" in settings.limit_said(gaps, 0.2)
    hard = settings.by_gap(table, "hard")
    assert "beyond 0.3 from the shortest gap of 10" in settings.limit_said(hard, 0.3)
    assert settings.by_gap(table.iloc[:0]) == {}


def test_numbers_are_shown_as_median_and_range_over_seeds():
    assert reports.spread([1.0, 3.0, 2.0]) == "2 (1–3)"
    assert reports.spread([0.5, np.nan]) == "0.5"
    assert reports.spread([np.nan]) == "–"
    assert reports.brief(1e9) == "∞"
    assert reports.brief(2000.0) == "2,000"


def judged(**values) -> pd.DataFrame:
    """One model of the base setting, with some values replaced."""
    row = {
        "mode": "aligned", "tu": 20, "ems": 5, "zero_init": True, "preset": "default",
        "activation": "tanh", "stimulus_mode": "all", "tv_weight": 0.0, "warm_up": 10,
        "augmentation_neurons": 0, "staggered": "interpolated", "stable": 1.0,
        "steps": 2000, "divergence": 2000.0, "validation_ratio": 0.2, "seed": 0,
        "flow_ratio": 0.1, "validation_window": 0.03, "validation_loss_points": 0.03,
    }  # fmt: skip
    return pd.DataFrame([row | values])


def test_a_claim_without_its_setting_is_not_run():
    (found,) = claims.outcomes(judged(), ["N"])
    assert found.verdict == verdicts.MISSING


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ({}, verdicts.AS),
        ({"validation_ratio": 0.9}, verdicts.PARTLY),
        ({"validation_ratio": 0.9, "stable": 0.0}, verdicts.DIFFERS),
    ],
)
def test_a_claim_follows_the_numbers(values, verdict):
    (found,) = claims.outcomes(judged(**values), ["J"])
    assert found.verdict == verdict


def test_naive_staggering_must_fail_and_interpolated_must_not():
    naive = judged(mode="staggered", staggered="naive", validation_ratio=1.1)
    good = judged(mode="staggered", validation_window=0.036)
    table = pd.concat([judged(), naive, good], ignore_index=True)
    found = {o.row: o.verdict for o in claims.outcomes(table, ["N", "P"])}
    assert found == {"N": verdicts.AS, "P": verdicts.AS}
    table.loc[2, "validation_window"] = 0.05
    assert claims.outcomes(table, ["P"])[0].verdict == verdicts.PARTLY


def test_outcomes_are_shown_whole():
    long = verdicts.Outcome("A", "a setting", "x" * 60, "y" * 200, verdicts.PARTLY)
    head, rule, line = verdicts.markdown([long]).split("\n")
    assert head.count("|") == rule.count("|") == line.count("|") == 6
    assert "y" * 200 in line and "x" * 60 in line


def test_more_windows_are_compared_without_intermediate_losses():
    rows = settings.OLD | {"tu": 5, "intermediate_steps": []}
    one = judged(**rows | {"ems": 1, "validation_window": 0.03, "divergence": 300.0})
    five = judged(**rows | {"ems": 5, "validation_window": 0.02})
    other = one.assign(intermediate_steps=[[3]], validation_window=0.001)
    other = other.assign(divergence=9000.0)
    for given in (table(one, five), table(one, five, other, other)):
        (found,) = claims.outcomes(given, ["H"])
        assert found.verdict == verdicts.AS


def every_step(**values) -> pd.DataFrame:
    """One model of every step at full size, with some values replaced."""
    row = {
        "tu": 1, "ems": 1, "noise": 0.05, "latent": 96, "width": 96, "coder_width": 0,
        "validation_one_step": 0.01, "validation_constant_one_step": 0.03,
        "validation_third_step": 0.02, "validation_constant_third_step": 0.08,
    }  # fmt: skip
    return judged(**row | values)


def table(*rows) -> pd.DataFrame:
    return pd.concat(rows, ignore_index=True)


@pytest.mark.parametrize(
    ("narrow", "verdict"),
    [
        ({"coder_width": 24, "stable": 0.0}, verdicts.AS),
        ({"coder_width": 24}, verdicts.PARTLY),
        ({"coder_width": 24, "validation_one_step": 0.001}, verdicts.DIFFERS),
        ({"width": 24, "stable": 0.0}, verdicts.MISSING),
        ({"coder_width": 24, "latent": 12, "stable": 0.0}, verdicts.MISSING),
    ],
    ids=["explodes", "stays", "better", "narrow map too", "small latent too"],
)
def test_a_narrow_coder_has_the_map_and_the_latent_of_the_full_size(narrow, verdict):
    small = every_step(**{"validation_one_step": 0.02} | narrow)
    (found,) = claims.outcomes(table(every_step(), small), ["B"])
    assert found.verdict == verdict


def test_models_with_narrow_coders_are_not_the_base_of_other_rows():
    small = every_step(coder_width=24, stable=0.0, divergence=5.0)
    tail = {"validation_activity_divergence": 2000.0, "activity_steps": 2000}
    tail |= {"flow_one_step": 0.01, "flow_constant_one_step": 0.03}
    both = table(every_step(**tail), small.assign(**tail))
    assert claims.outcomes(both, ["A"])[0].verdict == verdicts.AS


def test_rows_about_units_and_noise_compare_models_of_one_size():
    error = {"validation_one_step": 0.04, "flow_one_step": 0.04}
    small = [every_step(latent=k, **error) for k in (12, 24, 48)]
    base = every_step(flow_one_step=0.01, stable=0.0)
    sigmoid = every_step(activation="sigmoid", stable=0.0)
    quiet = every_step(noise=0.0, flow_one_step=0.01)
    given = table(base, *small, sigmoid, quiet)
    found = {o.row: o for o in claims.outcomes(given, ["D", "U"])}
    assert found["D"].ours.startswith("one-step error 1 times that of tanh")
    assert "one-step error 1 times" in found["U"].ours
    assert {o.verdict for o in found.values()} == {verdicts.AS}
    costly = table(*small, base.assign(flow_one_step=0.02), quiet)
    assert claims.outcomes(costly, ["U"])[0].verdict == verdicts.DIFFERS


def test_rows_are_judged_at_the_rate_that_most_models_have():
    both = table(*[every_step(learning_rate=rate) for rate in (1e-3, 3e-3, 1e-3)])
    usual = settings.at_the_usual_rate(both)
    assert usual["learning_rate"].tolist() == [1e-3, 1e-3]
    assert len(settings.at_the_usual_rate(every_step())) == 1
    assert not len(settings.at_the_usual_rate(both.iloc[:0]))


@pytest.mark.parametrize(
    ("stable", "error", "verdict"),
    [
        (1.0, 0.01, verdicts.AS),
        (0.0, 0.01, verdicts.PARTLY),
        (0.0, 0.005, verdicts.DIFFERS),
    ],
)
def test_augmentation_is_compared_by_one_step_since_rollouts_may_explode(
    stable, error, verdict
):
    values = {"validation_one_step": error, "validation_long": 1e20}
    own = every_step(augmentation_neurons=10, stable=stable, **values)
    given = table(every_step(validation_long=1e30), own)
    (found,) = claims.outcomes(given, ["E"])
    assert found.verdict == verdict
    assert "e+" not in found.ours and "∞" not in found.ours


def test_calcium_is_judged_by_its_own_row_and_by_no_other():
    own = {"signal": "calcium", "validation_one_step": 0.06, "stable": 0.0}
    calcium = every_step(**own)
    found = {o.row: o for o in claims.outcomes(calcium)}
    assert found.pop("T").verdict == verdicts.AS
    assert {o.verdict for o in found.values()} == {verdicts.MISSING}
    sparse = judged(signal="calcium", validation_to_constant=0.5)
    far = sparse.assign(validation_ratio=3.0)
    for given, verdict in ((sparse, verdicts.AS), (far, verdicts.PARTLY)):
        (row,) = claims.outcomes(table(calcium, given), ["T"])
        assert row.verdict == verdict
        assert "tu 20 aligned" in row.ours
    voltage = judged(signal=np.nan)  # a model from before there was a choice
    both = table(voltage, sparse.assign(validation_ratio=9.0))
    assert claims.outcomes(both, ["J"])[0].verdict == verdicts.AS
    assert {o.verdict for o in claims.targets(sparse)} == {verdicts.MISSING}
    assert claims.outcomes(voltage, ["T"])[0].verdict == verdicts.MISSING


def test_every_claim_answers_an_empty_question_without_failing():
    found = claims.outcomes(judged().iloc[:0])
    assert {o.verdict for o in found} == {verdicts.MISSING}
    assert "None" in verdicts.sentence(found)


def test_rollouts_refuse_a_recording_that_is_too_short(families):
    plan = reports.Plan(5, 2, steps=500, starts=4)
    with pytest.raises(rollouts.RolloutError, match="longer"):
        reports.judge(Decay(0.5), families, plan)


def test_a_column_without_any_number_has_no_median_and_no_warning():
    group = verdicts.Group({"none": [np.nan, np.nan], "some": [1.0, np.nan]})
    assert np.isnan(group.median("none"))
    assert np.isnan(group.median("absent"))
    assert group.median("some") == 1.0


@pytest.mark.parametrize(
    ("error", "stable", "mended"),
    [(0.032, 1.0, True), (0.06, 1.0, False), (0.03, 0.0, False)],
    ids=["as good", "worse between", "not stable"],
)
def test_the_old_start_is_mended_where_error_and_stability_are_the_new_ones(
    error, stable, mended
):
    old = judged(**settings.OLD, validation_window=error, stable=stable)
    short = {"learning_rate": 1e-3, "updates": 2000}
    long = {"learning_rate": 3e-3, "updates": 6000}
    given = table(
        judged(**long), old.assign(**long), judged(**short), judged(warm_up=0, **long),
        old.assign(**short, validation_window=0.3), old.assign(**long, tv_weight=1e-3),
    )  # fmt: skip
    first, second = old_start.by_training(given)
    assert (first.updates, second.updates) == (2000, 6000)
    assert len(second.old.table) == len(second.new.table) == 1
    assert first.fold == pytest.approx(10) and not first.mended
    assert second.mended is mended
    words = old_start.said([first, second])
    assert words.endswith(
        f"nothing in {int(mended)} of 2 trainings{' (6,000 at 0.003)' * mended}."
    )
    assert old_start.by_training(judged()) == []
    assert old_start.by_training(judged(**long)) == []
