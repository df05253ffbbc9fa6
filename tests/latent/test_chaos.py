"""Chaos: exponents against the literature, and yardsticks against known forecasts."""

import numpy as np
import pytest

from studies.latent import chaos, forecasts


@pytest.fixture(scope="module")
def lorenz() -> chaos.System:
    return chaos.system_of("lorenz63")


@pytest.fixture(scope="module")
def states(lorenz) -> np.ndarray:
    return chaos.trajectory(lorenz, chaos.on_attractor(lorenz, 0), 4_000)


@pytest.mark.slow
@pytest.mark.parametrize("name, time", [("lorenz63", 1000.0), ("roessler", 4000.0)])
def test_the_largest_exponent_is_that_of_the_literature_within_three_percent(
    name, time
):
    system = chaos.system_of(name)
    found = chaos.exponents(system, time=time, seeds=4)[:, 0].mean()
    assert found == pytest.approx(system.reported["literature"], rel=0.03)


def test_exponents_sum_to_the_divergence_of_the_field(lorenz):
    """For Lorenz 63 the divergence is −(σ + 1 + β) everywhere."""
    found = chaos.exponents(lorenz, time=10.0, seeds=2)
    assert np.allclose(found.sum(axis=1), -(10 + 1 + 8 / 3), rtol=1e-6)


def test_a_driven_oscillator_loses_area_at_its_damping():
    found = chaos.exponents(chaos.system_of("duffing"), time=20.0, seeds=1)
    assert found.sum() == pytest.approx(-0.1, abs=1e-6)


def test_a_trajectory_goes_on_where_it_was_left(lorenz, states):
    again = chaos.trajectory(lorenz, states[100], 50)
    assert np.allclose(again, states[100:150], atol=1e-5)


def test_states_stay_on_the_attractor(states):
    """The wings of Lorenz 63 stand at ±√(β(ρ − 1)) = ±8.49, and z stays positive."""
    assert np.abs(states[:, 0]).max() < 22
    assert states[:, 2].min() > 0
    assert (states[:, 0] > 8).any() and (states[:, 0] < -8).any()


def test_a_recording_has_the_drive_as_its_stimulus(lorenz, states):
    lift = chaos.Lift(states, neurons=20)
    still = chaos.record_chaos(lorenz, 50, seed=1, lift=lift)
    assert np.all(still.stimulus == 0)
    assert np.abs(still.voltage).max() <= 1
    system = chaos.system_of("duffing")
    start = chaos.on_attractor(system, 0)
    own = chaos.Lift(chaos.trajectory(system, start, 500), neurons=20)
    driven = chaos.record_chaos(system, 200, seed=0, lift=own)
    times = system.dt * np.arange(200)
    assert np.allclose(driven.stimulus[:, 0], 0.35 * np.cos(1.4 * times), atol=1e-6)


def test_noise_is_a_share_of_each_neuron_s_deviation(lorenz, states):
    lift = chaos.Lift(states, neurons=20)
    clean = chaos.record_chaos(lorenz, 4_000, seed=2, lift=lift)
    noisy = chaos.record_chaos(lorenz, 4_000, seed=2, lift=lift, noise=0.05)
    share = (noisy.voltage - clean.voltage).std(axis=0) / clean.voltage.std(axis=0)
    assert np.allclose(share, 0.05, rtol=0.06)


def test_an_unknown_system_is_refused_with_those_there_are():
    with pytest.raises(chaos.ChaosError, match="lorenz63, roessler"):
        chaos.system_of("lorentz")


def test_a_forecast_is_valid_until_its_error_passes_the_threshold():
    truth = np.zeros((2, 10, 3))
    forecast = np.zeros((2, 10, 3))
    forecast[0, 4:] = 0.5  # 0.5 standard deviations from step 4 on
    forecast[1, 7:] = np.nan
    assert forecasts.valid_steps(forecast, truth, np.ones(3)).tolist() == [4, 7]
    assert forecasts.valid_steps(truth, truth, np.ones(3)).tolist() == [10, 10]


def test_the_ceiling_falls_with_the_error_it_starts_from(lorenz, states):
    lift = chaos.Lift(states)
    begin, steps = states[[500, 900]], 1_500
    truth = np.stack([lift(chaos.trajectory(lorenz, s, steps)) for s in begin])
    held = []
    for size in (1e-6, 1e-3):
        error = size * np.random.default_rng(0).normal(size=(2, 100))
        ceiling = forecasts.ceiling(lorenz, lift, begin, error, steps)
        held.append(forecasts.valid_steps(ceiling, truth, lift(states).std(axis=0)))
    exact = forecasts.ceiling(lorenz, lift, begin, np.zeros((2, 100)), steps)
    assert np.allclose(exact[:, :300], truth[:, :300], atol=1e-4)
    gained = (held[0] - held[1]) * lorenz.dt * 0.906
    assert np.all(gained > 2)  # a thousandth of the error: about ln 1000 = 6.9
    assert np.all(gained < 14)


def test_the_slope_of_the_lift_is_its_derivative(states):
    lift, step = chaos.Lift(states, neurons=15), 1e-6
    ways = np.eye(3) * step
    finite = [(lift(states[7] + w) - lift(states[7] - w)) / (2 * step) for w in ways]
    assert np.allclose(forecasts.slope(lift, states[7]), np.stack(finite, 1), atol=1e-8)


def test_a_reservoir_learns_a_quadratic_map_exactly():
    """x' = 1 − 1.4 x² + y, y' = 0.3 x (Hénon): products of two are all it needs."""
    states = [np.zeros(2)]
    for _ in range(400):
        x, y = states[-1]
        states.append(np.array([1 - 1.4 * x**2 + y, 0.3 * x]))
    data = np.stack(states)
    found = forecasts.fit_reservoir(data[:300], components=2, delays=1, ridge=1e-12)
    assert np.allclose(found.forecast(data[300:301], 5), data[301:306], atol=1e-4)


def test_a_reservoir_forecasts_the_lifted_lorenz_system_for_a_while(lorenz):
    """Recorded at every fifth step; longer than no change holds."""
    states = chaos.trajectory(lorenz, chaos.on_attractor(lorenz, 0), 20_000)
    voltage = chaos.Lift(states)(states)[::5]
    found = forecasts.fit_reservoir(voltage[:3_000])
    starts, steps = range(3_000, 3_900, 45), 100
    truth = np.stack([voltage[k : k + steps] for k in starts])
    ahead = np.stack([found.forecast(voltage[k - 3 : k], steps) for k in starts])
    still = np.stack([np.tile(voltage[k - 1], (steps, 1)) for k in starts])
    scale = voltage.std(axis=0)
    held = np.median(forecasts.valid_steps(ahead, truth, scale)) * 5 * lorenz.dt
    unchanged = np.median(forecasts.valid_steps(still, truth, scale)) * 5 * lorenz.dt
    assert held * 0.906 > 1.0  # Lyapunov times
    assert held > 4 * unchanged
