"""What the notebooks' tests of claims say of tables of judged models."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from claims_of import claims_of
from studies.evidence import Group, Verdict
from studies.latent import judged as words
from studies.latent import settings

AS, IN_PART, DIFFERS = Verdict.AS_REPORTED, Verdict.IN_PART, Verdict.DIFFERS
NOT_TESTED, REACHED, MISSED = Verdict.NOT_TESTED, Verdict.REACHED, Verdict.MISSED


def judged(**values) -> pd.DataFrame:
    """One model of the base setting, with some values replaced."""
    row = {
        "mode": "aligned", "tu": 20, "ems": 5, "zero_init": True, "preset": "default",
        "activation": "tanh", "stimulus_mode": "all", "tv_weight": 0.0, "warm_up": 10,
        "stimulus_warm_up": 0,
        "augmentation_neurons": 0, "staggered": "interpolated", "stable": 1.0,
        "steps": 2000, "divergence": 2000.0, "validation_ratio": 0.2, "seed": 0,
        "flow_ratio": 0.1, "validation_window": 0.03, "validation_loss_points": 0.03,
    }  # fmt: skip
    return pd.DataFrame([row | values])


def every_step(**values) -> pd.DataFrame:
    """One model of every step at full size, with some values replaced."""
    row = {
        "tu": 1, "ems": 1, "noise": 0.05, "latent": 96, "width": 96, "coder_width": 0,
        "validation_one_step": 0.01, "validation_constant_one_step": 0.03,
        "validation_third_step": 0.02, "validation_constant_third_step": 0.08,
    }  # fmt: skip
    return judged(**row | values)


def whole(**values) -> pd.DataFrame:
    """One model of every step that does all that the source says of it."""
    row = {
        "validation_activity_divergence": 2000.0, "activity_steps": 2000,
        "flow_one_step": 0.01, "flow_constant_one_step": 0.03,
    }  # fmt: skip
    return every_step(**row | values)


GONE = {"validation_activity_divergence": 90.0}


def table(*rows) -> pd.DataFrame:
    return pd.concat(rows, ignore_index=True)


def test_a_claim_without_its_setting_is_not_run():
    found = claims_of(judged())["naive_fails"]
    assert found.verdict == NOT_TESTED


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ({}, AS),
        ({"validation_ratio": 0.9}, IN_PART),
        ({"validation_ratio": 0.9, "stable": 0.0}, DIFFERS),
    ],
)
def test_a_claim_follows_the_numbers(values, verdict):
    found = claims_of(judged(**values))["zero_init_finds_the_step"]
    assert found.verdict == verdict


@pytest.mark.parametrize(
    ("others", "verdict"),
    [([0.0325], AS), ([0.034], IN_PART), ([np.nan], IN_PART)],
)
def test_seeds_agree_when_their_errors_are_close(others, verdict):
    seeds = [judged(validation_window=error) for error in others]
    found = claims_of(table(judged(), *seeds))["zero_init_finds_the_step"]
    assert found.verdict == verdict


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ({}, AS),
        ({"flow_one_step": 0.04}, IN_PART),
        ({"stable": 0.0}, IN_PART),
        ({"validation_activity_divergence": 900.0}, IN_PART),
        ({"validation_one_step": 0.02}, IN_PART),
    ],
    ids=["as told", "no better", "explodes", "activity explodes", "seeds differ"],
)
def test_every_step_is_learned_only_if_all_of_the_claim_holds(values, verdict):
    found = claims_of(table(whole(), whole(**values).iloc[[0, 0]]))[
        "full_size_is_stable"
    ]
    assert found.verdict == verdict


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ({}, AS),
        ({"validation_ratio": 0.95}, IN_PART),
        ({"stable": 1.0}, IN_PART),
        ({"validation_ratio": 0.95, "stable": 1.0}, DIFFERS),
    ],
)
def test_a_reduced_stimulus_fails_in_every_mode(values, verdict):
    failed = {"validation_ratio": 1.2, "stable": 0.0}
    modes = [judged(stimulus_mode=mode, **failed) for mode in ("interpolate", "none")]
    given = table(*modes, judged(stimulus_mode="constant", **failed | values))
    found = claims_of(given)["reduced_stimulus_fails"]
    assert found.verdict == verdict


def test_one_number_of_windows_that_does_not_work_is_seen():
    given = [judged(ems=ems) for ems in (1, 2, 5)]
    assert claims_of(table(*given))["any_number_ahead_works"].verdict == AS
    given[1]["validation_ratio"] = 0.5
    assert claims_of(table(*given))["any_number_ahead_works"].verdict == IN_PART


def test_naive_staggering_must_fail_and_interpolated_must_not():
    naive = judged(mode="staggered", staggered="naive", validation_ratio=1.1)
    good = judged(mode="staggered", validation_window=0.036)
    table = pd.concat([judged(), naive, good], ignore_index=True)
    found = claims_of(table, "7-staggered")
    assert found["naive_fails"].verdict == found["interpolated_works"].verdict == AS
    table.loc[2, "validation_window"] = 0.05
    assert claims_of(table)["interpolated_works"].verdict == IN_PART


@pytest.mark.parametrize(
    ("stable", "text"),
    [
        ([1, 1, 1], "no divergence in 2,000 steps"),
        ([0, 0, 0], "3 of 3 models diverge at steps 30 to 2,000 of 2,000"),
        ([1, 0, 1], "1 of 3 models diverges at step 30 of 2,000"),
        ([1, 0, 0], "2 of 3 models diverge at steps 30 to 40 of 2,000"),
    ],
)
def test_how_many_models_diverge_is_said_with_when(stable, text):
    steps = [2000, 30, 40]
    group = Group({"stable": stable, "divergence": steps, "steps": [2000] * 3})
    assert words.lasting(group) == text
    assert words.never_diverges(group) is (sum(stable) == 3)
    assert words.always_diverges(group) is (sum(stable) == 0)


def test_more_windows_are_compared_without_intermediate_losses():
    rows = settings.RANDOM_INIT | {"tu": 5, "intermediate_steps": []}
    one = judged(**rows | {"ems": 1, "validation_window": 0.03, "divergence": 300.0})
    five = judged(**rows | {"ems": 5, "validation_window": 0.02})
    other = one.assign(intermediate_steps=[[3]], validation_window=0.001)
    other = other.assign(divergence=9000.0)
    for given in (table(one, five), table(one, five, other, other)):
        found = claims_of(given)["more_recordings_ahead_mend"]
        assert found.verdict == AS


@pytest.mark.parametrize(
    ("narrow", "verdict"),
    [
        ({"coder_width": 24, "stable": 0.0}, AS),
        ({"coder_width": 24}, IN_PART),
        ({"coder_width": 24, "stable": 0.0} | GONE, IN_PART),
        ({"coder_width": 24, "validation_one_step": 0.001} | GONE, DIFFERS),
        ({"width": 24, "stable": 0.0}, NOT_TESTED),
        ({"coder_width": 24, "latent": 12, "stable": 0.0}, NOT_TESTED),
    ],
    ids=[
        "explodes",
        "stays",
        "activity too",
        "better",
        "narrow map too",
        "small latent too",
    ],
)
def test_a_narrow_coder_has_the_map_and_the_latent_of_the_full_size(narrow, verdict):
    small = whole(**{"validation_one_step": 0.02} | narrow)
    found = claims_of(table(every_step(), small))["narrow_coders_explode"]
    assert found.verdict == verdict


def exploding(**values) -> pd.DataFrame:
    return every_step(stable=0.0, divergence=9.0, **values)


SMALL = {"latent": 12, "validation_one_step": 0.02}
HALF = {"latent": 48, "validation_one_step": 0.02}


@pytest.mark.parametrize(
    ("models", "verdict"),
    [
        ([exploding(**SMALL), every_step(**HALF)], AS),
        (
            [exploding(**SMALL), every_step(**SMALL), every_step(**HALF)],
            IN_PART,
        ),
        ([exploding(**SMALL), exploding(**HALF)], IN_PART),
        ([every_step(latent=12), exploding(**HALF)], DIFFERS),
        ([exploding(**SMALL)], AS),
        ([], NOT_TESTED),
    ],
    ids=["as told", "one seed stays", "half explodes", "reversed", "no half", "none"],
)
def test_the_smallest_latent_must_explode_with_every_seed_and_half_of_it_with_none(
    models, verdict
):
    found = claims_of(table(every_step(), *models))["small_latent_explodes"]
    assert found.verdict == verdict


RANDOM_ONE = settings.RANDOM_INIT | {"ems": 1, "stable": 0.0, "validation_window": 0.07}


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ({}, AS),
        ({"validation_window": 0.05}, IN_PART),
        ({"validation_loss_points": 0.05}, IN_PART),
        ({"stable": 1.0}, IN_PART),
        ({"stable": 1.0, "validation_loss_points": 0.05}, DIFFERS),
    ],
    ids=["as told", "no rise", "high at the recordings", "stable", "nothing holds"],
)
def test_random_init_is_compared_with_zero_init_of_as_many_windows(values, verdict):
    longer = judged(ems=5, validation_loss_points=0.001)
    given = table(judged(ems=1), longer, judged(**RANDOM_ONE | values))
    found = claims_of(given)["random_init_rises_between"]
    assert found.verdict == verdict
    alone = claims_of(table(longer, judged(**RANDOM_ONE)))["random_init_rises_between"]
    assert alone.verdict == NOT_TESTED


def factorial(decided_by: str) -> pd.DataFrame:
    """Every start, activation and warm-up; models with one of them are stable."""
    models = []
    for start, activation, warm_up in product((True, False), ("tanh", "relu"), (9, 0)):
        stable = {"start": start, "activation": activation == "tanh"}[decided_by]
        values = {"stable": float(stable), "validation_window": 0.03 if start else 0.09}
        values |= {"zero_init": start, "activation": activation, "warm_up": warm_up}
        models.append(judged(ems=1, updates=6000, learning_rate=1e-3, **values))
    return table(*models)


@pytest.mark.parametrize(
    ("switch", "gained", "verdict"),
    [
        ("start", {"zero_init": 1.0, "tanh": 0.0, "with_warm_up": 0.0}, AS),
        (
            "activation",
            {"zero_init": 0.0, "tanh": 1.0, "with_warm_up": 0.0},
            IN_PART,
        ),
    ],
)
def test_zero_init_decides_only_if_no_other_switch_changes_more(
    switch, gained, verdict
):
    models = factorial(switch)
    other = models.assign(stable=0.0)
    given = table(models, other.assign(tv_weight=0.1), other.iloc[:1].assign(updates=9))
    given = table(given, other.iloc[:1].assign(learning_rate=3e-3))
    assert settings.gained(given) == gained
    assert settings.turned(given)["tanh"].tolist() == [True, True, False, False] * 2
    found = claims_of(models)["zero_init_decides"]
    assert found.verdict == verdict
    assert f"zero init {gained['zero_init']:+.2f}" in found.ours


def test_a_tie_of_switches_is_decided_by_none():
    assert settings.decisive({"zero_init": 0.5, "tanh": -0.5}) == ""
    assert settings.decisive({"zero_init": 0.5, "tanh": -0.7}) == "tanh"
    assert settings.decisive({"zero_init": 0.5}) == "zero_init"
    assert settings.decisive({}) == ""


@pytest.mark.parametrize(
    ("between", "first", "verdict"),
    [
        (0.05, 0.02, AS),
        (0.05, 0.01, IN_PART),
        (0.09, 0.01, DIFFERS),
    ],
)
def test_a_penalty_lowers_the_error_between_and_raises_that_of_the_first_step(
    between, first, verdict
):
    old = judged(**RANDOM_ONE, validation_one_step=0.015)
    own = {"tv_weight": 1e-2, "validation_one_step": first}
    heavy = judged(**RANDOM_ONE | own | {"validation_window": between})
    found = claims_of(table(old, heavy))["penalty_rescues_between"]
    assert found.verdict == verdict


@pytest.mark.parametrize(("ratio", "verdict"), [(0.9, AS), (0.5, DIFFERS)])
@pytest.mark.parametrize("row", ["fifty_steps_fail_from_random_init", "bank_fails"])
def test_what_diverges_has_not_failed_between_the_recordings(row, ratio, verdict):
    old = judged(tu=50, zero_init=False, stable=0.0, validation_ratio=ratio)
    bank = judged(mode="staggered", staggered="bank", stable=0.0)
    given = table(old, bank.assign(validation_ratio=ratio))
    given[["validation_fit_window", "validation_fit_beyond"]] = 0.2
    assert claims_of(given)[row].verdict == verdict


def test_models_with_narrow_coders_are_not_the_base_of_other_rows():
    small = every_step(coder_width=24, stable=0.0, divergence=5.0)
    both = table(whole(), small)
    assert claims_of(both)["full_size_is_stable"].verdict == AS


def test_rows_about_units_and_noise_compare_models_of_one_size():
    error = {"validation_one_step": 0.04, "flow_one_step": 0.04}
    small = [every_step(latent=k, **error) for k in (12, 24, 48)]
    base = every_step(flow_one_step=0.01, stable=0.0)
    sigmoid = every_step(activation="sigmoid", stable=0.0)
    quiet = every_step(noise=0.0, flow_one_step=0.01)
    given = table(base, *small, sigmoid, quiet)
    found = claims_of(given, "3-one-step")
    for name in ("sigmoid_changes_nothing", "training_noise_costs_little"):
        assert found[name].ours.startswith("1 times the error of one step")
        assert found[name].verdict == AS
    costly = table(*small, base.assign(flow_one_step=0.02), quiet)
    assert claims_of(costly)["training_noise_costs_little"].verdict == DIFFERS


def test_rows_are_judged_at_the_rate_that_most_models_have():
    both = table(*[every_step(learning_rate=rate) for rate in (1e-3, 3e-3, 1e-3)])
    usual = settings.at_the_usual_rate(both)
    assert usual["learning_rate"].tolist() == [1e-3, 1e-3]
    assert len(settings.at_the_usual_rate(every_step())) == 1
    assert not len(settings.at_the_usual_rate(both.iloc[:0]))


@pytest.mark.parametrize(
    ("stable", "error", "verdict"),
    [
        (1.0, 0.01, AS),
        (0.0, 0.01, IN_PART),
        (0.0, 0.005, DIFFERS),
    ],
)
def test_augmentation_is_compared_by_one_step_since_rollouts_may_explode(
    stable, error, verdict
):
    values = {"validation_one_step": error, "validation_long": 1e20}
    own = every_step(augmentation_neurons=10, stable=stable, **values)
    given = table(every_step(validation_long=1e30), own)
    found = claims_of(given)["augmentation_steadies"]
    assert found.verdict == verdict
    assert "e+" not in found.ours and "∞" not in found.ours


def test_calcium_is_judged_by_its_own_claim_and_by_no_other():
    own = {"signal": "calcium", "validation_one_step": 0.06, "stable": 0.0}
    calcium = every_step(**own)
    found = claims_of(calcium)
    assert found.pop("calcium").verdict == AS
    assert {claim.verdict for claim in found.values()} == {NOT_TESTED}
    sparse = judged(signal="calcium", validation_to_constant=0.5)
    far = sparse.assign(validation_ratio=3.0)
    for given, verdict in ((sparse, AS), (far, IN_PART)):
        claim = claims_of(table(calcium, given), "16-calcium")["calcium"]
        assert claim.verdict == verdict
        assert "aligned: error between" in claim.ours
    voltage = judged(signal=np.nan)  # a model from before there was a choice
    both = table(voltage, sparse.assign(validation_ratio=9.0))
    assert claims_of(both)["zero_init_finds_the_step"].verdict == AS
    assert claims_of(sparse)["aligned"].verdict == NOT_TESTED
    assert claims_of(voltage)["calcium"].verdict == NOT_TESTED


def test_every_claim_answers_an_empty_question_without_failing():
    found = claims_of(judged().iloc[:0])
    assert len(found) == 24
    assert {claim.verdict for claim in found.values()} == {NOT_TESTED}


def test_inits_are_paired_where_they_were_trained_alike():
    random = judged(**settings.RANDOM_INIT, validation_window=0.032)
    short = {"learning_rate": 1e-3, "updates": 2000}
    long = {"learning_rate": 3e-3, "updates": 6000}
    given = table(
        judged(**long), random.assign(**long), judged(**short),
        judged(warm_up=0, **long), random.assign(**short, validation_window=0.3),
        random.assign(**long, tv_weight=1e-3),
    )  # fmt: skip
    first, second = settings.pairs_of_inits(given)
    assert (first.rate, first.updates) == (1e-3, 2000)
    assert (second.rate, second.updates) == (3e-3, 6000)
    assert len(second.random) == len(second.zero) == 1
    assert words.over(first.random, first.zero, "validation_window") == 10
    assert list(settings.pairs_of_inits(judged())) == []
    assert list(settings.pairs_of_inits(judged(**long))) == []


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
    shares = [words.share_of_line(own) for own in gaps.values()]
    assert shares == [0.25, 0.28, 0.4]
    assert words.limit(gaps, 0.3) == "within 0.3 up to 50 steps, beyond it at 100"
    assert words.lasting(gaps[50]) == "the model diverges at step 90 of 2,000"
    most = "within 0.5 up to 100 steps, the longest gap tried"
    assert words.limit(gaps, 0.5) == most
    assert words.limit(gaps, 0.2) == "beyond 0.2 at every gap tried"
    hard = settings.by_gap(table, "hard")
    assert words.limit(hard, 0.3) == "beyond 0.3 at every gap tried"
    assert settings.by_gap(table.iloc[:0]) == {}


def test_a_short_gap_where_the_line_is_good_is_no_limit():
    rows = [
        judged(tu=tu, validation_ratio=ratio, validation_to_floor=1.6)
        for tu, ratio in ((5, 0.6), (10, 0.4), (20, 0.2), (50, 0.3), (100, 0.5))
    ]
    gaps = settings.by_gap(table(*rows))
    assert words.limit(gaps, 0.3) == (
        "within 0.3 up to 50 steps, beyond it at 100, and at 5 and 10"
    )
    assert words.noise_floor(gaps[10]) == pytest.approx(0.25)


def test_where_noise_is_most_of_the_error_the_family_without_it_tells_the_limit():
    rows = [judged(tu=20, validation_ratio=0.9, flow_ratio=0.2, validation_to_floor=1)]
    gaps = settings.by_gap(table(*rows))
    assert "beyond 0.3" in words.limit(gaps, 0.3)
    on_flow = words.limit(gaps, 0.3, ["flow"])
    assert on_flow.startswith("within 0.3 up to 20 steps")
    assert np.isnan(words.noise_floor(gaps[20], ["flow"]))
    assert words.share_of_line(gaps[20], ["flow"]) == 0.2


@pytest.mark.parametrize(("most", "verdict"), [(1.0, DIFFERS), (0.0, AS)])
def test_the_longest_gap_is_judged_with_the_most_windows(most, verdict):
    one = judged(tu=50, ems=1, stable=1.0 - most)
    found = claims_of(table(one, judged(tu=50, ems=2, stable=most)))[
        "fifty_steps_work_in_part_from_zero_init"
    ]
    assert found.verdict == verdict


def test_a_stimulus_encoder_trained_first_is_compared_with_one_that_was_not():
    base = judged(tu=50, ems=2, flow_window=0.02, validation_ratio=0.15)
    first = base.assign(stimulus_warm_up=2000, validation_window=0.06, flow_window=0.01)
    other = judged(tu=50, ems=1, flow_window=0.2)
    given = table(base, first, other, base.assign(zero_init=False, flow_window=9.0))
    (found,) = settings.pretrained(given)
    assert (found.tu, found.ems, found.updates) == (50, 2, 2000)
    assert words.over(found.first, found.without, "validation_window") == 2
    assert words.over(found.first, found.without, "flow_window") == 0.5
    assert settings.by_gap(given)[50].median("flow_window") == 0.02
    for without in (table(base, other), table(first, other), base.iloc[:0]):
        assert list(settings.pretrained(without)) == []


@pytest.mark.parametrize(("flow", "verdict"), [(0.29, REACHED), (0.31, MISSED)])
def test_the_target_at_fifty_steps_is_that_of_one_setting(flow, verdict):
    poor = judged(tu=50, ems=1, validation_ratio=0.9, flow_ratio=0.9)
    given = table(poor, judged(tu=50, ems=2, flow_ratio=flow))
    found = claims_of(given)
    assert found["fifty_steps"].verdict == verdict
    assert "interpolation's: 0.2" in found["fifty_steps"].ours
    assert found["aligned"].verdict == NOT_TESTED
