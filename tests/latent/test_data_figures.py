"""Figures of recordings: they show every kind of recording, with units on the axes."""

from typing import Any

import numpy as np
import pytest

from studies.latent.circuit import hexeye
from studies.latent.figures import data as figures
from studies.latent.movies import movie
from studies.latent.recordings import from_arrays
from studies.latent.simulation import simulate
from studies.latent.statistics import pca_residual

EYE = hexeye(1)


@pytest.fixture(scope="module")
def recorded():
    return simulate(EYE, movie("natural", EYE, 300, seed=0), 0.05, 0)


@pytest.fixture(scope="module")
def bare():
    """A file without types, places and connectome."""
    values = np.random.default_rng(0).normal(size=(300, 5))
    return from_arrays({"voltage": values, "stimulus": values[:, :1], "dt": 0.1}, "own")


def traces(figure: Any) -> list[Any]:
    return list(figure.data)


def titles(figure):
    axes = [*figure.select_xaxes(), *figure.select_yaxes()]
    return {axis.title.text for axis in axes} - {None}


def test_the_connectome_shows_each_kernel_by_type(recorded, bare):
    table = traces(figures.connectome_by_type(recorded))[0]
    names = list(table.x)
    sent = table.z[names.index("L1"), names.index("R")]
    assert sent == pytest.approx(-2.4, rel=0.2)  # jittered
    assert np.isnan(table.z[names.index("R")]).all()  # receptors receive nothing
    with pytest.raises(ValueError, match="own has no connectome"):
        figures.connectome_by_type(bare)


def test_frames_are_those_of_the_movies(recorded):
    frames = {"one": recorded.stimulus, "two": recorded.stimulus[::-1]}
    figure = figures.movie_frames(frames, EYE.centres, [0, 7], 0.02)
    shown = [trace.marker.color for trace in traces(figure)]
    expected = [recorded.stimulus[row] for row in (0, 7, -1, -8)]
    assert np.array_equal(np.array(shown), np.array(expected))


def test_traces_show_the_middle_neuron_of_types_that_are_there(recorded, bare):
    figure = figures.voltage_traces(recorded, ["R", "T4a", "unknown"], steps=50)
    assert len(traces(figure)) == 2
    middle = np.flatnonzero((EYE.axial[EYE.column] == 0).all(axis=1) & EYE.receptors)
    assert np.array_equal(traces(figure)[0].y, recorded.voltage[:50, middle[0]])
    # Where types are not known, some neurons stand for them.
    alone = figures.voltage_traces(bare)
    assert [
        np.array_equal(t.y, v)
        for t, v in zip(traces(alone), bare.voltage[:200].T, strict=True)
    ] == [True] * 5


def test_bars_are_mean_variances_of_types(recorded):
    figure = figures.variance_by_type({"train": recorded})
    own = recorded.voltage[:, EYE.receptors].var(axis=0).mean()
    assert traces(figure)[0].y[0] == pytest.approx(own)


def test_axes_name_their_units(recorded, bare):
    assert titles(figures.power_spectra(recorded, {"5 steps": 5.0})) == {
        "frequency [Hz]",
        "power density [raw units²/Hz]",
    }
    assert titles(figures.stimulus_over_time(bare)) == {"time [s]", "dimension [1]"}
    errors = {"validation": [0.1, 0.2]}
    figure = figures.error_by_horizon([1, 2], errors, errors, {"validation": 0.2})
    assert titles(figure) == {
        "horizon or distance of samples [steps]",
        "mean squared error [raw units²]",
    }
    residual = {"validation": pca_residual(recorded.voltage)}
    figure = figures.residual_by_components(residual, [3])
    assert titles(figure) == {"components [1]", "residual [raw units²]"}
