"""What tables of judged models say to the source's outcomes, row by row."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from studies.latent import claims, old_start, settings, verdicts


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


@pytest.mark.parametrize(
    ("others", "verdict"),
    [([0.0325], verdicts.AS), ([0.034], verdicts.PARTLY), ([np.nan], verdicts.PARTLY)],
)
def test_seeds_agree_when_their_errors_are_close(others, verdict):
    seeds = [judged(validation_window=error) for error in others]
    (found,) = claims.outcomes(table(judged(), *seeds), ["J"])
    assert found.verdict == verdict


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ({}, verdicts.AS),
        ({"flow_one_step": 0.04}, verdicts.PARTLY),
        ({"stable": 0.0}, verdicts.PARTLY),
        ({"validation_activity_divergence": 900.0}, verdicts.PARTLY),
        ({"validation_one_step": 0.02}, verdicts.PARTLY),
    ],
    ids=["as told", "no better", "explodes", "activity explodes", "seeds differ"],
)
def test_every_step_is_learned_only_if_all_of_the_claim_holds(values, verdict):
    (found,) = claims.outcomes(table(whole(), whole(**values).iloc[[0, 0]]), ["A"])
    assert found.verdict == verdict


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ({}, verdicts.AS),
        ({"validation_ratio": 0.95}, verdicts.PARTLY),
        ({"stable": 1.0}, verdicts.PARTLY),
        ({"validation_ratio": 0.95, "stable": 1.0}, verdicts.DIFFERS),
    ],
)
def test_a_reduced_stimulus_fails_in_every_mode(values, verdict):
    failed = {"validation_ratio": 1.2, "stable": 0.0}
    modes = [judged(stimulus_mode=mode, **failed) for mode in ("interpolate", "none")]
    given = table(*modes, judged(stimulus_mode="constant", **failed | values))
    (found,) = claims.outcomes(given, ["Q"])
    assert found.verdict == verdict


def test_one_number_of_windows_that_does_not_work_is_seen():
    given = [judged(ems=ems) for ems in (1, 2, 5)]
    assert claims.outcomes(table(*given), ["M"])[0].verdict == verdicts.AS
    given[1]["validation_ratio"] = 0.5
    assert claims.outcomes(table(*given), ["M"])[0].verdict == verdicts.PARTLY


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


def test_outcomes_that_nothing_was_trained_for_are_named_and_take_no_row():
    gone = [verdicts.Outcome(row, "a", "b", "–", verdicts.MISSING) for row in "BC"]
    own = verdicts.Outcome("A", "a", "b", "c", verdicts.AS)
    assert verdicts.markdown([own, *gone]).split("\n")[2:] == [
        "| A | a | b | c | as in the source |",
        "",
        "Not trained, so not judged: B, C.",
    ]
    assert verdicts.markdown(gone) == "Not trained, so not judged: B, C."
    assert verdicts.markdown([]) == ""


@pytest.mark.parametrize(
    ("stable", "words"),
    [
        ([1, 1, 1], "no divergence in 2,000 steps"),
        ([0, 0, 0], "diverges at step 40 (30–2,000) of 2,000"),
        ([1, 0, 1], "1 of 3 models diverges, at step 30 of 2,000"),
        ([1, 0, 0], "2 of 3 models diverge, at step 35 (30–40) of 2,000"),
    ],
)
def test_how_many_models_diverge_is_said_with_when(stable, words):
    steps = [2000, 30, 40]
    group = verdicts.Group({"stable": stable, "divergence": steps, "steps": [2000] * 3})
    assert group.lasts == words


def test_more_windows_are_compared_without_intermediate_losses():
    rows = settings.OLD | {"tu": 5, "intermediate_steps": []}
    one = judged(**rows | {"ems": 1, "validation_window": 0.03, "divergence": 300.0})
    five = judged(**rows | {"ems": 5, "validation_window": 0.02})
    other = one.assign(intermediate_steps=[[3]], validation_window=0.001)
    other = other.assign(divergence=9000.0)
    for given in (table(one, five), table(one, five, other, other)):
        (found,) = claims.outcomes(given, ["H"])
        assert found.verdict == verdicts.AS


@pytest.mark.parametrize(
    ("narrow", "verdict"),
    [
        ({"coder_width": 24, "stable": 0.0}, verdicts.AS),
        ({"coder_width": 24}, verdicts.PARTLY),
        ({"coder_width": 24, "stable": 0.0} | GONE, verdicts.PARTLY),
        ({"coder_width": 24, "validation_one_step": 0.001} | GONE, verdicts.DIFFERS),
        ({"width": 24, "stable": 0.0}, verdicts.MISSING),
        ({"coder_width": 24, "latent": 12, "stable": 0.0}, verdicts.MISSING),
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
    (found,) = claims.outcomes(table(every_step(), small), ["B"])
    assert found.verdict == verdict


def exploding(**values) -> pd.DataFrame:
    return every_step(stable=0.0, divergence=9.0, **values)


SMALL = {"latent": 12, "validation_one_step": 0.02}
HALF = {"latent": 48, "validation_one_step": 0.02}


@pytest.mark.parametrize(
    ("models", "verdict"),
    [
        ([exploding(**SMALL), every_step(**HALF)], verdicts.AS),
        (
            [exploding(**SMALL), every_step(**SMALL), every_step(**HALF)],
            verdicts.PARTLY,
        ),
        ([exploding(**SMALL), exploding(**HALF)], verdicts.PARTLY),
        ([every_step(latent=12), exploding(**HALF)], verdicts.DIFFERS),
        ([exploding(**SMALL)], verdicts.AS),
        ([], verdicts.MISSING),
    ],
    ids=["as told", "one seed stays", "half explodes", "reversed", "no half", "none"],
)
def test_the_smallest_latent_must_explode_with_every_seed_and_half_of_it_with_none(
    models, verdict
):
    (found,) = claims.outcomes(table(every_step(), *models), ["C"])
    assert found.verdict == verdict


OLD_ONE = settings.OLD | {"ems": 1, "stable": 0.0, "validation_window": 0.07}


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ({}, verdicts.AS),
        ({"validation_window": 0.05}, verdicts.PARTLY),
        ({"validation_loss_points": 0.05}, verdicts.PARTLY),
        ({"stable": 1.0}, verdicts.PARTLY),
        ({"stable": 1.0, "validation_loss_points": 0.05}, verdicts.DIFFERS),
    ],
    ids=["as told", "no rise", "high at the recordings", "stable", "nothing holds"],
)
def test_the_old_start_is_compared_with_the_new_one_of_as_many_windows(values, verdict):
    longer = judged(ems=5, validation_loss_points=0.001)
    given = table(judged(ems=1), longer, judged(**OLD_ONE | values))
    (found,) = claims.outcomes(given, ["I"])
    assert found.verdict == verdict
    alone = claims.outcomes(table(longer, judged(**OLD_ONE)), ["I"])
    assert alone[0].verdict == verdicts.MISSING


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
        ("start", {"zero_init": 1.0, "tanh": 0.0, "with_warm_up": 0.0}, verdicts.AS),
        (
            "activation",
            {"zero_init": 0.0, "tanh": 1.0, "with_warm_up": 0.0},
            verdicts.PARTLY,
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
    assert settings.switches(given) == gained
    assert settings.turned(given)["tanh"].tolist() == [True, True, False, False] * 2
    (found,) = claims.outcomes(models, ["K"])
    assert found.verdict == verdict
    assert f"zero init {gained['zero_init']:+.2f}" in found.ours


def test_a_tie_of_switches_is_decided_by_none():
    assert settings.decides({"zero_init": 0.5, "tanh": -0.5}) == ""
    assert settings.decides({"zero_init": 0.5, "tanh": -0.7}) == "tanh"
    assert settings.decides({"zero_init": 0.5}) == "zero_init"
    assert settings.decides({}) == ""


@pytest.mark.parametrize(
    ("between", "first", "verdict"),
    [
        (0.05, 0.02, verdicts.AS),
        (0.05, 0.01, verdicts.PARTLY),
        (0.09, 0.01, verdicts.DIFFERS),
    ],
)
def test_a_penalty_lowers_the_error_between_and_raises_that_of_the_first_step(
    between, first, verdict
):
    old = judged(**OLD_ONE, validation_one_step=0.015)
    own = {"tv_weight": 1e-2, "validation_one_step": first}
    heavy = judged(**OLD_ONE | own | {"validation_window": between})
    (found,) = claims.outcomes(table(old, heavy), ["L"])
    assert found.verdict == verdict


@pytest.mark.parametrize(
    ("ratio", "verdict"), [(0.9, verdicts.AS), (0.5, verdicts.DIFFERS)]
)
@pytest.mark.parametrize("row", ["R", "O"])
def test_what_diverges_has_not_failed_between_the_recordings(row, ratio, verdict):
    old = judged(tu=50, zero_init=False, stable=0.0, validation_ratio=ratio)
    bank = judged(mode="staggered", staggered="bank", stable=0.0)
    given = table(old, bank.assign(validation_ratio=ratio))
    given[["validation_fit_window", "validation_fit_beyond"]] = 0.2
    (found,) = claims.outcomes(given, [row])
    assert found.verdict == verdict


def test_models_with_narrow_coders_are_not_the_base_of_other_rows():
    small = every_step(coder_width=24, stable=0.0, divergence=5.0)
    both = table(whole(), small)
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
    all_of_them = settings.limit_said(gaps, 0.5)
    assert all_of_them.startswith("**within 0.5 up to 100 steps, the longest gap tried")
    assert "**beyond 0.2 at every gap tried**" in settings.limit_said(gaps, 0.2)
    hard = settings.by_gap(table, "hard")
    assert settings.limit_said(hard, 0.3).startswith("**beyond 0.3 at every gap tried")
    assert settings.by_gap(table.iloc[:0]) == {}


def test_a_short_gap_where_the_line_is_good_is_no_limit():
    rows = [
        judged(tu=tu, validation_ratio=ratio, validation_to_floor=1.6)
        for tu, ratio in ((5, 0.6), (10, 0.4), (20, 0.2), (50, 0.3), (100, 0.5))
    ]
    said = settings.limit_said(settings.by_gap(table(*rows)), 0.3)
    assert said.startswith(
        "**within 0.3 up to 50 steps, beyond it at 100, and at 5 and"
    )
    assert "tu 10: 0.4, noise floor 0.25, no divergence" in said


def test_where_noise_is_most_of_the_error_the_family_without_it_tells_the_limit():
    rows = [judged(tu=20, validation_ratio=0.9, flow_ratio=0.2, validation_to_floor=1)]
    gaps = settings.by_gap(table(*rows))
    assert "beyond 0.3" in settings.limit_said(gaps, 0.3)
    said = settings.limit_said(gaps, 0.3, ["flow"])
    assert said.startswith("**within 0.3 up to 20 steps") and "floor" not in said
    assert settings.share_of_line(gaps[20], ["flow"]) == 0.2
    assert settings.share_of_line(None) == np.inf


@pytest.mark.parametrize(
    ("most", "verdict"), [(1.0, verdicts.DIFFERS), (0.0, verdicts.AS)]
)
def test_the_longest_gap_is_judged_with_the_most_windows(most, verdict):
    one = judged(tu=50, ems=1, stable=1.0 - most)
    (found,) = claims.outcomes(table(one, judged(tu=50, ems=2, stable=most)), ["S"])
    assert found.verdict == verdict


def test_a_stimulus_encoder_trained_first_is_compared_with_one_that_was_not():
    base = judged(tu=50, ems=2, flow_window=0.02, validation_ratio=0.15)
    first = base.assign(stimulus_warm_up=2000, validation_window=0.06, flow_window=0.01)
    other = judged(tu=50, ems=1, flow_window=0.2)
    given = table(base, first, other, base.assign(zero_init=False, flow_window=9.0))
    said = settings.pretrained_said(given)
    assert said == (
        "tu 50, ems 2: 2,000 updates, 2 times the error between, 0.5 on flow"
    )
    assert settings.by_gap(given)[50].median("flow_window") == 0.02
    for without in (table(base, other), table(first, other), base.iloc[:0]):
        assert settings.pretrained_said(without) == ""


@pytest.mark.parametrize(
    ("flow", "verdict"), [(0.29, claims.MET), (0.31, claims.MISSED)]
)
def test_the_target_at_fifty_steps_is_that_of_one_setting(flow, verdict):
    poor = judged(tu=50, ems=1, validation_ratio=0.9, flow_ratio=0.9)
    given = table(poor, judged(tu=50, ems=2, flow_ratio=flow))
    found = {one.row: one for one in claims.targets(given)}
    assert found["tu 50"].verdict == verdict
    assert "0.2 of interpolation" in found["tu 50"].ours
    assert found["aligned"].verdict == verdicts.MISSING
