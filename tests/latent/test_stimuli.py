"""Stimulus modes on the encoded stimulus of a window."""

import jax.numpy as jnp
import numpy as np
import pytest

from studies.latent.stimuli import expand, knots, reduce_stimulus
from studies.latent.stimulus_modes import StimulusError

TU, STEPS = 4, 12


@pytest.fixture
def encoded():
    rng = np.random.default_rng(0)
    return jnp.asarray(rng.normal(size=(STEPS + 1, 3)), jnp.float32)


def test_all_is_the_identity(encoded):
    np.testing.assert_array_equal(reduce_stimulus(encoded, "all", TU), encoded[:-1])


def test_none_is_zero(encoded):
    assert not np.any(reduce_stimulus(encoded, "none", TU))


def test_constant_holds_each_knot(encoded):
    held = reduce_stimulus(encoded, "constant", TU)
    np.testing.assert_array_equal(held, np.repeat(encoded[:STEPS:TU], TU, axis=0))


def test_interpolation_is_exact_at_knots_and_on_a_ramp(encoded):
    line = reduce_stimulus(encoded, "interpolate", TU)
    np.testing.assert_allclose(line[::TU], encoded[:STEPS:TU], rtol=1e-6)
    ramp = jnp.arange(STEPS + 1, dtype=jnp.float32)[:, None] * 0.5 - 1
    kept = reduce_stimulus(ramp, "interpolate", TU)
    np.testing.assert_allclose(kept, ramp[:-1], atol=1e-6)


def test_the_last_knot_is_the_row_after_the_window(encoded):
    assert knots(STEPS, "interpolate", TU).tolist() == [0, 4, 8, 12]
    changed = encoded.at[-1].add(1.0)
    before, after = (reduce_stimulus(x, "interpolate", TU) for x in (encoded, changed))
    moved = np.abs(after - before).max(axis=-1)
    np.testing.assert_allclose(moved[-TU:], [0, 0.25, 0.5, 0.75], atol=1e-6)
    assert not moved[:-TU].any()


def test_what_is_learned_bends_the_line_between_knots_and_sees_them_alone(encoded):
    def upsampler(ends):  # of both knots (3 + 3) and the share of the way
        return 2 * ends[..., :3] - ends[..., 3:6] + ends[..., 6:]

    line = reduce_stimulus(encoded, "interpolate", TU)
    bent = reduce_stimulus(encoded, "learned", TU, upsampler)
    np.testing.assert_array_equal(bent[::TU], line[::TU])
    low, high = encoded[4], encoded[8]
    expected = line[5] + 0.25 * 0.75 * (2 * low - high + 0.25)
    np.testing.assert_allclose(bent[5], expected, rtol=1e-5)
    hidden = jnp.full_like(encoded, jnp.nan).at[::TU].set(encoded[::TU])
    again = reduce_stimulus(hidden, "learned", TU, upsampler)
    np.testing.assert_array_equal(again, bent)
    with pytest.raises(StimulusError, match="trained in it"):
        reduce_stimulus(encoded, "learned", TU)


@pytest.mark.parametrize("mode", ["all", "none", "constant", "interpolate"])
def test_every_mode_gives_every_step_for_any_trailing_axes(mode):
    rows = jnp.ones((STEPS + 1, 2, 3))
    assert reduce_stimulus(rows, mode, TU).shape == (STEPS, 2, 3)
    seen = rows[knots(STEPS, mode, TU)]
    assert expand(seen, STEPS, mode, TU).shape == (STEPS, 2, 3)


@pytest.mark.parametrize(
    ("mode", "tu", "words"),
    [("often", 4, "unknown"), ("constant", 1, "every step"), ("constant", 5, "window")],
)
def test_what_does_not_fit_is_refused(mode, tu, words):
    with pytest.raises(StimulusError, match=words):
        knots(STEPS, mode, tu)
