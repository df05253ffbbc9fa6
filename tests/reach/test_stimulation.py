"""Stimulation and ablation: exact first effects, silent units, modes, regressions."""

import equinox as eqx
import jax
import numpy as np
import pytest

from studies.reach import spectra, stimulation
from studies.reach.evaluation import stack
from studies.reach.loop import Loop
from studies.reach.models import build
from studies.reach.tasks import centre_out, steady_states

LOOP = Loop(steps=30)
HIDDEN = 6


def network(seed: int = 0, **more):
    """An untrained controller whose readout is strong enough to move the hand."""
    one = build(hidden=HIDDEN, key=jax.random.key(seed), **more)
    return eqx.tree_at(lambda x: x.readout.weight, one, 2 * one.readout.weight)


@pytest.fixture(scope="module")
def pair():
    return stack([network(0), network(1)])


def all_units(conditions: int, size: float = 0.5) -> np.ndarray:
    return stimulation.units(2, conditions, HIDDEN, size)


def test_after_the_cell_the_first_output_changes_by_the_readouts_column_alone(pair):
    found = stimulation.stimulate(
        pair, LOOP, centre_out(1, 3), all_units(3), 5, 4, "after"
    )
    columns = 0.5 * np.swapaxes(np.asarray(pair.readout.weight), 1, 2)
    expected = np.broadcast_to(columns[:, None], found.output.shape)
    assert np.allclose(found.output, expected, atol=1e-6)
    before = stimulation.stimulate(pair, LOOP, centre_out(1, 3), all_units(3), 5, 4)
    assert np.abs(before.output - expected).max() > 0.01  # it passes the recurrence


def test_a_push_moves_the_hand_in_its_direction_and_grows_with_its_size(pair):
    weak, strong = (
        stimulation.stimulate(
            pair, LOOP, steady_states(1), all_units(1, size), 5, 1, "after"
        )
        for size in (0.01, 0.02)
    )
    assert strong.moved == pytest.approx(2 * weak.moved, rel=0.02)
    assert np.allclose(np.cos(strong.angle - weak.angle), 1, atol=1e-3)


def test_ablating_a_unit_that_speaks_to_nobody_changes_nothing(pair):
    silent = eqx.tree_at(
        lambda x: (x.cell.weight_hh, x.readout.weight),
        pair,
        (
            pair.cell.weight_hh.at[..., 2].set(0.0),
            pair.readout.weight.at[..., 2].set(0.0),
        ),
    )
    found = stimulation.ablate(silent, LOOP, centre_out(1, 4))
    assert found.moved.shape == (2, 4, HIDDEN)
    assert np.all(found.moved[..., 2] == 0) and np.all(found.error[..., 2] == 0)
    others = np.delete(found.moved, 2, axis=-1)
    assert np.all(others > 0)


def test_slopes_are_those_that_made_the_responses():
    features = np.array([[c, b] for c in (-1.0, 0.0, 2.0) for b in (0.0, 4.0)])
    slopes = np.random.default_rng(0).standard_normal((3, 5, 2))
    response = 0.7 + slopes @ features.T
    assert np.allclose(stimulation.regress(response, features), slopes)
    with pytest.raises(ValueError, match="at least two values of each"):
        stimulation.regress(response, features * [1.0, 0.0])


def test_kicks_along_modes_are_eigenvectors_of_one_length(pair):
    trials, modes = stimulation.rests(pair, LOOP, 3, 0.0)
    kicks = stimulation.along_modes(modes, 0.3, 4, seed=0)
    assert kicks.shape == (2, 9, 3 + 4, HIDDEN)
    known = np.isfinite(kicks[..., 0])
    assert known[..., 3:].all() and known[..., 2].all()
    assert np.allclose(np.linalg.norm(kicks[known], axis=-1), 0.3)
    jacobian = np.real(
        np.einsum("mpij,mpj,mpjk->mpik", modes.right, modes.value, modes.left)
    )
    place = np.argmax(known[0, :, 0])  # a place with a real mode
    assert known[0, place, 0]
    real = np.abs(np.imag(modes.value[0, place])) < stimulation.REAL
    slowest = np.real(modes.value[0, place][real][0])
    assert np.allclose(
        jacobian[0, place] @ kicks[0, place, 0], slowest * kicks[0, place, 0]
    )
    assert trials.goal.shape == (9, 2)


def test_a_missing_mode_is_not_a_number():
    modes = spectra.modes(np.diag([0.9, 0.5])[None, None])  # nothing oscillates
    kicks = stimulation.along_modes(modes, 1.0, 1, seed=0)[0, 0]
    assert np.abs(kicks[0]) == pytest.approx([1.0, 0.0])
    assert np.isnan(kicks[1]).all()
    assert np.abs(kicks[2]) == pytest.approx([0.0, 1.0])


def test_the_answer_to_a_deception_depends_on_its_size(pair):
    """A size of 0 is no impulse; the answer to a small one grows in proportion."""
    sizes = [("velocity", size) for size in (0.0, 0.01, 0.02)]
    force = stimulation.deceived(pair, LOOP, steady_states(3), sizes, 6, 2)
    assert force.shape == (2, 3, 9)
    change = force[:, 1:] - force[:, :1]
    assert np.abs(change[:, 1]).max() > 1e-5
    assert np.median(change[:, 1] / change[:, 0]) == pytest.approx(2, rel=0.02)


@pytest.mark.parametrize("start, duration", [(0, 1), (5, 0), (20, 9)])
def test_a_stimulation_outside_the_trial_is_refused(pair, start, duration):
    with pytest.raises(ValueError, match="does not lie within a trial of 29"):
        stimulation.stimulate(
            pair, LOOP, steady_states(1), all_units(1), start, duration
        )


def test_a_place_that_is_neither_is_refused(pair):
    with pytest.raises(ValueError, match="'during' is none of before and after"):
        stimulation.stimulate(
            pair, LOOP, steady_states(1), all_units(1), 5, 2, "during"
        )


def test_the_members_keep_their_places(pair):
    both = stimulation.ablate(pair, LOOP, centre_out(1, 2)).moved
    second = jax.tree.map(lambda leaf: leaf[1:], pair)
    alone = stimulation.ablate(second, LOOP, centre_out(1, 2)).moved
    assert np.allclose(both[1], alone[0], atol=1e-4)
    assert not np.allclose(both[0], both[1])
