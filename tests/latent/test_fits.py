"""Fitted initial states: against least squares, and what they may read."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import latent_tasks
from studies.latent import fits, reports, rollouts, roundtrips
from studies.latent.acquisition import Observation
from studies.latent.models import build

SEEN, EMS = Observation("staggered", 4, 1), 3
STARTS = np.array([9, 30, 42])
LATENT = 3


@pytest.fixture(scope="module")
def linear():
    """A model without hidden layers: every network but that of frames is affine."""
    model = build(
        neurons=latent_tasks.NEURONS,
        stimuli=latent_tasks.STIMULI,
        latent=LATENT,
        stimulus_latent=3,
        hidden_layers=0,
        zero_init=False,
        key=jax.random.key(3),
    )
    return model


@pytest.fixture(scope="module")
def whole():
    return latent_tasks.recording(0)


@jax.jit
def rolled(model, z, frames):
    """Decoded states after each step, stepwise."""

    def step(z, frame):
        after = model.step(z, model.encode_stimulus(frame))
        return after, model.decode(after)

    return jax.lax.scan(step, z, frames)[1]


@jax.jit
def linearised(model, z, frames):
    """The same, and their derivative by the first state."""
    return rolled(model, z, frames), jax.jacfwd(rolled, 1)(model, z, frames)


def least_squares(model, whole, start):
    """z_0 and mean squared error at the observed entries, by numpy alone."""
    steps = SEEN.tu * EMS
    frames = jnp.asarray(whole.stimulus[start : start + steps])
    flat, table = linearised(model, jnp.zeros(LATENT), frames)
    rows = slice(start + 1, start + 1 + steps)
    mask = SEEN.mask(whole.steps, whole.neurons)[rows]
    left = whole.voltage[rows] - np.asarray(flat)
    design = np.asarray(table)[mask]
    found, *_ = np.linalg.lstsq(design, left[mask], rcond=None)
    return found, np.mean((left[mask] - design @ found) ** 2)


def test_a_linear_model_is_fitted_as_by_least_squares(linear, whole):
    found = fits.fit_initial(linear, whole, STARTS, SEEN, EMS)
    for place, start in enumerate(STARTS):
        z, error = least_squares(linear, whole, start)
        np.testing.assert_allclose(found.latent[place], z, rtol=1e-3, atol=1e-3)
        assert found.error[place] == pytest.approx(error, rel=1e-5)


def test_only_observed_entries_of_the_window_are_read(linear, whole):
    hidden = latent_tasks.blinded(whole, SEEN)
    found = fits.fit_initial(linear, whole, STARTS, SEEN, EMS)
    again = fits.fit_initial(linear, hidden, STARTS, SEEN, EMS)
    np.testing.assert_array_equal(found.latent, again.latent)
    assert np.isfinite(found.latent).all()


def test_a_window_past_the_last_sample_is_refused(linear, whole):
    late = np.array([whole.steps - 12])
    with pytest.raises(fits.FitError, match="Take a longer recording"):
        fits.fit_initial(linear, whole, late, SEEN, EMS)


@pytest.mark.parametrize("mode", ["all", "learned"])
def test_a_rollout_from_a_latent_state_is_that_of_the_model(whole, mode):
    """Also where the model has learned the stimulus between its knots."""
    sizes = {"neurons": latent_tasks.NEURONS, "stimuli": latent_tasks.STIMULI}
    key = jax.random.key(4)
    model = build(**sizes, **latent_tasks.SIZES, stimulus_mode=mode, key=key)
    first, frames = jnp.asarray(whole.voltage[9]), jnp.asarray(whole.stimulus[9:18])
    own = rollouts.latent_rollout(model, first, frames, mode, SEEN.tu)
    begun = fits.from_latent(model)
    inputs = rollouts.inputs_of(begun, frames, mode, SEEN.tu)
    found = begun.decode(rollouts.latents(begun, model.encode(first), inputs))
    np.testing.assert_allclose(found, own, rtol=1e-5, atol=1e-6)


# Judged ----------------------------------------------------------------------------

PLAN = reports.Plan(SEEN.tu, EMS, steps=24, starts=2, activity_steps=4)


@pytest.fixture(scope="module")
def model():
    sizes = latent_tasks.SIZES
    return build(
        neurons=latent_tasks.NEURONS,
        stimuli=latent_tasks.STIMULI,
        **sizes,
        zero_init=False,
        key=jax.random.key(1),
    )


@pytest.fixture(scope="module")
def judged(model):
    data = {"validation": latent_tasks.recording(0, steps=160)}
    return data, reports.judge(model, data, PLAN, SEEN, banked=True)


def test_a_model_with_a_bank_is_judged_from_its_fitted_states(model, judged):
    data, found = judged
    own, starts = data["validation"], PLAN.starts_of(data["validation"])
    for place, start in enumerate(starts):
        z = jnp.asarray(found["validation.z0"][place])
        frames = jnp.asarray(own.stimulus[start : start + 12])
        rows = slice(start + 1, start + 13)
        errors = (np.asarray(rolled(model, z, frames)) - own.voltage[rows]) ** 2
        mse = found["validation.mse"][place, :12]
        np.testing.assert_allclose(mse, errors.mean(axis=1), rtol=1e-4)
        mask = SEEN.mask(own.steps, own.neurons)[rows]
        fitted = found["validation.fit"][place]
        assert fitted == pytest.approx(errors[mask].mean(), rel=1e-4)


def test_errors_in_the_window_of_the_fit_are_told_from_those_after_it(judged):
    data, found = judged
    row = reports.row(found, reports.baselines(data, PLAN), PLAN)
    mse = found["validation.mse"]
    assert row["validation_fit_window"] == pytest.approx(mse[:, :12].mean())
    assert row["validation_fit_beyond"] == pytest.approx(mse[:, 12:].mean())
    assert row["validation_fit"] == pytest.approx(found["validation.fit"].mean())
    assert row["validation_fit"] < row["validation_fit_beyond"]
    assert row["validation_third_step"] == pytest.approx(mse[:, 2].mean())


def test_rollouts_through_the_voltages_begin_at_the_decoded_fit(model, judged):
    data, found = judged
    own, starts = data["validation"], PLAN.starts_of(data["validation"])
    x = reports.decoded(model, found["validation.z0"])
    z = model.encode(jnp.asarray(x))
    after = model.step(z, model.encode_stimulus(jnp.asarray(own.stimulus[starts])))
    error = (np.asarray(model.decode(after)) - own.voltage[starts + 1]) ** 2
    first = found["validation.activity"][:, 0]
    np.testing.assert_allclose(first, error.mean(axis=1), rtol=1e-4)
    fitted = {"validation": found["validation.z0"]}
    trips = roundtrips.measure(model, data, PLAN, SEEN, fitted)["validation.trips"]
    error = (np.asarray(model.decode(z)) - x) ** 2
    np.testing.assert_allclose(trips[:, 0], error.mean(axis=1), rtol=1e-3)
