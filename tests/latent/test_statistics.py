"""Statistics of recordings against closed forms; the embedded circuit's own."""

import numpy as np
import pytest

from studies.latent.metrics import total_variance
from studies.latent.sources import recordings
from studies.latent.statistics import (
    constant_error,
    faster_share,
    interpolation_error,
    pca_residual,
    spectra,
    type_means,
    type_weights,
)


def ramp(steps=101, slope=0.5):
    return (slope * np.arange(steps, dtype=np.float32))[:, None]


def test_no_change_is_wrong_by_the_square_of_a_ramp():
    found = constant_error(ramp(), [1, 4, 200])
    assert found[:2] == pytest.approx([0.25, 4.0])
    assert np.isnan(found[2])


def test_no_change_is_wrong_by_twice_the_variance_of_white_noise():
    noise = np.random.default_rng(0).normal(size=(20_000, 3)).astype(np.float32)
    assert constant_error(noise, [1, 50]) == pytest.approx([2, 2], rel=0.05)


def test_a_line_is_exact_on_a_ramp_and_known_on_a_parabola():
    """Between knots tu apart, k(tu - k) is the error of a line on t²."""
    assert interpolation_error(ramp(), 10) == pytest.approx(0, abs=1e-10)
    parabola = (np.arange(41, dtype=np.float32) ** 2)[:, None]
    expected = np.mean([(k * (4 - k)) ** 2 for k in (1, 2, 3)])
    assert interpolation_error(parabola, 4) == pytest.approx(expected, rel=1e-4)
    assert np.isnan(interpolation_error(ramp(), 1))


def test_components_leave_the_smaller_variances():
    generator = np.random.default_rng(0)
    scale = np.array([3.0, 2.0, 1.0, 0.0])
    turn = np.linalg.qr(generator.normal(size=(4, 4)))[0]
    values = generator.normal(size=(50_000, 4)) * scale @ turn + 7
    expected = np.array([14, 5, 1, 0, 0]) / 4
    assert pca_residual(values) == pytest.approx(expected, rel=0.05, abs=1e-6)
    assert pca_residual(values)[0] == pytest.approx(values.var(axis=0).mean())


def test_a_sine_has_its_power_at_its_frequency():
    time = 0.02 * np.arange(4_096)
    values = np.sin(2 * np.pi * 3.0 * time)[:, None]
    frequency, power = spectra(values, 0.02)
    assert abs(frequency[power[:, 0].argmax()] - 3.0) < 0.1
    assert faster_share(frequency, power, 1.25) > 0.99
    assert faster_share(frequency, power, 5.0) < 0.01


def test_types_are_averaged_and_absent_ones_are_unknown():
    kinds = np.array([0, 0, 2])
    means = type_means(np.array([[1.0, 3.0, 5.0]]), kinds)
    assert means[0, [0, 2]].tolist() == [2.0, 5.0]
    assert np.isnan(means[0, 1])
    table = type_weights(kinds, np.array([0, 1]), np.array([2, 2]), np.array([1.0, 2]))
    assert table[2, 0] == 3.0
    assert table.sum() == 3.0


@pytest.mark.slow
def test_the_default_recordings_are_like_those_of_the_prototype():
    """Figures of the specification's fast movie, each within a sixth of it.

    Movies were drawn anew here, so that they agree in kind and not in every draw. The
    components are those of voltages without noise: with it each neuron adds its own.
    """
    voltage = recordings(preset="default").train.voltage
    assert total_variance(voltage) == pytest.approx(0.19, rel=0.1)
    expected = [0.029, 0.069, 0.176, 0.268, 0.338, 0.395, 0.389]
    found = constant_error(voltage, [1, 2, 5, 10, 20, 50, 100])
    assert found == pytest.approx(np.array(expected), rel=1 / 6)
    quiet = recordings(preset="default", noise=0.0).train.voltage
    left = pca_residual(quiet)[[64, 96, 128]]
    assert left == pytest.approx(np.array([0.0067, 0.0032, 0.0016]), rel=1 / 6)
