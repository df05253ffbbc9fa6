"""What can be judged of a trained model, and what cannot."""

from dataclasses import replace

import numpy as np
import pytest

from latent_tasks import recording, sets
from studies.latent import metrics, openings, reports, sources

SETS = sets()
SILENT = replace(recording(0), stimulus=np.zeros((120, 3), np.float32))
ALONE = sources.Sets(SILENT, SILENT, SILENT)


@pytest.mark.parametrize(
    ("ratios", "tu", "own", "source", "reason"),
    [
        ([0.2, 0.3], 5, SETS, "file", ""),
        ([0.2, 0.3], 5, ALONE, "chaos", ""),
        ([0.2, 0.3], 5, ALONE, "file", "holds no stimulus"),
        ([0.2, np.nan], 5, SETS, "file", "a recording that rests"),
        ([0.2, 0.3], 1, SETS, "hexeye", "no step lies between"),
    ],
)
def test_a_prediction_without_evidence_says_why(ratios, tu, own, source, reason):
    found = openings.why_not(ratios, tu, own, source)
    assert reason in found and bool(found) == bool(reason)


@pytest.mark.parametrize(
    ("state", "share", "found"),
    [
        ("trained", 0.9, "trained"),
        ("trained", 1.1, "stuck"),
        ("diverged", 9.0, "diverged"),
    ],
)
def test_a_model_no_better_than_the_mean_is_stuck(state, share, found):
    variance = metrics.total_variance(SETS.validation.voltage)
    assert openings.stuck(state, share * 4 * variance, SETS, ems=3) == found


def test_divergence_is_told_in_the_units_of_the_recording():
    scaled = {
        name: replace(own, voltage=1000 * own.voltage)
        for name, own in SETS.judged.items()
    }
    limit = reports.limit_of(SETS.judged)
    assert reports.limit_of(scaled) == pytest.approx(1e6 * limit, rel=1e-3)
    curve = np.linspace(0, 2 * limit, 11)[None]
    assert metrics.errors(curve, 2, 4, limit).divergence == 6
    assert metrics.errors(1e6 * curve, 2, 4, 1e6 * limit).divergence == 6


def test_what_a_recording_holds_is_told_without_what_it_does_not():
    assert openings.of_recording(SILENT, stimulated=False) == (
        "**small 0**: 7 neurons, 6 edges, no stimulus."
    )
    bare = replace(SILENT, pre=None, post=None, weight=None)
    assert openings.of_recording(bare) == (
        "**small 0**: 7 neurons, no connectome, 3 dimensions of stimulus."
    )
    assert not ALONE.stimulated and SETS.stimulated
    with pytest.raises(sources.SourceError, match="there is no stimulus"):
        sources.need_stimulus(ALONE)
