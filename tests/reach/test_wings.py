"""Spectra at rest, the units that carry their modes, and what stimulation shows."""

from dataclasses import replace

import equinox as eqx
import numpy as np
import pytest

from reach_models import untrained
from studies.reach import grids, spectra, steady, wings
from studies.reach.loop import Loop


@pytest.fixture(scope="module")
def model() -> steady.Model:
    return untrained(steps=30)


@pytest.fixture(scope="module")
def spectrum(model) -> wings.Spectra:
    told = {"repeats": 1, "anywhere": 0}
    return wings.Spectra(grids.Resting.of(model, [0.0, 2.0], 3, **told))


def test_the_tip_of_the_wing_is_the_eigenvalue_that_turns_most(spectrum):
    for place in np.ndindex(spectrum.value.shape[:2]):
        highest = np.max(np.imag(spectrum.value[place]))
        if highest >= spectra.WING:
            assert np.imag(spectrum.wing[place]) == highest
        else:
            assert np.isnan(spectrum.wing[place])
    assert np.isfinite(spectrum.wing).any()


def test_the_gain_at_rest_is_a_sum_over_modes(spectrum, model):
    """All modes together give the gain that follows from the implicit derivative."""
    whole = spectrum.gain_share("feedback_velocity", 12)
    assert np.allclose(whole, 1)
    first = spectrum.gain_share("feedback_velocity", 1)
    assert np.all(np.abs(first - 1) > 1e-3)
    found = spectrum.modes
    by_input = spectrum.resting.jacobians.input[..., model.layout["feedback_velocity"]]
    weighted = (found.left @ by_input) / (1 - found.value)[..., None]
    summed = np.real(model.readout @ found.right @ weighted)
    exact = model.readout @ spectrum.resting.by("feedback_velocity")
    assert np.allclose(summed, exact, atol=1e-9)


def test_gains_of_the_input_are_the_largest_singular_values(spectrum, model):
    by_input = spectrum.resting.jacobians.input[1, 4]
    part = by_input[:, model.layout["feedback_position"]]
    gain = spectrum.input_gains()["feedback_position"][1, 4]
    assert gain == pytest.approx(np.linalg.svd(part, compute_uv=False)[0])


def test_a_mode_within_the_readout_overlaps_wholly(spectrum, model):
    overlap = spectrum.overlap
    assert np.all((overlap >= 0) & (overlap <= 1 + 1e-9))
    basis = np.linalg.qr(model.readout.T)[0]
    right = spectrum.modes.right[0, 0, :, 0]
    by_hand = np.sum(np.abs(basis.T @ right) ** 2)
    assert overlap[0, 0, 0] == pytest.approx(by_hand)


def test_the_strongest_units_carry_the_largest_share(spectrum):
    share = spectrum.loading(wings.SLOW, 0)
    assert share.sum() == pytest.approx(1)
    chosen = spectrum.strongest(wings.SLOW, 0, 3)
    others = np.setdiff1d(np.arange(12), chosen)
    assert share[chosen].min() >= share[others].max()


def test_units_that_nothing_reads_do_not_move_the_hand(model, spectrum):
    """Stimulating a unit with no outgoing weight at all leaves the hand alone."""
    # It carries its own state on to itself through the gate alone.
    cut = eqx.tree_at(
        lambda x: (x.cell.weight_hh, x.readout.weight),
        model.controller,
        replace_fn=lambda weight: weight.at[:, 0].set(0.0),
    )
    dead = replace(model, controller=cut)
    told = wings.Spectra(grids.Resting.of(dead, [0.0], 3, repeats=1, anywhere=0))
    sets = np.array([[0], [1]])
    response = wings.stimulated(told, 0, sets, 0.5)
    assert response.deviation[0] == pytest.approx(0, abs=1e-7)
    assert response.deviation[1] > 1e-4


def test_random_sets_have_different_units_and_depend_on_the_seed():
    sets = wings.random_sets(12, 4, 50, seed=0)
    assert all(len(set(one)) == 4 for one in sets.tolist())
    assert not np.array_equal(sets, wings.random_sets(12, 4, 50, seed=1))
    assert wings.beyond(2.0, np.array([0.0, 1.0, 2.0, 3.0])) == 0.5


def test_a_trial_too_short_for_a_pulse_is_refused(model, spectrum):
    short = replace(model, loop=Loop(steps=10))
    resting = replace(spectrum.resting, model=short)
    with pytest.raises(ValueError, match="does not fit trials of 9 control steps"):
        wings.stimulated(wings.Spectra(resting), 0, np.array([[0]]), 0.5)
