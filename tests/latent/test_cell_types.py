"""Explained variance by cell type on hand-made variances and on the true circuit."""

import numpy as np
import pytest

from studies.latent.cell_types import (
    Shares,
    explained_by_type,
    of_noise,
    rank_correlation,
    shares,
    table,
)
from studies.latent.circuit import hexeye
from studies.latent.movies import movie
from studies.latent.simulation import simulate

KINDS = np.array([0, 0, 1, 3])


def test_variances_are_averaged_over_starts():
    found = {
        "flow.total": np.array([[1.0, 2], [3, 4]]),
        "flow.unexplained": np.ones((2, 2)),
    }
    own = shares(found, "flow")
    assert own.total.tolist() == [2.0, 3.0]
    assert own.unexplained.tolist() == [1.0, 1.0]


def test_a_type_is_explained_by_the_ratio_of_its_means():
    own = Shares(np.array([1.0, 3.0, 2.0, 0.0]), np.array([1.0, 1.0, 4.0, 1.0]))
    found = explained_by_type(own, KINDS)
    assert found[:2] == pytest.approx([0.5, -1.0])
    assert np.isnan(found[2:]).all()  # no neuron; a neuron that rests


def test_types_are_listed_from_the_worst():
    values = np.array([0.5, -1.0, 0.9])
    listed = table(["a", "b", "c"], np.ones(3), {"flow": values})
    assert list(listed.index) == ["b", "a", "c"]


def test_ranks_ignore_what_is_unknown_and_need_three_types():
    one = np.array([1.0, 2, 3, np.nan])
    assert rank_correlation(one, one**3) == pytest.approx(1)
    assert rank_correlation(one, -one) == pytest.approx(-1)
    assert np.isnan(rank_correlation(one[:2], one[:2]))


def test_without_noise_the_true_circuit_explains_all_and_with_it_less():
    eye, starts = hexeye(1), np.array([5, 20])
    frames = movie("natural", eye, 140, seed=0)
    for noise, low, high in ((0.0, 1 - 1e-4, 1.0), (0.2, -1.0, 0.9)):
        own = of_noise(eye, simulate(eye, frames, noise, 0), starts, 100)
        receptors = explained_by_type(own, np.where(eye.receptors, 0, 1))[0]
        assert low <= receptors <= high
    expected = 0.2**2  # receptors forget in a step: theirs is the noise of that step
    assert own.unexplained[eye.receptors].mean() == pytest.approx(expected, rel=0.15)
