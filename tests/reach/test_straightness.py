"""The straightest context: exact for a made quadratic, unknown beyond its ends."""

import numpy as np
import pytest

from studies.reach.straightness import straightest, summary

CONTEXTS = np.array([-2.0, -1.0, 0.0, 0.5, 2.0])  # unevenly spaced


def quadratic(minima, depth=0.3):
    """Deviations that are least at these contexts, a trial a row."""
    return depth + 1.7 * (CONTEXTS - np.asarray(minima)[..., None]) ** 2


@pytest.mark.parametrize("minimum", [-1.4, -1.0, -0.3, 0.2, 0.5, 1.1])
def test_the_minimum_of_a_quadratic_is_found_exactly_and_lies_within_its_bounds(
    minimum,
):
    found = straightest(CONTEXTS, quadratic(minimum))
    assert found.context == pytest.approx(minimum, abs=1e-12)
    assert found.lowest < minimum < found.highest
    assert {float(found.lowest), float(found.highest)} <= set(CONTEXTS)
    assert not found.below and not found.above


def test_axes_of_trials_are_kept():
    minima = np.array([[-0.3, 0.2], [0.5, 1.1]])
    found = straightest(CONTEXTS, quadratic(minima))
    np.testing.assert_allclose(found.context, minima, atol=1e-12)


@pytest.mark.parametrize(("minimum", "side"), [(-3.0, "below"), (5.0, "above")])
def test_a_minimum_beyond_the_contexts_has_an_infinite_bound(minimum, side):
    found = straightest(CONTEXTS, quadratic(minimum))
    assert getattr(found, side)
    end, bound = {
        "below": (CONTEXTS[0], found.lowest),
        "above": (CONTEXTS[-1], found.highest),
    }[side]
    assert found.context == end
    assert np.isinf(bound)


def test_any_single_minimum_lies_within_the_bounds():
    """Of |c - m|, no parabola: the bounds hold though the estimate is rough."""
    minima = np.linspace(-1.9, 1.9, 77)
    found = straightest(CONTEXTS, np.abs(CONTEXTS - minima[:, None]))
    assert ((found.lowest <= minima) & (minima <= found.highest)).all()
    inside = ~found.below & ~found.above
    known = found.context[inside]
    assert (known >= found.lowest[inside]).all()
    assert (known <= found.highest[inside]).all()


def test_what_is_saved_is_the_fall_from_the_worst_context():
    found = straightest(CONTEXTS, np.array([4.0, 3.0, 1.0, 2.0, 2.0]))
    assert found.saved == pytest.approx(0.75)
    flat = straightest(CONTEXTS, np.full(5, 2.0))
    assert flat.saved == pytest.approx(0.0)
    assert flat.below and flat.context == CONTEXTS[0]


def test_a_trial_with_a_missing_deviation_is_unknown_and_not_counted():
    values = quadratic([0.2, 0.2])
    values[0, 3] = np.nan
    found = straightest(CONTEXTS, values)
    assert np.isnan(found.context[0]) and np.isnan(found.lowest[0])
    assert summary(found).trials == 1
    assert summary(found).median == pytest.approx(0.2)
    assert np.isnan(summary(straightest(CONTEXTS, values[:1])).median)


def test_the_median_needs_no_minimum_that_lies_beyond():
    minima = np.array([-9.0, 0.1, 0.2, 0.3, 9.0])
    found = summary(straightest(CONTEXTS, quadratic(minima)))
    assert found.median == pytest.approx(0.2)
    assert (found.below, found.above) == (0.2, 0.2)
    assert found.lowest == -np.inf and found.highest == np.inf
    assert str(found) == "0.2 (< -2 to > 2)"


@pytest.mark.parametrize("wrong", [[0.0, 1.0], [0.0, 2.0, 1.0], [0.0, 1.0, 2.0, 3.0]])
def test_contexts_that_allow_no_parabola_are_refused(wrong):
    with pytest.raises(ValueError, match="ascending"):
        straightest(np.array(wrong), np.ones(3))
