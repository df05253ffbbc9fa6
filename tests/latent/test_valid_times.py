"""Forecasts of chaos, against a map that is the true system and a ceiling."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latent_tasks import blinded
from studies.latent import batches, chaos, learning, recipes, valid_times
from studies.latent.acquisition import Observation
from studies.latent.losses import Weights, window_loss
from studies.latent.models import build

RATE = 0.906  # [1/unit of time] of Lorenz's system
LORENZ = chaos.system_of("lorenz63")


class Flow(eqx.Module):
    """Lorenz's equations as a map of voltages: Runge and Kutta's step, in float32."""

    weight: jax.Array
    inverse: jax.Array
    bias: jax.Array
    mean: jax.Array
    scale: jax.Array
    shift: jax.Array  # of the third equation: a law that is slightly wrong

    @classmethod
    def of(cls, shift=0.0):
        lift = chaos.lift_of("lorenz63")
        weight, inverse, bias, mean, scale = (
            jnp.asarray(x, jnp.float32)
            for x in (
                lift.weight,
                np.linalg.pinv(lift.weight),
                lift.bias,
                lift.mean,
                lift.scale,
            )
        )
        return cls(weight, inverse, bias, mean, scale, jnp.float32(shift))

    def encode(self, voltage):
        total = jnp.arctanh(jnp.clip(voltage, -0.999999, 0.999999)) - self.bias
        return (self.inverse @ total) * self.scale + self.mean

    def decode(self, state):
        return jnp.tanh(self.weight @ ((state - self.mean) / self.scale) + self.bias)

    def encode_stimulus(self, stimulus):
        return stimulus

    def step(self, state, stimulus):
        def rate(x):
            return LORENZ.field(0.0, x).at[2].add(self.shift)

        dt = LORENZ.dt
        first = rate(state)
        second = rate(state + dt / 2 * first)
        third = rate(state + dt / 2 * second)
        last = rate(state + dt * third)
        return state + dt / 6 * (first + 2 * second + 2 * third + last)


@pytest.fixture(scope="module")
def trial():
    asked = {"starts": 8, "time": 14 / RATE, "gap": 1 / RATE}
    return valid_times.trial(LORENZ, Observation("aligned", 20), **asked)


def times(steps):
    return np.median(steps) * LORENZ.dt * RATE


def test_starts_are_recorded_rows_with_delays_before_and_a_forecast_after(trial):
    assert np.all(trial.starts % 20 == 0)
    assert trial.starts[0] >= 20 * valid_times.DELAYS
    assert trial.starts[-1] + trial.steps < len(trial.truth)
    assert np.array_equal(trial.seen.voltage, trial.truth.astype(np.float32))


def test_the_true_law_in_single_precision_holds_long_and_below_its_ceiling(trial):
    """An error of 1e-6 is 0.4 after ln(4e5) = 13 Lyapunov times."""
    judged = valid_times.judge(Flow.of(), trial)
    assert 8 < times(judged["held"]) <= times(judged["ceiling"])
    assert np.median(judged["first_error"]) < 1e-4


def test_a_wrong_law_holds_shorter_and_never_longer_than_its_ceiling(trial):
    held = []
    for shift in (0.01, 0.1, 1.0):
        judged = valid_times.judge(Flow.of(shift), trial)
        assert times(judged["held"]) <= times(judged["ceiling"])
        held.append(times(judged["held"]))
    assert held[0] > held[1] > held[2] > 0


def test_a_map_that_is_lost_at_once_has_no_ceiling(trial, monkeypatch):
    own = valid_times._forecast

    def far(model, first, *rest):
        found = own(model, first, *rest)
        if len(first) == 1:
            return found
        return found.at[:, 0].set(jnp.nan).at[0, 0].set(1e9)

    monkeypatch.setattr(valid_times, "_forecast", far)
    judged = valid_times.judge(Flow.of(), trial)
    assert np.all(judged["held"] == 0)
    assert np.all(judged["ceiling"] == 0)


def test_a_forecast_that_has_seen_the_future_passes_the_ceiling(trial, monkeypatch):
    """What the ceiling is for: the truth with an error that does not grow."""
    rows = np.stack([trial.truth[k + 1 : k + 1 + trial.steps] for k in trial.starts])
    rows = rows + 0.1 * trial.scale
    own = valid_times._forecast

    def leaking(model, first, *rest):
        return rows if len(first) > 1 else own(model, first, *rest)

    monkeypatch.setattr(valid_times, "_forecast", leaking)
    judged = valid_times.judge(Flow.of(), trial)
    assert times(judged["held"]) > 2 * times(judged["ceiling"])


def test_the_exponent_and_the_climate_of_the_map_are_those_of_the_law_it_follows():
    states = chaos.trajectory(LORENZ, chaos.on_attractor(LORENZ, 5), 40_000)
    recording = chaos.lifted(LORENZ, states)
    found = valid_times.exponent(Flow.of(), recording)
    assert found == pytest.approx(RATE, rel=0.05)
    voltage = valid_times.alone(Flow.of(), recording)
    marginals, spectra = valid_times.climate(voltage, recording.voltage[1:])
    assert marginals < 0.1
    assert spectra < 0.1


def test_a_climate_is_its_own_and_shifts_by_as_much_as_it_is_moved(trial):
    truth = trial.truth
    assert valid_times.climate(truth, truth) == pytest.approx((0.0, 0.0), abs=1e-6)
    moved = valid_times.climate(truth + 0.5 * truth.std(axis=0), truth)
    assert moved == pytest.approx((0.5, 0.0), abs=1e-4)
    lost = np.where(np.arange(len(truth))[:, None] > 100, np.nan, truth)
    assert np.isnan(valid_times.climate(lost, truth)).all()


@pytest.mark.parametrize("mode", ["aligned", "staggered"])
def test_entries_that_are_not_observed_change_no_yardstick_and_no_loss(mode):
    seen = Observation(mode, 10, 3)
    asked = {"starts": 3, "time": 2.0, "gap": 1.0, "noise": 0.05}
    on = valid_times.trial(LORENZ, seen, **asked)
    whole = chaos.record_chaos(LORENZ, 2_000, seed=0)
    hidden = blinded(whole, seen)
    assert np.isnan(hidden.voltage).any()
    for one, other in zip(
        valid_times.yardsticks(whole, on).values(),
        valid_times.yardsticks(hidden, on).values(),
        strict=True,
    ):
        assert np.array_equal(one, other)
    task = recipes.Recipe(mode=mode, tu=10, ems=2, phase_seed=3, batch=4).task
    losses = [loss_and_gradient(own, task) for own in (whole, hidden)]
    for one, other in zip(*map(jax.tree.leaves, losses), strict=True):
        assert np.isfinite(one).all()
        assert np.array_equal(one, other)


def loss_and_gradient(recording, task):
    sizes = {"latent": 4, "width": 5, "stimulus_latent": 2, "zero_init": False}
    model = build(neurons=recording.neurons, stimuli=recording.stimuli, **sizes)
    return graded(
        model, jax.tree.map(jnp.asarray, batches.source(recording, task)), task
    )


@eqx.filter_jit
def graded(model, data, task):
    @eqx.filter_value_and_grad
    def total(model):
        drawn = learning.draw(jax.random.key(0), 0, data, task).windows
        return window_loss(model, drawn, task, Weights(), data)[0]

    return total(model)
