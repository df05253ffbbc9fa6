"""Calcium: against closed forms, its noise floor, and where it comes from."""

import numpy as np
import pytest

from latent_maps import recording
from studies.latent import reports, signals, sources, trained, truth
from studies.latent.circuit import GREY, hexeye
from studies.latent.movies import movie
from studies.latent.recordings import RecordingError, split
from studies.latent.simulation import simulate

EYE = hexeye(1)
DT, TAU, STEPS = 0.02, 0.2, 200
SHARE = DT / TAU


def test_the_response_to_a_step_is_that_of_euler():
    found = signals.calcium(np.ones((60, 2)), DT, TAU, np.zeros(2))
    expected = 1 - (1 - SHARE) ** np.arange(60)
    np.testing.assert_allclose(found, np.tile(expected[:, None], 2), atol=1e-7)


def test_below_zero_calcium_decays_whatever_the_voltage():
    voltage = -np.random.default_rng(0).random((40, 3))
    begun = np.array([1.0, 0.5, 0.0])
    found = signals.calcium(voltage, DT, TAU, begun)
    decay = (1 - SHARE) ** np.arange(40)
    np.testing.assert_allclose(found, decay[:, None] * begun, atol=1e-7)


def test_many_neurons_agree_with_a_plain_loop():
    rng = np.random.default_rng(1)
    neurons = signals.NEURONS_AT_ONCE + 3
    voltage, level = rng.normal(size=(30, neurons)), rng.random(neurons)
    found = signals.calcium(voltage, DT, TAU, level)
    for row, x in zip(found, voltage, strict=True):
        np.testing.assert_allclose(row, level, atol=1e-6)
        level = level + SHARE * (np.maximum(x, 0) - level)


@pytest.fixture(scope="module")
def grey():
    """The circuit left alone for long before a recording without noise."""
    frames = np.full((STEPS, EYE.columns), GREY, np.float32)
    return simulate(EYE, frames, burn_in=1_000)


@pytest.fixture(scope="module")
def noisy():
    frames = movie("natural", EYE, STEPS, seed=0)
    return simulate(EYE, frames, noise=0.1, seed=1)


def test_under_grey_calcium_stays_at_its_fixed_point(grey):
    rest = signals.grey_state(EYE)
    np.testing.assert_allclose(grey.voltage[0], rest, atol=1e-5)
    found = signals.observed(grey, EYE, "calcium").voltage
    np.testing.assert_allclose(found[[0, -1]], [np.maximum(rest, 0)] * 2, atol=1e-5)


def test_calcium_keeps_its_voltages_beside_it(noisy):
    assert signals.observed(noisy, EYE) is noisy
    found = signals.observed(noisy, EYE, "calcium", 0.1)
    assert found.signal == "calcium"
    assert found.meta["calcium_tau"] == 0.1
    assert found.membrane is not None
    assert np.array_equal(found.membrane, noisy.voltage)
    rise = found.voltage[1] - found.voltage[0]
    drive = np.maximum(noisy.voltage[0], 0) - found.voltage[0]
    np.testing.assert_allclose(rise, 0.2 * drive, atol=1e-6)
    part = split(found, 5, 20)
    assert part.membrane is not None
    assert np.array_equal(part.membrane, noisy.voltage[5:20])
    assert part.signal == "calcium"


def test_noise_reaches_calcium_a_step_late_and_through_its_share(noisy, grey):
    """The floor is 0 at one step; at two, (dt/τ)²σ² where the voltage is positive."""
    own = signals.observed(noisy, EYE, "calcium", TAU)
    assert own.step_floor == 0
    assert noisy.step_floor == pytest.approx(0.1**2)
    starts = np.arange(0, 150, 3)
    mse = truth.without_noise(EYE, own, starts, 4).mse
    assert mse[:, 0].max() < 1e-12
    most = (SHARE * 0.1) ** 2
    assert 0.4 * most < mse[:, 1].mean() < 1.02 * most
    quiet = signals.observed(grey, EYE, "calcium", TAU)
    assert truth.without_noise(EYE, quiet, starts, 4).mse.max() < 1e-12


def test_baselines_are_of_what_is_observed(noisy):
    own = signals.observed(noisy, EYE, "calcium", TAU)
    plan = reports.Plan(2, 2, steps=4, starts=50)
    base = reports.baselines({"validation": own}, plan, EYE)
    starts = plan.starts_of(own)
    change = (own.voltage[starts + 1] - own.voltage[starts]) ** 2
    np.testing.assert_allclose(base["validation.constant"][:, 0], change.mean(1), 1e-5)
    variance = own.voltage.var(axis=0).mean()
    assert base["validation.variance"] == pytest.approx(variance, rel=1e-4)
    assert base["validation.floor"][:, 0].max() < 1e-12


# Where it comes from ---------------------------------------------------------------


def test_every_recording_of_the_embedded_source_is_of_the_signal(noisy, monkeypatch):
    monkeypatch.setattr(sources, "preset_circuit", lambda preset: EYE)
    monkeypatch.setattr(sources, "record_movie", lambda *_: noisy)
    sets = sources.recordings(preset="tiny", signal="calcium", calcium_tau=0.1)
    expected = signals.observed(noisy, EYE, "calcium", 0.1).voltage
    for own in (sets.train, sets.validation, sets.flow):
        assert own.signal == "calcium"
        np.testing.assert_array_equal(own.voltage, expected)


def test_recordings_that_judge_are_of_the_signal_a_model_was_trained_on(
    noisy, monkeypatch
):
    """The voltages are kept, for models of either signal."""
    monkeypatch.setattr(sources, "preset_circuit", lambda preset: EYE)
    kept = {
        f"{family}.{name}": getattr(noisy, name)
        for family in ("validation", "flow")
        for name in ("voltage", "stimulus")
    }
    row = {"preset": "tiny", "signal": "calcium", "calcium_tau": 0.1}
    found = trained.data_of(row, 10, 2, lambda *_: kept)
    expected = signals.observed(noisy, EYE, "calcium", 0.1).voltage
    assert list(found) == ["validation", "flow"]
    for own in found.values():
        np.testing.assert_array_equal(own.voltage, expected)
    plain = trained.data_of({"preset": "tiny"}, 10, 2, lambda *_: kept)
    np.testing.assert_array_equal(plain["flow"].voltage, noisy.voltage)


def test_models_of_one_signal_and_time_constant_share_their_recordings():
    row = {"source": "hexeye", "preset": "tiny", "noise": 0.0, "calcium_tau": 0.2}
    keys = [
        trained.data_key(row | own)
        for own in (
            {"signal": "voltage"},
            {"signal": float("nan"), "calcium_tau": float("nan")},
            {"calcium_tau": 0.5},
            {"signal": "calcium"},
            {"signal": "calcium", "calcium_tau": 0.5},
        )
    ]
    assert len({*keys[:3]}) == 1
    assert len({*keys}) == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("odour",), "one of voltage, calcium"),
        (("calcium", "file"), "Put its calcium in the array `voltage`"),
        (("calcium", "hexeye", 0.01), "at least the time step of 0.02 s"),
        (("calcium", "hexeye", float("nan")), "at least the time step"),
    ],
)
def test_a_signal_that_cannot_be_is_refused(arguments, words):
    with pytest.raises(signals.SignalError, match=words):
        signals.check_signal(*arguments)


def test_voltages_below_calcium_are_of_its_shape():
    own = recording(np.ones((5, 2)), np.ones((5, 1)))
    with pytest.raises(RecordingError, match=r"`membrane`: found shape \(5, 3\)"):
        type(own)(**{**vars(own), "membrane": np.ones((5, 3))})
