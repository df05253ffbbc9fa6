"""Frequency responses against filters whose response is known in closed form."""

import jax.numpy as jnp
import numpy as np
import pytest

from studies.reach import frequency

SAMPLES, TRIALS, DT = 256, 400, 0.05


def through_filter(noise, rng):
    """y_k = 0.8 y_{k-1} + 0.5 x_{k-1}, in both coordinates of each variable.

    Velocity acts with the opposite sign and twice as strongly; `noise` is added.
    """
    x = rng.normal(size=(TRIALS, SAMPLES + 200, 4))
    drive = x[..., :2] - 2 * x[..., 2:]
    y = np.zeros_like(drive)
    for step in range(1, y.shape[1]):
        y[:, step] = 0.8 * y[:, step - 1] + 0.5 * drive[:, step - 1]
    y = y + noise * rng.normal(size=y.shape)
    late = (jnp.asarray(s[:, 200:], jnp.float32) for s in (x, y))
    return frequency.spectra(*late)


def expected(at):
    z = np.exp(-2j * np.pi * at * DT)
    return 0.5 * z / (1 - 0.8 * z)


@pytest.mark.parametrize("noise", [0.0, 1.0], ids=["clean", "noisy"])
def test_the_response_of_a_known_filter(noise):
    found = through_filter(noise, np.random.default_rng(1))
    position = frequency.response(found, SAMPLES, DT, "position")
    velocity = frequency.response(found, SAMPLES, DT, "velocity")
    truth = expected(position.frequency)
    inside = slice(1, -1)  # a tapered estimate is biased at the two ends
    for one, factor in ((position, 1.0), (velocity, -2.0)):
        estimate = one.gain * np.exp(1j * one.phase)
        error = np.abs(estimate - factor * truth) / np.abs(factor * truth)
        assert np.median(error[inside]) < 0.1
    middle = len(truth) // 2
    lag = np.angle(truth)[middle]
    assert lag < 0, "the filter lags"
    assert position.phase[middle] == pytest.approx(lag, abs=0.15)


def test_coherence_is_the_share_of_the_output_that_follows_the_input():
    """Output power is that of position (1), velocity (4) and measurement noise."""
    found = through_filter(1.0, np.random.default_rng(2))
    position = frequency.response(found, SAMPLES, DT, "position")
    velocity = frequency.response(found, SAMPLES, DT, "velocity")
    power = np.abs(expected(position.frequency)) ** 2
    for one, own in ((position, 1.0), (velocity, 4.0)):
        truth = own * power / (5 * power + 1.0)
        assert np.abs(one.coherence - truth)[1:-1].max() < 0.12
        assert np.abs(one.coherence - truth)[1:-1].mean() < 0.02


def test_an_input_that_has_no_effect_has_no_coherence():
    rng = np.random.default_rng(3)
    x, y = (
        jnp.asarray(rng.normal(size=(TRIALS, SAMPLES, n)), jnp.float32) for n in (4, 2)
    )
    one = frequency.response(frequency.spectra(x, y), SAMPLES, DT, "position")
    assert one.coherence.mean() < 3 / TRIALS


def test_frequencies_reach_from_one_period_to_half_the_sampling_rate():
    at = frequency.frequencies(SAMPLES, DT)
    assert at[0] == pytest.approx(1 / (SAMPLES * DT))
    assert at[-1] == pytest.approx(0.5 / DT)


def test_averages_over_chunks_are_averages_over_trials():
    rng = np.random.default_rng(4)
    x, y = (jnp.asarray(rng.normal(size=(6, 32, n)), jnp.float32) for n in (4, 2))
    whole = frequency.spectra(x, y)
    halves = [frequency.spectra(x[k : k + 3], y[k : k + 3]) for k in (0, 3)]
    stacked = frequency.Spectra(
        *(jnp.stack(parts) for parts in zip(*halves, strict=True))
    )
    for got, truth in zip(frequency.average(stacked, (0,)), whole, strict=True):
        assert np.allclose(got, truth, rtol=1e-4, atol=1e-4)
