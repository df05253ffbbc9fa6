"""Findings: published numbers beside ours, and when they are not comparable."""

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest

from claims_of import claims_in
from studies.evidence import Verdict
from studies.reach import checks, findings
from studies.reach.figures.comparisons import against_published
from studies.reach.loop import Loop


def trials(change=lambda measure, amplitude, std, value: value, stds=findings.STDS):
    """A frame as an evaluation makes it, whose numbers are the published ones."""
    known = {(r.measure, r.amplitude, r.std): r.value for r in findings.REFERENCES}
    rows = []
    for std, amplitude, seed in itertools.product(
        stds, findings.AMPLITUDES, range(findings.FEWEST)
    ):
        row = {"field_std": std, "seed": seed, "amplitude": amplitude}
        for measure in findings.TOLERANCES:
            value = known.get((measure, amplitude, std), 1.0)
            row[measure] = change(measure, amplitude, std, value)
        row[findings.END] = 0.5
        rows += [row | {"evaluation": 0, "condition": k} for k in range(2)]
    return pd.DataFrame(rows)


def test_the_published_numbers_reproduce_themselves():
    table = findings.compared(trials())
    assert set(table["verdict"]) == {findings.REPRODUCED}
    assert len(table) == 32
    np.testing.assert_allclose(table["median"], table["value"])


@pytest.mark.parametrize(
    ("factor", "verdict"), [(1.19, findings.REPRODUCED), (1.21, findings.NOT)]
)
def test_a_distance_may_be_twenty_percent_off(factor, verdict):
    frame = trials(
        lambda name, a, std, x: x * factor if name == findings.LATERAL else x
    )
    table = findings.compared(frame)
    far = table[(table["measure"] == findings.LATERAL) & (table["value"] > 10)]
    assert set(far["verdict"]) == {verdict}
    near = table[(table["measure"] == findings.LATERAL) & (table["value"] < 4)]
    assert set(near["verdict"]) == {findings.REPRODUCED}  # within 1.5 points


def test_missing_models_and_other_loops_are_not_comparable():
    table = findings.compared(trials(stds=(0.0, 1.5)))
    missing = table[table["std"].isin([0.5, 1.0])]
    assert set(missing["verdict"]) == {"not comparable: no such models"}
    why = findings.other_loop(Loop(delay=2, drag=0.1))
    assert why == "drag is 0.1, not 0; delay is 2, not 0"
    assert findings.other_loop(Loop()) == ""
    table = findings.compared(trials(), why)
    assert all(verdict.endswith(why) for verdict in table["verdict"])


def claims(frame: pd.DataFrame, away: dict[str, Any], why_not: str = ""):
    """What the page of findings says of its claims."""
    return claims_in("reach/20-findings", frame=frame, away=away, why_not=why_not)


def test_the_claims_hold_for_the_published_numbers():
    away = {"std-2024-11": np.array([True]), "std-uniform": np.array([False])}
    steady = trials(lambda name, a, std, x: 1.4 if name == findings.FORCE else x)
    tested = claims(steady, away)
    assert len(tested) == 9
    assert {claim.verdict for claim in tested.values()} == {Verdict.AS_REPORTED}
    assert tested["force_is_steady_at_std_0p5"].ours == "1 times as large"
    other = claims(steady, away, "delay is 2, not 0")
    assert other.pop("original_context_runs_away").verdict == Verdict.AS_REPORTED
    assert {claim.reason for claim in other.values()} == {"delay is 2, not 0"}
    assert {claim.verdict for claim in other.values()} == {Verdict.NOT_TESTED}


def test_a_claim_that_fails_is_said_to_fail():
    flat = trials(lambda name, a, std, x: 10.0 * (1 + a))
    flat[findings.END] = 2.0
    away = {"std-2024-11": np.array([False]), "std-uniform": np.array([True])}
    failed = claims(flat, away)
    assert {claim.verdict for claim in failed.values()} == {Verdict.DIFFERS}
    absent = claims(trials(stds=(0.5,)), {})
    tested = [name for name, claim in absent.items() if claim.tested]
    assert tested == ["force_is_steady_at_std_0p5"]
    assert absent["original_context_runs_away"].reason.startswith("no short training")


def test_the_tables_show_published_and_ours():
    text = findings.as_tables(findings.compared(trials()))
    assert "| 4 | 42.5 / 42.5 (42.5 to 42.5) ✓ |" in text
    assert text.count("| curl \\ training std |") == 3


@pytest.mark.parametrize(("name", "value"), [("batches", 1), ("directions", 1)])
def test_impossible_findings_are_refused(name, value):
    with pytest.raises(ValueError, match=f"`{name}` must be"):
        checks.findings({name: value})


def test_ours_stand_over_the_published_numbers():
    table = findings.compared(trials(stds=(0.0, 1.5)))
    titles = {name: (name, "1") for name in findings.TOLERANCES}
    fig: Any = against_published(table, titles)
    shown = [trace for trace in fig.data if trace.mode == "markers"]
    assert len(shown) == 2 * len(titles)  # of the stds that there are
    lateral = [trace for trace in shown if trace.xaxis == "x"]
    np.testing.assert_allclose(lateral[1].x, lateral[1].y)
    assert fig.layout.xaxis.title.text == "published [1]"
    assert fig.layout.annotations[0].text == findings.LATERAL
