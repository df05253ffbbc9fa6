"""The integrator: against a plain loop, a fixed point, its noise and its seeds."""

import numpy as np
import pytest
from scipy.optimize import root

from studies.latent.circuit import hexeye
from studies.latent.movies import movie
from studies.latent.recordings import parents
from studies.latent.simulation import simulate

EYE = hexeye(1)


def plain_loop(circuit, stimulus, start):
    """Euler steps with the dense table, float64."""
    table, voltage, rows = circuit.matrix(), start.astype(float), []
    for frame in stimulus:
        rows.append(voltage)
        seen = np.where(circuit.receptors, frame[circuit.column], 0.0)
        target = table @ np.maximum(voltage, 0) + circuit.bias + seen
        alpha = circuit.dt / np.maximum(circuit.tau, circuit.dt)
        voltage = voltage + alpha * (target - voltage)
    return np.array(rows)


def test_steps_agree_with_a_plain_loop_over_the_dense_table():
    stimulus = movie("natural", EYE, 120, seed=0)
    recording = simulate(EYE, stimulus, burn_in=0)
    expected = plain_loop(EYE, stimulus, EYE.bias)
    assert np.abs(recording.voltage - expected).max() < 1e-5  # float32 over 120 steps


def test_the_stimulus_of_a_row_drives_the_step_to_the_next():
    stimulus = np.full((3, EYE.columns), 0.5, np.float32)
    stimulus[1] = 1.0
    voltage = simulate(EYE, stimulus).voltage[:, EYE.receptors]
    assert np.allclose(voltage[1], 0.5)  # receptors follow within one step
    assert np.allclose(voltage[2], 1.0)


def test_under_a_constant_stimulus_the_circuit_rests_where_scipy_finds_it():
    stimulus = np.full((3_000, EYE.columns), 0.7, np.float32)
    final = simulate(EYE, stimulus).voltage[-1]
    table = EYE.matrix()
    seen = np.where(EYE.receptors, 0.7, 0.0)

    def residual(voltage):
        return -voltage + table @ np.maximum(voltage, 0) + EYE.bias + seen

    found = root(residual, np.zeros(EYE.neurons))
    assert found.success
    assert np.abs(final - found.x).max() < 1e-4


def test_before_a_recording_the_circuit_watches_grey():
    grey = np.full((200, EYE.columns), 0.5, np.float32)
    ready = simulate(EYE, grey, burn_in=100).voltage[0]
    assert np.allclose(ready, simulate(EYE, grey, burn_in=0).voltage[100])


def test_noise_is_added_at_each_step_unscaled():
    """Receptors forget in one step, so theirs is the noise of that step alone."""
    grey = np.full((4_000, EYE.columns), 0.5, np.float32)
    noise = simulate(EYE, grey, noise=0.05, seed=1).voltage[:, EYE.receptors] - 0.5
    assert noise.std() == pytest.approx(0.05, rel=0.02)
    assert np.abs(np.corrcoef(noise[1:, 0], noise[:-1, 0])[0, 1]) < 0.05
    assert np.abs(np.corrcoef(noise.T) - np.eye(EYE.columns)).max() < 0.07


def test_noise_filtered_by_one_leaky_neuron_has_the_closed_variance():
    """v' = (1 - alpha) v + sigma xi: variance sigma²/(1 - (1 - alpha)²)."""
    grey = np.full((20_000, EYE.columns), 0.5, np.float32)
    quiet = hexeye(1, recurrence=0.0)
    lone = type(quiet)(**{**quiet.__dict__, "weight": 0 * quiet.weight})
    voltage = simulate(lone, grey, noise=0.05, seed=2).voltage
    slow = np.flatnonzero(lone.tau == 0.12)[0]  # alpha = 1/6
    expected = 0.05**2 / (1 - (1 - lone.alpha[slow]) ** 2)
    assert voltage[:, slow].var() == pytest.approx(expected, rel=0.15)


def test_a_recording_is_its_seed():
    stimulus = movie("flow", EYE, 60, seed=0)
    one, again = (simulate(EYE, stimulus, 0.05, seed=4) for _ in range(2))
    other = simulate(EYE, stimulus, 0.05, seed=5)
    assert np.array_equal(one.voltage, again.voltage)
    assert not np.array_equal(one.voltage, other.voltage)


def test_a_recording_carries_its_connectome_and_places():
    recording = simulate(EYE, movie("flow", EYE, 10, seed=0))
    table = parents(recording)
    assert table is not None
    assert np.array_equal(table, EYE.matrix() != 0)
    assert recording.dt == 0.02
    assert np.allclose(recording.positions, EYE.centres[EYE.column], atol=1e-6)


def test_a_stimulus_of_another_eye_and_negative_noise_are_refused():
    with pytest.raises(ValueError, match=r"\(5, 3\); needed \(time, 7\)"):
        simulate(EYE, np.zeros((5, 3), np.float32))
    with pytest.raises(ValueError, match="must not be negative"):
        simulate(EYE, np.zeros((5, 7), np.float32), noise=-1.0)
