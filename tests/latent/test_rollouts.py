"""Rollouts of maps whose every step is known, and the baselines beside them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latent_maps import Decay, recording
from studies.latent import rollouts, truth
from studies.latent.circuit import hexeye
from studies.latent.models import build, build_stimulus_only
from studies.latent.movies import movie
from studies.latent.recordings import Recording
from studies.latent.simulation import simulate


@pytest.fixture
def driven() -> Recording:
    """x(t+1) = 0.5 x(t) + s(t), three neurons with a stimulus each."""
    rng = np.random.default_rng(0)
    stimulus = rng.normal(size=(80, 3))
    voltage = np.zeros((80, 3))
    for t in range(79):
        voltage[t + 1] = 0.5 * voltage[t] + stimulus[t]
    return recording(voltage, stimulus)


STARTS = np.array([0, 7, 30])


def test_the_true_step_predicts_every_row_after_the_start(driven):
    found = rollouts.roll(Decay(0.5), driven, STARTS, 24)
    assert found.mse.shape == (3, 24)
    np.testing.assert_allclose(found.mse, 0.0, atol=1e-10)
    true = np.stack([driven.voltage[s + 1 : s + 25].var(axis=0) for s in STARTS])
    np.testing.assert_allclose(found.total, true, rtol=1e-4)
    np.testing.assert_allclose(found.unexplained, 0.0, atol=1e-10)


def test_errors_belong_to_the_row_after_the_step(driven):
    """Only row 10 is wrong in this truth: step 9 from row 0, step 2 from row 7."""
    driven.voltage[10] += 1.0
    found = rollouts.roll(Decay(0.5), driven, np.array([0, 7]), 8)
    np.testing.assert_allclose(found.mse[0], 0.0, atol=1e-10)
    expected = np.zeros(8)
    expected[2] = 1.0
    np.testing.assert_allclose(found.mse[1], expected, atol=1e-5)


def test_parts_change_nothing(driven, monkeypatch):
    whole = rollouts.roll(Decay(0.4), driven, STARTS, 24)
    monkeypatch.setattr(rollouts, "PART", 5)
    parts = rollouts.roll(Decay(0.4), driven, STARTS, 24)
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_one_rollout_is_a_row_of_many(driven):
    rows = slice(7, 7 + 25)
    given = jnp.asarray(driven.voltage[7]), jnp.asarray(driven.stimulus[rows])
    one = np.asarray(rollouts.latent_rollout(Decay(0.4), *given))
    error = ((one - driven.voltage[8:32]) ** 2).mean(axis=1)
    many = rollouts.roll(Decay(0.4), driven, STARTS, 24)
    np.testing.assert_allclose(many.mse[1], error, rtol=1e-4)


def test_activity_rollouts_lose_what_decoding_loses_at_every_step(driven):
    """A decoder that takes 0.1 away: once in a latent rollout, ever again here."""
    model = Decay(0.5, loss=0.1)
    latent = rollouts.roll(model, driven, STARTS, 24).mse
    np.testing.assert_allclose(latent, 0.01, rtol=1e-3)
    activity = rollouts.roll_activity(model, driven, STARTS, 24)
    lost = 0.1 * (2 - 0.5 ** np.arange(24))  # 0.1 Σ 0.5^j
    np.testing.assert_allclose(activity, np.tile(lost**2, (3, 1)), rtol=1e-3)
    first = jnp.asarray(driven.voltage[0]), jnp.asarray(driven.stimulus[:25])
    one = np.asarray(rollouts.activity_rollout(model, *first))
    np.testing.assert_allclose(one, driven.voltage[1:25] - lost[:, None], atol=1e-4)


def test_an_exploding_rollout_stays_a_number(driven):
    found = rollouts.roll(Decay(1e8), driven, STARTS, 24)
    assert np.isfinite(found.mse).all()
    assert np.isfinite(found.unexplained).all()
    assert found.mse[:, -1].min() > 1e6


def test_the_constant_baseline_is_the_mean_squared_difference_to_the_start(driven):
    found = rollouts.constant(driven, np.array([4]), 6)
    own = driven.voltage
    expected = [((own[4 + h] - own[4]) ** 2).mean() for h in range(1, 7)]
    np.testing.assert_allclose(found[0], expected, rtol=1e-6)


def test_interpolation_is_exact_on_a_ramp_and_at_every_knot(driven):
    ramp = np.outer(np.arange(60), [1.0, -2.0])
    line = recording(ramp, np.zeros((60, 1)))
    np.testing.assert_allclose(
        rollouts.interpolated(line, np.array([3, 11]), 20, 5), 0.0, atol=1e-8
    )
    found = rollouts.interpolated(driven, STARTS, 20, 5)
    knots = np.arange(4, 20, 5)  # loss points, as the model's steps count
    np.testing.assert_allclose(found[:, knots], 0.0, atol=1e-12)
    between = np.setdiff1d(np.arange(20), knots)
    assert (found[:, between] > 0).all()


def test_interpolation_stands_at_the_same_offset_as_the_model(driven):
    """Step k of both is compared with row start + k + 1."""
    found = rollouts.interpolated(driven, np.array([7]), 10, 5)
    own = driven.voltage
    middle = 0.6 * own[7] + 0.4 * own[12]  # row 9: step 1
    np.testing.assert_allclose(found[0, 1], ((middle - own[9]) ** 2).mean(), rtol=1e-5)


def test_one_step_errors_are_means_over_all_rows(driven):
    found = rollouts.one_step(Decay(0.5, loss=0.1), driven)
    assert found.reconstruction == pytest.approx(0.01, rel=1e-3)
    assert found.one_step == pytest.approx(0.01, rel=1e-3)
    held = ((driven.voltage[1:] - driven.voltage[:-1]) ** 2).mean()
    assert found.constant == pytest.approx(held, rel=1e-5)


def test_starts_leave_room_for_the_rollout_and_the_margin(driven):
    rows = rollouts.start_rows(driven, steps=40, count=10, margin=5)
    assert len(set(rows.tolist())) == 10
    assert rows.min() >= 5
    assert rows.max() + 40 + 1 + 5 <= driven.steps
    with pytest.raises(rollouts.RolloutError, match="80 rows leave 0 starts"):
        rollouts.start_rows(driven, steps=90, count=1)


def test_errors_of_rows_are_arranged_as_those_of_rollouts():
    rows = np.arange(50.0)
    found = rollouts.along(rows, np.array([0, 5]), 3)
    np.testing.assert_array_equal(found, [[1, 2, 3], [6, 7, 8]])


def test_the_true_map_has_no_error_without_noise_and_sigma_squared_with_it():
    circuit = hexeye(radius=1)
    frames = movie("natural", circuit, 200, seed=0)
    exact = truth.true_map(circuit)
    quiet = simulate(circuit, frames)
    found = rollouts.roll(exact, quiet, np.array([3, 20]), 100)
    assert found.mse.max() < 1e-8
    noisy = simulate(circuit, frames, noise=0.1, seed=1)
    step = rollouts.roll(exact, noisy, np.arange(0, 150, 3), 4).mse[:, 0].mean()
    assert step == pytest.approx(0.01, rel=0.1)  # 50 starts of about 90 neurons


def test_merging_the_projections_changes_no_rollout(driven):
    model = build(neurons=3, stimuli=3, latent=4, width=5, zero_init=False)
    frames = jnp.asarray(driven.stimulus[:3])
    found = rollouts.latent_rollout(model, jnp.asarray(driven.voltage[0]), frames)
    z = model.encode(jnp.asarray(driven.voltage[0]))
    for k in range(2):
        z = model.step(z, model.encode_stimulus(frames[k]))
        np.testing.assert_allclose(found[k], model.decode(z), rtol=1e-4, atol=1e-5)


def test_a_map_that_is_the_identity_stays_at_the_reconstruction(driven):
    model = build(neurons=3, stimuli=3, latent=4, width=5, zero_init=True)
    x = jnp.asarray(driven.voltage[5])
    found = rollouts.latent_rollout(model, x, jnp.asarray(driven.stimulus[:9]))
    np.testing.assert_allclose(
        found, np.tile(model.decode(model.encode(x)), (8, 1)), atol=1e-5
    )


def test_the_stimulus_only_model_predicts_the_row_after_its_last_frame(driven):
    baseline = build_stimulus_only(neurons=3, stimuli=3, width=4, history=6)
    errors = rollouts.stimulus_only_errors(baseline, driven)
    assert errors.shape == (80,)
    assert (errors[:6] == rollouts.CAP).all()
    frames = jnp.asarray(driven.stimulus[4:10])  # these give row 10
    predicted = baseline.head(jax.vmap(baseline.stimulus_encoder)(frames).reshape(-1))
    expected = ((np.asarray(predicted) - driven.voltage[10]) ** 2).mean()
    assert errors[10] == pytest.approx(expected, rel=1e-4)
