"""What a run ended as, by what became of its models."""

import json

import pytest

from fieldnotes.runner.outcomes import models_left


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        ([], "done"),
        (["trained", "stuck", "diverged"], "done"),
        (["diverged", "diverged"], "diverged"),
        (["stuck", "stuck"], "stuck"),
        (["stuck", "diverged"], "stuck"),
    ],
)
def test_a_run_whose_models_all_learned_nothing_says_so(tmp_path, outcomes, state):
    (tmp_path / "models").mkdir()
    for seed, outcome in enumerate(outcomes):
        for kind in ("final", "best"):  # each member counts once
            step = 7 if outcome == "diverged" else None
            record = {"values": {"seed": seed}, "outcome": outcome, "bytes": 3}
            path = tmp_path / "models" / f"{seed}.{kind}.json"
            path.write_text(json.dumps(record | {"diverged_at": step}))
    left = models_left(tmp_path)
    assert left.state == state
    assert len(left.sizes) == 2 * len(outcomes)
    assert left.stuck == [
        {"values": {"seed": k}} for k, x in enumerate(outcomes) if x == "stuck"
    ]
    assert left.diverged == [
        {"values": {"seed": k}, "step": 7}
        for k, x in enumerate(outcomes)
        if x == "diverged"
    ]
