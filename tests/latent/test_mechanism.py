"""Tests of the mechanism: the true circuit passes them, other maps do not."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latent_maps import Decay
from studies.latent import mechanism, mechanisms
from studies.latent.circuit import hexeye
from studies.latent.models import build
from studies.latent.movies import movie
from studies.latent.simulation import simulate
from studies.latent.truth import true_map

EYE = hexeye(1)
ASKED = {"starts": 3, "steps": 30}


@pytest.fixture(scope="module")
def recording():
    return simulate(EYE, movie("natural", EYE, 200, seed=0))


@pytest.fixture(scope="module")
def of_the_truth(recording):
    return mechanism.measure(true_map(EYE), EYE, recording, **ASKED)


def test_the_true_jacobian_is_the_derivative_of_the_true_step(recording):
    voltage, frame = recording.voltage[50], jnp.asarray(recording.stimulus[50])
    expected = jax.jacfwd(lambda v: true_map(EYE).step(v, frame))(jnp.asarray(voltage))
    found = mechanism.true_jacobian(EYE, voltage)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_the_jacobian_of_a_model_is_that_of_its_whole_step(recording):
    sizes = {"latent": 4, "width": 5, "stimulus_latent": 3, "zero_init": False}
    model = build(neurons=EYE.neurons, stimuli=EYE.columns, **sizes)
    x, frame = (jnp.asarray(y[7]) for y in (recording.voltage, recording.stimulus))

    def whole(x):
        return model.decode(model.step(model.encode(x), model.encode_stimulus(frame)))

    expected = jax.jacrev(whole)(x)
    found = mechanism.step_jacobian(model, x, frame)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_the_true_circuit_passes_every_test_but_that_of_cut_edges(of_the_truth):
    assert of_the_truth.heard == pytest.approx((1, 1, 1), abs=1e-6)
    agreed = of_the_truth.agreement
    for name in ("intact", "white", "push_5", "push_20"):
        assert agreed[name].r2 == pytest.approx(1, abs=1e-4), name
    assert agreed["one_step"].rmse < 1e-5
    assert agreed["cut"] == pytest.approx(agreed["cut_intact"], abs=1e-5)
    assert agreed["cut"].r2 < 0.9


def test_a_map_that_holds_everything_hears_nobody(recording):
    """It is the identity on voltages, so that each neuron hears itself alone."""

    class Still(Decay):
        def step(self, latent, stimulus):
            return latent

    found = mechanism.measure(Still(1.0), EYE, recording, **ASKED)
    assert found.heard.connected < 0
    assert found.heard.every < 0
    assert found.agreement["intact"].r2 < 0.5
    assert found.agreement["push_5"].r2 == pytest.approx(0, abs=0.01)


def test_half_of_the_edges_are_cut_and_the_others_keep_their_weights():
    whole = dataclasses.replace(EYE, weight=np.arange(1.0, EYE.weight.size + 1))
    lost = mechanism.cut(whole, 0.5, seed=3)
    assert lost.weight.size == pytest.approx(0.5 * whole.weight.size, rel=0.15)
    kept = (lost.weight - 1).astype(int)
    assert np.array_equal(lost.pre, whole.pre[kept])
    assert np.array_equal(lost.post, whole.post[kept])
    assert not np.array_equal(kept, mechanism.cut(whole, 0.5, seed=4).weight - 1)
    assert mechanism.cut(whole, 0.0).weight.size == whole.weight.size


def test_agreement_is_one_for_the_truth_and_nothing_for_its_mean():
    rng = np.random.default_rng(0)
    true = rng.normal(size=(3, 40, 5))
    assert mechanism.agreement(true, true) == pytest.approx((1, 1, 0))
    mean = np.broadcast_to(true.reshape(-1, 5).mean(axis=0), true.shape)
    found = mechanism.agreement(mean, true)
    assert found.r2 == pytest.approx(0)
    assert found.r == pytest.approx(0, abs=1e-6)
    double = mechanism.agreement(2 * true, true)
    assert double.r == pytest.approx(1)
    assert double.r2 < 0.1
    lost = mechanism.agreement(np.full_like(true, np.nan), true)
    assert lost.r2 == -np.inf and np.isnan(lost.r) and lost.rmse == np.inf


def test_every_number_has_a_meaning(of_the_truth):
    named = {own.name for own in mechanisms.QUANTITIES}
    assert set(mechanisms.flat(of_the_truth)) == named
    assert set(mechanisms.SHOWN) <= named
    assert all(own.unit and own.meaning for own in mechanisms.QUANTITIES)
